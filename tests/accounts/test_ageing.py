"""Fade of batteries: against published numbers, and by the laws it must keep."""

from __future__ import annotations

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from tests.accounts.batteries import DRIVE, GIVE, by_slope, day, repeated
from twin.accounts.ageing import (
    Fade,
    advance,
    aged,
    daily_cycle,
    follow,
    fresh,
    of_capacity,
    powered,
    rest,
)
from twin.accounts.chemistries import CHEMISTRIES, LFP, NMC
from twin.accounts.stress import (
    Stress,
    anode_potential_v,
    battery_degc,
    full_cycles,
)

CALENDAR = (
    (NMC, 15, 0.5, 5.397422e-4, 0.995556, 0.989906),
    (NMC, 15, 0.8, 2.011388e-3, 0.983439, 0.962386),
    (NMC, 25, 0.5, 1.232597e-3, 0.989851, 0.976950),
    (NMC, 25, 0.8, 4.395100e-3, 0.963812, 0.917809),
    (NMC, 35, 0.5, 2.667960e-3, 0.978033, 0.950108),
    (NMC, 35, 0.8, 9.128697e-3, 0.924837, 0.829288),
    (LFP, 15, 0.5, 2.562791e-4, 0.994280, 0.980831),
    (LFP, 25, 0.5, 4.946233e-4, 0.988960, 0.963003),
    (LFP, 25, 0.8, 6.996318e-4, 0.984385, 0.947669),
    (LFP, 35, 0.5, 9.147491e-4, 0.979583, 0.931578),
    (LFP, 35, 0.8, 1.279411e-3, 0.971444, 0.904302),
)
EXACT_CALENDAR = (
    (NMC, 25, 0.5, 0.989871, 0.976956),
    (NMC, 25, 0.8, 0.963883, 0.917831),
    (LFP, 25, 0.5, 0.988984, 0.963014),
    (LFP, 25, 0.8, 0.984418, 0.947684),
)
CYCLED = (
    (NMC, 25, DRIVE, 3.036952e-3, 6.063020e-5,
     0.99694919, 0.973648, 0.935315, 0.943207, 0.992108),
    (NMC, 25, GIVE, 2.538748e-3, 7.478119e-5,
     0.99742107, 0.975188, 0.929671, 0.952524, 0.977147),
    (NMC, 35, DRIVE, 6.372022e-3, 1.123852e-4,
     0.99360229, 0.945080, 0.866804, 0.880839, 0.985965),
    (NMC, 35, GIVE, 5.341482e-3, 1.386157e-4,
     0.99458404, 0.948882, 0.859454, 0.900111, 0.959343),
    (LFP, 25, DRIVE, 6.249196e-4, 7.388221e-5,
     0.99935972, 0.984036, 0.940027, 0.953257, 0.986770),
    (LFP, 25, GIVE, 5.807777e-4, 8.758992e-5,
     0.99937400, 0.981113, 0.918150, 0.956559, 0.961592),
    (LFP, 35, DRIVE, 1.146813e-3, 5.821276e-5,
     0.99884109, 0.972825, 0.904020, 0.914220, 0.989799),
    (LFP, 35, GIVE, 1.067965e-3, 6.901324e-5,
     0.99889641, 0.971524, 0.890418, 0.920118, 0.970300),

)  # fmt: skip
EXACT_CYCLED = (
    (NMC, DRIVE, 0.973699, 0.935331),
    (NMC, GIVE, 0.975234, 0.929688),
    (LFP, DRIVE, 0.984067, 0.940043),
    (LFP, GIVE, 0.981147, 0.918168),
)
BOTH = pytest.mark.parametrize("chemistry", [NMC, LFP], ids=["nmc", "lfp"])
shares = st.floats(0.0, 1.0)


