"""The report's section on bills: parts, spread, and what they rest on."""

from __future__ import annotations

from twin.analysis import page
from twin.analysis.bill_figures import (
    KINDS,
    bill_parts,
    bill_spread,
    component,
    homes,
    parts_caption,
)
from twin.analysis.case import Case
from twin.analysis.comparison import Comparison
from twin.analysis.reference_words import reference_told
from twin.analysis.theme import left_out

GAP = (
    "Bills need what went through each meter by the interval (output.level: all) and "
    "a run that came to its end."
)


def bills(comparison: Comparison) -> str:
    """Figures, a table of components a variant, and the notes of the first."""
    known = [
        label
        for label in comparison.labels
        if comparison.first(label).bills is not None
    ]
    if not known:
        return page.paragraphs([f"Not shown. {GAP}"], "gap")
    spread = (
        "Each line holds all homes of a variant, lowest seed. " + left_out(comparison)
    ).strip()
    parts = [
        page.figure(
            "bill-parts",
            "What the mean home's bill is made of",
            parts_caption(comparison),
            bill_parts(comparison),
            GAP,
        ),
        page.figure(
            "bill-spread", "How bills differ", spread, bill_spread(comparison), GAP
        ),
        *(_components(comparison.first(label)) for label in known),
    ]
    return "".join(parts) + page.bullets(_notes(comparison))


def _components(case: Case) -> str:
    """A row a component: the mean home with and without an EV."""
    assert case.bills is not None
    chosen = [(kind, homes(case, with_car)) for kind, with_car in KINDS]
    known = [(kind, rows) for kind, rows in chosen if rows.any()]
    means = [case.bills.per_month(rows) for _, rows in known]
    counts = [f"homes {kind} ({int(rows.sum())})" for kind, rows in known]
    head = ["USD a month", *counts]
    rows = [
        [component(name), *(f"{one[name]:.2f}" for one in means)]
        for name in (*case.bills.components, "total_usd")
        if name == "total_usd" or any(abs(one[name]) >= 0.005 for one in means)
    ]
    title = f"{case.label}, seed {case.called_seed}: by {case.bills.tariff}"
    return page.details(title, page.table(head, rows))


def _notes(comparison: Comparison) -> list[str]:
    """What the bills of any variant rest on, each said once."""
    told: list[str] = []
    for label in comparison.labels:
        found = comparison.first(label).bills
        told += () if found is None else found.notes
    beside = (
        "Energy bought away from home is no part of a bill; it stands beside it. What "
        "batteries hold at the end more or less than at the start has no price."
    )
    return [*dict.fromkeys(told), beside, *reference_told(comparison)]
