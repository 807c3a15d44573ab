"""An audit says only what it compared."""

from __future__ import annotations

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