@pytest.mark.parametrize(
    "soc, volt",
    [
        (0, 0.684354), (0.2, 0.180521), (0.35, 0.137462), (0.5, 0.123304),
        (0.65, 0.114787), (0.725, 0.104562), (0.8, 0.094263), (1, 0.086382),
    ],
)  # fmt: skip
def test_anode_potential(soc: float, volt: float) -> None:
    """Case UA."""
    found = anode_potential_v(np.array([[float(soc), 0.5], [soc, 0.9]]))
    assert found[:, 0] == pytest.approx([volt, volt], abs=1e-6)


def test_full_cycles_of_a_course_with_small_steps_between_its_turns() -> None:
    soc = np.array([0.65, 0.80, 0.725, 0.65, 0.35, 0.80, 0.725, 0.65])
    assert full_cycles(soc) == pytest.approx(0.60)


@pytest.mark.parametrize(
    "knots, cycles, depth, rate",
    [(DRIVE, 0.15, 0.15, 0.009375), (GIVE, 0.45, 0.45, 0.034375)],
)
def test_stress_of_the_reference_days(knots, cycles, depth, rate) -> None:
    stress = day(knots, 25)
    assert stress.days == 1.0
    assert stress.full_cycles[0] == pytest.approx(cycles)
    assert stress.depth[0] == pytest.approx(depth)
    assert stress.c_rate_per_h[0] == pytest.approx(rate)


def test_slow_drifts_are_no_rate() -> None:
    """0.009 an hour is idle, 0.011 counts; the first and last interval count half."""
    hours = np.arange(25.0)[:, None]
    slow, quick = (
        Stress(speed * hours, 25 + 0 * hours, 1.0) for speed in (0.009, 0.011)
    )
    assert slow.c_rate_per_h[0] == 0.0
    assert quick.c_rate_per_h[0] == pytest.approx(0.011 * 23 / 24)


@pytest.mark.parametrize("chemistry, degc, soc, k, one, ten", CALENDAR)
def test_calendar_fade_is_the_packages(chemistry, degc, soc, k, one, ten) -> None:
    """Cases K (Kokam) and L (LFP), at rest. The package's slope loses a fifth of a
    percent of the loss in the first year."""
    at_rest = rest(np.array([soc]), degc)
    assert chemistry.rates(at_rest).calendar[0] == pytest.approx(k, rel=1e-6)
    for days, left in ((365, one), (3650, ten)):
        lost, by_cycles = by_slope(chemistry, at_rest, days)
        assert by_cycles == 0
        assert 1 - lost == pytest.approx(left, abs=1e-6)
        fade = repeated(chemistry, at_rest, days)
        assert 1 - fade.capacity[0] == pytest.approx(1 - left, rel=0.0025)


@pytest.mark.parametrize("chemistry, degc, soc, one, ten", EXACT_CALENDAR)
def test_calendar_fade_carried_on_exactly(chemistry, degc, soc, one, ten) -> None:
    """Cases K and L, at rest."""
    for days, left in ((365, one), (3650, ten)):
        fade = repeated(chemistry, rest(np.array([soc]), degc), days)
        assert fade.capacity[0] == pytest.approx(left, abs=1e-6)


@pytest.mark.parametrize(
    "chemistry, degc, knots, k, per_cycle, day_1, one, ten, time_10, cycle_10", CYCLED
)
def test_cycled_fade_is_the_packages(
    chemistry, degc, knots, k, per_cycle, day_1, one, ten, time_10, cycle_10
) -> None:
    """Cases K and L, days D and V."""
    stress = day(knots, degc)
    rates = chemistry.rates(stress)
    assert rates.calendar[0] == pytest.approx(k, rel=1e-6)
    both = rates.cycling[0] + rates.cycling_by_capacity[0]
    assert both == pytest.approx(per_cycle, rel=1e-6)
    assert 1 - sum(by_slope(chemistry, stress, 1)) == pytest.approx(day_1, abs=1e-8)
    assert 1 - sum(by_slope(chemistry, stress, 365)) == pytest.approx(one, abs=1e-6)
    by_time, by_cycles = by_slope(chemistry, stress, 3650)
    assert 1 - by_time == pytest.approx(time_10, abs=1e-6)
    assert 1 - by_cycles == pytest.approx(cycle_10, abs=1e-6)
    assert 1 - by_time - by_cycles == pytest.approx(ten, abs=1e-6)
    assert repeated(chemistry, stress, 3650).capacity[0] == pytest.approx(ten, abs=1e-4)


