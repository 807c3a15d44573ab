"""Prices of every metering interval of a calendar month, as a bill needs them."""

from __future__ import annotations

from calendar import monthrange
from collections.abc import Sequence
from dataclasses import dataclass, replace
from datetime import date
from itertools import groupby
from typing import Protocol

import numpy as np

from twin.arrays import Bools, Floats, Ints
from twin.surroundings.tariff import Tariff
from twin.surroundings.tariffs import Prices
from twin.surroundings.wallclock import interval_means
from twin.timeline import Timeline

HOURLY = "recorded"


@dataclass(frozen=True)
class DemandWindow:
    """Which intervals count for a demand charge, and its price for these days."""

    name: str
    usd_per_kw: float
    within: Bools


@dataclass(frozen=True)
class Due:
    """What is due of a month's billed days, whenever energy is drawn."""

    fixed_usd: float = 0.0
    minimum_usd: float = 0.0
    credited_kwh: float = 0.0
    credit_usd_per_kwh: float = 0.0


@dataclass(frozen=True)
class Month:
    """The billed days of one calendar month. n metering intervals, p periods.

    steps     the run's intervals that it holds
    starts    first step of each metering interval, counted from the month's first [n]
    hours     length of each metering interval [n]
    share     part of each interval that lies in a period [n, p]
    price     USD per kWh of that part [n, p]
    adder     USD per kWh more in an event [n]
    export    USD per kWh given back [n]
    minute    local wall-clock minute at which each interval starts [n]
    day       local day of the run that each interval is of [n]

    Charges by the month are for the billed days already.
    """

    first: date
    days: int
    days_in_month: int
    steps: slice
    starts: Ints
    hours: Floats
    periods: tuple[str, ...]
    share: Floats
    price: Floats
    adder: Floats
    export: Floats
    minute: Ints
    day: Ints
    demand: tuple[DemandWindow, ...]
    due: Due

    @property
    def is_partial(self) -> bool:
        """Whether it has fewer days than the calendar month."""
        return self.days < self.days_in_month


class Rates(Protocol):
    """What energy costs by local day, and what else is due."""

    @property
    def timeline(self) -> Timeline: ...
    @property
    def metering_min(self) -> int: ...
    @property
    def periods(self) -> tuple[str, ...]: ...
    def of_day(self, day: int) -> tuple[Floats, Floats, Floats]:
        """Shares and prices [steps, p], and the adder [steps], of a local day."""

    def tariff_on(self, day: date) -> Tariff | None:
        """The tariff whose charges hold; None where only energy is priced."""


@dataclass(frozen=True)
class TariffRates:
    """Rates of a dated tariff."""

    prices: Prices

    @property
    def timeline(self) -> Timeline:
        """The calendar."""
        return self.prices.timeline

    @property
    def metering_min(self) -> int:
        """Interval within which import and export are netted."""
        return self.prices.tariff.metering_min

    @property
    def periods(self) -> tuple[str, ...]:
        """Periods of all versions that may hold."""
        every = (self.prices.tariff, *self.prices.versions)
        return tuple(dict.fromkeys(name for one in every for name in one.period_names))

    def of_day(self, day: int) -> tuple[Floats, Floats, Floats]:
        """Shares and prices [steps, p], and the adder [steps], of a local day."""
        today = self.timeline.date_of(day)
        held = self.prices.tariff_on(today)
        place = [self.periods.index(name) for name in held.period_names]
        now = np.array(place)[held.period_by_minute(today)]
        share = interval_means(np.eye(len(self.periods))[now], self.timeline, day)
        season = held.prices[held.season(today)]
        price = np.array([season.get(name, 0.0) for name in self.periods])
        adder = interval_means(self.prices.adder(today), self.timeline, day)
        return share, np.broadcast_to(price, share.shape), adder

    def tariff_on(self, day: date) -> Tariff:
        """The version that holds on a date."""
        return self.prices.tariff_on(day)


@dataclass(frozen=True)
class RecordedRates:
    """Rates that a run has written down, interval by interval; energy only."""

    timeline: Timeline
    price_usd_per_kwh: Floats
    metering_min: int = 15

    @property
    def periods(self) -> tuple[str, ...]:
        """One: prices have no names."""
        return (HOURLY,)

    def of_day(self, day: int) -> tuple[Floats, Floats, Floats]:
        """Shares and prices [steps, 1], and no adder [steps], of a local day."""
        steps = self.timeline.steps_of_day(day)
        price = self.price_usd_per_kwh[steps.start : steps.stop, None]
        return np.ones_like(price), price, np.zeros(len(price))

    def tariff_on(self, day: date) -> None:
        """No charges."""
        return None


