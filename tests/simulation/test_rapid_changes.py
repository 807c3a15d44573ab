"""Jumps of voltage by hand: who, when, how far, and what the cars did just then.

zone 0: customers 0 (phase 1), 1 (all phases)     the sources' zone: customer 2
"""

from __future__ import annotations

import numpy as np
import pytest

from tests.simulation.test_service_voltage import FEEDER, SERVICES, volts
from twin.simulation.rapid_changes import Behind, DayOf, Found, RapidChanges
from twin.simulation.violations import names_of

TIMES = np.datetime64("2026-01-12T00:00", "us") + np.arange(3) * np.timedelta64(15, "m")
BEHIND = Behind(np.array([0, 0, 1]), np.array([0, 0, 1]), np.array([1, 1]))


def changes() -> RapidChanges:
    return RapidChanges(SERVICES, BEHIND, names_of(FEEDER), 0.03)


def day(
    phases: list[tuple[float, float, float]], cars: list[tuple], base: list[tuple]
) -> DayOf:
    return DayOf(volts(phases), np.array(cars, "f4"), np.array(base, "f4"))


def found(phases: list[tuple[float, float, float]], cars: list, base: list) -> Found:
    return changes().day(TIMES[: len(phases)], day(phases, cars, base))


STEADY = [(1.0, 1.0, 1.0)] * 3
NO_CARS, NO_BASE = [(0.0, 0.0, 0.0)] * 3, [(0.0, 0.0, 0.0)] * 3


def test_steady_voltages_have_no_event():
    told = found(STEADY, NO_CARS, NO_BASE)
    assert told.events.is_empty()
    assert told.columns["rapid_changes"].tolist() == [0.0] * 3
    assert told.columns["rapid_instants"] == 0


def test_two_cars_that_switch_pull_a_phase_down():
    fell = [(1.0, 1.0, 1.0), (0.96, 1.0, 1.0), (0.96, 1.0, 1.0)]
    cars = [(0.0, 0.0, 0.0), (7.0, 4.0, 0.1), (7.0, 4.0, 0.1)]
    told = found(fell, cars, [(1.0, 1.0, 1.0)] * 3)
    assert told.columns["rapid_changes"].tolist() == [1.0, 1.0, 0.0]
    assert told.columns["rapid_by_cars"].tolist() == [1.0, 1.0, 0.0]
    assert told.columns["rapid_largest_pu"] == pytest.approx([0.04, 0.04, 0], abs=1e-6)
    assert told.columns["rapid_instants"] == told.columns["rapid_instants_by_cars"] == 1
    row = told.events.row(0, named=True)
    assert told.events.height == 1
    assert (row["time"], row["until"]) == (TIMES[1].item(), None)
    assert (row["kind"], row["entity"]) == ("rapid_change", "node street.1")
    assert row["value"] == pytest.approx(-0.04)
    assert row["reason"] == (
        "voltage fell by more than 3 % at once at 2 customers; behind its transformer "
        "2 cars switched (+11.0 kW), all else changed by +0.0 kW"
    )


def test_a_kettle_is_not_a_car():
    fell = [(1.0, 1.0, 1.0), (0.96, 1.0, 1.0)]
    told = found(fell, [(0, 0, 0), (3.0, 0, 0)], [(0, 0, 0), (4.0, 0, 0)])
    assert told.columns["rapid_changes"].tolist() == [1.0, 1.0, 0.0]
    assert told.columns["rapid_by_cars"].tolist() == [0.0] * 3
    assert told.columns["rapid_instants_by_cars"] == 0


@pytest.mark.parametrize(("kw", "caused"), [(-9.0, 1.0), (9.0, 0.0)])
def test_giving_lifts_a_voltage_and_charging_does_not(kw, caused):
    rose = [(0.96, 1.0, 1.0), (1.0, 1.0, 1.0)]
    told = found(rose, [(0, 0, 0), (kw, 0, 0)], NO_BASE[:2])
    assert told.columns["rapid_by_cars"].tolist() == [caused, caused, 0.0]
    assert told.events["value"][0] == pytest.approx(0.04)


def test_behind_no_transformer_all_cars_count():
    rose = [(1.0, 0.96, 1.0), (1.0, 1.0, 1.0)]
    told = found(rose, [(9.0, 0, 0), (0, 0, 0)], NO_BASE[:2])
    assert told.columns["rapid_by_cars"].tolist() == [0.0, 1.0, 1.0]
    reasons = sorted(told.events["reason"].to_list())
    assert "on the feeder 1 car switched (-9.0 kW)" in reasons[1]


def test_the_first_interval_of_a_day_is_set_against_the_one_before():
    watched = changes()
    watched.day(TIMES, day(STEADY, NO_CARS, NO_BASE))
    told = watched.day(TIMES, day([(0.9, 1.0, 1.0)] * 3, NO_CARS, NO_BASE))
    assert told.events["time"].to_list() == [TIMES[0].item()]


def test_exactly_the_limit_and_what_is_unknown_are_no_event():
    limit = RapidChanges(SERVICES, BEHIND, names_of(FEEDER), 0.03125)
    fell = day([(1.0, 1, 1), (0.96875, 1, 1), (np.nan, 1, 1)], NO_CARS, NO_BASE)
    told = limit.day(TIMES, fell)
    assert told.events.is_empty()
    beyond = day([(np.nan, 1, 1), (0.96875 - 1e-6, 1, 1)], NO_CARS[:2], NO_BASE[:2])
    assert limit.day(TIMES[:2], beyond).events.is_empty()


def test_adding_a_constant_changes_nothing():
    fell = np.array([(1.0, 1.0, 1.0), (0.9375, 1.0, 1.0)])
    one, other = (
        found((fell + up).tolist(), NO_CARS[:2], NO_BASE[:2]) for up in (0, 0.125)
    )
    assert (
        one.columns["rapid_changes"].tolist() == other.columns["rapid_changes"].tolist()
    )


def test_two_supplies_are_summed_apart() -> None:
    """Zones 0 and 1 below heads 2 and 3; a fourth customer is on head 3 itself."""
    two = Behind(np.array([0, 1, 1, 3]), np.array([0]), np.array([2, 3, 2, 3]))
    kw = np.array([1.0, 2.0, 4.0, 8.0])
    assert two.by_zone(two.customer, kw).tolist() == [1.0, 6.0, 1.0, 14.0]
