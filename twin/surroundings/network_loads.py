"""The loads that the network itself holds, with or without its own shapes."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date, timedelta
from pathlib import Path

import numpy as np

from twin.arrays import Bools, Floats, Ints
from twin.errors import InputError
from twin.surroundings.homes import Homes
from twin.surroundings.wallclock import local_minutes, standard_hours
from twin.timeline import Timeline

REACH_DAYS = 21


@dataclass(frozen=True)
class NetworkShapes:
    """A year of mean kW of each home, as the network came with it [intervals, n].

    From midnight on 1 January of ``year``, in standard time, every ``step_min``.
    Where several homes share a series, ``column`` [n] says which each follows, at
    ``scale`` [n] times its values; none: one column each.
    """

    year: int
    step_min: int
    kw: Floats
    column: Ints | None = None
    scale: Floats | None = None

    def of_homes(self, rows: Floats) -> Floats:
        """Rows of the series [steps, n_column] as kW of the homes [steps, n]."""
        if self.column is None or self.scale is None:
            return rows
        kw: Floats = rows[:, self.column] * self.scale
        return kw


class NetworkConstant:
    """Each home draws the network's own kW all the time."""

    name = "network_constant"
    inputs: tuple[Path, ...] = ()
    notes = (
        "network_constant: the network's own loads, the same at every instant; peaks "
        "and energies are not those of homes",
    )

    def __init__(self, homes: Homes, timeline: Timeline) -> None:
        """Bind the network's loads to a calendar."""
        self.homes, self.timeline = homes, timeline

    def day_kw(self, day: int) -> Floats:
        """Mean kW of each interval and home of a local day [steps, n]."""
        return np.tile(
            self.homes.constant_kw, (len(local_minutes(self.timeline, day)), 1)
        )

    def mean_kw(self, day: int) -> Floats:
        """The same as the day itself [steps, n]."""
        return self.day_kw(day)

    def histories(self, day: int) -> None:
        """None: constant loads are nobody's record."""


class Network:
    """The network's own yearly series: each date takes the nearest same weekday's."""

    name = "network"
    inputs: tuple[Path, ...] = ()
    notes = (
        "network: the series that came with the network, one year repeated; each date "
        "takes the nearest day of that year with its weekday",
    )

    def __init__(
        self, homes: Homes, timeline: Timeline, shapes: NetworkShapes | None
    ) -> None:
        """Bind the network's series to a calendar."""
        if shapes is None:
            raise InputError.of(
                "this network has no load shapes of its own; use network_constant (its "
                "loads, constant) or a data set such as eulv_bdew",
                key="customers.profiles",
            )
        self.homes, self.timeline, self.shapes = homes, timeline, shapes
        per_day = 1440 // shapes.step_min
        self._days = shapes.kw[: len(shapes.kw) // per_day * per_day].reshape(
            -1, per_day, shapes.kw.shape[1]
        )
        self._dates = _dates(shapes.year, len(self._days))

    def day_kw(self, day: int) -> Floats:
        """Mean kW of each interval and home of a local day [steps, n]."""
        today = self.timeline.date_of(day)
        alike = np.array([d.weekday() == today.weekday() for d in self._dates])
        distance = np.where(alike, self._distance(today), 1000)
        return self._on_steps(self._days[int(np.argmin(distance))], day)

    def mean_kw(self, day: int) -> Floats:
        """Mean of the days of that type within three weeks of the date [steps, n]."""
        today = self.timeline.date_of(day)
        weekend = today.weekday() >= 5
        alike = np.array([(d.weekday() >= 5) == weekend for d in self._dates])
        near: Bools = alike & (self._distance(today) <= REACH_DAYS)
        return self._on_steps(self._days[near].mean(axis=0), day)

    def histories(self, day: int) -> tuple[Ints, Ints]:
        """Which series each home follows, in one form [n]."""
        column = self.shapes.column
        whose = np.arange(self.homes.n) if column is None else column
        return whose, np.zeros_like(whose)

    def _distance(self, today: date) -> Ints:
        nominal = np.array([d.timetuple().tm_yday for d in self._dates])
        apart = np.abs(nominal - today.timetuple().tm_yday)
        distance: Ints = np.minimum(apart, 366 - apart)
        return distance

    def _on_steps(self, one_day: Floats, day: int) -> Floats:
        """Means over the run's intervals; finer than the series, its values repeat."""
        step, own = self.timeline.step_min, self.shapes.step_min
        middles = standard_hours(self.timeline, day)[1] * 60
        if step <= own:
            held = one_day[(middles // own).astype(np.int64)]
            return self.shapes.of_homes(held)
        first = ((middles - step / 2) // own).astype(np.int64)
        rows = (first[:, None] + np.arange(step // own)) % len(one_day)
        return self.shapes.of_homes(one_day[rows].mean(axis=1))


def _dates(year: int, days: int) -> list[date]:
    return [date(year, 1, 1) + timedelta(days=d) for d in range(days)]
