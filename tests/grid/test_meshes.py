"""Where the factors fill in, and where a step starts from nonsense."""

from __future__ import annotations

from dataclasses import replace

import numpy as np
import pytest
from scipy.sparse import csc_matrix

from twin.grid.newton import Newton
from twin.grid.powerflow import Demand, FixedPoint

N = 8


def mesh(grid):
    """Every node joined to every other: no elimination order saves a fill-in."""
    feeder = grid.radial(list(range(N)), [0.02 + 0.01j] * N)
    rng = np.random.default_rng(11)
    y = feeder.y_bus.toarray()
    for a in range(N + 1):
        for b in range(a):
            between = 1.0 / complex(*rng.uniform(0.05, 0.2, 2))
            y[a, a] += between
            y[b, b] += between
            y[a, b] -= between
            y[b, a] -= between
    return replace(feeder, y_bus=csc_matrix(y))


def heavy():
    rng = np.random.default_rng(12)
    return Demand(*(rng.uniform(-200.0, 600.0, N) for _ in range(4)))


def test_a_mesh_is_solved_as_newton_solves_it(grid):
    feeder = mesh(grid)
    solver = FixedPoint(feeder)
    assert len(solver._sweep.more_low) > 10
    flow, other = solver.solve(heavy()), Newton(feeder).solve(heavy())
    assert flow.method == "fixed point"
    assert other.converged
    np.testing.assert_allclose(flow.v, other.v, atol=1e-8)


def test_no_load_in_a_mesh_takes_the_sources_voltage(grid):
    feeder = mesh(grid)
    np.testing.assert_allclose(FixedPoint(feeder).state, 1.0, atol=1e-12)


def test_a_solved_step_solved_again_costs_two_iterations_at_most(grid):
    solver = FixedPoint(mesh(grid))
    solver.solve(heavy())
    for _ in range(5):
        again = solver.solve(heavy())
    assert again.iterations <= 2


def test_a_nonsensical_start_is_retried_from_flat(grid):
    solver = FixedPoint(mesh(grid))
    expected = solver.solve(heavy())
    solver.state = np.full(N + 1, complex(np.nan, np.nan))
    flow = solver.solve(heavy())
    assert flow.method == "fixed point"
    np.testing.assert_allclose(flow.v, expected.v, atol=1e-8)
    solver.state = np.zeros(N + 1, dtype=complex)
    assert solver.solve(heavy()).method == "fixed point"


def test_a_step_by_newton_forgets_the_one_before(grid):
    """The same bytes, whatever was solved before."""
    hard = Demand(*(np.array([value]) for value in (2357.0, 0.0, 0.0, 0.0)))
    harder = Demand(*(np.array([value]) for value in (2360.0, 0.0, 0.0, 0.0)))
    z = 0.1 + 0.05j
    once, twice = FixedPoint(grid.pair(z)), FixedPoint(grid.pair(z))
    straight = once.solve(harder)
    twice.solve(hard)
    twice.state = once._flat
    after = twice.solve(harder)
    assert straight.method == after.method == "newton"
    assert straight.v.tobytes() == after.v.tobytes()


def test_a_short_circuit_beside_a_source_harms_no_later_step(grid):
    feeder = grid.radial([0, 0], [0.1 + 0.05j] * 2)
    terminals = replace(feeder.terminals, node_a=np.array([0, 2]))
    solver = FixedPoint(replace(feeder, terminals=terminals))
    none = np.zeros(2)
    solver.solve(Demand(np.array([np.inf, 10.0]), none, none, none))
    flow = solver.solve(Demand(np.array([5.0, 10.0]), none, none, none))
    assert flow.converged
    assert flow.grid_kw == pytest.approx(15.0 + flow.losses_kw, abs=1e-4)
