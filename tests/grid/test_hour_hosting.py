"""One tangent for many solutions: held against the screen and full solutions."""

from __future__ import annotations

import numpy as np
import pytest

from tests.worlds import DORFNETZ, grid
from twin.grid import node_hosting
from twin.grid.flow import Demand
from twin.grid.limits import EN_50160
from twin.grid.node_hosting import Bounds, Connection, Screen, iterated
from twin.grid.powerflow import FixedPoint


def at_load(kw: float):
    feeder = grid(DORFNETZ).feeder
    load = np.full(len(feeder.terminals), kw)
    none = np.zeros(len(load))
    demand = Demand(load, 0.1 * load, none, none)
    flow = FixedPoint(feeder, 1e-10).solve(demand)
    node = np.unique(feeder.terminals.node_a)
    return feeder, demand, flow, Bounds.of(feeder, flow, node, EN_50160)


def connections(feeder):
    return [Connection(np.array([t]), np.ones(1)) for t in range(len(feeder.terminals))]


@pytest.mark.parametrize("sign", [1.0, -1.0])
def test_some_connections_at_a_time_are_all_at_once(sign, monkeypatch):
    feeder, demand, flow, bounds = at_load(2.0)
    _, _, other, other_bounds = at_load(2.5)
    screen = Screen(feeder, demand, flow, bounds)
    points = [(flow, bounds), (other, other_bounds)]
    whole = screen.rooms(points, connections(feeder), sign)
    assert not np.array_equal(whole[0].kw, whole[1].kw)
    monkeypatch.setattr(node_hosting, "NUMBERS_AT_ONCE", 1)
    parts = screen.rooms(points, connections(feeder), sign)
    for part, all_at_once in zip(parts, whole, strict=True):
        assert part.kw == pytest.approx(all_at_once.kw, rel=1e-12)
        assert np.array_equal(part.place, all_at_once.place)


def test_at_another_load_it_is_near_the_full_solution():
    feeder, demand, flow, bounds = at_load(1.0)
    some = connections(feeder)
    screen = Screen(feeder, demand, flow, bounds)
    _, other_demand, other, other_bounds = at_load(4.0)
    for sign in (1.0, -1.0):
        (found,) = screen.rooms([(other, other_bounds)], some, sign)
        few = [0, 28, 56]
        full = iterated(
            FixedPoint(feeder, 1e-10),
            other_demand,
            [some[row] for row in few],
            other_bounds,
            sign,
        )
        assert found.kw[few] == pytest.approx(full.kw, rel=0.02)
