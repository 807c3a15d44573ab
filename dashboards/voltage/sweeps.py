"""Voltages of a whole run by groups of nodes: one pass, made once and kept."""

from __future__ import annotations

from collections import OrderedDict
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from itertools import pairwise
from threading import Lock
from typing import Generic, Literal, TypeVar

import numpy as np
import polars as pl

from dashboards.thinning import Times, Values, instant
from dashboards.voltage.profiles import (
    Groups,
    Rows,
    groups_of,
    is_daily,
    local_times,
    real_nodes,
)
from twin.analysis.case import Case
from twin.analysis.digest import NEVER, Voltages, chunks, extremes
from twin.analysis.kept import kept
from twin.arrays import Floats, Ints
from twin.errors import InputError

Measure = Literal["lowest", "highest", "mean"]
MEASURES: tuple[Measure, ...] = ("lowest", "highest", "mean")
MOST_COLUMNS, MOST_KEPT, MOST_COURSES = 700, 6, 24
MINUTES = (1, 2, 3, 5, 10, 15, 20, 30, 60, 120, 180, 240, 360, 720, 1440, 2880, 10080)
Made = TypeVar("Made")


@dataclass(frozen=True)
class Sweep:
    """The whole run, group by group. ``daily``: a row is a day, the mean a median.

    time                     start of each row, UTC                         [n_row]
    low, high, mean          of each group's nodes, pu             [n_row, n_group]
    lowest_at, highest_at    when each node had its extremes; NaT           [n_node]
    unbalance                greatest of any bus with three phases; or none [n_row]
    """

    groups: Groups
    time: Times
    low: Values
    high: Values
    mean: Values
    lowest_at: Times
    highest_at: Times
    unbalance: Values
    daily: bool = False

    def of(self, measure: Measure) -> Values:
        """One of its quantities. [n_row, n_group]"""
        return {"lowest": self.low, "highest": self.high, "mean": self.mean}[measure]


@dataclass(frozen=True)
class Sheet:
    """A heat map's numbers: columns of equal length in local time.

    first   where the first column begins    minutes  length of a column
    values  pu; NaN where nothing is known   [n_group, n_column]
    """

    first: np.datetime64
    minutes: int
    values: Values


class Sweeps:
    """Keeps what was read of the latest runs; who asks meanwhile waits for it."""

    def __init__(self, most: int = MOST_KEPT) -> None:
        self._sweeps: _Slots[Sweep] = _Slots(most)
        self._voltages: _Slots[Voltages | None] = _Slots(most)
        self._courses: _Slots[tuple[Times, Values]] = _Slots(MOST_COURSES)

    def sweep(self, case: Case, rows: Rows = "distance") -> Sweep:
        """One pass over the run's voltages, by groups of nodes."""
        return self._sweeps.get((case, rows), lambda: kept_sweep(case, rows))

    def voltages(self, case: Case) -> Voltages:
        """What the run's voltages were; an InputError where none is known."""
        found = self._voltages.get((case, ""), lambda: case.voltages)
        if found is None:
            raise InputError.of("no voltage of this run is known")
        return found

    def course(
        self, case: Case, customer: int, is_first: bool = False
    ) -> tuple[Times, Values]:
        """One customer's voltage over time, as ``course_of`` says.

        is_first  whether it is the one that is shown unasked, and worth keeping
        """
        make = kept_course if is_first else course_of
        return self._courses.get((case, str(customer)), lambda: make(case, customer))


class _Slots(Generic[Made]):
    """The latest answers; each is made once, however many ask for it at a time."""

    def __init__(self, most: int) -> None:
        self._most, self._lock = most, Lock()
        self._slots: OrderedDict[tuple[Case, str], tuple[Lock, list[Made]]]
        self._slots = OrderedDict()

    def get(self, key: tuple[Case, str], make: Callable[[], Made]) -> Made:
        with self._lock:
            lock, made = self._slots.setdefault(key, (Lock(), []))
            self._slots.move_to_end(key)
            while len(self._slots) > self._most:
                self._slots.popitem(last=False)
        with lock:
            if not made:
                made.append(make())
        return made[0]


def kept_sweep(case: Case, rows: Rows) -> Sweep:
    """The sweep by such groups; that of a long run is kept beside its tables."""
    groups = groups_of(case, rows)
    if is_daily(case):
        return sweep_of(case, groups)
    asked = (groups.names, groups.place, groups.of_node, three_phase_buses(case))
    return kept(
        case.run, "voltages", Sweep, asked, lambda: sweep_of(case, groups), rows
    )


def sweep_of(case: Case, groups: Groups) -> Sweep:
    """One pass over ``voltages``, or over ``nodes_daily`` where there is no other."""
    counted = _Counted(groups, three_phase_buses(case))
    if is_daily(case):
        columns = ("v_min_pu", "v_max_pu", "v_p50_pu")
        for time, (low, high, middle) in chunks(case.run, "nodes_daily", *columns):
            counted.add(time, low, high, middle)
    else:
        for time, (values,) in chunks(case.run, "voltages", "v_pu"):
            counted.add(time, values, values, values)
    return counted.result(is_daily(case))


