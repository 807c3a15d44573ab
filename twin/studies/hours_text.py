"""576 classes of hours in words and as a picture: worst hours, tightest node."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import polars as pl

from twin.errors import InputError
from twin.studies.hours import DAY_TYPES, HOURS, MONTHS, Profile
from twin.studies.screen import WAYS

NAMES = (
    "Jan",
    "Feb",
    "Mar",
    "Apr",
    "May",
    "Jun",
    "Jul",
    "Aug",
    "Sep",
    "Oct",
    "Nov",
    "Dec",
)
TIGHTEST, MOST_LIMITS = 5, 2


def text(found: Profile) -> str:
    """A summary for a terminal."""
    table = found.table
    parts = [line for way in WAYS for line in _way(table, way)]
    parts.append("tightest by import, at their worst hour:")
    for row in _tightest(table, "import").iter_rows(named=True):
        parts.append(
            f"  bus {row['bus']}: {row['import_kw']:,.1f} kW in "
            f"{_when(row)} ({row['import_limit'] or 'nothing'} of "
            f"{row['import_element'] or '-'})"
        )
    if found.checked:
        parts.append(
            f"held against the full solution at {found.checked} connections and hours: "
            f"at most {100 * found.optimism:.2f} % above it"
        )
    return "\n".join([*parts, *(f"note: {note}" for note in found.notes)])


def write_table(found: Profile, target: Path) -> None:
    """As parquet, or CSV where the name ends so."""
    try:
        if target.suffix == ".parquet":
            found.table.write_parquet(target)
        else:
            found.table.write_csv(target)
    except OSError as error:
        reason = error.strerror or error
        raise InputError.of(f"cannot write {target}: {reason}", key="-o") from error


def write_figure(found: Profile, target: Path) -> None:
    """Heat maps of the connection with the least import: import and export."""
    from twin.analysis.hours_figure import heat_maps

    bus = _tightest(found.table, "import")["bus"][0]
    customer = _tightest(found.table, "import")["customer"][0]
    one = found.table.filter(bus=bus, customer=customer)
    grids = {way: _grid(one, way) for way in WAYS}
    title = f"{found.feeder}: what bus {bus} may add, alone, in each class of hours"
    figure = heat_maps(grids, title, caption(found, one), NAMES, DAY_TYPES)
    try:
        figure.write_html(target, include_plotlyjs=True)
    except OSError as error:
        reason = error.strerror or error
        raise InputError.of(f"cannot write {target}: {reason}", key="-o") from error


def caption(found: Profile, one: pl.DataFrame) -> list[str]:
    """What its colours are, which connection it is of how many, and what binds it."""
    count = found.table.n_unique(["bus", "customer"])
    return [
        "Colour: kW that the connection may draw more (import) or feed in more "
        "(export), nobody else adding anything, until the first limit binds.",
        f"Of {count:,} connections with a customer the one that may draw least in its "
        "worst class.",
        f"What binds, and in how many of {one.height} classes:",
        *(f"{way}: {_binding(one, way)}" for way in WAYS),
    ]


def _binding(one: pl.DataFrame, way: str) -> str:
    """Every limit of a connection with its element, the most frequent first."""
    keys = [f"{way}_limit", f"{way}_element"]
    rows = one.group_by(keys).len().sort("len", *keys, descending=[True, False, False])
    told = [
        f"{(limit or 'nothing').replace('_', ' ')}{f' at {element}' if element else ''}"
        f" ({n})"
        for limit, element, n in rows.rows()
    ]
    rest = f" and {len(told) - MOST_LIMITS} more" if len(told) > MOST_LIMITS else ""
    return ", ".join(told[:MOST_LIMITS]) + rest


def _grid(one: pl.DataFrame, way: str) -> np.ndarray:
    kw = one.sort("month", "day_type", "hour")[f"{way}_kw"].to_numpy()
    grid: np.ndarray = kw.reshape(MONTHS, len(DAY_TYPES), HOURS)
    return grid


def _way(table: pl.DataFrame, way: str) -> list[str]:
    kw = pl.col(f"{way}_kw")
    by_class = (
        table.group_by("month", "day_type", "hour")
        .agg(kw.median().alias("p50"), kw.min().alias("least"))
        .sort("p50", "month", "day_type", "hour")
    )
    worst, best = by_class.row(0, named=True), by_class.row(-1, named=True)
    share = table[f"{way}_limit"].value_counts(sort=True).rows()
    bound = ", ".join(
        f"{limit or 'nothing'} {100 * n / table.height:.0f} %" for limit, n in share
    )
    return [
        f"{way}: at the median connection from {worst['p50']:,.1f} kW in "
        f"{_when(worst)} to {best['p50']:,.1f} kW in {_when(best)}",
        f"  binding: {bound}",
    ]


def _tightest(table: pl.DataFrame, way: str) -> pl.DataFrame:
    return (
        table.sort(f"{way}_kw", "bus", "month", "hour")
        .unique(["bus", "customer"], keep="first", maintain_order=True)
        .head(TIGHTEST)
    )


def _when(row: dict[str, object]) -> str:
    month = NAMES[int(str(row["month"])) - 1]
    return f"{month}, {row['day_type']}, {int(str(row['hour'])):02d}:00"
