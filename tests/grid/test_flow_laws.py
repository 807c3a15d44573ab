"""Laws that hold on any small radial feeder, drawn at random."""

from __future__ import annotations

from dataclasses import replace

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from twin.grid.newton import Newton
from twin.grid.powerflow import Demand, FixedPoint

RADIAL = st.integers(min_value=0, max_value=2**32 - 1)


def drawn(grid, number):
    """A random tree of up to 12 nodes and a demand that it can carry."""
    rng = np.random.default_rng(number)
    n = int(rng.integers(1, 12))
    parent = [int(rng.integers(0, node)) for node in range(1, n + 1)]
    z = rng.uniform(0.001, 0.03, n) * np.exp(1j * rng.uniform(-0.2, 1.5, n))
    shares = rng.dirichlet(np.ones(3), 2)[:, :2].ravel() * rng.integers(0, 2)
    shunt = rng.uniform(0.0, 0.01, n + 1) + 1j * rng.uniform(-0.05, 0.05, n + 1)
    shunt = shunt * rng.integers(0, 2, n + 1)
    source = rng.uniform(0.95, 1.05) * np.exp(1j * rng.uniform(-3.0, 3.0))
    feeder = grid.radial(parent, z, source, shares=shares, shunt=shunt)
    draw = lambda: rng.uniform(-150.0, 150.0, n) * rng.integers(0, 2, n)  # noqa: E731
    return feeder, Demand(draw(), draw(), draw(), draw())


@given(number=RADIAL)
def test_energy_balances_and_losses_are_an_independent_number(grid, number):
    feeder, demand = drawn(grid, number)
    flow = FixedPoint(feeder).solve(demand)
    assert flow.converged
    given_kw = flow.grid_kw + flow.generation_kw
    drawn_kw = flow.served_kw + demand.fixed_kw.sum() + flow.losses_kw + flow.shunt_kw
    throughput = (
        abs(flow.grid_kw)
        + np.abs(flow.terminal_kw).sum()
        + np.abs(demand.fixed_kw).sum()
        + flow.losses_kw
    )
    assert abs(given_kw - drawn_kw) <= 1e-6 * throughput


@given(number=RADIAL)
def test_every_node_meets_its_demand(grid, number):
    """Kirchhoff at each node, by the admittance matrix alone."""
    feeder, demand = drawn(grid, number)
    flow = FixedPoint(feeder).solve(demand)
    into = flow.v * np.conj(feeder.y_bus @ flow.v) * feeder.s_base_kva
    drawn_at = np.zeros(feeder.n_node, complex)
    total = (
        flow.terminal_kw
        + demand.fixed_kw
        + 1j * (flow.terminal_kvar + demand.fixed_kvar)
    )
    np.add.at(drawn_at, feeder.terminals.node_a, total)
    np.testing.assert_allclose(into[1:], -drawn_at[1:], atol=2e-4)
    np.testing.assert_allclose(into[0], flow.grid_kw + 1j * flow.grid_kvar, atol=1e-9)


@given(number=RADIAL)
def test_branches_carry_what_lies_beyond_them(grid, number):
    """Power in at the near end of the last branches = load + own losses there."""
    feeder, demand = drawn(grid, number)
    flow = FixedPoint(feeder).solve(demand)
    branches = feeder.branches
    for branch in range(len(branches)):
        far = int(branches.far[branch])
        if far in branches.near:
            continue
        z = 1.0 / branches.y_near[branch, branches.near[branch]]
        i = (branches.y_near @ flow.v)[branch]
        lost = abs(i) ** 2 * z * feeder.s_base_kva
        conductance = feeder.shunt_y[far]
        shunt = flow.v_pu[far] ** 2 * np.conj(conductance) * feeder.s_base_kva
        t = far - 1
        beyond = complex(
            flow.terminal_kw[t] + demand.fixed_kw[t],
            flow.terminal_kvar[t] + demand.fixed_kvar[t],
        )
        through = complex(flow.p_kw[branch], flow.q_kvar[branch])
        assert through == pytest.approx(beyond + shunt + lost, abs=2e-4)


@given(number=RADIAL)
def test_fixed_point_and_newton_agree(grid, number):
    feeder, demand = drawn(grid, number)
    fast, newton = FixedPoint(feeder).solve(demand), Newton(feeder).solve(demand)
    assert newton.method == "newton"
    assert newton.converged
    np.testing.assert_allclose(fast.v, newton.v, atol=1e-8)
    np.testing.assert_allclose(fast.p_kw, newton.p_kw, atol=2e-4)
    assert fast.losses_kw == pytest.approx(newton.losses_kw, abs=2e-4)
    np.testing.assert_allclose(fast.terminal_kw, newton.terminal_kw, atol=2e-5)


@given(number=RADIAL)
def test_where_it_starts_from_does_not_matter(grid, number):
    feeder, demand = drawn(grid, number)
    solver = FixedPoint(feeder)
    cold = solver.solve(demand)
    solver.solve(Demand(*(-column for column in demand[:4])))
    warm = solver.solve(demand)
    np.testing.assert_allclose(warm.v, cold.v, atol=1e-8)


@given(number=RADIAL)
def test_the_base_power_is_only_a_unit(grid, number):
    feeder, demand = drawn(grid, number)
    ten = replace(
        feeder,
        s_base_kva=10.0 * feeder.s_base_kva,
        y_bus=feeder.y_bus / 10.0,
        shunt_y=feeder.shunt_y / 10.0,
        branches=replace(
            feeder.branches,
            y_near=feeder.branches.y_near / 10.0,
            y_far=feeder.branches.y_far / 10.0,
        ),
    )
    one, other = FixedPoint(feeder).solve(demand), FixedPoint(ten).solve(demand)
    np.testing.assert_allclose(one.v, other.v, atol=1e-8)
    np.testing.assert_allclose(one.i_a, other.i_a, atol=1e-4)
    assert one.losses_kw == pytest.approx(other.losses_kw, abs=1e-4)


@given(number=RADIAL)
def test_hopeless_demand_fails_quietly_and_leaves_no_trace(grid, number):
    feeder, demand = drawn(grid, number)
    solver = FixedPoint(feeder)
    n = len(feeder.terminals)
    before = solver.solve(demand)
    impossible = solver.solve(
        Demand(np.zeros(n), np.zeros(n), np.full(n, 1e6), np.zeros(n))
    )
    after = solver.solve(demand)
    assert not impossible.converged
    assert np.isnan(impossible.v_pu).all()
    assert after.converged
    np.testing.assert_allclose(after.v, before.v, atol=1e-8)
