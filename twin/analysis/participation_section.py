"""The report's section on who can take part: a funnel, and dependable kW by hour."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

import plotly.graph_objects as go

from twin.analysis import page
from twin.analysis.case import Case
from twin.analysis.comparison import Comparison
from twin.analysis.participation import (
    Called,
    at_call,
    dependable,
    funnel,
    headline,
    loses_most,
)
from twin.analysis.theme import dressed, left_out, looks, plain, spotlight

NONE = (
    "The scenario says nothing of participation: the cars of fleet.bidirectional_share "
    "give, as if maker, charger, permit and owner all stood ready. `participation: {}` "
    "asks who really could."
)
UNSURE = ("assumed", "recalled")
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
        return page.paragraphs([NONE], "gap")
    shown = [label for label in spotlight(comparison) if label in known] or known[:1]
    parts = [page.paragraphs([headline(comparison.first(x)) for x in known])]
    parts += [
        page.figure(
            "funnel",
            "From cars to dependable power",
            "kW left after each stage, median over days, at the call of the headline; "
            "lighter: 10th percentile. Marked *: an assumption.",
            _funnel(comparison, shown),
            "",
        ),
        page.figure(
            "dependable",
            "Dependable power by hour of the day",
            "What a call that begins at the hour would get: dotted the median over "
            "days, drawn through the 10th percentile. " + left_out(comparison),
            _by_hour(comparison, shown),
            "",
        ),
    ]
    parts += [_tables(comparison.first(label)) for label in known]
    return "".join(parts) + page.paragraphs([NOTE], "note")


def _funnel(comparison: Comparison, labels: list[str]) -> go.Figure | None:
    figure, styles = go.Figure(), looks(comparison)
    for label in labels:
        rows = at_call(comparison.first(label))
        if rows is None:
            continue
        names = [
            title + ("*" if mark.startswith(UNSURE) else "")
            for title, mark in rows.select("title", "mark").iter_rows()
        ]
        for column, opacity, what in (("kw", 1.0, ""), ("kw_p10", 0.5, ", 10th perc.")):
            figure.add_bar(
                y=names,
                x=rows[column].to_list(),
                orientation="h",
                name=f"{plain(label)}{what}",
                marker={"color": styles[label].colour, "opacity": opacity},
            )
    figure.update_yaxes(autorange="reversed", automargin=True)
    figure.update_xaxes(title="kW", rangemode="tozero")
    return dressed(figure, 460)


def _by_hour(comparison: Comparison, labels: list[str]) -> go.Figure | None:
    figure, styles = go.Figure(), looks(comparison)
    for label in labels:
        rows = dependable(comparison.first(label))
        if rows is None:
            continue
        for column, dash in (("kw_p10", "solid"), ("kw", "dot")):
            figure.add_scatter(
                x=rows["hour"].to_list(),
                y=rows[column].to_list(),
                name=f"{plain(label)}: {'median' if column == 'kw' else 'dependable'}",
                line={"dash": dash, "color": styles[label].colour},
            )
    figure.update_xaxes(title="local hour at which the call begins", dtick=3)
    figure.update_yaxes(title="kW", rangemode="tozero")
    return dressed(figure, 320)


def _tables(case: Case) -> str:
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
    title = f"{case.label}: stages at {called.words}, chargers {words.get('standard')}"
    return page.details(
        title, page.table(list(STAGES), body, (0, 6, 7))
    ) + page.details(f"{case.label}: by hour", page.table(list(HOURS), rows))


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
