"""What EVs bought at home and away: a bar a car, and a row a car."""

from __future__ import annotations

from typing import Any

import plotly.graph_objects as go
from dash import Input, Output, dcc, html
from dash.development.base_component import Component
from dash.exceptions import PreventUpdate

from dashboards import columns, parts
from dashboards.beside import At
from dashboards.desk import Desk, Query
from dashboards.money import charging_table
from twin.analysis.case import Case

ORDER = 40


def card(desk: Desk, case: Case, query: Query) -> Component:
    """The chart and the table; nothing where there are no cars."""
    sort = columns.checked_sort(charging_table.COLUMNS, query.get("chargesort"))
    table: Any = parts.grid(
        "money-charging",
        columns.ordered(charging_table.COLUMNS, sort),
        options={"rowHeight": 30},
        height=320,
        row_id="key",
    )
    told = html.P(charging_table.ABOUT, className="caption")
    return html.Div(
        [
            dcc.Store(id="money-chargesort", data=query.get("chargesort", "")),
            parts.chart(
                "money-bought",
                "Charging bought at home and away",
                charging_table.ABOUT,
                charging_table.HEIGHT,
            ),
            parts.card([table, told], "Every car's charging", table="money-charging"),
        ],
        hidden=not case.evs.height,
    )


def register(desk: Desk) -> None:
    """What fills them."""
    desk.remember("money", "chargesort.data")
    desk.clientside(
        "order",
        Output("money-chargesort", "data"),
        Input("money-charging", "columnState"),
        prevent_initial_call=True,
    )

    @desk.after(
        "money",
        Output("money-bought", "figure"),
        Input("at", "data"),
        Input("money-car", "data"),
        Input("scheme", "data"),
    )
    def drawn(at: At, car: str | None, scheme: str | None) -> go.Figure:
        case = desk.case(at)
        if scheme is None or not case.evs.height:
            raise PreventUpdate
        rows = charging_table.charging_rows(case)
        return charging_table.charging_figure(rows, car, scheme)

    @desk.after("money", Output("money-charging", "rowData"), Input("at", "data"))
    def table(at: At) -> list[dict[str, Any]]:
        return charging_table.charging_rows(desk.case(at))
