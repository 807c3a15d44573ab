"""Draws where the grid binds first: elements of every variant on the feeder's map."""

from __future__ import annotations

from collections.abc import Sequence
from typing import NamedTuple

import numpy as np
import plotly.graph_objects as go

from twin.analysis.case import Case
from twin.analysis.hosting import Hosting
from twin.analysis.hosting_answers import Binding, bindings
from twin.analysis.hosting_figure import SYMBOLS, Looks
from twin.analysis.hosting_text import NAMES, named
from twin.analysis.network import Network
from twin.analysis.network_figure import DRAWN, framed, grid_figure
from twin.analysis.theme import GREY, Look, plain

ABOUT = "A mark an element, the larger the more draws it binds first in."


class Place(NamedTuple):
    """Where an element is drawn: the middle of its ends."""

    x: float
    y: float


def binding_map(hosting: Hosting, case: Case, looks: Looks) -> tuple[go.Figure, str]:
    """The grid in grey with what binds first by variant, and what must be said."""
    network = Network.of(case.nodes, case.branches)
    figure = grid_figure(network)
    for number, variant in enumerate(hosting.variants):
        marks: dict[Place, list[Binding]] = {}
        for one in bindings(hosting, variant):
            place = place_of(case, network, one)
            if place is not None:
                marks.setdefault(place, []).append(one)
        if marks:
            symbol = SYMBOLS[number % len(SYMBOLS)]
            _mark(figure, marks, variant, symbol, looks[variant])
    return framed(figure, network), f"{ABOUT} {DRAWN[network.kind]}"


def place_of(case: Case, network: Network, binding: Binding) -> Place | None:
    """The middle of a branch's ends, or where a bus is; None where not known."""
    kind, _, name = binding.element.partition(" ")
    if kind == "bus":
        rows = np.flatnonzero((case.nodes["bus"] == name).to_numpy())[:1]
        sites = network.site[rows]
    else:
        same = (case.branches["name"] == name) & (case.branches["kind"] == kind)
        spans = network.span[np.flatnonzero(same.to_numpy())[:1]]
        sites = np.concatenate([network.from_site[spans], network.to_site[spans]])
    if not len(sites):
        return None
    return Place(float(network.x[sites].mean()), float(network.y[sites].mean()))


def _mark(
    figure: go.Figure,
    marks: dict[Place, list[Binding]],
    variant: str,
    symbol: str,
    look: Look,
) -> None:
    """A mark a place, the larger the more often it binds first."""
    most = [max(one.draws for one in mine) for mine in marks.values()]
    figure.add_scatter(
        x=[place.x for place in marks],
        y=[place.y for place in marks],
        mode="markers",
        name=plain(variant),
        marker={
            "symbol": symbol,
            "size": [9 + 3 * draws**0.5 for draws in most],
            "color": look.colour,
            "line": {"color": "white", "width": 1},
        },
        text=["<br>".join(_said(mine)) for mine in marks.values()],
        hovertemplate="%{text}<extra></extra>",
        hoverlabel={"bordercolor": GREY},
    )


def _said(found: Sequence[Binding]) -> list[str]:
    return [
        plain(f"{named(one)}: {NAMES[one.criterion]}, first in {one.draws}")
        for one in found
    ]
