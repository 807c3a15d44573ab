"""Copies of a feeder side by side, to see how cost grows with size."""

from dataclasses import replace

import numpy as np
from scipy.sparse import block_diag, csc_matrix, csr_matrix

from twin.grid.feeder import (
    Branches,
    Feeder,
    Generators,
    Nodes,
    Terminals,
    Transformers,
)


def copies(feeder: Feeder, n: int) -> Feeder:
    """The same feeder n times, each with its own sources; nothing joins them."""
    size, branches = feeder.n_node, len(feeder.branches)
    transformers = len(feeder.transformers)
    shift = np.arange(n)
    own = feeder.branches.transformer
    moved = np.where(own >= 0, own + _moved(shift, own, transformers) - own, -1)
    return replace(
        feeder,
        name=f"{n} x {feeder.name}",
        nodes=_nodes(feeder.nodes, n),
        y_bus=csc_matrix(block_diag([feeder.y_bus] * n)),
        shunt_y=np.tile(feeder.shunt_y, n),
        source_node=_moved(shift, feeder.source_node, size).ravel(),
        source_v=np.tile(feeder.source_v, n),
        generators=_generators(feeder.generators, n, size),
        branches=_branches(feeder.branches, n, size, moved),
        transformers=_transformers(feeder.transformers, n, size, branches),
        terminals=_terminals(feeder.terminals, n, size),
    )


def _moved(shift, index, by):
    return index[None, :] + shift[:, None] * by


def _nodes(nodes: Nodes, n: int) -> Nodes:
    return replace(
        nodes,
        bus=[f"{copy}.{bus}" for copy in range(n) for bus in nodes.bus],
        phase=np.tile(nodes.phase, n),
        v_base_kv=np.tile(nodes.v_base_kv, n),
        distance_km=np.tile(nodes.distance_km, n),
        x=np.tile(nodes.x, n),
        y=np.tile(nodes.y, n),
        auxiliary=np.tile(nodes.auxiliary, n),
    )


def _generators(machines: Generators, n: int, size: int) -> Generators:
    return replace(
        machines,
        name=machines.name * n,
        node=_moved(np.arange(n), machines.node, size).ravel(),
        v_set_pu=np.tile(machines.v_set_pu, n),
        p_kw=np.tile(machines.p_kw, n),
        q_min_kvar=np.tile(machines.q_min_kvar, n),
        q_max_kvar=np.tile(machines.q_max_kvar, n),
    )


def _branches(rows: Branches, n: int, size: int, transformer) -> Branches:
    return replace(
        rows,
        name=rows.name * n,
        kind=rows.kind * n,
        element=np.tile(rows.element, n),
        near=_moved(np.arange(n), rows.near, size).ravel(),
        far=_moved(np.arange(n), rows.far, size).ravel(),
        phase=np.tile(rows.phase, n),
        y_near=csr_matrix(block_diag([rows.y_near] * n)),
        y_far=csr_matrix(block_diag([rows.y_far] * n)),
        near_is_first=np.tile(rows.near_is_first, n),
        rating_near_a=np.tile(rows.rating_near_a, n),
        rating_far_a=np.tile(rows.rating_far_a, n),
        emergency_factor=np.tile(rows.emergency_factor, n),
        rating_kva=np.tile(rows.rating_kva, n),
        length_km=np.tile(rows.length_km, n),
        transformer=transformer.ravel(),
    )


def _transformers(rows: Transformers, n: int, size: int, branches: int) -> Transformers:
    return replace(
        rows,
        name=rows.name * n,
        branch=_moved(np.arange(n), rows.branch, branches).ravel(),
        rating_kva=np.tile(rows.rating_kva, n),
        emergency_factor=np.tile(rows.emergency_factor, n),
        node_lv=_moved(np.arange(n), rows.node_lv, size).ravel(),
    )


def _terminals(rows: Terminals, n: int, size: int) -> Terminals:
    other = _moved(np.arange(n), rows.node_b, size).ravel()
    return replace(
        rows,
        name=rows.name * n,
        kind=rows.kind * n,
        element=np.tile(rows.element, n),
        node_a=_moved(np.arange(n), rows.node_a, size).ravel(),
        node_b=np.where(np.tile(rows.node_b, n) < 0, -1, other),
        p_kw=np.tile(rows.p_kw, n),
        q_kvar=np.tile(rows.q_kvar, n),
        p_z=np.tile(rows.p_z, n),
        p_i=np.tile(rows.p_i, n),
        q_z=np.tile(rows.q_z, n),
        q_i=np.tile(rows.q_i, n),
    )
