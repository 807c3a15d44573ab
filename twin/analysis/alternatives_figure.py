"""Draws alternatives: what each costs against what it leaves beyond limits."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from math import ceil, floor, log10
from typing import Any

import plotly.graph_objects as go
from plotly.subplots import make_subplots

from twin.analysis.alternatives import Alternatives
from twin.analysis.theme import GREY, INK, OKABE_ITO, dressed, plain, tint

ABOUT = (
    "A mark a variant, at the median over seeds; whiskers: P10 to P90. The lower left "
    "is best: little is left, at little cost. Dotted: what no cheaper variant beats."
)
BY_POWERS = (
    "The cost axis is logarithmic beyond its first step, which begins at no cost."
)
SYMBOLS = (
    "diamond", "circle", "square", "triangle-up", "cross", "star", "pentagon",
    "triangle-down", "hexagram", "x",
)  # fmt: skip
PANELS = (
    (("transformers_over_normal", "lines_over_normal"), "transformers and lines over"),
    (("customers_beyond",), "customers outside the band"),
)
K_USD, FAR_APART = 1000.0, 20.0


def about(found: Alternatives) -> str:
    """The figure's caption: its marks, and its axis where that is no plain one."""
    _, axis = scale(costs_of(found))
    return f"{ABOUT} {BY_POWERS}" if "tickvals" in axis else ABOUT


def costs_of(found: Alternatives) -> list[float]:
    """What each variant costs [thousand USD]."""
    return [row["npv_usd"] / K_USD for row in found.rows]


def cost_figure(found: Alternatives) -> go.Figure:
    """NPV of cost to the right, what is left upwards: assets, then customers."""
    place, ticks = scale(costs_of(found))
    figure = make_subplots(
        rows=1,
        cols=2,
        subplot_titles=[title for _, title in PANELS],
        horizontal_spacing=0.09,
    )
    for panel, (keys, _) in enumerate(PANELS):
        at = {"row": 1, "col": panel + 1}
        _front(figure, found.rows, keys, place, at)
        for number, row in enumerate(found.rows):
            _mark(figure, row, keys, number, not panel, place, at)
    figure.update_xaxes(title="NPV of cost [thousand USD]", **ticks)
    figure.update_yaxes(rangemode="tozero")
    dressed(figure, 480, titles=True)
    rows_of_legend = 1 + len(found.rows) // 5
    figure.update_layout(margin={"t": 62 + 22 * rows_of_legend})
    return figure


def scale(costs: Sequence[float]) -> tuple[Callable[[float], float], dict[str, Any]]:
    """Where a cost stands, and the axis: by powers of ten where costs lie far apart.

    No cost stands at the left end then. With savings the axis is plain.
    """
    paid = [cost for cost in costs if cost > 0.0]
    if min(costs) < 0.0 or not paid or max(paid) < FAR_APART * min(paid):
        return float, {"rangemode": "tozero"}
    low, high = floor(log10(min(paid))), ceil(log10(max(paid)))
    left = low - 0.5
    powers = list(range(low, high + 1))
    ticks = {
        "tickvals": [left, *powers],
        "ticktext": ["0", *(f"{10.0**power:,g}" for power in powers)],
        "range": [left - 0.15, high + 0.1],
    }
    return lambda cost: log10(cost) if cost > 0.0 else left, ticks


def left_over(row: Mapping[str, Any], keys: Sequence[str], quantile: str) -> float:
    """How many are left beyond limits; NaN where that is not known."""
    values = [row[f"{key}_{quantile}"] for key in keys]
    return float("nan") if None in values else float(sum(values))


def front(points: Sequence[tuple[float, float]]) -> list[tuple[float, float]]:
    """Points that no other beats in both cost and rest, from the cheapest on."""
    kept: list[tuple[float, float]] = []
    for cost, rest in sorted(points):
        if not kept or rest < kept[-1][1]:
            kept.append((cost, rest))
    return kept


def _front(
    figure: go.Figure,
    rows: Sequence[Mapping[str, Any]],
    keys: Sequence[str],
    place: Callable[[float], float],
    at: Any,
) -> None:
    points = [(row["npv_usd"] / K_USD, left_over(row, keys, "p50")) for row in rows]
    kept = front([point for point in points if point[1] == point[1]])
    figure.add_scatter(
        x=[place(x) for x, _ in kept],
        y=[y for _, y in kept],
        mode="lines",
        line={"color": GREY, "dash": "dot", "shape": "hv", "width": 1.5},
        hoverinfo="skip",
        showlegend=False,
        **at,
    )


def _mark(
    figure: go.Figure,
    row: Mapping[str, Any],
    keys: Sequence[str],
    number: int,
    legend: bool,
    place: Callable[[float], float],
    at: Any,
) -> None:
    low, mid, high = (left_over(row, keys, q) for q in ("p10", "p50", "p90"))
    colour = INK if row["baseline"] else OKABE_ITO[number % len(OKABE_ITO)]
    figure.add_scatter(
        x=[place(row["npv_usd"] / K_USD)],
        y=[mid],
        mode="markers",
        name=plain(row["variant"]),
        legendgroup=row["variant"],
        showlegend=legend,
        marker={
            "color": tint(colour, 0.75),
            "size": 14,
            "symbol": SYMBOLS[number % len(SYMBOLS)],
            "line": {"color": colour, "width": 1.5},
        },
        error_y={
            "type": "data",
            "symmetric": False,
            "array": [high - mid],
            "arrayminus": [mid - low],
            "color": colour,
            "thickness": 1.5,
            "width": 5,
        },
        cliponaxis=False,
        hovertemplate=f"{plain(row['variant'])}: {row['npv_usd']:,.0f} USD, "
        "%{y:g} left",
        **at,
    )
