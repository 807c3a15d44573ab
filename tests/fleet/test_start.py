"""Where cars are when the run begins, and how full: by hand."""

from __future__ import annotations

import numpy as np
import pytest

from twin.arrays import Records
from twin.fleet.itinerary import no_trips
from twin.fleet.start import LOWEST_START_SOC, charge_at_start, place_at_start
from twin.fleet.state import NEVER_S, Phase, state, traits
from twin.fleet.travel import Place

H = 3600
TARGET = 0.9


def one_car(*legs: tuple[float, float, Place, float]) -> tuple[Records, ...]:
    """One car of 50 kWh at 10 kW that drove (depart h, arrive h, place, kWh)."""
    own, rows, trips = traits(1), state(1), no_trips(1, len(legs) + 1)
    own["capacity_kwh"], own["charge_kw"], own["efficiency"] = 50.0, 10.0, 0.9
    own["target_soc"], own["plug_in_soc"] = TARGET, 2.0
    for j, (depart_h, arrive_h, place, energy_kwh) in enumerate(legs):
        trips["depart_s"][0, j], trips["arrive_s"][0, j] = depart_h * H, arrive_h * H
        trips["place"][0, j], trips["energy_kwh"][0, j] = int(place), energy_kwh
    return own, rows, trips


def begun(*legs: tuple[float, float, Place, float], draw: float = 0.5) -> Records:
    own, rows, trips = one_car(*legs)
    place_at_start(own, rows, trips)
    charge_at_start(own, rows, trips, np.array([draw]))
    return rows[0]


def test_a_car_that_never_drove_is_full_at_home() -> None:
    row = begun((9, 10, Place.WORK, 5.0))
    assert (row["phase"], row["place"]) == (Phase.PARKED, Place.HOME)
    assert row["soc"] == TARGET
    assert row["departed_s"] == -NEVER_S


def test_a_car_stands_where_its_last_trip_ended() -> None:
    row = begun((-16, -15, Place.HOME, 1.0), (-2, -1, Place.OTHER, 10.0))
    assert (row["phase"], row["place"]) == (Phase.PARKED, Place.OTHER)
    assert row["departed_s"] == -2 * H
    assert row["soc"] == pytest.approx(TARGET - 11.0 / 50.0)


def test_a_car_under_way_is_driving() -> None:
    row = begun((-1, 2, Place.HOME, 10.0), (8, 9, Place.WORK, 1.0))
    assert (row["phase"], row["wake_s"]) == (Phase.DRIVING, 2 * H)
    assert row["departed_s"] == -1 * H
    assert row["soc"] == TARGET


def test_a_car_that_arrives_at_midnight_has_arrived() -> None:
    row = begun((-1, 0, Place.WORK, 10.0))
    assert (row["phase"], row["place"]) == (Phase.PARKED, Place.WORK)
    assert row["soc"] == pytest.approx(TARGET - 0.2)


@pytest.mark.parametrize(
    "home_h, soc",
    [(-0.5, TARGET - (20 - 4.5) / 50), (-1, TARGET - 11 / 50), (-6, TARGET)],
)
def test_a_car_at_home_has_charged_since_it_came(home_h: float, soc: float) -> None:
    """20 kWh were used; 10 kW at an efficiency of 0.9 since."""
    row = begun((-9, -8, Place.WORK, 10.0), (home_h - 1, home_h, Place.HOME, 10.0))
    assert row["soc"] == pytest.approx(soc)


def test_no_car_begins_below_a_tenth() -> None:
    assert begun((-2, -1, Place.OTHER, 49.0))["soc"] == LOWEST_START_SOC


@pytest.mark.parametrize("draw, soc", [(0.0, 0.9), (0.5, 0.71), (1.0, 0.52)])
def test_habitual_drivers_begin_anywhere_down_to_their_habit(
    draw: float, soc: float
) -> None:
    own, rows, trips = one_car((-2, -1, Place.HOME, 5.0))
    own["plug_in_soc"] = 0.6
    place_at_start(own, rows, trips)
    charge_at_start(own, rows, trips, np.array([draw]))
    assert rows["soc"][0] == pytest.approx(soc)
