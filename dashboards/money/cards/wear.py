"""Battery wear: against the same cars charged otherwise, and car by car."""

from __future__ import annotations

from typing import Any

import plotly.graph_objects as go
from dash import Input, Output, State, dcc, html, no_update
from dash.development.base_component import Component
from dash.exceptions import PreventUpdate

from dashboards import columns, parts, theme
from dashboards.beside import At
from dashboards.desk import Desk, Query
from dashboards.money import pairs, wear_table
from dashboards.money.pairs import row_of
from twin.accounts.attribution import END_OF_LIFE_SHARE, PACK_USD_PER_KWH
from twin.accounts.chemistries import CHEMISTRIES
from twin.accounts.horizon import is_a_year
from twin.analysis.battery_section import Cost, cost_of
from twin.analysis.battery_wear import table as worn
from twin.analysis.case import Case
from twin.analysis.wear import AGE_YEARS, LATER_YEARS, Wear

ORDER = 50
CHOICES = tuple((name, name.upper()) for name in CHEMISTRIES)
HEAD = (
    "If of",
    "calendar [% points]",
    "cycling [% points]",
    "together [% points]",
    "USD per car",
    "kWh given per car",
    "USD per kWh given",
)


def card(desk: Desk, case: Case, query: Query) -> Component:
    """What it cost by chemistry, the chart of cars, the table of cars."""
    chemistry = chemistry_of(query.get("chem"))
    known = wear_table.columns_of(case)
    sort = columns.checked_sort(known, query.get("wearsort"))
    grid: Any = parts.grid(
        "money-wear",
        columns.ordered(known, sort),
        options=columns.PICK_ONE,
        height=340,
        row_id="key",
    )
    car = row_of(query.get("car"), case.n_ev)
    grid.selectedRows = {"ids": [] if car is None else [str(car)]}
    return html.Div(
        [
            dcc.Store(id="money-wearsort", data=query.get("wearsort", "")),
            dcc.Store(id="money-car", data=None if car is None else str(car)),
            parts.card(
                html.Div(html.P("Reading states of charge …"), id="money-cost"),
                "Battery wear: what this charging took",
            ),
            parts.chart(
                "money-fade",
                "Battery wear, car by car",
                "",
                wear_table.HEIGHT,
                parts.choice("money-chem", CHOICES, chemistry, "If of which chemistry"),
            ),
            parts.card(
                [grid, html.P(basis(case), className="caption")],
                "Every car's battery",
                table="money-wear",
            ),
        ],
        hidden=not case.n_ev,
    )


def register(desk: Desk) -> None:
    """What fills them."""
    desk.remember("money", "chem.value", "car.data", "wearsort.data")
    desk.clientside(
        "order",
        Output("money-wearsort", "data"),
        Input("money-wear", "columnState"),
        prevent_initial_call=True,
    )
    _register_cost(desk)
    _register_cars(desk)


def _register_cost(desk: Desk) -> None:
    @desk.after(
        "money",
        Output("money-cost", "children"),
        Input("at", "data"),
        Input("money-against", "value"),
    )
    def cost(at: At, asked: str | None) -> list[Component]:
        case = desk.case(at)
        if not case.n_ev:
            raise PreventUpdate
        if case.wear is None:
            return [html.P(_not_told(), className="caption")]
        other, label = pairs.wear_case(desk.library, at, asked)
        if other is None or other.wear is None:
            return [html.P(_alone(case), className="caption"), _later(case, None, "")]
        found = told(case, other, other.wear, label)
        return [*found, _later(case, other, label)]


