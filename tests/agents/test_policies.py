"""Each rule of each policy on hand-made looks at a feeder."""

from __future__ import annotations

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from numpy.testing import assert_allclose

from tests.agents.views import N_AHEAD, seen
from tests.worlds import POLICIES
from twin.agents.emergency import Emergency
from twin.agents.headroom import (
    RECOVERY_H,
    SAFETY_H,
    USABLE_RATING,
    charge_in_valleys,
    charging_levels,
    deadlines,
    no_time_to_lose,
    spare_power_kw,
    within_ratings,
)
from twin.agents.observation import Observation
from twin.agents.policies import POLICIES as REGISTERED
from twin.agents.policies import (
    PeakShaving,
    PolicyWords,
    PriceTrading,
    Timer,
    Uncontrolled,
    Valley,
)
from twin.agents.self_supply import SelfSupply
from twin.randomness import Purpose, uniform

SEED, DAY = 1, 739_628
NIGHT = (1320, 1800)


def nightly_window(day: int) -> tuple[int, int]:
    return NIGHT


# Uncontrolled


def test_uncontrolled_asks_full_power_of_every_car() -> None:
    look = seen(3, charge_kw=[3.7, 11.0, 22.0], plugged=[True, False, True])
    asked_kw = Uncontrolled().decide(look)
    assert_allclose(asked_kw, [3.7, 11.0, 22.0])
    asked_kw[:] = 0.0
    assert_allclose(look.charge_kw, [3.7, 11.0, 22.0])
    assert not Uncontrolled().watches_departure


# Timer


def timer(start: int, end: int, random_start_min: float = 0.0) -> Timer:
    """A window that is the same on every date."""
    return Timer(lambda day: (start, end), random_start_min, SEED)


def at(minute: int, n_ev: int = 1, day: int = DAY) -> Observation:
    return seen(n_ev, minute_of_day=minute, day=day)


@pytest.mark.parametrize(
    "minute, on", [(1319, 0), (1320, 1), (1439, 1), (0, 1), (359, 1), (360, 0)]
)
def test_a_timers_window_runs_across_midnight(minute: int, on: int) -> None:
    assert timer(*NIGHT).decide(at(minute))[0] == 10.0 * on


@pytest.mark.parametrize(
    "minute, on", [(599, 0), (600, 1), (719, 1), (720, 0), (1400, 0)]
)
def test_a_timers_window_within_a_day(minute: int, on: int) -> None:
    assert timer(600, 720).decide(at(minute))[0] == 10.0 * on


def test_each_date_may_have_a_window_of_its_own() -> None:
    nightly = Timer(lambda day: NIGHT if day == DAY else (60, 120), 0.0, SEED)
    on = [nightly.decide(at(m, day=DAY))[0] > 0 for m in (70, 1319, 1320)]
    assert on == [False, False, True]
    on = [nightly.decide(at(m, day=DAY + 1))[0] > 0 for m in (0, 60, 359, 360, 1320)]
    assert on == [True, True, True, False, False]


@pytest.mark.parametrize("window", [(0, 1440), (300, 1740)])
def test_a_window_of_a_whole_day_is_always_on(window: tuple[int, int]) -> None:
    whole = timer(*window, 120.0)
    assert all((whole.decide(at(m, 50)) == 10.0).all() for m in (0, 1, 299, 300, 1439))


def test_starts_are_spread_over_the_first_minutes_by_key() -> None:
    nightly, n = timer(*NIGHT, 120.0), 4000
    on = [(nightly.decide(at(1320 + m, n)) > 0.0).mean() for m in (0, 30, 60, 90, 119)]
    assert_allclose(on, [0.0, 0.25, 0.5, 0.75, 1.0], atol=0.03)
    draw = uniform(SEED, Purpose.TIMER_START, np.arange(n), DAY)
    later = nightly.decide(at(1350, n)) > 0.0
    np.testing.assert_array_equal(later, draw * 120.0 <= 30.0)


def test_a_start_belongs_to_the_evening_on_which_the_window_opened() -> None:
    nightly = timer(1430, 1790, 120.0)
    before = nightly.decide(at(1439, 500)) > 0.0
    after = nightly.decide(at(0, 500, DAY + 1)) > 0.0
    assert (after >= before).all()
    draw = uniform(SEED, Purpose.TIMER_START, np.arange(500), DAY)
    np.testing.assert_array_equal(after, draw * 120.0 <= 10.0)


