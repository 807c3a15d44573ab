"""Draws on the grid which assets are too small, by the year from which they are."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

import numpy as np
import plotly.graph_objects as go
import polars as pl

from twin.analysis.case import Case
from twin.analysis.network import Network
from twin.analysis.network_figure import DRAWN, framed, grid_figure
from twin.analysis.theme import GREY, plain

YEARS = ("#a50026", "#D55E00", "#E69F00", "#56B4E9", "#0072B2", "#CC79A7")
NEVER = "in fewer than half of the seeds"
ABOUT = (
    "Assets that exceed their limit by the last studied year, coloured by the median "
    "over the seeds of their first year beyond it; the larger, the higher their load."
)


def years_map(
    table: pl.DataFrame, policy: str, case: Case, titles: Mapping[tuple[str, str], str]
) -> tuple[go.Figure, str] | None:
    """A mark an asset, a colour a year, and what must be said; None: nothing to mark.

    titles  what assets are called, by kind and name
    """
    mine = table.filter((pl.col("policy") == policy) & (pl.col("seeds_over") > 0))
    network = Network.of(case.nodes, case.branches)
    place = {bus: at for at, bus in enumerate(case.nodes["bus"][network.node])}
    mine = mine.filter(pl.col("bus").is_in(list(place)))
    if mine.is_empty():
        return None
    at = [place[bus] for bus in mine["bus"]]
    mine = mine.with_columns(x=network.x[at], y=network.y[at])
    figure = grid_figure(network)
    years = sorted(table["first_year_p50"].drop_nulls().unique().to_list())
    for year in [*years, None]:
        rows = mine.filter(pl.col("first_year_p50").eq_missing(pl.lit(year)))
        _marks(figure, rows, year, years, titles)
    return framed(figure, network), f"{ABOUT} {DRAWN[network.kind]}"


def _marks(
    figure: go.Figure,
    rows: pl.DataFrame,
    year: int | None,
    years: Sequence[int],
    titles: Mapping[tuple[str, str], str],
) -> None:
    if rows.is_empty():
        return
    colour = GREY if year is None else YEARS[years.index(year) % len(YEARS)]
    figure.add_scatter(
        x=rows["x"].to_list(),
        y=rows["y"].to_list(),
        mode="markers",
        name=NEVER if year is None else str(year),
        marker={
            "color": colour,
            "size": np.clip(7 * rows["highest_share"].to_numpy(), 7, 20).tolist(),
            "line": {"color": "white", "width": 1},
            "opacity": 1.0,
        },
        text=[_said(row, titles) for row in rows.iter_rows(named=True)],
        hovertemplate="%{text}<extra></extra>",
    )


def _said(row: Mapping[str, Any], titles: Mapping[tuple[str, str], str]) -> str:
    low, mid, high = (row[f"first_year_{q}"] or "later" for q in ("p10", "p50", "p90"))
    return "<br>".join(
        [
            plain(titles[row["kind"], row["asset"]]),
            f"first year beyond its limit: {mid} (P10 {low}, P90 {high})",
            f"in {row['seeds_over']} of {row['seeds']} seeds, up to "
            f"{100 * row['highest_share']:.0f} % of it",
        ]
    )
