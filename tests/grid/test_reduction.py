"""The loaded nodes alone, then the whole grid: the same as sweeps over all nodes."""

import numpy as np

from twin.grid.conversion import to_feeder
from twin.grid.flow import Demand
from twin.grid.pandapower import load_feeder
from twin.grid.powerflow import FixedPoint, _reduced


def without_reduction(solver, feeder):
    solver._few = _reduced(feeder, solver._sweep, solver._lawful, np.empty(0, int))
    return solver


def few_loads():
    _, net = load_feeder("pandapower:create_kerber_vorstadtnetz_kabel_1", {}, None)
    net.load = net.load.iloc[::16]
    return to_feeder(net, "few", "few")


def test_few_loaded_nodes_are_solved_by_themselves():
    feeder = few_loads()
    fast, swept = FixedPoint(feeder, 1e-11), FixedPoint(feeder, 1e-11)
    assert len(fast._few[0].unloaded) == len(feeder.terminals) == 10
    without_reduction(swept, feeder)
    own = Demand.own(feeder)
    for factor in (0.2, 1.0, 30.0, -10.0):
        demand = own._replace(load_kw=factor * own.load_kw)
        one, other = fast.solve(demand), swept.solve(demand)
        np.testing.assert_allclose(one.v, other.v, atol=1e-11)
        np.testing.assert_allclose(one.grid_kw, other.grid_kw, rtol=1e-9)


def test_many_loaded_nodes_are_swept():
    feeder, _ = load_feeder("pandapower:create_kerber_vorstadtnetz_kabel_1", {}, None)
    assert len(FixedPoint(feeder)._few[0].unloaded) == 0
