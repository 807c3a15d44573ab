"""The fixed point, by hand-made numbers: one line, one load, known in closed form."""

from __future__ import annotations

from dataclasses import replace

import numpy as np
import pytest
from scipy.sparse import csc_matrix

from twin.grid.engines import power_flow
from twin.grid.newton import Newton
from twin.grid.powerflow import Demand, FixedPoint, Triangle

Z = 0.1 + 0.05j


def demand(kw, kvar=0.0, fixed_kw=0.0, fixed_kvar=0.0, n=1):
    return Demand(*(np.full(n, float(v)) for v in (kw, kvar, fixed_kw, fixed_kvar)))


def far_voltage(z: complex, s: complex, source: float = 1.0) -> float:
    """|V| at the end of one line: u^2 + (2 (PR + QX) - V0^2) u + |Z|^2 |S|^2 = 0."""
    b = 2.0 * (s.real * z.real + s.imag * z.imag) - source**2
    return float(np.sqrt((-b + np.sqrt(b * b - 4.0 * abs(z) ** 2 * abs(s) ** 2)) / 2.0))


def limit_kw(z: complex, s_base: float) -> float:
    """The most that one line can carry at power factor 1: 1 / (2 (|Z| + R))."""
    return s_base / (2.0 * (abs(z) + z.real))


@pytest.mark.parametrize("kw", [0.0, 1.0, 300.0, -400.0])
@pytest.mark.parametrize("kvar", [0.0, 150.0, -150.0])
@pytest.mark.parametrize("source", [1.0, 1.05])
def test_one_line_one_load(grid, kw, kvar, source):
    flow = FixedPoint(grid.pair(Z, source)).solve(demand(kw, kvar))
    v = far_voltage(Z, complex(kw, kvar) / grid.s_base_kva, source)
    square_a = (kw**2 + kvar**2) / (grid.s_base_kva * v) ** 2
    assert flow.converged
    assert flow.v_pu[1] == pytest.approx(v, abs=1e-8)
    assert flow.losses_kw == pytest.approx(square_a * Z.real * 1000.0, abs=2e-5)
    assert flow.grid_kw == pytest.approx(kw + flow.losses_kw, abs=1e-4)
    assert flow.grid_kvar == pytest.approx(kvar + square_a * Z.imag * 1000.0, abs=2e-5)
    assert flow.p_kw[0] == pytest.approx(flow.grid_kw, abs=1e-9)
    assert flow.q_kvar[0] == pytest.approx(flow.grid_kvar, abs=1e-9)
    ampere = np.sqrt(square_a) * grid.i_base_a
    assert flow.i_a[0] == pytest.approx(ampere, abs=1e-4)
    assert flow.loading[0] == pytest.approx(ampere / 100.0, abs=1e-6)
    assert flow.served_kw == kw
    assert flow.generation_kw == 0.0


def test_power_that_flows_back_is_negative_and_lifts_the_voltage(grid):
    flow = FixedPoint(grid.pair(Z)).solve(demand(-200.0))
    assert flow.p_kw[0] < -150.0
    assert flow.grid_kw == pytest.approx(-200.0 + flow.losses_kw, abs=1e-4)
    assert flow.v_pu[1] > 1.0
    assert flow.i_a[0] > 0.0


def test_a_capacitor_lifts_and_a_coil_lowers_the_voltage(grid):
    solver = FixedPoint(grid.pair(Z))
    up, down = solver.solve(demand(0.0, -100.0)), solver.solve(demand(0.0, 100.0))
    assert up.v_pu[1] > 1.0 > down.v_pu[1]


def test_no_load_is_exact(grid):
    flow = FixedPoint(grid.pair(Z, 1.03 * np.exp(0.5j))).solve(demand(0.0))
    np.testing.assert_allclose(flow.v, 1.03 * np.exp(0.5j), rtol=1e-15)
    assert flow.losses_kw == pytest.approx(0.0, abs=1e-12)
    assert flow.p_kw[0] == pytest.approx(0.0, abs=1e-9)


def test_fixed_power_adds_to_the_load_and_is_not_served_load(grid):
    solver = FixedPoint(grid.pair(Z))
    both = solver.solve(demand(120.0, 30.0, 80.0, -10.0))
    one = solver.solve(demand(200.0, 20.0))
    np.testing.assert_allclose(both.v, one.v, atol=1e-8)
    assert both.served_kw == 120.0
    assert both.terminal_kvar[0] == 30.0


def test_constant_impedance_is_a_divider(grid):
    feeder = grid.pair(Z, shares=(1.0, 0.0, 1.0, 0.0))
    s = 0.3 + 0.1j
    flow = FixedPoint(feeder).solve(demand(300.0, 100.0))
    v = 1.0 / (1.0 + Z * np.conj(s))
    assert flow.v[1] == pytest.approx(v, abs=1e-8)
    assert flow.served_kw == pytest.approx(300.0 * abs(v) ** 2, abs=1e-4)
    assert flow.terminal_kvar[0] == pytest.approx(100.0 * abs(v) ** 2, abs=1e-4)


