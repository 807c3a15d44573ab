"""The timeline's figures: how many assets are beyond their limit when, and which."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np
import plotly.graph_objects as go

from twin.analysis.theme import GREY, INK, OKABE_ITO, dressed, plain, tint
from twin.analysis.timeline import Timeline, quantile

ABOUT_COUNTS = (
    "Assets that exceed their limit in the studied year or did before: median over "
    "the seeds, band from the 10th to the 90th percentile. Between studied years lines "
    "only guide the eye."
)
ABOUT_ASSETS = (
    "The first studied year in which each asset exceeds its limit: point the median "
    "over the seeds, bar from the 10th to the 90th percentile; no point: in fewer than "
    "half of the seeds by the last year. Soonest first."
)
MOST_ASSETS = 18
DASHES = {"v2g": "dot", "none": "dash"}
COLOURS = {"uncontrolled": "#D55E00", "managed": "#0072B2", "v2g": "#009E73"}


def colours(timeline: Timeline) -> list[str]:
    """One a policy: by its role where that is alone in it."""
    spare = iter([one for one in OKABE_ITO if one not in COLOURS.values()] * 9)
    found: list[str] = []
    for policy in timeline.policies:
        role = timeline.roles[policy]
        usual = INK if role == "none" else COLOURS[role]
        found.append(usual if usual not in found else next(spare))
    return found


def counts_figure(timeline: Timeline) -> go.Figure:
    """Lines over the years, a band over the seeds."""
    figure = go.Figure()
    for policy, colour in zip(timeline.policies, colours(timeline), strict=True):
        counts = timeline.counts(policy)
        low, mid, high = (
            np.quantile(counts, q, axis=1, method="inverted_cdf").tolist()
            for q in (0.1, 0.5, 0.9)
        )
        figure.add_scatter(
            x=[*timeline.years, *timeline.years[::-1]],
            y=[*high, *low[::-1]],
            mode="lines",
            fill="toself",
            fillcolor=tint(colour, 0.15),
            line={"width": 0},
            hoverinfo="skip",
            showlegend=False,
        )
        evs = timeline.evs[timeline.policies.index(policy)].mean(axis=1)
        figure.add_scatter(
            x=list(timeline.years),
            y=mid,
            name=plain(policy),
            mode="lines+markers",
            line={"color": colour, "dash": DASHES.get(timeline.roles[policy], "solid")},
            customdata=[f"{n:,.0f}" for n in evs],
            hovertemplate="%{x}: %{y} assets at %{customdata} EVs",
        )
    figure.update_xaxes(title="studied year", tickvals=list(timeline.years))
    figure.update_yaxes(title="assets beyond their limit", rangemode="tozero")
    return dressed(figure, 360)


def assets_figure(timeline: Timeline, ranked: Sequence[int]) -> go.Figure:
    """A row an asset, in it a point and a bar a policy."""
    figure, shown = go.Figure(), list(ranked[:MOST_ASSETS])
    every = colours(timeline)
    for place, (policy, colour) in enumerate(
        zip(timeline.policies, every, strict=True)
    ):
        shift = 0.22 * (place - (len(every) - 1) / 2)
        first = timeline.first_year[place]
        for row, asset in enumerate(shown):
            low, high = (quantile(first[:, asset], q) for q in (0.1, 0.9))
            if low is not None:
                end = timeline.horizon if high is None else high
                figure.add_scatter(
                    x=[low, end],
                    y=[row + shift] * 2,
                    mode="lines",
                    line={"color": colour, "width": 3},
                    hoverinfo="skip",
                    showlegend=False,
                )
        mid = [quantile(first[:, asset], 0.5) for asset in shown]
        figure.add_scatter(
            x=mid,
            y=[row + shift for row in range(len(shown))],
            name=plain(policy),
            mode="markers",
            marker={"color": colour, "size": 9},
            text=[plain(timeline.assets[asset].title) for asset in shown],
            hovertemplate="%{text}: %{x}",
        )
    figure.update_xaxes(
        title="first studied year beyond the limit",
        tickvals=list(timeline.years),
        range=[timeline.years[0] - 0.7, timeline.horizon + 0.3],
    )
    figure.add_vline(x=timeline.years[-1] + 0.5, line={"color": GREY, "dash": "dot"})
    figure.update_yaxes(
        tickvals=list(range(len(shown))),
        ticktext=[plain(timeline.assets[asset].title) for asset in shown],
        range=[len(shown) - 0.5, -0.5],
    )
    return dressed(figure, 120 + 26 * len(shown))
