"""Symmetrical components of three phases: unbalance of voltages, neutral current.

[V_0, V_1, V_2] = A^-1 [V_a, V_b, V_c], with a = exp(j 120 degrees) and

        | 1  1    1   |
    A = | 1  a^2  a   |      zero, positive and negative sequence by columns
        | 1  a    a^2 |

Source: Fortescue, "Method of symmetrical co-ordinates applied to the solution of
polyphase networks", Trans. AIEE 37 (1918).
"""

from __future__ import annotations

import numpy as np
from scipy.sparse import csr_matrix, kron

from twin.arrays import Complexes, Floats, Ints
from twin.grid.feeder import Feeder
from twin.grid.flow import Flow, apparent

TURN = complex(-0.5, np.sqrt(0.75))
TO_PHASES: Complexes = np.array(
    [[1.0, 1.0, 1.0], [1.0, TURN.conjugate(), TURN], [1.0, TURN, TURN.conjugate()]]
)
TO_SEQUENCES: Complexes = np.asarray(TO_PHASES.conj() / 3.0, dtype=np.complex128)
PHASES = (1, 2, 3)
MISSING = -1


def sequences(phases: Complexes) -> Complexes:
    """Zero, positive and negative sequence of phases a, b, c. [..., 3] -> [..., 3]"""
    parts: Complexes = phases @ TO_SEQUENCES.T
    return parts


def projector(sequence: int) -> Complexes:
    """What keeps one sequence of three phase quantities. [3, 3]"""
    kept: Complexes = np.outer(TO_PHASES[:, sequence], TO_SEQUENCES[sequence])
    return kept


def phase_matrix(zero: csr_matrix, one: csr_matrix, two: csr_matrix) -> csr_matrix:
    """A diag(y_0, y_1, y_2) A^-1 for each entry. [m, n] each -> [3 m, 3 n]"""
    blocks = [kron(y, projector(k), "csr") for k, y in enumerate((zero, one, two))]
    matrix = csr_matrix(blocks[0] + blocks[1] + blocks[2])
    matrix.sort_indices()
    return matrix


def unbalance(v: Complexes, places: Ints) -> Floats:
    """Voltage unbalance |V_2| / |V_1|, a share; NaN where a phase is missing.

    v [n_node] complex voltages, pu; places [n_bus, 3] nodes of phases a, b, c, -1 for
    a missing one (`bus_places`). Source: IEC 61000-4-30, 5.7 (unbalance u_2).
    """
    parts = sequences(v[places])
    with np.errstate(divide="ignore", invalid="ignore"):
        share: Floats = np.abs(parts[:, 2]) / np.abs(parts[:, 1])
    share[(places == MISSING).any(axis=1)] = np.nan
    return share


def neutral_a(current_a: Complexes, places: Ints) -> Floats:
    """Size of the sum of three phase currents, A: what returns by neutral and earth.

    current_a [n_branch] complex phase currents (`current_a`); places [n, 3] rows of
    phases a, b, c, -1 for a missing one (`branch_places`); NaN where one is missing.
    """
    back: Floats = np.abs(current_a[places].sum(axis=1))
    back[(places == MISSING).any(axis=1)] = np.nan
    return back


def current_a(feeder: Feeder, flow: Flow, rows: Ints | None = None) -> Complexes:
    """Current of each branch (or of these rows) at the end nearer the source, A.

    I = conj(S / V), > 0 away from the source; NaN where there is no voltage.
    """
    asked = slice(None) if rows is None else rows
    near = feeder.branches.near[asked]
    s_pu = apparent(flow.p_kw[asked], flow.q_kvar[asked]) / feeder.s_base_kva
    with np.errstate(divide="ignore", invalid="ignore"):
        current = (s_pu / flow.v[near]).conj() * feeder.i_base_a[near]
    return np.asarray(current, dtype=np.complex128)


def bus_places(feeder: Feeder) -> tuple[list[str], Ints]:
    """Buses, and their nodes of phases 1, 2, 3, -1 for a missing one. [n_bus, 3]"""
    nodes = feeder.nodes
    number = {name: k for k, name in enumerate(dict.fromkeys(nodes.bus))}
    group = np.array([number[name] for name in nodes.bus], dtype=np.int64)
    return list(number), _places(group, nodes.phase)


def branch_places(feeder: Feeder) -> tuple[Ints, Ints]:
    """Elements by their first branch row [n], and rows of phases 1, 2, 3 [n, 3]."""
    branches = feeder.branches
    keys = list(zip(branches.kind, branches.element.tolist(), strict=True))
    first: dict[tuple[str, int], int] = {}
    for row, key in enumerate(keys):
        first.setdefault(key, row)
    rows = np.array(list(first.values()), dtype=np.int64)
    number = {key: k for k, key in enumerate(first)}
    group = np.array([number[key] for key in keys], dtype=np.int64)
    return rows, _places(group, branches.phase)


def _places(group: Ints, phase: Ints) -> Ints:
    """The first row of phases 1, 2, 3 in each group, -1 where there is none."""
    places = np.full((int(group.max(initial=-1)) + 1, len(PHASES)), MISSING)
    for column, its in enumerate(PHASES):
        rows = np.flatnonzero(phase == its)[::-1]
        places[group[rows], column] = rows
    return places
