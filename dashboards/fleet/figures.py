"""Figures of the whole fleet: what it does, what it holds, its day, its departures."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

import numpy as np
import plotly.graph_objects as go
import polars as pl

from dashboards import theme
from dashboards.fleet.courses import QUANTILES, Columns, Courses, columns_of
from dashboards.fleet.departures import REASONS
from twin.analysis.theme import tint
from twin.arrays import Ints

NAMES: Mapping[str, str] = {
    "giving": "giving",
    "charging": "charging",
    "idle": "plugged, idle",
    "home": "at home, not plugged",
    "work": "parked at work",
    "other": "parked elsewhere",
    "driving": "driving",
    "plugged": "plugged",
    "parked": "parked, not plugged",
}
MOST_CARS = 15


def colours(scheme: str) -> dict[str, str]:
    """The colour of everything that a car does."""
    look = theme.palette(scheme)
    return {
        "giving": look.give,
        "charging": look.charge,
        "idle": tint(look.charge, 0.28),
        "plugged": tint(look.charge, 0.28),
        "home": tint(look.parked, 0.38),
        "work": look.parked,
        "parked": look.parked,
        "other": look.grey,
        "driving": look.driving,
    }


def reason_colours(scheme: str) -> dict[str, str]:
    """The colour of every reason for a short departure."""
    look = theme.palette(scheme)
    picked = (look.parked, look.driving, look.give, look.charge, look.low, look.faint)
    return dict(zip(REASONS, picked, strict=True))


def doing_figure(courses: Courses, unit: str, n_ev: int, scheme: str) -> go.Figure:
    """What the cars do, stacked; ``unit``: share or cars."""
    columns, look = columns_of(courses), colours(scheme)
    scale, suffix = (100 / max(1, n_ev), " %") if unit == "share" else (1.0, " cars")
    figure = go.Figure()
    for number, name in enumerate(courses.doing):
        figure.add_scatter(
            x=columns.time,
            y=np.round(columns.cars[:, number] * scale, 2),
            mode="lines",
            line={"width": 0, "color": look[name]},
            fillcolor=look[name],
            stackgroup="doing",
            name=NAMES[name],
            hovertemplate=f"%{{y:.1f}}{suffix}",
        )
    top = 100 if unit == "share" else n_ev
    words = "cars [%]" if unit == "share" else "cars"
    figure.update_yaxes(title=words, range=[0, top])
    return _over_time(figure, scheme)


def fan_figure(
    courses: Courses, which: str, marks: Mapping[str, float], scheme: str
) -> go.Figure:
    """State of charge over cars; ``which``: all or plugged; ``marks``: levels to draw.

    Courses without a state of charge give no figure: ask ``courses.soc`` first.
    """
    columns, look = columns_of(courses), theme.palette(scheme)
    soc = _levels(columns, which)
    figure = go.Figure()
    for name, low, high, opacity in _BANDS:
        edge = {"x": columns.time, "mode": "lines", "line": {"width": 0}}
        percent = [f"{100 * QUANTILES[at]:.0f} %" for at in (low, high)]
        ends = [
            "lowest" if low == 0 else percent[0],
            "highest" if low == 0 else percent[1],
        ]
        figure.add_scatter(
            **edge,
            y=soc[:, low],
            name=ends[0],
            showlegend=False,
            hovertemplate="%{y:.1f} %",
        )
        figure.add_scatter(
            **edge,
            y=soc[:, high],
            name=ends[1],
            showlegend=False,
            fill="tonexty",
            fillcolor=tint(look.charge, opacity),
            hovertemplate="%{y:.1f} %",
        )
        figure.add_scatter(
            x=[None],
            y=[None],
            mode="markers",
            marker={
                "symbol": "square",
                "size": 12,
                "color": tint(look.charge, opacity),
            },
            name=name,
            hoverinfo="none",
        )
    figure.add_scatter(
        x=columns.time,
        y=soc[:, 3],
        mode="lines",
        line={"color": look.charge, "width": 2},
        name="median",
        hovertemplate="%{y:.1f} %",
    )
    for words, level in marks.items():
        _level(figure, words, 100 * level, look)
    figure.update_yaxes(title="state of charge [%]", range=[0, 101])
    return _over_time(figure, scheme)


def day_figure(day: pl.DataFrame, scheme: str) -> go.Figure:
    """Mean charging and giving of a car over the local day."""
    look, figure = theme.palette(scheme), go.Figure()
    for weekend, words, dash in ((False, "Mon–Fri", "solid"), (True, "Sat–Sun", "dot")):
        part = day.filter(pl.col("weekend") == weekend)
        hour = part["minute"].to_numpy() / 60
        for name, sign, colour in (
            ("charge_kw", 1, look.charge),
            ("give_kw", -1, look.give),
        ):
            values = sign * part[name].to_numpy()
            if sign < 0 and not values.any():
                continue
            figure.add_scatter(
                x=hour,
                y=np.round(values, 4),
                mode="lines",
                line={"color": colour, "dash": dash, "width": 2},
                name=f"{'charging' if sign > 0 else 'giving'}, {words}",
                hovertemplate="%{y:.2f} kW",
            )
    figure.update_layout(showlegend=True)
    figure.update_yaxes(title="mean power [kW per car]", zeroline=True)
    return _over_hours(figure, scheme)


def hours_figure(hours: pl.DataFrame, scheme: str) -> go.Figure:
    """When cars are plugged in, and when they depart from a plug."""
    look, figure = theme.palette(scheme), go.Figure()
    for name, words, colour in (
        ("plugged_in", "plugged in", look.charge),
        ("departed", "departed", look.driving),
    ):
        figure.add_bar(
            x=hours["hour"].to_numpy() + 0.5,
            y=np.round(100 * hours[name].to_numpy(), 3),
            name=words,
            marker={"color": colour, "line": {"width": 0}},
            hovertemplate="%{y:.1f} %",
        )
    figure.update_layout(barmode="group", bargap=0.15, bargroupgap=0)
    figure.update_yaxes(title="share [%]")
    return _over_hours(figure, scheme)


def spread_figure(spread: pl.DataFrame, scheme: str) -> go.Figure:
    """With which state of charge stays at a plug begin and end."""
    look, figure = theme.palette(scheme), go.Figure()
    width = 100 / max(1, spread.height)
    for name, words, colour in (
        ("at_plug_in", "at plug-in", look.charge),
        ("at_departure", "at departure", look.driving),
    ):
        figure.add_bar(
            x=100 * spread["soc"].to_numpy() + width / 2,
            y=np.round(100 * spread[name].to_numpy(), 3),
            name=words,
            marker={"color": colour, "line": {"width": 0}},
            hovertemplate="%{y:.1f} %",
        )
    figure.update_layout(
        barmode="group", bargap=0.15, bargroupgap=0, hovermode="x unified"
    )
    figure.update_xaxes(title="state of charge [%]", range=[0, 100], dtick=10)
    figure.update_yaxes(title="share of stays [%]")
    return theme.dressed(figure, scheme, 300)


def short_by_hour(every: Ints, short: pl.DataFrame, scheme: str) -> go.Figure:
    """Which share of each hour's departures fell short, and why.

    every   departures of each local hour                                        [24]
    short   with a column ``hour``: the local hour of the departure
    """
    look, figure = reason_colours(scheme), go.Figure()
    for reason, words in REASONS.items():
        hours = short.filter(pl.col("reason") == reason)["hour"].to_numpy()
        count = np.bincount(hours, minlength=24)
        if not count.any():
            continue
        figure.add_bar(
            x=np.arange(24) + 0.5,
            y=np.round(100 * count / np.maximum(every, 1), 3),
            customdata=np.stack([count, every], axis=1),
            name=words,
            marker={"color": look[reason], "line": {"width": 0}},
            hovertemplate="%{y:.1f} %: %{customdata[0]} of %{customdata[1]}",
        )
    figure.update_layout(barmode="stack", bargap=0.12, showlegend=True)
    figure.update_yaxes(title="of the hour's departures [%]", rangemode="tozero")
    return _over_hours(figure, scheme)


def short_by_car(short: pl.DataFrame, scheme: str) -> go.Figure:
    """The cars that lacked the most energy in all, and why; a bar's car is its x."""
    look, figure = reason_colours(scheme), go.Figure()
    totals = short.group_by("ev").agg(pl.col("shortfall_kwh").sum(), pl.len())
    worst = totals.sort("shortfall_kwh", "ev", descending=[True, False]).head(MOST_CARS)
    order = worst["ev"].to_list()
    for reason, words in REASONS.items():
        mine = short.filter(
            (pl.col("reason") == reason) & pl.col("ev").is_in(order)
        ).group_by("ev")
        found = {ev: (kwh, n) for ev, kwh, n in mine.agg(*_MISSING).iter_rows()}
        if not found:
            continue
        figure.add_bar(
            x=[str(ev) for ev in order],
            y=[round(found.get(ev, (0.0, 0))[0], 2) for ev in order],
            customdata=[found.get(ev, (0.0, 0))[1] for ev in order],
            name=words,
            marker={"color": look[reason], "line": {"width": 0}},
            hovertemplate="%{y:.1f} kWh at %{customdata} departures",
        )
    figure.update_layout(
        barmode="stack", bargap=0.2, hovermode="x unified", showlegend=True
    )
    figure.update_xaxes(title="car", type="category", tickangle=0)
    figure.update_yaxes(title="missing at departure [kWh]")
    return theme.dressed(figure, scheme, 300)


