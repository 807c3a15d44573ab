"""The best possible: by hand, by brute force, by law, against the handbook's case."""

from __future__ import annotations

from itertools import product

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from twin.accounts import yardstick
from twin.accounts.flexibility import Flexibility, Stays, best_shares
from twin.accounts.yardstick import (
    Schedule,
    bracketed_peak,
    energy_cost,
    least_giving,
    lowest_cost,
    lowest_peak,
)
from twin.fleet.charging import (
    BATTERY_EFFICIENCY,
    CONVERTER,
    STANDBY_KW,
    converter_loss_kw,
)


def flexible(*cars, n_step: int, into: float = 1.0, out_of: float = 1.0) -> Flexibility:
    """Cars as (steps, charge kWh a step, give kWh a step, start, end, floor, most)."""
    rows = [
        (number, step, charge, give)
        for number, (steps, charge, give, *_) in enumerate(cars)
        for step in steps
    ]
    stay, step, charge, give = (np.array(part) for part in zip(*rows, strict=True))
    known = np.array([car[3:] for car in cars], dtype=float)
    ones = np.ones(len(cars))
    stays = Stays(
        np.arange(len(cars)), known[:, 0], known[:, 1], known[:, 2], known[:, 3],
        into * ones, out_of * ones,
    )  # fmt: skip
    assert step.max() < n_step
    return Flexibility(stays, stay, step, charge.astype(float), give.astype(float))


def replayed(flex: Flexibility, plan: Schedule) -> None:
    """Live the schedule slot by slot, knowing nothing of the programme."""
    assert (plan.charge_kwh >= -1e-7).all() and (plan.give_kwh >= -1e-7).all()
    assert (plan.charge_kwh <= flex.charge_kwh + 1e-7).all()
    assert (plan.give_kwh <= flex.give_kwh + 1e-7).all()
    for number in range(len(flex.stays)):
        car = flex.stays.chosen(np.array([number]))
        stored = float(car.start_kwh[0])
        for slot in np.flatnonzero(flex.stay == number):
            stored += plan.charge_kwh[slot] * float(car.into[0])
            stored -= plan.give_kwh[slot] / float(car.out_of[0])
            assert stored >= car.floor_kwh[0] - 1e-6
            assert stored <= car.most_kwh[0] + 1e-6
        assert stored >= car.end_kwh[0] - 1e-6


IMPORT = np.array([0.20] * 6 + [0.35] * 10 + [0.60] * 5 + [0.35] * 3)
EXPORT = np.where((np.arange(24) >= 16) & (np.arange(24) < 21), 0.45, 0.10)
DAY = range(24)


@pytest.mark.parametrize(
    ("give_kwh", "wear", "usd", "given_kwh"),
    [
        (0.0, 0.0, 3.913043, 0.0),
        (7.2, 0.0, 0.886731, 29.3222),
        (7.2, 0.05, 2.105739, 11.04),
        (7.2, 0.15, 3.209739, 11.04),
    ],
)
def test_the_handbooks_day_of_one_car(give_kwh, wear, usd, given_kwh):
    """Case LP: 60 kWh, half full to 80 %, floor 30 %, 7.2 kW, 0.92 each way, a day."""
    car = (DAY, 7.2, give_kwh, 30.0, 48.0, 18.0, 60.0)
    flex = flexible(car, n_step=24, into=0.92, out_of=0.92)
    best = lowest_cost(flex, flex.step, np.zeros(24), IMPORT, EXPORT, wear)
    assert best.usd == pytest.approx(usd, abs=1e-6)
    assert best.given_kwh == pytest.approx(given_kwh, abs=1e-4)
    replayed(flex, best.schedule)
    net = best.schedule.net_kwh
    paid = energy_cost(net, IMPORT, EXPORT).sum() + wear * best.given_kwh
    assert paid == pytest.approx(best.usd, abs=1e-6)


