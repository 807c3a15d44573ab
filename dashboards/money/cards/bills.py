"""Bills: what the mean home's, or one home's, is made of; and a row a home."""

from __future__ import annotations

from typing import Any

import dash_mantine_components as dmc
import plotly.graph_objects as go
from dash import Input, Output, ctx, dcc, html, no_update
from dash.development.base_component import Component
from dash.exceptions import PreventUpdate

from dashboards import columns, parts, theme
from dashboards.beside import At
from dashboards.desk import Desk, Query
from dashboards.money import bill_figures, bill_table, pairs
from dashboards.money.pairs import ONE, WITH_CAR, WITHOUT, row_of
from twin.analysis.case import Case

ORDER = 20
WHO = ((WITH_CAR, "Homes with an EV"), (WITHOUT, "Without"), (ONE, "One home"))
GAP = "No bills: run it with output.level: all"


def card(desk: Desk, case: Case, query: Query) -> Component:
    """The waterfall, how homes differ, and the table."""
    usual = WITH_CAR if pairs.group(case, WITH_CAR, None).any() else WITHOUT
    who = parts.one_of([key for key, _ in WHO], query.get("who"), usual)
    home = row_of(query.get("home"), case.customers.height)
    names = case.customers["name"].to_list()
    select = dmc.Select(
        id="money-home",
        data=[{"value": str(row), "label": str(one)} for row, one in enumerate(names)],
        value=None if home is None else str(home),
        placeholder="One home; type a name",
        searchable=True,
        clearable=True,
        limit=50,
        size="xs",
        w=190,
        **parts.labelled("Home"),
    )
    controls = [parts.choice("money-who", WHO, who, "Whose bill"), select]
    return html.Div(
        [
            dcc.Store(id="money-billsort", data=query.get("billsort", "")),
            parts.chart(
                "money-parts",
                "What a bill is made of",
                "",
                bill_figures.HEIGHT,
                controls,
                is_first=True,
            ),
            parts.chart(
                "money-spread", "How bills differ", "", bill_figures.SPREAD_HEIGHT
            ),
            _table(case, query),
        ]
    )


def _table(case: Case, query: Query) -> Component:
    known = bill_table.columns_of(case)
    sort = columns.checked_sort(known, query.get("billsort"))
    table: Any = parts.grid(
        "money-bills",
        columns.ordered(known, sort),
        options=columns.PICK_ONE,
        height=360,
        row_id="customer",
    )
    home = row_of(query.get("home"), case.customers.height)
    table.selectedRows = {"ids": [] if home is None else [str(home)]}
    told = html.P(id="money-bills-caption", className="caption")
    return parts.card([table, told], "Every home's bill", table="money-bills")


def register(desk: Desk) -> None:
    """What fills them."""
    desk.remember("money", "who.value", "home.value", "billsort.data")
    desk.clientside(
        "order",
        Output("money-billsort", "data"),
        Input("money-bills", "columnState"),
        prevent_initial_call=True,
    )
    _register_figures(desk)
    _register_table(desk)


def _register_figures(desk: Desk) -> None:
    @desk.callback(
        Output("money-parts", "figure"),
        Output("money-parts-caption", "children"),
        Output("money-spread", "figure"),
        Output("money-spread-caption", "children"),
        Input("at", "data"),
        Input("money-against", "value"),
        Input("money-who", "value"),
        Input("money-home", "value"),
        Input("scheme", "data"),
    )
    def drawn(
        at: At, asked: str | None, who: str, home: str | None, scheme: str | None
    ) -> tuple[go.Figure, str, go.Figure, str]:
        if scheme is None:
            raise PreventUpdate
        case = desk.case(at)
        if case.bills is None:
            gap = theme.gap(GAP, scheme, bill_figures.HEIGHT)
            return gap, "", gap, ""
        other, label = pairs.home_case(desk.library, at, asked)
        row = row_of(home, case.customers.height)
        row = dearest(case) if who == ONE and row is None else row
        chosen = pairs.group(case, who, row)
        spread = bill_figures.spread_figure(case, other, row, label, scheme)
        said = "Each line holds all homes of its kind" + (
            f"; dotted: {label}, where other homes may have EVs." if other else "."
        )
        if not chosen.any():
            gap = theme.gap("There are no such homes", scheme, bill_figures.HEIGHT)
            return gap, "", spread, said
        figure = bill_figures.parts_figure(case, other, chosen, label, scheme)
        return figure, words(case, other, who, row, label), spread, said


def _register_table(desk: Desk) -> None:
    @desk.after(
        "money",
        Output("money-bills", "rowData"),
        Output("money-bills-caption", "children"),
        Input("at", "data"),
        Input("money-against", "value"),
    )
    def table(at: At, asked: str | None) -> tuple[list[dict[str, Any]], list[Any]]:
        case = desk.case(at)
        if case.bills is None:
            return [], [GAP + "."]
        other, label = pairs.home_case(desk.library, at, asked)
        head = (
            f"A month of 30.4 days, from {case.bills.days} days billed. Click a row "
            "(or press Space on it) to see its parts above. "
        )
        head += f"Change: against {label}. " if other else ""
        notes = html.Ul([html.Li(note) for note in case.bills.notes])
        more = html.Details([html.Summary("What these bills rest on"), notes])
        return bill_table.bill_rows(case, other), [head, more]

    @desk.callback(
        Output("money-home", "value"),
        Output("money-who", "value"),
        Output("money-bills", "selectedRows"),
        Input("money-bills", "selectedRows"),
        Input("money-home", "value"),
        prevent_initial_call=True,
    )
    def select(rows: Any, home: str | None) -> tuple[Any, Any, Any]:
        """A row picks a home, and a home that was picked marks its row."""
        if ctx.triggered_id == "money-home":
            who = ONE if home is not None else no_update
            return no_update, who, {"ids": [] if home is None else [home]}
        row = rows[0] if isinstance(rows, list) and rows else {}
        picked = row.get("customer")
        if picked in (None, home):
            return no_update, no_update, no_update
        return picked, ONE, no_update


def words(
    case: Case, other: Case | None, who: str, home: int | None, label: str
) -> str:
    """Whose bill it is, by which tariff."""
    assert case.bills is not None
    if who == ONE and home is not None:
        said = f"The bill of {case.customers['name'][home]}"
    else:
        count = int(pairs.group(case, who, None).sum())
        said = f"The mean bill of {count:,} {bill_figures.NAMES[who]}"
    right = f" Right: the same homes from {label} to this run." if other else ""
    return (
        f"{said}, USD a month of 30.4 days, by {case.bills.tariff}. Orange adds to it, "
        f"green takes off (credits).{right}"
    )


def dearest(case: Case) -> int | None:
    """The customer with the highest bill."""
    rows = bill_table.bill_rows(case, None)
    return int(rows[0]["customer"]) if rows else None
