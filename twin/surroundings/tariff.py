"""A tariff: what energy, power and a month cost, by season, day type and wall clock."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from datetime import date
from pathlib import Path

import numpy as np

from twin.arrays import Bools, Floats, Ints
from twin.surroundings.holidays import german_holidays, us_utility_holidays

Span = tuple[int, int]
PeriodSpan = tuple[int, int, str]
Periods = Mapping[str, tuple[PeriodSpan, ...]]
HOLIDAYS: dict[str, Callable[[int], frozenset[date]]] = {
    "none": lambda year: frozenset(),
    "germany": german_holidays,
    "us_utility": us_utility_holidays,
}


@dataclass(frozen=True)
class Baseline:
    """An allowance of energy; each kWh of a month below it is credited.

    kwh_per_day         allowance by season
    credited_share      of the allowance that is credited; 1.3 means up to 130 % of it
    credit_usd_per_kwh  taken off the price
    """

    kwh_per_day: Mapping[str, float]
    credited_share: float
    credit_usd_per_kwh: float


@dataclass(frozen=True)
class Demand:
    """A charge for a month's highest mean power within certain hours."""

    name: str
    spans: Mapping[str, tuple[Span, ...]]
    usd_per_kw: Mapping[str, float]

    def by_minute(self, day_type: str) -> Bools:
        """Which minutes of a day of a type count [1440]."""
        return _within(self.spans[day_type])


@dataclass(frozen=True)
class EventAdder:
    """What each kWh drawn costs more within certain hours of a called day."""

    span: Span
    usd_per_kwh: float
    most_per_year: int

    def by_minute(self) -> Floats:
        """The adder of each minute of a called day, USD per kWh [1440]."""
        adder: Floats = self.usd_per_kwh * _within((self.span,)).astype(np.float64)
        return adder


@dataclass(frozen=True)
class Charges:
    """What is due besides the price of energy."""

    fixed_usd_per_month: float = 0.0
    fixed_usd_per_day: float = 0.0
    minimum_usd_per_month: float = 0.0
    minimum_usd_per_day: float = 0.0
    baseline: Baseline | None = None
    demand: tuple[Demand, ...] = ()
    events: EventAdder | None = None


@dataclass(frozen=True)
class Tariff:
    """Energy prices by season, day type and period; see data/tariffs/SOURCE.md.

    verified  of each part: what it is, how sure it is, and of what that follows
    """

    name: str
    title: str
    source: str
    effective: str
    metering_min: int
    charges: Charges
    holidays: str
    season_of_month: tuple[str, ...]
    periods: Periods
    prices: Mapping[str, Mapping[str, float]]
    notes: tuple[str, ...]
    file: Path
    marks: tuple[str, ...] = ()
    verified: tuple[tuple[str, str, str], ...] = ()
    periods_in_month: Mapping[int, Periods] = field(default_factory=dict)

    def by_minute(self, day: date) -> Floats:
        """Price of each wall-clock minute of a date, USD per kWh [1440]."""
        prices = self.prices[self.season(day)]
        minutes = np.zeros(1440)
        for start, end, period in self.spans(day):
            minutes[start:end] = prices[period]
        return minutes

    def period_by_minute(self, day: date) -> Ints:
        """Position in ``period_names`` of each wall-clock minute of a date [1440]."""
        minutes = np.zeros(1440, dtype=np.int64)
        for start, end, period in self.spans(day):
            minutes[start:end] = self.period_names.index(period)
        return minutes

    @property
    def period_names(self) -> tuple[str, ...]:
        """Every period of any season, in the order of the file."""
        return tuple(
            dict.fromkeys(name for one in self.prices.values() for name in one)
        )

    def season(self, day: date) -> str:
        """The season of a date."""
        return self.season_of_month[day.month - 1]

    def spans(self, day: date) -> tuple[PeriodSpan, ...]:
        """First and last minute, and period, of each stretch of a date."""
        kind = self.day_type(day)
        special = self.periods_in_month.get(day.month, {})
        return special[kind] if kind in special else self.periods[kind]

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


def minutes_of(span: str) -> Span:
    """``16:00-21:00`` as minutes of the day."""
    start, end = (part.split(":") for part in span.split("-"))
    return 60 * int(start[0]) + int(start[1]), 60 * int(end[0]) + int(end[1])


def _within(spans: tuple[Span, ...]) -> Bools:
    minutes = np.zeros(1440, dtype=np.bool_)
    for start, end in spans:
        minutes[start:end] = True
    return minutes
