"""Transformers' temperatures and ageing: worked cases, and laws."""

from __future__ import annotations

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from twin.accounts.life import none_yet, plus
from twin.accounts.ratings import CLASSES, GUIDE_OF_REGION, Thermal, ThermalClass
from twin.accounts.thermal import Course, ageing, follow, steady

IEEE = ThermalClass("worked", np.inf, 53, 27, 5, 0.8, 1.6, 6, 5 / 60)
IEC = ThermalClass("worked", np.inf, 55, 23, 5, 0.8, 1.6, 3, 4 / 60, k22=2.0)
BIG = CLASSES["iec"][1]
loadings = st.floats(0.0, 2.0)


def run(guide, kind, start, loading, step_h, air=30.0):
    """One transformer from rest at a loading; its course and end."""
    thermal = Thermal.of(guide, (kind,))
    loads = np.asarray(loading, float)[:, None]
    warmth = steady(thermal, np.array([start]), air)
    return follow(thermal, warmth, loads, np.full(len(loads), air), step_h)


@pytest.mark.parametrize(
    "degc, factor",
    [
        (80, 0.035849), (90, 0.115576), (98, 0.281738), (100, 0.349943), (110, 1.0),
        (116, 1.829567), (117, 2.019707), (120, 2.708925), (130, 6.984177),
        (140, 17.199465), (150, 40.589035), (160, 92.061656), (180, 424.923044),
    ],
)  # fmt: skip
def test_ageing_of_upgraded_paper(degc: float, factor: float) -> None:
    """Case FAA."""
    assert ageing("ieee", np.array([degc]))[0] == pytest.approx(factor, abs=1e-6)


def test_ageing_of_plain_paper_doubles_every_six_kelvin() -> None:
    assert ageing("iec", np.array([98.0, 104.0, 92.0])).tolist() == [1.0, 2.0, 0.5]


def test_a_day_of_hours_by_ieee() -> None:
    """Case T-1."""
    course, _ = run("ieee", IEEE, 0.5, [0.5] * 18 + [1.2] * 4 + [0.8] * 2, 1.0)
    rows = [17, 18, 19, 20, 21, 22, 23]
    rise = course.top_oil_degc[rows, 0] - 30
    assert rise == pytest.approx(
        [24.1825, 30.9164, 36.6166, 41.4416, 45.5260, 44.6536, 43.9151], abs=6e-5
    )
    over = (course.hot_spot_degc - course.top_oil_degc)[rows, 0]
    assert over == pytest.approx(
        [8.9067, 36.1453, 36.1455, 36.1455, 36.1455, 18.8934, 18.8933], abs=6e-5
    )
    assert course.hot_spot_degc[rows, 0] == pytest.approx(
        [63.0892, 97.0617, 102.7620, 107.5871, 111.6714, 93.5470, 92.8084], abs=6e-5
    )
    assert course.ageing[rows, 0] == pytest.approx(
        [0.004226, 0.254288, 0.470297, 0.780125, 1.185511, 0.172396, 0.158725], abs=1e-6
    )
    assert np.ptp(course.hot_spot_degc[:18]) < 1e-9
    life = plus(none_yet(1), course, 1.0)
    assert life.rate[0] == pytest.approx(0.1290586, abs=1e-7)
    assert life.aged_h[0] == pytest.approx(3.0974075, abs=1e-6)
    assert 100 * life.life_used[0] == pytest.approx(0.00172078, abs=1e-8)
    assert life.aged_h_per_day[0] == pytest.approx(3.0974075, abs=1e-6)
    assert (life.hottest_step[0], life.above_110_h[0], life.above_140_h[0]) == (
        21,
        1,
        0,
    )


def test_quarter_hours_by_ieee() -> None:
    """Case T-2."""
    course, _ = run("ieee", IEEE, 0.5, [1.5] * 16, 0.25)
    rows = [0, 3, 15]
    oil, hot = course.top_oil_degc[rows, 0], course.hot_spot_degc[rows, 0]
    assert oil - 30 == pytest.approx([27.0241, 34.8721, 58.0636], abs=6e-5)
    assert hot - oil == pytest.approx([49.5264, 51.6544, 51.6547], abs=6e-5)
    assert hot == pytest.approx([106.5505, 116.5265, 139.7183], abs=6e-5)
    assert course.ageing[rows, 0] == pytest.approx(
        [0.700516, 1.927452, 16.778286], abs=1e-6
    )


def test_minutes_by_iec() -> None:
    """Case T-3."""
    start = steady(Thermal.of("iec", (IEC,)), np.array([0.5]), 30.0)
    assert start.oil[0] == pytest.approx(55.095029, abs=1e-6)
    assert start.oil[0] + start.slow[0] == pytest.approx(62.682200, abs=1e-6)
    course, _ = run("iec", IEC, 0.5, [1.5] * 240, 1 / 60)
    rows = [0, 14, 29, 59, 239]
    assert course.top_oil_degc[rows, 0] == pytest.approx(
        [55.495351, 60.872479, 66.187990, 75.577979, 108.306207], abs=1e-6
    )
    assert course.hot_spot_degc[rows, 0] == pytest.approx(
        [67.361394, 99.290207, 109.333738, 119.559984, 152.308352], abs=1e-6
    )


