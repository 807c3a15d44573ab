"""Reads a run's wide tables once, in bounded memory, down to what answers need."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np
import polars as pl
from numpy.typing import NDArray

from twin.arrays import Bools, Floats, Ints
from twin.results.record import Run

ROWS_AT_ONCE = 672
WEEK = np.timedelta64(7, "D")
QUANTILES = (0.0, 0.05, 0.5, 0.95, 1.0)
CURVE_POINTS = 201
NOISE_KW = 1e-6
NEVER = np.datetime64("NaT", "us")
Times = NDArray[np.datetime64]


@dataclass(frozen=True)
class Limits:
    """Within which band voltages are allowed, and within which they must always be."""

    standard: str
    low_pu: float
    high_pu: float
    outer_low_pu: float
    outer_high_pu: float


@dataclass(frozen=True)
class Voltages:
    """What a run's voltages were. ``daily``: known a day at a time only.

    time                  start of each row (an interval, or a day)            [n_row]
    band_pu               min, p05, median, p95, max over customers         [n_row, 5]
    node_min_pu           lowest voltage of each node; NaN if never live      [n_node]
    node_max_pu           highest                                             [n_node]
    profile_pu            every node at the instant of the lowest voltage     [n_node]
    below_h, above_h      hours beyond the limits                         [n_customer]
    outer_below_h, ...    hours beyond the outer limits                   [n_customer]
    worst_week            share of its worst week beyond the limits       [n_customer]
    """

    time: Times
    band_pu: Floats
    node_min_pu: Floats
    node_max_pu: Floats
    below_h: Floats
    above_h: Floats
    profile_pu: Floats | None = None
    outer_below_h: Floats | None = None
    outer_above_h: Floats | None = None
    worst_week: Floats | None = None
    daily: bool = False


@dataclass(frozen=True)
class Loadings:
    """How far branches and transformers were loaded; 1 is the normal rating.

    highest            highest loading of each branch                       [n_branch]
    over_normal_h      hours above its normal rating                        [n_branch]
    transformers       the same and more of each transformer's highest phase
    """

    highest: Floats
    over_normal_h: Floats
    transformers: Transformers


@dataclass(frozen=True)
class Transformers:
    """How far transformers were loaded. None: known a day at a time only.

    highest, time     highest loading and when; NaN, NaT if unknown    [n_transformer]
    over_normal_h     hours above the normal rating                    [n_transformer]
    over_emergency_h  hours above the emergency rating                 [n_transformer]
    longest_h         longest stay above the normal rating             [n_transformer]
    reverse_h         hours of power towards the source                [n_transformer]
    curve             loading at even quantiles of time, falling   [201, n_transformer]
    """

    highest: Floats
    time: Times
    over_normal_h: Floats
    over_emergency_h: Floats
    longest_h: Floats | None = None
    reverse_h: Floats | None = None
    curve: Floats | None = None


def voltages_of(run: Run, terminals: Ints, limits: Limits, step_h: float) -> Voltages:
    """One pass over ``voltages``.

    terminals  nodes of each customer, a column a phase    [n_customer, n_phase]
    """
    n_node = run.static("nodes").height
    count = _VoltageCount(n_node, terminals, limits)
    for time, (values,) in chunks(run, "voltages", "v_pu"):
        count.add(time, values)
    return count.result(step_h)


class _VoltageCount:
    """What has been counted so far. Without customers the band is over all nodes."""

    def __init__(self, n_node: int, terminals: Ints, limits: Limits) -> None:
        self.limits, self.n_customer = limits, len(terminals)
        self.judged = terminals if len(terminals) else np.arange(n_node)[:, None]
        self.times: list[Times] = []
        self.bands: list[Floats] = []
        self.node_min, self.node_max = np.full(n_node, np.nan), np.full(n_node, np.nan)
        self.profile, self.lowest = np.full(n_node, np.nan), np.inf
        self.beyond = np.zeros((4, len(self.judged)))
        self.of_week: dict[int, tuple[int, Floats]] = {}

    def add(self, time: Times, values: Floats) -> None:
        """Count some intervals. [n_row, n_node]"""
        low, high = extremes(values, self.judged)
        self.times.append(time)
        self.bands.append(_band(low, high))
        self.node_min = np.fmin(self.node_min, np.fmin.reduce(values, axis=0))
        self.node_max = np.fmax(self.node_max, np.fmax.reduce(values, axis=0))
        self.beyond += _beyond(low, high, self.limits)
        self._keep_lowest(values)
        self._count_weeks(time, low, high)

    def result(self, step_h: float) -> Voltages:
        """What was counted, in hours and shares."""
        hours = self.beyond[:, : self.n_customer] * step_h
        shares = [beyond / rows for rows, beyond in self.of_week.values()]
        worst = np.max(shares, axis=0) if shares else np.zeros(len(self.judged))
        return Voltages(
            np.concatenate([np.empty(0, "datetime64[us]"), *self.times]),
            np.concatenate([np.empty((0, len(QUANTILES))), *self.bands]),
            self.node_min,
            self.node_max,
            hours[0],
            hours[1],
            self.profile,
            hours[2],
            hours[3],
            worst[: self.n_customer],
        )

    def _keep_lowest(self, values: Floats) -> None:
        rows = np.fmin.reduce(values, axis=1)
        if np.nanmin(rows, initial=np.inf) < self.lowest:
            self.lowest = float(np.nanmin(rows))
            self.profile = values[int(np.nanargmin(rows))].astype(np.float64)

    def _count_weeks(self, time: Times, low: Floats, high: Floats) -> None:
        """Weeks run from the first interval; a last, shorter one counts as well."""
        outside = (low < self.limits.low_pu) | (high > self.limits.high_pu)
        week_of_row = (time - self.times[0][0]) // WEEK
        for week in np.unique(week_of_row).tolist():
            mine = outside[week_of_row == week]
            rows, beyond = self.of_week.get(week, (0, np.zeros(len(self.judged))))
            self.of_week[week] = (rows + len(mine), beyond + mine.sum(axis=0))


def daily_voltages_of(run: Run, terminals: Ints) -> Voltages:
    """The same as far as ``nodes_daily`` tells: extremes and hours, a row a day."""
    frame = run.static("nodes_daily")
    names = ("v_min_pu", "v_p05_pu", "v_p50_pu", "v_p95_pu", "v_max_pu")
    v_min, *inner, v_max = (frame[name].to_numpy() for name in names)
    judged = terminals if len(terminals) else np.arange(v_min.shape[1])[:, None]
    low, high = extremes(v_min, judged)[0], extremes(v_max, judged)[1]
    middle = zip(inner, QUANTILES[1:4], strict=True)
    band = [
        np.fmin.reduce(low, axis=1),
        *(_quantile(part[:, judged[:, 0]], q) for part, q in middle),
        np.fmax.reduce(high, axis=1),
    ]
    hours = [frame[name].to_numpy().sum(axis=0) for name in ("below_h", "above_h")]
    below, above = (extremes(part[None, :], terminals)[1][0] for part in hours)
    return Voltages(
        frame["time"].to_numpy(),
        np.stack(band, axis=1),
        np.fmin.reduce(v_min, axis=0),
        np.fmax.reduce(v_max, axis=0),
        below,
        above,
        daily=True,
    )


def loadings_of(
    run: Run, emergency: Floats, groups: Sequence[Ints], step_h: float
) -> Loadings:
    """One pass over ``flows``.

    emergency  emergency rating over the normal one; NaN if there is none   [n_branch]
    groups     the branches of each transformer's phases
    """
    highest, over = np.full(len(emergency), np.nan), np.zeros(len(emergency))
    times, courses = [np.empty(0, "datetime64[us]")], [np.empty((0, len(groups)), "f4")]
    reverse = np.zeros(len(groups))
    for time, (loading, p_kw) in chunks(run, "flows", "loading", "p_kw"):
        highest = np.fmax(highest, np.fmax.reduce(loading, axis=0))
        over += (loading > 1).sum(axis=0)
        times.append(time)
        courses.append(_by_group(np.fmax.reduce, loading, groups))
        reverse += (_by_group(np.add.reduce, p_kw, groups) < -NOISE_KW).sum(axis=0)
    limit = [np.fmin.reduce(emergency[group], initial=np.inf) for group in groups]
    return Loadings(
        highest,
        over * step_h,
        _transformers(
            np.concatenate(times),
            np.concatenate(courses),
            np.array(limit),
            reverse * step_h,
            step_h,
        ),
    )


def daily_loadings_of(run: Run, groups: Sequence[Ints]) -> Loadings:
    """The same as far as ``branches_daily`` tells; ``time`` is the day's start."""
    frame = run.static("branches_daily")
    peaks = frame["loading_max"].to_numpy()
    normal, emergency = (
        frame[name].to_numpy().sum(axis=0)[None, :]
        for name in ("over_normal_h", "over_emergency_h")
    )
    course = _by_group(np.fmax.reduce, peaks, groups)
    highest, rows = _highest(course)
    return Loadings(
        np.fmax.reduce(peaks, axis=0),
        normal[0],
        Transformers(
            highest,
            np.where(np.isnan(highest), NEVER, frame["time"].to_numpy()[rows]),
            _by_group(np.fmax.reduce, normal, groups)[0],
            _by_group(np.fmax.reduce, emergency, groups)[0],
        ),
    )


