"""The feeder on a map at any instant, with what happened to each of its elements."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import UTC, datetime
from functools import lru_cache
from typing import Any

import dash_mantine_components as dmc
import numpy as np
import plotly.graph_objects as go
from dash import Input, Output, State, dcc, html
from dash.development.base_component import Component
from dash.exceptions import PreventUpdate
from flask import Response

from dashboards import parts, theme
from dashboards.address import run_href
from dashboards.desk import Desk, Query
from dashboards.feeder.element import (
    Element,
    facts_of,
    name_of,
    picked,
    related,
    row_of,
)
from dashboards.feeder.frames import FrameShelf, frames, most_reverse_row, pace, totals
from dashboards.feeder.history import drawn, history
from dashboards.feeder.map import extreme, network_words
from dashboards.feeder.timeline_strip import STRIP_PX, strip_figure
from twin.analysis.case import Case
from twin.analysis.network import Network
from twin.errors import InputError, TwinError

BY = (("voltage", "Voltage"), ("loading", "Loading"), ("ev", "EV power"))
SHOWN = (("flows", "Flow"), ("cars", "Cars"), ("homes", "Homes"), ("names", "Names"))
USUAL = ("flows", "cars", "homes", "names")
SPEEDS = (("1", "1×"), ("4", "4×"), ("16", "16×"))
MOST_LINKS, MOST_HISTORIES = 24, 16
CACHE_S = 3600


def register(desk: Desk) -> None:
    """The page, its callbacks, and the address of the frames."""
    desk.run_page("feeder", "Feeder", 20, _body)
    shelf, network_of = FrameShelf(), lru_cache(8)(_network)
    courses_of = lru_cache(MOST_HISTORIES)(history)
    _register_frames(desk, shelf, network_of)

    @desk.callback(Output("feeder-network", "data"), Input("at", "data"))
    def network(at: Mapping[str, str]) -> Mapping[str, Any]:
        case = desk.case(at)
        return network_words(case, network_of(case), at)

    @desk.callback(
        Output("feeder-strip", "figure"), Input("at", "data"), Input("scheme", "data")
    )
    def strip(at: Mapping[str, str], scheme: str | None) -> go.Figure:
        if scheme is None:
            raise PreventUpdate
        return strip_figure(desk.case(at), scheme)

    @desk.callback(
        Output("feeder-element", "children"),
        Output("feeder-facts", "children"),
        Input("feeder-pick", "data"),
        State("at", "data"),
    )
    def element(
        pick: str | None, at: Mapping[str, str]
    ) -> tuple[Component | str, Component | str]:
        if not pick:
            return "", ""
        case = desk.case(at)
        one = picked(case, pick)
        return element_words(case, one, at), parts.facts(facts_of(case, one))

    @desk.callback(
        Output("feeder-history", "figure"),
        Input("feeder-pick", "data"),
        Input("scheme", "data"),
        State("at", "data"),
    )
    def course(
        pick: str | None, scheme: str | None, at: Mapping[str, str]
    ) -> go.Figure:
        if scheme is None or not pick:
            raise PreventUpdate
        case = desk.case(at)
        element = picked(case, pick)
        return drawn(case, courses_of(case, element), scheme, key=element.key)

    reverse_row = lru_cache(32)(most_reverse_row)

    @desk.callback(
        Output("feeder-jump", "data"),
        Input("feeder-reverse", "n_clicks"),
        State("at", "data"),
        prevent_initial_call=True,
        running=[(Output("feeder-reverse", "disabled"), True, False)],
    )
    def reverse(clicks: int | None, at: Mapping[str, str]) -> Mapping[str, Any]:
        return {"row": reverse_row(desk.case(at)), "asked": clicks}

    desk.clientside(
        "feeder",
        Output("feeder-drawn", "data"),
        Input("feeder-network", "data"),
        Input("scheme", "data"),
        Input("feeder-by", "value"),
        Input("feeder-show", "value"),
        Input("feeder-pick", "data"),
        Input("feeder-jump", "data"),
        State("feeder-start", "data"),
    )
    desk.clientside(
        "feederDrawn",
        Output("feeder-drawn", "data", allow_duplicate=True),
        Input("feeder-strip", "figure"),
        Input("feeder-history", "figure"),
        prevent_initial_call=True,
    )
    desk.remember("feeder", "by.value", "pick.data")


def _register_frames(desk: Desk, shelf: FrameShelf, network_of: Any) -> None:
    """``/feeder-frames/<scenario>/<run id>/<chunk>``: bytes for ``feeder.js``."""

    def answer(scenario: str, run_id: str, chunk: int) -> Response:
        try:
            case = desk.library.case(scenario, run_id)
            key = (case, chunk)
            body = shelf.get(key, lambda: frames(case, network_of(case), chunk))
        except TwinError as error:
            return Response(str(error), 404, mimetype="text/plain")
        found = Response(body, mimetype="application/octet-stream")
        found.headers["Cache-Control"] = "no-cache"
        return found

    desk.app.server.add_url_rule(
        "/feeder-frames/<scenario>/<run_id>/<int:chunk>", "feeder-frames", answer
    )


def _body(case: Case, query: Query) -> Component:
    if not case.run.has("nodes") or not case.run.has("branches"):
        return parts.empty(
            "This run holds no network",
            "It was stopped before it wrote its nodes and branches. Run it again.",
            f"twin run {case.scenario.get('name', 'scenario')}.yaml",
        )
    if not case.steps.height:
        return parts.empty(
            "No instant to show",
            "The run was stopped before its first day was written. Run it again.",
        )
    return html.Div([*_notices(case), _card(case, query), *_stores(case, query)])


def _notices(case: Case) -> list[Component]:
    kind = pace(case)
    if kind == "days":
        return [
            parts.notice(
                "This run kept a summary of each day (output.level: summary). The map "
                "moves from day to day: each place at its lowest voltage of the day "
                "(its highest where only the upper limit was broken), each line at its "
                "highest loading; these need not be at the same instant. Cars are not "
                "known by instant; output.level: all records them."
            )
        ]
    if kind == "none":
        return [
            parts.notice(
                "This run recorded neither voltages nor flows: the map shows only the "
                "network. Run it again with output.level: all.",
                "warning",
            )
        ]
    if not case.run.has("customers"):
        return [
            parts.notice(
                "The run was stopped before it wrote who lives where: homes and cars "
                "are counted, but not on the map."
            )
        ]
    return []


def _stores(case: Case, query: Query) -> list[Component]:
    return [
        dcc.Store(id="feeder-network"),
        dcc.Store(id="feeder-jump"),
        dcc.Store(id="feeder-drawn"),
        dcc.Store(id="feeder-pick", data=_asked_pick(case, query.get("pick"))),
        dcc.Store(id="feeder-start", data=start_row(case, query.get("t"))),
    ]


def _card(case: Case, query: Query) -> Component:
    return html.Section(
        [
            html.Header(
                [html.H2(id="feeder-clock"), _tools(case, query)],
                className="card-head",
            ),
            html.Div(id="feeder-figures"),
            html.Div(
                [
                    html.Aside(id="feeder-legend", **parts.labelled("Legend")),
                    _stage(),
                    _panel(),
                ],
                className="feeder-body",
            ),
            _transport(),
            _strip(),
            html.P(_caption(case), className="caption"),
        ],
        className="card feeder",
        id="feeder-card",
    )


def _tools(case: Case, query: Query) -> Component:
    has_cars = case.run.has("ev_steps") and case.n_ev > 0
    colours = BY if has_cars else BY[:2]
    shown = [one for one in SHOWN if has_cars or one[0] != "cars"]
    by = parts.one_of([key for key, _ in colours], query.get("by"))
    asked = query.get("show", ",".join(USUAL)).split(",")
    return html.Div(
        [
            html.Label("Find", htmlFor="feeder-find", className="feeder-find-label"),
            html.Div(id="feeder-search"),
            parts.choice("feeder-by", colours, by, "Colour by"),
            dmc.ChipGroup(
                [dmc.Chip(words, value=key, size="xs") for key, words in shown],
                id="feeder-show",
                multiple=True,
                value=[key for key, _ in shown if key in asked],
            ),
            _button("feeder-png", "PNG", "Save the picture of the map", "export"),
            _button("feeder-csv", "CSV", "Save the numbers of this instant", "export"),
        ],
        className="tools",
    )


def _stage() -> Component:
    corner = [
        _button("feeder-closer", "+", "Closer (+)"),
        _button("feeder-farther", "−", "Farther (−)"),
        _button("feeder-fit", "Whole map", "Show the whole network (0)"),
        _button("feeder-full", "Full screen", "Fill the screen (F)"),
    ]
    return html.Div(
        [html.Div(id="feeder-map"), html.Div(corner, className="feeder-corner")],
        className="feeder-stage",
    )


def _panel() -> Component:
    return html.Aside(
        [
            _button("feeder-close", "Close", "Close this element (Escape)"),
            html.Div(id="feeder-element", **parts.attributes(aria_live="polite")),
            parts.chart(
                "feeder-history",
                "Over the whole run",
                "Click: go to that instant.",
                330,
            ),
            html.Div(id="feeder-facts"),
        ],
        id="feeder-panel",
        hidden=True,
        **parts.labelled("The element that was picked"),
    )


def _transport() -> Component:
    return html.Div(
        [
            _button("feeder-play", "▶ Play", "Play or pause (space)"),
            parts.choice("feeder-speed", SPEEDS, "1", "Speed: hours a second"),
            _button("feeder-back", "◀", "One step back (left arrow)"),
            _button("feeder-next", "▶", "One step on (right arrow)"),
            _button("feeder-day-back", "− 1 day", "One day back (page down)"),
            _button("feeder-day-next", "+ 1 day", "One day on (page up)"),
            html.Span("Go to:", className="feeder-goto"),
            _button("feeder-load", "highest load", "Highest power at the substation"),
            _button("feeder-low", "lowest voltage", "Lowest voltage of any bus"),
            _button(
                "feeder-reverse",
                "most reverse flow",
                "Most power towards the source, summed over all branches",
            ),
            html.Span(id="feeder-status", role="status"),
        ],
        className="feeder-transport",
    )


def _strip() -> Component:
    graph = dcc.Graph(
        id="feeder-strip",
        config={"displayModeBar": False, "responsive": True, "plotlyServerURL": ""},
        style={"height": f"{STRIP_PX}px"},
        responsive=True,
        figure={"data": [], "layout": {"xaxis": _HIDDEN, "yaxis": _HIDDEN} | _CLEAR},
    )
    return html.Div([html.Div(id="feeder-time"), graph], className="feeder-strip")


def _button(key: str, words: str, label: str, kind: str = "plain") -> Component:
    return html.Button(
        words,
        id=key,
        type="button",
        className=kind,
        title=label,
        n_clicks=0,
        **parts.labelled(label),
    )


def _caption(case: Case) -> str:
    limits = case.limits
    return (
        f"Instants are local time ({case.zone}); each is the start of its interval. "
        f"Voltage limits: {limits.standard}, {limits.low_pu:g} to "
        f"{limits.high_pu:g} pu. A line has the voltage of its end far from the "
        "source; loading is the share of its normal rating. Drag or scroll to move and "
        "zoom, click an element for its history. Where a bus has several phases, the "
        "lowest is shown (the highest where only the upper limit is broken)."
    )


def _asked_pick(case: Case, words: str | None) -> str | None:
    try:
        return picked(case, words).key
    except InputError:
        return None


def start_row(case: Case, words: str | None) -> int:
    """The row of a local instant or a row's number; the highest load if neither."""
    known = totals(case)
    peak = extreme(known["grid_kw"], 1) or 0
    if not words:
        return peak
    if words.isdecimal() and len(words) < 9:
        return min(int(words), known.height - 1)
    try:
        said = datetime.fromisoformat(words)
        instant = said if said.tzinfo else said.replace(tzinfo=case.zone)
        utc = np.datetime64(instant.astimezone(UTC).replace(tzinfo=None), "us")
    except (ValueError, OverflowError):
        return peak
    row = int(np.searchsorted(known["time"].to_numpy(), utc, "right")) - 1
    return min(max(row, 0), known.height - 1)