def test_the_handbooks_valley_is_the_lowest_peak():
    """Case VF."""
    base = np.array([1.0, 0.8, 0.7, 0.7, 0.8, 1.0])
    flex = flexible((range(6), 1.5, 0.0, 0.0, 2.4, 0.0, 9.0), n_step=6)
    best = lowest_peak(flex, base, np.ones(6))
    assert best.lower_kw == pytest.approx(1.233333, abs=1e-6)
    drawn = flex.load_kw(best.schedule.net_kwh, np.ones(6))
    assert (base + drawn).max() == pytest.approx(best.lower_kw, abs=1e-9)


def test_a_cars_losses_stand_in_the_peak():
    """Giving g takes 2 g; 2 g back take 2.5 g: 5 - g = 1 + 1.25 g, so g = 16 / 9."""
    car = (range(3), 3.0, 3.0, 4.0, 4.0, 0.0, 9.0)
    flex = flexible(car, n_step=3, into=0.8, out_of=0.5)
    best = lowest_peak(flex, np.array([1.0, 5.0, 1.0]), np.ones(3))
    assert best.lower_kw == pytest.approx(29.0 / 9.0, abs=1e-9)
    least = least_giving(flex, np.array([1.0, 5.0, 1.0]), np.ones(3), best.lower_kw)
    assert least.give_kwh.sum() == pytest.approx(16.0 / 9.0, abs=1e-6)
    replayed(flex, least)


def test_the_floor_and_what_fits_bind():
    base = np.array([0.0, 9.0, 0.0])
    car = (range(3), 9.0, 9.0, 4.0, 4.0, 3.0, 5.0)
    best = lowest_peak(flexible(car, n_step=3), base, np.ones(3))
    assert best.lower_kw == pytest.approx(7.0)  # one above the start, one below it


def test_nothing_is_given_that_does_not_lower_the_peak():
    base = np.array([1.0, 9.0, 5.0, 1.0])
    car = ((0, 2, 3), 3.0, 3.0, 4.0, 4.0, 0.0, 9.0)
    flex = flexible(car, n_step=4)
    best = bracketed_peak(flex, base, 1.0)
    assert best.lower_kw == best.upper_kw == pytest.approx(9.0)
    assert best.given_kwh == pytest.approx(0.0, abs=1e-6)


def test_without_cars_it_is_the_base_load():
    car = ((0,), 1.0, 1.0, 1.0, 1.0, 0.0, 2.0)
    none = flexible(car, n_step=2).of_cars(np.array([False]))
    assert lowest_peak(none, np.array([3.0, 7.0]), np.ones(2)).lower_kw == 7.0
    assert bracketed_peak(none, np.array([3.0, 7.0]), 0.25).upper_kw == 7.0


LEVELS = (-1.0, -0.5, 0.0, 0.5, 1.0)


@pytest.mark.parametrize("seed", range(6))
def test_no_schedule_on_a_grid_of_powers_is_lower(seed):
    """Two cars, three hours, every half kW: 15,625 schedules."""
    draw = np.random.default_rng(seed)
    base = draw.uniform(0.0, 2.0, 3)
    start = draw.choice([0.5, 1.0, 1.5], 2)
    end = np.minimum(start + draw.choice([-0.5, 0.0, 0.5], 2), 2.0)
    cars = [
        (range(3), 1.0, gives, start[n], end[n], 0.0, 2.0)
        for n, gives in enumerate((1.0, float(seed % 2)))
    ]
    flex = flexible(*cars, n_step=3)
    best = lowest_peak(flex, base, np.ones(3))
    replayed(flex, best.schedule)
    lowest = np.inf
    ways = [[p for p in product(LEVELS, repeat=3) if _lives(p, car)] for car in cars]
    for one, other in product(*ways):
        lowest = min(lowest, (base + np.array(one) + np.array(other)).max())
    assert best.lower_kw <= lowest + 1e-9
    assert best.lower_kw >= lowest - 1.0  # two cars, each off the grid by half a kW


def _lives(powers, car) -> bool:
    _, _, gives, stored, end, floor, most = car
    for power in powers:
        stored += power
        if power < -gives or not floor <= stored <= most:
            return False
    return stored >= end