def caption_of(courses: Courses, what: str) -> str:
    """How the columns of a figure over time came about."""
    each = columns_of(courses).each
    if each == "interval":
        return ""
    means = {
        "doing": f" Each column is the mean of {_A[each]}; zoom in for every interval.",
        "fan": f" Each column is {_A[each]}: its lowest and highest charge, and the "
        "mean of the other levels; zoom in for every interval.",
    }
    return means[what]


def _levels(columns: Columns, which: str) -> Any:
    soc = columns.soc_plugged if which == "plugged" else columns.soc
    assert soc is not None
    return np.round(100 * soc.astype(np.float64), 2)


def _level(figure: go.Figure, words: str, percent: float, look: theme.Palette) -> None:
    figure.add_hline(
        y=percent,
        line={"color": look.limit, "width": 1.2, "dash": "dash"},
        annotation={
            "text": f"{words} {percent:.0f} %",
            "font": {"color": look.limit, "size": 12},
            "bgcolor": tint(look.surface, 0.75),
        },
        annotation_position="bottom left",
    )


def _over_time(figure: go.Figure, scheme: str) -> go.Figure:
    figure.update_xaxes(title="local time", type="date")
    figure.update_layout(hovermode="x unified")
    return theme.dressed(figure, scheme, 340)


def _over_hours(figure: go.Figure, scheme: str) -> go.Figure:
    figure.update_xaxes(title="local time of day [h]", range=[0, 24], dtick=3)
    figure.update_layout(hovermode="x unified")
    return theme.dressed(figure, scheme, 300)


_A = {"hour": "an hour", "day": "a day", "week": "a week"}
_BANDS = (
    ("every car", 0, 6, 0.12),
    ("nine in ten (5–95 %)", 1, 5, 0.2),
    ("the middle half (25–75 %)", 2, 4, 0.35),
)
_MISSING = (pl.col("shortfall_kwh").sum(), pl.len())
