"""What current at a few terminals changes in every voltage, near one solution.

The network is linear; what loads draw is taken along its tangent at the solution.
"""

from __future__ import annotations

import numpy as np
from scipy.sparse import csr_matrix
from scipy.sparse.linalg import splu

from twin.arrays import Complexes, Ints
from twin.errors import InputError
from twin.grid.feeder import Feeder
from twin.grid.flow import Demand
from twin.grid.pair_newton import PairNewton, incidence


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
        self._lu = splu(PairNewton(feeder).jacobian(v, demand))

    def by_current(self, terminals: Ints, rows: csr_matrix) -> Complexes:
        """What a current drawn at terminals changes in ``rows @ V``.

        ``terminals`` [n]; the answer [n_row, n, 2]: by its real, and its imaginary part
        (1 pu and j pu).
        """
        at = np.asarray(self._across[terminals][:, self._free].T.todense())
        nothing = np.zeros_like(at)
        right = np.hstack([np.vstack([at, nothing]), np.vstack([nothing, at])])
        n_free, n = len(self._free), len(terminals)
        parts = -self._lu.solve(right)
        change = np.zeros((self._n_node, 2 * n), dtype=np.complex128)
        change[self._free] = parts[:n_free] + 1j * parts[n_free:]
        seen: Complexes = np.asarray(rows @ change, dtype=np.complex128)
        return seen.reshape(-1, 2, n).transpose(0, 2, 1)
