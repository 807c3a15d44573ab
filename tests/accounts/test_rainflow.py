"""Rainflow: the standard's example, a day of charge, and laws."""

from __future__ import annotations

from collections import Counter

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from hypothesis.extra.numpy import arrays

from twin.accounts.rainflow import (
    Cycles,
    Depths,
    by_depth,
    follow,
    halves,
    none_cycled,
    nothing_yet,
    plus,
)

R_1 = [-2.0, 1, -3, 5, -1, 3, -4, 4, -2]
R_2 = [0.65, 0.80, 0.725, 0.65, 0.35, 0.80, 0.725, 0.65]
courses = st.integers(0, 60).flatmap(
    lambda n: arrays(np.float64, (n, 3), elements=st.integers(-9, 9).map(float))
)


def joined(parts: list[Cycles]) -> Cycles:
    return Cycles(
        np.concatenate([one.course for one in parts]),
        np.concatenate([one.depth for one in parts]),
        np.concatenate([one.count for one in parts]),
    )


def counted(values, cuts=()) -> Cycles:
    """All cycles of courses that are handed over in stretches. [n_sample, n_course]"""
    residue, parts = nothing_yet(values.shape[1]), []
    for stretch in np.split(values, cuts):
        closed, residue = follow(residue, stretch)
        parts.append(closed)
    return joined([*parts, halves(residue)])


def tally(cycles: Cycles, course: int = 0) -> dict[float, float]:
    """How many of each depth."""
    found: Counter[float] = Counter()
    mine = cycles.course == course
    for depth, count in zip(cycles.depth[mine], cycles.count[mine], strict=True):
        found[round(float(depth), 9)] += float(count)
    return dict(found)


def test_r_1_the_example_of_astm_e1049() -> None:
    """Case R-1."""
    found = tally(counted(np.array(R_1)[:, None]))
    assert found == {3: 0.5, 4: 1.5, 6: 0.5, 8: 1.0, 9: 0.5}


def test_r_2_a_course_of_charge() -> None:
    """Case R-2: 0.725 on the way is no reversal; 0.60 equivalent full cycles."""
    cycles = counted(np.array(R_2)[:, None])
    assert tally(cycles) == {0.15: 1.0, 0.45: 1.0}
    depths = by_depth(cycles, 1)
    assert depths.full_cycles.sum() == pytest.approx(0.60)
    assert depths.cycles[0].tolist() == [0, 1, 0, 0, 1, 0, 0, 0, 0, 0]
    assert depths.full_cycles[0] == pytest.approx([0, 0.15, 0, 0, 0.45, 0, 0, 0, 0, 0])
    assert depths.deepest == pytest.approx([0.45])


@given(courses)
def test_all_ranges_together_are_half_the_way(values) -> None:
    """Nothing that moved is lost or counted twice: sum(depth x count) = way / 2."""
    cycles = counted(values)
    way = np.abs(np.diff(values, axis=0)).sum(axis=0)
    ranges = np.bincount(cycles.course, cycles.depth * cycles.count, 3)
    assert ranges == pytest.approx(way / 2)
    assert (cycles.depth > 0).all()


@given(courses, st.lists(st.integers(0, 60), max_size=8).map(sorted))
def test_stretches_find_what_the_whole_does(values, cuts) -> None:
    whole, cut = counted(values), counted(values, cuts)
    for course in range(3):
        assert tally(cut, course) == tally(whole, course)


@given(courses)
def test_a_stretch_may_begin_with_the_value_before(values) -> None:
    """Days are handed over with both ends, so a midnight comes twice."""
    cuts = list(range(5, len(values), 5))
    twice = np.repeat(values, 2, axis=0)
    whole = counted(values)
    for course in range(3):
        assert tally(counted(twice, cuts), course) == tally(whole, course)


@given(courses)
def test_upside_down_there_are_as_many(values) -> None:
    over, under = counted(values), counted(-values)
    for course in range(3):
        assert tally(over, course) == tally(under, course)


@given(courses)
def test_the_deepest_is_from_the_highest_to_the_lowest(values) -> None:
    depths = by_depth(counted(values / 18), 3)
    spread = np.ptp(values / 18, axis=0) if len(values) else np.zeros(3)
    assert depths.deepest == pytest.approx(spread)


def test_a_course_that_stands_has_none() -> None:
    assert not len(counted(np.full((50, 2), 0.7)).depth)
    assert not len(counted(np.empty((0, 2))).depth)


def test_one_way_is_half_a_cycle() -> None:
    assert tally(counted(np.linspace(0.2, 0.9, 15)[:, None])) == {0.7: 0.5}


def test_what_stays_open_is_small_however_long_the_course() -> None:
    """Five hundred days of one kind keep a handful of points."""
    residue = nothing_yet(1)
    for _ in range(500):
        _, residue = follow(residue, np.array(R_2)[:, None])
    assert residue.points.shape[1] < 6


def test_a_class_begins_at_its_lower_edge() -> None:
    depth = np.array([0.0999, 0.1, 0.3 - 1e-9, 0.8999999, 1.0])
    cycles = Cycles(np.zeros(5, np.int64), depth, np.ones(5))
    assert by_depth(cycles, 2).cycles[0].tolist() == [1, 1, 0, 1, 0, 0, 0, 0, 0, 2]
    assert not by_depth(cycles, 2).cycles[1].any()


def test_depths_add_up() -> None:
    one = Depths(np.ones((1, 10)), np.full((1, 10), 0.5), np.array([0.4]))
    both = plus(none_cycled(1), plus(one, one))
    assert both.cycles.sum() == 20 and both.full_cycles.sum() == 10
    assert both.deepest.tolist() == [0.4]
