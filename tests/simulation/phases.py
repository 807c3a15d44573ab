"""A street in three phases by hand: a source bus, and buses of loads on phases.

source o== line ==o bus street (1, 2, 3)      legs: 1 and 2 in opposite phase
"""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np
from scipy.sparse import coo_matrix, csc_matrix, csr_matrix

from twin.grid.feeder import (
    Branches,
    Feeder,
    Generators,
    Nodes,
    Terminals,
    Transformers,
)

Y = 1.0 / complex(0.02, 0.02)
ABC = np.exp(1j * np.deg2rad([0.0, -120.0, 120.0]))
LEGS = np.array([1.0, -1.0], dtype=complex)
Drawer = tuple[str, int, int, float, float]  # name, element, place, kW, kvar


def street(drawers: Sequence[Drawer], angles: np.ndarray = ABC) -> Feeder:
    """A phase a line from the source; ``place`` of a drawer is its phase from 0."""
    n = len(angles)
    near, far = np.arange(n), n + np.arange(n)
    return Feeder(
        name="street",
        source="by hand",
        model="three_phase",
        region="eu",
        s_base_kva=100.0,
        nodes=_nodes(angles),
        y_bus=_matrix(near, far, 2 * n),
        shunt_y=np.zeros(2 * n, dtype=complex),
        source_node=near,
        source_v=angles,
        generators=Generators([], *(np.empty(0, dtype=kind) for kind in "iffff")),
        branches=_branches(near, far),
        transformers=Transformers([], *(np.empty(0, dtype=k) for k in "iffi")),
        terminals=_terminals(drawers, n),
        node_of_bus={"source": 0, "street": n},
    )


def _nodes(angles: np.ndarray) -> Nodes:
    n, none = len(angles), np.full(2 * len(angles), np.nan)
    return Nodes(
        bus=["source"] * n + ["street"] * n,
        phase=np.tile(np.arange(1, n + 1), 2),
        v_base_kv=np.full(2 * n, 0.23),
        distance_km=np.repeat([0.0, 0.1], n),
        x=none,
        y=none,
        geographic=False,
        angle_rad=np.tile(np.angle(angles), 2),
        auxiliary=np.zeros(2 * n, dtype=bool),
    )


def _matrix(near: np.ndarray, far: np.ndarray, size: int) -> csc_matrix:
    row = np.concatenate([near, far, near, far])
    column = np.concatenate([near, far, far, near])
    value = np.repeat([Y, Y, -Y, -Y], len(near))
    return csc_matrix(coo_matrix((value, (row, column)), shape=(size, size)))


def _branches(near: np.ndarray, far: np.ndarray) -> Branches:
    n, one = len(near), np.ones(len(near))
    row = np.tile(np.arange(n), 2)
    ends = np.concatenate([near, far])
    into = np.repeat([Y, -Y], n)
    y_near = csr_matrix((into, (row, ends)), shape=(n, 2 * n))
    return Branches(
        name=["line"] * n,
        kind=["line"] * n,
        element=np.zeros(n, dtype=np.int64),
        near=near,
        far=far,
        phase=np.arange(1, n + 1),
        y_near=y_near,
        y_far=csr_matrix(-y_near),
        near_is_first=np.ones(n, dtype=bool),
        rating_near_a=100.0 * one,
        rating_far_a=100.0 * one,
        emergency_factor=1.2 * one,
        rating_kva=np.nan * one,
        length_km=0.1 * one,
        transformer=np.full(n, -1),
    )


def _terminals(drawers: Sequence[Drawer], n: int) -> Terminals:
    none = np.zeros(len(drawers))
    return Terminals(
        name=[name for name, *_ in drawers],
        kind=["load"] * len(drawers),
        element=np.array([element for _, element, *_ in drawers], dtype=np.int64),
        node_a=np.array([n + place for _, _, place, *_ in drawers], dtype=np.int64),
        node_b=np.full(len(drawers), -1),
        p_kw=np.array([kw for *_, kw, _ in drawers]),
        q_kvar=np.array([kvar for *_, kvar in drawers]),
        p_z=none,
        p_i=none,
        q_z=none,
        q_i=none,
    )
