"""One-minute household shapes, drawn anew for each home and day, on BDEW's mean."""

from __future__ import annotations

from datetime import date
from functools import lru_cache
from pathlib import Path

import numpy as np
import polars as pl

from twin.arrays import Floats, Ints
from twin.randomness import Purpose, uniform
from twin.surroundings import bdew
from twin.surroundings.homes import Homes, rank_in_group
from twin.surroundings.wallclock import interval_means, local_minutes, to_steps
from twin.timeline import Timeline

SHAPES_FILE = (
    Path(__file__).parents[1] / "data" / "profiles" / "eulv" / "shapes_kw.parquet"
)
SHIFTS_MIN = np.arange(-90, 91, 15)
N_SHAPES = 100
SPARE_SCALE = 0.1
KEPT_TABLES = 4


class EulvBdew:
    """The European LV feeder's 100 day shapes, scaled to BDEW H25 in season and time.

    Each day every transformer's homes get a keyed permutation of the 100 shapes, each
    shifted by a keyed -90..+90 minutes in quarter hours, so that no two homes of a
    transformer share a curve: the 101st home takes the first home's shape at the next
    shift, and a keyed scale of +-10 % besides.

    With s the shape (mean 1 over all shapes and minutes), m(t) its mean over shapes and
    shifts, b(t) BDEW's mean load of the date and B its mean over the day::

        rho(t) = b(t) / (B m(t))
        kw(t)  = B [ s(t) min(rho, 1) + m(t) max(rho - 1, 0) ]

    Where BDEW is above the shapes (nights), the difference is added as a common base
    load; where below, the shape is scaled down. So no appliance peak is ever blown up
    beyond the season's level B, and the mean over shapes and shifts is b(t) exactly.
    The shifts make m(t) a 3-hour moving mean, free of the 100 shapes' chance peaks.
    """

    name = "eulv_bdew"
    inputs = (SHAPES_FILE, bdew.H25_FILE)
    notes = (
        "eulv_bdew: 100 one-minute household day shapes of the IEEE European LV test "
        "feeder (published test data, model), drawn per home and day, on the mean of "
        "BDEW H25 (real, published statistics)",
        "eulv_bdew: 100 distinct shapes, 1,300 with their shifts of -90..+90 min, are "
        "all the days there are; a home has no habits of its own from day to day "
        "beyond its annual energy",
        "eulv_bdew: beyond 100 homes under a transformer shapes recur at another shift "
        "and a keyed scale of +-10 %; beyond 1,300 at another scale only",
        "eulv_bdew: the shapes know no weather; cold spells common to all homes are "
        "not in them",
    )

    def __init__(self, homes: Homes, timeline: Timeline, seed: int) -> None:
        """Bind the shapes to homes, a calendar and a seed."""
        self.homes, self.timeline, self.seed = homes, timeline, seed
        self._rank = rank_in_group(homes.group)
        self._slot, self._block = self._rank % N_SHAPES, self._rank // N_SHAPES
        self._groups, self._row = np.unique(homes.group, return_inverse=True)

    def day_kw(self, day: int) -> Floats:
        """Mean kW of each interval and home of a local day [steps, n]."""
        today = self.timeline.date_of(day)
        step_min = self.timeline.step_min
        curves = curve_table(today.month, bdew.day_type(today), step_min)
        minutes = local_minutes(self.timeline, day)
        if len(minutes) != len(curves):
            curves = curves[minutes // step_min]
        drawn: Floats = np.take(curves, self._which(today), axis=1)
        drawn *= self._scale(today) * self._level(today)
        return drawn

    def mean_kw(self, day: int) -> Floats:
        """BDEW's mean day of that date for each home [steps, n]."""
        today = self.timeline.date_of(day)
        quarters = bdew.quarter_hours_kw(today.month, bdew.day_type(today))
        mean = interval_means(np.repeat(quarters, 15), self.timeline, day)
        return np.outer(mean, self._level(today))

    def histories(self, day: int) -> tuple[Ints, Ints]:
        """Which of the 100 shapes each home follows, and at which shift [n]."""
        which = self._which(self.timeline.date_of(day))
        return which % N_SHAPES, which // N_SHAPES

    def _level(self, today: date) -> Floats:
        factor = bdew.dynamisation(today) * bdew.per_annual_kwh(today.year)
        return self.homes.annual_kwh * factor

    def _which(self, today: date) -> Ints:
        """The column of the day's curve table that each home has [n]."""
        ordinal, groups = today.toordinal(), self._groups[:, None]
        keys = uniform(
            self.seed, Purpose.HOME_SHAPE, groups, ordinal, np.arange(N_SHAPES)
        )
        shape = np.argsort(keys, axis=1)[self._row, self._slot]
        start = uniform(self.seed, Purpose.HOME_SHIFT, self.homes.group, ordinal, shape)
        shift = (np.floor(start * len(SHIFTS_MIN)).astype(np.int64) + self._block) % (
            len(SHIFTS_MIN)
        )
        return shift * N_SHAPES + shape

    def _scale(self, today: date) -> Floats:
        """1 for the first 100 homes of a transformer, else 0.9..1.1 by key [n]."""
        u = uniform(
            self.seed,
            Purpose.HOME_SCALE,
            self.homes.group,
            today.toordinal(),
            self._rank,
        )
        return np.where(self._block > 0, 1 + SPARE_SCALE * (2 * u - 1), 1.0)


@lru_cache(maxsize=KEPT_TABLES)
def curve_table(month: int, kind: bdew.DayType, step_min: int) -> Floats:
    """Every shape at every shift on BDEW's mean [steps, shift x shape], kW per GWh."""
    shapes = normalised_shapes()
    mean = np.mean([np.roll(shapes.mean(axis=1), s) for s in SHIFTS_MIN], axis=0)
    quarter_mean = mean.reshape(96, 15).mean(axis=1)
    load = bdew.quarter_hours_kw(month, kind)
    rho = load / (load.mean() * quarter_mean)
    down = np.repeat(np.minimum(rho, 1), 15)
    base = np.repeat(quarter_mean * np.maximum(rho - 1, 0), 15)
    curves = [
        to_steps(np.roll(shapes, s, axis=0) * down[:, None] + base[:, None], step_min)
        for s in SHIFTS_MIN
    ]
    table: Floats = load.mean() * np.concatenate(curves, axis=1)
    table.setflags(write=False)
    return table


@lru_cache(maxsize=1)
def normalised_shapes() -> Floats:
    """The 100 shapes by minute of the day, mean 1 over all of them [1440, 100]."""
    shapes = pl.read_parquet(SHAPES_FILE).to_numpy().astype(np.float64)
    shapes /= shapes.mean()
    shapes.setflags(write=False)
    return shapes
