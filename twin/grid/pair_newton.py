"""Newton-Raphson in rectangular coordinates, for terminals between any two nodes.

Y V + A^T I(A V) = 0 at every node but the sources', where A V are the voltages across
the terminals and I = conj(S(|U|) / U) what each draws at its own voltage U.
"""

from __future__ import annotations

import numpy as np
from scipy.sparse import bmat, csc_matrix, csr_matrix, diags_array
from scipy.sparse.linalg import SuperLU, splu

from twin.arrays import Complexes, Floats
from twin.grid.feeder import Feeder
from twin.grid.flow import Demand, Flow, Meter, apparent
from twin.grid.inverter_law import Asking
from twin.grid.inverters import Inverters
from twin.grid.laws import drawn

MOST_ITERATIONS = 30
SHORTEST_STEP = 1.0 / 64.0
SMALL_PU = 1e-6
NOISE_PU = 1e-7
HELD, PIVOT = 0.2, 0.1


class PairNewton:
    """Newton-Raphson power flow of a feeder without voltage-controlling machines.

    `state` holds the voltages that the next solve starts from. It stops at the
    tolerance, or where rounding lets it come no closer. Sources: da Costa,
    Martins, Pereira, "Developments in the Newton Raphson power flow formulation based
    on current injections", IEEE Trans. Power Systems 14 (1999); factors are held from
    step to step while each is less than `HELD` of the one before it (Stott, "Review
    of Load-Flow Calculation Methods", Proc. IEEE 62 (1974), constant Jacobians): what
    does not balance is exact at every step, so it ends at the same voltages.
    """

    def __init__(self, feeder: Feeder, tolerance_pu: float = 1e-11) -> None:
        self.feeder, self.tolerance_pu = feeder, tolerance_pu
        self._meter = Meter(feeder)
        self._free = np.setdiff1d(np.arange(feeder.n_node), feeder.source_node)
        self._across = incidence(feeder)
        inverters = feeder.inverters
        self._inverted = (
            None if inverters is None else Inverted(inverters, self._across)
        )
        self._y = csr_matrix(feeder.y_bus)
        self._factors: SuperLU | None = None
        self.state = self._no_load()

    def solve(self, demand: Demand) -> Flow:
        """Solve one instant from the last one; a failed flow where there is none."""
        v, free, before = self.state.copy(), self._free, np.inf
        asking, inverted = self._per_unit(demand.inverters), self._inverted
        slow = self._factors is None
        for iteration in range(1, MOST_ITERATIONS + 1):
            exact = slow or inverted is not None
            if exact:
                self._factors = factors(self._jacobian(v, demand, asking))
            step = self._step(self._missing(v, demand, asking))
            if inverted is not None:
                step = step * self._length(v, step, demand, asking)
            v[free] -= step
            change = float(np.max(np.abs(step), initial=0.0))
            if not np.isfinite(change):
                break
            stalled = exact and change < NOISE_PU and change > 0.1 * before
            slow, before = change > HELD * before, change
            if stalled or (change < self.tolerance_pu and (exact or not slow)):
                self.state = v
                done = None if inverted is None else inverted.done(v, asking)
                return self._meter.flow(v, demand, iteration, "newton", None, done)
        self._factors = None
        return self._meter.failed(iteration, "newton")

    def rounding_pu(self) -> float:
        """How near double precision comes back to known voltages: |Y^-1 (Y V) - V|."""
        free = self._free
        y, v = csc_matrix(self._y[free][:, free]), self._no_load()[free]
        return float(np.max(np.abs(splu(y).solve(y @ v) - v), initial=0.0))

    def _per_unit(self, asking: Asking | None) -> Asking | None:
        if asking is None:
            return None
        return Asking(*(column / self.feeder.s_base_kva for column in asking))

    def _missing(
        self, v: Complexes, demand: Demand, asking: Asking | None
    ) -> Complexes:
        """Currents that do not balance at voltages v [n_free]."""
        current, _, _ = self._drawn(np.asarray(self._across @ v), demand)
        total = self._y @ v + self._across.T @ current
        if self._inverted is not None:
            total = total + self._inverted.current(v, asking)
        missing: Complexes = np.asarray(total)[self._free]
        return missing

    def _length(
        self, v: Complexes, step: Complexes, demand: Demand, asking: Asking | None
    ) -> float:
        """How much of a step to take: halved until it leaves less amiss.

        Curves of inverters have kinks, between which whole steps may go to and fro.
        """

        def amiss(length: float) -> float:
            at = v.copy()
            at[self._free] -= length * step
            return float(np.linalg.norm(self._missing(at, demand, asking)))

        before, length = amiss(0.0), 1.0
        while length > SHORTEST_STEP and not amiss(length) < before:
            length *= 0.5
        return length if amiss(length) < before else 1.0

    def _drawn(
        self, across: Complexes, demand: Demand
    ) -> tuple[Complexes, Complexes, Complexes]:
        """Currents, and g and dg/d|U| of I = g(|U|) U, all [n_terminal]."""
        size = np.maximum(np.abs(across), SMALL_PU)
        g = self._admittance(size, demand)
        more, less = size * (1.0 + SMALL_PU), size * (1.0 - SMALL_PU)
        slope = self._admittance(more, demand) - self._admittance(less, demand)
        return g * across, slope / (more - less), g

    def _admittance(self, size: Floats, demand: Demand) -> Complexes:
        """conj(S) / |U|^2 at voltages of these sizes [n_terminal]."""
        p, q = self._multiples(size)
        s = apparent(
            demand.load_kw * p + demand.fixed_kw,
            demand.load_kvar * q + demand.fixed_kvar,
        )
        asked = np.asarray(np.conj(s), dtype=np.complex128) / self.feeder.s_base_kva
        return asked / size**2

    def _multiples(self, size: Floats) -> tuple[Floats, Floats]:
        terminals = self.feeder.terminals
        r = size / terminals.v_rated_pu
        p = 1.0 + terminals.p_i * (r - 1.0) + terminals.p_z * (r**2 - 1.0)
        q = 1.0 + terminals.q_i * (r - 1.0) + terminals.q_z * (r**2 - 1.0)
        for row in np.flatnonzero(terminals.law >= 0):
            p[row], q[row] = drawn(float(r[row]), terminals.laws[terminals.law[row]])
        return p, q

    def _step(self, missing: Complexes) -> Complexes:
        """What brings the missing currents to nothing, if all were linear [n_free]."""
        assert self._factors is not None
        step = self._factors.solve(np.concatenate([missing.real, missing.imag]))
        n = len(self._free)
        return np.asarray(step[:n] + 1j * step[n:])

    def jacobian(self, v: Complexes, demand: Demand) -> csc_matrix:
        """How what is missing at free nodes follows from their voltages.

        Real parts of both first, then imaginary ones [2 n_free, 2 n_free].
        """
        return self._jacobian(v, demand, self._per_unit(demand.inverters))

    def _jacobian(
        self, v: Complexes, demand: Demand, asking: Asking | None
    ) -> csc_matrix:
        """dI = g dU + U g' Re(conj(U) dU) / |U|, in real and imaginary parts."""
        across: Complexes = np.asarray(self._across @ v)
        _, by_size, by_voltage = self._drawn(across, demand)
        size = np.maximum(np.abs(across), SMALL_PU)
        pull = across * by_size / size
        real = by_voltage + pull * across.real
        imaginary = 1j * by_voltage + pull * across.imag
        a, free = self._across, self._free
        blocks = []
        for turn, part in ((1.0, real), (1j, imaginary)):
            own = csr_matrix(a.T @ diags_array(part) @ a)
            if self._inverted is not None:
                own = csr_matrix(own + self._inverted.slope(v, asking, turn))
            network = self._y if part is real else 1j * self._y
            blocks.append(csr_matrix(network + own)[free][:, free])
        return csc_matrix(
            bmat([[blocks[0].real, blocks[1].real], [blocks[0].imag, blocks[1].imag]])
        )

    def _no_load(self) -> Complexes:
        feeder, free = self.feeder, self._free
        v = np.zeros(feeder.n_node, dtype=np.complex128)
        v[feeder.source_node] = feeder.source_v
        rows = csr_matrix(self._y[free])
        drive = -(rows[:, feeder.source_node] @ feeder.source_v)
        v[free] = splu(csc_matrix(rows[:, free])).solve(drive)
        return v


