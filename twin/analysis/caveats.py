"""What a reader must know before using a run's numbers."""

from __future__ import annotations

from collections.abc import Mapping, Sequence

from twin.analysis import page
from twin.analysis.comparison import Comparison


def caveats(comparison: Comparison) -> list[str]:
    """What a reader must know before using the numbers."""
    found = [
        *_of_method(comparison),
        *_of_runs(comparison),
        *_notes(comparison),
    ]
    return found or ["None recorded."]


def _of_method(comparison: Comparison) -> list[str]:
    case = comparison.cases[0]
    found = []
    if case.limits.standard == "en50160" and case.step_h > 1 / 6 + 1e-9:
        found.append(
            f"EN 50160 is defined on 10-minute means; each {60 * case.step_h:g}-minute "
            "value is taken for one, so its verdict is indicative."
        )
    if (case.scenario.get("feeder") or {}).get("model", "balanced") == "balanced":
        found.append(
            "The grid is solved as balanced: what single-phase loads and chargers "
            "do to single phases is not seen."
        )
    if len(comparison.seeds) == 1:
        found.append("One seed only: the numbers carry no band of chance.")
    return found


def _of_runs(comparison: Comparison) -> list[str]:
    found = []
    for label in comparison.labels:
        case = comparison.first(label)
        policy = case.scenario.get("policy") or {}
        if isinstance(policy, Mapping) and policy.get("outlook") == "perfect":
            found.append(f"{label} sees the future (outlook: perfect): an upper bound.")
        count = int(case.evs["hypothetical"].sum())
        if count and case.is_v2g:
            found.append(
                f"{label}: {count} of {case.n_ev} cars are hypothetical: the "
                "catalogue does not know them to be able to give power; the scenario "
                "makes them (why each cannot is among the notes below)."
            )
        if not case.run.has("voltages"):
            found.append(
                f"{label} recorded daily figures only (output.level: summary)."
            )
    for case in comparison.cases:
        if not case.run.is_complete:
            found.append(
                f"{case.label}, seed {case.called_seed} is {case.run.status}: "
                "it covers "
                f"{round(case.days, 2):g} days only."
            )
    return list(dict.fromkeys(found))


def _notes(comparison: Comparison) -> list[str]:
    """What the runs noted themselves, with the variants where not all did."""
    by_note: dict[str, list[str]] = {}
    for case in comparison.cases:
        for note in case.run.record.get("notes") or []:
            words = note if isinstance(note, str) else page.line(note)
            if not words.startswith("hypothetical:"):
                by_note.setdefault(words, []).append(case.label)
    return [
        note if set(labels) >= set(comparison.labels) else f"{_joined(labels)}: {note}"
        for note, labels in by_note.items()
    ]


def _joined(labels: Sequence[str]) -> str:
    return ", ".join(dict.fromkeys(labels))
