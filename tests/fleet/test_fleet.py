"""The fleet as columns: what an interval took, what stays open, what lasts."""

from __future__ import annotations

from datetime import date

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from numpy.testing import assert_allclose, assert_array_equal

from tests.fleet.test_charging import car
from tests.fleet.test_itinerary import EveryDayAlike, weather
from twin.fleet.fleet import Fleet, Taken
from twin.fleet.itinerary import Itinerary
from twin.fleet.state import NEVER_S, Phase, state
from twin.fleet.travel import Place
from twin.timeline import Timeline

H = 3600


def fleet(n_ev: int = 3, **said: float) -> Fleet:
    """Cars at home, half full, in quarter hours; car 1 of three goes shopping."""
    own = np.concatenate([car(**said) for _ in range(n_ev)])
    own["entity"] = np.arange(n_ev)
    own["consumption_kwh_per_km"], own["plug_in_soc"] = 0.2, 2.0
    rows = state(n_ev)
    rows["soc"], rows["place"], rows["departed_s"] = 0.5, int(Place.HOME), 2 * H
    timeline = Timeline(date(2026, 1, 12), 2, 15, "Europe/Berlin")
    diary = Itinerary(EveryDayAlike(), timeline, 1, own, 0.0)
    cars = Fleet(own, rows, diary, 0.25)
    cars.roll(0, weather(diary, 0), 0, 24 * H)
    return cars


def test_an_intervals_power_is_its_mean() -> None:
    cars = fleet()
    cars.begin()
    cars.state["set_kw"] = [8.0, -6.0, 0.0]
    taken = cars.settle(900)
    assert_allclose(taken.charge_kw, [8.0, 0.0, 0.0])
    assert_allclose(taken.give_kw, [0.0, 6.0, 0.0])
    assert_allclose(taken.net_kw, [8.0, -6.0, 0.0])
    again = cars.settle(900)
    assert_allclose(again.net_kw, 0.0)


def test_a_change_within_an_interval_is_settled_at_its_second() -> None:
    cars = fleet()
    cars.begin()
    cars.state["set_kw"] = 8.0
    cars.settle_cars(np.array([0, 2]), 300)
    cars.state["set_kw"] = [2.0, 8.0, -4.0]
    taken = cars.settle(900)
    assert_allclose(taken.charge_kw, [4.0, 8.0, 8.0 / 3])
    assert_allclose(taken.give_kw, [0.0, 0.0, 8.0 / 3])


def test_a_day_of_waiting_counts_from_when_a_car_was_last_full() -> None:
    cars = fleet(target_soc=0.9)
    cars.begin()
    cars.state["soc"] = [0.9, 0.89, 0.95]
    cars.state["declared_s"] = NEVER_S
    cars.settle(900)
    assert cars.due_s.tolist() == [24 * H + 900, 24 * H, 24 * H + 900]
    cars.state["soc"] = 0.5
    cars.settle(1800)
    assert cars.due_s.tolist() == [24 * H + 900, 24 * H, 24 * H + 900]
    cars.state["phase"][0] = int(Phase.PARKED)
    assert cars.due_s.tolist() == [NEVER_S, 24 * H, 24 * H + 900]


def test_cars_at_home_are_plugged_in_when_the_run_begins() -> None:
    cars = fleet()
    cars.state["place"][2] = int(Place.WORK)
    cars.begin()
    assert_array_equal(cars.plugged, [True, True, False])
    assert cars.state["wake_s"].tolist() == [8 * H, 10 * H, 24 * H]


def test_stays_that_go_on_are_told_as_open() -> None:
    cars = fleet()
    cars.begin()
    cars.state["set_kw"] = [8.0, -6.0, 0.0]
    cars.settle(900)
    stays = cars.open_sessions()
    assert stays["ev"].tolist() == [0, 1, 2]
    assert_array_equal(stays["plug_out_s"], NEVER_S)
    assert_allclose(stays["charged_kwh"], [2.0, 0.0, 0.0])
    assert_allclose(stays["discharged_kwh"], [0.0, 1.5, 0.0])
    assert_allclose(stays["soc_in"], 0.5)
    assert_allclose(stays["soc_out"], cars.state["soc"])
    assert_allclose(stays["soc_target"], 1.0)
    assert stays["declared_s"].tolist()[:2] == [8 * H, 10 * H]


def test_rows_are_kept_until_they_are_cleared() -> None:
    cars = fleet()
    cars.begin()
    assert cars.happen(0, 8 * H)
    assert not cars.happen(0, 9 * H)
    assert (len(cars.sessions()), len(cars.driven())) == (1, 1)
    cars.roll(1, weather(cars.itinerary, 1), 24 * H, 48 * H)
    assert (len(cars.sessions()), len(cars.driven())) == (1, 1)
    assert cars.driven()["energy_kwh"][0] == pytest.approx(6.0)
    cars.clear()
    assert (len(cars.sessions()), len(cars.driven())) == (0, 0)


@given(
    st.floats(0.0, 1.0),
    st.floats(0.1, 11.0),
    st.sampled_from((0.1, 0.4)),
    st.sampled_from((0.5, 0.9, 0.999)),
)
def test_what_lasts_lasts_for_the_whole_interval(
    soc: float, kw: float, floor_soc: float, target_soc: float
) -> None:
    for sign in (1.0, -1.0):
        cars = fleet(1, floor_soc=floor_soc, target_soc=target_soc)
        cars.state["phase"], cars.state["soc"] = Phase.PLUGGED, soc
        takes, gives = cars.lasting_kw()
        lasting = float((takes if sign > 0 else gives)[0])
        cars.state["set_kw"] = sign * min(kw, lasting)
        taken: Taken = cars.settle(900)
        assert taken.net_kw[0] == pytest.approx(sign * min(kw, lasting), abs=1e-9)
