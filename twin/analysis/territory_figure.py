"""Draws a territory: power of all substations, and what cars could do for an hour."""

from __future__ import annotations

from collections.abc import Mapping

import plotly.graph_objects as go
from plotly.subplots import make_subplots

from twin.analysis.territory import Territory
from twin.analysis.theme import FAINT, INK, Look, dressed, plain

Looks = Mapping[str, Look]
DRAW, SHED, GIVE = "#56B4E9", "#E69F00", "#009E73"
HOURS = list(range(24))
PANEL = 260
ABOVE = 110


def power_figure(territory: Territory, looks: Looks) -> go.Figure:
    """A line a variant over local time, homes alone beneath them."""
    figure = go.Figure()
    zone = str(territory.record["timezone"])
    for number, one in enumerate(territory.first):
        rows = territory.courses_of(one)
        time = rows["time"].dt.convert_time_zone(zone).dt.replace_time_zone(None)
        if not number:
            figure.add_scatter(
                x=time.to_list(),
                y=(rows["homes_mw"] - rows["pv_mw"]).to_list(),
                name="homes less PV, without losses",
                line={"color": INK, "width": 1, "dash": "dot"},
            )
        look = looks[str(one["label"])]
        figure.add_scatter(
            x=time.to_list(),
            y=rows["grid_mw"].to_list(),
            name=plain(str(one["label"])),
            line={"color": look.colour, "dash": look.dash, "width": 2},
        )
    figure.update_yaxes(title="MW", rangemode="tozero")
    return dressed(figure, 420)


def callable_figure(territory: Territory) -> go.Figure:
    """A panel a variant: bars by local hour, up and down."""
    first = territory.first
    figure = make_subplots(
        rows=len(first),
        cols=1,
        shared_xaxes=True,
        shared_yaxes="all",
        vertical_spacing=0.28 / max(len(first), 2),
        subplot_titles=[plain(str(one["label"])) for one in first],
    )
    bars = (
        ("could draw more", "ev_could_draw_mw", 1.0, DRAW),
        ("could stop drawing", "ev_could_shed_mw", -1.0, SHED),
        ("could give more", "ev_could_give_mw", -1.0, GIVE),
    )
    for row, one in enumerate(first, start=1):
        for name, column, sign, colour in bars:
            values = [
                None if value is None else sign * value
                for value in one["hours"][column]
            ]
            figure.add_bar(
                x=HOURS,
                y=values,
                name=name,
                marker={"color": colour},
                legendgroup=name,
                showlegend=row == 1,
                row=row,
                col=1,
            )
    figure.update_layout(barmode="relative", bargap=0.15)
    figure.update_yaxes(title="MW", zeroline=True, zerolinecolor=FAINT)
    figure.update_xaxes(dtick=3)
    figure.update_xaxes(title="local hour", row=len(first), col=1)
    return dressed(figure, ABOVE + PANEL * len(first), titles=True)
