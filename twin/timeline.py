"""Simulated time: whole seconds from the start, local days, intervals of a step."""

from __future__ import annotations

from dataclasses import dataclass, replace
from datetime import UTC, date, datetime, timedelta
from functools import cached_property
from zoneinfo import ZoneInfo

import numpy as np
from numpy.typing import ArrayLike, NDArray

from twin.arrays import Ints


@dataclass(frozen=True)
class Timeline:
    """The run's calendar: local midnights, and the intervals between them.

    A local day has as many steps as it has hours: 23 or 25 hours where the clocks
    change. ``seconds`` are elapsed (UTC) seconds since the first local midnight.
    ``lead_in_days`` of its days come before those that are recorded.
    """

    start: date
    days: int
    step_min: int
    timezone: str
    lead_in_days: int = 0

    @property
    def step_s(self) -> int:
        """Length of an interval in seconds."""
        return 60 * self.step_min

    @property
    def step_h(self) -> float:
        """Length of an interval in hours."""
        return self.step_min / 60

    @cached_property
    def first_instant(self) -> datetime:
        """The first local midnight, in UTC."""
        return self._instant(0, 0)

    @cached_property
    def midnight_s(self) -> Ints:
        """Seconds from the start to each local midnight, one more than days."""
        return np.array([self._elapsed_s(d, 0) for d in range(self.days + 1)])

    @cached_property
    def n_steps(self) -> int:
        """Number of intervals of the run."""
        return int(self.midnight_s[-1]) // self.step_s

    @cached_property
    def day_of_step(self) -> Ints:
        """Index of the local day in which each interval starts [n_steps]."""
        starts = np.arange(self.n_steps) * self.step_s
        return np.searchsorted(self.midnight_s, starts, side="right") - 1

    @cached_property
    def minute_of_day(self) -> Ints:
        """Local wall-clock minute at which each interval starts [n_steps]."""
        zone = ZoneInfo(self.timezone)
        local = (self.utc(k * self.step_s).astimezone(zone) for k in self._steps())
        return np.array([60 * t.hour + t.minute for t in local])

    def led_in(self, days: int) -> Timeline:
        """The same days, and so many before them."""
        first, many = self.date_of(-days), self.days + days
        return replace(self, start=first, days=many, lead_in_days=days)

    def steps_of_day(self, day: int) -> range:
        """The intervals that start within a local day."""
        first, last = self.midnight_s[day], self.midnight_s[day + 1]
        return range(int(first) // self.step_s, int(last) // self.step_s)

    def midnight(self, day: int) -> int:
        """Seconds from the start to the local midnight at which a day begins."""
        return self._elapsed_s(day, 0)

    def wall_clock(self, k: int) -> tuple[int, int]:
        """Day and local minute at which interval k begins, also beyond the end."""
        if k < self.n_steps:
            return int(self.day_of_step[k]), int(self.minute_of_day[k])
        local = self.utc(k * self.step_s).astimezone(ZoneInfo(self.timezone))
        return (local.date() - self.start).days, 60 * local.hour + local.minute

    def date_of(self, day: int) -> date:
        """The calendar date of a local day; days before the start are negative."""
        return self.start + timedelta(days=day)

    def seconds(self, day: ArrayLike, minute: ArrayLike) -> Ints:
        """Seconds from the start to a wall-clock minute of a local day.

        Minutes beyond 1439 or below 0 belong to the days after or before; a minute
        that the clocks skip counts from the hour before, a repeated one is the first.
        """
        days, minutes = np.broadcast_arrays(np.asarray(day), np.asarray(minute))
        whole_days, rest = days + minutes // 1440, minutes % 1440
        midnights, shift_s = (
            self._midnights(whole_days),
            self._shift_s(whole_days, rest),
        )
        elapsed_s: Ints = midnights + 60 * rest + shift_s
        return elapsed_s

    def utc(self, seconds: int) -> datetime:
        """The instant so many seconds after the start."""
        return self.first_instant + timedelta(seconds=int(seconds))

    def utc_times(self) -> NDArray[np.datetime64]:
        """The start of each interval in UTC, microseconds [n_steps]."""
        first = np.datetime64(self.first_instant.replace(tzinfo=None), "us")
        seconds = np.arange(self.n_steps) * self.step_s
        return first + seconds.astype("timedelta64[s]")

    def _steps(self) -> range:
        return range(self.n_steps)

    def _instant(self, day: int, minute: int) -> datetime:
        local = datetime.combine(self.date_of(day), datetime.min.time())
        wall = (local + timedelta(minutes=minute)).replace(
            tzinfo=ZoneInfo(self.timezone)
        )
        return wall.astimezone(UTC)

    def _elapsed_s(self, day: int, minute: int) -> int:
        instant = self._instant(day, minute) - self.first_instant
        return round(instant.total_seconds())

    def _midnights(self, days: Ints) -> Ints:
        return np.array(
            [self._elapsed_s(int(d), 0) for d in np.unique(days)], dtype=np.int64
        )[np.searchsorted(np.unique(days), days)]

    def _shift_s(self, days: Ints, minutes: Ints) -> Ints:
        """What the clock change of a day adds to a minute after it."""
        shift = np.zeros(days.shape, dtype=np.int64)
        for day in np.unique(days):
            length_s = self._elapsed_s(int(day) + 1, 0) - self._elapsed_s(int(day), 0)
            if length_s == 86400:
                continue
            here = days == day
            for minute in np.unique(minutes[here]):
                start_s = self._elapsed_s(int(day), 0)
                exact = self._elapsed_s(int(day), int(minute)) - start_s
                shift[here & (minutes == minute)] = exact - 60 * int(minute)
        return shift