@pytest.mark.parametrize("seed", range(4))
def test_no_payment_on_a_grid_of_powers_is_lower(seed):
    """One car, four hours; export pays less than import, or (odd seeds) more."""
    draw = np.random.default_rng(seed)
    base, price = draw.uniform(0.0, 1.0, 4), draw.uniform(0.1, 0.5, 4)
    export = price * (0.5 if seed % 2 == 0 else 1.5)
    car = (range(4), 1.0, 1.0, 1.0, 1.0, 0.0, 2.0)
    flex = flexible(car, n_step=4)
    best = lowest_cost(flex, flex.step, base, price, export, 0.01)
    replayed(flex, best.schedule)
    lowest = min(
        energy_cost(base + np.array(p), price, export).sum()
        + 0.01 * -np.minimum(p, 0.0).sum()
        for p in product(np.linspace(-1.0, 1.0, 9), repeat=4)
        if _lives(p, car)
    )
    assert best.usd <= lowest + 1e-9
    net = base + best.schedule.net_kwh
    paid = energy_cost(net, price, export).sum() + 0.01 * best.given_kwh
    if seed % 2 == 0:
        assert paid == pytest.approx(best.usd, abs=1e-9)
    assert paid >= best.usd - 1e-9


@st.composite
def problems(draw):
    """A few cars with charge to spare, and a load; some programmes have no solution."""
    n_step = draw(st.integers(4, 24))
    cars = []
    for _ in range(draw(st.integers(1, 5))):
        first = draw(st.integers(0, n_step - 2))
        last = draw(st.integers(first + 1, n_step))
        charge, give = draw(st.floats(0.5, 3.0)), draw(st.sampled_from((0.0, 1.0, 2.5)))
        start, most = draw(st.floats(1.0, 5.0)), 8.0
        could = min(most, start + 0.9 * charge * (last - first))
        end = draw(st.floats(min(1.0, could), could))
        cars.append((range(first, last), charge, give, start, end, 0.5, most))
    flex = flexible(*cars, n_step=n_step, into=0.9, out_of=0.9)
    base = draw(
        st.lists(st.floats(-2.0, 6.0), min_size=n_step, max_size=n_step).map(np.array)
    )
    return flex, base


@settings(max_examples=25)
@given(problems())
def test_laws_of_the_peak(problem):
    flex, base = problem
    hours = np.ones(len(base))
    best, one_way = (lowest_peak(f, base, hours) for f in (flex, flex.one_way))
    assert best.lower_kw <= one_way.lower_kw + 1e-6
    once = base + flex.load_kw(flex.one_way.at_once_kwh(), hours)
    assert one_way.lower_kw <= once.max() + 1e-6
    for which, plan in ((flex, best), (flex.one_way, one_way)):
        replayed(which, plan.schedule)
        load = base + which.load_kw(plan.schedule.net_kwh, hours)
        assert load.max() == pytest.approx(plan.lower_kw, abs=1e-6)
    mean = np.add.reduceat(base, range(0, len(base), 2)) / np.bincount(
        np.arange(len(base)) // 2
    )
    block = np.arange(len(base)) // 2
    widths = np.bincount(block).astype(float)
    by_pairs = lowest_peak(flex.merged(block), mean, widths)
    assert by_pairs.lower_kw <= best.lower_kw + 1e-6


@settings(max_examples=15)
@given(problems())
def test_the_bracket_holds_the_exact_answer(problem):
    flex, base = problem
    exact = lowest_peak(flex, base, np.ones(len(base)))
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(yardstick, "MOST_GIVING_SLOTS", 4)
        found = bracketed_peak(flex, base, 1.0)
    assert found.lower_kw <= exact.lower_kw + 1e-6
    assert found.upper_kw >= exact.lower_kw - 1e-6


