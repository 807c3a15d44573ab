"""Who gains and who loses beside reference charging, and what a kW-year costs."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from typing import Any

import plotly.graph_objects as go
from dash import Input, Output, html
from dash.development.base_component import Component
from dash.exceptions import PreventUpdate

from dashboards import columns, parts, theme
from dashboards.beside import At
from dashboards.desk import Desk, Query
from dashboards.kept import kept
from twin.accounts.ledger import UTILITY
from twin.analysis.case import Case
from twin.analysis.ledger import Books, books_of
from twin.analysis.ledger_figure import waterfall
from twin.analysis.ledger_rows import (
    GAP,
    PartyRow,
    RateRow,
    assumptions,
    party_rows,
    rate_rows,
    signed,
)

ORDER = 60
MOST_RUNS = 4
HEIGHT = 460
NO_CARS = "No home has a car: there is nothing to gain or lose"
ABOUT = (
    "What each has more (up) or less (down) than under the reference, USD a month of "
    "30.4 days."
)
COLUMNS = (
    columns.text(
        "name", "Who", 190, "Net of what it got and paid; batteries get their wear"
    ),
    columns.number("usd", "This run [USD a month]", 2, 120),
    columns.number("reference_usd", "The reference [USD a month]", 2, 120),
    columns.change("change_usd", "Change [USD a month]", 2, 120),
    columns.number("better", "Homes better off", 0, 90, "By at least a cent"),
    columns.number("worse", "Homes worse off", 0, 90, "By at least a cent"),
)


def card(desk: Desk, case: Case, query: Query) -> Component:
    """The sentence, a row a party, the waterfall and what a kW costs."""
    grid = parts.grid("money-ledger", COLUMNS, options={"rowHeight": 30}, row_id="name")
    told = html.P("Adding up who paid whom …", id="money-gains-short")
    return html.Div(
        [
            parts.card(
                [told, html.Div(grid, id="money-ledger-place")],
                "Who gains and who loses",
                table="money-ledger",
            ),
            parts.chart("money-gains", "What changes it, by kind", "", HEIGHT),
            parts.card(
                html.Div(id="money-rates"), "What a kW costs, and what it replaces"
            ),
        ],
        hidden=not case.n_ev,
    )


def register(desk: Desk) -> None:
    """What fills them."""
    books = kept(books_of, MOST_RUNS)
    _register_table(desk, books)
    _register_figure(desk, books)


def _register_table(desk: Desk, books: Callable[[Case], Books | None]) -> None:
    @desk.after(
        "money",
        Output("money-gains-short", "children"),
        Output("money-ledger", "rowData"),
        Output("money-ledger-place", "hidden"),
        Output("money-rates", "children"),
        Input("at", "data"),
    )
    def table(at: At) -> tuple[str, list[dict[str, Any]], bool, list[Component]]:
        case = desk.case(at)
        found = books(case) if case.n_ev else None
        if found is None:
            return _shown(GAP), [], True, [html.P(_shown(GAP), className="caption")]
        rows = party_rows(case, found)
        told = [rates(rate_rows(found)), notes(assumptions(case, found))]
        return sentence(case, rows), told_rows(rows), False, told


def _register_figure(desk: Desk, books: Callable[[Case], Books | None]) -> None:
    @desk.after(
        "money",
        Output("money-gains", "figure"),
        Output("money-gains-caption", "children"),
        Input("at", "data"),
        Input("scheme", "data"),
    )
    def drawn(at: At, scheme: str | None) -> tuple[go.Figure, str]:
        case = desk.case(at)
        if scheme is None or not case.n_ev:
            raise PreventUpdate
        found = books(case)
        if found is None:
            return theme.gap("No ledger of this run", scheme, HEIGHT), _shown(GAP)
        figure = waterfall(case, found)
        if figure is None:
            return theme.gap(NO_CARS, scheme, HEIGHT), ""
        return theme.recoloured(figure, scheme), ABOUT


def sentence(case: Case, rows: Sequence[PartyRow]) -> str:
    """What homes, each and together, and the utility have more in a month."""
    told = [
        f"{row.name} {signed(row.change_usd_per_month)}{_each(row)}"
        for row in rows
        if row.homes or row.name == UTILITY
    ]
    head = f"More (+) or less (−) than under {case.reference} charging, USD a month"
    return f"{head}: {', '.join(told)}."


def told_rows(rows: Sequence[PartyRow]) -> list[dict[str, Any]]:
    """Rows as the table shows them, USD a month."""
    return [
        {
            "name": row.name,
            "usd": round(row.usd * row.per_month, 4),
            "reference_usd": round(row.reference_usd * row.per_month, 4),
            "change_usd": round(row.change_usd_per_month, 4),
            "better": row.better,
            "worse": row.worse,
        }
        for row in rows
    ]


def rates(rows: Sequence[RateRow]) -> Component:
    """A figure a line."""
    body = [
        html.Tr(
            [
                html.Th(parts.capital(row.name), scope="row"),
                html.Td(row.value),
                html.Td(row.about, className="words"),
            ]
        )
        for row in rows
    ]
    return html.Table(html.Tbody(body), className="plain money-rates")


def notes(told: Sequence[str]) -> Component:
    """What the amounts rest on."""
    return html.Ul([html.Li(_shown(one)) for one in told], className="caption")


def _each(row: PartyRow) -> str:
    return (
        f" ({signed(row.change_usd_per_month / row.homes)} each)" if row.homes else ""
    )


def _shown(words: str) -> str:
    """Words of a report without the marks of code in them."""
    return words.replace("`", "")
