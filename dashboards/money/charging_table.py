"""What each car bought at home and away, and what it gave: rows, columns, a figure."""

from __future__ import annotations

from typing import Any

import numpy as np
import plotly.graph_objects as go

from dashboards import columns, theme
from dashboards.money.pairs import a_month
from twin.analysis.case import Case
from twin.analysis.charging import Charging, charging_of
from twin.arrays import Floats

Row = dict[str, Any]
HEIGHT = 330
COLUMNS = (
    columns.number("ev", "Car", 0, 62),
    columns.text("model", "Model", 150),
    columns.text("home", "Home", 100),
    columns.number("drawn_kwh", "At home [kWh a month]", 1, 96),
    columns.number("drawn_usd", "At home [USD a month]", 2, 96),
    columns.number("home_price", "Price at home [USD/kWh]", 3, 96),
    columns.number("given_kwh", "Given back [kWh a month]", 1, 96),
    columns.number("given_usd", "Earned by giving [USD a month]", 2, 100),
    columns.number("away_kwh", "Away [kWh a month]", 1, 90),
    columns.number("away_usd", "Away [USD a month]", 2, 90),
    columns.number("away_price", "Price away [USD/kWh]", 3, 90),
    columns.text(
        "hypothetical",
        "Hypothetical",
        138,
        "Gives what the catalogue says it cannot",
    ),
)
ABOUT = (
    "A month of 30.4 days. At home: every interval's energy at its recorded price, as "
    "a meter of the car's own would show it; a bill nets it with the home and its PV. "
    "Away: bought on the way, beside the bill."
)


def charging_rows(case: Case) -> list[Row]:
    """A row a car, who bought most first; USD at home only of kept intervals."""
    month, found = a_month(case), charging_of(case)
    names = dict(case.customers.select("customer", "name").iter_rows())
    rows = []
    for ev, car in enumerate(case.evs.iter_rows(named=True)):
        away_kwh, away_usd = car["public_kwh"], car["public_usd"]
        rows.append(
            {
                "ev": ev,
                "key": str(ev),
                "model": car["model"],
                "home": str(names.get(car["customer"], "–")),
                **_at_home(car, found, ev, month),
                "away_kwh": round(away_kwh * month, 3),
                "away_usd": round(away_usd * month, 3),
                "away_price": round(away_usd / away_kwh, 4) if away_kwh > 0 else None,
                "hypothetical": "yes" if car["hypothetical"] else "–",
            }
        )
    return sorted(rows, key=lambda one: -(one["drawn_kwh"] + one["away_kwh"]))


def charging_figure(rows: list[Row], picked: str | None, scheme: str) -> go.Figure:
    """Energy bought at home and away, a bar a car; given back below zero."""
    look = theme.palette(scheme)
    figure = go.Figure()
    x = np.arange(1, len(rows) + 1)
    told = [f"car {row['ev']}, {row['model']}, {row['home']}" for row in rows]
    for key, name, colour, sign in (
        ("drawn_kwh", "bought at home", look.charge, 1),
        ("away_kwh", "bought away", look.driving, 1),
        ("given_kwh", "given back", look.give, -1),
    ):
        values: Floats = sign * np.array([row[key] for row in rows])
        if not np.abs(values).max(initial=0.0) >= 0.05:
            continue
        figure.add_bar(
            x=x,
            y=values,
            name=name,
            marker={"color": colour, "line": {"width": 0}},
            text=told,
            textposition="none",
            customdata=[row["key"] for row in rows],
            hovertemplate="%{text}: %{y:,.1f} kWh a month",
        )
    mark_car(figure, [row["key"] for row in rows], picked, look)
    figure.update_layout(barmode="relative", bargap=0.08, hovermode="closest")
    figure.update_yaxes(title="kWh a month", zeroline=True)
    figure.update_xaxes(title="cars, who bought most first")
    return theme.dressed(figure, scheme, HEIGHT).update_yaxes(zeroline=True)


def mark_car(
    figure: go.Figure, keys: list[str], picked: str | None, look: theme.Palette
) -> None:
    """A dashed line where the picked car stands among the others."""
    if picked in keys:
        at = keys.index(str(picked)) + 1
        line = {"color": look.ink, "width": 1.4, "dash": "dash"}
        figure.add_vline(
            x=at, line=line, annotation_text=f"car {picked}", annotation_font_size=12
        )


def _at_home(
    car: dict[str, Any], found: Charging | None, ev: int, month: float
) -> dict[str, float | None]:
    if found is None:
        return {
            "drawn_kwh": round(car["charged_kwh"] * month, 3),
            "drawn_usd": None,
            "home_price": None,
            "given_kwh": round(car["discharged_kwh"] * month, 3),
            "given_usd": None,
        }
    drawn, usd = float(found.drawn_kwh[ev]), float(found.drawn_usd[ev])
    return {
        "drawn_kwh": round(drawn * month, 3),
        "drawn_usd": round(usd * month, 3),
        "home_price": round(usd / drawn, 4) if drawn > 0 else None,
        "given_kwh": round(float(found.given_kwh[ev]) * month, 3),
        "given_usd": round(float(found.given_usd[ev]) * month, 3),
    }
