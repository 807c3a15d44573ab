"""Who can take part: from cars to dependable kW, and what came of calls."""

from __future__ import annotations

from typing import Any

import plotly.graph_objects as go
import polars as pl
from dash import Input, Output, html
from dash.development.base_component import Component
from dash.exceptions import PreventUpdate

from dashboards import columns, parts, theme
from dashboards.beside import At
from dashboards.desk import Desk
from twin.analysis.calls import call_rows
from twin.analysis.case import Case
from twin.analysis.participation import Called, at_call, funnel, loses_most, sentence
from twin.analysis.participation_figure import (
    ABOUT_HOURS,
    ABOUT_STAGES,
    Drawn,
    funnel_figure,
    hours_figure,
)
from twin.analysis.participation_section import NOTE, UNASKED

HEADING = "Who can take part"
FUNNEL_HEIGHT, HOURS_HEIGHT = 460, 460
CALLS_HEAD_PX, ROW_PX, MOST_CALLS = 90, 30, 12
COMMAND = "twin run SCENARIO.yaml --set participation.standard=fragmented"
STAGES = (
    columns.text("title", "Stage", 275),
    columns.number("cars", "Cars left", 1, 80),
    columns.number("kw", "kW left, median", 1, 90),
    columns.number("kw_p10", "kW left, 10th percentile", 1, 100),
    columns.number("lost_kw", "kW lost here", 1, 90),
    columns.number("share", "Share [%]", 1, 80),
    columns.text("mark", "How sure", 190),
    columns.text("source", "Whose word", 220),
)
CALLS = (
    columns.number("call", "Call", 0, 60),
    columns.text("announced", "Announced", 150),
    columns.text("start", "Began", 150),
    columns.number("hours", "Hours", 2, 70),
    columns.number("enrolled", "Enrolled [cars]", 0, 80, "That the call was meant for"),
    columns.number("plugged", "At a plug", 0, 70, "Of these, as it began"),
    columns.number("opted_out", "Opted out", 0, 70, "Of those at a plug"),
    columns.number("can_give_kw", "Could give [kW]", 1, 80),
    columns.number("given_kw", "Given, mean [kW]", 1, 80),
    columns.number("given_kwh", "Given [kWh]", 0, 80),
    columns.number("peak_kw", "Head, highest meanwhile [kW]", 1, 100),
    columns.number(
        "rebound_kw", "Rebound [kW]", 1, 84, "Highest at the head in six hours after"
    ),
    columns.text("rebound_time", "Rebound at", 150),
)


def card(case: Case) -> Component:
    """The sentence, both figures, the stages and the calls."""
    return html.Div([*_asked(case), *_calls(case)], id="cars-participation")


def register(desk: Desk) -> None:
    """What draws the figures; the rest is there when the page is made."""

    @desk.after(
        "cars",
        Output("cars-funnel", "figure"),
        Output("cars-dependable", "figure"),
        Input("at", "data"),
        Input("scheme", "data"),
    )
    def drawn(at: At, scheme: str | None) -> tuple[go.Figure, go.Figure]:
        case = desk.case(at)
        if scheme is None:
            raise PreventUpdate
        if funnel(case) is None:
            nothing = theme.gap("Nothing was asked of participation", scheme)
            return nothing, nothing
        shown = [Drawn(case, theme.LIGHT.give)]
        stages, hours = funnel_figure(shown), hours_figure(shown)
        stages.update_layout(height=FUNNEL_HEIGHT)
        hours.update_layout(height=HOURS_HEIGHT)
        return theme.recoloured(stages, scheme), theme.recoloured(hours, scheme)


def stage_rows(case: Case) -> list[dict[str, Any]]:
    """The stages at the scenario's call, shares in %; where most is lost is said."""
    rows = at_call(case)
    if rows is None:
        return []
    worst = loses_most(rows)
    names = ("cars", "kw", "kw_p10", "lost_kw", "mark", "source")
    return [
        {
            **{name: row[name] for name in names},
            "title": row["title"] + (" (most lost)" if row["title"] == worst else ""),
            "share": None if row["share"] is None else round(100 * row["share"], 3),
        }
        for row in rows.iter_rows(named=True)
    ]


def told_calls(case: Case) -> list[dict[str, Any]]:
    """A row a call, the first is number 1, at local times."""
    rows = call_rows(case)
    if rows is None:
        return []
    times = ("announced", "start", "rebound_time")
    names = [column["field"] for column in CALLS]
    told = rows.with_columns(
        pl.col("call") + 1,
        hours=(pl.col("until") - pl.col("start")).dt.total_seconds() / 3600,
    )
    return [
        {**row, **{name: case.local(row[name]) or "–" for name in times}}
        for row in told.select(names).iter_rows(named=True)
    ]


def _asked(case: Case) -> list[Component]:
    if funnel(case) is None:
        if "participation" in case.scenario and not case.run.is_complete:
            return [parts.notice(f"{HEADING} is written when a run ends.", "info")]
        words = f"{UNASKED} Ask who really could, and look here:"
        return [parts.empty(HEADING, words, COMMAND)]
    grid = parts.grid(
        "cars-stages", STAGES, stage_rows(case), {"rowHeight": 30}, None, "title"
    )
    title = f"{HEADING}: stages of a call at {Called.of(case).words}"
    return [
        parts.card([html.P(sentence(case))], HEADING),
        html.Div(
            [
                parts.chart(
                    "cars-funnel",
                    "From cars to dependable power",
                    ABOUT_STAGES,
                    FUNNEL_HEIGHT,
                ),
                parts.chart(
                    "cars-dependable",
                    "Dependable power by hour of the day",
                    ABOUT_HOURS,
                    HOURS_HEIGHT,
                ),
            ],
            className="columns",
        ),
        parts.card([grid, html.P(NOTE, className="caption")], title, "", "cars-stages"),
    ]


def _calls(case: Case) -> list[Component]:
    rows = told_calls(case)
    if not rows:
        return []
    height = CALLS_HEAD_PX + ROW_PX * min(len(rows), MOST_CALLS)
    grid = parts.grid("cars-calls", CALLS, rows, {"rowHeight": ROW_PX}, height, "call")
    words = "Local time. Power at the head is of the whole feeder, homes and cars."
    return [
        parts.card(
            [grid, html.P(words, className="caption")],
            "Calls to cars",
            table="cars-calls",
        )
    ]
