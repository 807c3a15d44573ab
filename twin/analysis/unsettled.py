"""Whether cars begin a run as its policy leaves them: else its load is not a day's."""

from __future__ import annotations

from twin.analysis.case import Case
from twin.analysis.comparison import Comparison

ENOUGH_DAYS = 3
WORTH_TELLING = 0.1
MOST_TOLD = 4
REMEDY = f"time: {{lead_in_days: {ENOUGH_DAYS}}} lives the days before first."


def unsettled(comparison: Comparison) -> list[str]:
    """What is said of variants whose batteries end far from where they began.

    Nothing of those whose days before were lived, so that the difference is the days'
    own, or where an outage may have drawn on batteries.
    """
    shares = {
        label: _gained(comparison, label)
        for label in comparison.labels
        if _begins_as_assumed(comparison.first(label))
    }
    less = {who: -share for who, share in shares.items() if share < -WORTH_TELLING}
    more = {who: share for who, share in shares.items() if share > WORTH_TELLING}
    said = []
    if less:
        said.append(
            f"Batteries end with less than they began with ({_each(less)} of what "
            "driving took): it was put off beyond the last day, and the first night "
            "lacks what the day before would have put off. Load, losses and voltage "
            f"drops are too small. {REMEDY}"
        )
    if more:
        said.append(
            f"Batteries end with more than they began with ({_each(more)} of what "
            "driving took): cars begin emptier than they live. Load, losses and "
            f"voltage drops are too large. {REMEDY}"
        )
    return said


def _begins_as_assumed(case: Case) -> bool:
    time, events = case.scenario.get("time") or {}, case.scenario.get("events") or []
    lived = time.get("lead_in_days") or 0
    return lived < ENOUGH_DAYS and all(one.get("kind") != "outage" for one in events)


def _gained(comparison: Comparison, label: str) -> float:
    """What batteries hold more at the end, as a share of driving and its losses."""
    charged, bought, given, gained = (
        comparison.cell(key, label).mean
        for key in (
            "ev_charged_kwh",
            "ev_public_kwh",
            "ev_discharged_kwh",
            "stored_change_kwh",
        )
    )
    if charged is None or bought is None or given is None or gained is None:
        return 0.0
    taken = charged + bought - given - gained
    return gained / taken if taken > 0.0 else 0.0


def _each(shares: dict[str, float]) -> str:
    """``v2g_peak 56 %, valley 51 %``: the most first, a few of them."""
    ordered = sorted(shares.items(), key=lambda one: -one[1])
    told = [f"{label} {100 * share:.0f} %" for label, share in ordered[:MOST_TOLD]]
    rest = len(ordered) - len(told)
    return ", ".join(told) + f" and {rest} more" * bool(rest)