def element_words(case: Case, element: Element, at: Mapping[str, str]) -> Component:
    """An element's name, and where to go from it."""
    links = [
        html.Button(
            name,
            type="button",
            className="plain",
            **parts.attributes(data_pick=one.key),
        )
        for name, one in related(case, element)[:MOST_LINKS]
    ]
    return html.Div(
        [
            html.H2(name_of(case, element)),
            html.P(links, className="feeder-related"),
            *_elsewhere(case, element, at),
        ]
    )


def _elsewhere(case: Case, element: Element, at: Mapping[str, str]) -> list[Component]:
    """The other views that say more of it."""
    run = str(at.get("scenario")), str(at.get("run_id"))
    if element.kind == "ev":
        href = run_href(*run, "cars", {"ev": str(element.row)})
        return [html.P(parts.link("This car's life, stay by stay", href))]
    of = element.row if element.kind == "transformer" else None
    if of is None and element.kind in ("node", "customer"):
        of = row_of(case, element)["transformer"]
    if of is None:
        return []
    href = run_href(*run, "transformers", {"pick": str(of)})
    words = "This transformer" if element.kind == "transformer" else "Its transformer"
    return [html.P(parts.link(f"{words}: loading and who causes it", href))]


def _network(case: Case) -> Network:
    return Network.of(case.nodes, case.branches)


_HIDDEN = {"visible": False}
_CLEAR = {"paper_bgcolor": theme.CLEAR, "plot_bgcolor": theme.CLEAR}
