"""Runs set against a baseline: their common time, and what differs when and where."""

from __future__ import annotations

import math
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from functools import cached_property
from types import MappingProxyType
from typing import Any, Literal

import numpy as np
import polars as pl
from numpy.typing import NDArray

from dashboards.data import Sibling
from twin.analysis.case import Case
from twin.analysis.comparison import Comparison
from twin.analysis.theme import Look, looks
from twin.arrays import Floats
from twin.results.record import Run

Times = NDArray[np.datetime64]
A_DAY = np.timedelta64(1, "D")
DAILY = ("nodes_daily", "branches_daily", "customers_daily")
OF_THE_WHOLE_RUN = ("evs", "sessions", "trips", "events")
ELSEWHERE = ("name", "description")
LONGEST_VALUE = 18


@dataclass(frozen=True)
class Quantity:
    """What can be drawn over time. ``join``: how longer intervals are made of it."""

    key: str
    title: str
    unit: str
    digits: int = 1
    join: Literal["mean", "min", "max"] = "mean"

    @property
    def axis(self) -> str:
        """As an axis is titled."""
        return f"{self.title} [{self.unit}]"


QUANTITIES: Mapping[str, Quantity] = MappingProxyType(
    {
        one.key: one
        for one in (
            Quantity("grid_kw", "substation power", "kW"),
            Quantity("ev_charge_kw", "EV charging", "kW"),
            Quantity("ev_discharge_kw", "EV discharging", "kW"),
            Quantity("v_min_pu", "lowest voltage", "pu", 4, "min"),
            Quantity("v_max_pu", "highest voltage", "pu", 4, "max"),
            Quantity("losses_kw", "network losses", "kW", 2),
            Quantity("ev_plugged", "cars plugged in", "cars", 0),
        )
    }
)


@dataclass(frozen=True)
class Span:
    """From an instant until before another one, in UTC."""

    start: np.datetime64
    end: np.datetime64

    @property
    def hours(self) -> float:
        """How long it is."""
        return float((self.end - self.start) / np.timedelta64(1, "h"))


@dataclass(frozen=True)
class Course:
    """A quantity over time, in UTC; NaN where it is not known."""

    time: Times
    values: Floats


@dataclass(frozen=True, eq=False)
class Contrast:
    """Runs under their names, one of them the baseline."""

    cases: tuple[Case, ...]
    names: tuple[str, ...]
    base: int = 0

    @property
    def others(self) -> tuple[int, ...]:
        """Every run but the baseline."""
        return tuple(row for row in range(len(self.cases)) if row != self.base)

    @cached_property
    def spans(self) -> tuple[Span, ...]:
        """What each run has recorded."""
        return tuple(span_of(case) for case in self.cases)

    @cached_property
    def span(self) -> Span | None:
        """What all of them have recorded; None if there is no such time."""
        start = max(span.start for span in self.spans)
        end = min(span.end for span in self.spans)
        return Span(start, end) if start < end else None

    @cached_property
    def is_whole(self) -> bool:
        """Whether the common time is all that any of them has recorded."""
        return all(span == self.span for span in self.spans)

    @cached_property
    def step_min(self) -> int:
        """The shortest interval of which every run's intervals make up one."""
        return math.lcm(*(max(1, round(60 * case.step_h)) for case in self.cases))

    @cached_property
    def shared(self) -> tuple[Case, ...]:
        """The runs, cut to their common time."""
        if self.is_whole or self.span is None:
            return self.cases
        return tuple(cut(case, self.span) for case in self.cases)

    @cached_property
    def looks(self) -> tuple[Look, ...]:
        """How each run is drawn."""
        pairs = zip(self.names, self.cases, strict=True)
        side = Comparison.of([(name, case.run) for name, case in pairs])
        of = looks(side)
        return tuple(of[name] for name in self.names)

    def course(self, row: int, quantity: Quantity) -> Course:
        """A run's course over the common time, in common intervals."""
        if self.span is None:
            return Course(np.empty(0, "datetime64[us]"), np.empty(0))
        return course_of(self.cases[row], quantity, self.span, self.step_min)

    def difference(self, row: int, quantity: Quantity) -> Course:
        """A run less the baseline, at the instants that both have."""
        mine, base = self.course(row, quantity), self.course(self.base, quantity)
        time, here, there = np.intersect1d(mine.time, base.time, return_indices=True)
        return Course(time, mine.values[here] - base.values[there])