@pytest.mark.parametrize("chemistry, knots, one, ten", EXACT_CYCLED)
def test_cycled_fade_carried_on_exactly(chemistry, knots, one, ten) -> None:
    """Cases K and L, days D and V."""
    for days, left in ((365, one), (3650, ten)):
        fade = repeated(chemistry, day(knots, 25), days)
        assert fade.capacity[0] == pytest.approx(left, abs=1e-6)


@pytest.mark.parametrize("knots, cycles", [(DRIVE, 53.699), (GIVE, 161.357)])
def test_cycles_count_by_the_capacity_that_is_left(knots, cycles) -> None:
    stress, counted, fade = day(knots, 25), 0.0, fresh(1)
    for _ in range(365):
        counted += stress.full_cycles[0] * fade.capacity[0]
        fade = advance(NMC, fade, NMC.rates(stress))
    assert counted == pytest.approx(cycles, rel=1e-4)


@BOTH
def test_one_kind_of_day_may_be_taken_at_once(chemistry) -> None:
    """But for cycles counting by the capacity that is left, which moves in between."""
    stress = day(GIVE, 25)
    at_once, by_day = aged(chemistry, stress, 1.0), repeated(chemistry, stress, 365)
    assert at_once.calendar == pytest.approx(by_day.calendar, rel=1e-12)
    assert at_once.cycling == pytest.approx(by_day.cycling, rel=0.02)


@BOTH
@given(
    soc=shares, degc=st.floats(-30, 50), cuts=st.lists(st.floats(0.01, 1), min_size=1)
)
def test_however_even_conditions_are_cut_the_end_is_the_same(
    chemistry, soc, degc, cuts
) -> None:
    rates = chemistry.rates(rest(np.array([soc]), degc))
    whole = advance(chemistry, fresh(1), rates)
    parts = follow(chemistry, fresh(1), [rates.times(c / sum(cuts)) for c in cuts])
    assert parts.calendar == pytest.approx(whole.calendar, rel=1e-9)


@given(
    rate=st.floats(1e-6, 1e-2), p=st.floats(0.3, 0.9), x=st.floats(0, 1e4),
    dx=st.floats(0, 1e3), cut=shares,
)  # fmt: skip
def test_a_power_law_forgets_how_it_was_cut(rate, p, x, dx, cut) -> None:
    k = np.array([rate])
    y = k * x**p
    whole = powered(y, k, p, dx)
    parts = powered(powered(y, k, p, cut * dx), k, p, (1 - cut) * dx)
    assert parts == pytest.approx(whole, rel=1e-8)
    assert whole == pytest.approx(k * (x + dx) ** p, rel=1e-8)


@BOTH
@given(
    courses=st.lists(st.lists(shares, min_size=5, max_size=5), min_size=1, max_size=5),
    degc=st.lists(st.floats(-25, 45), min_size=5, max_size=5),
)
def test_fade_never_falls(chemistry, courses, degc) -> None:
    fade = aged(chemistry, daily_cycle(np.array([0.8]), np.array([0.6]), 15.0), 3.0)
    for soc, warmth in zip(courses, degc, strict=False):
        stress = Stress(np.array(soc)[:, None], np.full((5, 1), warmth), 6.0)
        after = advance(chemistry, fade, chemistry.rates(stress))
        assert after.calendar >= fade.calendar
        assert after.cycling >= fade.cycling
        assert after.material >= fade.material
        assert after.capacity <= fade.capacity
        fade = after


@BOTH
@given(soc=st.floats(0.05, 1.0), cold=st.floats(0, 34), more=st.floats(1, 10))
def test_warmer_fades_quicker_within_the_fitted_range(
    chemistry, soc, cold, more
) -> None:
    low, high = chemistry.fitted_degc
    cold = max(cold, low)
    slow, quick = (
        chemistry.rates(rest(np.array([soc]), degc)).calendar[0]
        for degc in (cold, min(cold + more, high))
    )
    assert quick > slow


