"""Reads a run's wide tables once, in bounded memory, down to what answers need."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from typing import Any

import numpy as np
import polars as pl
from numpy.typing import NDArray

from twin.arrays import Floats, Ints
from twin.results.record import Run

ROWS_AT_ONCE = 672
WEEK = np.timedelta64(7, "D")
QUANTILES = (0.0, 0.05, 0.5, 0.95, 1.0)
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
    """How far a run's branches were loaded; 1 is the normal rating.

    highest, time     highest loading of each branch, and when              [n_branch]
    over_normal_h     hours above the normal rating                         [n_branch]
    over_emergency_h  hours above the emergency rating                      [n_branch]
    watched           loading of chosen branches                   [n_step, n_watched]
    watched_kw        their signed power                           [n_step, n_watched]
    """

    highest: Floats
    time: Times
    over_normal_h: Floats
    over_emergency_h: Floats
    watched: Floats | None = None
    watched_kw: Floats | None = None


def voltages_of(run: Run, terminals: Ints, limits: Limits, step_h: float) -> Voltages:
    """One pass over ``voltages``.

    terminals  nodes of each customer, a column a phase    [n_customer, n_phase]
    """
    n_node, n_customer = run.static("nodes").height, len(terminals)
    judged = terminals if n_customer else np.arange(n_node)[:, None]
    times, bands = [np.empty(0, "datetime64[us]")], [np.empty((0, len(QUANTILES)))]
    node_min, node_max = np.full(n_node, np.nan), np.full(n_node, np.nan)
    profile, lowest = np.full(n_node, np.nan), np.inf
    beyond = np.zeros((4, len(judged)))
    weeks: dict[int, NDArray[np.int64]] = {}
    rows_of_week: dict[int, int] = {}
    start: np.datetime64 | None = None
    for time, (values,) in chunks(run, "voltages", "v_pu"):
        start = time[0] if start is None else start
        low, high = extremes(values, judged)
        times.append(time)
        bands.append(_band(low, high))
        node_min = np.fmin(node_min, np.fmin.reduce(values, axis=0))
        node_max = np.fmax(node_max, np.fmax.reduce(values, axis=0))
        row_min = np.fmin.reduce(values, axis=1)
        if np.nanmin(row_min, initial=np.inf) < lowest:
            lowest = float(np.nanmin(row_min))
            profile = values[int(np.nanargmin(row_min))].astype(np.float64)
        beyond += _beyond(low, high, limits)
        outside = (low < limits.low_pu) | (high > limits.high_pu)
        week_of_row = (time - start) // WEEK
        for week in np.unique(week_of_row).tolist():
            rows = outside[week_of_row == week]
            weeks[week] = weeks.get(week, 0) + rows.sum(axis=0)
            rows_of_week[week] = rows_of_week.get(week, 0) + len(rows)
    hours = beyond[:, :n_customer] * step_h
    shares = [weeks[week] / rows_of_week[week] for week in weeks]
    worst = np.max(shares, axis=0) if shares else np.zeros(len(judged))
    return Voltages(
        np.concatenate(times),
        np.concatenate(bands),
        node_min,
        node_max,
        hours[0],
        hours[1],
        profile,
        hours[2],
        hours[3],
        worst[:n_customer],
    )


def daily_voltages_of(run: Run, terminals: Ints) -> Voltages:
    """The same as far as ``nodes_daily`` tells: extremes and hours, a row a day."""
    frame = run.static("nodes_daily")
    names = ("v_min_pu", "v_p05_pu", "v_p50_pu", "v_p95_pu", "v_max_pu")
    v_min, p05, p50, p95, v_max = (frame[name].to_numpy() for name in names)
    judged = terminals if len(terminals) else np.arange(v_min.shape[1])[:, None]
    low, high = extremes(v_min, judged)[0], extremes(v_max, judged)[1]
    band = [
        np.fmin.reduce(low, axis=1),
        *(_quantile(part[:, judged[:, 0]], q) for part, q in _inner(p05, p50, p95)),
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


def loadings_of(run: Run, emergency: Floats, watched: Ints, step_h: float) -> Loadings:
    """One pass over ``flows``.

    emergency  emergency rating over the normal one; NaN if there is none   [n_branch]
    watched    branches whose whole course is kept                         [n_watched]
    """
    n_branch = len(emergency)
    highest = np.full(n_branch, np.nan)
    when = np.full(n_branch, np.datetime64("NaT", "us"))
    hours = np.zeros((2, n_branch))
    courses, powers = [np.empty((0, len(watched)))], [np.empty((0, len(watched)))]
    for time, (loading, p_kw) in chunks(run, "flows", "loading", "p_kw"):
        known = np.where(np.isnan(loading), -np.inf, loading)
        rows = known.argmax(axis=0)
        peaks = known[rows, np.arange(n_branch)]
        better = peaks > np.where(np.isnan(highest), -np.inf, highest)
        highest[better], when[better] = peaks[better], time[rows[better]]
        hours[0] += (loading > 1).sum(axis=0) * step_h
        hours[1] += (loading > emergency).sum(axis=0) * step_h
        courses.append(loading[:, watched])
        powers.append(p_kw[:, watched])
    return Loadings(
        highest,
        when,
        hours[0],
        hours[1],
        np.concatenate(courses),
        np.concatenate(powers),
    )


def daily_loadings_of(run: Run) -> Loadings:
    """The same as far as ``branches_daily`` tells; ``time`` is the day's start."""
    frame = run.static("branches_daily")
    peaks = frame["loading_max"].to_numpy()
    known = np.where(np.isnan(peaks), -np.inf, peaks)
    rows = known.argmax(axis=0)
    return Loadings(
        np.fmax.reduce(peaks, axis=0),
        frame["time"].to_numpy()[rows],
        frame["over_normal_h"].to_numpy().sum(axis=0),
        frame["over_emergency_h"].to_numpy().sum(axis=0),
    )


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
    lower = [_quantile(low, q) for q in QUANTILES[:3]]
    upper = [_quantile(high, q) for q in QUANTILES[3:]]
    return np.stack(lower + upper, axis=1)


def _inner(*parts: Floats) -> Iterator[tuple[Floats, float]]:
    return zip(parts, QUANTILES[1:4], strict=True)


def _quantile(values: Floats, q: float) -> Floats:
    """A quantile of each row's known values, NaN where it has none. [n_row]"""
    ordered = np.sort(values, axis=1)
    known = values.shape[1] - np.isnan(values).sum(axis=1)
    place = q * np.maximum(known - 1, 0)
    under = np.floor(place).astype(np.int64)
    over = np.minimum(under + 1, np.maximum(known - 1, 0))
    rows = np.arange(len(values))
    share = place - under
    picked = ordered[rows, under] * (1 - share) + ordered[rows, over] * share
    return np.where(known > 0, picked, np.nan).astype(np.float64)
