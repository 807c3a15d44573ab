"""From pandapower's elements to a Feeder: every element, its signs and its units."""

from __future__ import annotations

import numpy as np
import pandapower as pp
import pytest

from twin.grid.conversion import to_feeder
from twin.grid.engines import power_flow
from twin.grid.powerflow import Demand, FixedPoint
from twin.grid.reference import PandapowerEngine

pytestmark = pytest.mark.long


def street(**kwargs):
    """20 kV source -- 0.4 kV transformer (150 degrees) -- two cables, loads at ends.

    0 --(trafo)-- 1 --line 0-- 2 --line 1-- 3
    """
    net = pp.create_empty_network(**kwargs)
    for kv in (20.0, 0.4, 0.4, 0.4):
        pp.create_bus(net, kv)
    pp.create_ext_grid(net, 0, vm_pu=1.02)
    pp.create_transformer(net, 0, 1, "0.25 MVA 20/0.4 kV", name="T")
    for a in (1, 2):
        pp.create_line(net, a, a + 1, 0.2 * a, "NAYY 4x50 SE", name=f"L{a}")
    pp.create_load(net, 2, 0.02, 0.005, name="home")
    return net


def solved(net, **options):
    """Both, at a tight tolerance; they must agree."""
    feeder = to_feeder(net, "street", "test")
    flow = power_flow(feeder, net).solve(Demand.own(feeder))
    pp.runpp(net, calculate_voltage_angles=True, tolerance_mva=1e-11, **options)
    for bus, node in feeder.node_of_bus.items():
        v = net.res_bus.vm_pu[int(bus)] * np.exp(
            1j * np.deg2rad(net.res_bus.va_degree[int(bus)])
        )
        assert flow.v[node] == pytest.approx(v, abs=1e-8)
    for name, rows in (("line", net.line), ("trafo", net.trafo)):
        kind = {"line": "line", "trafo": "transformer"}[name]
        first, second = {"line": ("from", "to"), "trafo": ("hv", "lv")}[name]
        for branch, its in enumerate(feeder.branches.kind):
            if its != kind:
                continue
            index = int(feeder.branches.element[branch])
            assert index in rows.index
            found = net[f"res_{name}"].loc[index]
            end = first if feeder.branches.near_is_first[branch] else second
            assert flow.p_kw[branch] == pytest.approx(
                1000.0 * found[f"p_{end}_mw"], rel=1e-6, abs=1e-4
            )
            assert flow.q_kvar[branch] == pytest.approx(
                1000.0 * found[f"q_{end}_mvar"], rel=1e-6, abs=1e-4
            )
            assert flow.i_a[branch] == pytest.approx(
                1000.0 * found[f"i_{end}_ka"], rel=1e-6, abs=1e-4
            )
            assert 100.0 * flow.loading[branch] == pytest.approx(
                found.loading_percent, rel=1e-6, abs=1e-4
            )
    assert flow.grid_kw == pytest.approx(
        1000.0 * net.res_ext_grid.p_mw.sum(), rel=1e-6, abs=1e-4
    )
    assert flow.grid_kvar == pytest.approx(
        1000.0 * net.res_ext_grid.q_mvar.sum(), rel=1e-6, abs=1e-4
    )
    return feeder, flow


def test_the_plain_street():
    feeder, flow = solved(street())
    assert feeder.branches.name == ["L1", "L2", "T"]
    assert feeder.branches.kind == ["line", "line", "transformer"]
    assert feeder.transformers.name == ["T"]
    assert feeder.transformers.rating_kva.tolist() == [250.0]
    assert feeder.branches.transformer.tolist() == [-1, -1, 0]
    assert feeder.nodes.bus[feeder.transformers.node_lv[0]] == "1"
    np.testing.assert_allclose(
        feeder.nodes.distance_km, [0.0, 0.0, 0.2, 0.6], atol=1e-6
    )
    assert feeder.branches.length_km.tolist() == [0.2, 0.4, 0.0]
    assert flow.p_kw[0] > 20.0
    assert np.rad2deg(np.angle(flow.v[1])) == pytest.approx(-150.0, abs=1.0)
    assert np.rad2deg(feeder.nodes.angle_rad).round(9).tolist() == [0, -150, -150, -150]
    assert feeder.region == "eu"


