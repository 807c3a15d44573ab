"""Inverters against other engines: OpenDSS's own control, pandapower, moving taps.

source ---- mid ---- end         PV of three phases at the end, of one at mid
"""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path

import numpy as np
import opendssdirect as dss
import pytest
from numpy.testing import assert_allclose

from tests.simulation.circuit import regulated
from tests.worlds import LANDNETZ, grid, scenario
from twin.grid.added_terminals import with_terminals
from twin.grid.controls import Regulated
from twin.grid.feeder import Feeder
from twin.grid.flow import Demand
from twin.grid.inverter_law import Asking, inverter_law
from twin.grid.inverter_presets import PRESETS
from twin.grid.inverters import Inverters
from twin.grid.pair_newton import PairNewton
from twin.grid.powerflow import FixedPoint
from twin.grid.reference import PandapowerEngine
from twin.simulation.build import load_grid
from twin.simulation.regulation import moves_of, solver_of

VAR = PRESETS["ieee1547_b"].volt_var
WATT = ((1.06, 1.0), (1.10, 0.2))
NET = """\
clear
new circuit.street basekv=0.4 pu={pu} phases=3 r1=0.001 x1=0.001 r0=0.001 x0=0.001
new linecode.cable nphases=3 r1=0.4 x1=0.1 r0=1.6 x0=0.4 c1=0 c0=0 units=km
new line.a bus1=sourcebus bus2=mid linecode=cable length=0.15 units=km
new line.b bus1=mid bus2=end linecode=cable length=0.15 units=km
new load.one phases=1 bus1=mid.1 kv=0.2309401077 kw=5 kvar=1 vminpu=0.5 vmaxpu=1.5
new load.two phases=3 bus1=end kv=0.4 kw=3 kvar=1 vminpu=0.5 vmaxpu=1.5
"""
CONTROLLED = """\
new xycurve.vv npts=4 xarray=[0.92 0.98 1.02 1.08] yarray=[1 0 0 -1]
new xycurve.vw npts=4 xarray=[0.5 1.06 1.10 1.5] yarray=[1 1 0.2 0.2]
new pvsystem.three phases=3 bus1=end kv=0.4 kva=30 pmpp=30 irradiance=1
~ kvarmax=13.2 kvarmaxabs=13.2 wattpriority=no %cutin=0.1 %cutout=0.1 pf=1
new pvsystem.single phases=1 bus1=mid.2 kv=0.2309401077 kva=10 pmpp=10 irradiance=1
~ kvarmax=4.4 kvarmaxabs=4.4 wattpriority=no %cutin=0.1 %cutout=0.1 pf=1
new invcontrol.both {mode} voltage_curvex_ref=rated vvc_curve1=vv voltwatt_curve=vw
~ deltaq_factor=0.2 deltap_factor=0.2 voltagechangetolerance=1e-8
~ varchangetolerance=1e-8 activepchangetolerance=1e-8 refreactivepower=varmax
~ voltwattyaxis=pmpppu monvoltagecalc=avg
set maxcontroliter=2000
set maxiterations=500
"""
SOLVED = "set voltagebases=[0.4]\ncalcvoltagebases\nset tolerance=1e-10\nsolve\n"
MODES = {
    "mode=voltvar": inverter_law(VAR),
    "mode=voltwatt": inverter_law((), WATT),
    "combimode=vv_vw": inverter_law(VAR, WATT),
}
CASES = [(mode, pu) for mode in MODES for pu in (0.94, 1.0, 1.04, 1.07)]
SATURATED = ("mode=voltvar", 1.07)  # the engine rests 0.2 % beyond its own kvarmax


def street(folder: Path, pu: float, mode: str) -> tuple[Feeder, Demand]:
    """The same inverters on the circuit without them."""
    master = folder / "street.dss"
    master.write_text(NET.format(pu=pu) + SOLVED)
    feeder = load_grid(scenario(feeder__source=f"opendss:{master}")).feeder
    at = [feeder.nodes.bus, feeder.nodes.phase.tolist()]
    single = list(zip(*at, strict=True)).index(("mid", 2))
    feeder = with_terminals(feeder, [(single, -1)])
    names = feeder.terminals.name
    rows = [k for k, name in enumerate(names) if "two" in name] + [len(names) - 1]
    law = MODES[mode]
    inverters = Inverters(np.array([0, 3, 4]), np.array(rows), np.ones(4), law)
    rated = np.array([30.0, 10.0])
    demand = Demand.own(feeder)._replace(inverters=Asking(-rated, rated, rated, rated))
    return replace(feeder, inverters=inverters), demand


