"""Solves a feeder many times: fixed-point current injection on factors made once.

V <- Y^-1 (I_source - sum conj(S(V) / V)), the linear part factorised at the start,
every iteration two triangular sweeps in one compiled call.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any, Literal

import numpy as np
from scipy.sparse import csc_array, csc_matrix, csr_matrix
from scipy.sparse.linalg import splu

from twin.arrays import Complexes, Ints
from twin.grid.feeder import Feeder
from twin.grid.flow import Demand, Flow, Meter, PowerFlow
from twin.grid.inverters import Wired, ask, wired
from twin.grid.kernels import Asked, Connections, Lawful, Sweep, solve_from
from twin.grid.kron import loaded_places, places_among, reduced
from twin.grid.newton import Newton
from twin.grid.pair_newton import PairNewton

__all__ = ["Demand", "FixedPoint", "Flow", "PowerFlow"]

MOST_ITERATIONS = 100


@dataclass(frozen=True)
class Triangle:
    """A triangular factor, line by line: the first number, and the few others.

    Line k has `first[k]` at place `to[k]`; others are at lines `at`, places `other_to`.
    """

    to: Ints
    first: Complexes
    at: Ints
    other_to: Ints
    other: Complexes

    @classmethod
    def of(cls, lines: csc_matrix | csr_matrix, backwards: bool) -> Triangle:
        """From columns of L or rows of U, without diagonal, in the order of use."""
        n = lines.shape[0]
        line = np.repeat(np.arange(n), np.diff(lines.indptr))
        leads = np.flatnonzero(np.append(True, line[1:] != line[:-1])[: len(line)])
        to, first = np.full(n, n, dtype=np.int64), np.zeros(n, dtype=np.complex128)
        to[line[leads]], first[line[leads]] = lines.indices[leads], lines.data[leads]
        rest = np.setdiff1d(np.arange(len(line)), leads)
        rest = rest[np.argsort(-line[rest] if backwards else line[rest], kind="stable")]
        return cls(
            to=to,
            first=first,
            at=np.append(line[rest], -1).astype(np.int64),
            other_to=np.append(lines.indices[rest], n).astype(np.int64),
            other=np.append(lines.data[rest], 0.0).astype(np.complex128),
        )


@dataclass(frozen=True)
class Factors:
    """L by columns and U by rows: row i of the matrix is row_place[i] of L."""

    row_place: Ints
    column_place: Ints
    low: Triangle
    up: Triangle
    up_inverse: Complexes

    @classmethod
    def of(cls, matrix: csc_matrix, last: Ints | None = None) -> Factors:
        """Factorise with little fill-in; a radial grid has none.

        Lines in `last` are eliminated after everything that they don't depend on.
        """
        order = np.arange(matrix.shape[0])
        if last is not None and len(last):
            order = _order(matrix, last)
            lu = _factorised(csc_matrix(matrix[order][:, order]), "NATURAL")
        else:
            lu = _factorised(matrix)
        back = np.argsort(order)
        return cls(
            row_place=lu.perm_r[back].astype(np.int64),
            column_place=lu.perm_c[back].astype(np.int64),
            low=Triangle.of(csc_matrix(_beside_diagonal(lu.L)), backwards=False),
            up=Triangle.of(csr_matrix(_beside_diagonal(lu.U)), backwards=True),
            up_inverse=np.asarray(1.0 / lu.U.diagonal(), dtype=np.complex128),
        )


class FixedPoint:
    """Fixed-point power flow of a feeder without voltage-controlling machines.

    `state` holds the voltages that the next solve starts from.
    """

    def __init__(
        self,
        feeder: Feeder,
        tolerance_pu: float = 1e-8,
        last: Ints | None = None,
    ) -> None:
        self.feeder = feeder
        self.tolerance_pu = tolerance_pu
        self._meter = Meter(feeder, last)
        self._lay_out(feeder, last)
        self._own = np.zeros(len(self._lawful.terminal), dtype=np.complex128)
        self._dependent = feeder.terminals.voltage_dependent
        n_port, n = self._sweep.ports.shape[1], self._sweep.to.shape[1]
        self._ports = np.zeros((3, n_port), dtype=np.complex128)
        n_source = len(feeder.source_node)
        self._x = np.zeros(n + n_source + 1, dtype=np.complex128)
        self._y = np.zeros(n + 1, dtype=np.complex128)
        few = loaded_places(self._sweep, n_source) if last is None else _none()
        self._few = reduced(self._sweep, self._lawful, few, n_source)
        self._few_wires = self._wired_among(few)
        self._flat = self._no_load()
        self.state = self._flat.copy()
        self._newton: Newton | PairNewton | None = None

    @property
    def flat(self) -> Complexes:
        """Voltages without any load [n_node]."""
        return self._flat

    def solve(self, demand: Demand) -> Flow:
        """Warm start, then flat start, then Newton-Raphson, then a failed flow."""
        asked, wires = demand.asked, self._wires
        if wires is not None:
            ask(wires, demand.inverters, 1.0 / self.feeder.s_base_kva)
        v = np.empty(self.feeder.n_node, dtype=np.complex128)
        iterations = self._iterate(asked, self.state, v)
        if iterations < 0:
            iterations = self._iterate(asked, self._flat, v)
        if iterations < 0:
            return self._by_newton(demand)
        self.state = v
        done = None if wires is None else wires.done
        return self._meter.flow(v, demand, iterations, "fixed point", None, done)

    def _iterate(self, asked: Asked, start: Complexes, v: Complexes) -> int:
        return int(
            solve_from(
                self._sweep, self._few, self._meter.connections, asked,
                1.0 / self.feeder.s_base_kva, self._dependent, start, self._ports,
                self._lawful, self._own, self._x, self._y, self.tolerance_pu,
                MOST_ITERATIONS, v, self._wires, self._few_wires,
            )
        )  # fmt: skip

    def _lay_out(self, feeder: Feeder, last: Ints | None = None) -> None:
        self._sweep = _sweep(feeder, last)
        self._lawful = _lawful(feeder, self._sweep, self._meter.connections)
        self._wires: Wired | None = None
        if feeder.inverters is not None:
            port = self._meter.connections.port[feeder.inverters.terminal]
            self._wires = wired(feeder.inverters, self._sweep.ports[:, port])

    def _wired_among(self, few: Ints) -> Wired | None:
        """The inverters at the places of the loaded nodes alone."""
        if self._wires is None:
            return None
        places = places_among(self._sweep, few, self._wires.places)
        return self._wires._replace(places=places)

    def _no_load(self) -> Complexes:
        start = np.ones(self.feeder.n_node, dtype=np.complex128)
        start[self.feeder.source_node] = self.feeder.source_v
        self._iterate(Demand.none(self.feeder).asked, start, start)
        return start

    def _by_newton(self, demand: Demand) -> Flow:
        if self._newton is None:
            by_phase = bool((self.feeder.nodes.phase > 0).any())
            newton = PairNewton if by_phase else Newton
            self._newton = newton(self.feeder, self.tolerance_pu)
        self._newton.state = self._flat
        flow = self._newton.solve(demand)
        self.state = flow.v if flow.converged else self._flat.copy()
        return flow


def _sweep(feeder: Feeder, last: Ints | None = None) -> Sweep:
    """Factorise what is not a source, and lay everything out as it is eliminated.

    Nodes in `last` come at the end, as `Factors.of` says.
    """
    sources = feeder.source_node
    free = np.setdiff1d(np.arange(feeder.n_node), sources)
    n, n_source = len(free), len(sources)
    rows = csr_matrix(csr_matrix(feeder.y_bus)[free])
    late = None if last is None else np.flatnonzero(np.isin(free, last))
    factors = Factors.of(csc_matrix(rows[:, free]), late)
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
    low, up = factors.low, factors.up
    return Sweep(
        place=place,
        ports=np.array((read[ports].T, push[ports].T)).reshape(4, -1),
        to=np.array((low.to, up.to)),
        lines=np.array((drive, low.first, up.first, factors.up_inverse)),
        more_low_to=np.array((low.at, low.other_to)),
        more_low=low.other,
        more_up_to=np.array((up.at, up.other_to)),
        more_up=up.other,
        impedance=np.empty((2, 0, 0)),
        unloaded=np.empty(0, dtype=np.complex128),
    )


def _lawful(feeder: Feeder, sweep: Sweep, connections: Connections) -> Lawful:
    """Terminals with a law of their own, at the places of their ports."""
    terminals = feeder.terminals
    chosen = np.flatnonzero(terminals.law >= 0)
    return Lawful(
        terminal=chosen.astype(np.int64),
        places=np.ascontiguousarray(sweep.ports[:, connections.port[chosen]]),
        numbers=np.ascontiguousarray(terminals.laws[terminals.law[chosen]]),
        rated=terminals.v_rated_pu[chosen].astype(np.float64),
    )


def _order(matrix: csc_matrix, last: Ints) -> Ints:
    """All lines in the order of elimination, those in `last` at the end."""
    rest = np.setdiff1d(np.arange(matrix.shape[0]), last)
    within = _factorised(csc_matrix(matrix[rest][:, rest]))
    return np.concatenate([rest[np.argsort(within.perm_c)], last])


def _factorised(
    matrix: csc_matrix, order: Literal["MMD_AT_PLUS_A", "NATURAL"] = "MMD_AT_PLUS_A"
) -> Any:
    return splu(
        matrix,
        permc_spec=order,
        diag_pivot_thresh=0.0,
        options={"SymmetricMode": True},
    )


def _none() -> Ints:
    return np.empty(0, dtype=np.int64)


def _beside_diagonal(factor: csc_matrix | csc_array) -> csc_matrix:
    from scipy.sparse import diags_array

    beside = csc_matrix(factor - diags_array(factor.diagonal()))
    beside.eliminate_zeros()
    beside.sort_indices()
    return beside
