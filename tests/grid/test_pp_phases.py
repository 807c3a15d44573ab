"""From pandapower's elements to three phases: every element, beside other engines."""

from __future__ import annotations

import numpy as np
import pandapower as pp
import pandapower.networks as networks
import pytest

from tests.grid.held import keep
from tests.grid.references_pandapower import (
    STREET,
    at_bus,
    beside_street,
    beside_street_neutral,
    home,
    solved,
    street,
)
from twin.grid.pair_newton import PairNewton
from twin.grid.pandapower import seeded
from twin.grid.powerflow import Demand
from twin.grid.pp_phases import to_three_phase
from twin.grid.sequence import (
    bus_places,
    sequences,
    unbalance,
)
from twin.grid.zones import zones_of

pytestmark = pytest.mark.long


def by_pandapower(net):
    """Voltages by bus and phase as `runpp_3ph` finds them."""
    with np.errstate(invalid="ignore"):
        pp.runpp_3ph(net)
    found = net.res_bus_3ph
    return {
        bus: np.array([
            found.at[bus, f"vm_{phase}_pu"]
            * np.exp(1j * np.deg2rad(found.at[bus, f"va_{phase}_degree"]))
            for phase in "abc"
        ])
        for bus in net.bus.index
    }  # fmt: skip


def agrees(net, within=1e-6):
    feeder, flow = solved(net)
    for bus, v in by_pandapower(net).items():
        if str(bus) in feeder.node_of_bus:
            np.testing.assert_allclose(at_bus(feeder, flow.v, bus), v, atol=within)
    return feeder, flow


@pytest.mark.parametrize("case", STREET)
def test_a_street_with_one_loaded_phase(case):
    net = street()
    STREET[case][0](net)
    agrees(net)
    keep(beside_street(case))


def test_a_streets_neutral_current_and_loss():
    keep(beside_street_neutral())


@pytest.mark.parametrize(
    ("group", "shift"),
    [("Dyn", 150), ("Dyn", 30), ("Dyn", -30), ("YNyn", 0), ("YNyn", 180)],
)
def test_transformers_of_every_allowed_group(group, shift):
    net = street(group, shift, vm_pu=1.02, va_degree=10.0)
    net.trafo["tap_side"], net.trafo["tap_neutral"] = "hv", 0
    net.trafo["tap_step_percent"], net.trafo["tap_pos"] = 2.5, -1
    net.trafo["tap_changer_type"] = "Ratio"
    home(net)
    pp.create_sgen(net, 2, 0.012, 0.001, type="wye")
    pp.create_load(net, 1, 0.02, 0.002, type="delta", scaling=0.8)
    feeder, flow = agrees(net)
    for branch, name in enumerate(feeder.branches.name):
        kind, end = {"T": ("trafo", "hv"), "cable": ("line", "from")}.get(
            name, ("", "")
        )
        if kind:
            phase = "abc"[feeder.branches.phase[branch] - 1]
            found = net[f"res_{kind}_3ph"].iloc[0]
            for mine, its in ((flow.p_kw, f"p_{phase}_{end}_mw"),
                              (flow.q_kvar, f"q_{phase}_{end}_mvar"),
                              (flow.i_a, f"i_{phase}_{end}_ka")):  # fmt: skip
                assert mine[branch] == pytest.approx(1000.0 * found[its], abs=2e-3)


def test_open_lines_dead_buses_two_sources_and_shunts():
    net = street()
    home(net)
    far = pp.create_bus(net, 0.4)
    dead = pp.create_bus(net, 0.4)
    cable = net.line.iloc[0]
    for a, b in ((2, far), (1, far)):
        pp.create_line_from_parameters(
            net, a, b, 0.3, cable.r_ohm_per_km, cable.x_ohm_per_km, 260, 0.3,
            r0_ohm_per_km=0.824, x0_ohm_per_km=0.32, c0_nf_per_km=100,
        )  # fmt: skip
    pp.create_switch(net, far, 2, "l", closed=False)
    other = pp.create_bus(net, 0.4)
    pp.create_ext_grid(
        net, other, s_sc_max_mva=5, rx_max=0.3, x0x_max=2, r0x0_max=0.2, vm_pu=1.01
    )
    end = pp.create_bus(net, 0.4)
    pp.create_line_from_parameters(
        net, other, end, 0.1, 0.2, 0.08, 0, 0.3, r0_ohm_per_km=0.8, x0_ohm_per_km=0.3,
        c0_nf_per_km=0,
    )  # fmt: skip
    pp.create_asymmetric_load(net, end, p_c_mw=0.006)
    pp.create_asymmetric_load(net, dead, p_c_mw=0.006, name="cut off")
    pp.create_shunt(net, far, q_mvar=-0.005, p_mw=0.001)
    feeder, flow = agrees(net)
    assert feeder.dead_buses == (str(dead),)
    assert any("cut off" in note for note in feeder.notes)
    balance = flow.grid_kw - flow.served_kw - flow.losses_kw - flow.shunt_kw
    assert balance == pytest.approx(0.0, abs=1e-7)
    assert flow.shunt_kw > 0.9