def test_blocks_are_taken_apart_until_the_bracket_is_narrow(monkeypatch):
    draw = np.random.default_rng(3)
    cars = [
        (range(s, s + 40), 1.0, 1.0, 4.0, 6.0, 1.0, 9.0)
        for s in draw.integers(0, 56, 12)
    ]
    flex = flexible(*cars, n_step=96, into=0.95, out_of=0.95)
    base = 20.0 + 8.0 * np.sin(np.arange(96) / 15.0) + draw.normal(0.0, 0.5, 96)
    exact = bracketed_peak(flex, base, 1.0)
    monkeypatch.setattr(yardstick, "MOST_GIVING_SLOTS", 120)
    wide = bracketed_peak(flex, base, 1.0)
    assert exact.lower_kw == exact.upper_kw
    assert wide.lower_kw <= exact.lower_kw + 1e-6 <= wide.upper_kw + 2e-6
    assert wide.upper_kw - wide.lower_kw < 0.01 * exact.lower_kw


def test_charging_at_once_by_hand():
    flex = flexible(
        ((1, 2, 3), 2.0, 1.0, 1.0, 4.0, 0.0, 9.0),
        ((0, 1), 3.0, 1.0, 5.0, 4.0, 0.0, 9.0),
        n_step=4, into=0.75,
    )  # fmt: skip
    assert flex.at_once_kwh() == pytest.approx([2.0, 2.0, 0.0, 0.0, 0.0])


def test_a_cut_stay_begins_and_ends_at_what_was_stored():
    flex = flexible((range(4), 2.0, 1.0, 1.0, 4.0, 0.5, 9.0), n_step=4)
    stored = np.array([2.0, 0.25, 3.0, 4.0])
    cut = flex.cut(np.array([0, 0, 1, 1]), stored, 1e-6)
    assert cut.stay.tolist() == [0, 0, 1, 1]
    assert cut.stays.start_kwh.tolist() == [1.0, 0.25]
    assert cut.stays.end_kwh == pytest.approx([0.25, 4.0], abs=1e-5)
    assert cut.stays.floor_kwh == pytest.approx([0.25, 0.25], abs=1e-5)
    rest = cut.kept(cut.step >= 2)
    assert (len(rest.stays), rest.stay.tolist()) == (1, [0, 0])


def test_put_together_slots_have_what_their_intervals_have():
    flex = flexible(
        ((1, 2, 3), 2.0, 1.0, 1.0, 4.0, 0.5, 9.0),
        ((3,), 5.0, 0.0, 1.0, 4.0, 0.5, 9.0),
        n_step=4,
    )
    merged = flex.merged(np.array([0, 0, 1, 1]))
    assert merged.stay.tolist() == [0, 0, 1]
    assert merged.step.tolist() == [0, 1, 1]
    assert merged.charge_kwh.tolist() == [2.0, 4.0, 5.0]
    assert merged.give_kwh.tolist() == [1.0, 2.0, 0.0]


@pytest.mark.parametrize(
    ("charge_kw", "give_kw"), [(11.0, 7.4), (2.3, 0.0), (7.2, 9.6)]
)
def test_no_power_has_a_better_share(charge_kw, give_kw):
    """Against the converter itself, at every power of a fine grid."""
    into, out_of = best_shares(np.array([charge_kw]), np.array([give_kw]))
    rated, eta = max(charge_kw, give_kw), BATTERY_EFFICIENCY

    def lost(kw):
        return converter_loss_kw(kw, rated, *CONVERTER)

    powers = np.linspace(0.001, charge_kw, 4000)
    shares = [eta * (kw - lost(kw)) / kw for kw in powers]
    assert into[0] == pytest.approx(max(shares), abs=1e-6)
    assert into[0] >= max(shares) - 1e-12
    if give_kw:
        gives = np.linspace(0.001, give_kw, 4000)
        drains = [(kw + lost(kw)) / eta + STANDBY_KW for kw in gives]
        best = max(kw / drain for kw, drain in zip(gives, drains, strict=True))
        assert out_of[0] == pytest.approx(best, abs=1e-6)
        assert out_of[0] >= best - 1e-12
