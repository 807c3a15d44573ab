"""How branch flows follow from voltages: what they are made of, and the loop.

A branch's currents are its rows of admittances times voltages. Where an element is
purely in series (a line without charging current), what enters at one end leaves at the
other, I = Y (V_near - V_far), and one small block says it for all its conductors.
"""

from __future__ import annotations

from typing import NamedTuple

import numpy as np
from numpy.typing import NDArray
from scipy.sparse import csr_matrix, vstack

from twin.arrays import Bools, Complexes, Floats, Ints, compiled
from twin.grid.feeder import Branches, Feeder

Places = NDArray[np.uint32]  # never counted from the end, so compiled code needn't ask


class Wiring(NamedTuple):
    """What flows follow from, in the order in which branches are measured.

    branch [n_branch]: which is measured when, conductors of series elements first;
    ends [2, n_branch]: near and far node; scale [3, n_branch]: base current at the near
    end, A, and loading per unit of current at the near and at the far end (in series
    the larger of both stands for either). first [n_series + 1]: where a series element
    begins; y: its block [m, m] by rows, one element's after the other's. col, val:
    admittances by rows; pointer [2, 2 n_branch + n_source]: where a row begins and
    ends, first the near ends' rows, then the far ends', then the sources'.
    """

    branch: Places
    ends: Places
    scale: Floats
    first: Places
    y: Complexes
    pointer: Places
    col: Places
    val: Complexes
    source_node: Places
    shunt_node: Places
    shunt_g: Floats

    @classmethod
    def of(cls, feeder: Feeder, changing: Ints | None = None) -> Wiring:
        """Rows stay rows at nodes in `changing`, where they may be written anew."""
        branches, sources = feeder.branches, feeder.source_node
        own = csr_matrix(csr_matrix(feeder.y_bus)[sources])
        rows = vstack((branches.y_near, branches.y_far, own), format="csr")
        shunts = np.flatnonzero(feeder.shunt_y)
        series, first, y = _series(branches, changing)
        others = np.setdiff1d(np.arange(len(branches)), series)
        branch = np.concatenate((series, others))
        return cls(
            branch=_places(branch),
            ends=_places(np.array((branches.near, branches.far))[:, branch]),
            scale=_scale(feeder, branch, len(series)),
            first=_places(first),
            y=y,
            pointer=_pointer(rows.indptr, branch),
            col=_places(rows.indices),
            val=np.asarray(rows.data, dtype=np.complex128),
            source_node=_places(sources),
            shunt_node=_places(shunts),
            shunt_g=np.ascontiguousarray(feeder.shunt_y[shunts].real),
        )

    def rows(self) -> tuple[Complexes, Complexes, Complexes]:
        """Near ends', far ends' and sources' numbers, to be written in place."""
        n = len(self.branch)
        ends = self.pointer[1].astype(np.int64)
        near, far = ends[:n].max(initial=0), ends[: 2 * n].max(initial=0)
        return self.val[:near], self.val[near:far], self.val[far:]


@compiled
def measure(
    v: Complexes, wiring: Wiring, s_base_kva: float, out: Floats, source: Complexes
) -> tuple[float, float]:
    """Flows at the end nearer the source, and what is lost, kW.

    S_near = V_near conj(I_near), > 0 away from the source. Returns the sum of powers
    that enter branches at both ends, and what shunts draw. out [4, n_branch]: p_kw,
    q_kvar, i_a, loading; source [n_source]: V conj(Y V) of each source's row, kVA.
    """
    lost = measure_series(v, wiring, s_base_kva, out)
    lost += measure_others(v, wiring, s_base_kva, out)
    source_node, n = wiring.source_node, 2 * len(wiring.branch)
    begin, end = wiring.pointer
    for k in range(len(source_node)):
        current = 0j
        for j in range(begin[n + k], end[n + k]):
            current += wiring.val[j] * v[wiring.col[j]]
        source[k] = v[source_node[k]] * np.conj(current) * s_base_kva
    shunt = 0.0
    for k in range(len(wiring.shunt_node)):
        at = v[wiring.shunt_node[k]]
        shunt += (at.real * at.real + at.imag * at.imag) * wiring.shunt_g[k]
    return lost * s_base_kva, shunt * s_base_kva


@compiled
def measure_series(
    v: Complexes, wiring: Wiring, s_base_kva: float, out: Floats
) -> float:
    """Series elements' columns of out; what they lose, Re((V_near - V_far) conj(I))."""
    near, far = wiring.ends
    ampere, load, _ = wiring.scale
    branch, first, y = wiring.branch, wiring.first, wiring.y
    lost, place = 0.0, np.uint64(0)
    drop = np.empty(first[-1], dtype=np.complex128)
    for k in range(len(drop)):
        drop[k] = v[near[k]] - v[far[k]]
    for element in range(len(first) - 1):
        begin, end = first[element], first[element + 1]
        for k in range(begin, end):
            i = 0j
            for j in range(begin, end):
                i += y[place] * drop[j]
                place += np.uint64(1)
            lost += drop[k].real * i.real + drop[k].imag * i.imag
            at, b = v[near[k]], branch[k]
            size = np.sqrt(i.real * i.real + i.imag * i.imag)
            out[0, b] = (at.real * i.real + at.imag * i.imag) * s_base_kva
            out[1, b] = (at.imag * i.real - at.real * i.imag) * s_base_kva
            out[2, b] = size * ampere[k]
            out[3, b] = size * load[k]
    return lost