class Inverted:
    """What inverters draw at nodes' voltages, and how it changes with them.

    With U across a row, w its weight and u = sum w |U| / nominal what its inverter
    measures: I = w conj(S(u) / U), so that in any direction of dU

        dI = -w conj(S) conj(dU) / conj(U)^2 + w conj(S' / U) du,
        du = sum w Re(conj(U) dU) / (|U| nominal)
    """

    def __init__(self, inverters: Inverters, incidence: csr_matrix) -> None:
        self._of, self._across = inverters, incidence[inverters.terminal]
        row = np.arange(len(inverters.owner))
        shape = (len(inverters), len(row))
        self._sums = csr_matrix((np.ones(len(row)), (inverters.owner, row)), shape)

    def done(self, v: Complexes, asking: Asking | None) -> Complexes:
        """What each draws [n_inverter]."""
        return self._of.done(self._volts(v), asking)

    def current(self, v: Complexes, asking: Asking | None) -> Complexes:
        """What they draw from nodes [n_node]."""
        across = self._volts(v)
        s = self._of.done(across, asking)[self._of.owner] * self._of.weight
        drawn: Complexes = self._across.T @ np.conj(s / across)
        return drawn

    def slope(self, v: Complexes, asking: Asking | None, turn: complex) -> csr_matrix:
        """Its derivatives by nodes' voltages in the direction `turn`, 1 or j."""
        of, across = self._of, self._volts(v)
        s = of.done(across, asking)[of.owner] * of.weight
        by_v = of.slopes(across, asking)[of.owner] * of.weight
        size = np.abs(across)
        along = (np.conj(across) * turn).real * of.weight / (size * of.nominal_pu)
        own = diags_array(-np.conj(s * turn) / np.conj(across) ** 2)
        felt = diags_array(np.conj(by_v / across)) @ self._sums.T @ self._sums
        a = self._across
        return csr_matrix(a.T @ (own + felt @ diags_array(along)) @ a)

    def _volts(self, v: Complexes) -> Complexes:
        across: Complexes = np.asarray(self._across @ v, dtype=np.complex128)
        return across


def factors(jacobian: csc_matrix) -> SuperLU:
    """Triangular factors of a Jacobian; its pattern is symmetric, as a network's is."""
    return splu(jacobian, permc_spec="MMD_AT_PLUS_A", diag_pivot_thresh=PIVOT)


def incidence(feeder: Feeder) -> csr_matrix:
    """+1 at node_a and -1 at node_b of each terminal. [n_terminal, n_node]"""
    terminals = feeder.terminals
    row = np.arange(len(terminals))
    between = terminals.node_b >= 0
    return csr_matrix(
        (
            np.concatenate([np.ones(len(row)), -np.ones(int(between.sum()))]),
            (
                np.concatenate([row, row[between]]),
                np.concatenate([terminals.node_a, terminals.node_b[between]]),
            ),
        ),
        shape=(len(terminals), feeder.n_node),
    )
