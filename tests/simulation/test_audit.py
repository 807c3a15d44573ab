"""An audit says only what it compared, with whom, and where it was farthest apart."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest

from tests.simulation.phases import street
from twin.errors import InputError
from twin.grid.flow import Demand, Flow
from twin.grid.inverter_law import Asking, inverter_law
from twin.grid.inverters import Inverters
from twin.grid.opendss_steps import Solved, Step
from twin.grid.pair_newton import PairNewton
from twin.grid.powerflow import FixedPoint
from twin.simulation.audit import SWITCHED, Audit
from twin.simulation.references import (
    NO_TOLERANCE,
    Answer,
    Kept,
    Newton,
    OpenDss,
    step_of,
)

FEEDER = street([("flat", 0, 0, 2.0, 0.5)])
TIMES = [f"step {k}" for k in range(4)]


class Lost:
    """A solver that finds no solution."""

    def solve(self, demand: Demand) -> Flow:
        solved = FixedPoint(FEEDER).solve(demand)
        solved.converged = False
        return solved


class Beside:
    """A reference whose answer is off by so much at one node."""

    def answers(
        self, kept: Sequence[Kept], always: int, until_s: float
    ) -> Iterator[Answer]:
        for one in kept:
            v = one.v.copy()
            v[4] *= np.exp(1e-3j)
            yield Answer(v, "beside", 1e-9)


class Engine:
    """An engine that fails, or solves all but the second step."""

    def __init__(self, error: InputError | None = None) -> None:
        self.error, self.root = error, Path("/home/someone/grid")

    def solve(self, steps: Sequence[Step], always: int, until_s: float) -> Solved:
        if self.error is not None:
            raise self.error
        v = np.array([FixedPoint(FEEDER).solve(Demand.own(FEEDER)).v] * len(steps))
        tolerance = np.full(len(steps), 1e-11)
        tolerance[1] = np.nan
        return Solved("OpenDSS (test)", v, tolerance)


def newton() -> Newton:
    return Newton(PairNewton(FEEDER), 1e-11)


def looked(audit: Audit | None = None) -> Audit:
    audit = audit or Audit(1, 1)
    demand = Demand.own(FEEDER)
    audit.look(0, demand, FixedPoint(FEEDER).solve(demand), 0.99, 1.0)
    return audit


def test_without_a_reference_solution_there_is_no_difference() -> None:
    found = looked().run(Newton(Lost(), 1e-11), 1.0, TIMES, FEEDER.nodes)
    assert found["largest_difference_pu"] is None
    assert set(found["unsolved_by_reference"]) == {"step 0"}


def test_without_an_engine_by_phase_it_is_our_own_newton_and_says_so() -> None:
    found = looked().run(newton(), 1.0, TIMES, FEEDER.nodes)
    assert found["largest_difference_pu"] < 1e-8
    assert "by phase" in found["engine"]
    assert (found["tolerance_pu"], found["loosest_tolerance_mva"]) == (1e-11, None)
    assert 0.0 <= PairNewton(FEEDER).rounding_pu() < 1e-12


def test_angles_count_and_the_place_is_told() -> None:
    found = looked().run(Beside(), 1.0, TIMES, FEEDER.nodes)
    v = FixedPoint(FEEDER).solve(Demand.own(FEEDER)).v[4]
    assert found["largest_difference_pu"] == pytest.approx(1e-3 * abs(v), rel=1e-5)
    assert found["largest_where"] == "street.2"
    assert found["tolerance_pu"] == 1e-9
    assert {one["where"] for one in found["steps"]} == {"street.2"}


def test_the_first_interval_after_a_switching_is_kept_once() -> None:
    stood = np.array([1.0, 1.0])
    audit = Audit(1, 4, standing=lambda: stood)
    demand = Demand.own(FEEDER)
    flow = FixedPoint(FEEDER).solve(demand)
    for k, tap in enumerate([1.0, 1.0, 1.0125, 1.025]):
        stood[1] = tap
        audit.look(k, demand, flow, 0.99, 1.0)
    kept = audit.extremes[SWITCHED]
    assert kept.k == 2
    assert kept.scale is not None and kept.scale.tolist() == [1.0, 1.0125]


def test_where_the_engine_fails_our_newton_stands_in_and_says_why() -> None:
    broken = InputError.of(
        "ended with signal 11 in /home/someone/grid", "k", "/home/someone/Master.dss:7"
    )
    reference = OpenDss(Engine(broken), newton())  # type: ignore[arg-type]
    found = looked().run(reference, 1.0, TIMES, FEEDER.nodes)
    assert "by phase" in found["engine"]
    assert f"({len(found['steps'])} of {len(found['steps'])} steps)" in found["engine"]
    why = {one["why_not"] for one in found["steps"]}
    assert why == {"Master.dss:7: ended with signal 11 in feeder.root"}
    assert found["largest_difference_pu"] < 1e-8


def test_a_single_step_that_the_engine_cannot_solve_is_named() -> None:
    reference = OpenDss(Engine(), newton())  # type: ignore[arg-type]
    found = looked().run(reference, 1.0, TIMES, FEEDER.nodes)
    odd = [one for one in found["steps"] if "why_not" in one]
    assert [one["why_not"] for one in odd] == [NO_TOLERANCE]
    assert found["engine"].startswith("OpenDSS (test); the twin's own")
    assert found["tolerance_pu"] == 1e-11


def test_the_engine_is_asked_for_what_the_step_asked() -> None:
    demand = Demand(*(np.array([float(k)]) for k in range(1, 5)))
    step = step_of(Kept(0, "first", 0.0, demand, np.ones(6), np.array([2.0])))
    asked = (step.load_kw, step.load_kvar, step.constant_kw, step.constant_kvar)
    assert [float(one[0]) for one in asked] == [1.0, 2.0, 3.0, 4.0]
    assert step.scale is not None and step.scale.tolist() == [2.0]


def test_what_inverters_drew_is_handed_over_as_constant_power() -> None:
    """One inverter on terminals 0 and 1, one on terminal 2: -4 + 2j and 3 kVA."""
    inverters = Inverters(
        first=np.array([0, 2, 3]),
        terminal=np.array([0, 1, 2]),
        nominal_pu=np.ones(3),
        law=inverter_law(tangent=0.0),
    )
    nothing = np.zeros(2)
    asking = Asking(nothing, nothing, nothing, nothing)
    demand = Demand(*(np.full(3, float(k)) for k in range(1, 5)), asking)
    reacting = np.array([-4.0 + 2.0j, 3.0])
    kept = Kept(0, "first", 0.0, demand, np.ones(6), None, reacting)
    step = step_of(kept, inverters)
    assert step.constant_kw.tolist() == [1.0, 1.0, 6.0]
    assert step.constant_kvar.tolist() == [5.0, 5.0, 4.0]


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
