"""Figure of one car's life: what it does, what its battery holds, its power."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime
from typing import Any

import numpy as np
import plotly.graph_objects as go
import polars as pl

from dashboards import theme
from dashboards.fleet.car_life import ROW_OF, Life
from dashboards.fleet.figures import NAMES, colours
from dashboards.thinning import kept_rows, rows_between
from twin.analysis.theme import plain

ROWS = ("at the plug", "home, not plugged", "parked away", "driving")
HEIGHT = 600
MOST_SPELLS = 3000


def life_figure(
    life: Life, first: datetime, last: datetime, step_h: float, scheme: str
) -> go.Figure:
    """States above, state of charge below, power at the plug at the bottom."""
    figure = go.Figure()
    _spells(figure, life, first, last, scheme)
    if life.course is None:
        _known_charge(figure, life, scheme)
    else:
        _course(figure, life, first, last, step_h, scheme)
    _promises(figure, life, first, last, scheme)
    return _arranged(figure, first, last, life.course is not None, scheme)


def _spells(
    figure: go.Figure, life: Life, first: datetime, last: datetime, scheme: str
) -> None:
    look = colours(scheme)
    seen = life.spells.filter((pl.col("end") > first) & (pl.col("begin") < last))
    seen = _longest(seen)
    for doing in _LEGEND:
        mine = seen.filter(pl.col("doing") == doing)
        if not mine.height:
            continue
        span = (mine["end"] - mine["begin"]).dt.total_milliseconds()
        figure.add_bar(
            base=mine["begin"].to_list(),
            x=span.clip(0).to_list(),
            y=[ROW_OF[doing]] * mine.height,
            orientation="h",
            width=0.74,
            name=NAMES[doing],
            marker={"color": look[doing], "line": {"width": 0}},
            customdata=_told(mine),
            meta="not exported",
            hovertemplate="%{customdata[0]}<br>%{customdata[1]}<extra></extra>",
        )
        _exported(figure, mine, doing)


def _exported(figure: go.Figure, spells: pl.DataFrame, doing: str) -> None:
    """The same as begins and ends, unseen: a bar is a length, which tells no time."""
    ends = [
        at for pair in spells.select("begin", "end").iter_rows() for at in (*pair, None)
    ]
    figure.add_scatter(
        x=ends,
        y=[None if at is None else ROW_OF[doing] for at in ends],
        mode="lines",
        line={"width": 0},
        name=NAMES[doing],
        showlegend=False,
        hoverinfo="skip",
    )


def _longest(spells: pl.DataFrame) -> pl.DataFrame:
    """The longest spells where there are more than a screen can show."""
    if spells.height <= MOST_SPELLS:
        return spells
    longest = (pl.col("end") - pl.col("begin")).rank("ordinal", descending=True)
    return spells.filter(longest <= MOST_SPELLS)


def _told(spells: pl.DataFrame) -> list[list[str]]:
    return [
        [plain(note), f"{begin:%a %d %b %H:%M} to {end:%a %d %b %H:%M}"]
        for begin, end, note in spells.select("begin", "end", "note").iter_rows()
    ]


def _course(
    figure: go.Figure,
    life: Life,
    first: datetime,
    last: datetime,
    step_h: float,
    scheme: str,
) -> None:
    assert life.course is not None
    look = theme.palette(scheme)
    start = life.course["time"].to_numpy()
    low, high = rows_between(start, str(first), str(last))
    soc, kw = (life.course[name].to_numpy()[low:high] for name in ("soc", "kw"))
    end = start[low:high] + np.timedelta64(round(step_h * 3600), "s")
    rows = kept_rows(soc)
    figure.add_scatter(
        x=end[rows],
        y=np.round(100 * soc[rows].astype(float), 2),
        yaxis="y2",
        mode="lines",
        line={"color": look.ink, "width": 1.8},
        name="state of charge [%]",
        hovertemplate="%{y:.1f} %<br>%{x|%a %d %b %H:%M}<extra></extra>",
    )
    rows = kept_rows(kw)
    for name, sign, colour in (("charging", 1, look.charge), ("giving", -1, look.give)):
        part = np.where(sign * kw[rows] > 0, kw[rows], 0).astype(float)
        if sign < 0 and not part.any():
            continue
        figure.add_scatter(
            x=start[low:high][rows],
            y=np.round(part, 3),
            yaxis="y3",
            mode="lines",
            line={"color": colour, "width": 1, "shape": "hv"},
            fill="tozeroy",
            name=f"{name} [kW]",
            showlegend=False,
            hovertemplate=f"{name} %{{y:.1f}} kW<br>%{{x|%a %d %b %H:%M}}"
            "<extra></extra>",
        )


def _known_charge(figure: go.Figure, life: Life, scheme: str) -> None:
    look = theme.palette(scheme)
    figure.add_scatter(
        x=life.charge["time"].to_list(),
        y=(100 * life.charge["soc"]).round(2).to_list(),
        yaxis="y2",
        mode="lines+markers",
        line={"color": look.ink, "width": 1, "dash": "dot"},
        marker={"size": 5},
        name="state of charge [%], not recorded in between",
        hovertemplate="%{y:.1f} %<br>%{x|%a %d %b %H:%M}<extra></extra>",
    )


def _promises(
    figure: go.Figure, life: Life, first: datetime, last: datetime, scheme: str
) -> None:
    """Target of each stay, the departure declared, and departures that fell short."""
    look = theme.palette(scheme)
    until = pl.col("plug_out").fill_null(life.end)
    seen = life.stays.filter((until > first) & (pl.col("plug_in") < last))
    x, y = [], []
    for begin, end, target in seen.select(
        "plug_in", pl.col("plug_out").fill_null(life.end), 100 * pl.col("soc_target")
    ).iter_rows():
        x += [begin, end, None]
        y += [target, target, None]
    line = {"color": look.limit, "width": 1.3, "dash": "dash"}
    _mark(figure, x, y, "target", {"mode": "lines", "line": line})
    told = seen.filter(pl.col("declared").is_not_null())
    tick = {"symbol": "line-ns", "size": 13, "line": {"width": 2, "color": look.limit}}
    _mark(
        figure,
        told["declared"].to_list(),
        (100 * told["soc_target"]).to_list(),
        "declared departure",
        {"mode": "markers", "marker": tick},
    )
    short = seen.filter(pl.col("reason").is_not_null())
    arrow = {"symbol": "triangle-down", "size": 12, "color": look.low}
    words = [
        f"{kwh:.1f} kWh short: {plain(why)}"
        for kwh, why in short.select("shortfall_kwh", "because").iter_rows()
    ]
    _mark(
        figure,
        short["plug_out"].to_list(),
        (100 * short["soc_out"]).round(1).to_list(),
        "departed short",
        {"mode": "markers", "marker": arrow, "text": words},
    )


def _mark(
    figure: go.Figure,
    x: Sequence[Any],
    y: Sequence[Any],
    name: str,
    how: dict[str, Any],
) -> None:
    if not x:
        return
    more = "<br>%{text}" if "text" in how else ""
    words = f"{name}: %{{y:.0f}} %<br>%{{x|%a %d %b %H:%M}}{more}<extra></extra>"
    place = {"x": x, "y": y, "yaxis": "y2", "name": name, "hovertemplate": words}
    figure.add_trace(go.Scatter({**place, **how}))


def _arranged(
    figure: go.Figure, first: datetime, last: datetime, power: bool, scheme: str
) -> go.Figure:
    theme.dressed(figure, scheme, HEIGHT)
    axis = figure.layout.yaxis.to_plotly_json()
    common = {**axis, "anchor": "x"}
    figure.update_layout(
        barmode="overlay",
        hovermode="closest",
        uirevision=f"{first}{last}",
        yaxis={
            "domain": [0.7, 1],
            "type": "category",
            "title": "state",
            "categoryorder": "array",
            "categoryarray": ROWS,
            "range": [-0.5, len(ROWS) - 0.5],
            "fixedrange": True,
        },
        yaxis2={
            **common,
            "domain": [0.25, 0.66] if power else [0, 0.66],
            "title": "state of charge [%]",
            "range": [0, 103],
            "fixedrange": True,
        },
        xaxis={
            "anchor": "y3" if power else "y2",
            "type": "date",
            "title": "local time",
            "range": [first, last],
        },
    )
    if power:
        figure.update_layout(
            yaxis3={
                **common,
                "domain": [0, 0.2],
                "title": "power [kW]",
                "zeroline": True,
                "fixedrange": True,
            }
        )
    return figure


_LEGEND = ("driving", "work", "other", "home", "plugged", "idle", "charging", "giving")
