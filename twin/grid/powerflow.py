"""Solves a feeder many times: fixed-point current injection on factors made once.

V <- Y^-1 (I_source - sum conj(S(V) / V)), the linear part factorised at the start,
every iteration two triangular sweeps in one compiled call.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from scipy.sparse import csc_matrix, csr_matrix
from scipy.sparse.linalg import splu

from twin.arrays import Complexes, Ints
from twin.grid.conversion import Network
from twin.grid.feeder import REFERENCE, Feeder
from twin.grid.flow import Demand, Flow, Meter, PowerFlow, apparent
from twin.grid.kernels import gather_demand, iterate
from twin.grid.newton import Newton

__all__ = ["Demand", "FixedPoint", "Flow", "PowerFlow", "power_flow"]

MOST_ITERATIONS = 100


def power_flow(
    feeder: Feeder, net: Network, solver: str = "fast", tolerance_pu: float = 1e-8
) -> PowerFlow:
    """The engine for a feeder, and in its notes what made the choice."""
    from twin.grid.reference import PandapowerEngine

    if solver == "pandapower":
        return PandapowerEngine(net, feeder)
    if feeder.unsolvable:
        feeder.notes.append(
            "solved by pandapower's own engine, because of "
            + ", ".join(feeder.unsolvable)
        )
        return PandapowerEngine(net, feeder)
    if len(feeder.generators):
        return Newton(feeder, tolerance_pu)
    return FixedPoint(feeder, tolerance_pu)


@dataclass(frozen=True)
class Factors:
    """L and U of the unsupplied nodes' admittance, as arrays for the sweeps."""

    row_place: Ints
    column_place: Ints
    low: tuple[Ints, Ints, Complexes]
    up: tuple[Ints, Ints, Complexes]
    up_inverse: Complexes

    @classmethod
    def of(cls, matrix: csc_matrix) -> Factors:
        """Factorise; row i of the matrix is at row_place[i] of L, likewise columns."""
        lu = splu(
            matrix,
            permc_spec="MMD_AT_PLUS_A",
            diag_pivot_thresh=0.0,
            options={"SymmetricMode": True},
        )
        n = matrix.shape[0]
        low = csc_matrix(lu.L - _identity(n))
        low.eliminate_zeros()
        low.sort_indices()
        upper = csr_matrix(lu.U)
        diagonal = upper.diagonal()
        upper.setdiag(0.0)
        upper.eliminate_zeros()
        upper.sort_indices()
        return cls(
            row_place=lu.perm_r.astype(np.int64),
            column_place=lu.perm_c.astype(np.int64),
            low=_compressed(low),
            up=_compressed(upper),
            up_inverse=np.asarray(1.0 / diagonal, dtype=np.complex128),
        )


class FixedPoint:
    """Fixed-point power flow of a feeder without voltage-controlling machines.

    `state` holds the voltages that the next solve starts from.
    """

    def __init__(self, feeder: Feeder, tolerance_pu: float = 1e-8) -> None:
        self.feeder = feeder
        self.tolerance_pu = tolerance_pu
        self._meter = Meter(feeder)
        self._free = np.setdiff1d(np.arange(feeder.n_node), feeder.source_node)
        y_rows = csr_matrix(feeder.y_bus)[self._free]
        factors = Factors.of(csc_matrix(y_rows[:, self._free]))
        self._factors = factors
        n = len(self._free)
        self._place = np.empty(feeder.n_node, dtype=np.int64)
        self._place[self._free] = factors.column_place
        self._place[feeder.source_node] = n + np.arange(len(feeder.source_node))
        self._drive = np.empty(n, dtype=np.complex128)
        pushed = -(y_rows[:, feeder.source_node] @ feeder.source_v)
        self._drive[factors.row_place] = pushed
        self._x = np.zeros(n + len(feeder.source_node) + 1, dtype=np.complex128)
        self._y = np.zeros(n + 1, dtype=np.complex128)
        self._gather_ports(n)
        self._flat = self._no_load()
        self.state = self._flat.copy()
        self._newton: Newton | None = None

    def _gather_ports(self, n: int) -> None:
        """Terminals on the same pair of nodes draw through one port."""
        terminals, factors = self.feeder.terminals, self._factors
        pairs, port = np.unique(
            np.column_stack((terminals.node_a, terminals.node_b)).reshape(-1, 2),
            axis=0,
            return_inverse=True,
        )
        self._port = port.astype(np.int64).reshape(-1)
        push = np.full(self.feeder.n_node + 1, n, dtype=np.int64)
        push[self._free] = factors.row_place
        read = np.append(self._place, len(self._x) - 1)
        self._read = (read[pairs[:, 0]], read[pairs[:, 1]])
        self._push = (push[pairs[:, 0]], push[pairs[:, 1]])
        assert REFERENCE == -1
        self._ports = np.zeros((3, len(pairs)), dtype=np.complex128)
        self._dependent = terminals.voltage_dependent

    def solve(self, demand: Demand) -> Flow:
        """Warm start, then flat start, then Newton-Raphson, then a failed flow."""
        iterations = self._iterate(demand, self.state)
        if iterations < 0:
            iterations = self._iterate(demand, self._flat)
        if iterations < 0:
            return self._by_newton(demand)
        v = self._x[self._place]
        self.state = v
        return self._meter.flow(v, demand, iterations, "fixed point")

    def _iterate(self, demand: Demand, start: Complexes) -> int:
        base = self.feeder.s_base_kva
        factors = self._factors
        gather_demand(
            self._port,
            self._meter.shares,
            apparent(demand.load_kw / base, demand.load_kvar / base),
            apparent(demand.fixed_kw / base, demand.fixed_kvar / base),
            self._ports,
        )
        self._x[self._place] = start
        self._x[self._place[self.feeder.source_node]] = self.feeder.source_v
        return int(
            iterate(
                self._x, self._drive, self._read[0], self._read[1],
                self._push[0], self._push[1], self._ports, self._dependent,
                factors.low[0], factors.low[1], factors.low[2],
                factors.up[0], factors.up[1], factors.up[2], factors.up_inverse,
                self._y, self.tolerance_pu, MOST_ITERATIONS,
            )
        )  # fmt: skip

    def _no_load(self) -> Complexes:
        start = np.ones(self.feeder.n_node, dtype=np.complex128)
        self._iterate(Demand.none(self.feeder), start)
        return self._x[self._place]

    def _by_newton(self, demand: Demand) -> Flow:
        if self._newton is None:
            self._newton = Newton(self.feeder, self.tolerance_pu)
        self._newton.state = self._flat
        flow = self._newton.solve(demand)
        self.state = flow.v if flow.converged else self._flat.copy()
        return flow


def _identity(n: int) -> csc_matrix:
    from scipy.sparse import eye_array

    return csc_matrix(eye_array(n))


def _compressed(matrix: csc_matrix | csr_matrix) -> tuple[Ints, Ints, Complexes]:
    data = np.asarray(matrix.data, dtype=np.complex128)
    return matrix.indptr.astype(np.int64), matrix.indices.astype(np.int64), data
