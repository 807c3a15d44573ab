"""Solves a feeder many times: fixed-point current injection on factors made once.

V <- Y^-1 (I_source - sum conj(S(V) / V)), the linear part factorised at the start,
every iteration two triangular sweeps in one compiled call.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from scipy.sparse import csc_matrix, csr_matrix
from scipy.sparse.linalg import splu

from twin.arrays import Complexes, Floats, Ints
from twin.grid.conversion import Network
from twin.grid.feeder import Feeder
from twin.grid.flow import Demand, Flow, Meter, PowerFlow
from twin.grid.kernels import Asked, Sweep, solve_from
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
    """L by columns and U by rows, as arrays for the sweeps."""

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
        self._sweep = _sweep(feeder)
        self._dependent = feeder.terminals.voltage_dependent
        self._ports = np.zeros((3, len(self._sweep.read_a)), dtype=np.complex128)
        n, n_source = len(self._sweep.drive), len(feeder.source_node)
        self._x = np.zeros(n + n_source + 1, dtype=np.complex128)
        self._y = np.zeros(n + 1, dtype=np.complex128)
        self._flat = self._no_load()
        self.state = self._flat.copy()
        self._newton: Newton | None = None

    def solve(self, demand: Demand) -> Flow:
        """Warm start, then flat start, then Newton-Raphson, then a failed flow."""
        demand = Demand(*(_plain(column) for column in demand))
        v = np.empty(self.feeder.n_node, dtype=np.complex128)
        iterations = self._iterate(demand, self.state, v)
        if iterations < 0:
            iterations = self._iterate(demand, self._flat, v)
        if iterations < 0:
            return self._by_newton(demand)
        self.state = v
        return self._meter.flow(v, demand, iterations, "fixed point")

    def _iterate(self, demand: Demand, start: Complexes, v: Complexes) -> int:
        return int(
            solve_from(
                self._sweep, self._meter.connections, Asked(*demand),
                1.0 / self.feeder.s_base_kva, self._dependent, start, self._ports,
                self._x, self._y, self.tolerance_pu, MOST_ITERATIONS, v,
            )
        )  # fmt: skip

    def _no_load(self) -> Complexes:
        start = np.ones(self.feeder.n_node, dtype=np.complex128)
        start[self.feeder.source_node] = self.feeder.source_v
        self._iterate(Demand.none(self.feeder), start, start)
        return start

    def _by_newton(self, demand: Demand) -> Flow:
        if self._newton is None:
            self._newton = Newton(self.feeder, self.tolerance_pu)
        self._newton.state = self._flat
        flow = self._newton.solve(demand)
        self.state = flow.v if flow.converged else self._flat.copy()
        return flow


def _sweep(feeder: Feeder) -> Sweep:
    """Factorise what is not a source, and lay everything out as it is eliminated."""
    sources = feeder.source_node
    free = np.setdiff1d(np.arange(feeder.n_node), sources)
    n, n_source = len(free), len(sources)
    rows = csr_matrix(csr_matrix(feeder.y_bus)[free])
    factors = Factors.of(csc_matrix(rows[:, free]))
    place = np.empty(feeder.n_node, dtype=np.int64)
    place[free] = factors.column_place
    place[sources] = n + np.arange(n_source)
    push = np.full(feeder.n_node + 1, n, dtype=np.int64)
    push[free] = factors.row_place
    read = np.append(place, n + n_source)
    drive = np.empty(n, dtype=np.complex128)
    drive[factors.row_place] = -(rows[:, sources] @ feeder.source_v)
    terminals = feeder.terminals
    pairs = np.column_stack((terminals.node_a, terminals.node_b)).reshape(-1, 2)
    ports = np.unique(pairs, axis=0)
    return Sweep(
        place, drive, read[ports[:, 0]], read[ports[:, 1]],
        push[ports[:, 0]], push[ports[:, 1]],
        *factors.low, *factors.up, factors.up_inverse,
    )  # fmt: skip


def _plain(column: Floats) -> Floats:
    """The one layout that the compiled kernels are made for."""
    return np.ascontiguousarray(column, dtype=np.float64)


def _identity(n: int) -> csc_matrix:
    from scipy.sparse import eye_array

    return csc_matrix(eye_array(n))


def _compressed(matrix: csc_matrix | csr_matrix) -> tuple[Ints, Ints, Complexes]:
    data = np.asarray(matrix.data, dtype=np.complex128)
    return matrix.indptr.astype(np.int64), matrix.indices.astype(np.int64), data
