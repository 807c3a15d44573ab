"""The cars: what the fleet does and holds, departures short, and one car's life."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import Any

import dash_mantine_components as dmc
import plotly.graph_objects as go
import polars as pl
from dash import Input, Output, State, ctx, dcc, html
from dash.development.base_component import Component
from dash.exceptions import PreventUpdate

from dashboards import parts, theme
from dashboards.desk import Desk, Query
from dashboards.fleet import car_figure
from dashboards.fleet import figures as fleet_figures
from dashboards.fleet import tables as fleet_tables
from dashboards.fleet.car_choice import (
    car_names,
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
from dashboards.fleet.departures import REASONS, ended_stays, short_departures
from dashboards.kept import kept
from dashboards.thinning import instant
from twin.analysis.case import Case

At = Mapping[str, str]
MOST_RUNS, MOST_LIVES = 4, 16
UNITS = (("share", "Share"), ("cars", "Cars"))
BUTTONS = (
    ("next", "Next short one", "The next car with a departure short of target"),
    ("most", "Most discharged", "The car that gave most energy"),
    ("earlier", "← Earlier", "Shift the time shown back by half"),
    ("later", "Later →", "Shift the time shown on by half"),
    ("one-day", "Day", "Show a day"),
    ("one-week", "Week", "Show a week"),
    ("whole", "Whole run", "Show all of it"),
)
FANS = (("all", "All cars"), ("plugged", "At the plug"))


def register(desk: Desk) -> None:
    """The page and its callbacks."""
    desk.run_page("cars", "Cars", 60, _body)
    courses = kept(courses_of, MOST_RUNS)
    short = kept(short_departures, MOST_RUNS)
    lives = kept(lambda case, ev: life_of(case, ev, short(case)), MOST_LIVES)
    _register_fleet(desk, courses)
    _register_departures(desk, short)
    _register_habits(desk)
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
        unit = parts.one_of([key for key, _ in UNITS], unit)
        figure = fleet_figures.doing_figure(part, unit, case.n_ev, str(scheme))
        words = _DOING if case.run.has("ev_steps") else _DOING_SUMMARY
        words += fleet_figures.caption_of(part, "doing")
        return _held(figure, part, since, until), words

    @desk.callback(
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
            return theme.gap(_NO_SOC, scheme, 340), ""
        which = parts.one_of([key for key, _ in FANS], which)
        figure = fleet_figures.fan_figure(part, which, marks_of(case), str(scheme))
        words = _FAN + fleet_figures.caption_of(part, "fan")
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
    @desk.callback(
        Output("cars-by-hour", "figure"),
        Output("cars-by-car", "figure"),
        Input("at", "data"),
        Input("scheme", "data"),
    )
    def departures(at: At, scheme: str | None) -> tuple[go.Figure, go.Figure]:
        case = _shown(desk, at, scheme)
        ended = ended_stays(case)
        if not ended.height:
            nothing = theme.gap(_no_departures(case), scheme, 300)
            return nothing, nothing
        found = short(case)
        if not found.height:
            nothing = theme.gap("Every departure reached its target.", scheme, 300)
            return nothing, nothing
        by_hour = fleet_figures.short_by_hour(
            _with_hour(case, ended), _with_hour(case, found), str(scheme)
        )
        return by_hour, fleet_figures.short_by_car(found, str(scheme))

    @desk.callback(
        Output("cars-worst", "rowData"),
        Output("cars-reasons", "children"),
        Input("at", "data"),
    )
    def worst(at: At) -> tuple[list[dict[str, Any]], str]:
        case = desk.case(at)
        found = short(case)
        return fleet_tables.worst_rows(case, found), reason_words(found)

    @desk.callback(Output("cars-table", "rowData"), Input("at", "data"))
    def cars(at: At) -> list[dict[str, Any]]:
        return fleet_tables.car_rows(desk.case(at))


def _register_habits(desk: Desk) -> None:
    @desk.callback(
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
            nothing = theme.gap(_no_departures(case), scheme, 300)
            return day, nothing, nothing
        hours = fleet_figures.hours_figure(plug_hours(case), str(scheme))
        return day, hours, fleet_figures.spread_figure(soc_spread(case), str(scheme))


def _register_life(desk: Desk, lives: Callable[[Case, int], Life]) -> None:
    @desk.callback(
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
        *(Input(f"cars-{key}", "n_clicks") for key, _, _ in BUTTONS),
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


# ------------------------------------------------------------------------ the layout
def _body(case: Case, query: Query) -> Component:
    if not case.n_ev:
        return parts.empty(
            "There are no cars in this run",
            "Give some homes a car, run the scenario again and look here.",
            "twin run SCENARIO.yaml --set fleet.ev_share=0.4",
        )
    return html.Div(
        [
            *_stores(query),
            *_lacking(case),
            parts.tiles(fleet_tables.tiles_of(case), "cars-tiles"),
            _fleet(query),
            _departures(),
            _life(case, query),
            _table(case),
            _habits(),
        ]
    )


def _stores(query: Query) -> list[Component]:
    asked = {key: query.get(key) for key in ("since", "until", "from", "to")}
    said = {
        key: word if instant(word) is not None else "" for key, word in asked.items()
    }
    told: list[Component] = [dcc.Store(id=f"cars-{key}") for key in _TOLD]
    return told + [dcc.Store(id=f"cars-{key}", data=said[key]) for key in said]


def _lacking(case: Case) -> list[Component]:
    told = []
    if not case.run.is_complete:
        told.append(
            "This run did not reach its end: totals of cars and departures are written "
            "at the end, and missing here. What is shown are the days that it has."
        )
    if not case.run.has("ev_steps"):
        told.append(
            "This run kept no course of each car (output.level: summary). Trips, stays "
            "at the plug and departures are complete; the state of charge is known "
            "at their ends only. Run it with --set output.level=all for the rest."
        )
    return [parts.notice(words, "info") for words in told]


def _fleet(query: Query) -> Component:
    units, fans = [key for key, _ in UNITS], [key for key, _ in FANS]
    unit = parts.one_of(units, query.get("unit"))
    which = parts.one_of(fans, query.get("fan"))
    return html.Div(
        [
            parts.chart(
                "cars-doing",
                "What the cars do",
                height=340,
                controls=parts.choice("cars-unit", UNITS, unit, "Unit"),
            ),
            parts.chart(
                "cars-soc",
                "State of charge over the fleet",
                height=340,
                controls=parts.choice("cars-fan", FANS, which, "Which cars"),
            ),
        ]
    )


def _departures() -> Component:
    return html.Div(
        [
            html.Div(
                [
                    parts.chart(
                        "cars-by-hour",
                        "Departures short of target, by hour",
                        "Short: lacks more than 1 % of the battery's capacity. The "
                        "reason is inferred from the record.",
                        300,
                    ),
                    parts.chart(
                        "cars-by-car",
                        "Cars that lacked most",
                        "All short departures of a car. A click shows its life below.",
                        300,
                    ),
                ],
                className="columns",
            ),
            parts.card(
                [
                    parts.grid("cars-worst", fleet_tables.WORST, (), _PICK, 350, "key"),
                    html.P(id="cars-reasons", className="caption"),
                ],
                "Worst departures",
                table="cars-worst",
            ),
        ]
    )


def _life(case: Case, query: Query) -> Component:
    cars = [str(car) for car in range(case.n_ev)]
    ev = parts.one_of(cars, query.get("ev"), str(worst_car(case)))
    return html.Div(
        [
            parts.chart(
                "cars-life",
                "One car's life",
                "",
                car_figure.HEIGHT,
                [_choice_of_car(case, ev), *_buttons()],
            ),
            parts.card(
                [parts.grid("cars-events", fleet_tables.EVENTS, (), None, 350, "key")],
                "What happened in the time shown, and why",
                table="cars-events",
            ),
        ],
        id="cars-life-place",
    )


def _choice_of_car(case: Case, ev: str) -> Any:
    return dmc.Select(
        id="cars-ev",
        data=[{"value": value, "label": words} for value, words in car_names(case)],
        value=ev,
        allowDeselect=False,
        searchable=True,
        limit=100,
        size="xs",
        w=300,
        nothingFoundMessage="no car is called so",
        **parts.labelled("Car, by number, model or customer"),
    )


def _buttons() -> list[Component]:
    return [
        html.Button(
            name, id=f"cars-{key}", type="button", className="plain", title=about
        )
        for key, name, about in BUTTONS
    ]


def _table(case: Case) -> Component:
    if not case.run.has("evs"):
        return parts.notice("The table of cars is written when a run ends.", "info")
    return parts.card(
        [
            parts.grid("cars-table", fleet_tables.CARS, (), _PICK, 430, "key"),
            html.P(
                "A click, or the space bar, shows a car's life above. SOC: state of "
                "charge. Public: bought on the way, for lack of charge.",
                className="caption",
            ),
        ],
        "Cars",
        table="cars-table",
    )


def _habits() -> Component:
    charts = (
        (
            "cars-day",
            "Average day",
            "Mean over days, plugged or not: what one more car adds to the load.",
        ),
        (
            "cars-hours",
            "Plugging in and departing",
            "Of all plug-ins, and of all departures from a plug.",
        ),
        (
            "cars-spread",
            "Charge at plug-in and at departure",
            "Of all stays at a plug; of those that ended.",
        ),
    )
    return html.Div(
        [parts.chart(key, title, about, 300) for key, title, about in charts],
        className="columns thirds",
    )


# ------------------------------------------------------------------------ the numbers
def marks_of(case: Case) -> dict[str, float]:
    """Levels of charge that the scenario names: what drivers want, what V2G leaves."""
    fleet, policy = case.scenario.get("fleet"), case.scenario.get("policy")
    found = {}
    if isinstance(fleet, Mapping) and fleet.get("target_soc"):
        found["target"] = float(fleet["target_soc"])
    if case.is_v2g and isinstance(policy, Mapping) and policy.get("reserve_soc"):
        found["reserve"] = float(policy["reserve_soc"])
    return found


def reason_words(short: pl.DataFrame) -> str:
    """How often each reason, in one line."""
    counts = dict(short["reason"].value_counts().iter_rows())
    told = [f"{REASONS[key]}: {counts[key]:,}" for key in REASONS if key in counts]
    shown = f"The {min(short.height, 200)} that lacked most of {short.height:,}. "
    return (
        f"{shown}Reason inferred from the record: {'; '.join(told)}."
        if told
        else "No departure fell short of its target."
    )


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


def _no_departures(case: Case) -> str:
    if not case.run.is_complete:
        return "Departures are known when a run has reached its end: run it again."
    return "No car departed from a plug in this run."


_DOING = (
    "What each car does at the end of an interval; a car that charged or gave within "
    "it counts as that. Local time. Drag to zoom, double-click for all."
)
_DOING_SUMMARY = (
    "Counted from the totals: this run does not tell charging from waiting, nor "
    "where cars are parked. Local time. Drag to zoom, double-click for all."
)
_FAN = "Over cars, at the end of each interval. Local time."
_TOLD = ("fleet-zoom", "life-zoom", "picked")
_NO_SOC = (
    "The state of charge of every car is kept with output.level: all.<br>"
    "Run it again with --set output.level=all."
)
_PICK: Mapping[str, Any] = {
    "rowSelection": {
        "mode": "singleRow",
        "checkboxes": False,
        "enableClickSelection": True,
    }
}
