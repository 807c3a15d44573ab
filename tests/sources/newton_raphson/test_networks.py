"""`fast` equals Newton-Raphson on networks of every kind that pandapower ships."""

from __future__ import annotations

import numpy as np
import pytest

from tests.grid.references_pandapower import newton_raphson
from twin.grid.engines import power_flow
from twin.grid.pandapower import load_feeder
from twin.grid.powerflow import Demand
from twin.grid.reference import PandapowerEngine

pytestmark = pytest.mark.long

PLAIN = (
    "create_kerber_vorstadtnetz_kabel_1",  # 150 degrees
    "kb_extrem_landnetz_freileitung_trafo",  # deep sags
    "create_cigre_network_lv",
    "create_cigre_network_mv",  # open switches
    "mv_oberrhein",  # two sources, static generators
    "simple_mv_open_ring_net",
    "case33bw",
    "ieee_european_lv_asymmetric",
    "lv_schutterwald",  # 14 sources, 14 islands
    "create_synthetic_voltage_control_lv_network",
)
CONTROLLED = (
    "case14",
    "case118",
    "case300",
    "case145",
    "create_cigre_network_hv",
    "example_multivoltage",  # everything at once
    "example_simple",
    "iceland",
    "GBreducednetwork",
    "case6515rte",  # needs the angles of a linear flow to start from
)


def reference(net):
    """Newton-Raphson at the tightest tolerance that converges, from any start."""
    tolerance = newton_raphson(net)
    assert tolerance is not None
    assert tolerance <= 1e-10


def voltages(net, feeder):
    v = np.full(feeder.n_node, complex(np.nan, np.nan))
    for bus, node in feeder.node_of_bus.items():
        row = net.res_bus.loc[int(bus)]
        v[node] = row.vm_pu * np.exp(1j * np.deg2rad(row.va_degree))
    return v


def compare(feeder, net, flow):
    v = voltages(net, feeder)
    known = ~np.isnan(v)
    np.testing.assert_allclose(flow.v[known], v[known], rtol=0.0, atol=1e-8)
    branches = feeder.branches
    for kind, table, ends in (
        ("line", net.res_line, ("from", "to")),
        ("transformer", net.res_trafo, ("hv", "lv")),
    ):
        rows = np.flatnonzero([its == kind for its in branches.kind])
        if not rows.size:
            continue
        found = table.loc[branches.element[rows]]
        for end, mine in ((ends[0], branches.near_is_first[rows]),
                          (ends[1], ~branches.near_is_first[rows])):  # fmt: skip
            for ours, theirs, unit in (
                (flow.p_kw, f"p_{end}_mw", 1e3),
                (flow.q_kvar, f"q_{end}_mvar", 1e3),
                (flow.i_a, f"i_{end}_ka", 1e3),
                (flow.loading, "loading_percent", 1e-2),
            ):
                expected = unit * found[theirs].to_numpy()[mine]
                scale = max(1.0, float(np.max(np.abs(expected), initial=0.0)))
                np.testing.assert_allclose(
                    ours[rows][mine], expected, rtol=0.0, atol=1e-6 * scale
                )
    slack = net.gen.index[net.gen.slack.astype(bool) & net.gen.in_service]
    p_mw = net.res_ext_grid.p_mw.sum() + net.res_gen.p_mw[slack].sum()
    scale = max(1.0, float(np.abs(flow.p_kw).max()))
    assert flow.grid_kw == pytest.approx(1000.0 * p_mw, abs=1e-6 * scale)


@pytest.mark.parametrize("name", PLAIN)
def test_plain(name):
    feeder, net = load_feeder(f"pandapower:{name}", {})
    flow = power_flow(feeder, net).solve(Demand.own(feeder))
    assert flow.method == "fixed point"
    reference(net)
    compare(feeder, net, flow)


@pytest.mark.parametrize("name", CONTROLLED)
def test_with_machines_that_hold_a_voltage(name):
    feeder, net = load_feeder(f"pandapower:{name}", {})
    from twin.grid.newton import Newton

    flow = Newton(feeder, enforce_q_limits=False).solve(Demand.own(feeder))
    assert flow.converged
    reference(net)
    compare(feeder, net, flow)


@pytest.mark.parametrize(
    "name", ("case118", "case39", "create_cigre_network_hv", "GBreducednetwork")
)
def test_with_reactive_limits(name):
    feeder, net = load_feeder(f"pandapower:{name}", {})
    flow = power_flow(feeder, net).solve(Demand.own(feeder))
    engine = PandapowerEngine(net, feeder).solve(Demand.own(feeder))
    np.testing.assert_allclose(flow.v, engine.v, rtol=0.0, atol=1e-8)
    scale = float(np.abs(engine.p_kw).max())
    np.testing.assert_allclose(flow.p_kw, engine.p_kw, atol=1e-6 * scale)
    assert flow.losses_kw == pytest.approx(engine.losses_kw, abs=1e-6 * scale)


def test_light_reversed_and_heavy_demand_on_the_village():
    feeder, net = load_feeder("pandapower:lv_schutterwald", {}, 1.02)
    solver, engine = power_flow(feeder, net), PandapowerEngine(net, feeder)
    own = Demand.own(feeder)
    rng = np.random.default_rng(5)
    cars = rng.uniform(-5.0, 5.0, len(feeder.terminals))
    none = np.zeros_like(cars)
    for kw, fixed in ((0.0, none), (1.2, none), (0.2, cars), (0.1, none - 3.0)):
        demand = Demand(kw * own.load_kw, kw * own.load_kvar, fixed, none)
        flow, found = solver.solve(demand), engine.solve(demand)
        assert flow.converged
        np.testing.assert_allclose(flow.v, found.v, rtol=0.0, atol=1e-8)
        np.testing.assert_allclose(flow.p_kw, found.p_kw, atol=1e-3)
        np.testing.assert_allclose(flow.source_kw, found.source_kw, atol=1e-3)
        assert flow.losses_kw == pytest.approx(found.losses_kw, abs=1e-3)


def test_the_villages_step_solved_again_costs_next_to_nothing():
    feeder, net = load_feeder("pandapower:lv_schutterwald", {})
    solver = power_flow(feeder, net)
    solver.solve(Demand.own(feeder))
    assert [solver.solve(Demand.own(feeder)).iterations for _ in range(5)] == [2] * 5