def folded(
    local: Times, values: Values, measure: Measure, step_min: int, most: int
) -> Sheet:
    """At most so many columns; of what falls into one, the worst (or the mean).

    local   as clocks show; an hour that comes twice in autumn is one column
    values  [n_row, n_group]
    """
    midnight = local.min().astype("datetime64[D]").astype("datetime64[us]")
    minutes = next(
        (
            one
            for one in (step_min, *(more for more in MINUTES if more > step_min))
            if np.ptp((local - midnight) // np.timedelta64(one, "m")) < most
        ),
        MINUTES[-1],
    )
    length = np.timedelta64(minutes, "m")
    column = (local - midnight) // length
    first = int(column.min())
    column = column - first
    order = np.argsort(column, kind="stable")
    filled, starts = np.unique(column[order], return_index=True)
    sheet = np.full((values.shape[1], int(column.max()) + 1), np.nan, np.float32)
    sheet[:, filled] = _joined_rows(values[order], starts, measure).T
    return Sheet(midnight + first * length, minutes, sheet)


def _joined_rows(values: Values, starts: Ints, measure: Measure) -> Values:
    if measure == "mean":
        known = ~np.isnan(values)
        total = np.add.reduceat(np.where(known, values, 0), starts, axis=0)
        count = np.add.reduceat(known.astype(np.float32), starts, axis=0)
        none = np.full_like(total, np.nan)
        return np.divide(total, count, out=none, where=count > 0)
    join = np.fmin if measure == "lowest" else np.fmax
    found: Values = join.reduceat(values, starts, axis=0)
    return found


def worst_groups(sweep: Sweep, measure: Measure, most: int) -> tuple[Groups, Ints]:
    """Groups as rows of a map, with their columns in the sweep.

    Bins of distance as they are; of groups with names the worst, the worst first.
    """
    if sweep.groups.is_axis:
        return sweep.groups, np.arange(len(sweep.groups.names))
    values, sign = sweep.of(measure), -1 if measure == "highest" else 1
    worst = np.fmin.reduce(sign * values, axis=0, initial=np.inf)
    picked = np.argsort(worst, kind="stable")[:most]
    names = tuple(sweep.groups.names[one] for one in picked.tolist())
    place = np.arange(len(names), dtype=np.float64)
    return Groups(names, place, sweep.groups.of_node), picked


def row_of(case: Case, asked: str, sweeps: Sweeps) -> int:
    """The interval that is meant: lowest, highest, load, or a local time."""
    when = instant(asked)
    if when is not None:
        local = local_times(case.steps["time"].to_numpy(), case.zone)
        return int(np.abs(local - when).argmin())
    if asked == "highest":
        band = sweeps.voltages(case).band_pu[:, 4]
        return 0 if np.isnan(band).all() else int(np.nanargmax(band))
    if asked == "load":
        return case.steps["grid_kw"].arg_max() or 0
    return case.steps["v_min_pu"].arg_min() or 0


@dataclass(frozen=True)
class Trace:
    """One customer's lowest and highest voltage: what ``course_of`` tells."""

    time: Times
    values: Values


def kept_course(case: Case, customer: int) -> tuple[Times, Values]:
    """The same, kept beside a long run: one column costs as much as all to read."""
    if is_daily(case):
        return course_of(case, customer)
    asked = (customer, case.terminals[[customer]])
    found = kept(
        case.run,
        "voltages",
        Trace,
        asked,
        lambda: Trace(*course_of(case, customer)),
    )
    return found.time, found.values


def course_of(case: Case, customer: int) -> tuple[Times, Values]:
    """Lowest and highest voltage of a customer's phases over time. [n_row, 2]"""
    nodes = case.terminals[[customer]]
    table = "nodes_daily" if is_daily(case) else "voltages"
    low, high = ("v_min_pu", "v_max_pu") if is_daily(case) else ("v_pu", "v_pu")
    every = np.unique(nodes).tolist()
    picked = [
        pl.col(name).arr.get(node).alias(f"{kind} {node}")
        for kind, name in (("low", low), ("high", high))
        for node in every
    ]
    frame = case.run.scan(table).select("time", *picked).collect()
    lows, highs = (
        frame.select([f"{kind} {node}" for node in every]).to_numpy()
        for kind in ("low", "high")
    )
    own = np.searchsorted(every, nodes)
    both = [extremes(lows, own)[0][:, 0], extremes(highs, own)[1][:, 0]]
    return frame["time"].to_numpy(), np.stack(both, axis=1)


def three_phase_buses(case: Case) -> Ints:
    """Nodes of each bus that has all three phases. [n_bus, 3]"""
    found = (
        case.nodes.select("node", "bus", "phase")
        .filter(pl.Series(real_nodes(case)) & pl.col("phase").is_between(1, 3))
        .sort("phase")
        .group_by("bus", maintain_order=True)
        .agg("node", pl.col("phase").n_unique().alias("phases"))
        .filter((pl.col("phases") == 3) & (pl.col("node").list.len() == 3))
    )
    nodes = found["node"].to_list()
    return np.array(nodes, dtype=np.int64).reshape(-1, 3)


def unbalance_of(values: Values, buses: Ints) -> Values:
    """Each bus's greatest difference of a phase from the mean of its three, over it.

    values  [n_row, n_node]        the answer  [n_row, n_bus]
    """
    three = values[:, buses]
    mean = three.mean(axis=2)
    found: Values = np.abs(three - mean[:, :, None]).max(axis=2) / mean
    return found


class _Counted:
    """What a pass has found so far; nodes ordered by group, so that a cut suffices."""

    def __init__(self, groups: Groups, buses: Ints) -> None:
        self.groups, self.buses = groups, buses
        self.order = np.argsort(groups.of_node, kind="stable")
        self.order = self.order[groups.of_node[self.order] >= 0]
        self.filled, starts = np.unique(groups.of_node[self.order], return_index=True)
        self.cuts = list(pairwise([*starts.tolist(), len(self.order)]))
        n_node = len(groups.of_node)
        self.times: list[Times] = []
        self.found: tuple[list[Values], list[Values], list[Values]] = ([], [], [])
        self.unbalance: list[Values] = []
        self.least, self.most = np.full(n_node, np.inf), np.full(n_node, -np.inf)
        self.least_at, self.most_at = np.full(n_node, NEVER), np.full(n_node, NEVER)

    def add(self, time: Times, low: Values, high: Values, middle: Values) -> None:
        """Count some rows. [n_row, n_node]"""
        self.times.append(time)
        lows = self._mine(low)
        highs = lows if high is low else self._mine(high)
        middles = lows if middle is low else self._mine(middle)
        self.found[0].append(self._joined(np.fmin, lows))
        self.found[1].append(self._joined(np.fmax, highs))
        self.found[2].append(self._mean(middles))
        _reach(self.least, self.least_at, time, low, np.fmin)
        _reach(self.most, self.most_at, time, high, np.fmax)
        if len(self.buses):
            spread = unbalance_of(low, self.buses)
            self.unbalance.append(np.fmax.reduce(spread, axis=1))

    def result(self, daily: bool) -> Sweep:
        """What was found."""
        empty = np.empty((0, len(self.groups.names)), np.float32)
        low, high, mean = (np.concatenate([empty, *part]) for part in self.found)
        return Sweep(
            self.groups,
            np.concatenate([np.empty(0, "datetime64[us]"), *self.times]),
            low,
            high,
            mean,
            self.least_at,
            self.most_at,
            np.concatenate([np.empty(0, np.float32), *self.unbalance]),
            daily,
        )

    def _mine(self, values: Values) -> Values:
        """Group after group, a node a row: what is joined then lies side by side."""
        return np.ascontiguousarray(values.T)[self.order]

    def _joined(self, join: np.ufunc, values: Values) -> Values:
        join = _quick(join, values)
        return self._spread([join.reduce(values[a:b], axis=0) for a, b in self.cuts])

    def _mean(self, values: Values) -> Values:
        known = ~np.isnan(values)
        if known.all():
            return self._spread(
                [np.add.reduce(values[a:b], axis=0) / (b - a) for a, b in self.cuts]
            )
        total = np.where(known, values, 0)
        found = []
        for a, b in self.cuts:
            count, part = known[a:b].sum(axis=0), total[a:b].sum(axis=0)
            none = np.full_like(part, np.nan)
            found.append(np.divide(part, count, out=none, where=count > 0))
        return self._spread(found)

    def _spread(self, joined: Sequence[Values]) -> Values:
        """Back to all groups, the empty ones unknown. [n_row, n_group]"""
        rows = len(joined[0]) if joined else 0
        found = np.full((rows, len(self.groups.names)), np.nan, np.float32)
        for group, values in zip(self.filled.tolist(), joined, strict=True):
            found[:, group] = values
        return found


def _reach(
    worst: Floats, at: Times, time: Times, values: Values, join: np.ufunc
) -> None:
    """Move each node's extreme, and when it was, to a worse one among these rows."""
    reached = _quick(join, values).reduce(values, axis=0)
    moved = np.flatnonzero(join(reached, worst) != worst)
    row = (values[:, moved] == reached[moved]).argmax(axis=0)
    worst[moved], at[moved] = reached[moved], time[row]


def _quick(join: np.ufunc, values: Values) -> np.ufunc:
    """The same for values that are all known, which takes a tenth of the time."""
    if np.isnan(values).any():
        return join
    return np.minimum if join is np.fmin else np.maximum
