"""An audit says only what it compared."""

from __future__ import annotations

from dataclasses import replace

import numpy as np

from tests.simulation.phases import street
from twin.grid.flow import Demand, Flow
from twin.grid.pair_newton import PairNewton
from twin.grid.powerflow import FixedPoint
from twin.simulation.audit import Audit

FEEDER = street([("flat", 0, 0, 2.0, 0.5)])


class Lost:
    """A reference that finds no solution."""

    def solve(self, demand: Demand) -> Flow:
        solved = FixedPoint(FEEDER).solve(demand)
        solved.converged = False
        return solved


def looked() -> Audit:
    audit = Audit(1, 1)
    demand = Demand.own(FEEDER)
    audit.look(0, demand, FixedPoint(FEEDER).solve(demand), 0.99, 1.0)
    return audit


def test_without_a_reference_solution_there_is_no_difference() -> None:
    found = looked().run(Lost(), 1.0, ["then"])
    assert found["largest_difference_pu"] is None
    assert set(found["unsolved_by_reference"]) == {"then"}


def test_by_phase_it_is_our_own_newton_and_says_so() -> None:
    found = looked().run(PairNewton(FEEDER), 1.0, ["then"])
    assert found["largest_difference_pu"] < 1e-8
    assert "by phase" in found["engine"]
    assert (found["tolerance_pu"], found["loosest_tolerance_mva"]) == (1e-11, None)
    assert 0.0 <= found["rounding_pu"] < 1e-12


def test_what_double_precision_loses_grows_with_the_admittances_reach() -> None:
    stiff = replace(FEEDER, y_bus=FEEDER.y_bus.copy())
    apart = PairNewton(stiff).rounding_pu()
    joined = stiff.y_bus.tolil()
    first, second = np.setdiff1d(np.arange(stiff.n_node), stiff.source_node)[:2]
    for node in (first, second):
        joined[node, node] += 1e12
    joined[first, second] -= 1e12
    joined[second, first] -= 1e12
    shorted = replace(stiff, y_bus=joined.tocsr())
    assert PairNewton(shorted).rounding_pu() > max(1e-10, 100.0 * apart)
