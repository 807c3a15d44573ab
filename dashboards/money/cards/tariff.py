"""The tariff: where its prices come from, since when they hold, how sure they are."""

from __future__ import annotations

import dash_mantine_components as dmc
import plotly.graph_objects as go
from dash import Input, Output, html
from dash.development.base_component import Component
from dash.exceptions import PreventUpdate

from dashboards import parts, theme
from dashboards.beside import At
from dashboards.desk import Desk, Query
from dashboards.loading.courses import local_times
from dashboards.money.prices import Part, parts_of, prices
from dashboards.thinning import kept_rows
from twin.analysis.case import Case
from twin.surroundings.tariff import Tariff
from twin.surroundings.tariffs import Prices

ORDER = 30
HEIGHT = 300


def card(desk: Desk, case: Case, query: Query) -> Component:
    """Facts beside the course of prices."""
    chart = parts.chart("money-prices", "Prices over time", "", HEIGHT)
    return html.Div([_facts(case), chart], className="columns")


def register(desk: Desk) -> None:
    """What draws the prices."""

    @desk.after(
        "money",
        Output("money-prices", "figure"),
        Output("money-prices-caption", "children"),
        Input("at", "data"),
        Input("scheme", "data"),
    )
    def drawn(at: At, scheme: str | None) -> tuple[go.Figure, str]:
        if scheme is None:
            raise PreventUpdate
        words = "As the run recorded them, local time; a week at first. "
        return prices_figure(desk.case(at), scheme), words + "Double-click for all."


def prices_figure(case: Case, scheme: str) -> go.Figure:
    """What a kWh drawn costs and a kWh given earns, the first week on the screen."""
    look = theme.palette(scheme)
    time = local_times(case, case.steps["time"])
    figure = go.Figure()
    for name, words, colour, dash in (
        ("price_usd_per_kwh", "drawn", look.charge, "solid"),
        ("export_price_usd_per_kwh", "given back", look.give, "dash"),
    ):
        values = case.steps[name].cast(float).to_numpy()
        rows = kept_rows(values)
        figure.add_scatter(
            x=time[rows],
            y=values[rows],
            name=words,
            line={"color": colour, "shape": "hv", "dash": dash, "width": 1.8},
            hovertemplate="%{y:.3f} USD/kWh",
        )
    week = time[: max(2, round(168 / case.step_h))]
    figure.update_yaxes(title="price [USD/kWh]", rangemode="tozero")
    figure.update_xaxes(
        title="local time", type="date", range=[str(week[0]), str(week[-1])]
    )
    figure.update_layout(hovermode="x unified")
    return theme.dressed(figure, scheme, HEIGHT)


def _facts(case: Case) -> Component:
    found = prices(case)
    if found is None:
        file = (case.scenario.get("tariff") or {}).get("file")
        words = (
            f"Realtime prices from {str(file).rpartition('/')[2]}: of energy alone, "
            "without fixed charges."
            if file
            else "The scenario's tariff is not known to this version of the twin."
        )
        return parts.card(html.P(words), "Tariff")
    held = found.in_force
    rows = [row for one in held for row in _rows(one, len(held) > 1)]
    rows += _about(found)
    every = [_part(one, len(held) > 1) for one in parts_of(held)]
    marks = html.Table(
        [
            html.Thead(
                html.Tr([html.Th(one, scope="col") for one in ("Part", "", "From")])
            ),
            html.Tbody(every),
        ],
        className="plain money-marks",
    )
    return parts.card([parts.facts(rows), html.H3("How sure it is"), marks], "Tariff")


def _rows(one: Tariff, named: bool) -> list[tuple[str, str]]:
    head = f"{one.name}, " if named else ""
    return [
        (f"{head}Tariff", f"{one.title} ({one.name})"),
        (f"{head}Source", one.source),
        (f"{head}Effective", one.effective),
    ]


def _about(found: Prices) -> list[tuple[str, str]]:
    charges = found.tariff.charges
    fixed = [
        f"{charges.fixed_usd_per_month:g} USD a month"
        if charges.fixed_usd_per_month
        else "",
        f"{charges.fixed_usd_per_day:g} USD a day" if charges.fixed_usd_per_day else "",
    ]
    earns = (
        "avoided cost by month, day type and hour"
        if found.avoided
        else f"{found.export_usd_per_kwh:g} USD/kWh"
        if found.export_usd_per_kwh
        else "nothing"
    )
    rows = [
        ("Fixed charges", " and ".join(filter(None, fixed)) or "none"),
        ("Given back earns", earns),
        ("Netted by", f"{found.tariff.metering_min} min"),
    ]
    if found.programme is not None:
        rows.append(("Programme", found.programme.name))
    if found.called:
        rows.append(("Event days", ", ".join(map(str, sorted(found.called)))))
    return rows


def _part(part: Part, named: bool) -> Component:
    badge = dmc.Badge(
        part.words,
        color="teal" if part.is_sure else "orange",
        variant="light",
        radius="sm",
        tt="none",
    )
    name = f"{part.name} ({part.tariff})" if named else part.name
    return html.Tr([html.Th(name, scope="row"), html.Td(badge), html.Td(part.how)])
