"""What a kWh costs and when: dated tariffs, on the local wall clock."""

from __future__ import annotations

import json
from collections.abc import Callable
from dataclasses import dataclass
from datetime import date
from pathlib import Path
from typing import Any

import numpy as np

from twin.arrays import Floats
from twin.errors import InputError, nearest
from twin.surroundings.holidays import german_holidays, us_utility_holidays
from twin.surroundings.wallclock import interval_means
from twin.timeline import Timeline

DATA = Path(__file__).parents[1] / "data" / "tariffs"
HOLIDAYS: dict[str, Callable[[int], frozenset[date]]] = {
    "none": lambda year: frozenset(),
    "germany": german_holidays,
    "us_utility": us_utility_holidays,
}


@dataclass(frozen=True)
class Tariff:
    """Energy prices by season, day type and period; see data/tariffs/SOURCE.md."""

    name: str
    title: str
    source: str
    effective: str
    fixed_usd_per_month: float
    holidays: str
    season_of_month: tuple[str, ...]
    periods: dict[str, tuple[tuple[int, int, str], ...]]
    prices: dict[str, dict[str, float]]
    notes: tuple[str, ...]
    file: Path

    def by_minute(self, day: date) -> Floats:
        """Price of each wall-clock minute of a date, USD per kWh [1440]."""
        prices = self.prices[self.season_of_month[day.month - 1]]
        minutes = np.zeros(1440)
        for start, end, period in self.periods[self.day_type(day)]:
            minutes[start:end] = prices[period]
        return minutes

    def day_type(self, day: date) -> str:
        """``weekend`` on Saturdays, Sundays and the tariff's holidays."""
        holiday = day in HOLIDAYS[self.holidays](day.year)
        return "weekend" if day.weekday() >= 5 or holiday else "weekday"

    def cheapest_window(self, day: date) -> tuple[int, int]:
        """Start and end minute of the date's longest cheapest stretch.

        The end may lie beyond 1440 where the cheapest hours run past midnight: then the
        next day's morning hours are counted as on this date. A flat price: (0, 1440).
        """
        prices = self.by_minute(day)
        cheap = np.isclose(prices, prices.min())
        if cheap.all():
            return 0, 1440
        first = int(np.argmin(cheap))
        turned = np.roll(cheap, -first)
        edges = np.flatnonzero(np.diff(np.concatenate(([False], turned, [False]))))
        starts, ends = edges[::2], edges[1::2]
        longest = int(np.argmax(ends - starts))
        start = (int(starts[longest]) + first) % 1440
        return start, start + int(ends[longest] - starts[longest])


@dataclass(frozen=True)
class Prices:
    """A tariff on a run's calendar, with the price paid for what is fed in."""

    tariff: Tariff
    timeline: Timeline
    export_usd_per_kwh: float = 0.0

    @property
    def notes(self) -> tuple[str, ...]:
        """What a reader must know of the prices."""
        export = "nothing" if not self.export_usd_per_kwh else "what the scenario says"
        return (*self.tariff.notes, f"tariff: energy given back earns {export}")

    @property
    def inputs(self) -> tuple[Path, ...]:
        """The tariff's file."""
        return (self.tariff.file,)

    def price_usd_per_kwh(self, day: int) -> Floats:
        """Price of energy drawn in each interval of a local day [steps]."""
        today = self.timeline.date_of(day)
        return interval_means(self.tariff.by_minute(today), self.timeline, day)

    def export_price_usd_per_kwh(self, day: int) -> Floats:
        """Price paid for energy given back in each interval of a local day [steps]."""
        return np.full(len(self.price_usd_per_kwh(day)), self.export_usd_per_kwh)

    def cheapest_window(self, day: int) -> tuple[int, int]:
        """Wall-clock minutes of a local day between which energy is cheapest."""
        return self.tariff.cheapest_window(self.timeline.date_of(day))


def tariff_names() -> tuple[str, ...]:
    """The tariffs that a scenario may name."""
    return tuple(sorted(file.stem for file in DATA.glob("*.json")))


def tariff(name: str) -> Tariff:
    """Read a tariff that ships with the twin."""
    if name not in tariff_names():
        raise InputError.of(
            f"no tariff '{name}'; allowed: {', '.join(tariff_names())}"
            f"{nearest(name, tariff_names())}",
            key="tariff",
        )
    file = DATA / f"{name}.json"
    return _from_words(json.loads(file.read_text(encoding="utf-8")), file)


def _from_words(words: dict[str, Any], file: Path) -> Tariff:
    months = {m: season for season, ms in words["seasons"].items() for m in ms}
    periods = {
        kind: tuple((*_minutes(span), name) for span, name in spans.items())
        for kind, spans in words["periods"].items()
    }
    return Tariff(
        name=words["name"],
        title=words["title"],
        source=words["source"],
        effective=words["effective"],
        fixed_usd_per_month=float(words["fixed_usd_per_month"]),
        holidays=words["holidays"],
        season_of_month=tuple(months[m] for m in range(1, 13)),
        periods=periods,
        prices=words["prices_usd_per_kwh"],
        notes=tuple(words["notes"]),
        file=file,
    )


def _minutes(span: str) -> tuple[int, int]:
    """``16:00-21:00`` as minutes of the day."""
    start, end = (part.split(":") for part in span.split("-"))
    return 60 * int(start[0]) + int(start[1]), 60 * int(end[0]) + int(end[1])
