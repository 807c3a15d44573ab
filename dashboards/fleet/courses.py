"""What the whole fleet does and holds over time, counted from a run's tables."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
import polars as pl
from numpy.typing import NDArray

from dashboards.thinning import rows_between
from twin.analysis.case import Case
from twin.analysis.digest import Times, chunks
from twin.analysis.kept import kept
from twin.arrays import Bools, Floats
from twin.tables import PLACES, STATES

STILL_KW = 1e-3
QUANTILES = (0.0, 0.05, 0.25, 0.5, 0.75, 0.95, 1.0)
MOST_COLUMNS = 1500
DOING = ("giving", "charging", "idle", "home", "work", "other", "driving")
DOING_SUMMARY = ("plugged", "parked", "driving")
_STRETCHES = (("h", "hour"), ("D", "day"))
_SMALL = np.float32


@dataclass(frozen=True)
class Courses:
    """The fleet, an interval a row; what cars do is of the interval's end.

    time         local start of the interval                                [n_step]
    doing        names of the columns of ``cars``
    cars         how many cars do it                             [n_step, len(doing)]
    soc          quantiles of the state of charge of all cars, None: not kept
                                                                         [n_step, 7]
    soc_plugged  the same of the cars at a plug; NaN where there is none
    """

    time: Times
    doing: tuple[str, ...]
    cars: NDArray[_SMALL]
    soc: NDArray[_SMALL] | None = None
    soc_plugged: NDArray[_SMALL] | None = None

    def between(self, first: object, last: object) -> Courses:
        """The part from one local instant to another; all of it if none is told."""
        low, high = rows_between(self.time, first, last)
        return Courses(
            self.time[low:high],
            self.doing,
            self.cars[low:high],
            None if self.soc is None else self.soc[low:high],
            None if self.soc_plugged is None else self.soc_plugged[low:high],
        )


def courses_of(case: Case) -> Courses:
    """What ``ev_steps`` tells, kept beside a long run; else what ``steps`` tells."""
    if not case.run.has("ev_steps"):
        return _of_steps(case)
    asked = (case.zone.key,)
    return kept(case.run, "ev_steps", Courses, asked, lambda: _pass_over(case))


def _pass_over(case: Case) -> Courses:
    times, cars, soc, plugged = [], [], [], []
    columns = ("kw", "soc", "state", "place")
    for time, (kw, level, state, place) in chunks(case.run, "ev_steps", *columns):
        times.append(time)
        cars.append(doing_of(kw, state, place))
        soc.append(quantiles(level))
        at_plug = state == STATES.index("plugged")
        plugged.append(quantiles(np.where(at_plug, level, np.nan)))
    none = np.empty((0, len(QUANTILES)), _SMALL)
    nobody = np.empty((0, len(DOING)), _SMALL)
    return Courses(
        local_times(case, np.concatenate([np.empty(0, "datetime64[us]"), *times])),
        DOING,
        np.concatenate([nobody, *cars]),
        np.concatenate([none, *soc]),
        np.concatenate([none, *plugged]),
    )


def doing_of(
    kw: Floats, state: NDArray[np.uint8], place: NDArray[np.uint8]
) -> NDArray[_SMALL]:
    """How many cars of each row do what, in the order of DOING. [n_row, 7]

    A car that charged or gave in the interval counts as that, whatever it did then.
    """
    giving, charging = kw < -STILL_KW, kw > STILL_KW
    still = ~giving & ~charging
    parked = still & (state == STATES.index("parked"))
    found = [
        giving,
        charging,
        still & (state == STATES.index("plugged")),
        *(parked & (place == PLACES.index(name)) for name in ("home", "work", "other")),
        still & (state == STATES.index("driving")),
    ]
    counts = [np.count_nonzero(one, axis=1) for one in found]
    return np.stack(counts, axis=1).astype(_SMALL)


def quantiles(values: Floats) -> NDArray[_SMALL]:
    """QUANTILES of each row's known values; NaN where a row has none. [n_row, 7]"""
    if not values.shape[1]:
        return np.full((len(values), len(QUANTILES)), np.nan, _SMALL)
    ordered = np.sort(values, axis=1)
    known = values.shape[1] - np.isnan(values).sum(axis=1)
    last = np.maximum(known - 1, 0)
    rows, found = np.arange(len(values)), []
    for share in QUANTILES:
        under = np.floor(share * last).astype(np.int64)
        weight = share * last - under
        over = np.minimum(under + 1, last)
        low, high = ordered[rows, under], ordered[rows, over]
        found.append(low + weight * (high - low))
    return np.where(known[:, None] > 0, np.stack(found, axis=1), np.nan).astype(_SMALL)


@dataclass(frozen=True)
class Columns:
    """Courses in so many columns as a screen shows. ``each``: what a column is."""

    each: str
    time: Times
    cars: NDArray[_SMALL]
    soc: NDArray[_SMALL] | None
    soc_plugged: NDArray[_SMALL] | None


def columns_of(courses: Courses, most: int = MOST_COLUMNS) -> Columns:
    """Means by hour, day or week where there are more intervals than ``most``.

    Of the state of charge, the lowest and highest stay the lowest and highest.
    """
    each, starts = _starts(courses.time, most)
    if each == "interval":
        return Columns(
            each, courses.time, courses.cars, courses.soc, courses.soc_plugged
        )
    return Columns(
        each,
        courses.time[starts],
        _means(courses.cars, starts),
        None if courses.soc is None else _fan(courses.soc, starts),
        None if courses.soc_plugged is None else _fan(courses.soc_plugged, starts),
    )


