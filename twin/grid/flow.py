"""What a power flow is asked, what it answers, and how flows follow from voltages."""

from __future__ import annotations

from dataclasses import dataclass
from typing import NamedTuple, Protocol

import numpy as np
from scipy.sparse import csr_matrix

from twin.arrays import Complexes, Floats, Ints
from twin.grid.feeder import Feeder
from twin.grid.kernels import measure_branches, measure_terminals


class Demand(NamedTuple):
    """Power asked at each terminal, consumption > 0. All arrays [n_terminal].

    `load_*` is at 1 pu and follows the terminal's voltage dependence; `fixed_*` is
    constant power beside it (cars, solar).
    """

    load_kw: Floats
    load_kvar: Floats
    fixed_kw: Floats
    fixed_kvar: Floats

    @classmethod
    def own(cls, feeder: Feeder) -> Demand:
        """What the network itself draws."""
        none = np.zeros(len(feeder.terminals))
        return cls(feeder.terminals.p_kw, feeder.terminals.q_kvar, none, none)

    @classmethod
    def none(cls, feeder: Feeder) -> Demand:
        """Nothing at all."""
        none = np.zeros(len(feeder.terminals))
        return cls(none, none, none, none)


@dataclass(frozen=True)
class Flow:
    """The solved state of the grid.

    Energy balance: grid_kw + generation_kw = served_kw + sum(fixed_kw) + losses_kw,
    where the left is from the sources' own rows of Y and losses from branch currents.
    Branch quantities are at the end nearer the source, > 0 away from it; `i_a` is a
    magnitude, `loading` the worse of both ends (NaN where no rating is known).
    Where `converged` is false every number is NaN.
    """

    v: Complexes
    p_kw: Floats
    q_kvar: Floats
    i_a: Floats
    loading: Floats
    source_kw: Floats
    source_kvar: Floats
    losses_kw: float
    shunt_kw: float
    terminal_kw: Floats
    terminal_kvar: Floats
    generator_kvar: Floats
    generation_kw: float
    iterations: int
    converged: bool
    method: str

    @property
    def v_pu(self) -> Floats:
        """Voltage magnitudes [n_node]."""
        return np.abs(self.v)

    @property
    def grid_kw(self) -> float:
        """Power drawn from all sources."""
        return float(self.source_kw.sum())

    @property
    def grid_kvar(self) -> float:
        """Reactive power drawn from all sources."""
        return float(self.source_kvar.sum())

    @property
    def served_kw(self) -> float:
        """What the voltage-following part of all terminals draws."""
        return float(self.terminal_kw.sum())


class PowerFlow(Protocol):
    """Anything that turns demand into a flow."""

    def solve(self, demand: Demand) -> Flow:
        """Solve one instant. Never raises for want of a solution."""
        ...