@dataclass(frozen=True)
class Excerpt(Run):
    """A run as if it had recorded no other time; without what only its end added up."""

    span: Span

    def has(self, table: str) -> bool:
        """Whether the table tells of the span alone."""
        return table not in OF_THE_WHOLE_RUN and super().has(table)

    def scan(self, table: str) -> pl.LazyFrame:
        """The rows that lie in the span; of daily tables, the days within it."""
        frame = super().scan(table)
        if "time" not in frame.collect_schema().names():
            return frame
        lasts = A_DAY if table in DAILY else np.timedelta64(0, "h")
        start, end = (_utc(one) for one in (self.span.start, self.span.end - lasts))
        ends = pl.col("time") <= end if table in DAILY else pl.col("time") < end
        return frame.filter((pl.col("time") >= start) & ends)


def cut(case: Case, span: Span) -> Case:
    """The run's answers for a span only."""
    return Case(Excerpt(case.run.path, case.run.record, span), case.label)


def span_of(case: Case) -> Span:
    """From the first recorded interval to the end of the last one."""
    time = case.steps["time"].to_numpy()
    if not len(time):
        never = np.datetime64(0, "us")
        return Span(never, never)
    return Span(time[0], time[-1] + np.timedelta64(round(3.6e9 * case.step_h), "us"))