def metering_steps(metering_min: int, step_min: int) -> int:
    """How many steps a metering interval has; 1 where steps are as long or longer.

    Also where the steps do not divide it: then each step is netted by itself.
    """
    return 1 if metering_min % step_min else max(metering_min // step_min, 1)


def months(rates: Rates, export_usd_per_kwh: Floats) -> list[Month]:
    """The calendar months of a run. ``export_usd_per_kwh``: by its steps [n_step].

    Its length says how many steps were recorded; whole days of them are billed.
    """
    timeline, n_step = rates.timeline, len(export_usd_per_kwh)
    ends = timeline.midnight_s[1:] // timeline.step_s
    days = range(int(np.searchsorted(ends, n_step, side="right")))

    def month(day: int) -> tuple[int, int]:
        today = timeline.date_of(day)
        return today.year, today.month

    groups = (list(found) for _, found in groupby(days, month))
    return [_month(rates, found, export_usd_per_kwh) for found in groups]


def _month(rates: Rates, days: Sequence[int], export: Floats) -> Month:
    timeline = rates.timeline
    first = timeline.date_of(days[0])
    steps = slice(
        timeline.steps_of_day(days[0]).start, timeline.steps_of_day(days[-1]).stop
    )
    each = metering_steps(rates.metering_min, timeline.step_min)
    starts = np.concatenate(
        [np.arange(r.start, r.stop, each) for r in map(timeline.steps_of_day, days)]
    )
    local = starts - steps.start
    share, cost, adder = _on_intervals(rates, days, local)
    length = monthrange(first.year, first.month)[1]
    size = np.diff(local, append=steps.stop - steps.start)
    part = len(days) / length
    minute, day = timeline.minute_of_day[starts], timeline.day_of_step[starts]
    price = np.divide(cost, share, out=np.zeros_like(cost), where=share > 0)
    held = rates.tariff_on(first)
    return Month(
        first=first,
        days=len(days),
        days_in_month=length,
        steps=steps,
        starts=local,
        hours=size * timeline.step_h,
        periods=rates.periods,
        share=share,
        price=price,
        adder=adder,
        export=grouped_means(export[steps], local),
        minute=minute,
        day=day,
        demand=() if held is None else _demand(held, timeline, minute, day, part),
        due=Due() if held is None else _due(held, first, part, len(days)),
    )


def _on_intervals(
    rates: Rates, days: Sequence[int], starts: Ints
) -> tuple[Floats, Floats, Floats]:
    """Share and cost of each period [n, p], and the adder [n], by metering interval."""
    found = [rates.of_day(day) for day in days]
    share, price, adder = (np.concatenate([one[i] for one in found]) for i in range(3))
    return (
        grouped_means(share, starts),
        grouped_means(share * price, starts),
        grouped_means(adder, starts),
    )


def _due(tariff: Tariff, first: date, part: float, days: int) -> Due:
    """Charges of a month's billed days; those by the month in proportion to them."""
    charges, baseline = tariff.charges, tariff.charges.baseline
    due = Due(
        charges.fixed_usd_per_month * part + charges.fixed_usd_per_day * days,
        charges.minimum_usd_per_month * part + charges.minimum_usd_per_day * days,
    )
    if baseline is None:
        return due
    allowance_kwh = baseline.kwh_per_day[tariff.season(first)] * days
    return replace(
        due,
        credited_kwh=allowance_kwh * baseline.credited_share,
        credit_usd_per_kwh=baseline.credit_usd_per_kwh,
    )


def _demand(
    tariff: Tariff, timeline: Timeline, minute: Ints, day: Ints, part: float
) -> tuple[DemandWindow, ...]:
    """A demand charge's price by the month is in proportion to the billed days."""
    date_of = timeline.date_of
    season = tariff.season(date_of(int(day[0])))
    weekend = {int(d): tariff.day_type(date_of(int(d))) for d in np.unique(day)}
    is_weekend = np.array([weekend[int(d)] == "weekend" for d in day])
    windows = []
    for one in tariff.charges.demand:
        price = one.usd_per_kw[season] * part
        within = np.where(
            is_weekend,
            one.by_minute("weekend")[minute],
            one.by_minute("weekday")[minute],
        )
        windows.append(DemandWindow(one.name, price, within))
    return tuple(windows)


def grouped_means(values: Floats, starts: Ints) -> Floats:
    """Means of the rows from each start to the next [n_start, ...]."""
    size = np.diff(starts, append=len(values))
    sums = np.add.reduceat(values, starts, axis=0)
    means: Floats = sums / size.reshape(-1, *(1,) * (values.ndim - 1))
    return means
