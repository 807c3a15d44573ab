"""Whether a run's voltages allow a verdict: not if chargers' phases were left out."""

from __future__ import annotations

from twin.analysis.case import Case
from twin.analysis.comparison import Comparison


def no_verdict(case: Case) -> str:
    """Why a balanced run with chargers on one phase proves nothing; else empty."""
    model = (case.scenario.get("feeder") or {}).get("model", "balanced")
    if model != "balanced" or not case.n_ev:
        return ""
    counts = case.run.record.get("counts") or {}
    known = counts.get("one_phase_chargers")
    if known == 0:
        return ""
    who = (
        "perhaps with chargers on one phase"
        if known is None
        else f"with {known} of {case.n_ev} chargers on one phase"
    )
    return (
        f"No verdict on voltage: the grid was solved as balanced, {who}. On its "
        "own phase a charger moves the voltage several times as far as is shown here, "
        "so limits that hold here may be broken; feeder.model: three_phase, or an "
        "opendss: circuit, tells."
    )


def cautions(comparison: Comparison) -> list[str]:
    """The same of every variant, each once, with whom it is said of."""
    found: dict[str, list[str]] = {}
    for label in comparison.labels:
        if words := no_verdict(comparison.first(label)):
            found.setdefault(words, []).append(label)
    alone = len(comparison.labels) == 1
    return [
        words if alone else f"{', '.join(labels)}: {words[0].lower()}{words[1:]}"
        for words, labels in found.items()
    ]
