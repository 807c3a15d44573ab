"""The report's figure and table of how deep batteries were cycled."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from itertools import pairwise

import numpy as np
import plotly.graph_objects as go

from twin.accounts.rainflow import CLASS_EDGES
from twin.analysis import page
from twin.analysis.comparison import Comparison
from twin.analysis.theme import dressed, left_out, looks, plain, spotlight, tint
from twin.analysis.wear import Wear
from twin.arrays import Floats

TITLE = "How deep batteries were cycled"
CLASSES = tuple(
    f"{100 * low:.0f}–{100 * high:.0f} %" for low, high in pairwise(CLASS_EDGES)
)
NOTE = (
    "Equivalent full cycles per car by the depth of the cycle that they belong to, "
    "counted by rainflow (ASTM E1049) over the whole recorded time: two cycles of half "
    "the capacity are one full cycle at 50–60 %. A class begins at its lower edge. "
    "Driving and charging alone make cycles, too: lighter bars, and the row below a "
    "variant, are the same cars on the same trips under its one-way reference "
    "charging, where it has one."
)


@dataclass(frozen=True)
class Row:
    """One way of charging: means over cars and seeds.

    full_cycles  by class of depth                                          [n_class]
    """

    label: str
    of: str
    full_cycles: Floats
    deepest: float


def rows_of(comparison: Comparison) -> list[Row]:
    """Each variant with known charge, then its own reference if it has one."""
    rows = []
    for label in comparison.labels:
        cases = comparison.of_label(label)
        wears = [case.wear for case in cases if case.wear is not None]
        others = [
            case.reference_wear for case in cases if case.reference_wear is not None
        ]
        rows += [_row(label, label, wears)] if wears else []
        name = f"{label}: {comparison.first(label).reference} instead"
        rows += [_row(name, label, others)] if others else []
    return rows


def section(comparison: Comparison) -> str:
    """The figure and the table; nothing without a course of charge."""
    rows = rows_of(comparison)
    if not rows:
        return ""
    deepest = max(
        1 + int(np.flatnonzero(row.full_cycles).max(initial=0)) for row in rows
    )
    head = ["", *CLASSES[:deepest], "full cycles", "deepest cycle %"]
    caption = f"{NOTE} {left_out(comparison)}".strip()
    return page.figure(
        "battery-depths", TITLE, caption, _figure(comparison, rows, deepest), ""
    ) + page.table(head, [_cells(row, deepest) for row in rows])


def _row(name: str, label: str, wears: Sequence[Wear]) -> Row:
    full = np.mean([wear.cycled.full_cycles.mean(axis=0) for wear in wears], axis=0)
    deepest = np.mean([wear.cycled.deepest.mean() for wear in wears])
    return Row(name, label, full, float(deepest))


def _cells(row: Row, deepest: int) -> list[str]:
    return [
        row.label,
        *(f"{value:.2f}" for value in row.full_cycles[:deepest]),
        f"{row.full_cycles.sum():.2f}",
        f"{100 * row.deepest:.1f}",
    ]


def _figure(comparison: Comparison, rows: Sequence[Row], deepest: int) -> go.Figure:
    """Bars by class; those of a reference are see-through."""
    styles, shown = looks(comparison), spotlight(comparison)
    figure = go.Figure()
    for row in rows:
        if row.of not in shown:
            continue
        own = row.label == row.of
        figure.add_bar(
            x=list(CLASSES[:deepest]),
            y=row.full_cycles[:deepest].tolist(),
            name=plain(row.label),
            marker={"color": tint(styles[row.of].colour, 1.0 if own else 0.4)},
            hovertemplate="%{x}: %{y:.2f} full cycles a car",
        )
    figure.update_xaxes(title="depth of the cycle, share of the capacity")
    figure.update_yaxes(title="full cycles a car", rangemode="tozero")
    figure.update_layout(barmode="group")
    return dressed(figure, 360)