def test_starts_take_half_of_a_short_window_at_most() -> None:
    short = timer(600, 660, 120.0)
    assert (short.decide(at(630, 300)) > 0.0).all()
    third = (short.decide(at(610, 3000)) > 0.0).mean()
    assert third == pytest.approx(1 / 3, abs=0.03)


def test_starts_are_anew_each_night() -> None:
    nightly = timer(*NIGHT, 120.0)
    one, other = (nightly.decide(at(1380, 300, DAY + d)) > 0.0 for d in (0, 1))
    assert (one != other).any()


# Deadlines, laxity


@pytest.mark.parametrize(
    "left_h, last", [(0.0, 0), (1.99, 0), (2.0, 1), (2.99, 1), (10.0, 9), (99.0, 23)]
)
def test_the_last_interval_to_charge_in_leaves_a_margin(
    left_h: float, last: int
) -> None:
    """Two whole hours before departure, less a margin: intervals 0 and 1."""
    assert deadlines(seen(1, time_left_h=SAFETY_H + left_h)).tolist() == [last]


@pytest.mark.parametrize(
    "said, urgent",
    [
        ({"time_left_h": 2.0 + SAFETY_H + 1.0 - 0.01}, True),
        ({"time_left_h": 2.0 + SAFETY_H + 1.0 + 0.01}, False),
        ({"time_left_h": 1.0, "plugged": False}, False),
        ({"time_left_h": 1.0, "soc": 0.9}, False),
    ],
)
def test_a_car_that_must_charge_from_now_on_is_urgent(
    said: dict[str, float], urgent: bool
) -> None:
    """20 kWh at 10 kW take 2 h; an interval is 1 h."""
    assert no_time_to_lose(seen(1, **said)).tolist() == [urgent]


# Valley


def test_cars_charge_in_the_valley_and_not_on_the_hill() -> None:
    """20 kWh before 05:00; the next two hours are dear, the two after are flat."""
    hill = [60.0, 60.0, 20.0, 20.0, 60.0, 60.0] + [60.0] * 18
    assert Valley().decide(seen(1, ahead_kw=hill))[0] == 0.0
    assert Valley().decide(seen(1, ahead_kw=hill[2:] + hill[:2]))[0] == 10.0


def test_a_level_is_shared_least_laxity_first() -> None:
    """Three cars, 20 kWh each within four hours: level (4 x 10 + 60) / 4."""
    ahead = [10.0] * 4 + [90.0] * 20
    look = seen(3, ahead_kw=ahead, time_left_h=SAFETY_H + np.array([4.1, 4.2, 4.0]))
    level_kw = charging_levels(look)[0]
    assert level_kw == pytest.approx(25.0)
    assert_allclose(Valley().decide(look), [5.0, 0.0, 10.0])


def test_a_rest_below_the_chargers_minimum_is_left() -> None:
    look = seen(2, min_kw=6.0, soc=0.5)
    assert_allclose(charge_in_valleys(look, np.array([35.0])), [10.0, 0.0])
    assert_allclose(charge_in_valleys(look, np.array([36.0])), [10.0, 6.0])


def test_deadlines_are_looked_at_hour_by_hour() -> None:
    """0.2 kWh due in the third quarter, 0.1 in the eighth: 20 + 0.2 within an hour."""
    look = seen(
        2,
        step_h=0.25,
        soc=[0.896, 0.898],
        time_left_h=[SAFETY_H + 0.75, SAFETY_H + 2.0],
    )
    assert charging_levels(look)[0] == pytest.approx(20.2)


def test_an_urgent_car_goes_first_up_to_the_rating() -> None:
    late, early = 2.0, 12.0
    look = seen(3, time_left_h=[early, late, late - 0.1], ahead_kw=80.0)
    room_kw = USABLE_RATING * 100.0 - 80.0
    assert_allclose(charge_in_valleys(look, np.array([80.0])), [0.0, 5.0, 10.0])
    assert room_kw == 15.0
    look = seen(3, time_left_h=[early, late, late - 0.1], ahead_kw=94.0)
    assert_allclose(charge_in_valleys(look, np.array([99.0])), [0.0, 0.0, 0.0])


