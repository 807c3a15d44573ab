"""The compiled search for what each connection may add: all its rows, then a few.

Rows are judged voltages, then currents at near and at far ends of rated branches.
"""

from __future__ import annotations

from typing import NamedTuple

import numpy as np

from twin.arrays import Bools, Complexes, Floats, Ints, compiled
from twin.grid.edge import START, Bracket, is_closed, is_open, told, trial_kw

NOTHING, NO_SOLUTION = -1, -2
OWN_ITERATIONS = 60
SETTLED_PU = 1e-10


class Rows(NamedTuple):
    """What is judged: `base` [2, n_row], real and imaginary, without what is added.

    per_most   1 / the most that a row's size may be, 0 where it has no limit   [n_row]
    per_least  1 / the least, of the first rows, which are voltages             [n_node]
    """

    base: Floats
    per_most: Floats
    per_least: Floats


class Adding(NamedTuple):
    """Connections with m terminals each; arrays lead with [n].

    per_kw  power at each terminal for a kW, per unit            [n, m]
    u       voltage across it without                            [n, m]
    z       what each terminal's current, real then imaginary,
            changes in it                                        [n, m, m, 2]
    change  the same of each row, real part then imaginary       [n, m, 2, 2, n_row]
    """

    per_kw: Floats
    u: Complexes
    z: Complexes
    change: Floats


@compiled
def edges(rows: Rows, adding: Adding) -> tuple[Floats, Ints, Bools]:
    """The most that each may add, kW; which row binds, and whether from below [n].

    Instead of a row, `NOTHING` may bind, or there is `NO_SOLUTION` with more. After the
    doubling only rows beyond their limits at its end are looked at; what they allow is
    then tried on all.
    """
    n, m = adding.per_kw.shape
    kw, bound = np.zeros(n), np.full(n, NOTHING)
    below = np.zeros(n, dtype=np.bool_)
    over = np.empty(rows.base.shape[1])
    values = np.empty(rows.base.shape)
    i = np.empty((m, 2))
    for k in range(n):
        bracket, place, low = START, NOTHING, False
        while is_open(bracket):
            at = trial_kw(bracket)
            worst, row, under = _of_all(rows, adding, k, at, i, values, over)
            bracket = told(bracket, at, worst)
            if worst > 0.0:
                place, low = row, under
        while not is_closed(bracket):
            sure = bracket
            few = np.flatnonzero(over > 0.0)
            while not is_closed(bracket):
                at = trial_kw(bracket)
                worst, row, under = _of_few(rows, adding, k, at, i, few)
                bracket = told(bracket, at, worst)
                if worst > 0.0:
                    place, low = row, under
            at = bracket.low_kw
            if at > sure.low_kw:
                worst, row, under = _of_all(rows, adding, k, at, i, values, over)
                if worst > 0.0:
                    place, low = row, under
                    bracket = Bracket(sure.low_kw, sure.low, at, worst, 1, 0)
        kw[k], bound[k], below[k] = bracket.low_kw, place, low
    return kw, bound, below


@compiled
def own_currents(
    per_kw: Floats, u_0: Complexes, z: Complexes, kw: float, i: Floats
) -> bool:
    """Currents of constant power behind an impedance, into `i` [m, 2]; if they settle.

    U = U_0 + Z i,  i = conj(s / U).
    """
    m = len(u_0)
    u = u_0.copy()
    for _ in range(OWN_ITERATIONS):
        for j in range(m):
            drawn = np.conj(kw * per_kw[j] / u[j])
            i[j, 0], i[j, 1] = drawn.real, drawn.imag
        change = 0.0
        for a in range(m):
            after = u_0[a]
            for j in range(m):
                after += z[a, j, 0] * i[j, 0] + z[a, j, 1] * i[j, 1]
            change = max(change, abs(after - u[a]))
            u[a] = after
        if change < SETTLED_PU:
            return True
    return False


@compiled
def _of_all(
    rows: Rows,
    adding: Adding,
    k: int,
    kw: float,
    i: Floats,
    values: Floats,
    over: Floats,
) -> tuple[float, int, bool]:
    """How far the worst row is beyond its limit, which, and whether from below.

    Leaves all in `over` [n_row]; without a current every row is beyond.
    """
    if not own_currents(adding.per_kw[k], adding.u[k], adding.z[k], kw, i):
        over[:] = np.inf
        return np.inf, NO_SOLUTION, False
    values[:] = rows.base
    change = adding.change[k]
    for j in range(len(i)):
        for part in range(2):
            amount = i[j, part]
            for plane in range(2):
                by, into = change[j, part, plane], values[plane]
                for r in range(len(over)):
                    into[r] += by[r] * amount
    real, imaginary = values[0], values[1]
    for r in range(len(over)):
        real[r] = np.sqrt(real[r] * real[r] + imaginary[r] * imaginary[r])
    for r in range(len(over)):
        over[r] = real[r] * rows.per_most[r] - 1.0
    for r in range(len(rows.per_least)):
        over[r] = max(over[r], 1.0 - real[r] * rows.per_least[r])
    row = int(over.argmax())
    under = row < len(rows.per_least) and real[row] * rows.per_most[row] < 1.0
    return float(over[row]), row, bool(under)


@compiled
def _of_few(
    rows: Rows, adding: Adding, k: int, kw: float, i: Floats, few: Ints
) -> tuple[float, int, bool]:
    """The same of a few rows alone."""
    if not own_currents(adding.per_kw[k], adding.u[k], adding.z[k], kw, i):
        return np.inf, NO_SOLUTION, False
    worst, row, under = -np.inf, 0, False
    for r in few:
        real, imaginary = rows.base[0, r], rows.base[1, r]
        for j in range(len(i)):
            for part in range(2):
                by = adding.change[k, j, part, :, r]
                real += by[0] * i[j, part]
                imaginary += by[1] * i[j, part]
        size = np.sqrt(real * real + imaginary * imaginary)
        beyond = size * rows.per_most[r] - 1.0
        if beyond > worst:
            worst, row, under = beyond, r, False
        if r < len(rows.per_least):
            beyond = 1.0 - size * rows.per_least[r]
            if beyond > worst:
                worst, row, under = beyond, r, True
    return worst, row, under