@BOTH
def test_beyond_the_fitted_range_the_nearest_temperature_is_taken(chemistry) -> None:
    low, high = chemistry.fitted_degc
    for beyond, nearest in ((low - 20, low), (high + 9, high)):
        mine, same = (chemistry.rates(day(GIVE, degc)) for degc in (beyond, nearest))
        assert mine.calendar == same.calendar
        assert mine.cycling == same.cycling


@BOTH
@given(order=st.permutations(range(6)))
def test_the_order_of_cars_is_nothing(chemistry, order) -> None:
    draws = np.random.default_rng(3).random((25, 6))
    degc = np.linspace(5, 25, 25)[:, None]
    straight = advance(chemistry, fresh(6), chemistry.rates(Stress(draws, degc, 1.0)))
    mixed = advance(
        chemistry, fresh(6), chemistry.rates(Stress(draws[:, order], degc, 1.0))
    )
    assert mixed.capacity == pytest.approx(straight.capacity[list(order)], rel=1e-12)


def test_deep_cycles_reach_the_knee() -> None:
    """Two full cycles a day at 25 degC: knee at 1e4 - 153 x 30 x 0.5 / 0.6 = 6175."""
    stress = Stress(
        np.array([[1.0], [0.0], [1.0], [0.0], [1.0]]), np.full((5, 1), 25.0), 6.0
    )
    rates = NMC.rates(stress)
    assert rates.knee_cycles[0] == pytest.approx(1e4 - 153 * 30 * 0.5 / 0.6)
    early, late = (advance(NMC, fresh(1), rates.times(n)) for n in (300, 3500))
    assert early.material[0] == pytest.approx((600 / 6175) ** 10 / 2, rel=1e-6)
    assert late.material[0] == pytest.approx(np.tanh((7000 / 6175) ** 10 / 2))
    assert late.capacity[0] == pytest.approx(1.01 - late.material[0])
    again = advance(NMC, Fade(late.calendar, late.cycling, early.material), rates)
    assert again.material[0] > early.material[0]


def test_deep_cycles_in_the_cold_keep_a_knee() -> None:
    course = np.array([[1.0], [1.0], [0.0], [1.0], [1.0]])
    rates = NMC.rates(Stress(course, np.full((5, 1), -20.0), 6.0))
    assert rates.knee_cycles[0] == 100.0
    assert np.isfinite(advance(NMC, fresh(1), rates).capacity).all()


def test_a_measured_capacity_is_a_start() -> None:
    fade = of_capacity(np.array([0.9, 0.95]), cycling_share=0.2)
    assert fade.capacity == pytest.approx([0.9, 0.95])
    assert fade.cycling == pytest.approx([0.02, 0.01])


def test_a_battery_that_has_aged_fades_slower() -> None:
    stress = day(DRIVE, 25)
    old = aged(NMC, stress, 3.0)
    rates = NMC.rates(stress)
    of_new = 1 - advance(NMC, fresh(1), rates).capacity
    of_old = old.capacity - advance(NMC, old, rates).capacity
    assert of_old[0] < of_new[0] / 30


def test_batteries_lag_the_air() -> None:
    """A step from 0 to 10 degC: after 15 h 63 % of it; a day's mean is the start."""
    air = np.concatenate([np.zeros(24), np.full(15, 10.0)])
    course = battery_degc(air, 1.0)
    assert len(course) == len(air) + 1
    assert course[0] == course[24] == 0.0
    assert course[-1] == pytest.approx(10 * (1 - np.exp(-1)))
    even = battery_degc(np.tile([0.0, 20.0], 24), 1.0)
    assert even[0] == 10.0
    assert np.abs(even - 10).max() < 1.0


def test_chemistries_are_known_by_name() -> None:
    assert dict(CHEMISTRIES) == {"nmc": NMC, "lfp": LFP}
    assert isinstance(fresh(2), Fade)
