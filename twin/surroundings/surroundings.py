"""What the world outside does in an interval: loads, sun, prices, weather."""

from __future__ import annotations

import itertools
from typing import NamedTuple, Protocol

import numpy as np

from twin.arrays import Floats
from twin.timeline import Timeline


class LoadModel(Protocol):
    """Loads of every customer by local day; pure functions of the date."""

    def day_kw(self, day: int) -> Floats:
        """Mean kW of each interval of a local day [n_step_of_day, n]."""

    def mean_kw(self, day: int) -> Floats:
        """The expected mean kW of each interval [n_step_of_day, n]."""


class Sky(Protocol):
    """Weather by local day."""

    def temperature_degc(self, day: int) -> Floats:
        """Air temperature of each interval [n_step_of_day]."""


class Sun(Protocol):
    """Rooftop generation of every customer by local day."""

    def day_kw(self, day: int) -> Floats:
        """Mean kW produced in each interval of a local day [n_step_of_day, n]."""


class Prices(Protocol):
    """Prices by local day."""

    def price_usd_per_kwh(self, day: int) -> Floats:
        """What a kWh costs in each interval [n_step_of_day]."""

    def export_price_usd_per_kwh(self, day: int) -> Floats:
        """What an exported kWh earns in each interval [n_step_of_day]."""


class Given(NamedTuple):
    """What an interval brings, whatever the cars do.

    ``grid_load_kw`` is what of the load asks for the grid; none: all of it.
    ``island_pv_kw`` is what PV made in homes without supply, beside ``pv_kw``.
    """

    load_kw: Floats  # [n_customer]
    pv_kw: Floats  # [n_customer], >= 0
    price_usd_per_kwh: float
    export_price_usd_per_kwh: float
    temperature_degc: float
    grid_load_kw: Floats | None = None  # [n_customer]
    island_pv_kw: Floats | None = None  # [n_customer]

    @property
    def drawn_kw(self) -> Floats:
        """Load that asks for the grid [n_customer]."""
        return self.load_kw if self.grid_load_kw is None else self.grid_load_kw


class Surroundings:
    """Loads, sun, prices and weather, read a local day at a time."""

    def __init__(
        self,
        timeline: Timeline,
        loads: LoadModel,
        sun: Sun,
        sky: Sky,
        prices: Prices,
    ) -> None:
        self.timeline, self.loads, self.sun = timeline, loads, sun
        self.sky, self.prices = sky, prices
        self._days: dict[int, _Day] = {}
        self._published = np.empty(0), np.empty(0)

    def during(self, k: int) -> Given:
        """What interval k brings; intervals beyond the run's end exist, too."""
        day, row = self._locate(k)
        today = self._day(day)
        return Given(
            today.load_kw[row],
            today.pv_kw[row],
            float(today.price[row]),
            float(today.export_price[row]),
            float(today.temperature_degc[row]),
        )

    def base_kw(self, k: int) -> Floats:
        """Load less generation of every customer in interval k [n]."""
        given = self.during(k)
        return given.load_kw - given.pv_kw

    def mean_kw(self, day: int) -> Floats:
        """The load model's mean day [n_step_of_day, n]."""
        return self.loads.mean_kw(day)

    def hourly_temperature_degc(self, day: int) -> Floats:
        """Mean air temperature of each hour of a local day [24]."""
        steps = self.sky.temperature_degc(day)
        first = np.arange(24) * len(steps) // 24
        many = np.maximum(np.diff(first, append=len(steps)), 1)
        mean: Floats = np.add.reduceat(steps, first) / many
        return mean

    def published_prices(self, k: int, n_step: int) -> tuple[Floats, Floats]:
        """Import and export prices of the next intervals, as published [n_step]."""
        if k + n_step > len(self._published[0]):
            self._publish(k + n_step)
        price, export_price = self._published
        return price[k : k + n_step], export_price[k : k + n_step]

    def _publish(self, n_step: int) -> None:
        """Lay the tariff's days end to end, for at least so many intervals."""
        days, prices, rows = [], [], 0
        for day in itertools.count():
            days.append(self.prices.price_usd_per_kwh(day))
            prices.append(self.prices.export_price_usd_per_kwh(day))
            rows += len(days[-1])
            if day >= self.timeline.days + 1 and rows >= n_step:
                break
        self._published = np.concatenate(days), np.concatenate(prices)
        for row in self._published:
            row.flags.writeable = False

    def _locate(self, k: int) -> tuple[int, int]:
        timeline = self.timeline
        if k < timeline.n_steps:
            day = int(timeline.day_of_step[k])
            return day, k - timeline.steps_of_day(day)[0]
        day, first = timeline.days, timeline.n_steps
        while k >= first + len(self._day(day).price):
            first, day = first + len(self._day(day).price), day + 1
        return day, k - first

    def _day(self, day: int) -> _Day:
        if day not in self._days:
            self._days = {d: kept for d, kept in self._days.items() if d >= day - 1}
            self._days[day] = _Day(
                self.loads.day_kw(day),
                self.sun.day_kw(day),
                self.prices.price_usd_per_kwh(day),
                self.prices.export_price_usd_per_kwh(day),
                self.sky.temperature_degc(day),
            )
        return self._days[day]


class _Day(NamedTuple):
    load_kw: Floats
    pv_kw: Floats
    price: Floats
    export_price: Floats
    temperature_degc: Floats
