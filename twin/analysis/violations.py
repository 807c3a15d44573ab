"""Customer-hours beyond the voltage limits: there before, caused, or cured."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import UTC

import numpy as np
import polars as pl

from twin.analysis.case import Case
from twin.analysis.digest import chunks, extremes
from twin.arrays import Bools, Floats, Ints
from twin.errors import InputError
from twin.results.record import Run


def violations(run: Run, baseline: Run | None = None) -> dict[str, float | None]:
    """Customer-hours beyond the limits, paired with a baseline by customer and time.

    preexisting_h  beyond in both runs
    caused_h       beyond in this run only
    cured_h        beyond in the baseline only
    """
    return violations_of(Case(run), None if baseline is None else Case(baseline))


def violations_of(case: Case, baseline: Case | None) -> dict[str, float | None]:
    """The same of cases. None where a run has no voltages of every interval."""
    unknown: dict[str, float | None] = dict.fromkeys(
        ("total_h", "preexisting_h", "caused_h", "cured_h")
    )
    if baseline is None:
        return {**unknown, "total_h": _total_beyond_h(case)}
    if not all(_is_known(one) for one in (case, baseline)):
        return {**unknown, "total_h": _total_beyond_h(case)}
    mine, theirs = paired_customers(case, baseline)
    failed = case.steps_failed + baseline.steps_failed
    counts = np.zeros(3)
    for here, there in _paired_rows(case, baseline):
        now = _outside(here, case, case.terminals[mine])
        before = _outside(there, baseline, baseline.terminals[theirs])
        counts += [(now & before).sum(), (now & ~before).sum(), (before & ~now).sum()]
    both, caused, cured = (counts * case.step_h).tolist()
    found = {
        "total_h": both + caused,
        "preexisting_h": both,
        "caused_h": caused,
        "cured_h": cured,
    }
    return {key: hours or (None if failed else 0.0) for key, hours in found.items()}


def _total_beyond_h(case: Case) -> float | None:
    kept = case.voltages if case.run.has("customers") else None
    hours = None if kept is None else float(kept.below_h.sum() + kept.above_h.sum())
    return None if not hours and case.steps_failed else hours


def _is_known(case: Case) -> bool:
    return case.run.has("voltages") and case.run.has("customers")


def _outside(values: Floats, case: Case, terminals: Ints) -> Bools:
    low, high = extremes(values, terminals)
    return (low < case.limits.low_pu) | (high > case.limits.high_pu)


def paired_customers(case: Case, baseline: Case) -> tuple[Ints, Ints]:
    """Rows of the customers that both runs have, by name."""
    mine, theirs = case.customers["name"], baseline.customers["name"]
    if mine.equals(theirs):
        same = np.arange(len(mine))
        return same, same
    if mine.is_duplicated().any() or theirs.is_duplicated().any():
        raise InputError.of(
            "these runs have different customers: they cannot be paired"
        )
    _, here, there = np.intersect1d(
        mine.to_numpy(), theirs.to_numpy(), return_indices=True
    )
    return here, there


def _paired_rows(case: Case, baseline: Case) -> Iterator[tuple[Floats, Floats]]:
    """Voltages of both at the instants that both have, a chunk at a time."""
    for time, (values,) in chunks(case.run, "voltages", "v_pu"):
        first, last = (instant.item().replace(tzinfo=UTC) for instant in time[[0, -1]])
        other = (
            baseline.run.scan("voltages")
            .filter(pl.col("time").is_between(first, last))
            .select("time", "v_pu")
            .collect()
        )
        _, here, there = np.intersect1d(
            time, other["time"].to_numpy(), return_indices=True
        )
        if len(here):
            yield values[here], other["v_pu"].to_numpy()[there]