def by_euler(kind: ThermalClass, start: float, load: float, minutes: int, air: float):
    """IEC's three equations in explicit steps of a minute: oil, hot spot, ageing."""

    def tends(k):
        losses = (
            (1 + kind.loss_ratio * k**2) / (1 + kind.loss_ratio)
        ) ** kind.oil_exponent
        return (
            kind.top_oil_rise_k * losses,
            kind.hot_spot_rise_k * k**kind.winding_exponent,
        )

    (rise, winding), (to_oil, to) = tends(start), tends(load)
    oil, one, two = air + rise, kind.k21 * winding, (kind.k21 - 1) * winding
    aged, step = 0.0, 1 / 60
    found = []
    for _ in range(minutes):
        oil += step / (kind.k11 * kind.oil_h) * (to_oil - (oil - air))
        one += step / (kind.k22 * kind.winding_h) * (kind.k21 * to - one)
        two += step / (kind.oil_h / kind.k22) * ((kind.k21 - 1) * to - two)
        aged += 2 ** ((oil + one - two - 98) / 6)
        found.append((oil, oil + one - two, aged))
    return np.array(found)


def test_explicit_steps_lie_beside_the_exact_ones() -> None:
    """The worked case's Euler column, and its 32,533 minutes of ageing."""
    euler = by_euler(IEC, 0.5, 1.5, 240, 30.0)
    rows = [0, 14, 29, 59, 239]
    assert euler[rows, 0] == pytest.approx(
        [55.4965, 60.8879, 66.2164, 75.6261, 108.3769], abs=6e-5
    )
    assert euler[rows, 1] == pytest.approx(
        [67.6355, 99.9765, 109.5555, 119.6161, 152.3790], abs=6e-5
    )
    assert euler[-1, 2] == pytest.approx(32_533, abs=0.6)
    course, _ = run("iec", IEC, 0.5, [1.5] * 240, 1 / 60)
    exact = 60 * plus(none_yet(1), course, 1 / 60).aged_h[0]
    assert exact == pytest.approx(euler[-1, 2], rel=0.012)


def test_the_part_that_the_oil_takes_back() -> None:
    """A large one, k21 = 2: after a step up its hot spot overshoots, and comes back."""
    course, _ = run("iec", BIG, 0.5, [1.2] * 900, 1 / 60)
    euler = by_euler(BIG, 0.5, 1.2, 900, 30.0)
    assert course.hot_spot_degc[:, 0] == pytest.approx(euler[:, 1], abs=0.7)
    over = (course.hot_spot_degc - course.top_oil_degc)[:, 0]
    assert over.max() > 1.2 * over[-1]
    assert over[-1] == pytest.approx(26 * 1.2**1.3, rel=0.01)


@pytest.mark.parametrize("guide, kind", [("ieee", IEEE), ("iec", IEC), ("iec", BIG)])
@given(load=st.lists(loadings, min_size=1, max_size=6), parts=st.integers(2, 5))
def test_however_steps_are_cut_the_end_is_the_same(guide, kind, load, parts) -> None:
    whole, end = run(guide, kind, 0.4, load, 1.0)
    cut, same = run(guide, kind, 0.4, np.repeat(load, parts), 1.0 / parts)
    assert cut.hot_spot_degc[parts - 1 :: parts] == pytest.approx(
        whole.hot_spot_degc, abs=1e-9
    )
    assert same.oil == pytest.approx(end.oil, abs=1e-9)


@pytest.mark.parametrize("guide, kind", [("ieee", IEEE), ("iec", IEC), ("iec", BIG)])
@given(load=loadings)
def test_a_steady_state_stays(guide, kind, load) -> None:
    course, end = run(guide, kind, load, [load] * 5, 2.0)
    assert np.ptp(course.hot_spot_degc) < 1e-9
    assert end.oil == pytest.approx(
        steady(Thermal.of(guide, (kind,)), np.array([load]), 30.0).oil
    )


@pytest.mark.parametrize("guide, kind", [("ieee", IEEE), ("iec", IEC)])
@given(load=st.lists(loadings, min_size=3, max_size=8), more=st.floats(0.01, 0.5))
def test_more_load_and_warmer_air_age_more(guide, kind, load, more) -> None:
    loads = np.array(load)
    plain, loaded = (run(guide, kind, 0.5, x, 0.5)[0] for x in (loads, loads + more))
    warmer, _ = run(guide, kind, 0.5, loads, 0.5, air=30.0 + more)
    assert (loaded.ageing > plain.ageing).all()
    assert (warmer.ageing > plain.ageing).all()


def test_power_that_runs_back_warms_alike() -> None:
    there, back = (
        run("iec", IEC, 0.5, load, 0.25)[0] for load in ([1.2] * 8, [-1.2] * 8)
    )
    assert (there.hot_spot_degc == back.hot_spot_degc).all()