class Meter:
    """Measures flows, losses and source power from voltages."""

    def __init__(self, feeder: Feeder) -> None:
        self.feeder = feeder
        branches, base_a = feeder.branches, feeder.i_base_a
        near_a, far_a = base_a[branches.near], base_a[branches.far]
        self._scale = np.column_stack(
            (near_a, near_a / branches.rating_near_a, far_a / branches.rating_far_a)
        )
        self._near = _rows(branches.y_near)
        self._far = _rows(branches.y_far)
        self._source_rows = csr_matrix(feeder.y_bus)[feeder.source_node]
        self._shunts = np.flatnonzero(feeder.shunt_y)
        terminals = feeder.terminals
        self.shares = np.column_stack(
            (terminals.p_z, terminals.p_i, terminals.q_z, terminals.q_i)
        )
        self._constant = not terminals.voltage_dependent
        self._at_source = np.flatnonzero(
            np.isin(terminals.node_a, feeder.source_node)
            | np.isin(terminals.node_b, feeder.source_node)
        )
        self._source_index = {node: k for k, node in enumerate(feeder.source_node)}
        machines = feeder.generators
        self._free = ~np.isin(machines.node, feeder.source_node)

    def flow(
        self,
        v: Complexes,
        demand: Demand,
        iterations: int,
        method: str,
        generator_kvar: Floats | None = None,
    ) -> Flow:
        """All that follows from voltages [n_node] that solve this demand."""
        feeder, s_base = self.feeder, self.feeder.s_base_kva
        branches = feeder.branches
        out = np.empty((4, len(branches)))
        lost_kw = measure_branches(
            v, branches.near, branches.far, self._near[0], self._near[1],
            self._near[2], self._far[0], self._far[1], self._far[2],
            self._scale, s_base, out,
        )  # fmt: skip
        shunt_kw = self.shunt_kw(v)
        load_kw, load_kvar = self.served(v, demand)
        machines = feeder.generators
        if generator_kvar is None:
            generator_kvar = np.zeros(len(machines))
        source = self._source_power(v, demand, load_kw, load_kvar, generator_kvar)
        return Flow(
            v=v,
            p_kw=out[0],
            q_kvar=out[1],
            i_a=out[2],
            loading=out[3],
            source_kw=source.real.copy(),
            source_kvar=source.imag.copy(),
            losses_kw=lost_kw + shunt_kw,
            shunt_kw=shunt_kw,
            terminal_kw=load_kw,
            terminal_kvar=load_kvar,
            generator_kvar=generator_kvar,
            generation_kw=float(machines.p_kw.sum()),
            iterations=iterations,
            converged=True,
            method=method,
        )

    def failed(self, iterations: int, method: str) -> Flow:
        """The answer where there is none."""
        feeder = self.feeder
        branch = np.full(len(feeder.branches), np.nan)
        source = np.full(len(feeder.source_node), np.nan)
        terminal = np.full(len(feeder.terminals), np.nan)
        return Flow(
            v=np.full(feeder.n_node, complex(np.nan, np.nan)),
            p_kw=branch,
            q_kvar=branch.copy(),
            i_a=branch.copy(),
            loading=branch.copy(),
            source_kw=source,
            source_kvar=source.copy(),
            losses_kw=float("nan"),
            shunt_kw=float("nan"),
            terminal_kw=terminal,
            terminal_kvar=terminal.copy(),
            generator_kvar=np.full(len(feeder.generators), np.nan),
            generation_kw=float("nan"),
            iterations=iterations,
            converged=False,
            method=method,
        )

    def served(self, v: Complexes, demand: Demand) -> tuple[Floats, Floats]:
        """What the voltage-following part of each terminal draws, kW and kvar."""
        if self._constant:
            return demand.load_kw.copy(), demand.load_kvar.copy()
        terminals = self.feeder.terminals
        served = np.empty(len(terminals), dtype=np.complex128)
        load = apparent(demand.load_kw, demand.load_kvar)
        measure_terminals(
            v, terminals.node_a, terminals.node_b, self.shares, load, served
        )
        return served.real.copy(), served.imag.copy()

    def shunt_kw(self, v: Complexes) -> float:
        """Power lost in admittances from nodes to the reference."""
        if not self._shunts.size:
            return 0.0
        conductance = self.feeder.shunt_y[self._shunts].real
        square = np.abs(v[self._shunts]) ** 2
        return float(np.sum(square * conductance)) * self.feeder.s_base_kva

    def _source_power(
        self,
        v: Complexes,
        demand: Demand,
        load_kw: Floats,
        load_kvar: Floats,
        generator_kvar: Floats,
    ) -> Complexes:
        """What each source gives: into its own row of Y and to terminals beside it."""
        feeder = self.feeder
        given: Complexes = (
            v[feeder.source_node]
            * np.conj(self._source_rows @ v)
            * complex(feeder.s_base_kva)
        )
        for t in self._at_source:
            drawn = complex(
                load_kw[t] + demand.fixed_kw[t], load_kvar[t] + demand.fixed_kvar[t]
            )
            given[self._source_index[feeder.terminals.node_a[t]]] += drawn
        for g in np.flatnonzero(~self._free):
            at = self._source_index[feeder.generators.node[g]]
            given[at] -= complex(feeder.generators.p_kw[g], generator_kvar[g])
        return given


def apparent(p: Floats, q: Floats) -> Complexes:
    """P + jQ."""
    power = np.empty(p.shape, dtype=np.complex128)
    power.real, power.imag = p, q
    return power


def _rows(matrix: csr_matrix) -> tuple[Ints, Ints, Complexes]:
    data = np.asarray(matrix.data, dtype=np.complex128)
    return matrix.indptr.astype(np.int64), matrix.indices.astype(np.int64), data
