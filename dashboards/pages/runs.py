"""The door: what lies in the results folder, the newest study first."""

from __future__ import annotations

from dash import html
from dash.development.base_component import Component

from dashboards import parts
from dashboards.address import run_href
from dashboards.data import is_named
from dashboards.desk import Desk


def register(desk: Desk) -> None:
    """The page and its callbacks."""

    def layout(**query: str) -> Component:
        rows = [
            html.Li(
                parts.link(
                    f"{one.scenario} {one.run_id} {one.state}",
                    run_href(one.scenario, one.run_id),
                )
            )
            for one in desk.library.found()
            if is_named(one)
        ]
        return html.Main([parts.title("Runs"), html.Ul(rows)], className="page")

    desk.page("runs", "Runs", "/", layout, order=10)
