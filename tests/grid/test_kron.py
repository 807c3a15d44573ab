"""The loaded nodes alone, then the whole grid: the same as sweeps over all nodes."""

import numpy as np
import pytest
from scipy.sparse.linalg import splu

from twin.grid.conversion import to_feeder
from twin.grid.flow import Demand
from twin.grid.kron import loaded_places, reduced
from twin.grid.pandapower import load_feeder
from twin.grid.powerflow import FixedPoint

pytestmark = pytest.mark.long


def without_reduction(solver):
    n_source = len(solver.feeder.source_node)
    solver._few = reduced(solver._sweep, solver._lawful, np.empty(0, int), n_source)
    return solver


def few_loads():
    _, net = load_feeder("pandapower:create_kerber_vorstadtnetz_kabel_1", {}, None)
    net.load = net.load.iloc[::16]
    return to_feeder(net, "few", "few")


def test_few_loaded_nodes_are_solved_by_themselves():
    feeder = few_loads()
    fast, swept = FixedPoint(feeder, 1e-11), FixedPoint(feeder, 1e-11)
    assert len(fast._few[0].unloaded) == len(feeder.terminals) == 10
    without_reduction(swept)
    own = Demand.own(feeder)
    for factor in (0.2, 1.0, 30.0, -10.0):
        demand = own._replace(load_kw=factor * own.load_kw)
        one, other = fast.solve(demand), swept.solve(demand)
        np.testing.assert_allclose(one.v, other.v, atol=1e-11)
        np.testing.assert_allclose(one.grid_kw, other.grid_kw, rtol=1e-9)


def test_many_loaded_nodes_are_swept():
    feeder, _ = load_feeder("pandapower:create_kerber_vorstadtnetz_kabel_1", {}, None)
    assert len(FixedPoint(feeder)._few[0].unloaded) == 0


def test_impedances_between_loaded_nodes_are_those_of_the_inverted_matrix():
    feeder = few_loads()
    small = FixedPoint(feeder)._few[0]
    free = np.setdiff1d(np.arange(feeder.n_node), feeder.source_node)
    whole = splu(feeder.y_bus[free][:, free].tocsc()).solve(np.eye(len(free)))
    node = np.unique(feeder.terminals.node_a)
    at = np.searchsorted(free, node)
    wanted = whole[np.ix_(at, at)]
    order = np.argsort(np.argsort(FixedPoint(feeder)._sweep.place[node]))
    found = (small.impedance[0] + 1j * small.impedance[1]).T
    np.testing.assert_allclose(found[np.ix_(order, order)], wanted, atol=1e-9)
    np.testing.assert_allclose(small.unloaded[order], no_load(feeder)[node], atol=1e-12)


def no_load(feeder):
    return FixedPoint(feeder, 1e-12).solve(Demand.none(feeder)).v


def test_a_terminal_at_a_source_leaves_the_sweeps(grid):
    feeder = grid.pair(0.01 + 0.02j)
    at_source = grid.radial([0, 1, 2, 3], [0.01j] * 4)
    solver = FixedPoint(feeder)
    assert len(loaded_places(solver._sweep, 1)) == 1
    terminals = at_source.terminals
    object.__setattr__(terminals, "node_a", np.array([0, 4, 4, 4]))
    assert len(loaded_places(FixedPoint(at_source)._sweep, 1)) == 0
