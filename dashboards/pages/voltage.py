"""Voltage of a run: along the feeder, over time, by customer, by phase."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

import dash_mantine_components as dmc
import numpy as np
import plotly.graph_objects as go
from dash import Input, Output, State, ctx, dcc, html, no_update
from dash.development.base_component import Component
from dash.exceptions import PreventUpdate

from dashboards import parts, theme
from dashboards import voltage_customers as customers
from dashboards import voltage_figures as figures
from dashboards import voltage_profiles as profiles
from dashboards import voltage_sweeps as sweeping
from dashboards.desk import Desk, Query
from dashboards.thinning import instant, rows_between, says_x
from twin.analysis.case import Case

INSTANTS = (
    ("lowest", "Lowest voltage"),
    ("highest", "Highest voltage"),
    ("load", "Highest load"),
    ("time", "A time"),
)
MEASURES = (("lowest", "Lowest"), ("highest", "Highest"), ("mean", "Mean"))
ROWS = (("distance", "By distance"), ("transformer", "By transformer"))
COLOURS = (("limits", "Colours to the limits"), ("run", "to this run"))
COLOUR_BY = (("transformer", "By transformer"), ("phase", "By phase"))
MOST_MARKS, MOST_ROWS, LONG_DAYS = 8, 40, 60

Shown = tuple[np.datetime64, np.datetime64] | None


def register(desk: Desk) -> None:
    """The page and its callbacks."""
    desk.run_page("voltage", "Voltage", 40, _body)
    desk.remember(
        "voltage",
        "t.data",
        "zone.value",
        "by.value",
        "span.checked",
        "rows.value",
        "measure.value",
        "colours.value",
        "window.data",
        "customer.value",
    )
    sweeps = sweeping.Sweeps()
    _register_tiles(desk, sweeps)
    _register_profile(desk, sweeps)
    _register_time(desk, sweeps)
    _register_customers(desk, sweeps)
    _register_phases(desk, sweeps)


def _register_tiles(desk: Desk, sweeps: sweeping.Sweeps) -> None:
    @desk.callback(Output("voltage-tiles", "children"), Input("at", "data"))
    def tiles(at: Mapping[str, str]) -> Sequence[Component]:
        case = desk.case(at)
        return customers.tiles(case, sweeps.voltages(case))

    @desk.callback(Output("voltage-before", "children"), Input("at", "data"))
    def before(at: Mapping[str, str]) -> Sequence[Component]:
        case, base = desk.case(at), None
        sibling = desk.library.baseline(at["scenario"], at["run_id"])
        if sibling is not None:
            base = desk.library.case(sibling.scenario, sibling.run_id)
        return customers.before(case, base, "" if sibling is None else sibling.label)


def _register_profile(desk: Desk, sweeps: sweeping.Sweeps) -> None:
    @desk.callback(
        Output("voltage-instant", "value"),
        Output("voltage-row", "value"),
        Output("voltage-when", "value"),
        Output("voltage-t", "data"),
        Input("voltage-instant", "value"),
        Input("voltage-row", "value"),
        Input("voltage-when", "value"),
        Input("voltage-map", "clickData"),
        State("voltage-t", "data"),
        State("at", "data"),
    )
    def choose(
        word: str, row: int, when: str, clicked: Any, t: str, at: Mapping[str, str]
    ) -> tuple[str, Any, Any, Any]:
        case = desk.case(at)
        if profiles.is_daily(case):
            return word, no_update, no_update, _word(word, "")
        asked = {
            "voltage-instant": word if word != "time" else f"row {row}",
            "voltage-row": f"row {row}",
            "voltage-when": when or t,
            "voltage-map": _clicked(clicked) or t,
        }.get(str(ctx.triggered_id), t)
        return _chosen(case, asked, sweeps)

    @desk.callback(
        Output("voltage-profile", "figure"),
        Output("voltage-profile-caption", "children"),
        Input("at", "data"),
        Input("scheme", "data"),
        Input("voltage-t", "data"),
        Input("voltage-zone", "value"),
        Input("voltage-by", "value"),
        Input("voltage-span", "checked"),
    )
    def profile(
        at: Mapping[str, str],
        scheme: str | None,
        t: str,
        zone: str | None,
        by: str,
        span: bool,
    ) -> tuple[go.Figure, str]:
        if scheme is None:
            raise PreventUpdate
        case = desk.case(at)
        groups = profiles.groups_of(case, "phase" if by == "phase" else "transformer")
        limits = _range(case, sweeps) if span else None
        chosen = _index(zone, len(groups.names)) if by != "phase" else None
        drawn = figures.Drawn(groups, chosen, limits)
        return _profile(case, t, drawn, sweeps, scheme)


def _register_time(desk: Desk, sweeps: sweeping.Sweeps) -> None:
    @desk.callback(
        Output("voltage-window", "data"),
        Input("voltage-map", "relayoutData"),
        Input("voltage-band", "relayoutData"),
        Input("voltage-course", "relayoutData"),
        prevent_initial_call=True,
    )
    def zoom(*_: Any) -> str:
        return _window_words(ctx.triggered[0]["value"] if ctx.triggered else None)

    @desk.callback(
        Output("voltage-map", "figure"),
        Output("voltage-map-caption", "children"),
        Input("at", "data"),
        Input("scheme", "data"),
        Input("voltage-window", "data"),
        Input("voltage-rows", "value"),
        Input("voltage-measure", "value"),
        Input("voltage-colours", "value"),
    )
    def heat(
        at: Mapping[str, str],
        scheme: str | None,
        window: str,
        rows: str,
        measure: str,
        colours: str,
    ) -> tuple[go.Figure, str]:
        if scheme is None:
            raise PreventUpdate
        case = desk.case(at)
        kind: profiles.Rows = "transformer" if rows == "transformer" else "distance"
        sweep = sweeps.sweep(case, kind)
        asked = _measure(measure)
        return _map(case, sweep, asked, (window, colours == "limits"), scheme)

    @desk.callback(
        Output("voltage-band", "figure"),
        Output("voltage-band-caption", "children"),
        Input("at", "data"),
        Input("scheme", "data"),
        Input("voltage-window", "data"),
    )
    def band(
        at: Mapping[str, str], scheme: str | None, window: str
    ) -> tuple[go.Figure, str]:
        if scheme is None:
            raise PreventUpdate
        case = desk.case(at)
        kept = sweeps.voltages(case)
        local = profiles.local_times(kept.time, case.zone)
        rows, shown = _rows(local, window)
        who = "customer" if case.customers.height else "node"
        names = (f"all {who}s", f"90 % of {who}s", f"median {who}")
        figure = figures.band(
            local[rows], kept.band_pu[rows], case.limits, scheme, names
        )
        return figures.windowed(figure, shown), _band_caption(case, who)


def _register_customers(desk: Desk, sweeps: sweeping.Sweeps) -> None:
    @desk.callback(
        Output("voltage-table", "rowData"),
        Output("voltage-table-caption", "children"),
        Input("at", "data"),
    )
    def table(at: Mapping[str, str]) -> tuple[list[dict[str, Any]], str]:
        case = desk.case(at)
        kept, sweep = sweeps.voltages(case), sweeps.sweep(case)
        rows = customers.customer_rows(case, kept, sweep)
        return rows, customers.table_caption(case, kept)

    @desk.callback(
        Output("voltage-table", "exportDataAsCsv"),
        Input("voltage-table-csv", "n_clicks"),
        prevent_initial_call=True,
    )
    def save(_: int | None) -> bool:
        return True

    @desk.callback(
        Output("voltage-customer", "value"),
        Input("voltage-table", "selectedRows"),
        prevent_initial_call=True,
    )
    def select(rows: object) -> Any:
        chosen = rows[0] if isinstance(rows, list) and rows else None
        return chosen["customer"] if isinstance(chosen, Mapping) else no_update

    @desk.callback(
        Output("voltage-spread", "figure"),
        Input("at", "data"),
        Input("scheme", "data"),
        Input("voltage-customer", "value"),
    )
    def spread(
        at: Mapping[str, str], scheme: str | None, chosen: str | None
    ) -> go.Figure:
        if scheme is None:
            raise PreventUpdate
        case = desk.case(at)
        if not case.customers.height:
            raise PreventUpdate
        told = customers.extremes_of(case, sweeps.voltages(case))
        index = _index(chosen, case.customers.height)
        return figures.distribution(*told, index, case.limits, scheme)

    @desk.callback(
        Output("voltage-course", "figure"),
        Output("voltage-course-caption", "children"),
        Input("at", "data"),
        Input("scheme", "data"),
        Input("voltage-customer", "value"),
        Input("voltage-window", "data"),
    )
    def course(
        at: Mapping[str, str], scheme: str | None, chosen: str | None, window: str
    ) -> tuple[go.Figure, str]:
        if scheme is None:
            raise PreventUpdate
        case = desk.case(at)
        if not case.customers.height:
            raise PreventUpdate
        return _course(
            case, _index(chosen, case.customers.height), window, sweeps, scheme
        )


def _register_phases(desk: Desk, sweeps: sweeping.Sweeps) -> None:
    @desk.callback(
        Output("voltage-phases", "figure"),
        Output("voltage-phases-caption", "children"),
        Input("at", "data"),
        Input("scheme", "data"),
        Input("voltage-window", "data"),
    )
    def phases(
        at: Mapping[str, str], scheme: str | None, window: str
    ) -> tuple[go.Figure, str]:
        if scheme is None:
            raise PreventUpdate
        case = desk.case(at)
        if not profiles.is_three_phase(case):
            raise PreventUpdate
        sweep = sweeps.sweep(case, "phase")
        local = profiles.local_times(sweep.time, case.zone)
        rows, shown = _rows(local, window)
        three = (sweep.low[rows], sweep.high[rows], sweep.mean[rows])
        names = sweep.groups.names
        figure = figures.phase_bands(local[rows], three, names, case.limits, scheme)
        return figures.windowed(figure, shown), _unbalance_words(case, sweep)


def _body(case: Case, query: Query) -> Component:
    if not profiles.is_recorded(case):
        return _nothing(case)
    return html.Div(
        [
            *_notices(case),
            html.Div(
                [
                    html.Div(id="voltage-tiles", style={"display": "contents"}),
                    html.Div(id="voltage-before", style={"display": "contents"}),
                ],
                className="tiles",
            ),
            dcc.Store(id="voltage-window", data=query.get("window", "")),
            _profile_card(case, query),
            _map_card(query),
            parts.chart("voltage-band", "Voltage over time", "", 330),
            *_customer_cards(case, query),
            _phase_card(case),
        ]
    )


def _nothing(case: Case) -> Component:
    if case.is_unsolved:
        return parts.empty(
            "Not one interval has a solution, so no voltage is known",
            "Provenance tells why the power flow failed. `twin inspect` tells what is "
            "wrong with the feeder.",
        )
    return parts.empty(
        "This run has no voltages yet",
        "It was stopped before the end of its first day. Run the scenario again.",
        f"twin run {case.scenario.get('name', 'scenario')}.yaml",
    )


def _notices(case: Case) -> list[Component]:
    found = []
    if profiles.is_daily(case):
        found.append(
            parts.notice(
                "This run kept a summary a day (output.level: summary): each node's "
                "lowest, median and highest voltage of every day. When within the day, "
                "one instant of the whole feeder, and the hours of single intervals "
                "were not kept. Run it with output.level: all to see them."
            )
        )
    if case.steps_failed:
        found.append(
            parts.notice(
                f"{case.steps_failed:,} of {case.steps.height:,} intervals have no "
                "solution: their voltages are not known and are left blank here; "
                "hours beyond the limits are a lower bound.",
                "warning",
            )
        )
    if not case.customers.height:
        found.append(
            parts.notice(
                "The run was stopped before it wrote its customers: voltages are shown "
                "of nodes only.",
                "warning",
            )
        )
    return found


def _profile_card(case: Case, query: Query) -> Component:
    asked = query.get("t") or "lowest"
    daily, three = profiles.is_daily(case), profiles.is_three_phase(case)
    word = parts.one_of([key for key, _ in INSTANTS], asked, "lowest")
    if instant(asked) is not None and not daily:
        word = "time"
    options = INSTANTS[:2] if daily else INSTANTS
    names = profiles.transformer_names(case)
    by = parts.one_of(["transformer", "phase"], query.get("by"), "transformer")
    controls = [
        parts.choice("voltage-instant", options, word, "Which instant"),
        html.Div(
            parts.choice("voltage-by", COLOUR_BY, by, "What colours mean"),
            hidden=not three,
        ),
        dmc.Select(
            id="voltage-zone",
            data=[{"value": str(row), "label": one} for row, one in enumerate(names)],
            value=_text(_index(query.get("zone"), len(names))),
            placeholder="All transformers",
            clearable=True,
            searchable=True,
            size="xs",
            w=170,
            **parts.labelled("Only one transformer in colour"),
        ),
        dmc.Switch(
            id="voltage-span",
            label="range over the run",
            checked=query.get("span") == "true",
            size="sm",
        ),
    ]
    card: Any = parts.chart(
        "voltage-profile", "Voltage along the feeder", "", 440, controls
    )
    card.children.insert(1, _scrubber(case, daily))
    store = dcc.Store(id="voltage-t", data=asked if word == "time" else word)
    return html.Div([store, card])


def _scrubber(case: Case, daily: bool) -> Component:
    local = profiles.local_times(case.steps["time"].to_numpy(), case.zone)
    last = len(local) - 1
    return html.Div(
        [
            dmc.Slider(
                id="voltage-row",
                min=0,
                max=max(1, last),
                value=0,
                label=None,
                marks=_marks(local),
                size="sm",
                **parts.labelled("Time, an interval at a step"),
            ),
            dmc.DateTimePicker(
                id="voltage-when",
                valueFormat="ddd D MMM YYYY HH:mm",
                minDate=_date(local[0]),
                maxDate=_date(local[last]),
                size="xs",
                w=190,
                **parts.labelled("Local time shown"),
            ),
        ],
        className="voltage-scrubber",
        hidden=daily,
    )


def _marks(local: Any) -> list[dict[str, Any]]:
    """A few local midnights under the slider; beginnings of months in a long run."""
    days = local.astype("datetime64[D]")
    starts = np.flatnonzero(np.diff(days).astype(int)) + 1
    long = len(starts) > LONG_DAYS
    if long:
        starts = starts[days[starts] == days[starts].astype("datetime64[M]")]
    every = max(1, -(-len(starts) // MOST_MARKS))
    form = "%b %Y" if long else "%a %-d %b"
    return [
        {"value": row, "label": f"{days[row].item():{form}}"}
        for row in starts[::every].tolist()
    ]


def _map_card(query: Query) -> Component:
    def picked(key: str, options: Sequence[tuple[str, str]], label: str) -> Component:
        value = parts.one_of([one for one, _ in options], query.get(key))
        return parts.choice(f"voltage-{key}", options, value, label)

    controls = [
        picked("rows", ROWS, "Rows"),
        picked("measure", MEASURES, "Which voltage of those that share a cell"),
        picked("colours", COLOURS, "How far the colours reach"),
    ]
    return parts.chart(
        "voltage-map", "Voltage over time and distance", "", 420, controls
    )


def _customer_cards(case: Case, query: Query) -> list[Component]:
    names = case.customers["name"].to_list()
    chosen = _index(query.get("customer"), len(names))
    select = dmc.Select(
        id="voltage-customer",
        data=[{"value": str(row), "label": str(one)} for row, one in enumerate(names)],
        value=_text(chosen),
        placeholder="The worst; type a name",
        searchable=True,
        clearable=True,
        limit=50,
        size="xs",
        w=220,
        **parts.labelled("Customer"),
    )
    rows: Any = parts.grid(
        "voltage-table",
        customers.COLUMNS,
        options={
            "rowSelection": {
                "mode": "singleRow",
                "checkboxes": False,
                "enableClickSelection": True,
            }
        },
        height=360,
        row_id="customer",
    )
    rows.selectedRows = {"ids": [] if chosen is None else [str(chosen)]}
    told = html.P(id="voltage-table-caption", className="caption")
    table: Any = parts.card([rows, told], "Customers, the worst first")
    csv = html.Button(
        "CSV",
        id="voltage-table-csv",
        type="button",
        className="export",
        title="Save the table",
    )
    table.children[0].children = [table.children[0].children, csv]
    course = parts.chart("voltage-course", "One customer over time", "", 340, select)
    spread = parts.chart(
        "voltage-spread",
        "How customers' voltages spread",
        "Customers sorted by their own lowest, and by their own highest voltage of "
        "the run.",
        340,
    )
    cards = [table, html.Div([course, spread], className="columns")]
    return [html.Div(cards, hidden=not names)]


def _phase_card(case: Case) -> Component:
    if not profiles.is_three_phase(case):
        return parts.card(
            html.P(
                "This run's feeder is modelled as balanced: every bus has one voltage "
                "(positive sequence, phase 0), as if each load and charger drew alike "
                "on all three phases. Unbalance is therefore not shown, nor is the "
                "extra drop or rise that a single-phase charger makes on its own "
                "phase: real voltages on the busiest phase go farther than those "
                "above."
            ),
            "By phase",
            "voltage-balanced",
        )
    return parts.chart("voltage-phases", "Voltage by phase over time", "", 330)


def _chosen(
    case: Case, asked: str, sweeps: sweeping.Sweeps
) -> tuple[str, int, str, str]:
    """What the controls show of an instant that is asked for in any way."""
    word = _word(asked, "time")
    if asked.startswith("row "):
        row = min(max(_index(asked[4:], case.steps.height) or 0, 0), case.steps.height)
    else:
        row = sweeping.row_of(case, asked, sweeps)
        word = word if word != "time" or instant(asked) is not None else "lowest"
    time = case.steps["time"].to_numpy()[[row]]
    local = profiles.local_times(time, case.zone)[0]
    said = str(local.astype("datetime64[m]"))
    return word, row, _date(local), said if word == "time" else word


def _profile(
    case: Case, t: str, drawn: figures.Drawn, sweeps: sweeping.Sweeps, scheme: str
) -> tuple[go.Figure, str]:
    if profiles.is_daily(case):
        kept = sweeps.voltages(case)
        values = kept.node_max_pu if t == "highest" else kept.node_min_pu
        word = "highest" if t == "highest" else "lowest"
        said = f"Each node's own {word} voltage of the run, whenever it was."
    else:
        row = sweeping.row_of(case, t, sweeps)
        values = profiles.profile_at(case, row)
        said = f"{_clock(case, row)} local time, every bus."
    if np.isnan(values).all():
        words = f"{said[:-1]}: this interval has no solution; choose another time."
        return theme.gap(words, scheme, 440), ""
    if np.isnan(profiles.distance_km(case)).all():
        words = "This feeder's distances from the source are not known."
        return theme.gap(words, scheme, 440), ""
    return figures.profile(
        case, values, drawn, scheme
    ), f"{said} {_words(case, values)}"


def _words(case: Case, values: Any) -> str:
    """Where it is lowest and highest, and what the colours are."""
    judged = np.where(profiles.real_nodes(case), values, np.nan)
    names = (*profiles.transformer_names(case), "no transformer")
    told = []
    for word, node in (
        ("Lowest", int(np.nanargmin(judged))),
        ("highest", int(np.nanargmax(judged))),
    ):
        one = case.nodes.row(node, named=True)
        behind = names[-1 if one["transformer"] is None else one["transformer"]]
        told.append(f"{word} {judged[node]:.4f} pu at node {one['bus']} ({behind})")
    many = len(names) - 1 > figures.MOST_COLOURED
    why = " In colour: the transformers with the lowest voltages." if many else ""
    return f"{', '.join(told)}.{why}"


def _range(case: Case, sweeps: sweeping.Sweeps) -> tuple[Any, Any]:
    kept = sweeps.voltages(case)
    return kept.node_min_pu, kept.node_max_pu


def _map(
    case: Case,
    sweep: sweeping.Sweep,
    measure: sweeping.Measure,
    asked: tuple[str, bool],
    scheme: str,
) -> tuple[go.Figure, str]:
    window, fixed = asked
    local = profiles.local_times(sweep.time, case.zone)
    rows, shown = _rows(local, window)
    values = sweep.of(measure)
    groups, picked = sweeping.worst_groups(sweep, measure, MOST_ROWS)
    step_min = 1440 if sweep.daily else round(case.step_h * 60)
    sheet = sweeping.folded(
        local[rows], values[rows][:, picked], measure, step_min, sweeping.MOST_COLUMNS
    )
    farthest = float(np.nanmax(np.abs(values - 1), initial=0.0))
    colours = figures.colours_of(case.limits, farthest, fixed, scheme)
    figure = figures.heat(sheet, groups, colours, step_min, scheme)
    return figures.windowed(figure, shown), _map_caption(
        local[rows], sweep, measure, sheet, groups
    )


def _map_caption(
    local: Any,
    sweep: sweeping.Sweep,
    measure: sweeping.Measure,
    sheet: sweeping.Sheet,
    groups: profiles.Groups,
) -> str:
    column = figures.days(sheet.minutes)
    which = "median" if sweep.daily and measure == "mean" else measure
    said = f"Each cell: the {which} of its nodes, {column} a column."
    if len(groups.names) < len(sweep.groups.names):
        said += f" The {len(groups.names)} worst of {len(sweep.groups.names)}."
    step = np.diff(local)
    if not sweep.daily and len(step) and step.max() >= np.timedelta64(1, "h") + step[0]:
        said += " The blank hour in spring is the one that clocks leave out."
    if sweep.daily:
        return said
    return (
        f"{said} Zoom in for finer steps; click a cell to see that instant along "
        "the feeder above."
    )


def _band_caption(case: Case, who: str) -> str:
    said = f"Lowest, 5 %, median, 95 % and highest {who}"
    if profiles.is_daily(case):
        return f"{said} of each day."
    return f"{said} in each interval. Zoom in for detail."


def _course(
    case: Case,
    chosen: int | None,
    window: str,
    sweeps: sweeping.Sweeps,
    scheme: str,
) -> tuple[go.Figure, str]:
    kept = sweeps.voltages(case)
    worst = customers.worst_of(case, kept)
    index = worst if chosen is None else chosen
    time, own = sweeps.course(case, index)
    local = profiles.local_times(time, case.zone)
    rows, shown = _rows(local, window)
    name = str(case.customers["name"][index])
    figure = figures.course(
        local[rows], own[rows], kept.band_pu[rows], name, case.limits, scheme
    )
    which = ", the worst of all" if index == worst else ""
    said = f"{name}{which}: not known."
    if not np.isnan(own).all():
        low, high = np.nanmin(own), np.nanmax(own)
        said = f"{name}{which}: {low:.4f} to {high:.4f} pu over the run."
    daily = " Lowest and highest of each day." if profiles.is_daily(case) else ""
    return figures.windowed(figure, shown), f"{said}{daily}"


def _unbalance_words(case: Case, sweep: sweeping.Sweep) -> str:
    said = "Lowest, mean and highest of each phase's nodes."
    if not len(sweep.unbalance) or np.isnan(sweep.unbalance).all():
        return said
    row = int(np.nanargmax(sweep.unbalance))
    share = 100 * sweep.unbalance[row]
    return (
        f"{said} Greatest unbalance of any bus: {share:.2f} % on "
        f"{case.local(sweep.time[row])} (farthest phase from the mean of the three, "
        "in magnitude; EN 50160's 2 % is of the negative sequence, which needs angles "
        "that a run does not keep)."
    )


def _rows(local: Any, window: object) -> tuple[slice, Shown]:
    """Rows of a remembered part of the time; all where it means nothing."""
    first, _, last = str(window or "").partition(",")
    begin, end = instant(first), instant(last)
    if begin is None or end is None or begin >= end:
        return slice(0, len(local)), None
    return slice(*rows_between(local, first, last)), (begin, end)


def _window_words(relayout: object) -> str:
    """A zoom as the address keeps it; empty for the whole run."""
    if not says_x(relayout) or not isinstance(relayout, Mapping):
        raise PreventUpdate
    both = relayout.get("xaxis.range") or [
        relayout.get("xaxis.range[0]"),
        relayout.get("xaxis.range[1]"),
    ]
    found = [instant(one) for one in both] if isinstance(both, list) else []
    if len(found) != 2 or found[0] is None or found[1] is None:
        return ""
    return ",".join(
        str(one.astype("datetime64[m]")) for one in found if one is not None
    )


def _clicked(clicked: Any) -> str:
    """The local time of a cell that was clicked."""
    points = clicked.get("points") if isinstance(clicked, Mapping) else None
    return str(points[0].get("x", "")) if points else ""


def _measure(asked: object) -> sweeping.Measure:
    return next((one for one in sweeping.MEASURES if one == asked), "lowest")


def _word(asked: str, default: str) -> str:
    return asked if asked in ("lowest", "highest", "load") else default or "lowest"


def _index(asked: object, count: int) -> int | None:
    """A row that an address or a control names; None if there is no such row."""
    words = str(asked) if asked is not None else ""
    if not words.isascii() or not words.isdigit() or len(words) > 9:
        return None
    return int(words) if int(words) < count else None


def _text(index: int | None) -> str | None:
    return None if index is None else str(index)


def _date(local: np.datetime64) -> str:
    return str(local.astype("datetime64[s]")).replace("T", " ")


def _clock(case: Case, row: int) -> str:
    return f"{case.steps['time'][row].astimezone(case.zone):%a %-d %b %Y %H:%M}"
