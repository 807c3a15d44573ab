"""Draws outages: homes with power, the rebound after, and one home's hours."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import numpy as np
import plotly.graph_objects as go
import polars as pl
from plotly.subplots import make_subplots

from dashboards import theme
from dashboards.loading.courses import local_times
from dashboards.outages.courses import HomeCourse, Times
from dashboards.thinning import kept_rows
from twin.analysis.case import Case
from twin.analysis.restoration import Restoration
from twin.analysis.theme import tint
from twin.arrays import Floats

POWERED_HEIGHT, REBOUND_HEIGHT, HOME_HEIGHT = 430, 380, 430
LOCAL = "local time"
SHARES = {"row_heights": [0.62, 0.38], "vertical_spacing": 0.08}


def powered_figure(
    case: Case,
    powered: pl.DataFrame,
    lost: tuple[Times, Floats, Floats | None],
    scheme: str,
) -> go.Figure:
    """Homes with power, and below what was not served, and what cars served."""
    look = theme.palette(scheme)
    figure = make_subplots(2, 1, shared_xaxes=True, **SHARES)
    time, unserved_kw, own_kw = lost
    first, last = time[0], time[-1] + np.timedelta64(round(3600 * case.step_h), "s")
    counts = _within(case, powered, first, last)
    for column, name, dash, colour in (
        ("supplied", "with supply from the grid", "dot", look.base),
        ("powered", "with power: the grid's, or their own car's", "solid", look.give),
    ):
        figure.add_scatter(
            x=counts[0],
            y=counts[1][column],
            name=name,
            mode="lines",
            line={"shape": "hv", "dash": dash, "color": colour, "width": 2.2},
            hovertemplate="%{y:,.0f} customers",
            row=1,
            col=1,
        )
    _areas(
        figure,
        time,
        [
            ("not served", unserved_kw, look.low),
            ("served by own cars", own_kw, look.give),
        ],
        2,
    )
    figure.update_yaxes(title="customers", rangemode="tozero", row=1)
    figure.update_yaxes(title="kW", rangemode="tozero", row=2)
    return _over_time(figure, (first, last), scheme, POWERED_HEIGHT)


def rebound_figure(case: Case, found: Restoration, scheme: str) -> go.Figure:
    """What the feeder draws before and after the return, by cause."""
    look = theme.palette(scheme)
    steps = found.frame.with_columns(pl.col(pl.Float64).fill_null(0.0))
    time = local_times(case, steps["time"])
    homes, charge, pv, give = (
        steps[name].to_numpy()
        for name in ("homes_kw", "ev_charge_kw", "pv_kw", "ev_discharge_kw")
    )
    store, release = (
        steps[name].to_numpy() if name in steps.columns else np.zeros(len(time))
        for name in ("storage_charge_kw", "storage_discharge_kw")
    )
    pickup = np.zeros(len(time)) if found.pickup_kw is None else found.pickup_kw
    figure = go.Figure()
    for name, values, colour in (
        ("homes", homes - pickup, look.base_fill),
        ("cold-load pick-up", pickup, look.driving),
        ("EV charging", charge, look.charge),
        ("batteries charging", store, look.storage),
        ("PV", -pv, look.pv),
        ("EV discharging", -give, look.give),
        ("batteries discharging", -release, look.storage),
    ):
        if np.abs(values).max(initial=0.0) >= 0.01:
            figure.add_scatter(
                x=time,
                y=values,
                name=name,
                mode="lines",
                line={"width": 0, "shape": "hv", "color": colour},
                fillcolor=colour,
                stackgroup="below" if values.min() < 0 else "above",
                hovertemplate="%{y:,.1f} kW",
            )
    known = found.frame["grid_kw"].to_numpy()
    figure.add_scatter(
        x=time,
        y=known,
        name="drawn at the substation",
        line={"color": look.ink, "width": 1.8, "shape": "hv"},
        hovertemplate="%{y:,.1f} kW",
    )
    back = local_times(case, pl.Series([found.back]))[0]
    _mark(figure, back, "supply is back", look)
    figure.update_yaxes(title="power [kW]")
    return _over_time(figure, (time[0], time[-1]), scheme, REBOUND_HEIGHT)


def home_figure(course: HomeCourse, scheme: str) -> go.Figure:
    """One home: what served it, what did not, and its cars' state of charge below."""
    look = theme.palette(scheme)
    has_car = bool(course.soc)
    figure = make_subplots(
        2 if has_car else 1, 1, shared_xaxes=True, **(SHARES if has_car else {})
    )
    _areas(
        figure,
        course.time,
        [
            ("served by the grid", course.grid_kw, look.base_fill),
            ("served by its own car", course.car_kw, look.give),
            ("not served", course.lost_kw, look.low),
        ],
        1,
    )
    styles = ("solid", "dash", "dot", "dashdot")
    for number, (ev, soc) in enumerate(course.soc.items()):
        figure.add_scatter(
            x=course.time,
            y=100 * soc,
            name=f"car {ev}: state of charge",
            line={"color": look.charge, "width": 2, "dash": styles[number % 4]},
            hovertemplate="%{y:.1f} %",
            row=2,
            col=1,
        )
    for kind, begin, end, _ in course.lit:
        colour = look.give if kind == "alight" else look.grey
        figure.add_vrect(
            x0=_text(begin),
            x1=_text(end),
            fillcolor=tint(colour, 0.16 if kind == "alight" else 0.22),
            line_width=0,
            layer="below",
            row=1,
            col=1,
        )
    figure.update_yaxes(title="power [kW]", rangemode="tozero", row=1)
    if has_car:
        figure.update_yaxes(title="charge [%]", range=[0, 102], row=2)
    ends = (course.time[0], course.time[-1])
    return _over_time(figure, ends, scheme, HOME_HEIGHT if has_car else 330)