@pytest.mark.parametrize("mode, pu", [case for case in CASES if case != SATURATED])
def test_opendss_comes_to_the_same_rest(tmp_path: Path, mode: str, pu: float) -> None:
    feeder, demand = street(tmp_path, pu, mode)
    flow = FixedPoint(feeder, 1e-10).solve(demand)
    for line in (NET.format(pu=pu) + CONTROLLED.format(mode=mode) + SOLVED).split("\n"):
        dss.Text.Command(line)
    assert dss.Solution.Converged()
    theirs = dict(
        zip(dss.Circuit.AllNodeNames(), dss.Circuit.AllBusMagPu(), strict=True)
    )
    for node, (bus, phase) in enumerate(
        zip(feeder.nodes.bus, feeder.nodes.phase.tolist(), strict=True)
    ):
        if "behind source" not in bus:
            assert abs(theirs[f"{bus}.{phase}"] - flow.v_pu[node]) < 1e-8
    for k, name in enumerate(("three", "single")):
        dss.Circuit.SetActiveElement(f"pvsystem.{name}")
        powers = dss.CktElement.Powers()
        phases = 3 if name == "three" else 1
        kw, kvar = sum(powers[0 : 2 * phases : 2]), sum(powers[1 : 2 * phases : 2])
        assert_allclose(
            [flow.inverter_kw[k], flow.inverter_kvar[k]], [kw, kvar], atol=1e-5
        )


def test_pandapower_comes_to_the_same_rest() -> None:
    shared = grid(LANDNETZ)
    n = len(shared.feeder.terminals)
    law = inverter_law(VAR, WATT)
    inverters = Inverters(np.arange(n + 1), np.arange(n), np.ones(n), law)
    source_v = 1.06 * shared.feeder.source_v / np.abs(shared.feeder.source_v)
    feeder = replace(shared.feeder, inverters=inverters, source_v=source_v)
    net = load_grid(
        scenario(feeder__source=LANDNETZ, feeder__source_voltage_pu=1.06)
    ).net
    assert net is not None
    rated = np.full(n, 11.0)
    demand = Demand.none(feeder)._replace(inverters=Asking(-rated, rated, rated, rated))
    fast, theirs = FixedPoint(feeder).solve(demand), PandapowerEngine(net, feeder)
    flow = theirs.solve(demand)
    assert flow.converged
    assert (fast.inverter_kw > -10.9).any()
    assert np.abs(fast.v_pu - flow.v_pu).max() <= 1e-8
    assert_allclose(fast.inverter_kw, flow.inverter_kw, atol=1e-5)
    assert_allclose(fast.inverter_kvar, flow.inverter_kvar, atol=1e-5)


def test_taps_move_around_inverters_at_rest(tmp_path: Path) -> None:
    said = scenario(feeder__source=f"opendss:{regulated(tmp_path)}")
    shared = load_grid(said)
    terminals = shared.feeder.terminals
    rows = np.flatnonzero(np.array(["shop" in name for name in terminals.name]))[:3]
    law = inverter_law(VAR, WATT)
    inverters = Inverters(np.array([0, 3]), rows, np.ones(3), law)
    fitted = replace(shared, feeder=replace(shared.feeder, inverters=inverters))
    moves = moves_of(said, fitted)
    engine = solver_of(said, fitted, moves)
    assert isinstance(engine, Regulated)
    before = engine.positions()
    for kw in (300.0, -400.0, -100.0, 200.0):
        rated = np.array([420.0])
        asking = Asking(np.array([kw]), rated, rated, rated)
        demand = Demand.own(fitted.feeder)._replace(inverters=asking)
        flow = engine.solve(demand)
        exact = PairNewton(engine.feeder_at(engine.scale), 1e-11).solve(demand)
        assert np.abs(flow.v - exact.v).max() <= 1e-8
        assert_allclose(flow.inverter_kvar, exact.inverter_kvar, atol=1e-4)
    assert engine.operations
    assert engine.positions() != before
