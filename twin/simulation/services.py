"""Which terminals of a feeder are one customer's service.

one element on one to three phases          two loads on the legs of one service

a --o                                        hot 1 --o  load 1
b --o  load                                  neutral    (ground)
c --o                                        hot 2 --o  load 2
"""

from __future__ import annotations

from collections import defaultdict

import numpy as np

from twin.arrays import Bools, Ints
from twin.grid.feeder import REFERENCE, Feeder

OPPOSITE_RAD = np.deg2rad(150.0)


def services(feeder: Feeder) -> Ints:
    """The service of each terminal, numbered in order of appearance [n_terminal]."""
    terminals = feeder.terminals
    keys: list[object] = list(
        zip(terminals.kind, terminals.element.tolist(), strict=True)
    )
    for leg, other in _legs(feeder):
        keys[other] = keys[leg]
    number: dict[object, int] = {}
    ordered = [number.setdefault(key, len(number)) for key in keys]
    return np.array(ordered, dtype=np.int64)


def hot_legs(feeder: Feeder, service: Ints) -> dict[int, tuple[int, int]]:
    """The two hot nodes of each service whose load is given as two legs."""
    node = feeder.terminals.node_a
    return {
        int(service[leg]): (int(node[leg]), int(node[other]))
        for leg, other in _legs(feeder)
    }


def _legs(feeder: Feeder) -> list[tuple[int, int]]:
    """Pairs of loads, each alone on a leg of the same bus, in opposite phase."""
    at: dict[tuple[str, int], list[int]] = defaultdict(list)
    nodes, terminals = feeder.nodes, feeder.terminals
    for row in np.flatnonzero(_single_to_ground(feeder)).tolist():
        node = int(terminals.node_a[row])
        at[nodes.bus[node], int(nodes.phase[node])].append(row)
    pairs = []
    for (bus, phase), rows in at.items():
        others = at.get((bus, 2), []) if phase == 1 else []
        if len(rows) == len(others) and _opposite(feeder, rows[0], others[0]):
            pairs += list(zip(rows, others, strict=True))
    return pairs


def _single_to_ground(feeder: Feeder) -> Bools:
    """Terminals of loads with no other terminal, from a phase to the reference."""
    terminals, phase = feeder.terminals, feeder.nodes.phase
    if not (phase > 0).any():
        return np.zeros(len(terminals), dtype=np.bool_)
    load = np.array([kind == "load" for kind in terminals.kind], dtype=np.bool_)
    _, row, count = np.unique(
        terminals.element[load], return_inverse=True, return_counts=True
    )
    load[load] = count[row] == 1
    single: Bools = (
        load & (terminals.node_b == REFERENCE) & (phase[terminals.node_a] > 0)
    )
    return single


def _opposite(feeder: Feeder, one: int, other: int) -> bool:
    angle, node = feeder.nodes.angle_rad, feeder.terminals.node_a
    apart = np.angle(np.exp(1j * (angle[node[one]] - angle[node[other]])))
    return bool(abs(apart) > OPPOSITE_RAD)
