"""Weeks that stand for a year: by hand, and no exchange makes them better."""

from itertools import product

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from tests.worlds import CASES
from twin.studies.weeks import representative

NOTHING = np.zeros(1)
ROWS = np.array([[0.0, 0], [0, 1], [10, 10], [10, 11], [10, 12]])


def cost(rows, chosen):
    apart = np.linalg.norm(rows[:, None] - rows[None], axis=2)
    return apart[:, chosen].min(axis=1).sum()


def usual(rows, count):
    """Where no sum is to be met: the medoids."""
    return representative(rows, count, np.zeros((len(rows), 1)), NOTHING)


def test_two_groups_have_two_middles():
    assert usual(ROWS, 2) == [(0, pytest.approx(0.4)), (3, pytest.approx(0.6))]


def test_all_stand_for_themselves():
    assert usual(ROWS, 9) == [(row, pytest.approx(0.2)) for row in range(5)]


@settings(max_examples=CASES, deadline=None)
@given(st.integers(0, 10_000), st.integers(2, 12), st.integers(1, 4))
def test_no_exchange_makes_the_sum_less(seed, height, count):
    rows = np.random.default_rng(seed).normal(size=(height, 3))
    found = usual(rows, count)
    chosen = [week for week, _ in found]
    assert sum(share for _, share in found) == pytest.approx(1)
    least = cost(rows, chosen)
    for place, other in product(range(len(chosen)), range(height)):
        tried = list(chosen)
        tried[place] = other
        assert cost(rows, tried) >= least - 1e-9


def test_of_each_group_stands_the_week_that_meets_the_sum():
    """Medoids are rows 0 and 3; 0.4 x 5 + 0.6 x 20 is the year's 14."""
    sums = np.array([[1.0], [5.0], [20.0], [10.0], [30.0]])
    found = representative(ROWS, 2, sums, np.array([14.0]))
    assert found == [(1, pytest.approx(0.4)), (2, pytest.approx(0.6))]


def test_a_sum_that_the_year_has_not_is_not_asked_for():
    sums = np.array([[1.0, 9.0], [5.0, 0.0], [20.0, 0.0], [10.0, 7.0], [30.0, 0.0]])
    with_none = representative(ROWS, 2, sums, np.array([14.0, 0.0]))
    assert with_none == representative(ROWS, 2, sums[:, :1], np.array([14.0]))


@settings(max_examples=CASES, deadline=None)
@given(st.integers(0, 10_000), st.integers(2, 12), st.integers(1, 4))
def test_no_exchange_within_a_group_meets_the_sums_better(seed, height, count):
    draws = np.random.default_rng(seed)
    rows, sums = draws.normal(size=(height, 3)), draws.uniform(1, 2, (height, 2))
    target = sums.mean(axis=0)
    medoids = [week for week, _ in usual(rows, count)]
    apart = np.linalg.norm(rows[:, None] - rows[None], axis=2)
    group = apart[:, medoids].argmin(axis=1)
    chosen = dict(representative(rows, count, sums, target))
    assert sorted(group[list(chosen)]) == list(range(len(medoids)))
    share = np.bincount(group) / height

    def error(weeks):
        return (((share[group[weeks]] @ sums[weeks]) / target - 1) ** 2).sum()

    least = error(list(chosen))
    assert least <= error(medoids) + 1e-12
    for place, other in product(chosen, range(height)):
        if group[place] == group[other]:
            tried = [other if week == place else week for week in chosen]
            assert error(tried) >= least - 1e-9
