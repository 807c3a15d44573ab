"""Feeders typed by hand, without any network library.

grid.radial([0, 1, 1], [...])        0 ---- 1 ---- 2
                                            |
                                            3
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace

import numpy as np
import pytest
from scipy.sparse import csc_matrix, csr_matrix

from twin.grid.feeder import (
    Branches,
    Feeder,
    Generators,
    Nodes,
    Terminals,
    Transformers,
)

S_BASE_KVA = 1000.0
V_BASE_KV = 0.4


class Grid:
    """Makes small feeders; node k + 1 hangs on node `parent[k]`, a load at each."""

    s_base_kva = S_BASE_KVA
    v_base_kv = V_BASE_KV
    i_base_a = S_BASE_KVA / (np.sqrt(3.0) * V_BASE_KV)

    def radial(
        self,
        parent: Sequence[int],
        z_pu: Sequence[complex],
        source_v: complex = 1.0,
        shares: Sequence[float] = (0.0, 0.0, 0.0, 0.0),
        shunt: Sequence[complex] | None = None,
        rating_a: float = 100.0,
    ) -> Feeder:
        n_branch = len(parent)
        n_node = n_branch + 1
        near, far = np.array(parent), np.arange(1, n_node)
        y = 1.0 / np.asarray(z_pu, dtype=complex)
        rows = np.arange(n_branch)
        shape = (n_branch, n_node)
        index = (np.tile(rows, 2), np.concatenate((near, far)))
        y_near = csr_matrix((np.concatenate((y, -y)), index), shape=shape)
        y_far = csr_matrix((np.concatenate((-y, y)), index), shape=shape)
        at_near = csr_matrix((np.ones(n_branch), (rows, near)), shape=shape)
        at_far = csr_matrix((np.ones(n_branch), (rows, far)), shape=shape)
        y_shunt = np.zeros(n_node, complex) if shunt is None else np.array(shunt)
        y_bus = at_near.T @ y_near + at_far.T @ y_far
        y_bus = y_bus + csr_matrix((y_shunt, (range(n_node), range(n_node))))
        none = np.array([], dtype=np.int64)
        some = np.array([])
        loaded = np.arange(1, n_node)
        share = [np.full(n_branch, value) for value in shares]
        return Feeder(
            name="hand",
            source="hand",
            model="balanced",
            region="eu",
            s_base_kva=S_BASE_KVA,
            nodes=Nodes(
                bus=[str(node) for node in range(n_node)],
                phase=np.zeros(n_node, dtype=np.int64),
                v_base_kv=np.full(n_node, V_BASE_KV),
                distance_km=np.zeros(n_node),
                x=np.full(n_node, np.nan),
                y=np.full(n_node, np.nan),
                geographic=False,
                angle_rad=np.full(n_node, np.angle(source_v)),
                auxiliary=np.zeros(n_node, dtype=bool),
            ),
            y_bus=csc_matrix(y_bus),
            shunt_y=y_shunt,
            source_node=np.array([0]),
            source_v=np.array([source_v], dtype=complex),
            generators=Generators([], none, some, some, some, some),
            branches=Branches(
                name=[f"line {k}" for k in rows],
                kind=["line"] * n_branch,
                element=rows,
                near=near,
                far=far,
                phase=np.zeros(n_branch, dtype=np.int64),
                y_near=y_near,
                y_far=y_far,
                near_is_first=np.ones(n_branch, dtype=bool),
                rating_near_a=np.full(n_branch, rating_a),
                rating_far_a=np.full(n_branch, rating_a),
                emergency_factor=np.full(n_branch, 1.1),
                rating_kva=np.full(n_branch, np.nan),
                length_km=np.full(n_branch, 0.1),
                transformer=np.full(n_branch, -1),
            ),
            transformers=Transformers([], none, some, some, none),
            terminals=Terminals(
                name=[f"load {node}" for node in loaded],
                kind=["load"] * n_branch,
                element=rows,
                node_a=loaded,
                node_b=np.full(n_branch, -1),
                p_kw=np.zeros(n_branch),
                q_kvar=np.zeros(n_branch),
                p_z=share[0],
                p_i=share[1],
                q_z=share[2],
                q_i=share[3],
            ),
            node_of_bus={str(node): node for node in range(n_node)},
        )

    def pair(self, z_pu: complex, source_v: complex = 1.0, **kw: object) -> Feeder:
        """A source, one line, one load."""
        return self.radial([0], [z_pu], source_v, **kw)  # type: ignore[arg-type]

    def holding(
        self,
        feeder: Feeder,
        node: int,
        v_set: float,
        p_kw: float,
        q_kvar: tuple[float, float] = (-np.inf, np.inf),
    ) -> Feeder:
        """The same feeder with a machine that holds a node's voltage."""
        machine = Generators(
            name=["machine"],
            node=np.array([node]),
            v_set_pu=np.array([v_set]),
            p_kw=np.array([p_kw]),
            q_min_kvar=np.array([q_kvar[0]]),
            q_max_kvar=np.array([q_kvar[1]]),
        )
        return replace(feeder, generators=machine)


@pytest.fixture(scope="session")
def grid() -> Grid:
    return Grid()
