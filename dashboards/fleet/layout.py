"""How the cars page is laid out."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

import dash_mantine_components as dmc
from dash import dcc, html
from dash.development.base_component import Component

from dashboards import parts
from dashboards.desk import Query
from dashboards.fleet import car_figure, participation
from dashboards.fleet import tables as fleet_tables
from dashboards.fleet.car_choice import (
    car_names,
    worst_car,
)
from dashboards.thinning import instant
from twin.analysis.case import Case

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


_TOLD = ("fleet-zoom", "life-zoom", "picked")


_PICK: Mapping[str, Any] = {
    "rowSelection": {
        "mode": "singleRow",
        "checkboxes": False,
        "enableClickSelection": True,
    }
}


def body(case: Case, query: Query) -> Component:
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
            participation.card(case),
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
                is_first=True,
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
