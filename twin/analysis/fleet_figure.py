"""Figure of what the cars were doing, and what their batteries held."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
import plotly.graph_objects as go
import polars as pl
from plotly.subplots import make_subplots

from twin.analysis.case import Case
from twin.analysis.comparison import Comparison
from twin.analysis.theme import (
    Window,
    dressed,
    local_time,
    looks,
    plain,
    spotlight,
    start_of,
    tint,
)
from twin.arrays import Floats
from twin.tables import STATES

STILL_KW = 1e-3
DOING = (
    ("giving", "#D55E00"),
    ("charging", "#0072B2"),
    ("driving", "#7f7f7f"),
    ("parked, not plugged", "#c9ccd1"),
    ("plugged, idle", "#e8edf2"),
)


@dataclass(frozen=True)
class Doing:
    """Shares of the fleet by what it does, and its state of charge, an interval a row.

    share  in per cent, in the order of DOING          [n_step, 5]
    soc    10 %, mean and 90 % over cars  [n_step, 3]
    """

    share: Floats
    soc: Floats


def fleet_doing(comparison: Comparison) -> go.Figure | None:
    """Stacked shares above, state of charge below; a column a variant."""
    labels = [
        label
        for label in spotlight(comparison)
        if comparison.first(label).n_ev and comparison.first(label).run.has("ev_steps")
    ]
    if not labels:
        return None
    window = Window.of(comparison)
    figure = make_subplots(
        2,
        len(labels),
        shared_xaxes=True,
        shared_yaxes="rows",
        row_heights=[0.66, 0.34],
        subplot_titles=[plain(label) for label in labels],
        horizontal_spacing=0.03,
        vertical_spacing=0.05,
    )
    for column, label in enumerate(labels, 1):
        case = comparison.first(label)
        doing = doing_of(case, window)
        time = {"x0": start_of(case, window.first), "dx": case.step_h * 3.6e6}
        _shares(figure, doing, time, column)
        _soc(figure, doing, time, column, looks(comparison)[label].colour)
    figure.update_yaxes(title="cars [%]", range=[0, 100], row=1, col=1)
    figure.update_yaxes(title="charge [%]", range=[0, 100], row=2, col=1)
    local_time(figure, window, comparison.cases[0].step_h, len(labels))
    figure.update_xaxes(title="local time", row=2)
    return dressed(figure, 480, titles=True)


def doing_of(case: Case, window: Window) -> Doing:
    """Read the window's rows of ``ev_steps``, a day at a time."""
    frame = case.run.scan("ev_steps").select("kw", "soc", "state")
    shares, levels = [], []
    per_day = max(1, round(24 / case.step_h))
    for start in range(window.first, window.last, per_day):
        rows = frame.slice(start, min(per_day, window.last - start)).collect()
        if rows.height:
            shares.append(_counted(rows))
            soc = 100 * rows["soc"].to_numpy()
            tenths = np.percentile(soc, (10, 90), axis=1)
            levels.append(np.stack([tenths[0], soc.mean(axis=1), tenths[1]], axis=1))
    return Doing(np.concatenate(shares), np.concatenate(levels))


def _counted(rows: pl.DataFrame) -> Floats:
    kw, state = rows["kw"].to_numpy(), rows["state"].to_numpy()
    charging, giving = kw > STILL_KW, kw < -STILL_KW
    still = ~charging & ~giving
    doing = (
        giving,
        charging,
        still & (state == STATES.index("driving")),
        still & (state == STATES.index("parked")),
        still & (state == STATES.index("plugged")),
    )
    return 100 * np.stack([one.mean(axis=1) for one in doing], axis=1)


def _shares(
    figure: go.Figure, doing: Doing, time: dict[str, object], column: int
) -> None:
    for number, (name, colour) in enumerate(DOING):
        figure.add_scatter(
            **time,
            y=doing.share[:, number].astype(np.float32),
            mode="lines",
            line={"width": 0.3, "color": colour},
            fillcolor=colour,
            stackgroup="doing",
            name=name,
            legendgroup=name,
            showlegend=column == 1,
            hovertemplate="%{x|%a %d %b %H:%M}<br>%{y:.1f} %",
            row=1,
            col=column,
        )


def _soc(
    figure: go.Figure, doing: Doing, time: dict[str, object], column: int, colour: str
) -> None:
    band = doing.soc.astype(np.float32)
    edge = {"mode": "lines", "line": {"width": 0, "color": colour}}
    at = {"row": 2, "col": column}
    figure.add_scatter(
        **time, **at, **edge, y=band[:, 2], showlegend=False, hoverinfo="skip"
    )
    figure.add_scatter(
        **time,
        **at,
        **edge,
        y=band[:, 0],
        fill="tonexty",
        hoverinfo="skip",
        fillcolor=tint(colour, 0.25),
        name="charge of 80 % of cars",
        showlegend=False,
    )
    figure.add_scatter(
        **time,
        **at,
        y=band[:, 1],
        mode="lines",
        name="mean charge",
        showlegend=False,
        line={"color": colour, "width": 2},
        hovertemplate="%{x|%a %d %b %H:%M}<br>mean %{y:.1f} %",
    )
