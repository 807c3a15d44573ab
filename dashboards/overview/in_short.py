"""What a newcomer must know of a run, in a few sentences."""

from __future__ import annotations

from collections.abc import Sequence

from dashboards.overview import answers
from dashboards.overview.answers import BEYOND, Answers
from twin.analysis import wording
from twin.analysis.case import Case
from twin.analysis.comparison import Comparison, Difference
from twin.analysis.measures import MEASURES
from twin.analysis.verdict import no_verdict

CLEVER = ("uncontrolled", "valley")


def state(case: Case, mine: Answers) -> list[str]:
    """How the grid fares in this run."""
    return [one for one in (trouble(case, mine), voltage(case, mine)) if one]


def is_trouble(mine: Answers) -> bool:
    """Whether a rating or a voltage limit was broken."""
    return bool(mine["transformers_over_normal"] or mine[BEYOND.key])


def trouble(case: Case, mine: Answers) -> str:
    """Which transformer is in trouble, when, and what the cars had to do with it."""
    if case.is_unsolved:
        return "No step has a solution: nothing is known of the grid."
    worst = answers.worst_transformer(case)
    if worst is None:
        return ""
    many, over = case.transformers.height, mine["transformers_over_normal"]
    loading = MEASURES["worst_transformer_loading"].written(worst.loading)
    when = f"reaches {loading} % of its rating on {worst.when}"
    then = f", when {worst.cars}" if worst.cars else ""
    if over:
        rest = f" {over} of {many} transformers are above their rating at some time."
        return f"Transformer {worst.name} is in trouble: it {when}{then}.{rest}"
    if many == 1:
        return f"The transformer {when}{then}."
    return (
        "No transformer is above its rating: the most loaded one, "
        f"{worst.name}, {when}{then}."
    )


def voltage(case: Case, mine: Answers) -> str:
    """Whether customers were beyond the voltage limits."""
    hours, count = mine[BEYOND.key], mine["customers_beyond"]
    band = f"{case.limits.low_pu:g} to {case.limits.high_pu:g} pu"
    if hours is None:
        return ""
    if not hours:
        said = f"No customer left the voltage limits of {band}."
        return f"{said} {no_verdict(case)}".strip()
    return (
        f"{count:,} of {case.n_customers:,} customers were outside {band} at some "
        f"time, {BEYOND.written(hours)} customer-hours in all."
    )


def v2g(cases: Sequence[Case], base: str | None) -> list[str]:
    """What V2G changes against charging cleverly; else what the first run changes.

    cases  of one seed, the run in question first
    """
    known = tuple(case for case in cases if not case.is_unsolved)
    comparison = Comparison(known)
    if comparison.v2g_against_clever:
        return wording.headline(comparison)
    first = cases[0].label
    if base is None or base == first or base not in comparison.labels:
        return []
    pair = Difference(first, base)
    return [wording.peak_sentence(comparison, pair, first, base)]


def telling(cases: Sequence[Case], base: str | None) -> tuple[Case, ...]:
    """Of the runs of one seed, those that are needed for it; the first one is kept."""
    mine, *others = cases
    point = mine.label.partition(", ")[2]
    peers = [
        case
        for case in others
        if case.label == base
        or (
            case.label.partition(", ")[2] == point
            and case.n_ev
            and (case.is_v2g or case.policy in CLEVER)
        )
    ]
    if mine.is_v2g:
        peers = [case for case in peers if not case.is_v2g]
    return (mine, *peers)
