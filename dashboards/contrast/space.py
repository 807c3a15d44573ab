"""Where runs differ: on the map, and by transformer."""

from __future__ import annotations

from typing import Any

import numpy as np
import plotly.graph_objects as go

from dashboards import parts, theme
from dashboards.address import checked, run_href
from dashboards.contrast import figures
from dashboards.contrast.differences import (
    Contrast,
    feeder_gap,
    transformer_loadings,
)
from dashboards.contrast.runs import (
    Chosen,
    words_in,
)
from twin.errors import InputError

MAP_HEIGHT = 520


def network_figure(
    contrast: Contrast, row: int, kind: str, scheme: str
) -> tuple[go.Figure, str]:
    """The map, or why there is none; and what it shows."""
    case, base = contrast.cases[row], contrast.cases[contrast.base]
    why = feeder_gap(case, base)
    if why:
        said = f"{parts.capital(why)}.<br>Choose a run of the baseline's feeder."
        return theme.gap(said, scheme, MAP_HEIGHT), ""
    names = f"{contrast.names[row]} less {contrast.names[contrast.base]}"
    if kind == "loading":
        figure = figures.loading_differences(contrast, row, scheme, MAP_HEIGHT)
        what = "each line's and transformer's highest loading. Orange: more loaded."
    else:
        figure = figures.voltage_differences(contrast, row, scheme, MAP_HEIGHT)
        what = "each node's lowest voltage. Orange: lower than in the baseline."
    return figure, f"{names}: {what} Each at its own worst instant in each run."


def transformer_figure(contrast: Contrast, scheme: str) -> go.Figure:
    """Dots of every transformer, or why there are none."""
    base = contrast.cases[contrast.base]
    gaps = [feeder_gap(case, base) for case in contrast.cases]
    if any(gaps):
        said = "Transformers of different feeders cannot be paired."
        return theme.gap(said, scheme, MAP_HEIGHT)
    if not base.transformers.height:
        return theme.gap("This feeder has no transformer.", scheme, MAP_HEIGHT)
    return figures.transformer_dots(contrast, scheme)


def transformer_caption(contrast: Contrast, at: Chosen) -> list[Any]:
    """The worst one of each run, with the way to its page."""
    words: list[Any] = []
    for row, case in enumerate(contrast.shared):
        loadings = transformer_loadings(case)
        if loadings is None or not np.isfinite(loadings).any():
            continue
        worst = int(np.nanargmax(loadings))
        name = str(case.transformers["name"][worst])
        said = f"{contrast.names[row]}: {name} at {loadings[worst]:.1f} %"
        words += [parts.link(said, transformer_href(str(at["runs"][row]), worst)), "; "]
    if not words:
        return []
    return [
        "Most loaded on top; the dashed line is the rating. A dot leads to its "
        "transformer. The most loaded in ",
        *words[:-1],
        ".",
    ]


def transformer_href(run: str, index: int) -> str:
    """The page of a transformer in a run."""
    scenario, _, run_id = run.partition("/")
    return run_href(scenario, run_id, "transformers", {"pick": str(index)})


def clicked_href(clicked: object, at: Chosen | None) -> str | None:
    """Where a dot leads: None if it is none of a transformer in a run."""
    try:
        place, row = clicked["points"][0]["customdata"]  # type: ignore[index]
        run = words_in((at or {}).get("runs"))[int(row)]
        checked(*run.partition("/")[::2])
    except (TypeError, KeyError, IndexError, ValueError, InputError):
        return None
    return transformer_href(run, int(place))
