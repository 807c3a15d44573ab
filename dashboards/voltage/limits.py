"""The limits of a standard on a voltage axis, by name."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
import plotly.graph_objects as go

from dashboards import theme
from dashboards.thinning import Values
from dashboards.voltage.profiles import limit_words
from twin.analysis.digest import Limits

STANDARDS = {"en50160": "EN 50160", "ansi_c84_1": "ANSI C84.1"}
NEAR_PU = 0.03


@dataclass(frozen=True)
class Limit:
    """One limit of a standard. ``side``: -1 below which, 1 above which it is broken."""

    name: str
    pu: float
    side: int


def named_limits(limits: Limits) -> tuple[Limit, ...]:
    """The limits with the names that a figure gives them, the inner ones first."""
    standard = STANDARDS.get(limits.standard, "the scenario's limits")
    ranges = limits.standard == "ansi_c84_1"
    inner = f"{standard}{', range A' if ranges else ''}"
    outer = f"{standard}, {'range B' if ranges else 'at all times'}"
    found = [Limit(inner, limits.low_pu, -1), Limit(inner, limits.high_pu, 1)]
    if limits.outer_low_pu < limits.low_pu:
        found.append(Limit(outer, limits.outer_low_pu, -1))
    if limits.outer_high_pu > limits.high_pu:
        found.append(Limit(outer, limits.outer_high_pu, 1))
    return tuple(found)


def bounded(
    figure: go.Figure, limits: Limits, values: Sequence[Values], scheme: str
) -> go.Figure:
    """A voltage axis that holds the values and the limits near them.

    Inner limits that are farther off are told at the edge, with how far they are.
    """
    known = np.concatenate([np.ravel(one) for one in values])
    known = known[np.isfinite(known)]
    low, high = (float(known.min()), float(known.max())) if len(known) else (0.98, 1.02)
    found = named_limits(limits)
    near = [one for one in found if low - NEAR_PU < one.pu < high + NEAR_PU]
    bottom = min([low, *(one.pu for one in near)])
    top = max([high, *(one.pu for one in near)])
    pad = max(0.11 * (top - bottom), 0.002)
    for one in near:
        _limit_line(figure, one, scheme)
    for one in found[:2]:
        if one not in near:
            _limit_beyond(figure, one, low if one.side < 0 else high, scheme)
    figure.update_yaxes(
        title="voltage [pu]",
        range=[bottom - pad, top + pad],
        tickformat=".4f" if top - bottom < 0.01 else ".3f",
    )
    return figure


def _limit_line(figure: go.Figure, limit: Limit, scheme: str) -> None:
    look = theme.palette(scheme)
    which = "lower" if limit.side < 0 else "upper"
    figure.add_hline(
        y=limit.pu,
        line={"color": look.limit, "width": 1.5, "dash": "dash"},
        annotation={
            "text": f"{limit.name}: {which} limit {limit_words(limit.pu)} pu",
            "font": {"color": look.limit, "size": 12},
            "x": 0.005 if limit.side < 0 else 0.995,
            "xanchor": "left" if limit.side < 0 else "right",
            "yanchor": "top" if limit.side < 0 else "bottom",
            "showarrow": False,
        },
    )


def _limit_beyond(figure: go.Figure, limit: Limit, edge: float, scheme: str) -> None:
    below = limit.side < 0
    words = (
        f"{'▼' if below else '▲'} {limit.name}: {'lower' if below else 'upper'} limit "
        f"{limit_words(limit.pu)} pu is {abs(edge - limit.pu):.3f} pu farther "
        f"{'down' if below else 'up'}"
    )
    figure.add_annotation(
        text=words,
        font={"color": theme.palette(scheme).limit, "size": 12},
        showarrow=False,
        xref="paper",
        yref="paper",
        x=0.005 if below else 0.995,
        xanchor="left" if below else "right",
        y=0.005 if below else 0.995,
        yanchor="bottom" if below else "top",
    )
