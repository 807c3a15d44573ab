"""Newton-Raphson: machines that hold a voltage, and their reactive limits."""

from __future__ import annotations

from dataclasses import replace

import numpy as np
import pytest

from twin.grid.feeder import Generators
from twin.grid.newton import Newton
from twin.grid.powerflow import Demand

Z = 0.1 + 0.05j


def loads(kw, kvar=0.0, n=1):
    return Demand(np.full(n, kw), np.full(n, kvar), np.zeros(n), np.zeros(n))


def test_a_machine_holds_its_node(grid):
    feeder = grid.holding(grid.pair(Z), 1, 1.02, 150.0)
    flow = Newton(feeder).solve(loads(200.0))
    assert flow.v_pu[1] == pytest.approx(1.02, abs=1e-12)
    assert flow.generation_kw == 150.0
    assert flow.grid_kw == pytest.approx(50.0 + flow.losses_kw, abs=1e-6)
    kvar = flow.generator_kvar[0]
    into = flow.v[1] * np.conj((feeder.y_bus @ flow.v)[1]) * 1000.0
    assert into == pytest.approx(complex(150.0 - 200.0, kvar), abs=1e-6)
    assert kvar > 0.0


def test_beyond_its_upper_limit_it_gives_the_limit_and_lets_the_voltage_sink(grid):
    feeder = grid.holding(grid.pair(Z), 1, 1.02, 150.0, (-80.0, 80.0))
    flow = Newton(feeder).solve(loads(200.0))
    assert flow.generator_kvar[0] == 80.0
    assert flow.v_pu[1] < 1.02
    free = Newton(feeder, enforce_q_limits=False).solve(loads(200.0))
    assert free.generator_kvar[0] > 80.0
    assert free.v_pu[1] == pytest.approx(1.02)


def test_beyond_its_lower_limit_it_gives_the_limit_and_lets_the_voltage_rise(grid):
    feeder = grid.holding(grid.pair(Z), 1, 0.95, 150.0, (-80.0, 80.0))
    flow = Newton(feeder).solve(loads(0.0))
    assert flow.generator_kvar[0] == -80.0
    assert flow.v_pu[1] > 0.95


def test_within_its_limits_they_change_nothing(grid):
    free = grid.holding(grid.pair(Z), 1, 1.0, 50.0)
    bound = grid.holding(grid.pair(Z), 1, 1.0, 50.0, (-900.0, 900.0))
    one, other = (Newton(feeder).solve(loads(100.0)) for feeder in (free, bound))
    np.testing.assert_array_equal(one.v, other.v)


def test_a_limit_reached_is_forgotten_at_the_next_step(grid):
    feeder = grid.holding(grid.pair(Z), 1, 1.0, 0.0, (-20.0, 20.0))
    solver = Newton(feeder)
    assert solver.solve(loads(300.0)).v_pu[1] < 0.99
    assert solver.solve(loads(5.0)).v_pu[1] == pytest.approx(1.0, abs=1e-12)


def test_machines_of_one_node_share_its_reactive_power(grid):
    feeder = replace(
        grid.pair(Z),
        generators=Generators(
            ["a", "b"],
            np.array([1, 1]),
            np.array([1.01, 1.01]),
            np.array([10.0, 20.0]),
            np.array([-np.inf] * 2),
            np.array([np.inf] * 2),
        ),
    )
    flow = Newton(feeder).solve(loads(100.0))
    assert flow.generation_kw == 30.0
    assert flow.generator_kvar[0] == pytest.approx(flow.generator_kvar[1])
    into = flow.v[1] * np.conj((feeder.y_bus @ flow.v)[1]) * 1000.0
    assert flow.generator_kvar.sum() == pytest.approx(into.imag, abs=1e-6)


def test_a_machine_beside_the_source_only_relieves_it(grid):
    feeder = grid.holding(grid.pair(Z), 0, 1.0, 40.0)
    flow = Newton(feeder).solve(loads(100.0))
    assert flow.grid_kw == pytest.approx(60.0 + flow.losses_kw, abs=1e-6)
    assert flow.p_kw[0] == pytest.approx(100.0 + flow.losses_kw, abs=1e-6)


def test_loads_that_follow_the_voltage(grid):
    feeder = grid.pair(Z, shares=(0.4, 0.3, 0.2, 0.6))
    flow = Newton(feeder).solve(loads(300.0, 100.0))
    v = flow.v_pu[1]
    kw, kvar = (
        300.0 * (0.3 + 0.3 * v + 0.4 * v * v),
        100.0 * (0.2 + 0.6 * v + 0.2 * v**2),
    )
    into = flow.v[1] * np.conj((feeder.y_bus @ flow.v)[1]) * 1000.0
    assert into == pytest.approx(-complex(kw, kvar), abs=1e-8)
    assert flow.iterations <= 6


def test_no_solution_is_nan_and_forgotten(grid):
    solver = Newton(grid.holding(grid.pair(Z), 1, 1.0, 0.0, (-20.0, 20.0)))
    failed = solver.solve(loads(1e6))
    assert not failed.converged
    assert np.isnan(failed.v).all()
    assert np.isnan(failed.generator_kvar).all()
    assert solver.solve(loads(10.0)).converged


def test_where_limits_leave_no_solution_it_solves_without_and_says_so(grid):
    feeder = grid.holding(grid.pair(0.01 + 0.1j), 1, 1.0, 0.0, (-20.0, 20.0))
    flow = Newton(feeder).solve(loads(6000.0))
    assert flow.converged
    assert flow.method == "newton without reactive limits"
    assert feeder.notes == []
    assert Newton(feeder).solve(loads(10.0)).method == "newton"


def test_a_source_at_any_angle_turns_everything(grid):
    still = grid.holding(grid.pair(Z), 1, 1.0, 50.0)
    turned = grid.holding(grid.pair(Z, np.exp(2.5j)), 1, 1.0, 50.0)
    one, other = (Newton(feeder).solve(loads(100.0)) for feeder in (still, turned))
    np.testing.assert_allclose(other.v, one.v * np.exp(2.5j), atol=1e-10)


WEAK = 0.3 + 0.05j


def test_a_machine_too_weak_to_hold_its_node_gives_all_it_has(grid):
    """1.0 pu can't be reached here at all; the limits make it solvable."""
    feeder = grid.holding(grid.pair(WEAK), 1, 1.1, 0.0, (-20.0, 20.0))
    alone = Newton(feeder, enforce_q_limits=False).solve(loads(500.0))
    flow = Newton(feeder).solve(loads(500.0))
    assert not alone.converged
    assert flow.converged
    assert flow.method == "newton"
    assert flow.generator_kvar[0] == 20.0
    assert flow.v_pu[1] < 1.1


def test_the_way_from_the_limits_ends_where_the_usual_one_does(grid):
    for v_set, kw in ((1.0, 100.0), (1.05, 200.0), (0.95, -100.0), (0.98, 150.0)):
        feeder = grid.holding(grid.pair(Z), 1, v_set, 10.0, (-60.0, 60.0))
        solver = Newton(feeder)
        asked = solver._asked(loads(kw))
        usual, other = (
            solver._limited(asked, solver._flat),
            solver._released(asked, solver._flat),
        )
        assert usual[2] > 0 < other[2]
        np.testing.assert_allclose(usual[0], other[0], atol=1e-8)
        np.testing.assert_allclose(usual[1], other[1], atol=1e-6)
