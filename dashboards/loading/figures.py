"""Draws an element's loading: over time, as a duration curve, by cause, by variant."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import numpy as np
import plotly.graph_objects as go
import polars as pl

from dashboards import theme
from dashboards.loading.blame import Split
from dashboards.loading.courses import Course, Times
from dashboards.loading.loadings import Element
from dashboards.thinning import kept_rows
from twin.analysis.case import Case
from twin.analysis.theme import plain, tint
from twin.arrays import Floats

HEIGHT = 340
LOCAL = "local time"


def course_figure(
    element: Element,
    course: Course,
    unit: str,
    row: int,
    shown: tuple[int, int],
    scheme: str | None,
) -> go.Figure:
    """Loading, or power, over time, with the ratings and the instant in view.

    shown  first interval, and the one past the last, that are on the screen
    """
    look = theme.palette(scheme)
    figure = go.Figure()
    lines = _lines_of(element, course, unit, look)
    for name, values, colour in lines:
        part = slice(*shown)
        rows = kept_rows(values[part]) + shown[0]
        figure.add_scatter(
            x=course.time[rows],
            y=values[rows],
            name=name,
            line={"color": colour, "width": 1.6, "shape": "hv"},
            hovertemplate="%{y:,.1f}",
        )
    if unit == "loading":
        _ratings(figure, element, 100.0, "%", look, lines[0][1])
    elif element.kind == "transformer":
        _ratings(figure, element, element.rating, "kVA", look, lines[0][1])
    _mark(figure, course.time[row], lines[0][1][row], look)
    figure.update_yaxes(title=_axis(element, unit), rangemode="tozero")
    ends = [_text(course.time[row]) for row in (shown[0], shown[1] - 1)]
    figure.update_xaxes(title=LOCAL, type="date", range=ends)
    figure.update_layout(hovermode="x unified", showlegend=len(lines) > 1)
    return theme.dressed(figure, scheme, HEIGHT)


def days_figure(element: Element, days: pl.DataFrame, scheme: str | None) -> go.Figure:
    """The highest loading of every day, where a run keeps no intervals."""
    look = theme.palette(scheme)
    figure = go.Figure()
    for name, column, colour in (
        ("highest of the day", "loading_max", look.accent),
        ("95th percentile", "loading_p95", look.grey),
    ):
        figure.add_scatter(
            x=days["time"].to_numpy(),
            y=100 * days[column].to_numpy(),
            name=name,
            mode="lines+markers",
            line={"color": colour, "width": 1.6},
            hovertemplate="%{y:,.1f} %",
        )
    highest = 100 * days["loading_max"].to_numpy()
    _ratings(figure, element, 100.0, "%", look, highest)
    figure.update_yaxes(title="loading [% of rating]", rangemode="tozero")
    figure.update_xaxes(title="local day", type="date")
    if days.height <= 14:
        figure.update_xaxes(dtick=86_400_000, tickformat="%a %d %b")
    figure.update_layout(hovermode="x unified")
    return theme.dressed(figure, scheme, HEIGHT)


def duration_figure(
    case: Case, element: Element, course: Course, scheme: str | None
) -> go.Figure:
    """How much of the time an element is loaded how far, the others behind it."""
    look = theme.palette(scheme)
    figure = go.Figure()
    told = case.loadings
    curve = None if told is None else told.transformers.curve
    shares = np.linspace(0, 100, 201)
    if curve is not None and element.kind == "transformer":
        for index, name in enumerate(case.transformers["name"].to_list()):
            if index != element.index:
                figure.add_scatter(
                    x=shares,
                    y=100 * curve[:, index],
                    name=plain(str(name)),
                    line={"color": tint(look.grey, 0.45), "width": 1},
                    hovertemplate="%{y:.0f} % for %{x:.1f} % of the time",
                    showlegend=False,
                )
    figure.add_scatter(
        x=shares,
        y=100 * course.falling,
        name=plain(element.name),
        line={"color": look.accent, "width": 2.4},
        hovertemplate="%{y:.1f} % for %{x:.1f} % of the time",
        showlegend=False,
    )
    _ratings(figure, element, 100.0, "%", look, 100 * course.falling)
    figure.update_yaxes(title="loading [% of rating]", rangemode="tozero")
    figure.update_xaxes(title="share of the time [%]", range=[0, 100])
    return theme.dressed(figure, scheme, HEIGHT)


def split_figure(
    time: Times, split: Split, at: np.datetime64, scheme: str | None
) -> go.Figure:
    """The power by cause: drawn above zero, given below, the measured sum as a line."""
    look = theme.palette(scheme)
    others = np.nan_to_num(split.others_kw, nan=0.0)
    figure = go.Figure()
    for name, values, colour, below in (
        ("base load", split.base_kw, look.base_fill, False),
        ("EV charging", split.charge_kw, look.charge, False),
        ("losses and others", np.clip(others, 0, None), look.high, False),
        ("PV", -split.pv_kw, look.pv, True),
        ("EV discharging", -split.discharge_kw, look.give, True),
        ("others giving", np.clip(others, None, 0), look.driving, True),
    ):
        if np.abs(values).max(initial=0.0) < 0.05:
            continue
        figure.add_scatter(
            x=time,
            y=values,
            name=name,
            stackgroup="below" if below else "above",
            line={"width": 0, "shape": "hv", "color": colour},
            fillcolor=colour,
            hovertemplate="%{y:,.1f} kW",
        )
    figure.add_scatter(
        x=time,
        y=split.measured_kw,
        name="through it",
        line={"color": look.ink, "width": 1.6, "shape": "hv"},
        hovertemplate="%{y:,.1f} kW",
    )
    figure.add_vline(
        x=_text(at), line={"color": look.limit, "width": 1.4, "dash": "dot"}
    )
    figure.update_yaxes(title="power [kW]", zeroline=True)
    figure.update_xaxes(title=LOCAL, type="date", range=[time[0], _end(time)])
    figure.update_layout(hovermode="x unified")
    return theme.dressed(figure, scheme, 380)


def variants_figure(
    element: Element,
    courses: Sequence[tuple[str, Times, Floats]],
    mine: str,
    at: np.datetime64,
    scheme: str | None,
) -> go.Figure:
    """The loading of one element under several variants, over the same day."""
    look = theme.palette(scheme)
    figure = go.Figure()
    others = [name for name, _, _ in courses if name != mine]
    dashes = ("solid", "dash", "dot", "dashdot")
    for name, time, loading in courses:
        place = others.index(name) if name in others else 0
        own: dict[str, Any] = (
            {"color": look.ink, "width": 2.6}
            if name == mine
            else {
                "color": look.sequence[place % len(look.sequence)],
                "width": 1.8,
                "dash": dashes[place % len(dashes)],
            }
        )
        figure.add_scatter(
            x=time,
            y=100 * loading,
            name=plain(name),
            line={**own, "shape": "hv"},
            hovertemplate="%{y:.1f} %",
        )
    highest = np.concatenate([np.zeros(1), *(100 * one for _, _, one in courses)])
    _ratings(figure, element, 100.0, "%", look, highest)
    figure.add_vline(
        x=_text(at), line={"color": look.limit, "width": 1.4, "dash": "dot"}
    )
    figure.update_yaxes(title="loading [% of rating]", rangemode="tozero")
    figure.update_xaxes(title=LOCAL, type="date")
    figure.update_layout(hovermode="x unified")
    return theme.dressed(figure, scheme, 360)


def _lines_of(
    element: Element, course: Course, unit: str, look: theme.Palette
) -> list[tuple[str, Floats, str]]:
    if unit == "loading":
        return [(plain(element.name), 100 * course.loading, look.accent)]
    if unit == "current":
        return [("current [A]", course.i_a, look.accent)]
    return [
        ("apparent power [kVA]", course.s_kva, look.accent),
        ("power [kW], < 0 back to the source", course.p_kw, look.base),
    ]


def _axis(element: Element, unit: str) -> str:
    return {"loading": "loading [% of rating]", "current": "current [A]"}.get(
        unit, "power [kW, kVA]"
    )


def _ratings(
    figure: go.Figure,
    element: Element,
    full: float,
    unit: str,
    look: theme.Palette,
    values: Floats,
) -> None:
    """Lines at the normal rating, and at the emergency rating where one comes near."""
    if np.isnan(element.rating):
        return
    highest = float(np.nanmax(values, initial=0.0))
    _limit(figure, full, f"rating {full:,.0f} {unit}", "solid", look, values)
    emergency = element.emergency * full
    if np.isfinite(emergency) and (highest > 0.9 * full or emergency < 1.3 * full):
        words = f"emergency rating {emergency:,.0f} {unit}"
        _limit(figure, emergency, words, "dash", look, values)


def _limit(
    figure: go.Figure,
    level: float,
    words: str,
    dash: str,
    look: theme.Palette,
    values: Floats,
) -> None:
    """A line across, named where the curve leaves room."""
    third = max(1, len(values) // 3)
    left, right = (
        float(np.nanmax(part, initial=0.0))
        for part in (values[:third], values[-third:])
    )
    side = "right" if left > 0.9 * level and right < left else "left"
    figure.add_hline(
        y=level,
        line={"color": look.limit, "width": 1.4, "dash": dash},
        annotation={
            "text": words,
            "font": {"color": look.limit, "size": 12},
            "xanchor": side,
            "x": 0.01 if side == "left" else 0.99,
            "yanchor": "bottom",
        },
    )


def _mark(
    figure: go.Figure, time: np.datetime64, value: float, look: theme.Palette
) -> None:
    if not np.isfinite(value):
        return
    figure.add_scatter(
        x=[_text(time)],
        y=[value],
        mode="markers",
        name="the instant below",
        marker={
            "color": look.limit,
            "size": 10,
            "symbol": "circle-open",
            "line": {"width": 2.5},
        },
        hoverinfo="none",
        showlegend=False,
    )


def _text(time: np.datetime64) -> str:
    return str(time.astype("datetime64[m]")).replace("T", " ")


def _end(time: Times) -> np.datetime64:
    step = time[-1] - time[-2] if len(time) > 1 else np.timedelta64(0, "s")
    end: np.datetime64 = time[-1] + step
    return end
