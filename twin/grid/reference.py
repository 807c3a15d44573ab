"""pandapower's own Newton-Raphson behind the same seam: the reference engine."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from copy import deepcopy
from itertools import product
from typing import TypeVar

import numpy as np

from twin.arrays import Complexes, Floats
from twin.grid.added_terminals import ADDED
from twin.grid.capacitors import Capacitor
from twin.grid.controls import Regulation
from twin.grid.conversion import machine_names
from twin.grid.feeder import Feeder
from twin.grid.flow import Demand, Flow, Meter
from twin.grid.inverters import Inverters, Relaxation
from twin.grid.ppc import Network, convert
from twin.grid.regulators import Regulator

STARTS = ("dc", "flat", "results")
LADDER_MVA = (1e-11, 1e-10, 1e-9, 1e-8)
MOST_ITERATIONS = 30
MOST_ROUNDS = 60
AGREED_KVA = 1e-8


class PandapowerEngine:
    """Solves by `pandapower.runpp`; everything it answers is from pandapower's tables.

    `tolerance_mva` is the tightest tolerance at which the last solve converged. The
    network is copied: every terminal's own element is taken out of service and a
    constant-power load put in its place, whose power is set to what the terminal draws
    at the voltage found, until both agree. So pandapower's own rule for
    voltage-dependent loads (shares averaged over a bus, unweighted) is not used.
    The network's controllers act unless `run_control` is False.
    """

    def __init__(
        self,
        net: Network,
        feeder: Feeder,
        tolerance_mva: float = 1e-11,
        enforce_q_limits: bool = True,
        run_control: bool = True,
    ) -> None:
        self.feeder = feeder
        self.tolerance_mva = tolerance_mva
        self.enforce_q_limits = enforce_q_limits and bool(len(feeder.generators))
        self._ladder = [tolerance_mva]
        self._ladder += [step for step in LADDER_MVA if step > tolerance_mva]
        self._meter = Meter(feeder)
        self._net = self._prepared(net)
        self._rows = convert(self._net).branch_row
        self._machine_names = machine_names(net)
        self._controlled = run_control and bool(len(net.controller))

    def _prepared(self, net: Network) -> Network:
        import pandapower

        copy = deepcopy(net)
        terminals = self.feeder.terminals
        bus_of_node = {node: int(bus) for bus, node in self.feeder.node_of_bus.items()}
        for kind in set(terminals.kind).difference(ADDED):
            rows = [
                index
                for index, its in zip(terminals.element, terminals.kind, strict=True)
                if its == kind
            ]
            if kind in ("ward", "xward"):
                copy[kind].loc[rows, ["ps_mw", "qs_mvar"]] = 0.0
            else:
                copy[kind].loc[rows, "in_service"] = False
        buses = [bus_of_node[node] for node in terminals.node_a.tolist()]
        self._load = pandapower.create_loads(copy, buses, p_mw=0.0)
        return copy

    def standing(self, moves: Regulation, scale: Floats) -> PandapowerEngine:
        """The same engine, its taps and shunts as elements of this scale stand."""
        for one, row, tap in _standing(moves, scale, moves.regulators):
            self._net.trafo.loc[row, "tap_pos"] = one.number(1.0 / tap)
        for bank, row, root in _standing(moves, scale, moves.capacitors):
            self._net.shunt.loc[row, "step"] = round(root**2 * bank.steps)
        return self

    def solve(self, demand: Demand) -> Flow:
        """Solve; where loads follow the voltage, until what they draw agrees."""
        if self.feeder.inverters is not None and demand.inverters is not None:
            return self._with_inverters(self.feeder.inverters, demand)
        return self._without(demand)

    def _with_inverters(self, inverters: Inverters, demand: Demand) -> Flow:
        """Solve with what inverters draw held, until it is what their voltages ask.

        The step toward that is taken from the last two, as in the fixed point.
        """
        node = self.feeder.terminals.node_a[inverters.terminal]
        flat = np.ones(self.feeder.n_node)
        done, spent = inverters.done(flat[node], demand.inverters), 0
        moves = Relaxation(len(inverters))
        for _ in range(MOST_ROUNDS):
            flow = self._without(_holding(demand, inverters, done))
            spent += flow.iterations
            if not flow.converged:
                return self._meter.failed(spent, "pandapower")
            missing = inverters.done(flow.v_pu[node], demand.inverters) - done
            if np.max(np.abs(missing), initial=0.0) <= AGREED_KVA:
                flow.iterations = spent
                flow.inverter_kw, flow.inverter_kvar = done.real, done.imag
                return flow
            done = done + moves.toward(missing)
        return self._meter.failed(spent, "pandapower")

    def _without(self, demand: Demand) -> Flow:
        load_kw, load_kvar = demand.load_kw, demand.load_kvar
        spent = 0
        for _ in range(MOST_ROUNDS):
            ran = self._run(load_kw + demand.fixed_kw, load_kvar + demand.fixed_kvar)
            if not ran:
                return self._meter.failed(spent, "pandapower")
            spent += int(self._net._ppc["iterations"])
            v = self._voltages()
            drawn_kw, drawn_kvar = self._meter.served(v, demand)
            change = max(
                np.max(np.abs(drawn_kw - load_kw), initial=0.0),
                np.max(np.abs(drawn_kvar - load_kvar), initial=0.0),
            )
            load_kw, load_kvar = drawn_kw, drawn_kvar
            if change <= 1e-10 * max(1.0, float(np.max(np.abs(drawn_kw), initial=0.0))):
                return self._flow(v, load_kw, load_kvar, spent)
        return self._meter.failed(spent, "pandapower")

    def _run(self, p_kw: Floats, q_kvar: Floats) -> bool:
        """Run with the tightest tolerance and the first start that converge.

        Only what says that there is no solution makes it try the next.
        """
        import pandapower
        from pandapower.auxiliary import (
            ControllerNotConverged,
            LoadflowNotConverged,
            NetCalculationNotConverged,
        )

        none = (
            LoadflowNotConverged,
            ControllerNotConverged,
            NetCalculationNotConverged,
        )
        self._net.load.loc[self._load, "p_mw"] = p_kw / 1000.0
        self._net.load.loc[self._load, "q_mvar"] = q_kvar / 1000.0
        limits = (True, False) if self.enforce_q_limits else (False,)
        for limited, tolerance, start in product(limits, self._ladder, STARTS):
            if start == "results" and not self._has_results():
                continue
            try:
                pandapower.runpp(
                    self._net,
                    calculate_voltage_angles=True,
                    init=start,
                    tolerance_mva=tolerance,
                    max_iteration=MOST_ITERATIONS,
                    enforce_q_lims=limited,
                    run_control=self._controlled,
                    lightsim2grid=False,
                    numba=False,
                )
            except none:
                continue
            if np.all(np.isfinite(self._voltages())):
                self.tolerance_mva = tolerance
                return True
        return False

    def _has_results(self) -> bool:
        """Whether an earlier run has left voltages to start from."""
        found = self._net.res_bus
        same = found.index.equals(self._net.bus.index)
        return bool(same and found["vm_pu"].notna().any())

    def _voltages(self) -> Complexes:
        v: Complexes = self._net._ppc["internal"]["V"]
        return np.asarray(v[: self.feeder.n_node]).copy()

    def _flow(
        self, v: Complexes, load_kw: Floats, load_kvar: Floats, spent: int
    ) -> Flow:
        """What pandapower's own results say, turned to the end nearer the source."""
        feeder, net = self.feeder, self._net
        p_kw, q_kvar, i_a, loading, lost_kw = self._branch_results()
        source = self._source_results()
        shunt_kw = self._meter.shunt_kw(v)
        return Flow(
            v=v,
            p_kw=p_kw,
            q_kvar=q_kvar,
            i_a=i_a,
            loading=loading,
            source_kw=source.real.copy(),
            source_kvar=source.imag.copy(),
            losses_kw=lost_kw,
            shunt_kw=shunt_kw,
            terminal_kw=load_kw,
            terminal_kvar=load_kvar,
            generator_kvar=self._machine_kvar(net),
            generation_kw=float(feeder.generators.p_kw.sum()),
            iterations=spent,
            converged=True,
            method="pandapower",
        )

    def _branch_results(self) -> tuple[Floats, Floats, Floats, Floats, float]:
        from pandapower.pypower.idx_brch import F_BUS, PF, PT, QF, QT, T_BUS
        from pandapower.pypower.idx_bus import BASE_KV, VM

        branches, ppc = self.feeder.branches, self._net._ppc
        rows = ppc["branch"][self._rows].real
        first = branches.near_is_first
        s_from = 1000.0 * (rows[:, PF] + 1j * rows[:, QF])
        s_to = 1000.0 * (rows[:, PT] + 1j * rows[:, QT])
        bus = ppc["bus"]
        kv = (bus[:, VM] * bus[:, BASE_KV])[rows[:, [F_BUS, T_BUS]].astype(np.int64)]
        ampere = np.abs(np.column_stack((s_from, s_to))) / (np.sqrt(3.0) * kv)
        near = np.where(first, s_from, s_to)
        near_a = np.where(first, ampere[:, 0], ampere[:, 1])
        far_a = np.where(first, ampere[:, 1], ampere[:, 0])
        worst = np.fmax(near_a / branches.rating_near_a, far_a / branches.rating_far_a)
        lost_kw = float((s_from.real + s_to.real).sum())
        return near.real.copy(), near.imag.copy(), near_a, worst, lost_kw

    def _source_results(self) -> Complexes:
        """What external grids and slack machines give, by source node, kW and kvar."""
        given = np.zeros(len(self.feeder.source_node), dtype=np.complex128)
        place = {int(node): k for k, node in enumerate(self.feeder.source_node)}
        net = self._net
        for kind in ("ext_grid", "gen"):
            for index, row in net[kind].iterrows():
                on = row["in_service"] and (kind == "ext_grid" or row["slack"])
                node = self.feeder.node_of_bus.get(str(row["bus"]))
                if not on or node not in place:
                    continue
                found = net[f"res_{kind}"].loc[index]
                given[place[node]] += 1000.0 * complex(found.p_mw, found.q_mvar)
        return given

    def _machine_kvar(self, net: Network) -> Floats:
        kvar = net.res_gen["q_mvar"].to_numpy(dtype=float) * 1000.0
        names = self.feeder.generators.name
        by_name = dict(zip(self._machine_names, kvar, strict=False))
        return np.array([by_name.get(name, np.nan) for name in names], dtype=float)


def _holding(demand: Demand, inverters: Inverters, done: Complexes) -> Demand:
    """The same demand with what inverters draw as fixed power."""
    power = done[inverters.owner] * inverters.weight
    fixed_kw, fixed_kvar = demand.fixed_kw.copy(), demand.fixed_kvar.copy()
    np.add.at(fixed_kw, inverters.terminal, power.real)
    np.add.at(fixed_kvar, inverters.terminal, power.imag)
    held = demand._replace(fixed_kw=fixed_kw, fixed_kvar=fixed_kvar)
    return held._replace(inverters=None)


Device = TypeVar("Device", Regulator, Capacitor)


def _standing(
    moves: Regulation, scale: Floats, devices: Sequence[Device]
) -> Iterator[tuple[Device, int, float]]:
    """Each device, the row of its element in the network's table, and its scale."""
    elements = moves.elements
    for one in devices:
        place = int(one.moved[0])
        element = int(np.searchsorted(elements.first, place, side="right")) - 1
        yield one, int(elements.row[element]), float(scale[place])
