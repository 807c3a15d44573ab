"""Newton-Raphson on the same arrays: machines that hold a voltage, and hard cases.

P_k + jQ_k = V_k conj(sum_m Y_km V_m), solved for angles and magnitudes. Machines whose
reactive power leaves its limits are held at the limit and the rest solved again.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, replace
from itertools import product

import numpy as np
from scipy.sparse import csc_matrix, csr_matrix, diags_array
from scipy.sparse.linalg import splu

from twin.arrays import Bools, Complexes, Floats, Ints
from twin.grid.feeder import Feeder
from twin.grid.flow import Demand, Flow, Meter, apparent
from twin.grid.inverter_law import Asking
from twin.grid.inverters import Inverters

Solved = tuple[Complexes, Floats, int]
Way = Callable[["Asked", Complexes], Solved]
MOST_ITERATIONS = 30
MOST_ROUNDS = 30
SHORTEST_STEP = 1.0 / 64.0
WITHOUT_LIMITS = "newton without reactive limits"


@dataclass(frozen=True)
class Answering:
    """Inverters, each with its one row at a node, and what they are asked, pu."""

    inverters: Inverters
    node: Ints
    asking: Asking | None

    def done(self, size: Floats) -> Complexes:
        """What each draws at voltages of this size [n_inverter]."""
        return self.inverters.done(size[self.node], self.asking)

    def slope(self, size: Floats) -> Complexes:
        """Its derivative by the size of its node's voltage [n_inverter]."""
        slopes = self.inverters.slopes(size[self.node], self.asking)
        slope: Complexes = slopes / self.inverters.nominal_pu
        return slope


@dataclass(frozen=True)
class Asked:
    """What is to be met at every node, consumption > 0, pu at 1 pu voltage [n_node]."""

    constant: Complexes
    current: Complexes
    impedance: Complexes
    answering: Answering | None = None

    def power(self, size: Floats) -> Complexes:
        """What is drawn at voltages of this size."""
        drawn: Complexes = self.constant + self.current * size
        drawn = drawn + self.impedance * size**2
        if self.answering is not None:
            np.add.at(drawn, self.answering.node, self.answering.done(size))
        return drawn

    def slope(self, size: Floats) -> Complexes:
        """Its derivative by the size of the voltage."""
        slope: Complexes = self.current + 2.0 * self.impedance * size
        if self.answering is not None:
            np.add.at(slope, self.answering.node, self.answering.slope(size))
        return slope


