"""Where a scenario's stationary batteries are: their nodes, terminals and zones."""

from __future__ import annotations

from typing import NamedTuple

import numpy as np

from twin.arrays import Bools, Ints
from twin.customers.spread import Spread
from twin.errors import InputError, nearest
from twin.grid.added_terminals import BATTERY, with_terminals
from twin.grid.feeder import REFERENCE, Feeder
from twin.grid.ppc import Network
from twin.grid.zones import Zones
from twin.scenario.storage_words import Battery
from twin.simulation.grids import Grid
from twin.simulation.sections import rows_named

NEUTRAL = 4


class Places(NamedTuple):
    """The feeder with the batteries' own terminals; each battery's share of them.

    ``zone`` [n_battery] is the transformer, or the supply's head, that it serves.
    """

    feeder: Feeder
    spread: Spread
    zone: Ints


def battery_places(
    words: list[Battery], grid: Grid, feeder: Feeder, zones: Zones
) -> Places | None:
    """Every battery at its terminals, in equal parts; none where there are none."""
    if not words:
        return None
    pairs: list[tuple[int, int]] = []
    owner: list[int] = []
    for number, one in enumerate(words):
        nodes = _nodes(one, f"storage.{number}", grid, feeder, zones)
        pairs += [(node, _other_side(feeder, node, len(nodes))) for node in nodes]
        owner += [number] * len(nodes)
    of = np.array(owner, dtype=np.int64)
    terminal = len(feeder.terminals) + np.arange(len(of))
    share = 1.0 / np.bincount(of)[of]
    spread = Spread(of, terminal, share, share)
    first = np.array([pairs[row][0] for row in spread.first_row], dtype=np.int64)
    for number, one in enumerate(words):
        _refuse_no_rating(one, f"storage.{number}", zones, int(first[number]))
    placed = with_terminals(feeder, pairs, BATTERY)
    return Places(placed, spread, zones.of_node[first])


def _nodes(
    one: Battery, key: str, grid: Grid, feeder: Feeder, zones: Zones
) -> list[int]:
    """The live nodes of a battery's bus, on its phases."""
    if one.transformer is not None:
        named = feeder.transformers.name
        own = f"{key}.transformer"
        rows = rows_named(one.transformer, named, "transformer", own)
        at = _of_bus(feeder, feeder.nodes.bus[feeder.transformers.node_lv[rows[0]]])
        behind = at & np.isin(zones.of_node, rows)
        at = behind if behind.any() else at
    else:
        at = _of_bus(feeder, _bus(one, f"{key}.bus", grid, feeder))
    phase = feeder.nodes.phase
    if one.phases is not None:
        there = sorted(set(phase[at].tolist()))
        missing = [p for p in one.phases if p not in there]
        if missing:
            listed = ", ".join(map(str, there))
            raise InputError.of(
                f"phase {missing[0]} is not there; allowed: {listed}",
                key=f"{key}.phases",
            )
        at &= np.isin(phase, one.phases)
    return np.flatnonzero(at).tolist()


def _of_bus(feeder: Feeder, bus: str) -> Bools:
    """A bus's nodes, its neutral and what lies inside elements left out."""
    nodes = feeder.nodes
    same = np.array([name == bus for name in nodes.bus], dtype=np.bool_)
    found: Bools = same & ~nodes.auxiliary & (nodes.phase < NEUTRAL)
    return found


def _bus(one: Battery, key: str, grid: Grid, feeder: Feeder) -> str:
    """The bus in the nodes' own words, found by its index or its name."""
    said = str(one.bus)
    known = feeder.node_of_bus
    named = {} if grid.net is None else _named_buses(grid.net)
    own = named.get(said.lower(), said)
    if own not in known:
        lower = {name.lower(): name for name in known}
        own = lower.get(own.lower(), own)
    if own in known:
        return feeder.nodes.bus[known[own]]
    if own in feeder.dead_buses:
        raise InputError.of(f"bus '{said}' has no supply", key=key)
    words = [*known, *named]
    raise InputError.of(
        f"no bus '{said}' here; there are {len(known)}{nearest(said.lower(), words)}",
        key=key,
    )


def _named_buses(net: Network) -> dict[str, str]:
    """Indices of a pandapower network's buses by their names, those told twice out."""
    pairs = zip(net.bus["name"], net.bus.index, strict=True)
    found: dict[str, str] = {}
    twice: set[str] = set()
    for name, index in pairs:
        if isinstance(name, str) and name:
            twice |= {name.lower()} & found.keys()
            found[name.lower()] = str(index)
    return {name: index for name, index in found.items() if name not in twice}


def _other_side(feeder: Feeder, node: int, n: int) -> int:
    """Where the current of one phase returns: the bus's neutral, if it has one."""
    if n > 1:
        return REFERENCE
    bus, phase = feeder.nodes.bus, feeder.nodes.phase
    neutral = [
        row
        for row in np.flatnonzero(phase == NEUTRAL).tolist()
        if bus[row] == bus[node]
    ]
    return neutral[0] if neutral else REFERENCE


def _refuse_no_rating(one: Battery, key: str, zones: Zones, node: int) -> None:
    rating_kw = zones.rating_kw[zones.of_node[node]]
    if one.target_loading is not None and not np.isfinite(rating_kw):
        raise InputError.of(
            "no transformer with a rating supplies this bus; allowed here: target_kw",
            key=f"{key}.target_loading",
        )