def course_of(case: Case, quantity: Quantity, span: Span, step_min: int) -> Course:
    """A quantity within a span, its intervals joined to longer ones where need be."""
    frame = case.steps.select(
        "time", value=pl.col(quantity.key).cast(pl.Float64)
    ).filter(pl.col("time").is_between(_utc(span.start), _utc(span.end), closed="left"))
    time = frame["time"].to_numpy()
    values = frame["value"].fill_null(np.nan).to_numpy()
    if step_min == round(60 * case.step_h) or not len(time):
        return Course(time, values)
    step = np.timedelta64(step_min, "m")
    starts, first = np.unique((time - span.start) // step, return_index=True)
    if quantity.join == "mean":
        counts = np.diff([*first, len(values)])
        joined = np.add.reduceat(values, first) / counts
    else:
        joined = (np.minimum if quantity.join == "min" else np.maximum).reduceat(
            values, first
        )
    return Course(span.start + starts * step, joined)


def duration(values: Floats, most: int = 600) -> tuple[Floats, Floats]:
    """Known values from the highest down, over the share of time at or above [%]."""
    known = np.sort(values[np.isfinite(values)])[::-1]
    rows = np.unique(
        np.linspace(0, len(known) - 1, min(most, len(known))).round().astype(np.int64)
    )
    return 100.0 * (rows + 1) / max(1, len(known)), known[rows]


def local_times(time: Times, case: Case) -> Times:
    """UTC as the feeder's clocks show it, for an axis."""
    zoned = pl.Series(time.astype("datetime64[us]")).dt.replace_time_zone("UTC")
    local = zoned.dt.convert_time_zone(str(case.zone)).dt.replace_time_zone(None)
    return local.to_numpy()


def feeder_gap(case: Case, base: Case) -> str:
    """Why a difference at each node means nothing; empty if it does mean something."""
    mine, theirs = case.nodes, base.nodes
    if mine.height != theirs.height:
        return (
            f"these runs have different feeders: {mine.height:,} and "
            f"{theirs.height:,} nodes"
        )
    same = mine.select("bus", "phase").equals(theirs.select("bus", "phase"))
    ends = ["from_node", "to_node", "phase"]
    if not same or not case.branches.select(ends).equals(base.branches.select(ends)):
        return "these runs have different feeders, though as many nodes"
    return ""


def lowest_voltages(case: Case) -> Floats | None:
    """Each node's lowest voltage [pu]; None where voltages are not known."""
    return None if case.voltages is None else case.voltages.node_min_pu


def highest_loadings(case: Case) -> Floats | None:
    """Each branch's highest loading [%]; None where flows are not known."""
    return None if case.loadings is None else 100.0 * case.loadings.highest


def transformer_loadings(case: Case) -> Floats | None:
    """Each transformer's highest loading [%]; None where flows are not known."""
    return None if case.loadings is None else 100 * case.loadings.transformers.highest


def ladder(largest: float, finest: float, classes: int = 4) -> Floats:
    """Rising class borders 1, 2, 5, 10, ... times ``finest``; the last holds all.

    Sizes below the first are too small to be told.
    """
    steps = [finest]
    while steps[-1] < largest:
        steps.append(steps[-1] * (2.5 if len(steps) % 3 == 2 else 2.0))
    return np.array(steps[-classes - 1 :] if len(steps) > 1 else [finest, 2 * finest])


def leaves(tree: Mapping[str, Any], path: str = "") -> dict[str, Any]:
    """``{"fleet.ev_share": 0.4}``: every key of a scenario but what only names it."""
    found: dict[str, Any] = {}
    for key, value in tree.items():
        here = f"{path}{key}"
        if isinstance(value, Mapping) and value:
            found |= leaves(value, f"{here}.")
        elif here not in ELSEWHERE:
            found[here] = value
    return found


def names_of(cases: Sequence[Case], known: Sequence[Sibling | None]) -> tuple[str, ...]:
    """A name for each run: its variant's, else its policy's; then what differs."""
    siblings = [one for one in known if one is not None]
    whole = len(siblings) == len(cases)
    names = [one.label for one in siblings] if whole else [c.policy for c in cases]
    where = [case.run.path.parent.name for case in cases]
    if len(set(where)) > 1:
        pairs = zip(names, where, strict=True)
        names = [f"{scenario} · {name}" for name, scenario in pairs]
    if len({case.seed for case in cases}) > 1:
        seeds = [f", seed {case.seed}" for case in cases]
        names = [f"{name}{seed}" for name, seed in zip(names, seeds, strict=True)]
    return _told_apart(_told_apart(names, _first_differing(names, cases)), _ids(cases))


def _told_apart(names: Sequence[str], words: Sequence[str]) -> tuple[str, ...]:
    """Names, with words behind those that several share."""
    pairs = zip(names, words, strict=True)
    return tuple(
        f"{name}{word}" if names.count(name) > 1 else name for name, word in pairs
    )


def _first_differing(names: Sequence[str], cases: Sequence[Case]) -> list[str]:
    """``, step_min 30``: of runs that share a name, the first key that differs."""
    scenarios = [leaves(case.scenario) for case in cases]
    found = []
    for row, name in enumerate(names):
        same = [scenarios[other] for other, one in enumerate(names) if one == name]
        rows = [key for key, _ in _differing(same, _said) if key != "seed"]
        if not rows:
            found.append("")
            continue
        value = _said(scenarios[row].get(rows[0]))
        short = value if len(value) <= LONGEST_VALUE else f"…{value[-LONGEST_VALUE:]}"
        found.append(f", {rows[0].rpartition('.')[2]} {short}")
    return found


def _ids(cases: Sequence[Case]) -> list[str]:
    return [f" ({case.run.path.name[:6]})" for case in cases]


def differing(cases: Sequence[Case]) -> list[tuple[str, tuple[str, ...]]]:
    """Keys of the scenarios that differ, with each run's value; data files after."""
    scenarios = [leaves(case.scenario) for case in cases]
    rows = _differing(scenarios, _said)
    files = [_mapping(case.run.record.get("inputs")) for case in cases]
    data = [(f"data file {key}", values) for key, values in _differing(files, _digest)]
    versions = [_mapping(case.run.record.get("versions")) for case in cases]
    locked = [(f"version of {key}", row) for key, row in _differing(versions, _said)]
    return [*rows, *data, *locked]


def unfair(contrast: Contrast) -> list[str]:
    """Why a difference between these runs may not be the doing of what one changed."""
    cases = contrast.cases
    told = [
        _different_seeds(cases),
        _different_feeders(cases),
        _different_times(contrast),
        _different_steps(cases),
        _different(cases, "limits", "standard", "They are judged by different limits"),
        _different(cases, "customers", "profiles", "Their loads come from other data"),
        _different(cases, "fleet", "travel", "Their trips come from other data"),
        _failed(contrast),
    ]
    return [words for words in told if words]


def _different_seeds(cases: Sequence[Case]) -> str:
    seeds = _distinct([case.seed for case in cases])
    return (
        f"Different seeds ({seeds}): other cars, trips and homes were drawn, so that "
        "chance is part of every difference. Choose runs of one seed to pair them."
        if seeds
        else ""
    )


def _different_feeders(cases: Sequence[Case]) -> str:
    gaps = [feeder_gap(case, cases[0]) for case in cases[1:]]
    told = [gap for gap in gaps if gap]
    return f"Not the same grid: {told[0]}. Only sums can be compared." if told else ""


def _different_times(contrast: Contrast) -> str:
    starts = _distinct([str(_time(case).get("start")) for case in contrast.cases])
    if contrast.span is None:
        return (
            "These runs have no time in common: other days have other weather and "
            "other loads. Each value is of the run's own time; nothing is paired."
        )
    if contrast.is_whole:
        return ""
    case = contrast.cases[contrast.base]
    begin, end = (case.local(t) for t in (contrast.span.start, contrast.span.end))
    why = f"They start on different days ({starts})" if starts else "Not equally long"
    return (
        f"{why}: differences, duration curves, table, map and transformers are of "
        f"the common time only, {begin} to {end} (local time)."
    )


def _different_steps(cases: Sequence[Case]) -> str:
    steps = _distinct([round(60 * case.step_h) for case in cases])
    return (
        f"Different steps ({steps} minutes): a peak over a shorter step is higher. "
        "Differences over time are taken over the longer step."
        if steps
        else ""
    )


def _different(cases: Sequence[Case], section: str, key: str, words: str) -> str:
    values = _distinct(
        [_mapping(case.scenario.get(section)).get(key) for case in cases]
    )
    return f"{words} ({values})." if values else ""


def _failed(contrast: Contrast) -> str:
    told = [
        f"{name}: {case.steps_failed:,} of {case.steps.height:,}"
        for name, case in zip(contrast.names, contrast.cases, strict=True)
        if case.steps_failed
    ]
    return (
        f"Steps without a solution ({'; '.join(told)}) count nowhere: peaks are lower "
        "bounds."
        if told
        else ""
    )


def _differing(
    trees: Sequence[Mapping[str, Any]], written: Callable[[Any], str]
) -> list[tuple[str, tuple[str, ...]]]:
    keys = dict.fromkeys(key for tree in trees for key in tree)
    rows = [(key, tuple(written(tree.get(key)) for tree in trees)) for key in keys]
    return [(key, values) for key, values in rows if len(set(values)) > 1]


def _distinct(values: Sequence[Any]) -> str:
    """Values with commas, if there are several."""
    found = list(dict.fromkeys(map(str, values)))
    return ", ".join(found) if len(found) > 1 else ""


def _said(value: Any) -> str:
    return "–" if value is None or value == {} else str(value)


def _digest(value: Any) -> str:
    return "–" if value is None else f"sha256 {str(value)[:8]}…"


def _time(case: Case) -> Mapping[str, Any]:
    return _mapping(case.scenario.get("time"))


def _mapping(value: object) -> Mapping[str, Any]:
    return value if isinstance(value, Mapping) else {}


def _utc(instant: np.datetime64) -> pl.Expr:
    return pl.lit(instant.astype("datetime64[us]")).dt.replace_time_zone("UTC")
