"""What a power flow is asked, what it answers, and how flows follow from voltages."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import NamedTuple, Protocol

import numpy as np

from twin.arrays import Bools, Complexes, Floats, Ints
from twin.grid.feeder import Feeder
from twin.grid.inverter_law import Asking
from twin.grid.kernels import Asked, Connections, serve
from twin.grid.wiring import Wiring, measure


class Demand(NamedTuple):
    """Power asked at each terminal, consumption > 0. All arrays [n_terminal].

    `load_*` is at 1 pu and follows the terminal's voltage dependence; `fixed_*` is
    constant power beside it (cars, solar). `inverters` is what the feeder's inverters
    are asked [n_inverter], in none of the others; none: nothing. `dead` are the nodes
    without supply [n_node]; none: all have it. `off_kw` is what of the network's own
    plants is off for it.
    """

    load_kw: Floats
    load_kvar: Floats
    fixed_kw: Floats
    fixed_kvar: Floats
    inverters: Asking | None = None
    dead: Bools | None = None
    off_kw: float = 0.0

    @property
    def asked(self) -> Asked:
        """All but inverters, as the kernels take it."""
        return Asked(
            _plain(self.load_kw),
            _plain(self.load_kvar),
            _plain(self.fixed_kw),
            _plain(self.fixed_kvar),
        )

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


@dataclass(slots=True, eq=False)
class Flow:
    """The solved state of the grid.

    Energy balance: grid_kw + generation_kw = served_kw + sum(fixed_kw) +
    sum(inverter_kw) + losses_kw + shunt_kw (what shunts and constant-impedance wards
    take: no loss of the network), where the left is from the sources' own rows of Y
    and losses from branch currents.
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
    inverter_kw: Floats = field(default_factory=lambda: np.empty(0))
    inverter_kvar: Floats = field(default_factory=lambda: np.empty(0))

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
    """Measures flows, losses and source power from voltages.

    Admittances at nodes in `changing` may be written anew in `wiring`.
    """

    def __init__(self, feeder: Feeder, changing: Ints | None = None) -> None:
        self.feeder = feeder
        self.connections = _connections(feeder)
        self.wiring = Wiring.of(feeder, changing)
        self._laws = np.ascontiguousarray(feeder.terminals.laws)
        self._constant = not feeder.terminals.voltage_dependent
        self._beside = np.flatnonzero(self.connections.source >= 0).tolist()
        place = {int(node): k for k, node in enumerate(feeder.source_node)}
        at = [place.get(int(node), -1) for node in feeder.generators.node]
        self._machine_source = [(g, k) for g, k in enumerate(at) if k >= 0]
        self._n_inverter = 0 if feeder.inverters is None else len(feeder.inverters)
        self._idle = np.zeros(self._n_inverter)
        self._idle.flags.writeable = False

    def flow(
        self,
        v: Complexes,
        demand: Demand,
        iterations: int,
        method: str,
        generator_kvar: Floats | None = None,
        inverted: Complexes | None = None,
    ) -> Flow:
        """All that follows from voltages [n_node] that solve this demand.

        `inverted` is what the inverters draw with them, pu [n_inverter].
        """
        feeder = self.feeder
        out = np.empty((4, len(feeder.branches)))
        source = np.empty(len(feeder.source_node), dtype=np.complex128)
        lost_kw, shunt_kw = measure(v, self.wiring, feeder.s_base_kva, out, source)
        load_kw, load_kvar = self.served(v, demand)
        machines = feeder.generators
        if generator_kvar is None:
            generator_kvar = np.zeros(len(machines))
        self._add_neighbours(source, demand, load_kw, load_kvar, generator_kvar)
        kw, kvar = self._idle, self._idle
        if inverted is not None:
            done = self._inverted(inverted, source)
            kw, kvar = done.real, done.imag
        return Flow(
            v=v,
            p_kw=out[0],
            q_kvar=out[1],
            i_a=out[2],
            loading=out[3],
            source_kw=source.real,
            source_kvar=source.imag,
            losses_kw=lost_kw,
            shunt_kw=shunt_kw,
            terminal_kw=load_kw,
            terminal_kvar=load_kvar,
            generator_kvar=generator_kvar,
            generation_kw=float(machines.p_kw.sum()) if len(machines) else 0.0,
            iterations=iterations,
            converged=True,
            method=method,
            inverter_kw=kw,
            inverter_kvar=kvar,
        )

    def failed(self, iterations: int, method: str) -> Flow:
        """The answer where there is none."""
        feeder = self.feeder
        branch = np.full((4, len(feeder.branches)), np.nan)
        source = np.full((2, len(feeder.source_node)), np.nan)
        terminal = np.full((2, len(feeder.terminals)), np.nan)
        return Flow(
            v=np.full(feeder.n_node, complex(np.nan, np.nan)),
            p_kw=branch[0],
            q_kvar=branch[1],
            i_a=branch[2],
            loading=branch[3],
            source_kw=source[0],
            source_kvar=source[1],
            losses_kw=float("nan"),
            shunt_kw=float("nan"),
            terminal_kw=terminal[0],
            terminal_kvar=terminal[1],
            generator_kvar=np.full(len(feeder.generators), np.nan),
            generation_kw=float("nan"),
            iterations=iterations,
            converged=False,
            method=method,
            inverter_kw=np.full(self._n_inverter, np.nan),
            inverter_kvar=np.full(self._n_inverter, np.nan),
        )

    def served(self, v: Complexes, demand: Demand) -> tuple[Floats, Floats]:
        """What the voltage-following part of each terminal draws, kW and kvar."""
        if self._constant:
            return demand.load_kw, demand.load_kvar
        kw, kvar = np.empty_like(demand.load_kw), np.empty_like(demand.load_kvar)
        serve(v, self.connections, self._laws, demand.asked, kw, kvar)
        return kw, kvar

    def shunt_kw(self, v: Complexes) -> float:
        """Power lost in admittances from nodes to the reference."""
        conductance = self.feeder.shunt_y.real
        return float(np.sum(np.abs(v) ** 2 * conductance)) * self.feeder.s_base_kva

    def _add_neighbours(
        self,
        source: Complexes,
        demand: Demand,
        load_kw: Floats,
        load_kvar: Floats,
        generator_kvar: Floats,
    ) -> None:
        """Terminals and machines beside a source draw from it directly."""
        for t in self._beside:
            source[self.connections.source[t]] += complex(
                load_kw[t] + demand.fixed_kw[t], load_kvar[t] + demand.fixed_kvar[t]
            )
        machines = self.feeder.generators
        for g, k in self._machine_source:
            source[k] -= complex(machines.p_kw[g], generator_kvar[g])

    def _inverted(self, inverted: Complexes, source: Complexes) -> Complexes:
        """What inverters draw, kVA; those beside a source draw from it directly."""
        inverters = self.feeder.inverters
        done: Complexes = inverted * self.feeder.s_base_kva
        if inverters is None:
            return done
        beside = self.connections.source[inverters.terminal]
        for row in np.flatnonzero(beside >= 0).tolist():
            part = done[inverters.owner[row]] * inverters.weight[row]
            source[beside[row]] += part
        return done


def _connections(feeder: Feeder) -> Connections:
    terminals = feeder.terminals
    pairs = np.column_stack((terminals.node_a, terminals.node_b)).reshape(-1, 2)
    _, port = np.unique(pairs, axis=0, return_inverse=True)
    place = {int(node): k for k, node in enumerate(feeder.source_node)}
    shares = (terminals.p_z, terminals.p_i, terminals.q_z, terminals.q_i)
    return Connections(
        node_a=terminals.node_a.astype(np.int64),
        node_b=terminals.node_b.astype(np.int64),
        port=port.astype(np.int64).reshape(-1),
        source=np.array(
            [place.get(int(node), -1) for node in terminals.node_a], dtype=np.int64
        ),
        shares=np.column_stack(shares).astype(np.float64),
        rated=terminals.v_rated_pu.astype(np.float64),
        law=terminals.law.astype(np.int64),
    )


def _plain(column: Floats) -> Floats:
    """The one layout that the compiled kernels are made for."""
    return np.ascontiguousarray(column, dtype=np.float64)


def apparent(p: Floats, q: Floats) -> Complexes:
    """P + jQ."""
    power = np.empty(p.shape, dtype=np.complex128)
    power.real, power.imag = p, q
    return power
