"""A run at a glance: its figures, the substation's power, when limits were broken."""

from __future__ import annotations

from collections.abc import Mapping

import plotly.graph_objects as go
from dash import Input, Output, html
from dash.development.base_component import Component
from dash.exceptions import PreventUpdate

from dashboards import parts, theme
from dashboards.desk import Desk, Query
from twin.analysis.case import Case


def register(desk: Desk) -> None:
    """The page and its callbacks."""
    desk.run_page("overview", "Overview", 10, _body)

    @desk.callback(
        Output("overview-load", "figure"),
        Input("at", "data"),
        Input("scheme", "data"),
    )
    def load(at: Mapping[str, str], scheme: str | None) -> go.Figure:
        if scheme is None:
            raise PreventUpdate
        return substation(desk.case(at), scheme)


def _body(case: Case, query: Query) -> Component:
    return html.Div(
        [
            parts.chart("overview-load", "Power at the substation", "Local time.", 420),
        ]
    )


def substation(case: Case, scheme: str) -> go.Figure:
    """Power drawn at the substation."""
    look = theme.palette(scheme)
    figure = go.Figure()
    figure.add_scatter(
        x=case.steps["time"].to_numpy(),
        y=case.steps["grid_kw"].to_numpy(),
        line={"color": look.ink},
        name="substation",
    )
    figure.update_yaxes(title="power [kW]")
    return theme.dressed(figure, scheme, 420)
