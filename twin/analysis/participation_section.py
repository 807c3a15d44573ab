"""The report's section on who can take part: a funnel, and dependable kW by hour."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from twin.analysis import page
from twin.analysis.comparison import Comparison
from twin.analysis.participation import (
    Called,
    at_call,
    dependable,
    funnel,
    loses_most,
)
from twin.analysis.participation_figure import (
    ABOUT_HOURS,
    ABOUT_STAGES,
    Drawn,
    funnel_figure,
    hours_figure,
)
from twin.analysis.participation_words import headlines
from twin.analysis.theme import left_out, looks, spotlight
from twin.analysis.unasked import unasked

UNASKED = (
    "The scenario says nothing of participation: the cars of fleet.bidirectional_share "
    "give, as if maker, charger, permit and owner all stood ready."
)
NONE = f"{UNASKED} `participation: {{}}` asks who really could."
STAGES = (
    "stage",
    "cars left",
    "kW left, median",
    "kW left, 10th percentile",
    "kW lost here",
    "share",
    "how sure",
    "whose word",
)
HOURS = (
    "call begins at",
    "days",
    "cars, median",
    "kW, median",
    "kW, dependable (10th percentile)",
)
NOTE = (
    "Dependable: what follows a call on nine days in ten, at the cars' plugs, held for "
    "the whole call, down to the reserve, as the cars stood in this run; what its "
    "policy had given before is gone. Meters, transformers and departures after the "
    "call may leave less. Stages that do not move are drawn once; of few days the 10th "
    "percentile is near the least."
)


def participation(comparison: Comparison) -> str:
    """Both figures, then a table of stages and one of hours for each variant."""
    known = [x for x in comparison.labels if funnel(comparison.first(x)) is not None]
    if not known:
        return page.paragraphs([unasked(comparison, "participation", NONE)], "gap")
    shown = [label for label in spotlight(comparison) if label in known] or known[:1]
    drawn = _drawn(comparison, shown)
    parts = [page.paragraphs(headlines(comparison))]
    parts += [
        page.figure(
            "funnel",
            "From cars to dependable power",
            f"{ABOUT_STAGES} {_of_one_seed(comparison)}",
            funnel_figure(drawn),
            "",
        ),
        page.figure(
            "dependable",
            "Dependable power by hour of the day",
            f"{ABOUT_HOURS} {_of_one_seed(comparison)} {left_out(comparison)}",
            hours_figure(drawn),
            "",
        ),
    ]
    parts += [_tables(comparison, label) for label in known]
    return "".join(parts) + page.paragraphs([NOTE], "note")


def _drawn(comparison: Comparison, labels: list[str]) -> list[Drawn]:
    styles = looks(comparison)
    return [
        Drawn(comparison.first(label), styles[label].colour, label) for label in labels
    ]


def _of_one_seed(comparison: Comparison) -> str:
    """Whose days are drawn, where the sentences are means over seeds."""
    if len(comparison.seeds) < 2:
        return ""
    return f"Of seed {comparison.first(comparison.labels[0]).called_seed} alone."


def _tables(comparison: Comparison, label: str) -> str:
    case = comparison.first(label)
    many = len(comparison.of_label(label)) > 1
    who = f"{label}, seed {case.called_seed}" if many else label
    stages, hours = at_call(case), dependable(case)
    if stages is None or hours is None:
        return ""
    called, worst = Called.of(case), loses_most(stages)
    body = [_stage(row, worst) for row in stages.iter_rows(named=True)]
    rows = [
        [
            f"{row['hour']:02d}:00",
            row["days"],
            *(_number(row[key]) for key in ("cars", "kw", "kw_p10")),
        ]
        for row in hours.iter_rows(named=True)
    ]
    words = case.scenario.get("participation") or {}
    title = f"{who}: stages at {called.words}, chargers {words.get('standard')}"
    return page.details(
        title, page.table(list(STAGES), body, (0, 6, 7))
    ) + page.details(f"{who}: by hour", page.table(list(HOURS), rows))


def _stage(row: Mapping[str, Any], worst: str | None) -> list[object]:
    mark = " (the most)" if row["title"] == worst else ""
    share = row["share"]
    return [
        row["title"],
        _number(row["cars"]),
        _number(row["kw"]),
        _number(row["kw_p10"]),
        _number(row["lost_kw"]) + mark,
        "–" if share is None else f"{100 * share:.3g} %",
        row["mark"],
        row["source"],
    ]


def _number(value: float | None) -> str:
    return "–" if value is None else f"{value:.1f}"