class Newton:
    """Newton-Raphson power flow in polar coordinates, with reactive limits.

    `state` holds the voltages that the next solve starts from.
    Source: Tinney, Hart, "Power flow solution by Newton's method", IEEE Trans. PAS
    86 (1967).
    """

    def __init__(
        self,
        feeder: Feeder,
        tolerance_pu: float = 1e-8,
        enforce_q_limits: bool = True,
    ) -> None:
        self.feeder = feeder
        self.tolerance_pu = tolerance_pu
        self.enforce_q_limits = enforce_q_limits
        self._meter = Meter(feeder)
        self._y = csr_matrix(feeder.y_bus)
        machines = feeder.generators
        at_source = np.isin(machines.node, feeder.source_node)
        self._machine = np.flatnonzero(~at_source)
        self._held = np.unique(machines.node[self._machine])
        self._low = self._per_node(machines.q_min_kvar)
        self._high = self._per_node(machines.q_max_kvar)
        self._produced = np.zeros(feeder.n_node)
        np.add.at(
            self._produced,
            machines.node[self._machine],
            machines.p_kw[self._machine] / feeder.s_base_kva,
        )
        self._v_set = np.ones(feeder.n_node)
        self._v_set[machines.node[self._machine]] = machines.v_set_pu[self._machine]
        self._flat = self._flat_start()
        self.state = self._flat.copy()

    @property
    def flat(self) -> Complexes:
        """Voltages that a start without any other knowledge takes [n_node]."""
        return self._flat

    def _per_node(self, kvar: Floats) -> Floats:
        """Reactive limits of all machines at a node, pu [n_node]."""
        total = np.zeros(self.feeder.n_node)
        machines = self.feeder.generators
        np.add.at(total, machines.node[self._machine], kvar[self._machine])
        return total / self.feeder.s_base_kva

    def _flat_start(self) -> Complexes:
        feeder = self.feeder
        start: Complexes = self._v_set * np.exp(1j * feeder.nodes.angle_rad)
        start[feeder.source_node] = feeder.source_v
        return start

    def _linear_start(self, asked: Asked) -> Complexes:
        """Flat magnitudes with the angles of a lossless linear flow.

        P_k = sum_m b_km (theta_k - theta_m - shift_km), b = 1 / x.
        """
        feeder = self.feeder
        near, far = feeder.branches.near, feeder.branches.far
        shift, b = _shifts(feeder)
        n = feeder.n_node
        shape = (n, n)
        minus = csr_matrix((-b, (near, far)), shape=shape)
        minus = csr_matrix(minus + minus.T)
        matrix = csr_matrix(minus - diags_array(np.asarray(minus.sum(axis=1)).ravel()))
        injected = -asked.power(self._v_set).real
        np.add.at(injected, near, b * shift)
        np.add.at(injected, far, -b * shift)
        angle = np.angle(self._flat)
        fixed = feeder.source_node
        free = np.setdiff1d(np.arange(n), fixed)
        known = matrix[free][:, fixed] @ angle[fixed]
        try:
            angle[free] = splu(csc_matrix(matrix[free][:, free])).solve(
                injected[free] - known
            )
        except RuntimeError:
            return self._flat
        start: Complexes = np.abs(self._flat) * np.exp(1j * angle)
        return start

    def solve(self, demand: Demand) -> Flow:
        """Warm start, then angles of a linear flow, flat start; else failed."""
        if not all(np.all(np.isfinite(column)) for column in demand.asked):
            return self._meter.failed(0, "newton")
        asked = self._asked(demand)
        starts = (self.state, self._linear_start(asked), self._flat)
        spent = 0
        for way, start in product(self._ways, starts):
            v, q_machine, iterations = way(asked, start)
            spent += abs(iterations)
            if iterations > 0:
                self.state = v
                kvar = self._shared(q_machine * self.feeder.s_base_kva)
                method = self._method(way)
                answering = asked.answering
                done = None if answering is None else answering.done(np.abs(v))
                return self._meter.flow(v, demand, spent, method, kvar, done)
        self.state = self._flat.copy()
        return self._meter.failed(spent, "newton")

    @property
    def _ways(self) -> tuple[Way, ...]:
        """What to do about reactive limits, in the order of preference."""
        if not self.enforce_q_limits or not self._held.size:
            return (self._unlimited,)
        return self._limited, self._released, self._unlimited

    def _method(self, way: Way) -> str:
        if way != self._unlimited or len(self._ways) == 1:
            return "newton"
        return WITHOUT_LIMITS

    def _asked(self, demand: Demand) -> Asked:
        terminals, base = self.feeder.terminals, self.feeder.s_base_kva
        if np.any(terminals.node_b >= 0):
            raise NotImplementedError("Newton holds terminals to the reference only")
        p, q = demand.load_kw / base, demand.load_kvar / base
        impedance = apparent(p * terminals.p_z, q * terminals.q_z)
        current = apparent(p * terminals.p_i, q * terminals.q_i)
        fixed = apparent(demand.fixed_kw / base, demand.fixed_kvar / base)
        constant = apparent(p, q) - impedance - current + fixed
        node = terminals.node_a
        return Asked(
            self._at_nodes(node, constant) - self._produced,
            self._at_nodes(node, current),
            self._at_nodes(node, impedance),
            self._answering(demand.inverters),
        )

    def _answering(self, asking: Asking | None) -> Answering | None:
        inverters = self.feeder.inverters
        if inverters is None:
            return None
        if len(inverters.terminal) != len(inverters):
            raise NotImplementedError("Newton holds inverters at one node each only")
        if asking is not None:
            base = self.feeder.s_base_kva
            asking = Asking(*(column / base for column in asking))
        node = self.feeder.terminals.node_a[inverters.terminal]
        return Answering(inverters, node, asking)

    def _at_nodes(self, node: Ints, power: Complexes) -> Complexes:
        total = np.zeros(self.feeder.n_node, dtype=np.complex128)
        np.add.at(total, node, power)
        return total

    def _unlimited(self, asked: Asked, start: Complexes) -> Solved:
        """Solve with every machine holding its voltage at any price."""
        held = self._holding()
        return self._round(asked, start, held, self._none())

    def _limited(self, asked: Asked, start: Complexes) -> Solved:
        """Solve; hold machines beyond a reactive limit at it; solve again.

        As pandapower's `enforce_q_lims`: a machine once at its limit stays there.
        """
        held, at_limit, v, spent = self._holding(), self._none(), start, 0
        for _ in range(MOST_ROUNDS):
            v, q_machine, iterations = self._round(asked, v, held, at_limit)
            spent += abs(iterations)
            if iterations < 0:
                break
            over, under = self._beyond(held, q_machine)
            if not (over | under).any():
                return v, q_machine, spent
            at_limit[over], at_limit[under] = self._high[over], self._low[under]
            held &= ~(over | under)
        return v, at_limit, -spent

    def _released(self, asked: Asked, start: Complexes) -> Solved:
        """Start with machines at the limit that helps, and let go who needs less.

        Solves what can't be solved while machines too weak for it hold a voltage.
        """
        bounded = self._holding() & np.isfinite(self._low) & np.isfinite(self._high)
        held, v, spent = self._holding() & ~bounded, start, 0
        at_limit = np.where(bounded, np.clip(0.0, self._low, self._high), 0.0)
        for _ in range(MOST_ROUNDS):
            v, q_machine, iterations = self._round(asked, v, held, at_limit)
            spent += abs(iterations)
            if iterations < 0:
                break
            over, under = self._beyond(held, q_machine)
            idle = bounded & ~held
            sunk = idle & (np.abs(v) < self._v_set - self.tolerance_pu)
            risen = idle & (np.abs(v) > self._v_set + self.tolerance_pu)
            more = sunk & (at_limit < self._high)
            less = risen & (at_limit > self._low)
            if not (over | under | more | less).any():
                return v, q_machine, spent
            free = (more & (at_limit == self._low)) | (less & (at_limit == self._high))
            at_limit[over | more] = self._high[over | more]
            at_limit[under | less] = self._low[under | less]
            held = (held & ~(over | under)) | free
        return v, at_limit, -spent

    def _holding(self) -> Bools:
        held = np.zeros(self.feeder.n_node, dtype=bool)
        held[self._held] = True
        return held

    def _none(self) -> Floats:
        return np.zeros(self.feeder.n_node)

    def _beyond(self, held: Bools, q_machine: Floats) -> tuple[Bools, Bools]:
        """Machines above their upper and below their lower reactive limit."""
        slack = 1e-9 + self.tolerance_pu
        over: Bools = held & (q_machine > self._high + slack)
        under: Bools = held & (q_machine < self._low - slack)
        return over, under

    def _round(
        self, asked: Asked, start: Complexes, held: Bools, q_fixed: Floats
    ) -> Solved:
        """One solution: these nodes hold their voltage, the others give `q_fixed`."""
        v = start.copy()
        v[held] *= self._v_set[held] / np.abs(v[held])
        q_fixed = np.where(held, 0.0, q_fixed)
        constant = asked.constant - 1j * q_fixed
        v, iterations = self._newton(replace(asked, constant=constant), v, held)
        injected = v * np.conj(self._y @ v) + asked.power(np.abs(v))
        return v, np.where(held, injected.imag, q_fixed), iterations

    def _shared(self, node_kvar: Floats) -> Floats:
        """A node's reactive power, spread evenly over its machines [n_generator]."""
        machines = self.feeder.generators
        count = np.bincount(machines.node[self._machine], minlength=len(node_kvar))
        kvar = np.zeros(len(machines))
        node = machines.node[self._machine]
        kvar[self._machine] = node_kvar[node] / count[node]
        return kvar

    def _newton(
        self, asked: Asked, start: Complexes, held: Bools
    ) -> tuple[Complexes, int]:
        """Iterate to a step below a tenth of the tolerance; negative where it fails."""
        free = np.ones(self.feeder.n_node, dtype=bool)
        free[self.feeder.source_node] = False
        angle_of = np.flatnonzero(free)
        size_of = np.flatnonzero(free & ~held)
        angle, size = np.angle(start), np.abs(start)
        n_angle = len(angle_of)
        for iteration in range(1, MOST_ITERATIONS + 1):
            v = size * np.exp(1j * angle)
            off = v * np.conj(self._y @ v) + asked.power(size)
            by_angle, by_size = self._slopes(v, asked.slope(size))
            step = _newton_step(off, by_angle, by_size, angle_of, size_of)
            if step is None or not np.all(np.isfinite(step)):
                return v, -iteration
            if asked.answering is not None:
                step = step * self._length(asked, angle, size, angle_of, size_of, step)
            angle[angle_of] -= step[:n_angle]
            size[size_of] -= step[n_angle:]
            if not np.all(size > 0.0) or np.max(size, initial=0.0) > 1e3:
                return v, -iteration
            if np.max(np.abs(step), initial=0.0) < 0.1 * self.tolerance_pu:
                return size * np.exp(1j * angle), iteration
        return v, -MOST_ITERATIONS

    def _length(
        self,
        asked: Asked,
        angle: Floats,
        size: Floats,
        angle_of: Ints,
        size_of: Ints,
        step: Floats,
    ) -> float:
        """How much of a step to take: halved until it leaves less amiss.

        Curves of inverters have kinks, between which whole steps may go to and fro.
        """

        def amiss(length: float) -> float:
            at, large = angle.copy(), size.copy()
            at[angle_of] -= length * step[: len(angle_of)]
            large[size_of] -= length * step[len(angle_of) :]
            v = large * np.exp(1j * at)
            off = v * np.conj(self._y @ v) + asked.power(large)
            square = off[angle_of].real @ off[angle_of].real
            return float(square + off[size_of].imag @ off[size_of].imag)

        before, length = amiss(0.0), 1.0
        while length > SHORTEST_STEP and not amiss(length) < before:
            length *= 0.5
        return length if amiss(length) < before else 1.0

    def _slopes(self, v: Complexes, drawn: Complexes) -> tuple[csr_matrix, csr_matrix]:
        """Derivatives of nodal power by angles and by magnitudes."""
        current = self._y @ v
        of_v, of_unit = diags_array(v), diags_array(v / np.abs(v))
        by_angle = 1j * of_v @ (diags_array(current) - self._y @ of_v).conjugate()
        by_size = (
            of_v @ (self._y @ of_unit).conjugate()
            + diags_array(np.conj(current)) @ of_unit
            + diags_array(drawn)
        )
        return csr_matrix(by_angle), csr_matrix(by_size)