def test_what_urgent_cars_take_counts_towards_the_level() -> None:
    look = seen(3, time_left_h=[12.0, 2.0, 12.5])
    assert_allclose(charge_in_valleys(look, np.array([34.0])), [4.0, 10.0, 0.0])
    assert_allclose(charge_in_valleys(look, np.array([25.0])), [0.0, 10.0, 0.0])


def test_no_car_is_asked_for_more_than_it_misses() -> None:
    look = seen(2, soc=[0.84, 0.89], min_kw=1.5)
    assert_allclose(charge_in_valleys(look, np.array([99.0])), [3.0, 1.5])


def test_zones_do_not_share_a_level() -> None:
    look = seen(2, n_zone=2, zone=[0, 1], ahead_kw=[[20.0, 30.0]] * N_AHEAD)
    assert_allclose(charge_in_valleys(look, np.array([24.0, 33.0])), [4.0, 3.0])


def test_cars_that_are_away_or_full_are_asked_for_nothing() -> None:
    look = seen(3, plugged=[False, True, True], soc=[0.2, 0.9, 0.95])
    assert_allclose(charge_in_valleys(look, np.array([99.0])), 0.0)
    assert charging_levels(look)[0] == -np.inf
    assert_allclose(Valley().decide(look), 0.0)


CARS = st.lists(
    st.tuples(
        st.booleans(),
        st.floats(0.0, 1.0),
        st.floats(0.0, 30.0),
        st.integers(0, 1),
        st.sampled_from((2.3, 7.2, 11.0)),
        st.sampled_from((0.0, 7.2)),
    ),
    min_size=1,
    max_size=12,
)
HOURS = st.lists(st.floats(-30.0, 120.0), min_size=N_AHEAD, max_size=N_AHEAD)


def anything(cars: list[tuple], hours: list[float], step_h: float) -> Observation:
    plugged, soc, left, zone, charge, give = (
        np.array(column) for column in zip(*cars, strict=True)
    )
    ahead_kw = np.column_stack([hours, hours[::-1]])
    return seen(
        len(cars), n_zone=2, plugged=plugged, soc=soc, time_left_h=left, zone=zone,
        charge_kw=charge, give_kw=give, min_kw=np.minimum(1.4, charge),
        ahead_kw=ahead_kw, rating_kw=[100.0, 60.0], efficiency=0.93, step_h=step_h,
        price_usd_per_kwh=np.abs(hours), export_price_usd_per_kwh=np.abs(hours[::-1]),
    )  # fmt: skip


@given(CARS, HOURS, st.sampled_from((0.25, 1.0)), st.sampled_from(POLICIES[2:]))
def test_no_policy_shares_out_more_than_there_is(
    cars: list[tuple], hours: list[float], step_h: float, name: str
) -> None:
    look = anything(cars, hours, step_h)
    asked_kw = REGISTERED[name](PolicyWords(reserve_soc=0.3)).decide(look)
    took = np.bincount(look.zone, np.maximum(asked_kw, 0.0), 2)
    gave = np.bincount(look.zone, np.maximum(-asked_kw, 0.0), 2)
    usable_kw = USABLE_RATING * look.rating_kw
    room_kw = np.maximum(0.0, usable_kw - look.ahead_kw[0] + gave)
    assert (took <= room_kw + 1e-9).all()
    assert (gave <= np.maximum(0.0, usable_kw + look.ahead_kw[0] + took) + 1e-9).all()
    assert (asked_kw <= look.charge_kw).all()
    assert (asked_kw >= -look.give_kw).all()
    assert (asked_kw[~look.plugged] == 0.0).all()
    assert ((asked_kw == 0.0) | (np.abs(asked_kw) >= look.min_kw)).all()
    gives = asked_kw < 0.0
    left_soc = look.soc + asked_kw * step_h / (0.93 * look.capacity_kwh)
    assert (left_soc[gives] >= 0.3 - 1e-9).all()


@given(CARS, HOURS, st.sampled_from((0.25, 1.0)))
def test_one_way_policies_never_ask_a_car_to_give(
    cars: list[tuple], hours: list[float], step_h: float
) -> None:
    look = anything(cars, hours, step_h)
    for name in ("uncontrolled", "tou", "valley"):
        assert (REGISTERED[name](PolicyWords()).decide(look) >= 0.0).all()


# Giving


