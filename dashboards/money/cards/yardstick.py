"""How far the policy is from the best possible, where that was computed."""

from __future__ import annotations

from typing import Any

from dash import html
from dash.development.base_component import Component

from dashboards import columns, parts
from dashboards.desk import Desk, Query
from twin.analysis.case import Case
from twin.analysis.yardstick import OBJECTIVES, Objective, Row, kept_rows
from twin.analysis.yardstick_section import BASIS, UNIT, sentence

ORDER = 70
HEADING = "How far from the best possible"
NOT_YET = (
    "Not computed: how far this policy is from the best that perfect foresight could "
    "have done with the same cars. This command computes it, with --objective bill for "
    "bills; the card shows it when the page is loaded again."
)


def card(desk: Desk, case: Case, query: Query) -> Component:
    """A sentence and a row a place; the command where nothing was computed."""
    found = [(one, rows) for one in OBJECTIVES if (rows := kept_rows(case.run, one))]
    if found:
        return html.Div([told(objective, rows) for objective, rows in found])
    if not case.n_ev or not case.run.is_complete:
        return html.Div()
    return parts.empty(HEADING, NOT_YET, f"twin yardstick {case.run.path}")


def register(desk: Desk) -> None:
    """It is small and already there when the page is made."""


def told(objective: Objective, rows: list[Row]) -> Component:
    """Of one objective: the head's sentence, or the first place's, and the table."""
    key = f"money-yardstick-{objective}"
    grid = parts.grid(
        key,
        columns_of(UNIT[objective]),
        [row_of(row) for row in rows],
        {"rowHeight": 30},
        row_id="place",
    )
    return parts.card(
        [
            html.P(parts.capital(sentence(rows[0], objective))),
            grid,
            html.P(BASIS[objective], className="caption"),
        ],
        f"{HEADING}: {objective}",
        table=key,
    )


def columns_of(unit: str) -> list[columns.Column]:
    """Places; what was, what could have been, in kW or USD."""
    amounts = (
        ("without", "Without cars"),
        ("at_once", "At once"),
        ("actual", "This policy"),
        ("one_way", "Best one-way"),
        ("best", "Best possible"),
    )
    return [
        columns.text("place", "Place", 240),
        columns.number("cars", "Cars", 0, 70),
        columns.number("two_way", "Of these two-way", 0, 80),
        *(columns.number(key, f"{name} [{unit}]", 1, 90) for key, name in amounts),
        columns.number(
            "reached",
            "Reached of possible [%]",
            0,
            96,
            "Of the reduction against charging at once; below 0: worse than that",
        ),
        columns.number("given_kwh", "Given [kWh]", 0, 80),
    ]


def row_of(row: Row) -> dict[str, Any]:
    """A place as the table shows it."""
    names = ("place", "cars", "two_way", "without", "at_once", "actual", "one_way")
    share = row.reached
    return {
        **{name: getattr(row, name) for name in (*names, "best", "given_kwh")},
        "reached": None if share is None else round(100 * share, 2),
    }
