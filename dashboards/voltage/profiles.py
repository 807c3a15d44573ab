"""Voltages along the feeder: where each node stands, and a profile at an instant."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import UTC, datetime
from typing import Literal
from zoneinfo import ZoneInfo

import numpy as np
import polars as pl

from dashboards.thinning import Times
from twin.analysis.case import Case
from twin.arrays import Bools, Floats, Ints

Rows = Literal["distance", "transformer", "phase"]
MOST_BINS = 60
NO_TRANSFORMER = "before any transformer"


@dataclass(frozen=True)
class Groups:
    """Nodes put together.

    names    what each group is called
    place    where it stands on an axis
    of_node  group of each node; -1: in none    [n_node]
    is_axis  whether places are distances, rather than an order of names
    """

    names: tuple[str, ...]
    place: Floats
    of_node: Ints
    is_axis: bool = False

    @property
    def members(self) -> tuple[Ints, ...]:
        """The nodes of each group."""
        return tuple(
            np.flatnonzero(self.of_node == group) for group in range(len(self.names))
        )


def is_recorded(case: Case) -> bool:
    """Whether there is any voltage to look at."""
    known = case.run.has("voltages") or case.run.has("nodes_daily")
    return known and case.steps.height > 0 and not case.is_unsolved


def is_daily(case: Case) -> bool:
    """Whether voltages are known a day at a time only."""
    return not case.run.has("voltages")


def is_three_phase(case: Case) -> bool:
    """Whether nodes are phases of buses."""
    return bool((case.nodes["phase"] > 0).any())


def real_nodes(case: Case) -> Bools:
    """Nodes that are buses, rather than points within elements. [n_node]"""
    return ~case.nodes["auxiliary"].fill_null(False).to_numpy()


def groups_of(case: Case, rows: Rows) -> Groups:
    """Every real node in a bin of distance, behind a transformer, or on a phase."""
    if rows == "transformer":
        return _by_transformer(case)
    if rows == "phase":
        phase = case.nodes["phase"].to_numpy().astype(np.int64)
        of = np.where(real_nodes(case) & (phase > 0), phase - 1, -1)
        names = tuple(f"phase {one}" for one in range(1, int(phase.max(initial=1)) + 1))
        return Groups(names, np.arange(1, len(names) + 1, dtype=np.float64), of)
    return groups_along(distance_km(case), real_nodes(case))


def distance_km(case: Case) -> Floats:
    """Of each node from its source; NaN where it is not known. [n_node]"""
    found: Floats = case.nodes["distance_km"].fill_null(np.nan).to_numpy()
    return found


def transformer_names(case: Case) -> tuple[str, ...]:
    """What each transformer is called."""
    return tuple(
        name or f"transformer {row}"
        for row, name in enumerate(case.transformers["name"].to_list())
    )


def limit_words(pu: float) -> str:
    """A limit with the digits that it needs: 0.90, 0.917."""
    words = f"{pu:.3f}"
    return words[:-1] if words.endswith("0") else words


def groups_along(distance: Floats, real: Bools) -> Groups:
    """Each distance for itself if they are few; else round bins that hold a node."""
    known = real & np.isfinite(distance)
    every = np.unique(distance[known])
    if len(every) > MOST_BINS:
        width = bin_width(float(every[-1]))
        bins = np.floor(np.where(known, distance, 0.0) / width + 1e-9)
        held, of = np.unique(bins[known], return_inverse=True)
        place: Floats = (held + 0.5) * width
    else:
        of, place = np.searchsorted(every, distance[known]), every
    of_node = np.full(len(distance), -1, np.int64)
    of_node[known] = of
    return Groups(tuple(f"{one:g} km" for one in place), place, of_node, is_axis=True)


def bin_width(longest: float, most: int = MOST_BINS) -> float:
    """The least round width of which at most so many bins reach as far."""
    if longest <= 0:
        return 1.0
    power = 10.0 ** np.floor(np.log10(longest / most))
    steps = (power * step for step in (1, 2, 2.5, 5, 10, 20))
    return float(next(step for step in steps if longest / step < most))


def _by_transformer(case: Case) -> Groups:
    names: tuple[str, ...] = transformer_names(case)
    of = case.nodes["transformer"].fill_null(-1).to_numpy().astype(np.int64)
    if (of < 0).any():
        names = (*names, NO_TRANSFORMER)
        of = np.where(of < 0, len(names) - 1, of)
    place = np.arange(len(names), dtype=np.float64)
    return Groups(names, place, np.where(real_nodes(case), of, -1))


def local_times(time: Times, zone: ZoneInfo) -> Times:
    """Instants of UTC as the feeder's clocks show them."""
    series = pl.Series(time.astype("datetime64[us]")).dt.replace_time_zone("UTC")
    local = series.dt.convert_time_zone(zone.key).dt.replace_time_zone(None)
    found: Times = local.to_numpy()
    return found


def profile_at(case: Case, row: int) -> Floats:
    """Every node's voltage in an interval; NaN where it has no solution. [n_node]"""
    time: datetime = case.steps["time"][row]
    found = case.run.at("voltages", time)
    if found.is_empty():
        return np.full(case.nodes.height, np.nan)
    values: Floats = found["v_pu"].to_numpy()[0].astype(np.float64)
    return values


def in_utc(local: np.datetime64, zone: ZoneInfo) -> datetime:
    """The instant that a clock of the feeder shows."""
    naive: datetime = local.astype("datetime64[us]").item()
    return naive.replace(tzinfo=zone).astimezone(UTC)