def test_a_car_gives_what_is_above_its_reserve() -> None:
    """50 kWh: 3 kWh above a reserve of 0.3, of which 0.8 reach the meter."""
    look = seen(3, soc=[0.36, 0.30, 0.25], time_left_h=40.0, efficiency=0.8)
    assert_allclose(spare_power_kw(look, 0.3), [2.4, 0.0, 0.0])


def test_a_cars_own_floor_counts_where_it_is_higher() -> None:
    look = seen(2, soc=0.5, floor_soc=[0.4, 0.6], time_left_h=40.0)
    assert_allclose(spare_power_kw(look, 0.3), [5.0, 0.0])


def test_a_car_gives_at_most_its_power() -> None:
    look = seen(2, soc=0.9, give_kw=[3.0, 0.0])
    assert_allclose(spare_power_kw(look, 0.3), [3.0, 0.0])


def test_a_car_that_leaves_soon_gives_nothing() -> None:
    """Full; gives 10 kWh in an hour, needs one to recharge, and margins."""
    needed_h = 1.0 + 1.0 + SAFETY_H + RECOVERY_H
    for left_h, kw in ((needed_h - 0.01, 0.0), (needed_h + 0.01, 10.0)):
        look = seen(1, soc=0.9, time_left_h=left_h)
        assert spare_power_kw(look, 0.3)[0] == kw


def test_losses_lengthen_the_recharge() -> None:
    """At an efficiency of 0.8 each way, 10 kWh given take 15.6 kWh back."""
    needed_h = 1.0 / 0.64 + 1.0 + SAFETY_H + RECOVERY_H
    for left_h, kw in ((needed_h - 0.01, 0.0), (needed_h + 0.01, 10.0)):
        look = seen(1, soc=0.9, time_left_h=left_h, efficiency=0.8)
        assert spare_power_kw(look, 0.3)[0] == kw


def test_a_car_that_is_away_gives_nothing() -> None:
    assert spare_power_kw(seen(1, soc=0.9, plugged=False), 0.3)[0] == 0.0


# Peak shaving

EVENING = [60.0, 60.0, 60.0] + [20.0] * 21


def test_cars_give_what_is_above_the_target() -> None:
    """90 % of 60 kW is 54 kW: six kW are too much, and the fullest car gives."""
    look = seen(
        3, soc=[0.9, 0.95, 0.9], time_left_h=[14.0, 14.0, 15.0], ahead_kw=EVENING
    )
    assert_allclose(PeakShaving(0.3, None, 0.9).decide(look), [0.0, 0.0, -6.0])


def test_a_target_may_be_said_in_kw() -> None:
    look = seen(3, soc=0.9, time_left_h=[16.0, 15.0, 14.0], ahead_kw=EVENING)
    asked_kw = PeakShaving(0.3, 45.0, 0.9).decide(look)
    assert_allclose(asked_kw, [-10.0, -5.0, 0.0])


def test_a_target_holds_for_each_transformer() -> None:
    look = seen(
        2, n_zone=2, zone=[0, 1], soc=0.9, time_left_h=16.0,
        ahead_kw=[[53.0, 40.0]] * N_AHEAD,
    )  # fmt: skip
    assert_allclose(PeakShaving(0.3, 45.0, 0.9).decide(look), [-8.0, 0.0])


def test_what_counts_is_the_interval_that_begins() -> None:
    look = seen(1, soc=0.9, ahead_kw=[60.0] + [20.0] * 23)
    assert PeakShaving(0.3, None, 0.9).decide(look)[0] == pytest.approx(-6.0)


def test_what_urgent_cars_take_is_given_by_others() -> None:
    """60 kW and an urgent 10 kW are 16 kW above the target of 54 kW."""
    look = seen(3, soc=[0.1, 0.9, 0.9], time_left_h=[5.0, 16.0, 15.0], ahead_kw=EVENING)
    assert_allclose(PeakShaving(0.3, None, 0.9).decide(look), [10.0, -10.0, -6.0])


def test_below_the_target_nobody_gives() -> None:
    look = seen(2, soc=0.9, min_kw=0.5, ahead_kw=EVENING[3:] + EVENING[:3])
    assert_allclose(PeakShaving(0.3, None, 0.9).decide(look), 0.0)


