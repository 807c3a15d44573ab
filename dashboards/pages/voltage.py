"""Voltage of a run: along the feeder, over time, by customer, by phase."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

import plotly.graph_objects as go
from dash import Input, Output, State, ctx, no_update
from dash.development.base_component import Component
from dash.exceptions import PreventUpdate

from dashboards.desk import Desk
from dashboards.voltage import answers, cards, customers, figures, profiles, rules
from dashboards.voltage import sweeps as sweeping
from twin.analysis.case import Case


def register(desk: Desk) -> None:
    """The page and its callbacks."""
    desk.run_page("voltage", "Voltage", 40, cards.body)
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
    desk.first("voltage", "voltage-profile")
    _register_tiles(desk, sweeps)
    _register_profile(desk, sweeps)
    _register_time(desk, sweeps)
    _register_band(desk, sweeps)
    _register_customers(desk, sweeps)
    _register_customer(desk, sweeps)
    _register_phases(desk, sweeps)


def _register_tiles(desk: Desk, sweeps: sweeping.Sweeps) -> None:
    @desk.callback(Output("voltage-tiles", "children"), Input("at", "data"))
    def tiles(at: Mapping[str, str]) -> Sequence[Component]:
        case = desk.case(at)
        return customers.tiles(case, sweeps.voltages(case))

    @desk.after("voltage", Output("voltage-before", "children"), Input("at", "data"))
    def before(at: Mapping[str, str]) -> Sequence[Component]:
        case, (base, label) = desk.case(at), _baseline(desk, at)
        return customers.before(case, base, label)

    @desk.after(
        "voltage",
        Output("voltage-rules", "rowData"),
        Output("voltage-rules-caption", "children"),
        Input("at", "data"),
    )
    def by_rule(at: Mapping[str, str]) -> tuple[list[dict[str, Any]], list[Component]]:
        case, (base, _) = desk.case(at), _baseline(desk, at)
        return rules.rule_rows(case, base), rules.caption(case)


def _baseline(desk: Desk, at: Mapping[str, str]) -> tuple[Case | None, str]:
    """The run that a study holds this one against, and its name there."""
    sibling = desk.library.baseline(at["scenario"], at["run_id"])
    if sibling is None:
        return None, ""
    return desk.library.case(sibling.scenario, sibling.run_id), sibling.label


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
            return word, no_update, no_update, answers.word_of(word, "")
        asked = {
            "voltage-instant": word if word != "time" else f"row {row}",
            "voltage-row": f"row {row}",
            "voltage-when": when or t,
            "voltage-map": answers.clicked(clicked) or t,
        }.get(str(ctx.triggered_id), t)
        return answers.chosen(case, str(asked), sweeps)

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
        limits = answers.span_of(case, sweeps) if span else None
        chosen = answers.index_of(zone, len(groups.names)) if by != "phase" else None
        drawn = figures.Drawn(groups, chosen, limits)
        return answers.profile(case, t, drawn, sweeps, scheme)


def _register_time(desk: Desk, sweeps: sweeping.Sweeps) -> None:
    @desk.callback(
        Output("voltage-window", "data"),
        Input("voltage-map", "relayoutData"),
        Input("voltage-band", "relayoutData"),
        Input("voltage-course", "relayoutData"),
        prevent_initial_call=True,
    )
    def zoom(*_: Any) -> str:
        return answers.window_words(
            ctx.triggered[0]["value"] if ctx.triggered else None
        )

    @desk.after(
        "voltage",
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
        asked = answers.measure_of(measure)
        return answers.map_over_time(
            case, sweep, asked, (window, colours == "limits"), scheme
        )


def _register_band(desk: Desk, sweeps: sweeping.Sweeps) -> None:
    @desk.after(
        "voltage",
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
        rows, shown = answers.rows_shown(local, window)
        who = "customer" if case.customers.height else "node"
        names = (f"all {who}s", f"90 % of {who}s", f"median {who}")
        figure = figures.band(
            local[rows], kept.band_pu[rows], case.limits, scheme, names
        )
        return figures.windowed(figure, shown), answers.band_caption(case, who)


def _register_customers(desk: Desk, sweeps: sweeping.Sweeps) -> None:
    @desk.after(
        "voltage",
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
        Output("voltage-table", "selectedRows"),
        Input("voltage-table", "selectedRows"),
        Input("voltage-rules", "selectedRows"),
        Input("voltage-customer", "value"),
        prevent_initial_call=True,
    )
    def select(
        of_customers: object, of_rules: object, shown: str | None
    ) -> tuple[Any, Any]:
        """A row picks a customer, and a customer that was picked marks its row."""
        if ctx.triggered_id == "voltage-customer":
            return no_update, {"ids": [] if shown is None else [shown]}
        rows = of_rules if ctx.triggered_id == "voltage-rules" else of_customers
        row = rows[0] if isinstance(rows, list) and rows else None
        picked = row.get("customer") if isinstance(row, Mapping) else None
        return no_update if picked in (None, shown) else picked, no_update


def _register_customer(desk: Desk, sweeps: sweeping.Sweeps) -> None:
    @desk.after(
        "voltage",
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
        index = answers.index_of(chosen, case.customers.height)
        return figures.distribution(*told, index, case.limits, scheme)

    @desk.after(
        "voltage",
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
        return answers.course(
            case,
            answers.index_of(chosen, case.customers.height),
            window,
            sweeps,
            scheme,
        )


def _register_phases(desk: Desk, sweeps: sweeping.Sweeps) -> None:
    @desk.after(
        "voltage",
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
        rows, shown = answers.rows_shown(local, window)
        three = (sweep.low[rows], sweep.high[rows], sweep.mean[rows])
        names = sweep.groups.names
        figure = figures.phase_bands(local[rows], three, names, case.limits, scheme)
        return figures.windowed(figure, shown), answers.unbalance_words(case, sweep)