def test_constant_current_of_a_resistive_line_drops_r_times_i(grid):
    feeder = grid.pair(0.1 + 0.0j, shares=(0.0, 1.0, 0.0, 1.0))
    flow = FixedPoint(feeder).solve(demand(300.0))
    assert flow.v[1] == pytest.approx(1.0 - 0.1 * 0.3, abs=1e-8)
    assert flow.served_kw == pytest.approx(300.0 * 0.97, abs=1e-4)


def test_each_share_of_p_and_q_follows_its_own_power_of_the_voltage(grid):
    feeder = grid.pair(Z, shares=(0.2, 0.3, 0.5, 0.1))
    flow = FixedPoint(feeder).solve(demand(200.0, 100.0, 50.0))
    v = flow.v_pu[1]
    assert v < 0.98
    p = 200.0 * (0.5 + 0.3 * v + 0.2 * v * v)
    q = 100.0 * (0.4 + 0.1 * v + 0.5 * v * v)
    assert flow.terminal_kw[0] == pytest.approx(p, abs=1e-6)
    assert flow.terminal_kvar[0] == pytest.approx(q, abs=1e-6)
    s = complex(p + 50.0, q) / grid.s_base_kva
    assert v == pytest.approx(far_voltage(Z, s), abs=1e-8)


def test_what_follows_the_voltage_is_only_the_load_not_the_fixed_part(grid):
    constant = FixedPoint(grid.pair(Z)).solve(demand(0.0, 0.0, 250.0))
    following = grid.pair(Z, shares=(1.0, 0.0, 1.0, 0.0))
    fixed = FixedPoint(following).solve(demand(0.0, 0.0, 250.0))
    np.testing.assert_allclose(fixed.v, constant.v, atol=1e-8)


def test_a_load_beside_the_source_is_the_sources(grid):
    feeder = grid.radial([0, 0], [Z, Z])
    terminals = replace(feeder.terminals, node_a=np.array([0, 2]))
    flow = FixedPoint(replace(feeder, terminals=terminals)).solve(
        Demand(
            np.array([70.0, 30.0]),
            np.array([5.0, 0.0]),
            np.array([1.0, 0]),
            np.zeros(2),
        )
    )
    beside = 71.0
    assert flow.grid_kw == pytest.approx(beside + 30.0 + flow.losses_kw, abs=1e-4)
    assert flow.grid_kvar > 5.0
    assert flow.p_kw[0] == pytest.approx(0.0, abs=1e-9)


def test_two_terminals_at_a_node_add_up(grid):
    feeder = grid.radial([0, 1], [Z, Z])
    terminals = replace(feeder.terminals, node_a=np.array([2, 2]))
    same = replace(feeder, terminals=terminals)
    two = FixedPoint(same).solve(demand(40.0, 10.0, n=2))
    one = FixedPoint(feeder).solve(
        Demand(np.array([0.0, 80.0]), np.array([0.0, 20.0]), np.zeros(2), np.zeros(2))
    )
    np.testing.assert_allclose(two.v, one.v, atol=1e-8)


def test_a_terminal_between_two_nodes_draws_across_them(grid):
    feeder = grid.radial([0, 0], [Z, Z], source_v=1.0)
    source = replace(feeder, source_node=np.array([0]), source_v=np.array([1.0 + 0j]))
    y = source.y_bus.tolil()
    load = 4.0 + 0.0j
    y[1, 1] += load
    terminals = replace(
        source.terminals, node_a=np.array([1, 1]), node_b=np.array([2, -1])
    )
    skewed = replace(source, y_bus=y.tocsc(), terminals=terminals)
    flow = FixedPoint(skewed).solve(
        Demand(np.array([1.0, 0.0]), np.zeros(2), np.zeros(2), np.zeros(2))
    )
    across = flow.v[1] - flow.v[2]
    injected = skewed.y_bus @ flow.v
    current = np.conj(0.001 / across)
    assert injected[1] == pytest.approx(-current, abs=1e-6)
    assert injected[2] == pytest.approx(current, abs=1e-6)


def test_a_shunt_takes_power_and_is_no_loss(grid):
    feeder = grid.pair(Z, shunt=[0.0, 0.02 + 0.01j])
    flow = FixedPoint(feeder).solve(demand(100.0))
    assert flow.shunt_kw == pytest.approx(20.0 * flow.v_pu[1] ** 2, abs=1e-9)
    assert 0.0 < flow.losses_kw < 0.1 * flow.shunt_kw
    taken_kw = 100.0 + flow.losses_kw + flow.shunt_kw
    assert flow.grid_kw == pytest.approx(taken_kw, abs=1e-4)


def test_loading_is_the_worse_end_and_knows_half_a_rating(grid):
    feeder = grid.pair(Z)
    branches = replace(feeder.branches, rating_far_a=np.array([50.0]))
    flow = FixedPoint(replace(feeder, branches=branches)).solve(demand(100.0))
    assert flow.loading[0] == pytest.approx(flow.i_a[0] / 50.0)
    for near, far in ((np.nan, 50.0), (50.0, np.nan)):
        ratings = replace(
            branches, rating_near_a=np.array([near]), rating_far_a=np.array([far])
        )
        flow = FixedPoint(replace(feeder, branches=ratings)).solve(demand(100.0))
        assert flow.loading[0] == pytest.approx(flow.i_a[0] / 50.0)