def test_ratings_in_ampere():
    net = street()
    net.line.loc[0, ["parallel", "df"]] = [2, 0.8]
    net.trafo.loc[0, ["parallel", "df"]] = [3, 0.9]
    feeder, _ = solved(net)
    ampere = 1000.0 * net.line.max_i_ka[0]
    assert feeder.branches.rating_a[:2] == pytest.approx([1.6 * ampere, ampere])
    kva = 250.0 * 3 * 0.9
    assert feeder.transformers.rating_kva[0] == pytest.approx(kva)
    assert feeder.branches.rating_near_a[2] == pytest.approx(kva / 20.0 / 3**0.5)
    assert feeder.branches.rating_far_a[2] == pytest.approx(kva / 0.4 / 3**0.5)
    assert feeder.branches.emergency_a[0] == pytest.approx(1.1 * 1.6 * ampere)
    assert feeder.transformers.emergency_factor[0] == 1.2


def test_a_base_power_of_its_own():
    feeder, flow = solved(street(sn_mva=100.0))
    assert feeder.s_base_kva == 1e5
    assert flow.grid_kw > 20.0


def test_sixty_hertz_is_taken_for_america():
    assert to_feeder(street(f_hz=60.0), "x", "x").region == "us"


@pytest.mark.parametrize("position", [-2, 1])
@pytest.mark.parametrize("side", ["hv", "lv"])
def test_taps(position, side):
    net = street()
    net.trafo.loc[0, "tap_side"] = side
    net.trafo.loc[0, "tap_pos"] = position
    solved(net)


def test_every_element_that_draws_or_gives():
    net = street()
    pp.create_sgen(net, 3, 0.03, -0.004, scaling=0.5, name="roof")
    pp.create_storage(net, 2, 0.01, max_e_mwh=0.1, q_mvar=0.002, scaling=0.7)
    pp.create_motor(net, 3, 0.008, 0.8, efficiency_percent=90.0, loading_percent=75.0)
    pp.create_ward(net, 3, 0.004, 0.001, 0.006, 0.002)
    pp.create_shunt(net, 2, q_mvar=-0.01, p_mw=0.001)
    pp.create_load(net, 3, 0.01, 0.002, scaling=1.5)
    pp.create_asymmetric_load(net, 3, 0.001, 0.002, 0.003, 0.0, 0.001, 0.0)
    pp.create_asymmetric_sgen(net, 2, 0.001, 0.0, 0.0, 0.0005, 0.0, 0.0)
    feeder, flow = solved(net)
    power = dict(zip(feeder.terminals.kind, feeder.terminals.p_kw, strict=True))
    assert power["sgen"] == pytest.approx(-15.0)
    assert power["storage"] == pytest.approx(7.0)
    assert power["motor"] == pytest.approx(8.0 * 0.75 / 0.9)
    assert power["ward"] == pytest.approx(4.0)
    assert power["asymmetric_load"] == pytest.approx(6.0)
    assert power["asymmetric_sgen"] == pytest.approx(-1.0)
    assert flow.shunt_kw > 6.0
    assert any("three phases" in note for note in feeder.notes)


def test_machines_xwards_and_direct_current_lines():
    net = street()
    pp.create_gen(net, 3, 0.01, vm_pu=1.01, name="machine")
    pp.create_xward(net, 2, 0.002, 0.001, 0.003, 0.001, 0.05, 0.1, 1.0)
    feeder, _ = solved(net)
    assert "machine" in feeder.generators.name
    net = street()
    pp.create_dcline(net, 2, 3, p_mw=0.005, loss_percent=1.0, loss_mw=0.0001,
                     vm_from_pu=1.0, vm_to_pu=1.005)  # fmt: skip
    feeder, _ = solved(net)
    assert len(feeder.generators) == 2
    assert any("direct-current" in note for note in feeder.notes)
    assert len(net.gen) == 0


