"""Hourly readings of Californian homes, their days shifted by key within the season."""

from __future__ import annotations

from datetime import date, timedelta
from functools import lru_cache
from pathlib import Path

import numpy as np
import polars as pl

from twin.arrays import Bools, Floats, Ints
from twin.randomness import Purpose, uniform
from twin.surroundings.eulv_bdew import SHAPES_FILE
from twin.surroundings.holidays import us_utility_holidays
from twin.surroundings.homes import Homes, rank_in_group
from twin.surroundings.quality import faults, good_days
from twin.surroundings.wallclock import local_minutes, to_steps
from twin.timeline import Timeline

HOURS_FILE = (
    Path(__file__).parents[1] / "data" / "profiles" / "fontana" / "hours_kwh.parquet"
)
FIRST_DAY = date(2016, 8, 1)
DAYS = 365
REACH_DAYS = 21
SPARE_SCALE = 0.1
QUIET_SHARE = 0.1


class Fontana:
    """Homes that pass the quality gates, each lent to many customers.

    A customer keeps one recorded home (a keyed permutation within its transformer), so
    its habits last. Each date it gets a day of that home of the same type (weekday, or
    weekend and holiday) at most 21 days away in the calendar: the k-th customer of one
    transformer and recorded home takes the k-th such day after a keyed start, so no
    two share a day. When the days are used up they recur an hour later, an hour
    earlier, and so on, with a keyed scale of +-10 %.

    Within the hour the load moves by the European LV shapes' deviations from their own
    hourly means in kW, damped so that no interval falls below a tenth of the hour; the
    hour's energy stays.
    """

    name = "fontana"
    inputs = (HOURS_FILE, SHAPES_FILE)

    def __init__(self, homes: Homes, timeline: Timeline, seed: int) -> None:
        """Bind the recorded homes to customers, a calendar and a seed."""
        self.homes, self.timeline, self.seed = homes, timeline, seed
        self._names, self._hours, self._good = recorded_homes()
        n_recorded = len(self._names)
        rank = rank_in_group(homes.group)
        groups, row = np.unique(homes.group, return_inverse=True)
        keys = uniform(
            seed, Purpose.HOME_SHAPE, groups[:, None], 0, np.arange(n_recorded)
        )
        self._recorded = np.argsort(keys, axis=1)[row, rank % n_recorded]
        self._turn = rank // n_recorded
        self._yearly: dict[int, Floats] = {}
        self._deviations = _deviations(timeline.step_min)

    @property
    def notes(self) -> tuple[str, ...]:
        """What a reader must know of the data."""
        faulty = 17 - len(self._names)
        return (
            f"fontana: {len(self._names)} of 17 recorded homes (real, hourly, August "
            f"2016 to July 2017); {faulty} fail the quality gates",
            "fontana: about 29 weekdays or 12 weekend days of each recorded home may "
            f"stand for a date: some {len(self._names) * 29} or "
            f"{len(self._names) * 12} distinct histories, not more",
            "fontana: days are shifted singly by up to 21 days, so a heat wave does "
            "not reach all homes at once; the coincident peak is too low for that",
            "fontana: variation within the hour is synthetic",
        )

    def day_kw(self, day: int) -> Floats:
        """Mean kW of each interval and home of a local day [steps, n]."""
        today = self.timeline.date_of(day)
        hours = self._drawn_hours(today) * self._level(today.year)
        steps = self._within_hours(hours, today)
        drawn: Floats = steps[local_minutes(self.timeline, day) // self._step_min]
        return drawn

    def mean_kw(self, day: int) -> Floats:
        """Mean of the days that may stand for the date, per recorded home [steps, n].

        The turned days of homes beyond the first turn are not accounted for.
        """
        today = self.timeline.date_of(day)
        hours = self._mean_hours(today)[:, self._recorded] * self._level(today.year)
        rows = local_minutes(self.timeline, day) // 60
        means: Floats = hours[rows]
        return means

    @property
    def _step_min(self) -> int:
        return self.timeline.step_min

    def histories(self, day: int) -> tuple[Ints, Ints]:
        """Which recorded home each follows that day, and which day of it [n]."""
        return self._recorded, self._picked(self.timeline.date_of(day))[0]

    def _picked(self, today: date) -> tuple[Ints, Ints]:
        """The recorded day that each home gets, and how many it may be of [n]."""
        pool = self._pool(today)
        count = pool.sum(axis=0)[self._recorded]
        ordinal, group = today.toordinal(), self.homes.group
        start = uniform(self.seed, Purpose.HOME_SHIFT, group, ordinal, self._recorded)
        place = np.floor(start * count).astype(np.int64) + self._turn
        return _nth_true(pool)[place % count, self._recorded], count

    def _drawn_hours(self, today: date) -> Floats:
        """Recorded kWh of each hour of the day that each home gets [24, n]."""
        day, count = self._picked(today)
        ordinal, group = today.toordinal(), self.homes.group
        round_ = self._turn // count
        late = (round_ + 1) // 2 * np.where(round_ % 2 == 1, 1, -1)
        hour = (np.arange(24)[:, None] - late) % 24
        u = uniform(
            self.seed,
            Purpose.HOME_SCALE,
            group,
            ordinal,
            self._turn * len(self._names) + self._recorded,
        )
        scale = np.where(round_ > 0, 1 + SPARE_SCALE * (2 * u - 1), 1.0)
        drawn: Floats = self._hours[day, hour, self._recorded] * scale
        return drawn

    def _within_hours(self, hours: Floats, today: date) -> Floats:
        """Intervals of a 24-hour day whose hourly means are given [24, n]."""
        if self._step_min == 60:
            return hours
        draw = uniform(
            self.seed,
            Purpose.WITHIN_HOUR,
            np.arange(self.homes.n),
            today.toordinal(),
        )
        shape = np.floor(draw * self._deviations.shape[2]).astype(np.int64)
        moves = np.take(self._deviations, shape, axis=2)
        lowest = np.maximum(-moves.min(axis=1), 1e-9)
        damping = np.minimum(1.0, (1 - QUIET_SHARE) * hours / lowest)
        steps = hours[:, None, :] + damping[:, None, :] * moves
        day: Floats = steps.reshape(-1, self.homes.n)
        return day

    def _mean_hours(self, today: date) -> Floats:
        """Mean of the pool of each recorded home [24, recorded]."""
        pool = self._pool(today)
        mean: Floats = np.einsum("dr,dhr->hr", pool, self._hours) / pool.sum(axis=0)
        return mean

    def _level(self, year: int) -> Floats:
        """From recorded kWh to each home's kW, exact over a calendar year [n]."""
        if year not in self._yearly:
            days = (date(year, 12, 31) - date(year, 1, 1)).days + 1
            dates = (date(year, 1, 1) + timedelta(days=d) for d in range(days))
            energies = [self._mean_hours(d).sum(axis=0) for d in dates]
            self._yearly[year] = np.sum(energies, axis=0)
        level: Floats = self.homes.annual_kwh / self._yearly[year][self._recorded]
        return level

    def _pool(self, today: date) -> Bools:
        """Which days of each recorded home may stand for a date [days, recorded]."""
        distance = np.abs(_season_days() - _season_day(today))
        near = np.minimum(distance, 365 - distance) <= REACH_DAYS
        alike = _weekends() == _is_weekend(today)
        pool: Bools = self._good & (near & alike)[:, None]
        return pool


@lru_cache(maxsize=1)
def recorded_homes() -> tuple[tuple[str, ...], Floats, Bools]:
    """Names of homes that pass, their kWh [days, 24, recorded], their good days."""
    hours = all_hours()
    passed = [name for name, kwh in hours.items() if not faults(kwh)]
    stacked = np.stack([hours[name] for name in passed], axis=2)
    good = np.stack([good_days(hours[name]) for name in passed], axis=1)
    return tuple(passed), stacked, good


@lru_cache(maxsize=1)
def all_hours() -> dict[str, Floats]:
    """Every home's kWh by local day and wall-clock hour [days, 24].

    The file's rows are wall-clock hours from midnight of 1 August 2016, 24 a day.
    """
    table = pl.read_parquet(HOURS_FILE)
    return {
        name: table[name].to_numpy().astype(np.float64).reshape(DAYS, 24)
        for name in table.columns
    }


@lru_cache(maxsize=1)
def _season_days() -> Ints:
    days = (FIRST_DAY + timedelta(days=d) for d in range(DAYS))
    return np.array([_season_day(d) for d in days])


@lru_cache(maxsize=1)
def _weekends() -> Bools:
    days = (FIRST_DAY + timedelta(days=d) for d in range(DAYS))
    return np.array([_is_weekend(d) for d in days])


def _season_day(day: date) -> int:
    """Day of a year of 365 days; 29 February counts as the 28th."""
    common = day.replace(year=2017, day=min(day.day, 28) if day.month == 2 else day.day)
    return common.timetuple().tm_yday


def _is_weekend(day: date) -> bool:
    return day.weekday() >= 5 or day in us_utility_holidays(day.year)


def _nth_true(mask: Bools) -> Ints:
    """Row of the n-th true value of each column, first ones first [rows, columns]."""
    return np.argsort(~mask, axis=0, kind="stable")


def _deviations(step_min: int) -> Floats:
    """What each shape's intervals are off their hour's mean, kW [24, per hour, 100]."""
    shapes = pl.read_parquet(SHAPES_FILE).to_numpy().astype(np.float64)
    steps = to_steps(shapes, step_min).reshape(24, 60 // step_min, -1)
    moves: Floats = steps - steps.mean(axis=1, keepdims=True)
    return moves
