"""Outages of a run: who was dark and why, who stayed alight, and what came after."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

import plotly.graph_objects as go
from dash import Input, Output, State, ctx, no_update
from dash.development.base_component import Component
from dash.exceptions import PreventUpdate

from dashboards import theme
from dashboards.beside import At
from dashboards.desk import Desk
from dashboards.outages import answers, courses, figures, homes, layout, network
from dashboards.outages.choice import Outages
from twin.analysis.case import Case
from twin.analysis.outage_section import powered
from twin.analysis.outages import outage_rows
from twin.analysis.restoration import restoration_of

_AT, _SCHEME = Input("at", "data"), Input("scheme", "data")
_EVENT, _HOME = Input("outages-event", "value"), Input("outages-home", "data")


def register(desk: Desk) -> None:
    """The page and its callbacks."""
    desk.run_page("outages", "Outages", 70, layout.body)
    desk.remember("outages", "event.value", "home.data", "sort.data")
    desk.clientside(
        "order",
        Output("outages-sort", "data"),
        Input("outages-homes", "columnState"),
        prevent_initial_call=True,
    )
    _register_figures_in_large(desk)
    _register_powered(desk)
    _register_rebound(desk)
    _register_cut_off(desk)
    _register_homes(desk)
    _register_home(desk)


def asked(desk: Desk, at: At, event: object) -> tuple[Outages, str]:
    """The run's outages, and which of them is asked for; nothing to do if none."""
    found = Outages.of(desk.case(at))
    if found is None or not found.rows.height:
        raise PreventUpdate
    return found, found.chosen(event)


def baseline(desk: Desk, at: At) -> tuple[Case | None, str]:
    """The run that a study holds this one against if it had outages as well."""
    sibling = desk.library.baseline(at["scenario"], at["run_id"])
    if sibling is None:
        return None, ""
    case = desk.library.case(sibling.scenario, sibling.run_id)
    return (None, "") if outage_rows(case) is None else (case, sibling.label)


def _register_figures_in_large(desk: Desk) -> None:
    @desk.callback(
        Output("outages-short", "children"),
        Output("outages-tiles", "children"),
        Output("outages-against", "children"),
        _AT,
        _EVENT,
    )
    def tell(at: At, event: str) -> tuple[str, Sequence[Component], str]:
        outages, which = asked(desk, at, event)
        base, label = baseline(desk, at)
        mine = answers.told(outages.case, which)
        theirs = None if base is None else answers.told(base, which)
        against = f"Differences are taken to {label}, the study's baseline."
        return (
            answers.in_short(outages.case, which, mine),
            answers.tiles(outages.case, mine, theirs),
            against if theirs else "",
        )


def _register_powered(desk: Desk) -> None:
    @desk.callback(
        Output("outages-powered", "figure"),
        Output("outages-powered-caption", "children"),
        _AT,
        _EVENT,
        _SCHEME,
    )
    def drawn(at: At, event: str, scheme: str | None) -> tuple[go.Figure, str]:
        if scheme is None:
            raise PreventUpdate
        outages, which = asked(desk, at, event)
        case, rows = outages.case, outages.of_event(which)
        counts = powered(case)
        assert counts is not None
        lost = courses.unserved(case, *courses.span_of(case, rows))
        said = (
            "Above: customers with the grid's supply, and with any. Below: what homes "
            "without supply would have used and did not get"
        )
        own = ", and what their cars gave them." if lost[2] is not None else "."
        return figures.powered_figure(case, counts, lost, scheme), said + own


def _register_rebound(desk: Desk) -> None:
    @desk.callback(
        Output("outages-rebound", "figure"),
        Output("outages-rebound-caption", "children"),
        _AT,
        _EVENT,
        _SCHEME,
    )
    def drawn(at: At, event: str, scheme: str | None) -> tuple[go.Figure, str]:
        if scheme is None:
            raise PreventUpdate
        outages, which = asked(desk, at, event)
        one = outages.one(which)
        found = None if one is None else restoration_of(outages.case, one)
        if one is None or found is None:
            words = "Supply did not come back within the run"
            return theme.gap(words, scheme, figures.REBOUND_HEIGHT), ""
        mine = answers.told(outages.case, str(one))
        words = answers.rebound_words(outages.case, mine, found.pickup_kw is not None)
        head = "" if which == str(one) else f"Outage {outages.name(one)}. "
        return figures.rebound_figure(outages.case, found, scheme), head + words


