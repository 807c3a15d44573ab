"""Draws where the grid binds first: elements of every variant on the feeder's map."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
import plotly.graph_objects as go

from twin.analysis.case import Case
from twin.analysis.hosting import Hosting
from twin.analysis.hosting_answers import Binding, bindings
from twin.analysis.hosting_figure import SYMBOLS, Looks
from twin.analysis.hosting_text import NAMES, named
from twin.analysis.theme import GREY, dressed, plain
from twin.arrays import Floats, Ints

FAINT_LINE = "#b9bec4"
WIDTH = 1130
TALLEST, LOWEST = 640, 260


@dataclass(frozen=True)
class Place:
    """Where an element is: the middle of its ends."""

    x: float
    y: float


def binding_map(hosting: Hosting, case: Case, looks: Looks) -> go.Figure | None:
    """The grid in grey, and what binds first by variant; None without coordinates."""
    x, y = (case.nodes[axis].fill_null(np.nan).to_numpy() for axis in ("x", "y"))
    if not np.isfinite(x + y).any():
        return None
    figure = go.Figure()
    _grid(figure, case, x, y)
    for number, variant in enumerate(hosting.variants):
        _elements(
            figure, case, bindings(hosting, variant), (x, y), variant, number, looks
        )
    known_x, known_y = x[np.isfinite(x)], y[np.isfinite(y)]
    by_degree = bool(case.nodes["geographic"].all())
    ratio = 1 / np.cos(np.radians(known_y.mean())) if by_degree else 1.0
    figure.update_xaxes(visible=False)
    figure.update_yaxes(visible=False, scaleanchor="x", scaleratio=ratio)
    shape = float(np.ptp(known_y)) * ratio / max(float(np.ptp(known_x)), 1e-9)
    dressed(figure, int(np.clip(WIDTH * shape, LOWEST, TALLEST)))
    return figure.update_xaxes(visible=False).update_yaxes(visible=False)


def place_of(case: Case, binding: Binding, x: Floats, y: Floats) -> Place | None:
    """The middle of a branch's ends, or where a bus is; None where not known."""
    kind, _, name = binding.element.partition(" ")
    if kind == "bus":
        rows: Ints = np.flatnonzero((case.nodes["bus"] == name).to_numpy())
        ends = rows[:1]
    else:
        same = (case.branches["name"] == name) & (case.branches["kind"] == kind)
        first = np.flatnonzero(same.to_numpy())[:1]
        ends = case.branches[first.tolist()].select("from_node", "to_node").to_numpy()
        ends = ends.ravel().astype(np.int64)
    here = ends[np.isfinite(x[ends] + y[ends])]
    return Place(float(x[here].mean()), float(y[here].mean())) if len(here) else None


def _grid(figure: go.Figure, case: Case, x: Floats, y: Floats) -> None:
    start, end = (case.branches[name].to_numpy() for name in ("from_node", "to_node"))
    gap = np.full(len(start), np.nan)
    figure.add_scatter(
        x=np.stack([x[start], x[end], gap], axis=1).ravel(),
        y=np.stack([y[start], y[end], gap], axis=1).ravel(),
        mode="lines",
        line={"color": FAINT_LINE, "width": 1.2},
        hoverinfo="skip",
        showlegend=False,
    )


def _elements(
    figure: go.Figure,
    case: Case,
    found: Sequence[Binding],
    xy: tuple[Floats, Floats],
    variant: str,
    number: int,
    looks: Looks,
) -> None:
    """A mark a place, the larger the more often it binds first."""
    marks: dict[Place, list[Binding]] = {}
    for one in found:
        place = place_of(case, one, *xy)
        if place is not None:
            marks.setdefault(place, []).append(one)
    if not marks:
        return
    figure.add_scatter(
        x=[place.x for place in marks],
        y=[place.y for place in marks],
        mode="markers",
        name=plain(variant),
        marker={
            "symbol": SYMBOLS[number % len(SYMBOLS)],
            "size": [
                9 + 3 * max(one.draws for one in mine) ** 0.5 for mine in marks.values()
            ],
            "color": looks[variant].colour,
            "line": {"color": "white", "width": 1},
        },
        text=[
            "<br>".join(
                plain(f"{named(one)}: {NAMES[one.criterion]}, first in {one.draws}")
                for one in mine
            )
            for mine in marks.values()
        ],
        hovertemplate="%{text}<extra></extra>",
        hoverlabel={"bordercolor": GREY},
    )
