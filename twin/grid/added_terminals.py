"""Adds terminals to a feeder where the network has no load: plugs, and batteries."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import fields, replace
from typing import Any

import numpy as np

from twin.arrays import Floats, Ints
from twin.grid.feeder import REFERENCE, Feeder, Terminals

KIND = "charger"
BATTERY = "battery"
ADDED = (KIND, BATTERY)


def with_terminals(
    feeder: Feeder, pairs: Sequence[tuple[int, int]], kind: str = KIND
) -> Feeder:
    """The feeder with a terminal of a kind, ``charger``, for each pair of nodes.

    pairs  (node_a, node_b), node_b -1 for the reference; appended in their order, with
           no load of their own, rated at the voltage across them at no load
    """
    if not pairs:
        return feeder
    return replace(feeder, terminals=_appended(feeder, pairs, kind))


def _appended(feeder: Feeder, pairs: Sequence[tuple[int, int]], kind: str) -> Terminals:
    rows, n = feeder.terminals, len(pairs)
    a, b = np.array(pairs, dtype=np.int64).T
    names = [f"{kind} at {feeder.nodes.bus[node]}" for node in a.tolist()]
    added: dict[str, Any] = {
        "name": names,
        "kind": [kind] * n,
        "element": np.arange(n),
        "node_a": a,
        "node_b": b,
        "v_rated_pu": across_pu(feeder, a, b),
        "law": np.full(n, -1, dtype=np.int64),
        "laws": np.empty((0, rows.laws.shape[1])),
    }
    joined: dict[str, Any] = {}
    for field in fields(rows):
        own = getattr(rows, field.name)
        more = added.get(field.name, np.zeros(n))
        joined[field.name] = (
            own + more if isinstance(own, list) else np.concatenate([own, more])
        )
    return Terminals(**joined)


def across_pu(feeder: Feeder, a: Ints, b: Ints) -> Floats:
    """Voltage between nodes, and of nodes to the reference (-1), at no load, pu."""
    v = np.exp(1j * feeder.nodes.angle_rad)
    other = np.where(b == REFERENCE, 0.0, v[b])
    across: Floats = np.abs(v[a] - other)
    return across