def test_impedances_and_three_winding_transformers():
    net = street()
    for kv in (110.0, 20.0, 10.0):
        pp.create_bus(net, kv)
    pp.create_ext_grid(net, 4)
    pp.create_transformer3w(net, 4, 5, 6, "63/25/38 MVA 110/20/10 kV", name="big")
    pp.create_load(net, 5, 8.0, 2.0)
    pp.create_load(net, 6, 5.0, 1.0)
    pp.create_impedance(net, 2, 3, 0.01, 0.02, 1.0, name="choke")
    feeder, flow = solved(net)
    assert [name for name in feeder.transformers.name if name.startswith("big")] == [
        "big hv",
        "big mv",
        "big lv",
    ]
    worst = max(
        flow.loading[branch]
        for branch, kind in enumerate(feeder.branches.kind)
        if kind == "transformer3w"
    )
    assert 100.0 * worst == pytest.approx(
        net.res_trafo3w.loading_percent[0], rel=1e-6, abs=1e-4
    )
    assert "big star point" in feeder.nodes.bus
    assert len(feeder.source_node) == 2
    choke = feeder.branches.name.index("choke")
    assert np.isnan(feeder.branches.rating_a[choke])
    assert np.isnan(flow.loading[choke])


def test_loads_that_follow_the_voltage_as_pandapower_has_them():
    net = street()
    columns = ["const_z_p_percent", "const_i_p_percent"]
    columns += ["const_z_q_percent", "const_i_q_percent"]
    net.load.loc[0, columns] = [30.0, 20.0, 10.0, 60.0]
    feeder, flow = solved(net)
    assert feeder.terminals.p_z[0] == 0.3
    assert feeder.terminals.q_i[0] == 0.6
    assert flow.served_kw == pytest.approx(
        1000.0 * net.res_load.p_mw[0], rel=1e-6, abs=1e-4
    )


def test_closed_bus_switches_make_one_node_and_open_ones_two():
    net = street()
    beside, apart = pp.create_bus(net, 0.4), pp.create_bus(net, 0.4)
    pp.create_switch(net, 3, beside, et="b")
    pp.create_switch(net, 3, apart, et="b", closed=False)
    pp.create_load(net, beside, 0.01)
    pp.create_load(net, apart, 0.5, name="dark")
    feeder, _ = solved(net)
    assert feeder.node_of_bus["3"] == feeder.node_of_bus[str(beside)]
    assert feeder.dead_buses == (str(apart),)
    assert "dark" not in feeder.terminals.name
    assert any("dark" in note for note in feeder.notes)
    assert feeder.n_node == 4


def test_a_switch_with_resistance_is_a_branch():
    net = street()
    beside = pp.create_bus(net, 0.4)
    pp.create_switch(net, 3, beside, et="b", z_ohm=0.05, name="worn")
    pp.create_load(net, beside, 0.01)
    feeder, _ = solved(net)
    assert feeder.branches.kind[-1] == "switch"
    assert feeder.branches.name[-1] == "worn"


def test_an_open_line_end_is_a_node_of_its_own():
    net = street()
    pp.create_switch(net, 3, 1, et="l", closed=False)
    feeder, flow = solved(net)
    assert feeder.nodes.bus[-1] == "L2 open end"
    assert feeder.nodes.auxiliary.tolist() == [False, False, False, True]
    assert feeder.dead_buses == ("3",)
    assert flow.p_kw[1] == pytest.approx(0.0, abs=1e-3)


def test_what_is_out_of_service_is_absent_and_named():
    net = street()
    pp.create_load(net, 3, 0.3, name="gone", in_service=False)
    pp.create_line(net, 1, 3, 0.1, "NAYY 4x50 SE", name="spare", in_service=False)
    feeder, _ = solved(net)
    assert feeder.terminals.name == ["home"]
    assert "spare" not in feeder.branches.name
    assert any("gone" in note for note in feeder.notes)


