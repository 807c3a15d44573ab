"""Three phases beside PowerFactory, runpp_3ph and the positive sequence, net by net."""

from __future__ import annotations

import gzip
import json
from pathlib import Path

import numpy as np
import pandapower as pp
import pandapower.networks as networks
import pandas as pd
import pytest

from twin.grid.conversion import to_feeder
from twin.grid.pair_newton import PairNewton
from twin.grid.pandapower import seeded
from twin.grid.powerflow import Demand, FixedPoint
from twin.grid.pp_phases import to_three_phase

SOURCES = Path(__file__).parents[1] / "sources" / "three_phase"
TURNS = np.exp(1j * np.deg2rad([0.0, -120.0, 120.0]))


def solved(net):
    feeder = to_three_phase(net, "net", "test")
    flow = FixedPoint(feeder, 1e-11).solve(Demand.own(feeder))
    assert flow.method == "fixed point"
    return feeder, flow


def at_bus(feeder, values, bus):
    return values[feeder.node_of_bus[str(bus)] + np.arange(3)]


@pytest.mark.parametrize("group", ["YNyn", "Dyn", "Yzn"])
def test_powerfactorys_network(group):
    """Within 1e-5 pu, as far as PowerFactory and its numbers' data agree."""
    with gzip.open(SOURCES / "validation_net.json.gz", "rt") as file:
        net = pp.from_json_string(json.dumps(json.load(file)))
    net.trafo["vector_group"], net.trafo["mag0_percent"] = group, 10_000.0
    expected = pd.read_csv(SOURCES / "powerfactory.csv")
    expected = expected[expected.vector_group == group].set_index("name")
    feeder, flow = solved(net)
    for bus, name in net.bus["name"].items():
        wanted = expected.loc[name, ["a", "b", "c"]].to_numpy(dtype=float)
        np.testing.assert_allclose(at_bus(feeder, flow.v_pu, bus), wanted, atol=1e-5)
    for branch, name in enumerate(feeder.branches.name):
        if name in expected.index:
            phase = "abc"[feeder.branches.phase[branch] - 1]
            wanted = 1000.0 * expected.loc[name, phase]
            assert flow.i_a[branch] == pytest.approx(wanted, abs=0.2)


def european(scenario):
    """The IEEE European feeder; its reactive loads are by a power factor of 0.95."""
    net = networks.ieee_european_lv_asymmetric(scenario)
    for phase in "abc":
        p = net.asymmetric_load[f"p_{phase}_mw"]
        net.asymmetric_load[f"q_{phase}_mvar"] = p * np.tan(np.arccos(0.95))
    return net


@pytest.mark.parametrize("scenario", ["on_peak_566", "off_peak_1440"])
def test_the_european_feeder_equals_runpp_3ph_and_newton(scenario):
    net = european(scenario)
    feeder, flow = solved(net)
    pp.runpp_3ph(net)
    magnitudes = net.res_bus_3ph[["vm_a_pu", "vm_b_pu", "vm_c_pu"]]
    for bus, found in magnitudes.iterrows():
        np.testing.assert_allclose(at_bus(feeder, flow.v_pu, bus), found, atol=5e-6)
    newton = PairNewton(feeder).solve(Demand.own(feeder))
    np.testing.assert_allclose(flow.v, newton.v, atol=1e-9)
    assert len(feeder.terminals) == 55


BALANCED = (
    "create_kerber_landnetz_freileitung_1",
    "create_kerber_vorstadtnetz_kabel_1",
    "mv_oberrhein",
    "create_cigre_network_lv",
    "lv_schutterwald",
)


@pytest.mark.parametrize("name", BALANCED)
def test_balanced_loads_give_the_positive_sequence(name):
    with seeded(0):
        net = getattr(networks, name)()
    three, flow = solved(net)
    one = to_feeder(net, name, "test")
    single = FixedPoint(one, 1e-11).solve(Demand.own(one))
    node = np.array([one.node_of_bus[bus] for bus in one.node_of_bus])
    mine = np.array([three.node_of_bus[bus] for bus in one.node_of_bus])
    for phase, turn in enumerate(TURNS):
        np.testing.assert_allclose(
            flow.v[mine + phase], single.v[node] * turn, atol=1e-9
        )
    n = 3 * len(one.branches)
    np.testing.assert_allclose(flow.i_a[:n], single.i_a.repeat(3), atol=1e-5)
    np.testing.assert_allclose(
        flow.p_kw[:n].reshape(-1, 3).sum(axis=1), single.p_kw, atol=1e-5
    )
    np.testing.assert_allclose(flow.loading[:n], single.loading.repeat(3), atol=1e-8)
    assert flow.grid_kw == pytest.approx(single.grid_kw, rel=1e-9)
    assert flow.losses_kw == pytest.approx(single.losses_kw, rel=1e-7)
    assert flow.iterations <= single.iterations + 1
