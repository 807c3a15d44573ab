"""Says which reference bills and wear are told against, and how to ask for another."""

from __future__ import annotations

from twin.analysis.comparison import Comparison

AGAINST = {
    "uncontrolled": (
        "beside the same cars charged as their drivers please (reference: "
        "uncontrolled{default}): what charging later gains is in it, and reference: "
        "valley holds it against clever one-way charging instead"
    ),
    "valley": (
        "beside the same cars under clever one-way charging (reference: valley): what "
        "giving adds, and reference: uncontrolled holds it against charging as drivers "
        "please instead"
    ),
}
DEFAULT = ", which is also the default"


def reference_told(comparison: Comparison) -> list[str]:
    """A sentence for each reference, with whom it is said of where variants differ."""
    known: dict[str, list[str]] = {}
    for label in comparison.labels:
        case = comparison.first(label)
        if case.n_ev and case.reference in AGAINST:
            known.setdefault(case.reference, []).append(label)
    told = []
    for reference, labels in known.items():
        words = AGAINST[reference].format(default=DEFAULT)
        who = "" if len(comparison.labels) == 1 else f"{', '.join(labels)}: "
        told.append(f"{who}Changes of bills and wear are told {words}.")
    return told