def test_the_near_end_is_nearer_the_source_however_it_was_drawn():
    net = street()
    net.line.loc[0, ["from_bus", "to_bus"]] = [2, 1]
    feeder, flow = solved(net)
    assert not feeder.branches.near_is_first[0]
    assert flow.p_kw[0] > 20.0
    assert feeder.branches.near[0] == 1


def test_several_sources_and_islands():
    net = street()
    pp.create_bus(net, 0.4)
    pp.create_bus(net, 0.4)
    pp.create_ext_grid(net, 4, vm_pu=0.98)
    pp.create_line(net, 4, 5, 0.3, "NAYY 4x50 SE")
    pp.create_load(net, 5, 0.01)
    feeder, flow = solved(net)
    assert len(feeder.source_node) == 2
    np.testing.assert_allclose(
        flow.source_kw, 1000.0 * net.res_ext_grid.p_mw, atol=1e-4
    )


def test_two_sources_feeding_one_mesh():
    net = street()
    pp.create_ext_grid(net, 3, vm_pu=1.0, va_degree=-150.0)
    feeder, flow = solved(net)
    np.testing.assert_allclose(
        flow.source_kw, 1000.0 * net.res_ext_grid.p_mw, atol=1e-4
    )
    assert feeder.nodes.distance_km[2] == pytest.approx(0.2, abs=1e-6)


def test_elements_without_a_name_go_by_table_and_index():
    net = street()
    net.line["name"] = None
    feeder = to_feeder(net, "x", "x")
    assert feeder.branches.name[:2] == ["line 0", "line 1"]


def test_positions_are_degrees_only_if_lines_are_as_long_as_they_say():
    net = street()
    net.bus["geo"] = [
        f'{{"type": "Point", "coordinates": [{7.8 + k * 0.0027}, 48.4]}}'
        for k in range(4)
    ]
    assert to_feeder(net, "x", "x").nodes.geographic
    net.bus["geo"] = [
        f'{{"type": "Point", "coordinates": [{k}, {k}]}}' for k in range(4)
    ]
    feeder = to_feeder(net, "x", "x")
    assert not feeder.nodes.geographic
    assert feeder.nodes.x.tolist() == [0.0, 1.0, 2.0, 3.0]
    net.bus["geo"] = None
    assert np.isnan(to_feeder(net, "x", "x").nodes.x).all()


def test_what_fast_cannot_hold_runs_on_pandapower_and_says_so():
    net = street()
    from pandapower.control import ContinuousTapControl

    ContinuousTapControl(net, 0, vm_set_pu=1.0)
    feeder = to_feeder(net, "x", "x")
    solver = power_flow(feeder, net)
    assert isinstance(solver, PandapowerEngine)
    assert "controller 0" in feeder.unsolvable[0]
    flow = solver.solve(Demand.own(feeder))
    assert flow.converged
    assert 0.985 < flow.v_pu[1] < 1.015


def test_the_conversion_leaves_the_network_as_it_was():
    net = street()
    before = {kind: net[kind].copy() for kind in ("bus", "line", "load", "gen")}
    to_feeder(net, "x", "x")
    for kind, table in before.items():
        assert table.equals(net[kind])


def test_fixed_point_is_what_a_plain_street_gets():
    net = street()
    feeder = to_feeder(net, "x", "x")
    assert isinstance(power_flow(feeder, net, "fast"), FixedPoint)
    assert isinstance(power_flow(feeder, net, "pandapower"), PandapowerEngine)


def test_a_transformer_fed_from_its_low_side():
    net = street()
    net.ext_grid.loc[0, "bus"] = 3
    pp.create_load(net, 0, 0.05, 0.01)
    feeder, flow = solved(net)
    up = feeder.branches.kind.index("transformer")
    assert feeder.branches.near[up] == feeder.node_of_bus["1"]
    assert feeder.branches.rating_near_a[up] == pytest.approx(250.0 / 0.4 / 3**0.5)
    assert flow.p_kw[up] > 50.0
    assert np.rad2deg(feeder.nodes.angle_rad[0]) == pytest.approx(150.0)