def average_day(case: Case) -> pl.DataFrame:
    """Mean charging and giving of a car, by local time of day and kind of day.

    Columns ``weekend``, ``minute`` of the day, ``charge_kw``, ``give_kw`` a car.
    """
    local = pl.col("time").dt.convert_time_zone(case.zone.key)
    minute = local.dt.hour().cast(pl.Int32) * 60 + local.dt.minute()
    per_car = 1.0 / max(1, case.n_ev)
    return (
        case.steps.lazy()
        .group_by(weekend=local.dt.weekday() > 5, minute=minute)
        .agg(
            charge_kw=pl.col("ev_charge_kw").mean() * per_car,
            give_kw=pl.col("ev_discharge_kw").mean() * per_car,
        )
        .sort("weekend", "minute")
        .collect()
    )


def plug_hours(case: Case) -> pl.DataFrame:
    """Share of plug-ins and of departures in each local hour: ``hour``, both shares.

    A stay that was there at the run's start or at its end is neither.
    """
    start = case.steps["time"][0]
    stays = case.run.scan("sessions").select("plug_in", "plug_out").collect()
    came = stays.filter(pl.col("plug_in") > start)["plug_in"]
    left = stays["plug_out"].drop_nulls()
    return pl.DataFrame(
        {
            "hour": np.arange(24),
            "plugged_in": _by_hour(came, case.zone.key),
            "departed": _by_hour(left, case.zone.key),
        }
    )


def soc_spread(case: Case, bins: int = 20) -> pl.DataFrame:
    """Share of stays by the state of charge that they began and ended with."""
    stays = case.run.scan("sessions").select("plug_out", "soc_in", "soc_out").collect()
    edges = np.linspace(0, 1, bins + 1)
    ended = stays.filter(pl.col("plug_out").is_not_null())
    return pl.DataFrame(
        {
            "soc": edges[:-1],
            "at_plug_in": _shares(stays["soc_in"].to_numpy(), edges),
            "at_departure": _shares(ended["soc_out"].to_numpy(), edges),
        }
    )


def local_times(case: Case, time: Times | pl.Series) -> Times:
    """Instants in UTC as the feeder's clocks show them."""
    series = time if isinstance(time, pl.Series) else pl.Series(time)
    if series.dtype != pl.Datetime("us", "UTC"):
        series = series.cast(pl.Datetime("us")).dt.replace_time_zone("UTC")
    local = series.dt.convert_time_zone(case.zone.key).dt.replace_time_zone(None)
    return local.to_numpy().astype("datetime64[us]")


def _of_steps(case: Case) -> Courses:
    plugged = case.steps["ev_plugged"].to_numpy()
    driving = case.steps["ev_driving"].to_numpy()
    parked = case.n_ev - plugged - driving
    cars = np.stack([plugged, parked, driving], axis=1).astype(_SMALL)
    return Courses(local_times(case, case.steps["time"]), DOING_SUMMARY, cars)


def _starts(time: Times, most: int) -> tuple[str, NDArray[np.int64]]:
    """What a column is, and the first row of each."""
    if len(time) <= most:
        return "interval", np.arange(len(time))
    for unit, each in _STRETCHES:
        stretch = time.astype(f"datetime64[{unit}]").astype(np.int64)
        starts = np.flatnonzero(np.diff(stretch, prepend=stretch[0] - 1))
        if len(starts) <= most:
            return each, starts
    week = _monday(time)
    return "week", np.flatnonzero(np.diff(week, prepend=week[0] - 1))


def _monday(time: Times) -> NDArray[np.int64]:
    """Number of the week, which begins on Monday."""
    return (time.astype("datetime64[D]").astype(np.int64) + 3) // 7


def _fan(soc: NDArray[_SMALL], starts: NDArray[np.int64]) -> NDArray[_SMALL]:
    found = _means(soc, starts)
    found[:, 0] = np.fmin.reduceat(soc[:, 0], starts)
    found[:, -1] = np.fmax.reduceat(soc[:, -1], starts)
    return found


def _means(values: NDArray[_SMALL], starts: NDArray[np.int64]) -> NDArray[_SMALL]:
    """Mean of the known values of each stretch; NaN where there is none."""
    known: Bools = ~np.isnan(values)
    count = np.add.reduceat(known.astype(np.int64), starts, axis=0)
    total = np.add.reduceat(np.where(known, values, 0).astype(float), starts, axis=0)
    mean = np.where(count > 0, total / np.maximum(count, 1), np.nan)
    return mean.astype(_SMALL)


def _by_hour(instants: pl.Series, zone: str) -> Floats:
    hours = instants.dt.convert_time_zone(zone).dt.hour().to_numpy()
    return np.bincount(hours, minlength=24) / max(1, len(hours))


def _shares(values: Floats, edges: Sequence[float] | Floats) -> Floats:
    """Share of values in each bin; one on an inner edge counts above it."""
    inner = np.asarray(edges)[1:-1]
    place = np.searchsorted(inner, values + 1e-9, "right")
    return np.bincount(place, minlength=len(inner) + 1) / max(1, len(values))