def test_no_car_gives_up_to_a_level_at_which_others_charge() -> None:
    """Eight cars miss 45 kWh within the hill: the level of their need is higher."""
    soc = [0.0] * 8 + [0.9]
    look = seen(9, soc=soc, time_left_h=[9.0] * 8 + [16.0], ahead_kw=EVENING)
    asked_kw = PeakShaving(0.3, None, 0.9).decide(look)
    assert charging_levels(look)[0] > 60.0
    assert asked_kw[8] == 0.0


def test_a_car_that_charges_does_not_give() -> None:
    look = seen(1, soc=0.5, time_left_h=3.0, ahead_kw=EVENING)
    assert PeakShaving(0.3, 10.0, 0.9).decide(look)[0] == 10.0


def test_less_than_a_chargers_minimum_is_not_given() -> None:
    look = seen(1, soc=0.9, ahead_kw=EVENING, min_kw=6.5)
    assert PeakShaving(0.3, None, 0.9).decide(look)[0] == 0.0


def test_one_way_cars_never_give() -> None:
    look = seen(2, soc=0.9, give_kw=0.0, ahead_kw=EVENING)
    assert_allclose(PeakShaving(0.3, 10.0, 0.9).decide(look), 0.0)


# Trading

ROUND_TRIP = 0.8


def trade(n_ev: int = 1, wear: float = 0.04, reserve: float = 0.3, **said: object):
    words = {"efficiency": ROUND_TRIP**0.5, "time_left_h": 20.0} | said
    return PriceTrading(reserve, wear).decide(seen(n_ev, **words))


@pytest.mark.parametrize(
    "export, sells",
    [(0.25 / 0.8 + 0.04 + 1e-6, True), (0.25 / 0.8 + 0.04 - 1e-6, False)],
)
def test_selling_must_pay_for_buying_back_and_wear(export: float, sells: bool) -> None:
    """Buying back at 0.25 through a round trip of 0.8: 0.3125, and wear."""
    price = [0.40] + [0.25] * 23
    asked_kw = trade(
        soc=0.9,
        price_usd_per_kwh=price,
        export_price_usd_per_kwh=[export] + [0.0] * 23,
    )
    assert (asked_kw[0] < 0.0) == sells


@pytest.mark.parametrize("export", [0.0, -0.1])
def test_nobody_sells_for_nothing(export: float) -> None:
    asked_kw = trade(
        soc=0.9, wear=0.0, price_usd_per_kwh=-0.5, export_price_usd_per_kwh=export
    )
    assert asked_kw[0] >= 0.0


def test_a_price_that_comes_too_late_to_buy_back_does_not_count() -> None:
    price = [0.40] * 10 + [0.05] * 14
    pays = [0.30] + [0.0] * 23
    sold = [
        trade(
            soc=0.9, time_left_h=left_h,
            price_usd_per_kwh=price, export_price_usd_per_kwh=pays,
        )[0] < 0.0
        for left_h in (8.0, 20.0)
    ]  # fmt: skip
    assert sold == [False, True]


def test_the_next_hour_is_early_enough_to_buy_back() -> None:
    for cheap, sells in ((1, True), (0, False)):
        price = np.full(N_AHEAD, 0.40)
        price[cheap] = 0.05
        asked_kw = trade(
            soc=0.9,
            price_usd_per_kwh=price,
            export_price_usd_per_kwh=[0.30] + [0.0] * 23,
        )
        assert (asked_kw[0] < 0.0) == sells


def test_a_little_is_bought_too() -> None:
    assert trade(soc=0.89, efficiency=1.0)[0] == 10.0


def test_energy_waits_for_a_better_price() -> None:
    """Spare energy for three hours; four better hours to come, or two."""
    price = [0.40] + [0.05] * 23
    for better_h, sells in ((4, False), (2, True)):
        pays = [0.30] + [0.35] * better_h + [0.0] * (23 - better_h)
        asked_kw = trade(
            soc=0.9, price_usd_per_kwh=price, export_price_usd_per_kwh=pays
        )
        assert (asked_kw[0] < 0.0) == sells


def test_nothing_below_the_reserve_is_sold() -> None:
    asked_kw = trade(
        3, soc=[0.33, 0.3, 0.2], target_soc=0.2, efficiency=1.0,
        price_usd_per_kwh=[0.4] + [0.05] * 23,
        export_price_usd_per_kwh=[0.35] + [0.0] * 23,
    )  # fmt: skip
    assert_allclose(asked_kw, [-1.5, 0.0, 0.0])


