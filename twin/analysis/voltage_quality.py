"""Voltage quality of a run: by rule which customers break it, and since when it is so.

against a run without EVs:  there already | caused by EVs | cured
against another policy:     the same words, of what that policy leaves
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass

import numpy as np

from twin.analysis.case import Case
from twin.analysis.quality_digest import Quality
from twin.analysis.violations import paired_customers
from twin.arrays import Bools, Floats
from twin.grid.voltage_rules import (
    MEAN_S,
    RULES,
    WEEK_DAYS,
    WEEKLY_SHARE,
    Rule,
    mean_min,
)

SAME = 1e-6
RERUN = (
    "The run was recorded before voltage quality was judged by rule; run the scenario "
    "again to see it."
)


@dataclass(frozen=True)
class Judged:
    """What a rule says of each customer: how much, and whether it is broken.

    value   in the rule's own measure; NaN where it cannot be judged    [n_customer]
    """

    rule: Rule
    value: Floats
    broken: Bools

    @property
    def known(self) -> int:
        """How many customers are judged."""
        return int((~np.isnan(self.value)).sum())

    @property
    def count(self) -> int:
        """How many customers break it."""
        return int(self.broken.sum())

    @property
    def worst(self) -> float:
        """The largest value of any customer; NaN where none is judged."""
        return float(np.fmax.reduce(self.value, initial=np.nan))


@dataclass(frozen=True)
class Apart:
    """Customers who break a rule in this run or in another, told apart.

    Broken in both is "there already", and is worse, eased or as it was here.
    """

    rule: Rule
    already: int
    worse: int
    eased: int
    caused: int
    cured: int


def judged(case: Case) -> Mapping[str, Judged]:
    """Every rule of a run that recorded them, by key; else none."""
    quality = case.quality
    if quality is None:
        return {}
    unbalance, _ = limits_of(case)
    values = _values(quality)
    broken = {
        key: value > {"en_week": WEEKLY_SHARE, "unbalance": unbalance}.get(key, 0.0)
        for key, value in values.items()
    }
    return {
        rule.key: Judged(rule, values[rule.key], broken[rule.key]) for rule in RULES
    }


def _values(quality: Quality) -> dict[str, Floats]:
    return {
        "range_a": quality.a_outside_h,
        "range_b": quality.b_outside_h,
        "en_week": quality.worst_week,
        "en_always": quality.beyond_h,
        "unbalance": quality.vuf_p95,
        "rapid_change": quality.rapid_changes,
    }


def limits_of(case: Case) -> tuple[float, float]:
    """Highest unbalance, a share; largest rapid change, pu."""
    said = case.run.record.get("limits") or {}
    return float(said.get("unbalance", 0.02)), float(said.get("rapid_change_pu", 0.03))


def told_apart(case: Case, other: Case) -> list[Apart]:
    """By rule: what was there in the other run already, what is new, what is gone.

    Works by customer from each run's own counts, so with daily figures, too.
    """
    mine, theirs = judged(case), judged(other)
    if not (mine and theirs):
        return []
    here, there = paired_customers(case, other)
    return [
        _apart(rule, _chosen(mine[rule.key], here), _chosen(theirs[rule.key], there))
        for rule in RULES
    ]


def _chosen(one: Judged, rows: np.ndarray) -> Judged:
    return Judged(one.rule, one.value[rows], one.broken[rows])


def _apart(rule: Rule, now: Judged, before: Judged) -> Apart:
    both = now.broken & before.broken
    tolerance = SAME * np.maximum(1.0, np.abs(before.value))
    return Apart(
        rule,
        already=int(both.sum()),
        worse=int((both & (now.value > before.value + tolerance)).sum()),
        eased=int((both & (now.value < before.value - tolerance)).sum()),
        caused=int((now.broken & ~before.broken).sum()),
        cured=int((before.broken & ~now.broken).sum()),
    )


def written(rule: Rule, value: float) -> str:
    """A customer's value of a rule as people read it, without its unit."""
    if np.isnan(value):
        return "–"
    if rule.key in ("en_week", "unbalance"):
        return f"{100 * value:.{1 if rule.key == 'en_week' else 2}f}"
    return f"{value:,.0f}" if rule.key == "rapid_change" else f"{value:,.2f}"


def bounds(case: Case) -> list[str]:
    """What a reader must know of these verdicts: means, weeks, jumps, phases."""
    quality = case.quality
    if quality is None:
        return [RERUN]
    step_min = 60 * case.step_h
    mean = mean_min(round(3600 * case.step_h))
    unbalance, rapid = limits_of(case)
    said = [
        f"Voltages are judged by means of {mean:g} min"
        + (
            "."
            if 60 * mean == MEAN_S
            else ", not of 10: what EN 50160 says is indicative."
        )
    ]
    short = quality.week_days[quality.week_days < WEEK_DAYS]
    if len(short):
        whole = len(quality.week_days) - len(short)
        said.append(
            f"{whole or 'No'} week{'' if whole == 1 else 's'} of 7 days; the last has "
            f"{short[-1]} only and is judged by these: not a week's verdict."
        )
    said.append(
        f"A rapid change is one of more than {100 * rapid:g} % from one interval to "
        f"the next; means of {step_min:g} min hide what happens within them, so their "
        "number and size are lower bounds."
    )
    if np.isnan(quality.vuf_p95).all():
        said.append("Unbalance is not known: no customer's bus has three phases here.")
    else:
        said.append(f"The limit of unbalance is {100 * unbalance:g} %.")
    said.append(
        "Numbers of the standards are from memory (M): check them against the standard "
        "before they are published."
    )
    return said
