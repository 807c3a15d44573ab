"""Power at the substation: base load, what EVs add and give back, and the total."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime

import numpy as np
import plotly.graph_objects as go
import polars as pl
from numpy.typing import NDArray

from dashboards import theme
from dashboards.thinning import MOST_POINTS, Times, kept_rows, rows_between
from twin.analysis.case import Case
from twin.analysis.theme import plain, tint
from twin.arrays import Floats, Ints

HEIGHT = 420
MOST_SHARED = 2400
NEAR_RATING = 0.6
MANY_DAYS = 31
CARS = ("ev_charge_kw", "ev_discharge_kw")
BATTERIES = ("storage_charge_kw", "storage_discharge_kw")


@dataclass(frozen=True, eq=False)
class Courses:
    """A run's power at the substation, in kW. [n_step]

    base  what customers draw, less PV and the network's own plants
    store, release  by stationary batteries, 0 where there are none
    """

    time: Times
    total: Floats
    base: Floats
    charge: Floats
    discharge: Floats
    store: Floats
    release: Floats

    @classmethod
    def of(cls, case: Case) -> Courses:
        """Of every interval of a run; NaN where there is no solution."""
        homes, pv, generation, charge, discharge, total = (
            case.steps[name].to_numpy().astype(np.float64)
            for name in ("homes_kw", "pv_kw", "generation_kw", *CARS, "grid_kw")
        )
        base = homes - pv - generation
        times, steps = local_times(case), case.steps
        store, release = (
            steps[name].to_numpy().astype(np.float64)
            if name in steps.columns
            else np.zeros(len(total))
            for name in BATTERIES
        )
        return cls(times, total, base, charge, discharge, store, release)


def local_times(case: Case) -> Times:
    """Each interval's start as the feeder's clocks show it. [n_step]"""
    zone = str(case.zone)
    local = pl.col("time").dt.convert_time_zone(zone).dt.replace_time_zone(None)
    return case.steps.select(local)["time"].to_numpy()


def substation(
    case: Case,
    scheme: str | None,
    against: Case | None = None,
    begin: str = "",
    end: str = "",
) -> go.Figure:
    """What the substation delivered; with another run, its total as a dashed line.

    begin, end  local instants between which every interval is drawn
    """
    if case.is_unsolved:
        words = "No step has a solution: what the grid drew is not known."
        return theme.gap(words, scheme, HEIGHT)
    look, courses = theme.palette(scheme), Courses.of(case)
    figure = go.Figure()
    _areas(figure, courses, look, begin, end)
    if against is not None and not against.is_unsolved:
        other = Courses.of(against)
        name = f"total, {plain(against.label or 'the other run')}"
        line = {"color": look.grey, "width": 1.4, "dash": "dash"}
        _line(figure, other, name, line, begin, end)
    width = 1.8 if _days_shown(courses, begin, end) < MANY_DAYS else 0.9
    _line(figure, courses, "total", {"color": look.ink, "width": width}, begin, end)
    _peak(figure, courses, look)
    _rating(figure, case, courses, look)
    _axes(figure, courses, begin, end, look)
    return theme.dressed(figure, scheme, HEIGHT).update_layout(
        hovermode="x unified", margin={"t": 40, "r": 30}
    )


def caption(case: Case, against: Case | None) -> str:
    """What is drawn, and how time is meant."""
    words = [
        "Local time; power above zero is drawn from the grid, below zero given to it.",
        "Base load is what customers draw without EVs, less PV.",
        "The total adds the network's losses.",
    ]
    if BATTERIES[0] in case.steps.columns:
        words.append("Batteries are the grid operator's stationary ones.")
    if not case.n_ev:
        words.append("This run has no EVs.")
    if against is not None:
        words.append("Dashed: the total of the run compared with.")
    if case.steps_failed:
        words.append(
            f"{case.steps_failed} steps have no solution: gaps, and the peak is a "
            "lower bound."
        )
    if case.steps.height > MOST_SHARED:
        words.append("A long stretch is thinned to its lows and highs; zoom for all.")
    return " ".join(words)


def around_peak(case: Case, days: int) -> tuple[str, str]:
    """Local midnights around the peak: the first and the last of so many days."""
    total = case.steps["grid_kw"].to_numpy()
    if not len(total) or np.isnan(total.astype(np.float64)).all():
        return "", ""
    times = local_times(case)
    peak = times[int(np.nanargmax(total.astype(np.float64)))].astype("datetime64[D]")
    first = peak - (days - 1) // 2
    last = min(first + days, times[-1].astype("datetime64[D]") + 1)
    first = max(min(first, last - days), times[0].astype("datetime64[D]"))
    return f"{first} 00:00", f"{last} 00:00"


def written(times: Times) -> NDArray[np.str_]:
    """Instants to the minute, as plotly reads and a table shows them."""
    return np.datetime_as_string(times, unit="m")


def day_words(local: str | datetime | None) -> str:
    """``2026-01-14 18:30`` as ``Wed 14 Jan 2026, 18:30``."""
    if local is None:
        return "–"
    at = datetime.fromisoformat(local) if isinstance(local, str) else local
    return f"{at:%a} {at.day} {at:%b %Y, %H:%M}"


def _areas(
    figure: go.Figure, courses: Courses, look: theme.Palette, begin: str, end: str
) -> None:
    """Base load, charging on top of it, discharging below zero."""
    layers = (
        ("EV charging", courses.charge, "drawn", look.charge, 0.55),
        ("batteries charging", courses.store, "drawn", look.storage, 0.55),
        ("EV discharging", -courses.discharge, "given", look.give, 0.6),
        ("batteries discharging", -courses.release, "given", look.storage, 0.6),
    )
    shown = [layer for layer in layers if layer[1].any()]
    every = [courses.base, courses.charge, courses.discharge]
    every += [kw for kw in (courses.store, courses.release) if kw.any()]
    rows = _rows(courses.time, every, begin, end, MOST_SHARED)
    x = written(courses.time[rows])
    figure.add_scatter(
        x=x,
        y=_rounded(courses.base[rows]),
        name="base load",
        stackgroup="drawn",
        line={"width": 0, "color": look.base},
        fillcolor=look.base_fill,
        hovertemplate="%{y:,.1f} kW",
    )
    for name, kw, group, colour, opacity in shown:
        figure.add_scatter(
            x=x,
            y=_rounded(kw[rows]),
            name=name,
            stackgroup=group,
            line={"width": 0, "color": colour},
            fillcolor=tint(colour, opacity),
            hovertemplate="%{y:,.1f} kW",
        )


def _line(
    figure: go.Figure,
    courses: Courses,
    name: str,
    line: dict[str, object],
    begin: str,
    end: str,
) -> None:
    rows = _rows(courses.time, [courses.total], begin, end)
    figure.add_scatter(
        x=written(courses.time[rows]),
        y=_rounded(courses.total[rows]),
        name=name,
        mode="lines",
        line=line,
        hovertemplate="%{y:,.1f} kW",
    )


def _peak(figure: go.Figure, courses: Courses, look: theme.Palette) -> None:
    row = int(np.nanargmax(courses.total))
    at, kw = str(written(courses.time[row])), float(courses.total[row])
    figure.add_scatter(
        x=[at],
        y=[kw],
        mode="markers",
        name="peak",
        marker={"color": look.limit, "size": 9, "symbol": "diamond"},
        hoverinfo="none",
        showlegend=False,
    )
    early = row < len(courses.total) / 2
    figure.add_annotation(
        x=at,
        y=kw,
        text=f"peak {kw:,.0f} kW, {day_words(at)}".replace("-", "−"),
        font={"color": look.limit},
        bgcolor=tint(look.surface, 0.8),
        showarrow=False,
        xanchor="left" if early else "right",
        yanchor="bottom",
        yshift=4,
        xshift=8 if early else -8,
    )


def _rating(
    figure: go.Figure, case: Case, courses: Courses, look: theme.Palette
) -> None:
    """The rating of a single transformer, where the load comes near to it."""
    if case.transformers.height != 1:
        return
    rating = float(case.transformers["rating_kva"][0] or 0.0)
    if 0 < rating * NEAR_RATING <= float(np.nanmax(courses.total)):
        figure.add_hline(
            y=rating,
            line={"color": look.limit, "width": 1.5, "dash": "dot"},
            annotation={
                "text": f"transformer's rating {rating:,.0f} kVA",
                "font": {"color": look.limit},
            },
        )


def _axes(
    figure: go.Figure, courses: Courses, begin: str, end: str, look: theme.Palette
) -> None:
    ends = written(courses.time[[0, -1]]).tolist()
    figure.update_yaxes(title="power [kW]", rangemode="tozero")
    figure.update_xaxes(
        title="local time",
        type="date",
        hoverformat="%a %d %b %Y, %H:%M",
        uirevision=f"{begin}/{end}",
        autorangeoptions={"clipmin": ends[0], "clipmax": ends[1]},
    )
    if begin and end:
        figure.update_xaxes(range=[begin, end])
    figure.add_hline(y=0, line={"color": look.grey, "width": 1})


def _days_shown(courses: Courses, begin: str, end: str) -> float:
    first, last = rows_between(courses.time, begin, end)
    span = courses.time[last - 1] - courses.time[first]
    return float(span / np.timedelta64(1, "D"))


def _rows(
    times: Times,
    courses: Sequence[Floats],
    begin: str,
    end: str,
    most: int = MOST_POINTS,
) -> Ints:
    """Rows that draw the whole, and of what is zoomed into as many again."""
    values = np.stack(courses, axis=1)
    whole = kept_rows(values, most)
    if not (begin and end):
        return whole
    first, last = rows_between(times, begin, end)
    near = first + kept_rows(values[first:last], most)
    return np.union1d(whole, near)


def _rounded(values: Floats) -> Floats:
    return values.round(2).astype(np.float32)
