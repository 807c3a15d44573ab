"""What a section says where a run holds nothing for it: why."""

from __future__ import annotations

from twin.analysis.comparison import Comparison

STOPPED = (
    "Not told: the scenario has `{key}`, but this run was stopped before its end, "
    "where that is written."
)


def unasked(comparison: Comparison, key: str, words: str) -> str:
    """``words`` say that the scenario has no ``key``; else the run was stopped."""
    firsts = map(comparison.first, comparison.labels)
    if any(case.scenario.get(key) and not case.run.is_complete for case in firsts):
        return STOPPED.format(key=key)
    return words
