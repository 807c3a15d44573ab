"""Parts of a feeder out of the power flow: as if they had never been there."""

from __future__ import annotations

import numpy as np
import pytest
from numpy.testing import assert_allclose, assert_array_equal

from tests.worlds import DORFNETZ, grid, scenario
from twin.grid.feeder import Feeder
from twin.grid.flow import Demand
from twin.grid.pair_newton import PairNewton
from twin.grid.powerflow import FixedPoint
from twin.grid.switching import Switched, isolated, unsupplied
from twin.grid.topology import downstream
from twin.simulation.build import load_grid


def by_phase() -> Feeder:
    return load_grid(
        scenario(feeder__source=DORFNETZ, feeder__model="three_phase")
    ).feeder


FEEDERS = {"balanced": lambda: grid(DORFNETZ).feeder, "three_phase": by_phase}


@pytest.fixture(scope="module", params=list(FEEDERS))
def feeder(request) -> Feeder:
    return FEEDERS[request.param]()


def cut(feeder: Feeder) -> tuple[np.ndarray, np.ndarray]:
    """Branches of the last line of the feeder's middle, and what they supply."""
    names = np.array(feeder.branches.name)
    lines = np.flatnonzero(np.array(feeder.branches.kind) == "line")
    name = names[lines[len(lines) // 3]]
    opened = names == name
    return opened, unsupplied(feeder, opened)


def demand(feeder: Feeder, dead: np.ndarray | None = None) -> Demand:
    own = Demand.own(feeder)
    if dead is None:
        return own
    off = dead[feeder.terminals.node_a]
    return own._replace(
        load_kw=np.where(off, 0.0, own.load_kw),
        load_kvar=np.where(off, 0.0, own.load_kvar),
        dead=dead,
    )


def test_unsupplied_is_what_hangs_on_the_branch():
    feeder = grid(DORFNETZ).feeder
    for branch in (0, 5, 20):
        opened = np.arange(len(feeder.branches)) == branch
        assert_array_equal(
            np.flatnonzero(unsupplied(feeder, opened)), downstream(feeder, branch)
        )


def test_the_living_are_solved_as_by_newton_and_the_dead_have_no_voltage(feeder):
    _, dead = cut(feeder)
    assert 0 < dead.sum() < feeder.n_node - 2
    switched = Switched(FixedPoint(feeder), feeder, FixedPoint)
    whole = switched.solve(demand(feeder))
    flow = switched.solve(demand(feeder, dead))
    reference = PairNewton(isolated(feeder, dead), 1e-11).solve(demand(feeder, dead))
    assert flow.converged
    assert_array_equal(np.isnan(flow.v), dead)
    assert_allclose(flow.v[~dead], reference.v[~dead], atol=1e-8)
    out = dead[feeder.branches.near] | dead[feeder.branches.far]
    assert not flow.p_kw[out].any() and not flow.i_a[out].any()
    served = demand(feeder, dead).load_kw.sum()
    assert flow.grid_kw == pytest.approx(
        served + flow.losses_kw + flow.shunt_kw, rel=1e-7
    )
    again = switched.solve(demand(feeder))
    assert_allclose(again.v, whole.v, atol=1e-8)


def test_a_feeder_without_supply_draws_nothing(feeder):
    dead = np.ones(feeder.n_node, dtype=np.bool_)
    dead[feeder.source_node] = False
    flow = Switched(FixedPoint(feeder), feeder, FixedPoint).solve(demand(feeder, dead))
    assert flow.converged
    assert flow.grid_kw == flow.losses_kw == 0.0


def test_nothing_dead_changes_nothing(feeder):
    none = np.zeros(feeder.n_node, dtype=np.bool_)
    plain = FixedPoint(feeder).solve(demand(feeder))
    whole = FixedPoint(isolated(feeder, none)).solve(demand(feeder))
    assert_allclose(whole.v, plain.v, atol=1e-9)