@compiled
def measure_others(
    v: Complexes, wiring: Wiring, s_base_kva: float, out: Floats
) -> float:
    """All other branches' columns of out; what enters them at both ends."""
    m, n, lost = wiring.first[-1], len(wiring.branch), 0.0
    branch, ends, scale = wiring.branch[m:], wiring.ends[:, m:], wiring.scale[:, m:]
    near_from, near_to = wiring.pointer[:, m:n]
    far_from, far_to = wiring.pointer[:, n + m : 2 * n]
    col, val = wiring.col, wiring.val
    for k in range(len(branch)):
        i, i_far = 0j, 0j
        for j in range(near_from[k], near_to[k]):
            i += val[j] * v[col[j]]
        for j in range(far_from[k], far_to[k]):
            i_far += val[j] * v[col[j]]
        at, at_far, b = v[ends[0, k]], v[ends[1, k]], branch[k]
        p = at.real * i.real + at.imag * i.imag
        lost += p + at_far.real * i_far.real + at_far.imag * i_far.imag
        size = np.sqrt(i.real * i.real + i.imag * i.imag)
        size_far = np.sqrt(i_far.real * i_far.real + i_far.imag * i_far.imag)
        load, other = size * scale[1, k], size_far * scale[2, k]
        out[0, b] = p * s_base_kva
        out[1, b] = (at.imag * i.real - at.real * i.imag) * s_base_kva
        out[2, b] = size * scale[0, k]
        out[3, b] = other if other > load or np.isnan(load) else load
    return lost


def _scale(feeder: Feeder, branch: Ints, n_series: int) -> Floats:
    branches, base_a = feeder.branches, feeder.i_base_a
    near_a, far_a = base_a[branches.near], base_a[branches.far]
    load_near, load_far = near_a / branches.rating_near_a, far_a / branches.rating_far_a
    scale = np.array((near_a[branch], load_near[branch], load_far[branch]))
    scale[1:, :n_series] = np.fmax(scale[1, :n_series], scale[2, :n_series])
    return scale


def _series(branches: Branches, changing: Ints | None) -> tuple[Ints, Ints, Complexes]:
    """Branches of series elements, where each element begins, and the blocks.

    An element is one if every conductor's near row is exactly a combination of
    V_near - V_far of its own conductors, and the far row exactly its negative.
    """
    element = _element(branches)
    odd = _any(branches.y_near + branches.y_far) | (
        np.diff(branches.y_near.indptr) == 0
    )
    if changing is not None:
        odd |= np.isin(branches.near, changing) | np.isin(branches.far, changing)
    branch, first = _whole(element, ~odd)
    y, combined = _blocks(branches, branch, first)
    if not combined.all():
        odd[branch[~combined]] = True
        branch, first = _whole(element, ~odd)
        y, _ = _blocks(branches, branch, first)
    return branch, first, y


def _whole(element: Ints, good: Bools) -> tuple[Ints, Ints]:
    """Branches of elements that are good in all of them, element after element."""
    bad = np.bincount(element, ~good)
    branch = np.argsort(element, kind="stable")
    branch = branch[bad[element[branch]] == 0]
    own = element[branch]
    first = np.flatnonzero(np.append(True, own[1:] != own[:-1]))[: len(own)]
    return branch, np.append(first, len(branch))


def _blocks(branches: Branches, branch: Ints, first: Ints) -> tuple[Complexes, Bools]:
    """Blocks of what near rows have at near ends; where these say all of the row."""
    if not len(branch):
        return np.empty(0, dtype=np.complex128), np.empty(0, dtype=bool)
    size = np.diff(first)
    row = np.repeat(np.arange(len(branch)), np.repeat(size, size))
    begin, square = np.repeat(first[:-1], size * size), size * size
    within = np.arange(len(row)) - np.repeat(np.cumsum(square) - square, square)
    column = begin + within % np.repeat(size, square)
    shape = (len(branch), branches.y_near.shape[1])
    near, far = branches.near[branch], branches.far[branch]
    rows = branches.y_near[branch]
    y = np.asarray(rows[row, near[column]], dtype=np.complex128).ravel()
    one = np.concatenate((row, row)), np.concatenate((near[column], far[column]))
    said = csr_matrix((np.concatenate((y, -y)), one), shape=shape)
    return y, ~_any(rows - said)


def _element(branches: Branches) -> Ints:
    """Number of the element that each branch belongs to [n_branch]."""
    _, kind = np.unique(np.asarray(branches.kind, dtype=str), return_inverse=True)
    pairs = np.column_stack((kind, branches.element))
    _, number = np.unique(pairs, axis=0, return_inverse=True)
    return number.astype(np.int64).reshape(-1)


def _any(matrix: csr_matrix) -> Bools:
    """Whether a row has a number that is not zero [n_row]."""
    row = np.repeat(np.arange(matrix.shape[0]), np.diff(matrix.indptr))
    return np.bincount(row, matrix.data != 0.0, matrix.shape[0]) > 0.0


def _pointer(indptr: Ints, branch: Ints) -> Places:
    """Where the rows of y_near, y_far and the sources begin and end, as measured."""
    n = len(branch)
    row = np.concatenate((branch, n + branch, np.arange(2 * n, len(indptr) - 1)))
    return _places(np.array((indptr[row], indptr[row + 1])))


def _places(numbers: Ints) -> Places:
    return np.ascontiguousarray(numbers, dtype=np.uint32)
