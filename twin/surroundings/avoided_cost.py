"""What energy given back is worth by avoided cost: month, day type and hour."""

from __future__ import annotations

import json
from dataclasses import dataclass
from pathlib import Path

import numpy as np
import polars as pl

from twin.arrays import Floats
from twin.errors import InputError, Problem
from twin.surroundings.csv_rows import refuse_other_separator

SHIPPED = Path(__file__).parents[1] / "data" / "tariffs" / "export" / "california.json"
DAY_TYPES = ("weekday", "weekend")
COLUMNS = ["month", "day_type", "hour", "usd_per_kwh"]
KEY = "tariff.export_file"
SHOWN = 20


@dataclass(frozen=True)
class AvoidedCost:
    """576 export prices: USD per kWh [12 months, weekday or weekend, 24 hours]."""

    usd_per_kwh: Floats
    file: Path
    notes: tuple[str, ...]

    def by_minute(self, month: int, day_type: str) -> Floats:
        """Price of each wall-clock minute of such a day [1440]."""
        hours = self.usd_per_kwh[month - 1, DAY_TYPES.index(day_type)]
        minutes: Floats = np.repeat(hours, 60)
        return minutes


def shipped_avoided_cost() -> AvoidedCost:
    """The table that ships with the twin; assumed, as its notes say."""
    words = json.loads(SHIPPED.read_text(encoding="utf-8"))
    table = words["usd_per_kwh"]
    both = [np.array(table[kind], dtype=np.float64) for kind in DAY_TYPES]
    return AvoidedCost(np.stack(both, axis=1), SHIPPED, tuple(words["notes"]))


def avoided_cost_of(path: Path) -> AvoidedCost:
    """A user's table: ``month,day_type,hour,usd_per_kwh``, each of 576 once."""
    refuse_other_separator(path, KEY)
    try:
        table = pl.read_csv(path, infer_schema=False)
    except (pl.exceptions.PolarsError, UnicodeDecodeError, OSError) as error:
        reason = str(error).splitlines()[0]
        raise InputError.of(
            f"not a readable CSV table: {reason}", KEY, str(path)
        ) from None
    if sorted(table.columns) != sorted(COLUMNS):
        raise InputError.of(
            f"has the columns {', '.join(table.columns)}; needed: {', '.join(COLUMNS)}",
            KEY,
            f"{path}:1",
        )
    prices, problems = np.full((12, 2, 24), np.nan), []
    for line, row in enumerate(table.select(COLUMNS).iter_rows(), start=2):
        fault = _place(prices, row)
        if fault:
            problems.append(Problem(f"{path}:{line}", KEY, fault))
    missing = int(np.isnan(prices).sum())
    if missing and not problems:
        month, kind, hour = np.argwhere(np.isnan(prices))[0]
        problems.append(
            Problem(
                str(path),
                KEY,
                f"{missing} of 576 prices are missing, the first is month {month + 1}, "
                f"{DAY_TYPES[kind]}, hour {hour}",
            )
        )
    if problems:
        raise InputError(problems[:SHOWN])
    return AvoidedCost(prices, path, (f"{path.name}: the user's export prices",))


def _place(prices: Floats, row: tuple[str | None, ...]) -> str:
    """Put a row's price in its place, or say what is wrong with it."""
    month, kind, hour, usd = (cell or "" for cell in row)
    if not (month.isdigit() and 1 <= int(month) <= 12):
        return f"month '{month}'; allowed: 1 to 12"
    if kind not in DAY_TYPES:
        return f"day_type '{kind}'; allowed: {', '.join(DAY_TYPES)}"
    if not (hour.isdigit() and int(hour) <= 23):
        return f"hour '{hour}'; allowed: 0 to 23"
    try:
        price = float(usd)
    except ValueError:
        price = np.nan
    if not np.isfinite(price):
        return f"'{usd}' is not a finite number of USD per kWh"
    place = int(month) - 1, DAY_TYPES.index(kind), int(hour)
    if not np.isnan(prices[place]):
        return f"month {month}, {kind}, hour {hour} comes twice"
    prices[place] = price
    return ""