def _newton_step(
    off: Complexes, by_angle: csr_matrix, by_size: csr_matrix, a: Ints, s: Ints
) -> Floats | None:
    """Solve the linearised mismatch; nothing where the matrix is singular."""
    from scipy.sparse import block_array

    rows_p, rows_q = by_angle[a], by_angle[s]
    size_p, size_q = by_size[a], by_size[s]
    jacobian = block_array(
        [[rows_p[:, a].real, size_p[:, s].real], [rows_q[:, a].imag, size_q[:, s].imag]]
    )
    mismatch = np.concatenate((off[a].real, off[s].imag))
    try:
        step: Floats = splu(csc_matrix(jacobian)).solve(mismatch)
    except RuntimeError:
        return None
    return step


def _shifts(feeder: Feeder) -> tuple[Floats, Floats]:
    """Phase shift from near to far, rad, and susceptance 1 / x of each branch."""
    branches = feeder.branches
    rows = np.arange(len(branches))
    onward = np.asarray(branches.y_near[rows, branches.far]).ravel()
    back = np.asarray(branches.y_far[rows, branches.near]).ravel()
    angle = feeder.nodes.angle_rad
    nominal = angle[branches.near] - angle[branches.far]
    there = (onward != 0.0) & (back != 0.0)
    onward, back = np.where(there, onward, 1.0), np.where(there, back, 1.0)
    shift = 0.5 * np.angle(onward / back)
    shift = shift + np.pi * np.round((nominal - shift) / np.pi)
    reactance = (-1.0 / (onward * np.exp(-1j * shift))).imag
    tiny = 1e-9
    safe = np.where(np.abs(reactance) > tiny, reactance, tiny)
    return shift, np.where(there, 1.0 / safe, 0.0)