@pytest.mark.parametrize("share", [0.5, 0.9, 0.99, 0.999])
def test_near_the_limit_of_the_line(grid, share):
    kw = share * limit_kw(Z, grid.s_base_kva)
    flow = FixedPoint(grid.pair(Z)).solve(demand(kw))
    assert flow.converged
    assert flow.v_pu[1] == pytest.approx(
        far_voltage(Z, complex(kw / grid.s_base_kva)), abs=1e-8
    )


def test_beyond_the_limit_there_is_no_answer_and_the_next_step_is_well(grid):
    solver = FixedPoint(grid.pair(Z))
    before = solver.solve(demand(100.0))
    failed = solver.solve(demand(1.001 * limit_kw(Z, grid.s_base_kva)))
    far = solver.solve(demand(1e7))
    after = solver.solve(demand(100.0))
    for flow in (failed, far):
        assert not flow.converged
        assert np.isnan(flow.v).all()
        assert np.isnan(flow.v_pu).all()
        numbers = (flow.grid_kw, flow.losses_kw, flow.served_kw, flow.generation_kw)
        assert np.isnan(numbers).all()
        for column in (flow.p_kw, flow.q_kvar, flow.i_a, flow.loading):
            assert np.isnan(column).all()
    assert after.converged
    np.testing.assert_allclose(after.v, before.v, atol=1e-8)


@pytest.mark.parametrize("poison", [np.nan, np.inf])
def test_a_demand_that_is_no_number_fails_without_a_trace(grid, poison):
    solver = FixedPoint(grid.pair(Z))
    assert not solver.solve(demand(poison)).converged
    assert np.isfinite(solver.state).all()
    assert solver.solve(demand(10.0)).converged


def test_newton_takes_over_where_the_fixed_point_is_too_slow(grid):
    slow = FixedPoint(grid.pair(Z)).solve(demand(0.999 * limit_kw(Z, 1000.0)))
    quick = FixedPoint(grid.pair(Z)).solve(demand(100.0))
    assert slow.method == "newton"
    assert quick.method == "fixed point"


def test_a_warm_start_is_the_last_answer(grid):
    solver = FixedPoint(grid.pair(Z))
    cold = solver.solve(demand(300.0))
    np.testing.assert_array_equal(solver.state, cold.v)
    warm = solver.solve(demand(300.0))
    assert warm.iterations == 2 < cold.iterations


def test_the_same_state_gives_the_same_bytes(grid):
    one, other = FixedPoint(grid.pair(Z)), FixedPoint(grid.pair(Z))
    one.solve(demand(111.0))
    kept = one.state.copy()
    straight = one.solve(demand(222.0))
    other.solve(demand(-50.0))
    other.state = kept
    resumed = other.solve(demand(222.0))
    assert straight.v.tobytes() == resumed.v.tobytes()
    assert straight.p_kw.tobytes() == resumed.p_kw.tobytes()
    assert straight.iterations == resumed.iterations


def test_an_answer_is_not_overwritten_by_the_next(grid):
    solver = FixedPoint(grid.pair(Z))
    first = solver.solve(demand(100.0))
    v, p = first.v.copy(), first.p_kw.copy()
    solver.solve(demand(300.0))
    np.testing.assert_array_equal(first.v, v)
    np.testing.assert_array_equal(first.p_kw, p)


@pytest.mark.parametrize("tolerance", [1e-4, 1e-8, 1e-12])
def test_the_estimated_error_holds(grid, tolerance):
    flow = FixedPoint(grid.pair(Z), tolerance).solve(demand(600.0))
    true = far_voltage(Z, 0.6 + 0j)
    assert abs(flow.v_pu[1] - true) < tolerance


def test_a_looser_tolerance_costs_fewer_iterations(grid):
    loose = FixedPoint(grid.pair(Z), 1e-4).solve(demand(600.0))
    tight = FixedPoint(grid.pair(Z), 1e-12).solve(demand(600.0))
    assert loose.iterations < tight.iterations


def test_the_engine_is_chosen_by_what_the_feeder_holds(grid):
    feeder = grid.pair(Z)
    assert isinstance(power_flow(feeder, None), FixedPoint)
    machine = grid.holding(feeder, 1, 1.0, 10.0)
    assert isinstance(power_flow(machine, None), Newton)


def test_the_few_numbers_of_a_mesh_end_with_a_line_that_no_sweep_reaches():
    lower = csc_matrix(np.array([[0, 0, 0], [2.0, 0, 0], [3.0, 4.0, 0]]))
    triangle = Triangle.of(lower, backwards=False)
    assert triangle.at.tolist() == [0, -1]
    assert triangle.other_to.tolist() == [2, 3]
    assert triangle.other.tolist() == [3.0, 0.0]
    assert triangle.first[:2].tolist() == [2.0, 4.0]
    assert triangle.to[:2].tolist() == [1, 2]
