"""What a stationary battery means to do over a forecast, by numbers made by hand."""

from __future__ import annotations

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from numpy.testing import assert_allclose

from twin.agents.storage import (
    Battery,
    filling_level_kw,
    holds,
    reachable_level_kw,
    shaving_course_kw,
)

NO_TARGET = -np.inf
LOSSLESS = Battery(0.0, 100.0, 50.0, 1.0, 0.0)


def course(load, store, one=LOSSLESS, target=NO_TARGET, step_h=1.0):
    return shaving_course_kw(np.array(load, dtype=float), target, store, one, step_h)


def level(load, store, one=LOSSLESS, step_h=1.0):
    return reachable_level_kw(np.array(load, dtype=float), store, one, step_h)


def test_a_full_battery_cuts_a_peak_as_deep_as_its_kwh_reach():
    """Two hours of 100 kW over a base of 20 kW: 60 kWh cut 30 kW off each."""
    load = [20.0, 100.0, 100.0, 20.0]
    assert level(load, 60.0, Battery(0.0, 60.0, 50.0, 1.0, 0.0)) == pytest.approx(70.0)


def test_its_kw_bound_the_cut_where_its_kwh_do_not():
    assert level([20.0, 100.0, 20.0], 100.0) == pytest.approx(50.0)


def test_what_is_lost_on_the_way_out_is_not_there_to_cut_with():
    """60 kWh in the store are 54 at the busbar, 27 kW in each of two hours."""
    lossy = Battery(0.0, 60.0, 50.0, 0.9, 0.0)
    assert level([20.0, 100.0, 100.0, 20.0], 60.0, lossy) == pytest.approx(73.0)


def test_what_is_below_the_window_is_not_there_to_cut_with():
    half = Battery(30.0, 60.0, 50.0, 1.0, 0.0)
    assert level([20.0, 100.0, 100.0, 20.0], 60.0, half) == pytest.approx(85.0)


def test_an_empty_battery_fills_before_the_peak():
    """One hour of 20 kW before one of 100 kW: what is drawn is given, to 60 and 60."""
    load = [20.0, 100.0]
    assert level(load, 0.0) == pytest.approx(60.0)
    assert_allclose(course(load, 0.0), [40.0, -40.0], atol=1e-6)


def test_losses_come_on_top_of_what_is_drawn_before_the_peak():
    """(L - 20) 0.9 = (100 - L) / 0.9, so L = (100 + 20 0.81) / 1.81."""
    lossy = Battery(0.0, 100.0, 50.0, 0.9, 0.0)
    assert level([20.0, 100.0], 0.0, lossy) == pytest.approx(116.2 / 1.81)


def test_it_gives_what_is_above_a_target_and_no_more():
    assert_allclose(course([80.0, 20.0], 100.0, target=65.0)[0], -15.0)
    assert course([60.0, 70.0, 20.0], 100.0, target=65.0)[0] == 0.0


def test_a_target_out_of_reach_is_raised_to_what_it_can_hold():
    """20 kWh against two hours 40 kW above the target: 10 kW each, not 40 and none."""
    small = Battery(0.0, 20.0, 50.0, 1.0, 0.0)
    told = course([100.0, 100.0, 0.0], 20.0, small, target=60.0)
    assert_allclose(told[:2], [-10.0, -10.0], atol=1e-6)


def test_it_fills_up_in_the_deepest_valley_before_the_next_peak():
    """30 kWh missing: to 25 kW in the hours of 10 and 10, nothing in those of 40."""
    load = [10.0, 40.0, 10.0, 40.0, 90.0]
    told = course(load, 70.0, target=60.0)
    assert_allclose(told[:4], [15.0, 0.0, 15.0, 0.0], atol=1e-6)


def test_it_fills_no_faster_than_its_kw():
    slow = Battery(0.0, 100.0, 5.0, 1.0, 0.0)
    assert_allclose(course([0.0, 0.0, 90.0], 0.0, slow)[:2], [5.0, 5.0])


def test_it_never_fills_above_its_target():
    told = course([50.0, 50.0, 90.0], 40.0, target=60.0)
    assert_allclose(told[:2], [10.0, 10.0], atol=1e-6)


def test_the_sun_fills_it():
    """Feed-in is a valley below zero: 20 kWh missing from hours of -40 and -10 kW."""
    told = course([-10.0, -40.0, 30.0], 80.0, target=20.0)
    assert_allclose(told[:2], [0.0, 20.0], atol=1e-6)


def test_standby_is_filled_up_too():
    """A kilowatt of standby over two hours until the peak is drawn on top of 10 kWh."""
    idle = Battery(0.0, 100.0, 50.0, 1.0, 1.0)
    told = course([0.0, 0.0, 90.0], 90.0, idle, target=60.0)
    assert_allclose(told[:2], [6.0, 6.0], atol=1e-6)


def test_what_standby_takes_meanwhile_is_not_there_to_cut_with():
    """Of 60 kWh two hours of 5 kW leave 50: 25 kW off each."""
    idle = Battery(0.0, 60.0, 50.0, 1.0, 5.0)
    assert level([20.0, 100.0, 100.0, 20.0], 60.0, idle) == pytest.approx(75.0)


def test_quarter_hours_store_a_quarter():
    """A quarter of an hour at 40 kW is 10 kWh."""
    small = Battery(0.0, 10.0, 50.0, 1.0, 0.0)
    assert level([0.0, 100.0, 0.0], 10.0, small, 0.25) == pytest.approx(60.0)


def test_filling_stops_at_the_most_that_is_allowed():
    load = np.array([0.0, 10.0])
    assert filling_level_kw(load, 1e6, 50.0, 30.0, 1.0) == pytest.approx(30.0)
    assert filling_level_kw(load, 20.0, 50.0, 30.0, 1.0) == pytest.approx(15.0)


LOADS = st.lists(st.floats(-50.0, 150.0), min_size=2, max_size=30)
ABLE = st.builds(
    Battery,
    st.sampled_from((0.0, 20.0)),
    st.sampled_from((60.0, 100.0)),
    st.sampled_from((3.0, 50.0)),
    st.sampled_from((0.8, 1.0)),
    st.sampled_from((0.0, 0.5)),
)


@given(LOADS, ABLE, st.floats(0.0, 1.0), st.sampled_from((NO_TARGET, 40.0, 90.0)))
def test_a_course_keeps_its_level_and_its_battery(load, one, full, target):
    kw, store = np.array(load), one.low_kwh + full * (one.high_kwh - one.low_kwh)
    told = shaving_course_kw(kw, target, store, one, 0.25)
    top = max(target, reachable_level_kw(kw, store, one, 0.25))
    assert holds(top + 1e-6, kw, store, one, 0.25) or top >= kw.max() - 1e-6
    assert (kw + np.maximum(told, 0.0))[told > 0.0].max(initial=-np.inf) <= top + 1e-6
    assert np.abs(told).max() <= one.kw
    assert (told[kw < top] >= 0.0).all() and (told[kw > top] <= 0.0).all()
    for power in told:
        moved = power * one.one_way if power > 0.0 else power / one.one_way
        after = store + 0.25 * (moved - one.standby_kw)
        assert after <= one.high_kwh + 1e-6
        assert power >= 0.0 or after >= one.low_kwh - 1e-6
        store = max(0.0, after)
