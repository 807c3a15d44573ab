"""What a kW takes of what limits leave: held against full solutions."""

from __future__ import annotations

import numpy as np
import pytest

from tests.worlds import DORFNETZ, grid, planned, scenario
from twin.grid.effects import Effects, narrowed, worst_excess
from twin.grid.flow import Demand
from twin.grid.limits import custom_limits
from twin.grid.node_hosting import Connection
from twin.grid.powerflow import FixedPoint
from twin.simulation.build import build

LIMITS = custom_limits([0.95, 1.05])


def solved(base_kw: float = 1.5):
    feeder = grid(DORFNETZ).feeder
    n = len(feeder.terminals)
    kw = np.full(n, base_kw)
    demand = Demand(kw, 0.1 * kw, np.zeros(n), np.zeros(n))
    flow = FixedPoint(feeder, 1e-10)
    connections = [Connection(np.array([t]), np.ones(1)) for t in range(n)]
    return feeder, demand, flow, connections


def missed(kind: str, sign: float, step: float) -> float:
    """How far a full solution is from a limit a step away that the tangent reaches.

    All customers add alike, in the direction that the base has already.
    """
    feeder, demand, flow, connections = solved(sign * 1.5)
    base = flow.solve(demand)
    node = np.unique(feeder.terminals.node_a)
    effects = Effects(feeder, demand, base, node, connections)
    v_pu = base.v_pu[node]
    extreme = v_pu.min() - step if sign > 0 else v_pu.max() + step
    limits = custom_limits([extreme, 1.5] if sign > 0 else [0.5, extreme])
    full = float(np.nanmax(base.loading)) + step
    left = effects.left(base, limits, 1.0 - full, 0.0, sign)
    thermal = np.arange(len(left.slack)) < left.n_thermal
    kw = left.slack / np.maximum(left.effect.sum(axis=1), 1e-12)
    each_kw = kw[thermal if kind == "rating" else ~thermal].min()
    after = flow.solve(
        demand._replace(fixed_kw=np.full(len(demand.load_kw), sign * each_kw))
    )
    if kind == "rating":
        return abs(float(np.nanmax(after.loading)) - full)
    found = after.v_pu[node]
    return abs(float(found.min() if sign > 0 else found.max()) - extreme)


@pytest.mark.parametrize("sign", [1.0, -1.0])
@pytest.mark.parametrize("kind", ["rating", "voltage"])
def test_what_a_full_solution_misses_a_limit_by_falls_with_the_steps_square(kind, sign):
    """It is a tangent: half the way to a limit, a quarter of the error."""
    step = 0.16 if kind == "rating" else 0.016
    errors = [missed(kind, sign, step / 2**k) for k in range(4)]
    ratios = np.array(errors[:-1]) / np.array(errors[1:])
    assert ratios == pytest.approx(4.0, rel=0.04)


def test_each_customers_effect_on_each_voltage_is_that_of_a_small_step():
    feeder, demand, flow, connections = solved()
    base = flow.solve(demand)
    node = np.unique(feeder.terminals.node_a)
    effects = Effects(feeder, demand, base, node, connections)
    left = effects.left(base, LIMITS, 0.0, 0.0, 1.0)
    low = left.effect[left.n_thermal : left.n_thermal + len(node)]
    for customer in (0, 20, 56):
        fixed = np.zeros(len(demand.load_kw))
        fixed[customer] = 0.5
        moved = flow.solve(demand._replace(fixed_kw=fixed))
        drop = (base.v_pu - moved.v_pu)[node] / 0.5
        assert low[:, customer] == pytest.approx(np.maximum(drop, 0.0), abs=2e-7)


def test_margins_and_limits_that_are_broken_leave_less_and_nothing():
    feeder, demand, flow, connections = solved()
    base = flow.solve(demand)
    node = np.unique(feeder.terminals.node_a)
    effects = Effects(feeder, demand, base, node, connections)
    whole = effects.left(base, LIMITS, 0.0, 0.0, 1.0)
    less = effects.left(base, LIMITS, 0.1, 0.01, 1.0)
    n = whole.n_thermal
    assert (less.slack[:n] < whole.slack[:n]).all()
    assert less.slack[n] == pytest.approx(whole.slack[n] - 0.01)
    broken = effects.left(base, custom_limits([1.04, 1.05]), 0.0, 0.0, 1.0)
    assert (broken.slack[n : n + len(node)] == 0.0).all()


def test_only_limits_within_reach_are_kept():
    feeder, demand, flow, connections = solved()
    base = flow.solve(demand)
    node = np.unique(feeder.terminals.node_a)
    effects = Effects(feeder, demand, base, node, connections)
    left = effects.left(base, LIMITS, 0.0, 0.0, 1.0)
    _, rows = narrowed(left, np.full(57, 11.0))
    assert 0 < len(rows) < len(left.slack) / 2
    assert narrowed(left, np.zeros(57))[0].effect.shape == (0, 57)


def test_excess_is_zero_within_limits_and_infinite_without_solution():
    feeder, demand, flow, _ = solved()
    base = flow.solve(demand)
    node = np.unique(feeder.terminals.node_a)
    assert worst_excess(feeder, base, base, node, LIMITS) == 0.0
    heavy = flow.solve(demand._replace(fixed_kw=np.full(len(demand.load_kw), 15.0)))
    assert worst_excess(feeder, heavy, base, node, LIMITS) > 0.0
    none = flow.solve(demand._replace(fixed_kw=np.full(len(demand.load_kw), 1e6)))
    assert np.isinf(worst_excess(feeder, none, base, node, LIMITS))


def test_worlds_effects_have_a_column_a_customer_with_cars():
    said = scenario(feeder__source=DORFNETZ, operator="envelopes", fleet__ev_count=30)
    world = build(planned(said))
    operator, home = world.guests.operator, world.fleet.traits["customer"]
    assert len(operator.who) == len(np.unique(home))
    assert operator.effects is not None