def test_a_source_holds_the_positive_sequence_alone():
    """Z_2 of the source by hand, 3 x 1.1 V^2 / S_sc a phase; X_0 is twice X_2.

    `runpp_3ph` watches the other buses only and stops 1.6e-3 pu short of it.
    """
    net = street(s_sc_max_mva=1.0, x0x_max=2.0, r0x0_max=0.5, vm_pu=1.03)
    pp.create_asymmetric_load(net, 0, p_a_mw=0.03, q_a_mvar=0.01)
    feeder, flow = solved(net)
    zero, one, two = sequences(at_bus(feeder, flow.v, 0))
    assert one == pytest.approx(1.03, abs=1e-12)
    rows = [k for k, kind in enumerate(feeder.branches.kind) if kind.startswith("so")]
    i_zero, _, i_two = sequences(-(feeder.branches.y_far @ flow.v)[rows])
    x_pu = 3.3 / np.sqrt(1.01)
    assert zero == pytest.approx(-i_zero * 2.0 * x_pu * (0.5 + 1j), abs=1e-12)
    assert two == pytest.approx(-i_two * x_pu * (0.1 + 1j), abs=1e-12)


def test_the_voltages_do_not_depend_on_the_networks_base_power():
    found = []
    for sn_mva in (1.0, 100.0):
        net = street("Yzn")
        net.sn_mva = sn_mva
        home(net)
        found.append(solved(net)[1].v)
    np.testing.assert_allclose(found[0], found[1], atol=1e-12)


def test_unbalanced_mixed_loads_equal_newton_and_balance():
    """One-phase, delta and voltage-dependent loads on a Kerber network."""
    with seeded(0):
        net = networks.create_kerber_vorstadtnetz_kabel_1()
    rng = np.random.default_rng(4)
    buses = net.load["bus"].to_numpy()
    net.load.loc[net.load.index[::3], "type"] = "delta"
    for column in ("const_z_p_percent", "const_i_q_percent"):
        net.load[column] = rng.uniform(0.0, 60.0, len(net.load))
    for bus in buses[::2]:
        phase = "abc"[rng.integers(3)]
        pp.create_asymmetric_load(net, bus, **{f"p_{phase}_mw": 0.004})
    feeder, flow = solved(net)
    newton = PairNewton(feeder).solve(Demand.own(feeder))
    np.testing.assert_allclose(flow.v, newton.v, atol=1e-9)
    balance = flow.grid_kw - flow.served_kw - flow.losses_kw
    assert abs(balance) < 1e-6 * flow.grid_kw
    _, places = bus_places(feeder)
    assert np.nanmax(unbalance(flow.v, places)) > 1e-4


def test_a_delta_load_draws_its_shares_by_the_voltage_between_phases():
    net = street()
    pp.create_load(net, 2, 0.03, 0.006, type="delta", const_z_p_percent=100.0)
    home(net)
    feeder, flow = solved(net)
    rows = [k for k, kind in enumerate(feeder.terminals.kind) if kind == "load"]
    v = at_bus(feeder, flow.v, 2)
    across = np.abs(v - np.roll(v, -1)) / np.sqrt(3.0)
    np.testing.assert_allclose(flow.terminal_kw[rows], 10.0 * across**2, rtol=1e-12)
    np.testing.assert_allclose(flow.terminal_kvar[rows], 2.0, rtol=1e-12)


def test_storage_is_kept_though_runpp_3ph_leaves_it_out():
    with_storage, with_load = street(), street()
    pp.create_storage(with_storage, 2, p_mw=0.03, q_mvar=0.006, max_e_mwh=1.0)
    pp.create_load(with_load, 2, 0.03, 0.006, type="wye")
    stored, drawn = solved(with_storage)[1], agrees(with_load)[1]
    np.testing.assert_allclose(stored.v, drawn.v, atol=1e-12)


def test_plants_without_a_type_are_taken_as_star_and_named():
    net = street()
    pp.create_sgen(net, 2, 0.03, name="roof", type="PV")
    feeder, flow = solved(net)
    assert flow.grid_kw < -25.0
    assert any("1 sgen without type wye or delta" in note for note in feeder.notes)
    assert any("roof" in note for note in feeder.notes)


def test_an_element_has_terminals_on_the_phases_that_it_uses():
    net = street()
    home(net)
    pp.create_load(net, 2, 0.0, name="empty")
    terminals = solved(net)[0].terminals
    assert terminals.name == ["empty"] * 3 + ["home"] * 2
    node = solved(net)[0].node_of_bus["2"]
    assert terminals.node_a.tolist() == [node, node + 1, node + 2, node, node + 1]
    assert terminals.node_b.tolist() == [-1] * 5
    assert terminals.p_kw.tolist() == pytest.approx([0, 0, 0, 20.0, 10.0])


def test_nodes_branches_and_transformers_are_told_by_phase():
    net = street()
    feeder = to_three_phase(net, "street", "test")
    nodes, branches = feeder.nodes, feeder.branches
    first = feeder.node_of_bus["2"]
    assert [nodes.bus[first + k] for k in range(3)] == ["2"] * 3
    assert nodes.phase[first : first + 3].tolist() == [1, 2, 3]
    assert nodes.v_base_kv[first] == pytest.approx(0.4 / np.sqrt(3.0))
    angles = np.rad2deg(nodes.angle_rad[first : first + 3])
    assert np.mod(angles, 360).tolist() == pytest.approx([210.0, 90.0, 330.0])
    assert nodes.auxiliary.sum() == 4
    assert branches.name == ["cable"] * 3 + ["T"] * 3 + ["ext_grid 0"] * 3
    assert branches.phase.tolist() == [1, 2, 3] * 3
    assert branches.transformer.tolist() == [-1] * 3 + [0] * 3 + [-1] * 3
    assert feeder.transformers.branch.tolist() == [3]
    assert nodes.bus[feeder.transformers.node_lv[0]] == "1"
    assert branches.rating_far_a[3] == pytest.approx(250.0 / (0.4 * np.sqrt(3.0)))
    assert feeder.model == "three_phase"
    low = [node for node, bus in enumerate(nodes.bus) if bus in ("1", "2")]
    assert zones_of(feeder).of_node[low].tolist() == [0] * 6