def test_steps_without_a_solution_are_counted_and_bridged() -> None:
    gap = [0.8, 1.0, np.nan, np.nan, 1.0, 1.0]
    full = [0.8, 1.0, 1.0, 1.0, 1.0, 1.0]
    found, same = (run("ieee", IEEE, 0.8, load, 1.0)[0] for load in (gap, full))
    assert (
        np.isnan(found.hot_spot_degc[2:4]).all() and np.isnan(found.ageing[2:4]).all()
    )
    assert (found.hot_spot_degc[4:] == same.hot_spot_degc[4:]).all()
    life = plus(none_yet(1), found, 1.0)
    assert (life.known_h[0], life.unknown_h[0], life.hottest_step[0]) == (4, 2, 5)
    known = same.ageing[[0, 1, 4, 5], 0]
    assert life.rate[0] == pytest.approx(known.mean())


def test_one_without_a_rating_has_no_temperature() -> None:
    thermal = Thermal.by_rating("iec", np.array([400.0, np.nan]))
    loading = np.array([[0.5, np.nan]] * 4)
    start = steady(thermal, np.array([0.5, np.nan]), 10.0)
    course, _ = follow(thermal, start, loading, np.full(4, 10.0), 0.25)
    life = plus(none_yet(2), course, 0.25)
    assert np.isfinite(life.rate[0]) and np.isnan(life.rate[1])
    assert np.isnan(life.hot_spot_degc[1]) and life.hottest_step[1] == -1
    assert life.unknown_h.tolist() == [0.0, 1.0]
    assert life.aged_h[1] == life.above_110_h[1] == 0


def test_a_course_may_be_read_in_parts() -> None:
    rng = np.random.default_rng(1)
    thermal = Thermal.by_rating("ieee", np.array([25.0, 50.0, 500.0]))
    loads, air = 1.6 * rng.random((60, 3)), 40 * rng.random(60)
    start = steady(thermal, loads[0], air[0])
    whole, _ = follow(thermal, start, loads, air, 0.25)
    life, parts = plus(none_yet(3), whole, 0.25), none_yet(3)
    for first in range(0, 60, 17):
        rows = slice(first, first + 17)
        course, start = follow(thermal, start, loads[rows], air[rows], 0.25)
        parts = plus(parts, course, 0.25, first)
    assert parts.aged_h == pytest.approx(life.aged_h, rel=1e-12)
    for field in ("hot_spot_degc", "hottest_step", "above_110_h", "known_h"):
        assert (getattr(parts, field) == getattr(life, field)).all()


def test_nothing_recorded_leaves_all_as_it_was() -> None:
    thermal = Thermal.by_rating("iec", np.array([400.0]))
    start = steady(thermal, np.array([0.7]), 20.0)
    course, end = follow(thermal, start, np.empty((0, 1)), np.empty(0), 0.25)
    assert end is start
    assert plus(none_yet(1), course, 0.25).known_h.tolist() == [0.0]


def test_hours_above_the_thresholds_are_of_the_hot_spot() -> None:
    degc = np.array([[109.9, 150.0], [110.1, 139.0], [140.5, 100.0]])
    life = plus(none_yet(2), Course(degc, degc, degc * 0), 0.5)
    assert life.above_110_h.tolist() == [1.0, 1.0]
    assert life.above_140_h.tolist() == [0.5, 0.5]
    assert life.hot_spot_degc.tolist() == [140.5, 150.0]
    assert life.hottest_step.tolist() == [2, 0]


def test_order_of_transformers_is_nothing() -> None:
    rng = np.random.default_rng(2)
    ratings, loads = np.array([100.0, 5000.0, 630.0]), 1.5 * rng.random((20, 3))
    order = [2, 0, 1]
    found = []
    for pick in ([0, 1, 2], order):
        thermal = Thermal.by_rating("iec", ratings[pick])
        start = steady(thermal, loads[0, pick], 15.0)
        found.append(follow(thermal, start, loads[:, pick], np.full(20, 15.0), 0.25)[0])
    assert (found[1].ageing == found[0].ageing[:, order]).all()


def test_classes_by_rating() -> None:
    ratings = np.array([25.0, 167.0, 168.0, 30_000.0, np.nan])
    assert Thermal.by_rating("ieee", ratings).classes == (
        "pole-mounted", "pole-mounted", "pad-mounted", "pad-mounted", "pole-mounted",
    )  # fmt: skip
    assert Thermal.by_rating("iec", ratings).classes == (
        "distribution", "distribution", "distribution", "medium power", "distribution",
    )  # fmt: skip
    assert dict(GUIDE_OF_REGION) == {"us": "ieee", "eu": "iec"}


@pytest.mark.parametrize("guide", ["ieee", "iec"])
def test_at_rated_load_and_usual_air_they_age_about_normally(guide) -> None:
    """80 K over 30 degC is 110; IEC's 78 K over 20 degC is 98 without a surcharge."""
    for kind in CLASSES[guide]:
        air = 30.0 if guide == "ieee" else 20.0 - kind.surcharge_k
        course, _ = run(guide, kind, 1.0, [1.0] * 3, 1.0, air)
        assert course.ageing[:, 0] == pytest.approx(np.ones(3), abs=1e-6)
