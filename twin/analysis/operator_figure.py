"""Draws envelopes by the hour: what meters may draw above, feed in below."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import plotly.graph_objects as go

from twin.analysis.theme import GREY, OKABE_ITO, dressed, plain, tint
from twin.arrays import Floats


@dataclass(frozen=True, eq=False)
class Envelope:
    """A customer's envelopes by local hour: least, mean, largest [3, 24], kW."""

    customer: str
    import_kw: Floats
    export_kw: Floats


def envelope_figure(shown: Sequence[Envelope]) -> go.Figure:
    """A line and a band a customer and way, held through each hour."""
    figure = go.Figure()
    for one, colour in zip(shown, OKABE_ITO, strict=False):
        for kw, sign in ((one.import_kw, 1.0), (one.export_kw, -1.0)):
            _add(figure, sign * kw, plain(one.customer), colour, sign > 0.0)
    figure.add_hline(y=0.0, line={"color": GREY, "width": 1})
    figure.update_layout(barmode="overlay", bargap=0.0)
    figure.update_xaxes(title="local hour", dtick=3, range=[0, 24])
    figure.update_yaxes(title="kW")
    return dressed(figure, 380)


def _add(figure: go.Figure, kw: Floats, name: str, colour: str, first: bool) -> None:
    """Bars from least to largest, so that hours without a car at the plug stay free."""
    low, mean, high = (row.tolist() for row in kw)
    figure.add_bar(
        x=[hour + 0.5 for hour in range(24)],
        y=[top - bottom for top, bottom in zip(high, low, strict=True)],
        base=low,
        width=1.0,
        marker={"color": tint(colour, 0.15), "line": {"width": 0}},
        hoverinfo="skip",
        legendgroup=name,
        showlegend=False,
    )
    figure.add_scatter(
        x=[*range(24), 24],
        y=[*mean, mean[-1]],
        mode="lines",
        name=name,
        legendgroup=name,
        showlegend=first,
        line={"color": colour, "width": 2, "shape": "hv"},
        hovertemplate="%{x}:00: %{y:.1f} kW",
    )