def test_cars_buy_in_the_cheapest_hours_before_they_leave() -> None:
    """20 kWh take two hours at 10 kW: now, if at most one hour is cheaper."""
    for cheaper_h, buys in ((1, True), (2, False)):
        price = [0.30] + [0.20] * cheaper_h + [0.40] * (23 - cheaper_h)
        asked_kw = trade(efficiency=1.0, price_usd_per_kwh=price)
        assert asked_kw[0] == (10.0 if buys else 0.0)


def test_part_of_an_hour_is_an_hour_of_buying() -> None:
    price = [0.30] + [0.20] * 2 + [0.40] * 21
    assert trade(soc=0.49, efficiency=1.0, price_usd_per_kwh=price)[0] == 10.0


def test_a_cheap_hour_after_departure_does_not_count() -> None:
    price = [0.30] * 8 + [0.01] * 16
    assert trade(time_left_h=6.0, efficiency=1.0, price_usd_per_kwh=price)[0] == 10.0


def test_a_car_without_slack_buys_at_any_price() -> None:
    price = [0.90] + [0.01] * 23
    assert trade(time_left_h=2.5, efficiency=1.0, price_usd_per_kwh=price)[0] == 10.0


def test_cars_that_are_away_or_full_do_not_buy() -> None:
    assert_allclose(trade(2, plugged=[False, True], soc=[0.2, 0.9]), 0.0)


# Ratings


def test_wishes_are_cut_to_the_rating_least_laxity_first() -> None:
    look = seen(3, ahead_kw=80.0, time_left_h=[9.0, 7.0, 8.0])
    assert_allclose(within_ratings(look, np.full(3, 10.0)), [0.0, 10.0, 5.0])


def test_what_is_given_makes_room_for_what_is_taken() -> None:
    look = seen(3, ahead_kw=90.0, time_left_h=[9.0, 7.0, 8.0])
    assert_allclose(
        within_ratings(look, np.array([10.0, 10.0, -8.0])), [3.0, 10.0, -8.0]
    )


def test_reverse_power_keeps_within_the_rating_too() -> None:
    look = seen(3, ahead_kw=-80.0, time_left_h=[9.0, 7.0, 8.0])
    assert_allclose(within_ratings(look, np.full(3, -10.0)), [-10.0, 0.0, -5.0])


def test_without_a_transformer_there_is_no_rating() -> None:
    look = seen(2, rating_kw=np.inf)
    wishes = np.array([10.0, -10.0])
    assert_allclose(within_ratings(look, wishes), wishes)


# Registry


def test_policies_are_made_of_a_scenarios_words() -> None:
    words = PolicyWords(
        reserve_soc=0.4, target_kw=33.0, target_share=0.8, window_min=nightly_window,
        random_start_min=7.0, wear_usd_per_kwh=0.09, seed=5,
    )  # fmt: skip
    assert {name: make(words) for name, make in REGISTERED.items()} == {
        "uncontrolled": Uncontrolled(),
        "tou": Timer(nightly_window, 7.0, 5),
        "valley": Valley(),
        "v2g_peak": PeakShaving(0.4, 33.0, 0.8),
        "v2g_price": PriceTrading(0.4, 0.09),
        "v2h": SelfSupply(0.4),
        "emergency": Emergency(0.4, 5),
    }


def test_without_words_a_timer_is_always_on_and_nothing_is_far_fetched() -> None:
    words = PolicyWords()
    timer_on = REGISTERED["tou"](words).decide
    assert all(timer_on(at(minute))[0] == 10.0 for minute in (0, 720, 1439))
    assert (words.reserve_soc, words.target_kw, words.target_share) == (0.3, None, 0.9)
    assert (words.random_start_min, words.wear_usd_per_kwh, words.seed) == (
        120.0, 0.04, 1,
    )  # fmt: skip


def test_policies_that_may_wait_watch_departures() -> None:
    watching = {
        name: make(PolicyWords()).watches_departure for name, make in REGISTERED.items()
    }
    assert watching == {
        "uncontrolled": False,
        "tou": False,
        "valley": True,
        "v2g_peak": True,
        "v2g_price": True,
        "v2h": True,
        "emergency": True,
    }