def _register_cut_off(desk: Desk) -> None:
    @desk.callback(
        Output("outages-map", "figure"),
        Output("outages-map-caption", "children"),
        Output("outages-facts", "children"),
        _AT,
        _EVENT,
        _HOME,
        _SCHEME,
    )
    def drawn(
        at: At, event: str, home: str | None, scheme: str | None
    ) -> tuple[go.Figure, str, Component]:
        if scheme is None:
            raise PreventUpdate
        outages, which = asked(desk, at, event)
        one = outages.one(which)
        assert one is not None
        mine, row = outages.of_event(str(one)), outages.home(which, home)
        chosen = None if row is None else int(row["customer"])
        figure = network.network_figure(outages.case, mine, chosen, scheme)
        words = (
            f"Outage {outages.name(one)}. Dotted: without voltage. Cross: dark; "
            "triangle: on its own car for a time. A click on a home shows it below."
        )
        return figure, words, answers.facts(outages, one)


def _register_homes(desk: Desk) -> None:
    @desk.callback(
        Output("outages-homes", "rowData"),
        Output("outages-homes-caption", "children"),
        _AT,
        _EVENT,
    )
    def table(at: At, event: str) -> tuple[list[dict[str, Any]], str]:
        outages, which = asked(desk, at, event)
        rows = homes.home_rows(outages, which)
        again = sum(row["relapses"] > 0 for row in rows)
        return rows, (
            f"{len(rows):,} rows, a home and outage each, the least served first. "
            "Times are local. Trips: alight, then dark again before supply was back; "
            f"{again:,} did. Click a row (or press Space on it) to see the home below."
        )

    @desk.callback(
        Output("outages-home", "data"),
        Output("outages-homes", "selectedRows"),
        Input("outages-homes", "selectedRows"),
        Input("outages-map", "clickData"),
        State("outages-home", "data"),
        State("outages-event", "value"),
        State("at", "data"),
        prevent_initial_call=True,
    )
    def pick(
        selected: object, clicked: Any, home: str, event: str, at: At
    ) -> tuple[Any, Any]:
        """A row or a place picks a home; a home that was picked marks its row."""
        if ctx.triggered_id == "outages-homes":
            row = selected[0] if isinstance(selected, list) and selected else None
            picked = row.get("customer") if isinstance(row, Mapping) else None
            return no_update if picked in (None, home) else picked, no_update
        outages, which = asked(desk, at, event)
        found = outages.home(which, _clicked(clicked) or home)
        if found is None:
            return no_update, no_update
        return str(found["customer"]), {"ids": [homes.row_key(found)]}


def _register_home(desk: Desk) -> None:
    @desk.callback(
        Output("outages-course", "figure"),
        Output("outages-course-caption", "children"),
        _AT,
        _EVENT,
        _HOME,
        _SCHEME,
    )
    def course(
        at: At, event: str, home: str | None, scheme: str | None
    ) -> tuple[go.Figure, str]:
        if scheme is None:
            raise PreventUpdate
        outages, which = asked(desk, at, event)
        row = outages.home(which, home)
        if row is None:
            raise PreventUpdate
        found = courses.home_course(outages.case, row)
        words = answers.home_words(outages.case, row, found)
        if found is None:
            said = "One home's course is only kept with output.level: all"
            return theme.gap(said, scheme, figures.HOME_HEIGHT), words
        return figures.home_figure(found, scheme), words


def _clicked(clicked: Any) -> str | None:
    points = (clicked or {}).get("points") or [{}]
    found = points[0].get("customdata")
    found = found[0] if isinstance(found, list) and found else found
    return found if isinstance(found, str) else None
