"""What current at a few terminals changes in every voltage, near one solution.

The network is linear; what loads draw is taken along its tangent at the solution.
"""

from __future__ import annotations

import numpy as np
from scipy.sparse import csr_matrix

from twin.arrays import Complexes, Floats, Ints, compiled
from twin.errors import InputError
from twin.grid.feeder import Feeder
from twin.grid.flow import Demand
from twin.grid.pair_newton import PairNewton, factors, incidence


class Sensitivity:
    """Voltages by current drawn, from the tangent of one solution, factorised once.

    With J the derivative of what is missing at free nodes, Y V + A^T I(A V), by their
    voltages (real and imaginary parts apart, since constant power is not analytic):

        dV = -J^-1 A_t^T i        for a current i drawn at terminal t

    Source: da Costa, Martins, Pereira, "Developments in the Newton Raphson power flow
    formulation based on current injections", IEEE Trans. Power Systems 14 (1999), whose
    Jacobian it is.
    """

    def __init__(self, feeder: Feeder, demand: Demand, v: Complexes) -> None:
        if len(feeder.generators):
            raise InputError.of(
                "machines that hold a voltage are not known to the screen; "
                "--method iterative is",
                key="feeder",
            )
        self._n_node = feeder.n_node
        self._free = np.setdiff1d(np.arange(feeder.n_node), feeder.source_node)
        self._across = csr_matrix(incidence(feeder))
        self._factors = factors(PairNewton(feeder).jacobian(v, demand))

    def by_current(self, terminals: Ints, rows: csr_matrix) -> Complexes:
        """What a current drawn at terminals changes in ``rows @ V``.

        ``terminals`` [n]; the answer [n_row, n, 2]: by its real, and its imaginary part
        (1 pu and j pu).
        """
        seen = seen_by(self.of_voltages(terminals), rows)
        changed: Complexes = seen[:, :, 0] + 1j * seen[:, :, 1]
        return changed.transpose(2, 0, 1)

    def of_voltages(self, terminals: Ints) -> Complexes:
        """What it changes in every voltage [n, 2, n_node + 1]; the last is ground's."""
        across = csr_matrix(self._across[terminals][:, self._free])
        n_free, n = len(self._free), len(terminals)
        right = np.zeros((2 * n, 2 * n_free))
        at = np.repeat(np.arange(n), np.diff(across.indptr))
        right[2 * at, across.indices] = across.data
        right[2 * at + 1, n_free + across.indices] = across.data
        parts = self._factors.solve(right.T).T
        change = np.zeros((2 * n, self._n_node + 1), dtype=np.complex128)
        change[:, self._free] = -parts[:, :n_free] - 1j * parts[:, n_free:]
        return change.reshape(n, 2, -1)


def seen_by(change: Complexes, rows: csr_matrix) -> Floats:
    """What changes of voltages [n, 2, >= n_node] change in rows of them.

    Real parts, then imaginary ones [n, 2, 2, n_row].
    """
    n, parts, width = change.shape
    flat = np.ascontiguousarray(change).reshape(n * parts, width)
    found = np.empty((n * parts, 2, rows.shape[0]))
    first, column = (a.astype(np.int64) for a in (rows.indptr, rows.indices))
    _multiply(flat, first, column, rows.data.astype(np.complex128), found)
    return found.reshape(n, parts, 2, -1)


@compiled
def _multiply(
    change: Complexes, first: Ints, column: Ints, data: Complexes, found: Floats
) -> None:
    for k in range(len(change)):
        of = change[k]
        for r in range(len(first) - 1):
            real, imaginary = 0.0, 0.0
            for p in range(first[r], first[r + 1]):
                y, v = data[p], of[column[p]]
                real += y.real * v.real - y.imag * v.imag
                imaginary += y.real * v.imag + y.imag * v.real
            found[k, 0, r] = real
            found[k, 1, r] = imaginary
