"""Branches of a pandapower network by phase, and sources behind their impedances."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from scipy.sparse import coo_matrix, csr_matrix, vstack

from twin.arrays import Complexes, Ints
from twin.grid.feeder import Branches, Transformers
from twin.grid.pp_branches import choose
from twin.grid.pp_sequences import Sequences
from twin.grid.sequence import TO_PHASES, phase_matrix, projector

INTERNAL_Y_PU = 1000.0


@dataclass(frozen=True)
class Behind:
    """Ideal sources of the positive sequence, and how they feed their buses.

    A source holds the positive sequence of its bus, V_1 = E, while the zero and the
    negative sequence see its impedance to the reference. Its current I_1 is an unknown
    of its own, carried by an inner node: V_inner = E - I_1 / y. So

        phase k of the source   I_k = u_k y (E - V_inner),   u = [1, a^2, a]
        inner node              0 = sum_k conj(u_k) y (V_k - E_k)
        phase k of the bus      -I_k + (the other sequences' admittances) V

    node   phases of each source [n_source, 3]; inner [n_source]; bus [n_source, 3]
    y      all of these rows, on all nodes [n_node, n_node], to be added to the buses'
    y_near, y_far   currents into each source's three branches [3 n_source, n_node]
    """

    node: Ints
    inner: Ints
    bus: Ints
    n_node: int
    y: csr_matrix
    y_near: csr_matrix
    y_far: csr_matrix


def behind(sequences: Sequences) -> Behind:
    """Nodes and admittances of the sources, after those of all buses."""
    source, first = sequences.source, 3 * len(sequences.shunt)
    n_source = len(source)
    node = first + np.arange(3 * n_source).reshape(-1, 3)
    inner = first + 3 * n_source + np.arange(n_source)
    bus = 3 * source[:, None] + np.arange(3)
    n_node = first + 4 * n_source
    near = _near(node, inner, n_node)
    far = csr_matrix(-near + _others(sequences.y_behind, bus, n_node))
    rows = [
        (node.ravel(), near),
        (bus.ravel(), far),
        (inner, _held(node, inner, bus, n_node)),
    ]
    return Behind(node, inner, bus, n_node, _stacked(rows, n_node), near, far)


def _near(node: Ints, inner: Ints, n_node: int) -> csr_matrix:
    """Currents out of the sources: y (E_k - u_k V_inner). [3 n_source, n_node]"""
    row = np.arange(node.size)
    turn = np.tile(TO_PHASES[:, 1], len(node))
    y = INTERNAL_Y_PU
    return _sparse(
        (row, node.ravel(), np.full(node.size, y, dtype=complex)),
        (row, np.repeat(inner, 3), -y * turn),
        shape=(node.size, n_node),
    )


def _held(node: Ints, inner: Ints, bus: Ints, n_node: int) -> csr_matrix:
    """Positive sequence of the bus less that of the source. [n_source, n_node]"""
    row = np.repeat(np.arange(len(inner)), 3)
    turn = INTERNAL_Y_PU * np.tile(TO_PHASES[:, 1].conj(), len(inner))
    return _sparse(
        (row, bus.ravel(), turn), (row, node.ravel(), -turn), shape=(len(inner), n_node)
    )


def _others(y_behind: Complexes, bus: Ints, n_node: int) -> csr_matrix:
    """What zero and negative sequence draw through the sources. [3 n_source, n_node]"""
    row = np.repeat(np.arange(bus.size), 3)
    column = np.repeat(bus, 3, axis=0).ravel()
    blocks = [zero * projector(0) + two * projector(2) for zero, _, two in y_behind]
    value = np.array(blocks, dtype=complex).ravel()
    return _sparse((row, column, value), shape=(bus.size, n_node))


def _sparse(*parts: tuple[Ints, Ints, Complexes], shape: tuple[int, int]) -> csr_matrix:
    row, column, value = (np.concatenate(each) for each in zip(*parts, strict=True))
    return csr_matrix(coo_matrix((value, (row, column)), shape=shape))


def _stacked(rows: list[tuple[Ints, csr_matrix]], n_node: int) -> csr_matrix:
    """Rows at their places in a matrix of all nodes."""
    at = np.concatenate([places for places, _ in rows])
    place = coo_matrix(
        (np.ones(len(at)), (at, np.arange(len(at)))), shape=(n_node, len(at))
    )
    return csr_matrix(csr_matrix(place) @ vstack([part for _, part in rows]))


def phase_branches(
    sequences: Sequences,
    balanced: tuple[Branches, Transformers],
    sources: Behind,
    source_names: list[str],
) -> tuple[Branches, Transformers]:
    """A row a phase of each branch, in the order of `balanced`; sources' rows last."""
    one, transformers = balanced
    flip = ~one.near_is_first
    wide = (3 * len(one), sources.n_node)
    near, far = (
        widened(phase_matrix(*(
            choose(flip, yes, no) for yes, no in zip(when, otherwise, strict=True)
        )), wide)
        for when, otherwise in (
            (sequences.y_to, sequences.y_from), (sequences.y_from, sequences.y_to),
        )
    )  # fmt: skip
    n_source = len(source_names)
    nan, none = np.full(3 * n_source, np.nan), np.full(3 * n_source, -1)
    thrice = np.arange(len(one)).repeat(3)
    phase = np.tile([0, 1, 2], len(one))
    branches = Branches(
        name=[one.name[k] for k in thrice]
        + [n for n in source_names for _ in range(3)],
        kind=[one.kind[k] for k in thrice] + ["source impedance"] * (3 * n_source),
        element=np.append(one.element[thrice], np.arange(n_source).repeat(3)),
        near=np.append(3 * one.near[thrice] + phase, sources.node.ravel()),
        far=np.append(3 * one.far[thrice] + phase, sources.bus.ravel()),
        phase=1 + np.append(phase, np.tile([0, 1, 2], n_source)),
        y_near=csr_matrix(vstack([near, sources.y_near])),
        y_far=csr_matrix(vstack([far, sources.y_far])),
        near_is_first=np.append(one.near_is_first[thrice], none < 0),
        rating_near_a=np.append(one.rating_near_a[thrice], nan),
        rating_far_a=np.append(one.rating_far_a[thrice], nan),
        emergency_factor=np.append(one.emergency_factor[thrice], nan),
        rating_kva=np.append(one.rating_kva[thrice], nan),
        length_km=np.append(one.length_km[thrice], np.zeros(3 * n_source)),
        transformer=np.append(one.transformer[thrice], none),
    )
    return branches, Transformers(
        name=transformers.name,
        branch=3 * transformers.branch,
        rating_kva=transformers.rating_kva,
        emergency_factor=transformers.emergency_factor,
        node_lv=3 * transformers.node_lv,
    )


def widened(matrix: csr_matrix, shape: tuple[int, int]) -> csr_matrix:
    """The same numbers with room for nodes beyond the buses."""
    pointer = np.pad(matrix.indptr, (0, shape[0] - matrix.shape[0]), mode="edge")
    return csr_matrix((matrix.data, matrix.indices, pointer), shape=shape)
