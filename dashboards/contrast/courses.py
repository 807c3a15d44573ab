"""A quantity of all runs in time: its ways of drawing, its zoom."""

from __future__ import annotations

import plotly.graph_objects as go

from dashboards import parts
from dashboards.contrast import figures
from dashboards.contrast.differences import (
    QUANTITIES,
    Contrast,
    Quantity,
)
from dashboards.thinning import range_words

WAYS = (
    ("time", "Over time"),
    ("difference", "Difference to the baseline"),
    ("duration", "Duration curve"),
)


def one_way(asked: object) -> str:
    """A way of drawing that there is."""
    return parts.one_of([key for key, _ in WAYS], asked)


def one_quantity(asked: object) -> Quantity:
    """A quantity that there is."""
    return QUANTITIES[parts.one_of(list(QUANTITIES), asked)]


def course_figure(
    contrast: Contrast, quantity: Quantity, way: str, scheme: str, zoom: object = ""
) -> go.Figure:
    """A quantity of all runs: over time, as differences, or as duration curves.

    zoom  the part of the time in view, as an address keeps it; empty for all of it
    """
    ends = zoom_of(zoom).split(",")
    asked = {"xaxis.range": ends} if len(ends) == 2 else None
    if way == "duration":
        return figures.duration_curves(contrast, quantity, scheme)
    draw = figures.difference_over_time if way == "difference" else figures.over_time
    figure = draw(contrast, quantity, scheme, asked)
    if asked is not None and contrast.span is not None:
        figure.update_xaxes(range=ends)
    return figure


def zoom_of(asked: object) -> str:
    """Both ends of a time as an address keeps them; empty if it keeps none."""
    first, _, last = (asked if isinstance(asked, str) else "").partition(",")
    return range_words({"xaxis.range": [first, last]}) or ""


def course_caption(contrast: Contrast, way: str) -> str:
    """What the lines are."""
    if way == "duration":
        return "Read: for how much of the time the value was at least so high."
    if way == "difference":
        name = contrast.names[contrast.base]
        return f"Above zero: more than in {name}, at the same instant. Local time."
    if contrast.span is None:
        return "The runs are of different days: each from the beginning of its own."
    return "Local time. Drag to zoom: closer up, every interval is drawn."
