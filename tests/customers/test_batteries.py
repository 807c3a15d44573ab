"""Stationary batteries: efficiency, limits and losses by numbers made by hand."""

from __future__ import annotations

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from numpy.testing import assert_allclose

from twin.customers.batteries import Batteries

ALIVE = np.array([True])


def one(store_kwh=50.0, kw=20.0, one_way=0.9, standby_kw=0.0, low=0.0, high=100.0):
    numbers = (kw, 100.0, one_way, standby_kw, low, high, store_kwh)
    return Batteries(*(np.array([number]) for number in numbers))


def held(battery, wanted_kw, hours=1.0, alive=ALIVE):
    battery.set(np.array([wanted_kw]), hours)
    return float(battery.settle(alive, hours)[0])


def test_a_round_trip_gives_back_the_square_of_one_way():
    """10 kWh drawn are 9 stored; 9 stored are 8.1 given."""
    battery = one()
    assert held(battery, 10.0) == 10.0
    assert_allclose(battery.store_kwh, 59.0)
    assert held(battery, -8.1) == pytest.approx(-8.1)
    assert_allclose(battery.store_kwh, 50.0)
    assert_allclose(battery.lost_kwh, 1.9)
    assert_allclose((battery.drawn_kwh, battery.given_kwh), [[10.0], [8.1]])


def test_it_draws_and_gives_at_most_its_kw():
    assert held(one(), 1e3, 0.25) == 20.0
    assert held(one(), -1e3, 0.25) == -20.0


def test_it_stops_where_its_window_ends():
    """Room for 9 kWh takes 10; 9 kWh above the lower end give 8.1."""
    full, empty = one(store_kwh=81.0, high=90.0), one(store_kwh=19.0, low=10.0)
    assert held(full, 20.0) == pytest.approx(10.0)
    assert_allclose(full.soc, 0.9)
    assert held(empty, -20.0) == pytest.approx(-8.1)
    assert_allclose(empty.soc, 0.1)


def test_standby_drains_the_store_and_is_filled_up_at_its_lower_end():
    """0.9 kW of standby is held by 1 kW drawn."""
    battery = one(store_kwh=10.9, low=10.0, standby_kw=0.9)
    assert held(battery, 0.0) == 0.0
    assert_allclose(battery.store_kwh, 10.0)
    assert held(battery, -5.0) == pytest.approx(1.0)
    assert_allclose(battery.store_kwh, 10.0)
    assert_allclose(battery.standby_kwh, 1.8)


def test_a_full_one_draws_what_standby_takes_and_no_more():
    full, idle = one(store_kwh=100.0), one(store_kwh=100.0, standby_kw=0.9)
    assert held(full, 20.0) == 0.0
    assert held(idle, 20.0) == pytest.approx(1.0)
    assert_allclose(idle.store_kwh, 100.0)


def test_without_supply_it_stands_still_and_standby_goes_on_to_nothing():
    battery = one(store_kwh=1.5, standby_kw=1.0)
    dead = np.array([False])
    assert held(battery, 15.0, alive=dead) == 0.0
    assert_allclose(battery.store_kwh, 0.5)
    assert held(battery, 15.0, alive=dead) == 0.0
    assert_allclose(battery.store_kwh, 0.0)
    assert_allclose(battery.standby_kwh, 1.5)
    assert held(battery, 10.0) == 10.0


@given(
    st.lists(st.tuples(st.floats(-50.0, 50.0), st.booleans()), min_size=1, max_size=40),
    st.sampled_from((0.0, 0.3, 5.0)),
    st.sampled_from((0.6, 0.9, 1.0)),
    st.sampled_from((0.05, 0.25, 1.0)),
)
def test_energy_is_kept_and_the_window_too(wishes, standby_kw, one_way, hours):
    battery = one(45.0, 20.0, one_way, standby_kw, 20.0, 70.0)
    start = battery.store_kwh
    unbroken = True
    for wanted_kw, alive in wishes:
        kw = held(battery, wanted_kw, hours, np.array([alive]))
        unbroken &= alive
        assert abs(kw) <= 20.0
        assert 0.0 <= battery.store_kwh[0] <= 70.0
        if unbroken:
            assert battery.store_kwh[0] >= 20.0 - 1e-9
    flows = battery.drawn_kwh - battery.given_kwh - battery.lost_kwh
    assert_allclose(battery.store_kwh - start, flows - battery.standby_kwh, atol=1e-9)
    assert (battery.lost_kwh >= -1e-9).all() and (battery.standby_kwh >= -1e-9).all()
