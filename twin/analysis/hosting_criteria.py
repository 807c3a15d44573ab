"""How far each element of a run is beyond a limit that hosting is judged by."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass, replace
from functools import partial

import numpy as np

from twin.analysis.case import Case
from twin.analysis.digest import chunks, longest
from twin.analysis.instants import (
    HIGHEST,
    LOADING,
    LOWEST,
    REVERSE,
    Extreme,
    instants,
)
from twin.analysis.verdict import no_verdict
from twin.arrays import Bools, Floats, Ints

LEAST = 1e-6
BALANCED = (
    "chargers are on one phase and the model is balanced; feeder.model: three_phase "
    "tells"
)
TITLES: Mapping[str, str] = {
    "thermal_normal": "normal rating",
    "thermal_emergency": "emergency rating",
    "voltage_low": "lowest voltage",
    "voltage_high": "highest voltage",
    "rapid_change": "rapid voltage change",
    "unbalance": "voltage unbalance",
    "reverse_flow": "reverse flow",
}
UNITS: Mapping[str, str] = {
    "voltage_low": "pu",
    "voltage_high": "pu",
    "rapid_change": "pu",
}
EXTREMES: Mapping[str, Extreme] = {
    "thermal_normal": LOADING,
    "thermal_emergency": LOADING,
    "voltage_low": LOWEST,
    "voltage_high": HIGHEST,
    "reverse_flow": REVERSE,
}
WORSE_BY: Mapping[str, float] = {
    "thermal_normal": 0.01,
    "thermal_emergency": 0.01,
    "voltage_low": 0.001,
    "voltage_high": 0.001,
    "rapid_change": 0.001,
    "unbalance": 0.001,
    "reverse_flow": 0.01,
}


@dataclass(frozen=True, eq=False)
class Judged:
    """Elements with what they came to. Arrays [n_element].

    row      their places in ``branches`` or ``nodes``
    value    in the limit's own unit; NaN where it is not known
    excess   beyond the limit, > 0 is a violation, same unit
    """

    name: list[str]
    phase: Ints
    row: Ints
    value: Floats
    excess: Floats
    limit: float

    @property
    def beyond(self) -> Bools:
        """Which are beyond the limit, whoever caused it."""
        found: Bools = self.excess > LEAST
        return found

    def caused(self, before: Judged, worse_by: float) -> Bools:
        """Which are beyond it by cars.

        Those that are not beyond it without them, or are farther by more than
        ``worse_by`` than they were.
        """
        farther = self.excess > before.excess + worse_by
        by_cars: Bools = self.beyond & (~before.beyond | farther)
        return by_cars


@dataclass(frozen=True)
class Untold:
    """Why a run does not tell of a limit."""

    why: str


Verdict = Judged | Untold


def judged(case: Case, criterion: str, limit: float | None = None) -> Verdict:
    """How each element of a run stands to one limit; or why that is not known."""
    return _JUDGES[criterion](case, limit)


def worst_time(case: Case, criterion: str, row: int) -> str | None:
    """When an element of a run was worst by a limit, local; none: not recorded."""
    if criterion not in EXTREMES:
        return None
    (instant,) = instants(case, EXTREMES[criterion], np.array([row]))
    return None if np.isnat(instant) else case.local(instant)


def _thermal_normal(case: Case, limit: float | None) -> Verdict:
    """Highest loading of each rated branch; the limit a share of its rating."""
    kept = case.loadings
    if kept is None:
        return Untold("no loadings are recorded")
    rows = _rated(case)
    if not len(rows):
        return Untold("no line or transformer has a rating")
    value, most = kept.highest[rows], 1.0 if limit is None else limit
    return _of_branches(case, rows, value, value - most, most)


def _thermal_emergency(case: Case, limit: float | None) -> Verdict:
    """Above the emergency rating at all, or above the normal one longer than allowed.

    A branch without an emergency rating has none above its normal one.
    """
    kept, stay_h = case.loadings, _longest_over_h(case)
    if kept is None or stay_h is None:
        return Untold("how long ratings were exceeded is not recorded")
    rows = _rated(case)
    if not len(rows):
        return Untold("no line or transformer has a rating")
    most = 1.0 if limit is None else limit
    factor = np.where(np.isnan(case.emergency), 1.0, case.emergency)[rows]
    allowed_h = case.branches["emergency_h"].fill_null(0.0).to_numpy()[rows]
    too_long = (stay_h[rows] > allowed_h) & (allowed_h > 0)
    share = kept.highest[rows] / factor
    over = np.maximum(kept.highest[rows] - 1.0, 0.0)
    excess = np.where(too_long, np.maximum(share - most, over), share - most)
    return _of_branches(case, rows, kept.highest[rows], excess, most)


def _voltage(case: Case, limit: float | None, low: bool) -> Verdict:
    """Lowest or highest voltage at each phase of a bus with customers."""
    kept = case.voltages
    if no_verdict(case):
        return Untold(BALANCED)
    if kept is None or not case.n_customers:
        return Untold("no voltages are recorded")
    node: Ints = np.unique(case.terminals)
    usual = case.limits.low_pu if low else case.limits.high_pu
    most = usual if limit is None else limit
    value = (kept.node_min_pu if low else kept.node_max_pu)[node].astype(np.float64)
    excess = most - value if low else value - most
    return _of_nodes(case, node, value, excess, most)


def _rapid_change(case: Case, limit: float | None) -> Verdict:
    """Largest change from one interval to the next at each bus with customers."""
    if no_verdict(case):
        return Untold(BALANCED)
    said = (case.run.record.get("limits") or {}).get("rapid_change_pu")
    most = said if limit is None else limit
    return _of_quality(case, "rapid_largest_pu", most)


def _unbalance(case: Case, limit: float | None) -> Verdict:
    """Negative in positive sequence, 95th percentile of a week's 10-minute values."""
    if (case.scenario.get("feeder") or {}).get("model", "balanced") == "balanced":
        return Untold("a balanced model knows no unbalance")
    said = (case.run.record.get("limits") or {}).get("unbalance")
    return _of_quality(case, "week_vuf_p95", said if limit is None else limit)


