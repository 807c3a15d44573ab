"""The feeder on a map at any instant, with what happened to each of its elements."""

from __future__ import annotations

import base64
from collections.abc import Mapping
from dataclasses import asdict
from datetime import UTC, datetime
from functools import lru_cache
from typing import Any

import dash_mantine_components as dmc
import numpy as np
import plotly.graph_objects as go
import polars as pl
from dash import Input, Output, State, dcc, html
from dash.development.base_component import Component
from dash.exceptions import PreventUpdate
from flask import Response
from numpy.typing import NDArray

from dashboards import parts, theme
from dashboards.address import run_href
from dashboards.desk import Desk, Query
from dashboards.element import (
    Element,
    facts_of,
    name_of,
    picked,
    related,
    row_of,
)
from dashboards.frames import (
    EV_UNIT_KW,
    LEAST_KW,
    LEVELS,
    LOADING_UNIT,
    TOTALS,
    V_UNIT,
    FrameShelf,
    frames,
    most_reverse_row,
    pace,
    rows_at_once,
    totals,
)
from dashboards.history import drawn, history, local_times
from dashboards.network import Network
from dashboards.thinning import thinned
from twin.analysis.case import Case
from twin.errors import InputError, TwinError

BY = (("voltage", "Voltage"), ("loading", "Loading"), ("ev", "EV power"))
SHOWN = (("flows", "Flow"), ("cars", "Cars"), ("homes", "Homes"), ("names", "Names"))
USUAL = ("flows", "cars", "homes", "names")
SPEEDS = (("1", "1×"), ("4", "4×"), ("16", "16×"))
STRIP_PX, MOST_STRIP_POINTS = 96, 1600
MOST_LINKS = 24
CACHE_S = 3600
KINDS = ("line", "transformer", "switch", "other")


def register(desk: Desk) -> None:
    """The page, its callbacks, and the address of the frames."""
    desk.run_page("feeder", "Feeder", 20, _body)
    shelf, network_of = FrameShelf(), lru_cache(8)(_network)
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
        return drawn(case, history(case, picked(case, pick)), scheme)

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
    peak = _extreme(known["grid_kw"], 1) or 0
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


def network_words(
    case: Case, network: Network, at: Mapping[str, str]
) -> Mapping[str, Any]:
    """All that does not change from instant to instant, for ``feeder.js``."""
    return {
        "key": f"{at.get('scenario')}/{at.get('run_id')}",
        "pace": pace(case),
        "kind": network.kind,
        "sites": _sites(case, network),
        "spans": _spans(case, network),
        "roots": network.roots.tolist(),
        "customers": _customers(case, network),
        "transformers": _transformers(case, network),
        "evs": _evs(case),
        "time": _time(case),
        "chunk": rows_at_once(case, network),
        "totals": list(TOTALS),
        "units": {
            "v": V_UNIT,
            "loading": LOADING_UNIT,
            "ev_kw": EV_UNIT_KW,
            "levels": LEVELS,
            "least_kw": LEAST_KW,
        },
        "limits": [case.limits.low_pu, case.limits.high_pu],
        "colours": {"light": asdict(theme.LIGHT), "dark": asdict(theme.DARK)},
    }


def strip_figure(case: Case, scheme: str) -> go.Figure:
    """Power at the substation and the lowest voltage, thinned, to find one's way."""
    look, known = theme.palette(scheme), totals(case)
    time = local_times(case, known["time"])
    figure = go.Figure()
    power = ("grid_kw", "substation [kW]", look.ink, "y")
    volts = ("v_min_pu", "lowest voltage [pu]", look.low, "y2")
    for column, name, colour, axis in (volts, power):
        x, y = thinned(time, known[column].to_numpy(), MOST_STRIP_POINTS)
        figure.add_scatter(
            x=x,
            y=np.round(y, 4),
            name=name,
            yaxis=axis,
            mode="lines",
            line={"color": colour, "width": 1.2},
            hoverinfo="skip",
        )
    theme.dressed(figure, scheme, STRIP_PX)
    figure.update_layout(
        font={"size": 11.5},
        margin={"l": 64, "r": 64, "t": 4, "b": 22},
        showlegend=False,
        dragmode=False,
        yaxis={"title": {"text": "grid [kW]"}, "automargin": False, "nticks": 4},
        yaxis2={
            "title": {"text": "v min [pu]", "font": {"color": look.low}},
            "overlaying": "y",
            "side": "right",
            "showgrid": False,
            "automargin": False,
            "nticks": 4,
            "tickformat": ".3f",
            "tickfont": {"color": look.low},
        },
    )
    volts_pu = known["v_min_pu"].fill_nan(None).drop_nulls().to_numpy()
    if len(volts_pu):
        middle, half = float(volts_pu.max() + volts_pu.min()) / 2, np.ptp(volts_pu) / 2
        half = max(1.08 * float(half), 0.005)
        figure.update_layout(yaxis2_range=[middle - half, middle + half])
    edges = [str(time[0]), str(time[-1])] if len(time) > 1 else None
    return (
        figure.update_xaxes(type="date", automargin=False, range=edges, ticks="outside")
        .update_xaxes(fixedrange=True)
        .update_yaxes(fixedrange=True)
    )


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