def _areas(
    figure: go.Figure,
    time: Times,
    parts: Sequence[tuple[str, Floats | None, str]],
    row: int,
) -> None:
    """Powers stacked upon each other, thinned together."""
    known = [
        (name, values, colour) for name, values, colour in parts if values is not None
    ]
    rows = kept_rows(np.stack([values for _, values, _ in known], axis=1))
    for name, values, colour in known:
        figure.add_scatter(
            x=time[rows],
            y=values[rows],
            name=name,
            mode="lines",
            line={"width": 0, "shape": "hv", "color": colour},
            fillcolor=colour,
            stackgroup=f"power{row}",
            hovertemplate="%{y:,.2f} kW",
            row=row,
            col=1,
        )


def _within(
    case: Case, powered: pl.DataFrame, first: np.datetime64, last: np.datetime64
) -> tuple[Any, dict[str, Any]]:
    """Counts from one instant to another: what held at the first, then each change."""
    time = local_times(case, powered["time"])
    before = max(int(np.searchsorted(time, first, "right")) - 1, 0)
    end = int(np.searchsorted(time, last, "left"))
    rows = np.arange(before, max(end, before + 1))
    shown = np.concatenate([np.maximum(time[rows], first), [last]])
    held = np.append(rows, rows[-1])
    return shown, {
        name: powered[name].to_numpy()[held] for name in ("supplied", "powered")
    }


def _mark(
    figure: go.Figure, at: np.datetime64, words: str, look: theme.Palette
) -> None:
    figure.add_shape(
        type="line",
        x0=_text(at),
        x1=_text(at),
        y0=0,
        y1=1,
        yref="paper",
        line={"color": look.limit, "width": 1.4, "dash": "dash"},
    )
    figure.add_annotation(
        x=_text(at),
        y=1,
        yref="paper",
        xanchor="right",
        yanchor="top",
        text=f"{words} ",
        showarrow=False,
        font={"color": look.limit},
    )


def _over_time(
    figure: go.Figure,
    ends: tuple[np.datetime64, np.datetime64],
    scheme: str,
    height: int,
) -> go.Figure:
    figure.update_layout(hovermode="x unified")
    figure.update_xaxes(type="date", range=[_text(one) for one in ends])
    theme.dressed(figure, scheme, height)
    figure.update_layout(margin={"t": 60})
    last = [axis for axis in figure.select_xaxes()][-1]
    last.update(title=LOCAL)
    return figure


def _text(at: np.datetime64) -> str:
    return str(at.astype("datetime64[s]")).replace("T", " ")