def _of_quality(case: Case, column: str, most: float | None) -> Verdict:
    if most is None or not case.run.has("quality_daily"):
        return Untold("voltage quality is not recorded")
    rows = case.run.static("quality_daily")[column].to_numpy()
    of_customer = np.fmax.reduce(rows, axis=0).astype(np.float64)
    if np.isnan(of_customer).all():
        return Untold("no bus with customers tells it")
    of_node = np.full(case.nodes.height, np.nan)
    at = case.customers["node"].to_numpy().astype(np.int64)
    np.fmax.at(of_node, at, of_customer)
    node: Ints = np.unique(at)
    value = of_node[node]
    found = _of_nodes(case, node, value, value - most, most)
    return replace(found, phase=np.zeros_like(found.phase))


def _reverse_flow(case: Case, limit: float | None) -> Verdict:
    """Power back through each phase of a transformer, as a share of its rating."""
    lowest = _lowest_kw(case)
    if lowest is None:
        return Untold("no flows are recorded")
    groups = [rows for rows in case.transformer_branches if len(rows)]
    if not groups:
        return Untold("the grid has no transformer")
    rating = case.transformers["rating_kva"].fill_null(np.nan).to_numpy()
    rows = np.concatenate(groups)
    of = case.branches["transformer"].to_numpy()[rows].astype(np.int64)
    count = np.bincount(of, minlength=len(rating))
    value = np.maximum(-lowest[rows], 0.0) / (rating[of] / count[of])
    most = 0.0 if limit is None else limit
    return _of_branches(case, rows, value, value - most, most)


_JUDGES: Mapping[str, Callable[[Case, float | None], Verdict]] = {
    "thermal_normal": _thermal_normal,
    "thermal_emergency": _thermal_emergency,
    "voltage_low": partial(_voltage, low=True),
    "voltage_high": partial(_voltage, low=False),
    "rapid_change": _rapid_change,
    "unbalance": _unbalance,
    "reverse_flow": _reverse_flow,
}


def _rated(case: Case) -> Ints:
    known = case.branches["normal_a"].fill_null(np.nan).is_finite().to_numpy()
    return np.flatnonzero(known)


def _of_branches(
    case: Case, rows: Ints, value: Floats, excess: Floats, most: float
) -> Judged:
    known = case.branches[rows.tolist()]
    name = (known["kind"] + " " + known["name"]).to_list()
    return Judged(name, known["phase"].to_numpy(), rows, value, excess, most)


def _of_nodes(
    case: Case, node: Ints, value: Floats, excess: Floats, most: float
) -> Judged:
    known = case.nodes[node.tolist()]
    name = [f"bus {bus}" for bus in known["bus"]]
    return Judged(name, known["phase"].to_numpy(), node, value, excess, most)


def _longest_over_h(case: Case) -> Floats | None:
    """Longest stay above the normal rating; by days cut at midnight. [n_branch]"""
    column = "longest_over_normal_h"
    if case.run.has("branches_daily"):
        frame = case.run.static("branches_daily")
        if column not in frame.columns:
            return None
        hours: Floats = frame[column].to_numpy().max(axis=0)
        return hours
    if not case.run.has("flows"):
        return None
    over = [loading > 1 for _, (loading,) in chunks(case.run, "flows", "loading")]
    course = np.concatenate(over)
    found = np.zeros(course.shape[1])
    for branch in np.flatnonzero(course.any(axis=0)):
        found[branch] = longest(course[:, branch]) * case.step_h
    return found


def _lowest_kw(case: Case) -> Floats | None:
    """Lowest power of each branch [n_branch]."""
    if case.run.has("branches_daily"):
        days = case.run.static("branches_daily")["p_min_kw"].to_numpy()
        least: Floats = np.fmin.reduce(days, axis=0).astype(np.float64)
        return least
    if not case.run.has("flows"):
        return None
    parts = [
        np.fmin.reduce(p_kw, axis=0) for _, (p_kw,) in chunks(case.run, "flows", "p_kw")
    ]
    lowest: Floats = np.fmin.reduce(parts, axis=0).astype(np.float64)
    return lowest
