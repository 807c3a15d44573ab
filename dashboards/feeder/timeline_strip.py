"""The strip below the map: power and lowest voltage of the whole run."""

from __future__ import annotations

import numpy as np
import plotly.graph_objects as go

from dashboards import theme
from dashboards.feeder.frames import totals
from dashboards.feeder.history import local_times
from dashboards.thinning import thinned
from twin.analysis.case import Case

STRIP_PX, MOST_STRIP_POINTS = 104, 1600


def strip_figure(case: Case, scheme: str) -> go.Figure:
    """Power at the substation and the lowest voltage, thinned, to find one's way."""
    look, known = theme.palette(scheme), totals(case)
    time = local_times(case, known["time"])
    figure = go.Figure()
    power = ("grid_kw", "substation [kW]", look.ink, "y")
    volts = ("v_min_pu", "lowest voltage [pu]", look.low, "y2")
    for column, name, colour, axis in (volts, power):
        x, y = thinned(time, known[column].to_numpy(), MOST_STRIP_POINTS)
        figure.add_scatter(
            x=x,
            y=np.round(y, 4),
            name=name,
            yaxis=axis,
            mode="lines",
            line={"color": colour, "width": 1.2},
            hoverinfo="skip",
        )
    _lay_out(figure, scheme)
    volts_pu = known["v_min_pu"].fill_nan(None).drop_nulls().to_numpy()
    if len(volts_pu):
        middle, half = float(volts_pu.max() + volts_pu.min()) / 2, np.ptp(volts_pu) / 2
        half = max(1.08 * float(half), 0.005)
        figure.update_layout(yaxis2_range=[middle - half, middle + half])
    edges = [str(time[0]), str(time[-1])] if len(time) > 1 else None
    return (
        figure.update_xaxes(type="date", automargin=False, range=edges, ticks="outside")
        .update_xaxes(fixedrange=True)
        .update_yaxes(fixedrange=True)
    )


def _lay_out(figure: go.Figure, scheme: str) -> None:
    """Voltage above, power below, on one axis of time."""
    look = theme.palette(scheme)
    theme.dressed(figure, scheme, STRIP_PX)
    figure.update_layout(
        font={"size": 11.5},
        margin={"l": 64, "r": 64, "t": 4, "b": 22},
        showlegend=False,
        dragmode=False,
        yaxis={
            "title": {"text": "grid [kW]"},
            "domain": [0, 0.56],
            "automargin": False,
            "nticks": 4,
        },
        yaxis2={
            "domain": [0.64, 1],
            "gridcolor": look.faint,
            "zeroline": False,
            "side": "right",
            "automargin": False,
            "nticks": 3,
            "tickformat": ".3f",
            "tickfont": {"color": look.low},
            "anchor": "x",
        },
    )
    figure.add_annotation(
        text="v min<br>[pu]",
        font={"color": look.low, "size": 11},
        showarrow=False,
        xref="paper",
        yref="paper",
        x=0,
        xshift=-14,
        y=0.82,
        xanchor="right",
        yanchor="middle",
    )