def _sites(case: Case, network: Network) -> Mapping[str, Any]:
    nodes = case.nodes[network.node]
    return {
        "x": _packed(network.x),
        "y": _packed(network.y),
        "node": network.node.tolist(),
        "name": nodes["bus"].to_list(),
        "kv": nodes["v_base_kv"].round(4).to_list(),
        "aux": np.flatnonzero(nodes["auxiliary"].to_numpy()).tolist(),
    }


def _spans(case: Case, network: Network) -> Mapping[str, Any]:
    branches = case.branches[network.branch]
    kinds = [KINDS.index(k) if k in KINDS else 3 for k in branches["kind"].to_list()]
    lanes = np.flatnonzero(network.lane)
    return {
        "from": network.from_site.tolist(),
        "to": network.to_site.tolist(),
        "branch": network.branch.tolist(),
        "name": branches["name"].to_list(),
        "kind": kinds,
        "rating_a": [_known(value, 1) for value in branches["normal_a"].to_list()],
        "lanes": [[int(span), float(network.lane[span])] for span in lanes],
    }


def _customers(case: Case, network: Network) -> Mapping[str, Any]:
    nodes = case.customers["node"].to_numpy().astype(np.int64)
    return {
        "site": network.site[nodes].tolist(),
        "name": case.customers["name"].to_list(),
    }


def _transformers(case: Case, network: Network) -> Mapping[str, Any]:
    of = case.transformers
    spans = [
        int(network.span[rows[0]]) if len(rows) else -1
        for rows in case.transformer_branches
    ]
    return {
        "name": of["name"].to_list(),
        "span": spans,
        "kva": [_known(value, 0) for value in of["rating_kva"].to_list()],
    }


def _evs(case: Case) -> Mapping[str, Any]:
    return {
        "customer": case.evs["customer"].fill_null(-1).to_list(),
        "model": case.evs["model"].to_list(),
    }


def _time(case: Case) -> Mapping[str, Any]:
    """UTC instants in minutes, and from which row on the clocks differ by how much."""
    known = totals(case)
    minutes = known["time"].dt.epoch("s").to_numpy() // 60
    zoned = pl.col("time").dt.convert_time_zone(str(case.zone))
    shift = known.select(
        minutes=(zoned.dt.base_utc_offset() + zoned.dt.dst_offset()).dt.total_minutes(),
        name=zoned.dt.strftime("%Z"),
    )
    turns = np.flatnonzero(np.diff(shift["minutes"].to_numpy(), prepend=-9999))
    gaps = np.unique(np.diff(minutes))
    even = len(gaps) <= 1
    return {
        "first": int(minutes[0]),
        "step": int(gaps[0]) if len(gaps) else 15,
        "rows": known.height,
        "uneven": None if even else minutes.tolist(),
        "clocks": [[int(row), *shift.row(int(row))] for row in turns],
        "load": _extreme(known["grid_kw"], 1),
        "low": _extreme(known["v_min_pu"], -1),
        "per_hour": max(1, round(1 / case.step_h)) if pace(case) != "days" else 1,
        "per_day": max(1, round(24 / case.step_h)) if pace(case) != "days" else 1,
    }


def _extreme(values: pl.Series, sign: int) -> int | None:
    return (sign * values.fill_nan(None)).arg_max()


def _known(value: float | None, digits: int) -> float | None:
    if value is None or not np.isfinite(value):
        return None
    return round(float(value), digits)


def _packed(values: NDArray[np.float64]) -> str:
    return base64.b64encode(values.astype("<f4").tobytes()).decode()


_HIDDEN = {"visible": False}
_CLEAR = {"paper_bgcolor": theme.CLEAR, "plot_bgcolor": theme.CLEAR}
