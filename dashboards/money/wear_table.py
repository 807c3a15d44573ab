"""How each battery faded, and what giving cost it: rows, columns, figures."""

from __future__ import annotations

from typing import Any

import numpy as np
import plotly.graph_objects as go
import polars as pl

from dashboards import columns, theme
from dashboards.money.charging_table import mark_car
from dashboards.thinning import kept_rows
from twin.accounts.chemistries import CHEMISTRIES
from twin.accounts.horizon import is_a_year
from twin.analysis.battery_section import paired
from twin.analysis.battery_wear import table
from twin.analysis.case import Case
from twin.analysis.wear import LATER_YEARS

Row = dict[str, Any]
HEIGHT = 360
PERCENT = 100.0


def columns_of(case: Case) -> list[columns.Column]:
    """A car's life, its loss by chemistry; ten years where a year was run."""
    made = [
        columns.number("ev", "Car", 0, 62),
        columns.text("model", "Model", 140),
        columns.number("soc", "Mean charge [%]", 1, 78),
        columns.number("depth", "Mean daily depth [%]", 1, 84),
        columns.number("deepest", "Deepest cycle [%]", 1, 84),
        columns.number("full_cycles", "Full cycles", 2, 74),
    ]
    for name in CHEMISTRIES:
        head = name.upper()
        made += [
            columns.number(f"{name}_calendar", f"{head}: calendar [%]", 4, 92),
            columns.number(f"{name}_cycling", f"{head}: cycling [%]", 4, 92),
            columns.number(f"{name}_loss", f"{head}: loss [%]", 4, 92),
            columns.change(
                f"{name}_usd",
                f"{head}: against the other run [USD]",
                2,
                104,
                "What this charging took off the pack beyond the run that wear is "
                "held against",
            ),
        ]
    made += [
        columns.number("published_low", "Published: lowest [%]", 4, 92),
        columns.number("published_high", "Published: highest [%]", 4, 92),
    ]
    if is_a_year(case.days):
        made += [
            columns.number(
                f"{name}_later",
                f"{name.upper()}: new one after {LATER_YEARS} years [%]",
                1,
                104,
            )
            for name in CHEMISTRIES
        ]
    return made


def wear_rows(case: Case, other: Case | None, chemistry: str) -> list[Row]:
    """A row a car, the most worn first if of that chemistry; losses in %."""
    usd = {} if other is None else _usd(case, other)
    shares = [
        name
        for name in table(case).columns
        if name not in ("ev", "model", "capacity_kwh", "full_cycles", "degc")
    ]
    ranked = table(case).sort(f"{chemistry}_loss", descending=True, maintain_order=True)
    told = ranked.with_columns((pl.col(shares) * PERCENT).round(6))
    return [
        {
            **row,
            "key": str(row["ev"]),
            **{f"{name}_usd": round(usd[name][row["ev"]], 4) for name in usd},
        }
        for row in told.iter_rows(named=True)
    ]


def wear_figure(
    rows: list[Row], chemistry: str, picked: str | None, scheme: str
) -> go.Figure:
    """Loss by calendar and by cycling, a bar a car, beside published chemistries."""
    look = theme.palette(scheme)
    values = {
        name: np.array([row[name] or 0.0 for row in rows])
        for name in (
            f"{chemistry}_calendar",
            f"{chemistry}_cycling",
            "published_low",
            "published_high",
        )
    }
    kept = kept_rows(np.stack(list(values.values()), axis=1))
    told = [f"car {rows[k]['ev']}, {rows[k]['model']}" for k in kept]
    figure = go.Figure()
    for part, colour in (("calendar", look.parked), ("cycling", look.driving)):
        figure.add_bar(
            x=kept + 1,
            y=values[f"{chemistry}_{part}"][kept],
            name=f"{part}, {chemistry.upper()}",
            marker={"color": colour, "line": {"width": 0}},
            text=told,
            textposition="none",
            customdata=[rows[k]["key"] for k in kept],
            hovertemplate="%{text}: %{y:.4f} %",
        )
    for name, words, symbol in (
        ("published_high", "published chemistries: the highest", "triangle-down-open"),
        ("published_low", "the lowest", "triangle-up-open"),
    ):
        figure.add_scatter(
            x=kept + 1,
            y=values[name][kept],
            mode="markers",
            name=words,
            marker={"symbol": symbol, "size": 7, "color": look.ink},
            hovertemplate="%{y:.4f} %",
        )
    mark_car(figure, [row["key"] for row in rows], picked, look)
    figure.update_layout(barmode="stack", bargap=0.08, hovermode="closest")
    figure.update_yaxes(title="lost of a new battery [%]", rangemode="tozero")
    figure.update_xaxes(title="cars, the most worn first")
    return theme.dressed(figure, scheme, HEIGHT)


def _usd(case: Case, other: Case) -> dict[str, list[float]]:
    capacity = case.evs["capacity_kwh"].to_numpy()
    return {
        name: paired(case, other, name).usd(capacity).tolist() for name in CHEMISTRIES
    }
