"""The grid as a figure's ground: thin grey lines, with nothing of its own to say."""

from __future__ import annotations

import numpy as np
import plotly.graph_objects as go

from twin.analysis.network import Network
from twin.analysis.theme import dressed

FAINT_LINE = "#b9bec4"
WIDTH = 1130
TALLEST, LOWEST, SCHEMATIC = 640, 260, 560
DRAWN = {
    "geographic": "Grey: the grid.",
    "plan": "Grey: the grid.",
    "schematic": "The grid has no coordinates and is drawn as a tree from the left.",
}


def grid_figure(network: Network) -> go.Figure:
    """A figure of the grid's lines alone."""
    gap = np.full(len(network.from_site), np.nan)
    ends = [
        np.stack([axis[network.from_site], axis[network.to_site], gap], axis=1).ravel()
        for axis in (network.x, network.y)
    ]
    figure = go.Figure()
    figure.add_scatter(
        x=ends[0],
        y=ends[1],
        mode="lines",
        line={"color": FAINT_LINE, "width": 1.2},
        hoverinfo="skip",
        showlegend=False,
    )
    return figure


def framed(figure: go.Figure, network: Network) -> go.Figure:
    """The figure without axes, as high as the grid's shape asks for."""
    if network.kind == "schematic":
        dressed(figure, SCHEMATIC)
    else:
        shape = np.ptp(network.y) / max(float(np.ptp(network.x)), 1e-9)
        dressed(figure, int(np.clip(WIDTH * shape, LOWEST, TALLEST)))
        figure.update_yaxes(scaleanchor="x")
    return figure.update_xaxes(visible=False).update_yaxes(visible=False)