# Transformers below one supply


def below_one_supply(n_ev: int, first_kw: list[float], other_kw: list[float], **said):
    """Transformers 0 and 1 below head 2; ``first_kw``, ``other_kw`` now and later."""
    hours = np.ones(N_AHEAD)
    hours[0] = 0.0
    ahead_kw = np.zeros((N_AHEAD, 3))
    for zone, (now, later) in enumerate((first_kw, other_kw)):
        ahead_kw[:, zone] = np.where(hours > 0.0, later, now)
    ratings = {"rating_kw": [100.0, 100.0, np.inf]} | said
    return seen(n_ev, n_zone=3, parent=[2, 2, -1], ahead_kw=ahead_kw, **ratings)


def test_a_full_transformers_valley_gives_way_to_its_supplys() -> None:
    """Transformer 0 is on its hill, the supply in its valley, to be filled with 20."""
    look = below_one_supply(1, [30.0, 20.0], [0.0, 30.0])
    levels_kw = charging_levels(look)
    assert levels_kw[0] < 30.0 and levels_kw[2] == pytest.approx(50.0)
    assert_allclose(Valley().decide(look), [10.0])


def test_a_transformers_valley_waits_for_its_supplys() -> None:
    look = below_one_supply(1, [0.0, 20.0], [60.0, 30.0])
    assert charging_levels(look)[0] > 0.0
    assert_allclose(Valley().decide(look), [0.0])


def test_of_two_transformers_the_one_in_its_valley_goes_first() -> None:
    """Both cars have the same slack; the supply has room for one, and a rest."""
    look = below_one_supply(
        2, [30.0, 20.0], [10.0, 30.0], zone=[0, 1], soc=0.8, time_left_h=4.0
    )
    asked_kw = Valley().decide(look)
    room_kw = charging_levels(look)[2] - 40.0
    assert asked_kw[1] == pytest.approx(min(5.0, room_kw))
    assert asked_kw.sum() <= room_kw + 1e-9


def test_every_rating_above_a_car_holds() -> None:
    """0.95 x 35 kW less 30 kW: 3.25 kW, urgent or not."""
    look = below_one_supply(1, [30.0, 20.0], [0.0, 30.0], rating_kw=[35, 100, np.inf])
    assert_allclose(Valley().decide(look), [3.25])
    chain = seen(
        1, n_zone=3, parent=[1, 2, -1], rating_kw=[100.0, 25.0, np.inf],
        ahead_kw=[[15.0, 5.0, 0.0]] * N_AHEAD, time_left_h=2.0,
    )  # fmt: skip
    assert_allclose(Valley().decide(chain), [3.75])


def shaving(**said: float) -> PeakShaving:
    return PeakShaving(
        **({"reserve_soc": 0.3, "target_kw": 40.0, "target_share": 0.9} | said)
    )


def test_cars_give_to_their_supply_though_their_transformer_is_idle() -> None:
    """The supply is 30 kW above its target; 9.5 + 5 kW may flow back through 0."""
    look = below_one_supply(
        2, [5.0, 5.0], [65.0, 5.0], zone=[0, 0], soc=0.9, give_kw=10.0,
        rating_kw=[10.0, 100.0, np.inf],
    )  # fmt: skip
    assert_allclose(np.sort(shaving().decide(look)), [-10.0, -4.5])


def test_no_transformer_is_shaved_below_its_rating() -> None:
    look = below_one_supply(1, [30.0, 20.0], [5.0, 15.0], soc=0.9)
    assert_allclose(shaving().decide(look), [0.0])
    full = below_one_supply(
        1, [30.0, 20.0], [5.0, 15.0], soc=0.9, rating_kw=[30.0, 100.0, np.inf]
    )
    assert_allclose(shaving().decide(full), [-1.5])


def test_what_a_transformers_cars_gave_is_not_given_to_the_supply_again() -> None:
    """0 is 1.5 kW over 0.95 x 30; the supply 5 kW over 40: 5 in all."""
    look = below_one_supply(
        2, [30.0, 20.0], [15.0, 15.0], zone=[0, 1], soc=0.9,
        rating_kw=[30.0, 100.0, np.inf],
    )  # fmt: skip
    given_kw = -shaving().decide(look)
    assert given_kw.sum() == pytest.approx(5.0)
    assert given_kw[0] >= 1.5
