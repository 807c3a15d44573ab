"""The cars: what the fleet does and holds, departures short, and one car's life."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import Any

import plotly.graph_objects as go
import polars as pl
from dash import Input, Output, State, ctx
from dash.exceptions import PreventUpdate

from dashboards import parts, theme
from dashboards.desk import Desk
from dashboards.fleet import car_figure, layout, participation, wording
from dashboards.fleet import figures as fleet_figures
from dashboards.fleet import tables as fleet_tables
from dashboards.fleet.car_choice import (
    car_of,
    car_words,
    in_address,
    most_discharged,
    moved,
    next_short,
    span_of,
    week_around,
    worst_car,
    zoomed,
)
from dashboards.fleet.car_life import Life, life_of
from dashboards.fleet.courses import (
    Courses,
    average_day,
    courses_of,
    local_times,
    plug_hours,
    soc_spread,
)
from dashboards.fleet.departures import departures_of, short_departures
from dashboards.kept import kept
from twin.analysis.case import Case

At = Mapping[str, str]
MOST_RUNS, MOST_LIVES = 4, 16


def register(desk: Desk) -> None:
    """The page and its callbacks."""
    desk.run_page("cars", "Cars", 60, layout.body)
    courses = kept(courses_of, MOST_RUNS)
    short = kept(short_departures, MOST_RUNS)
    lives = kept(
        lambda case, ev: life_of(case, ev, short(case), ev == worst_car(case)),
        MOST_LIVES,
    )
    desk.first("cars", "cars-doing")
    _register_fleet(desk, courses)
    _register_departures(desk, short)
    _register_habits(desk)
    participation.register(desk)
    _register_life(desk, lives)
    _register_choice(desk, short, lives, courses)
    desk.clientside(
        "carsZoomed",
        *(Input(f"cars-{chart}", "relayoutData") for chart in ("doing", "soc", "life")),
    )
    desk.clientside(
        "carsPicked",
        Input("cars-worst", "selectedRows"),
        Input("cars-table", "selectedRows"),
        Input("cars-by-car", "clickData"),
    )
    desk.remember(
        "cars",
        "unit.value",
        "fan.value",
        "ev.value",
        "since.data",
        "until.data",
        "from.data",
        "to.data",
    )


def _register_fleet(desk: Desk, courses: Callable[[Case], Courses]) -> None:
    @desk.callback(
        Output("cars-doing", "figure"),
        Output("cars-doing-caption", "children"),
        Input("at", "data"),
        Input("scheme", "data"),
        Input("cars-unit", "value"),
        Input("cars-since", "data"),
        Input("cars-until", "data"),
    )
    def doing(
        at: At, scheme: str | None, unit: str, since: str, until: str
    ) -> tuple[go.Figure, str]:
        case = _shown(desk, at, scheme)
        part = courses(case).between(since, until)
        unit = parts.one_of([key for key, _ in layout.UNITS], unit)
        figure = fleet_figures.doing_figure(part, unit, case.n_ev, str(scheme))
        words = wording.DOING if case.run.has("ev_steps") else wording.DOING_OF_TOTALS
        words += fleet_figures.caption_of(part, "doing")
        return _held(figure, part, since, until), words

    @desk.after(
        "cars",
        Output("cars-soc", "figure"),
        Output("cars-soc-caption", "children"),
        Input("at", "data"),
        Input("scheme", "data"),
        Input("cars-fan", "value"),
        Input("cars-since", "data"),
        Input("cars-until", "data"),
    )
    def fan(
        at: At, scheme: str | None, which: str, since: str, until: str
    ) -> tuple[go.Figure, str]:
        case = _shown(desk, at, scheme)
        part = courses(case).between(since, until)
        if part.soc is None:
            return theme.gap(wording.NO_SOC, scheme, 340), ""
        which = parts.one_of([key for key, _ in layout.FANS], which)
        figure = fleet_figures.fan_figure(
            part, which, wording.marks_of(case), str(scheme)
        )
        words = wording.FAN + fleet_figures.caption_of(part, "fan")
        return _held(figure, part, since, until), words

    @desk.callback(
        Output("cars-since", "data"),
        Output("cars-until", "data"),
        Input("cars-fleet-zoom", "data"),
        State("at", "data"),
        prevent_initial_call=True,
    )
    def zoom(relayout: object, at: At) -> tuple[str, str]:
        return zoomed(relayout, courses(desk.case(at)))


def _register_departures(desk: Desk, short: Callable[[Case], pl.DataFrame]) -> None:
    @desk.after(
        "cars",
        Output("cars-by-hour", "figure"),
        Output("cars-by-car", "figure"),
        Input("at", "data"),
        Input("scheme", "data"),
    )
    def departures(at: At, scheme: str | None) -> tuple[go.Figure, go.Figure]:
        case = _shown(desk, at, scheme)
        ended = departures_of(case)
        if not len(ended.count):
            nothing = theme.gap(wording.no_departures(case), scheme, 300)
            return nothing, nothing
        found = short(case)
        if not found.height:
            nothing = theme.gap("Every departure reached its target.", scheme, 300)
            return nothing, nothing
        by_hour = fleet_figures.short_by_hour(
            ended.by_hour, _with_hour(case, found), str(scheme)
        )
        return by_hour, fleet_figures.short_by_car(found, str(scheme))

    @desk.after(
        "cars",
        Output("cars-worst", "rowData"),
        Output("cars-reasons", "children"),
        Input("at", "data"),
    )
    def worst(at: At) -> tuple[list[dict[str, Any]], str]:
        case = desk.case(at)
        found = short(case)
        return fleet_tables.worst_rows(case, found), wording.reason_words(found)

    @desk.after("cars", Output("cars-table", "rowData"), Input("at", "data"))
    def cars(at: At) -> list[dict[str, Any]]:
        return fleet_tables.car_rows(desk.case(at))


def _register_habits(desk: Desk) -> None:
    @desk.after(
        "cars",
        Output("cars-day", "figure"),
        Output("cars-hours", "figure"),
        Output("cars-spread", "figure"),
        Input("at", "data"),
        Input("scheme", "data"),
    )
    def habits(at: At, scheme: str | None) -> tuple[go.Figure, go.Figure, go.Figure]:
        case = _shown(desk, at, scheme)
        day = fleet_figures.day_figure(average_day(case), str(scheme))
        if not case.run.has("sessions"):
            nothing = theme.gap(wording.no_departures(case), scheme, 300)
            return day, nothing, nothing
        hours = fleet_figures.hours_figure(plug_hours(case), str(scheme))
        return day, hours, fleet_figures.spread_figure(soc_spread(case), str(scheme))


def _register_life(desk: Desk, lives: Callable[[Case, int], Life]) -> None:
    @desk.after(
        "cars",
        Output("cars-life", "figure"),
        Output("cars-life-caption", "children"),
        Output("cars-events", "rowData"),
        Input("at", "data"),
        Input("scheme", "data"),
        Input("cars-ev", "value"),
        Input("cars-from", "data"),
        Input("cars-to", "data"),
    )
    def life(
        at: At, scheme: str | None, ev: str, first: str, last: str
    ) -> tuple[go.Figure, str, list[dict[str, Any]]]:
        case = _shown(desk, at, scheme)
        found = lives(case, car_of(case, ev))
        span = span_of(found, first, last)
        figure = car_figure.life_figure(found, *span, case.step_h, str(scheme))
        return figure, car_words(case, found), fleet_tables.event_rows(found, *span)


def _register_choice(
    desk: Desk,
    short: Callable[[Case], pl.DataFrame],
    lives: Callable[[Case, int], Life],
    courses: Callable[[Case], Courses],
) -> None:
    @desk.callback(
        Output("cars-ev", "value"),
        Output("cars-from", "data"),
        Output("cars-to", "data"),
        *(Input(f"cars-{key}", "n_clicks") for key, _, _ in layout.BUTTONS),
        Input("cars-picked", "data"),
        Input("cars-life-zoom", "data"),
        State("cars-ev", "value"),
        State("cars-from", "data"),
        State("cars-to", "data"),
        State("at", "data"),
        prevent_initial_call=True,
    )
    def choose(*told: Any) -> tuple[str, str, str]:
        *_, picked, relayout, asked, first, last, at = told
        case, how = desk.case(at), str(ctx.triggered_id).removeprefix("cars-")
        ev = car_of(case, asked)
        if how == "next":
            return str(next_short(short(case), ev)), "", ""
        if how == "most":
            return str(most_discharged(case)), "", ""
        if how == "picked":
            row = picked if isinstance(picked, dict) else {}
            return str(car_of(case, row.get("ev"))), *week_around(row.get("left"))
        life = lives(case, ev)
        if how != "life-zoom":
            span = moved(life, span_of(life, first, last), how)
            return str(ev), *in_address(span)
        since, until = zoomed(relayout, courses(case))
        whole = in_address((life.begin, life.end))
        return str(ev), *((since, until) if since else whole)


def _shown(desk: Desk, at: At, scheme: str | None) -> Case:
    if scheme is None:
        raise PreventUpdate
    return desk.case(at)


def _held(figure: go.Figure, part: Courses, since: str, until: str) -> go.Figure:
    """The figure with its axis on the time that was asked for."""
    if len(part.time):
        ends = [str(part.time[0]), str(part.time[-1])]
        figure.update_xaxes(range=ends)
    return figure.update_layout(uirevision=f"{since}{until}")


def _with_hour(case: Case, stays: pl.DataFrame) -> pl.DataFrame:
    hour = local_times(case, stays["plug_out"]).astype("datetime64[h]").astype(int) % 24
    return stays.with_columns(hour=pl.Series(hour))
