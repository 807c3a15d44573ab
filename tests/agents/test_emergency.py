"""The policy emergency on hand-made looks: before, in and after a call."""

from __future__ import annotations

from typing import Any

import numpy as np
import pytest
from numpy.testing import assert_allclose, assert_array_equal

from tests.agents.views import seen
from twin.agents.calls import Call
from twin.agents.emergency import Emergency
from twin.agents.policies import Valley

E = Emergency(reserve_soc=0.3, seed=3)
HOUR = 3600
CALL = Call(0, 739_628, 0, 10 * HOUR, 12 * HOUR, 14 * HOUR)


def at(hour: float, n_ev: int = 1, **said: Any):
    said = {"calls": (CALL,), "rating_kw": 1e6} | said
    return seen(n_ev, now_s=round(hour * HOUR), **said)


def test_without_a_call_it_is_valley():
    look = seen(4, soc=[0.2, 0.5, 0.8, 0.9], time_left_h=[3.0, 12.0, 9.0, 20.0])
    assert_array_equal(E.decide(look), Valley().decide(look))


def test_in_a_call_cars_stop_and_give_evenly_over_what_is_left():
    """0.3 x 50 kWh above the reserve: 7.5 kW for two hours, the plug's 10 for one."""
    look = {"n_ev": 3, "soc": [0.6, 0.3, 0.9], "give_kw": [10.0, 10.0, 5.0]}
    assert_allclose(E.decide(at(10, **look)), [-7.5, 0.0, -5.0])
    assert_allclose(E.decide(at(11, **look)), [-10.0, 0.0, -5.0])


def test_losses_are_counted_in_what_is_left():
    asked = E.decide(at(10, soc=0.5, efficiency=0.8))
    assert_allclose(asked, [-0.2 * 50 * 0.8 / 2])


def test_what_the_charger_cannot_hold_is_not_given():
    assert_allclose(E.decide(at(10, soc=0.35, min_kw=1.3)), [0.0])
    assert_allclose(E.decide(at(10, soc=0.35, min_kw=1.2)), [-1.25])


def test_who_opted_out_or_is_not_enrolled_goes_on_as_valley():
    look = at(
        10, 3, soc=0.5, opted_out=[False, True, False], enrolled=[True, True, False]
    )
    asked = E.decide(look)
    alone = Valley().decide(seen(2, soc=0.5, rating_kw=1e6))
    assert asked[0] == pytest.approx(-5.0)
    assert_allclose(asked[1:], alone)


def test_a_car_that_must_leave_soon_charges_at_full_power_in_the_call():
    assert_allclose(E.decide(at(10, soc=0.5, time_left_h=3.0)), [10.0])


def test_a_car_that_could_not_charge_again_before_it_leaves_does_not_give():
    """Slack of 2 h after the charging that is due: not enough for the margins."""
    assert_allclose(E.decide(at(10, soc=0.5, time_left_h=4.5)), [0.0])
    assert E.decide(at(10, soc=0.5, time_left_h=9.0))[0] < 0.0


def test_transformers_are_not_passed_by_what_flows_back():
    """20 kW of load and a rating of 10: 0.95 x 10 + 20 may be given."""
    asked = E.decide(at(10, 5, soc=0.9, rating_kw=10.0))
    assert asked.sum() == pytest.approx(-29.5)
    assert (asked >= -10.0).all()


def test_before_a_call_cars_fill_up_in_time():
    """Load falls after the call: valley would wait, emergency charges before it."""
    ahead = np.where(np.arange(24) < 6, 50.0, 10.0)
    look = {"n_ev": 2, "soc": 0.7, "ahead_kw": ahead, "time_left_h": 20.0}
    assert Valley().decide(at(4, **look)).sum() == 0.0
    assert E.decide(at(4, **look)).sum() > 0.0
    assert E.decide(at(4, calls=(), **look)).sum() == 0.0


def test_nobody_rushes_who_cannot_be_full_in_time():
    """20 kWh at 10 kW take two hours; only one is left: due as ever."""
    ahead = np.where(np.arange(24) < 3, 50.0, 10.0)
    look = at(9, soc=0.5, ahead_kw=ahead, time_left_h=20.0)
    assert_allclose(E.decide(look), [0.0])


def test_after_a_call_cars_come_back_one_by_one():
    n, rates = 400, {"soc": 0.5, "time_left_h": 30.0, "ahead_kw": 0.0}
    charging = [
        (E.decide(at(hour, n, **rates)) > 0.0).mean() for hour in (12.0, 12.5, 13.0)
    ]
    held = E._held(at(12.5, n))
    assert held.mean() == pytest.approx(0.75, abs=0.07)
    assert charging[0] == 0.0
    assert charging[1] < charging[2]
    assert not E._held(at(14.0, n)).any()


def test_who_came_back_stays_back():
    early, late = E._held(at(12.5, 400)), E._held(at(13.0, 400))
    assert not (late & ~early).any()


def test_no_return_time_lets_all_go_at_once():
    call = Call(0, 1, 0, 10 * HOUR, 12 * HOUR, 12 * HOUR)
    assert not E._held(at(12, 50, calls=(call,))).any()


def test_nothing_is_given_before_or_after():
    for hour in (9.0, 12.0, 13.0):
        assert (E.decide(at(hour, 20, soc=0.9)) >= 0.0).all()


def test_of_calls_that_overlap_the_last_end_counts():
    longer = Call(1, 739_628, 0, 11 * HOUR, 14 * HOUR, 14 * HOUR)
    asked = E.decide(at(11, soc=0.6, calls=(CALL, longer)))
    assert_allclose(asked, [-15.0 / 3])


def test_a_call_concerns_from_its_announcement_to_the_last_return():
    assert [CALL.concerns(h * HOUR) for h in (-1, 0, 13, 14)] == [
        False,
        True,
        True,
        False,
    ]
    assert [CALL.is_under_way(h * HOUR) for h in (9, 10, 11, 12)] == [
        False,
        True,
        True,
        False,
    ]