def _register_cars(desk: Desk) -> None:
    @desk.after(
        "money",
        Output("money-wear", "rowData"),
        Input("at", "data"),
        Input("money-against", "value"),
        Input("money-chem", "value"),
    )
    def table(at: At, asked: str | None, chemistry: str) -> list[dict[str, Any]]:
        case = desk.case(at)
        other, _ = pairs.wear_case(desk.library, at, asked)
        return wear_table.wear_rows(case, other, chemistry_of(chemistry))

    @desk.after(
        "money",
        Output("money-fade", "figure"),
        Output("money-fade-caption", "children"),
        Input("at", "data"),
        Input("money-chem", "value"),
        Input("money-car", "data"),
        Input("scheme", "data"),
    )
    def fade(
        at: At, chemistry: str, car: str | None, scheme: str | None
    ) -> tuple[go.Figure, str]:
        case = desk.case(at)
        if scheme is None or not case.n_ev:
            raise PreventUpdate
        if case.wear is None:
            return theme.gap(_not_told(), scheme, wear_table.HEIGHT), ""
        chosen = chemistry_of(chemistry)
        rows = wear_table.wear_rows(case, None, chosen)
        words = (
            f"Lost in these {round(case.days, 1):g} days if the car had "
            f"{chosen.upper()}; the catalogue does not say which. Triangles: six "
            "published chemistries under like conditions. Click a row below to mark a "
            "car."
        )
        return wear_table.wear_figure(rows, chosen, car, scheme), words

    @desk.callback(
        Output("money-car", "data"),
        Input("money-wear", "selectedRows"),
        State("money-car", "data"),
        prevent_initial_call=True,
    )
    def pick(selected: Any, car: str | None) -> Any:
        """A row picks a car."""
        row = selected[0] if isinstance(selected, list) and selected else {}
        picked = row.get("key")
        return no_update if picked in (None, car) else picked


def chemistry_of(asked: object) -> str:
    """A chemistry as a browser says it; else the first."""
    return parts.one_of(tuple(CHEMISTRIES), asked)


def told(case: Case, other: Case, wear: Wear, label: str) -> list[Component]:
    """A row a chemistry, and how to read it."""
    rows = [
        (f"{name.upper()}, this time", cost_of([(case, wear)], name))
        for name in CHEMISTRIES
    ]
    if is_a_year(case.days) and is_a_year(other.days):
        rows += [
            (
                f"{name.upper()}, {LATER_YEARS} years",
                cost_of([(case, wear)], name, True),
            )
            for name in CHEMISTRIES
        ]
    head = html.Tr([html.Th(one, scope="col") for one in HEAD])
    body = [html.Tr(_cells(name, cost)) for name, cost in rows]
    words = (
        f"Against {label}: the loss here less that of the same cars on the same trips "
        "there; − is capacity spared. Resting at a lower charge may save more than "
        f"giving costs. A pack is taken as {PACK_USD_PER_KWH:g} USD/kWh, used up at "
        f"{100 * END_OF_LIFE_SHARE:g} % (assumptions)."
    )
    return [
        html.Table([html.Thead(head), html.Tbody(body)], className="plain"),
        html.P(words, className="caption"),
    ]


def basis(case: Case) -> str:
    """What the wear of every car rests on."""
    return (
        "% of the new battery's capacity, lost in the recorded time. Every battery "
        f"begins {AGE_YEARS:g} years old; its temperature is the outdoor air's, half a "
        "day late. Published: six chemistries in the case nearest to the car's life."
    )


def _later(case: Case, other: Case | None, label: str) -> Component:
    """Ten years like these: told only where a whole year was run."""
    if not is_a_year(case.days):
        words = (
            f"After {LATER_YEARS} years: not told of {round(case.days, 1):g} days. "
            "Seasons differ and losses slow down, so that it takes a year "
            "(time.days: 365)."
        )
        return html.P(words, className="caption")
    means = worn(case).mean().row(0, named=True)
    said = ", ".join(
        f"{100 * means[f'{name}_later']:.1f} % if {name.upper()}"
        for name in CHEMISTRIES
        if means[f"{name}_later"] is not None
    )
    return html.P(
        f"After {LATER_YEARS} years like this one a new battery has lost {said}, the "
        "mean car."
    )


def _cells(name: str, cost: Cost) -> list[Component]:
    price = cost.usd_per_kwh
    said = [
        *(_signed(value, 4) for value in (cost.calendar, cost.cycling, cost.total)),
        _signed(cost.usd, 2),
        f"{cost.given_kwh:,.1f}",
        "–" if price is None else _signed(price, 4),
    ]
    return [html.Th(name, scope="row"), *map(html.Td, said)]


def _alone(case: Case) -> str:
    if case.policy == "uncontrolled":
        return (
            "Cars here charge as their drivers please: that is what others are held "
            "against. Choose a run with the same cars above to set this one against it."
        )
    return (
        "What it costs is told against the same cars on the same trips, charged as "
        "their drivers please: record it beside the run (reference: uncontrolled), "
        "or run a study with a variant {policy.name: uncontrolled}."
    )


def _not_told() -> str:
    return (
        "Wear takes every car's state of charge in every interval (output.level: all)"
    )


def _signed(value: float, digits: int) -> str:
    return f"{value:+,.{digits}f}".replace("-", "−")
