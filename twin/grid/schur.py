"""The end of a feeder's factors, made anew without touching the rest.

With the nodes that change eliminated last, A = L U gives A_cc - A_cr A_rr^-1 A_rc =
L_cc U_cc for them: what is added to A_cc is added to that product, and only its
factors change.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from twin.arrays import Bools, Complexes, Ints, compiled
from twin.grid.kernels import Sweep


@dataclass(frozen=True)
class Places:
    """Where a triangle of the end is kept in a sweep.

    first   row or column beside each line's diagonal, -1 for none        [m]
    few     [3, n_few]: place among the other numbers, across and along the line
    """

    first: Ints
    few: Ints


@dataclass(frozen=True)
class End:
    """The last lines of the factors, dense.

    schur    what eliminating all other nodes leaves of these   [m, m]
    lines    their places in the order of elimination           [m]
    inside   where the factors have room                        [m, m]
    linked   [3, few]: number of a change, row and column it adds to
    """

    schur: Complexes
    lines: Ints
    inside: Bools
    low: Places
    up: Places
    linked: Ints

    @classmethod
    def of(cls, sweep: Sweep, nodes: Ints, pairs: Ints) -> End | None:
        """For changes between pairs of nodes [2, n]; none where it can't be done."""
        n = sweep.to.shape[1]
        places = sweep.place[nodes]
        lines = np.sort(places[places < n])
        number = np.full(n + 1, -1)
        number[lines] = np.arange(len(lines))
        low = _places(number, lines, sweep.to[0], sweep.more_low_to)
        up = _places(number, lines, sweep.to[1], sweep.more_up_to)
        if low is None or up is None:
            return None
        at = np.minimum(sweep.place[pairs], n)
        row, column = number[at]
        link = np.flatnonzero((row >= 0) & (column >= 0))
        l_end, u_end = _dense(sweep, lines, low, up)
        return cls(
            schur=l_end @ u_end,
            lines=lines,
            inside=_room(len(lines), low, up),
            low=low,
            up=up,
            linked=np.array((link, row[link], column[link])),
        )

    def refactorise(self, sweep: Sweep, change: Complexes) -> bool:
        """Write the factors of the changed end into the sweep, if it has room."""
        end = self.schur.copy()
        link, row, column = self.linked
        np.add.at(end, (row, column), change[link])
        eliminate(end)
        if not np.all(np.isfinite(end)) or np.any(end[~self.inside]):
            return False
        own = np.arange(len(self.lines))
        low, up = self.low, self.up
        has = low.first >= 0
        sweep.lines[1, self.lines[has]] = end[low.first[has], own[has]]
        has = up.first >= 0
        sweep.lines[2, self.lines[has]] = end[own[has], up.first[has]]
        sweep.lines[3, self.lines] = 1.0 / end.diagonal()
        sweep.more_low[low.few[0]] = end[low.few[1], low.few[2]]
        sweep.more_up[up.few[0]] = end[up.few[2], up.few[1]]
        return True


@compiled
def eliminate(a: Complexes) -> None:
    """LU of a dense matrix in place, rows as they are, zeros left out."""
    n = len(a)
    for k in range(n):
        inverse = 1.0 / a[k, k]
        for i in range(k + 1, n):
            if a[i, k] == 0.0:
                continue
            factor = a[i, k] * inverse
            a[i, k] = factor
            for j in range(k + 1, n):
                a[i, j] -= factor * a[k, j]


def _places(number: Ints, lines: Ints, to: Ints, more_to: Ints) -> Places | None:
    n = len(to)
    first = number[to[lines]]
    mine = np.flatnonzero(np.isin(more_to[0], lines))
    across, along = number[more_to[1, mine]], number[more_to[0, mine]]
    if np.any((first < 0) & (to[lines] < n)) or np.any(across < 0):
        return None
    return Places(first, np.array((mine, across, along)))


def _dense(
    sweep: Sweep, lines: Ints, low: Places, up: Places
) -> tuple[Complexes, Complexes]:
    own, m = np.arange(len(lines)), len(lines)
    l_end, u_end = np.eye(m, dtype=np.complex128), np.zeros((m, m), dtype=np.complex128)
    has = low.first >= 0
    l_end[low.first[has], own[has]] = sweep.lines[1, lines[has]]
    l_end[low.few[1], low.few[2]] = sweep.more_low[low.few[0]]
    has = up.first >= 0
    u_end[own[has], up.first[has]] = sweep.lines[2, lines[has]]
    u_end[up.few[2], up.few[1]] = sweep.more_up[up.few[0]]
    u_end[own, own] = 1.0 / sweep.lines[3, lines]
    return l_end, u_end


def _room(m: int, low: Places, up: Places) -> Bools:
    own, room = np.arange(m), np.eye(m, dtype=bool)
    has = low.first >= 0
    room[low.first[has], own[has]] = True
    room[low.few[1], low.few[2]] = True
    has = up.first >= 0
    room[own[has], up.first[has]] = True
    room[up.few[2], up.few[1]] = True
    return room