def _transformers(
    time: Times, course: Floats, emergency: Floats, reverse_h: Floats, step_h: float
) -> Transformers:
    """Of the course of each transformer's loading. [n_step, n_transformer]"""
    highest, rows = _highest(course)
    known = np.nan_to_num(course, nan=0.0)
    shares = np.linspace(1, 0, CURVE_POINTS)
    return Transformers(
        highest,
        np.where(np.isnan(highest), NEVER, time[rows] if len(time) else NEVER),
        (course > 1).sum(axis=0) * step_h,
        (course > emergency).sum(axis=0) * step_h,
        np.array([longest(column) for column in (course > 1).T]) * step_h,
        reverse_h,
        np.quantile(known, shares, axis=0) if len(time) else None,
    )


def _highest(course: Floats) -> tuple[Floats, Ints]:
    """Highest known value of each column, and its row."""
    known = np.where(np.isnan(course), -np.inf, course)
    if not len(known):
        return np.full(known.shape[1], np.nan), np.zeros(known.shape[1], np.int64)
    rows = known.argmax(axis=0)
    highest = known[rows, np.arange(known.shape[1])]
    return np.where(np.isfinite(highest), highest, np.nan), rows


def _by_group(
    join: Callable[..., Floats], values: Floats, groups: Sequence[Ints]
) -> Floats:
    """Columns joined group by group; NaN for an empty group. [n_row, n_group]"""
    joined: NDArray[Any] = np.full((len(values), len(groups)), np.nan, np.float32)
    for index, group in enumerate(groups):
        if len(group):
            joined[:, index] = join(values[:, group], axis=1)
    return joined


