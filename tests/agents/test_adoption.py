"""Households who buy: totals met exactly, nested, clustered by peers."""

from __future__ import annotations

from itertools import pairwise
from typing import Any

import networkx as nx
import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from twin.agents.adoption import EV, HEAT_PUMP, PV, Adoption, Habits, Traits, lived
from twin.errors import InputError

HABITS = {
    "peer_effect": 5.0,
    "further_car": 0.5,
    "car_years": 10.0,
    "enrolment_per_year": 0.1,
    "enrolled_at_start": 0.3,
}


def traits(n: int, cars: int = 2, **other: Any) -> Traits:
    words = {
        "cars": np.full(n, cars),
        "ev_appetite": np.ones(n),
        "appetite": np.ones(n),
        "known_evs": np.full(n, -1),
        "has_pv": np.zeros(n, dtype=bool),
    }
    return Traits(**(words | other))


def street(n: int) -> nx.Graph:
    """Each home between two others."""
    return nx.cycle_graph(n) if n > 2 else nx.path_graph(n)


def years(n: int, totals: dict[int, dict[str, int]], seed: int = 1, **words: Any):
    habits = Habits(**(HABITS | {k: v for k, v in words.items() if k in HABITS}))
    of = traits(n, **{k: v for k, v in words.items() if k not in HABITS})
    return lived(Adoption(of, street(n), habits, seed), totals)


def evs(*counts: int) -> dict[int, dict[str, int]]:
    return {2026 + year: {EV: count} for year, count in enumerate(counts)}


def owners(owned) -> set[tuple[int, int]]:
    return set(zip(owned.home.tolist(), owned.ordinal.tolist(), strict=True))


RISING = st.lists(st.integers(0, 120), min_size=1, max_size=6).map(sorted)


@settings(max_examples=40, deadline=None)
@given(RISING, st.integers(0, 9), st.sampled_from((0.0, 5.0, 100.0)))
def test_totals_are_met_exactly_and_nobody_loses_a_car(counts, seed, peer):
    course = years(60, evs(*counts), seed, peer_effect=peer)
    assert [len(owned) for owned in course] == counts
    for before, after in pairwise(course):
        assert owners(before) <= owners(after)
        assert (before.enrolled <= after.enrolled).all()
    assert np.bincount(course[-1].home, minlength=60).max(initial=0) <= 2


@settings(max_examples=20, deadline=None)
@given(RISING, st.integers(0, 9))
def test_pv_and_heat_pumps_meet_totals_of_their_own(counts, seed):
    counts = [min(count, 60) for count in counts]
    asked = {
        2026 + k: {EV: 5 * k, PV: n, HEAT_PUMP: n // 2} for k, n in enumerate(counts)
    }
    course = years(60, asked, seed)
    assert [int(owned.pv.sum()) for owned in course] == counts
    assert [int(owned.heat_pump.sum()) for owned in course] == [n // 2 for n in counts]
    for before, after in pairwise(course):
        assert (before.pv <= after.pv).all()


@settings(max_examples=25, deadline=None)
@given(st.integers(0, 60), st.integers(0, 60), st.integers(0, 9))
def test_without_peers_owners_of_a_lower_total_are_among_those_of_a_higher(a, b, seed):
    few, many = sorted((a, b))
    low = years(60, evs(few // 2, few), seed, peer_effect=0.0)[-1]
    high = years(60, evs(many // 3, many), seed, peer_effect=0.0)[-1]
    assert owners(low) <= owners(high)


def joins(owned, n: int) -> int:
    """Pairs of neighbours in the street who both own one."""
    has = np.bincount(owned.home, minlength=n) > 0
    return int((has & np.roll(has, 1)).sum())


def test_a_peer_effect_clusters():
    """Join counts over 20 seeds: without peers as by chance, with them far above."""
    n, k = 300, 75
    by_chance = n * (k * (k - 1)) / (n * (n - 1))
    told = {}
    for peer in (0.0, 20.0):
        found = [
            joins(years(n, evs(15, 30, 45, 60, k), s, cars=1, peer_effect=peer)[-1], n)
            for s in range(20)
        ]
        told[peer] = np.mean(found)
    assert told[0.0] == pytest.approx(by_chance, rel=0.1)
    assert told[20.0] > 1.5 * by_chance


def test_homes_with_more_appetite_buy_in_that_proportion():
    """Few buy in a year: then hazards are as weights are."""
    appetite = np.where(np.arange(2000) < 1000, 3.0, 1.0)
    first = years(2000, evs(200), ev_appetite=appetite, peer_effect=0.0)[0]
    eager = int((first.home < 1000).sum())
    assert eager == pytest.approx(150, abs=15)


def test_one_without_appetite_buys_last():
    appetite = np.array([1.0, 0.0, 1.0, 1.0])
    course = years(4, evs(3, 4), cars=1, ev_appetite=appetite)
    assert 1 not in course[0].home and 1 in course[1].home


def test_by_hand_the_hazard_of_a_year_is_what_the_last_buyer_could_bear():
    """One home of weight 1, no peers: pull = -ln(1 - u), whenever it buys."""
    from twin.randomness import Purpose, uniform

    drawn = float(-np.log1p(-uniform(7, Purpose.BUYS_EV, np.array([0])))[0])
    assert years(1, evs(1), 7, cars=1)[0].pull[EV] == pytest.approx(drawn)


def test_a_car_at_its_end_is_followed_by_another_of_a_later_year():
    course = years(80, evs(*[80] * 30), car_years=4.0)
    last = course[-1]
    assert owners(course[0]) == owners(last)
    assert (last.replaced >= 4).all() and (last.year - last.bought <= 6).all()
    same = course[0].bought
    assert (same <= 2026).all() and (same > 2026 - 6).all()


def test_the_same_seed_gives_the_same_and_another_does_not():
    one, same, other = (years(80, evs(10, 20, 40), s)[-1] for s in (1, 1, 2))
    assert owners(one) == owners(same) and (one.bought == same.bought).all()
    assert owners(one) != owners(other)


def test_known_cars_stand_at_the_start():
    known = np.full(10, -1)
    known[[2, 5]] = 2, 0
    course = years(10, evs(6, 12), known_evs=known)
    first = np.bincount(course[0].home, minlength=10)
    assert (first[2], first[5]) == (2, 0)
    with pytest.raises(InputError) as told:
        years(10, evs(1), known_evs=known)
    assert str(told.value) == (
        "adoption.totals: 2026: 1 EVs, but 2 are there already (customers.file knows "
        "them)"
    )


def test_more_than_homes_own_cars_is_refused():
    with pytest.raises(InputError) as told:
        years(10, evs(21))
    assert str(told.value) == (
        "adoption.totals: 2026: 21 EVs, but these homes take at most 20: as many cars "
        "of any kind as they own (twin/data/adoption)"
    )


def test_enrolment_has_a_hazard_of_its_own_and_starts_at_its_share():
    course = years(
        4000,
        evs(*[4000] * 6),
        cars=1,
        peer_effect=0.0,
        enrolment_per_year=0.2,
        enrolled_at_start=0.25,
    )
    shares = [float(owned.enrolled.mean()) for owned in course]
    asked = [1.0 - 0.75 * np.exp(-0.2 * k) for k in range(6)]
    assert shares == pytest.approx(asked, abs=0.03)