def longest(over: Bools) -> int:
    """The longest run of True."""
    edges = np.flatnonzero(np.diff(np.concatenate([[0], over.astype(np.int8), [0]])))
    return int((edges[1::2] - edges[::2]).max(initial=0))


def chunks(
    run: Run, table: str, *columns: str
) -> Iterator[tuple[Times, list[NDArray[Any]]]]:
    """A table's times and array columns, a week of quarter hours at a time."""
    frame = run.scan(table).select("time", *columns)
    height = int(frame.select(pl.len()).collect().item())
    for start in range(0, height, ROWS_AT_ONCE):
        part = frame.slice(start, ROWS_AT_ONCE).collect()
        yield part["time"].to_numpy(), [part[name].to_numpy() for name in columns]


def extremes(values: Floats, terminals: Ints) -> tuple[Floats, Floats]:
    """Lowest and highest voltage over each customer's phases. [n_row, n_customer]"""
    low = high = values[:, terminals[:, 0]]
    for phase in range(1, terminals.shape[1]):
        other = values[:, terminals[:, phase]]
        low, high = np.fmin(low, other), np.fmax(high, other)
    return low, high


def _beyond(low: Floats, high: Floats, limits: Limits) -> Floats:
    """Intervals below, above, below the outer, above the outer. [4, n_customer]"""
    return np.stack(
        [
            (low < limits.low_pu).sum(axis=0),
            (high > limits.high_pu).sum(axis=0),
            (low < limits.outer_low_pu).sum(axis=0),
            (high > limits.outer_high_pu).sum(axis=0),
        ]
    )


def _band(low: Floats, high: Floats) -> Floats:
    """QUANTILES of each row: the first three of the lowest, the others of the highest.

    Of one phase both are the same array, which is put in order once.
    """
    lowest = _Ordered(low)
    highest = lowest if high is low else _Ordered(high)
    lower = [lowest.quantile(q) for q in QUANTILES[:3]]
    upper = [highest.quantile(q) for q in QUANTILES[3:]]
    return np.stack(lower + upper, axis=1)


def _quantile(values: Floats, q: float) -> Floats:
    """A quantile of each row's known values, NaN where it has none. [n_row]"""
    return _Ordered(values).quantile(q)


class _Ordered:
    """Rows in rising order, the unknown last."""

    def __init__(self, values: Floats) -> None:
        self.values = np.sort(values, axis=1)
        self.known = values.shape[1] - np.isnan(values).sum(axis=1)

    def quantile(self, q: float) -> Floats:
        """Of each row's known values, NaN where it has none. [n_row]"""
        last = np.maximum(self.known - 1, 0)
        place = q * last
        under = np.floor(place).astype(np.int64)
        over = np.minimum(under + 1, last)
        rows = np.arange(len(self.values))
        share = place - under
        low, high = self.values[rows, under], self.values[rows, over]
        picked = low * (1 - share) + high * share
        return np.where(self.known > 0, picked, np.nan).astype(np.float64)
