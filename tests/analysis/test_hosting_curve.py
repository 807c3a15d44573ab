"""Intervals by value, curves and capacities of tables made by hand."""

import numpy as np
import pytest
from scipy.stats import binom

from twin.analysis.hosting_curve import (
    Against,
    against,
    capacity_of,
    hosted,
    recovers,
    share_of,
)


@pytest.mark.parametrize(
    ("k", "n", "low", "high"),
    [
        (0, 10, 0.0, 0.30850),
        (1, 10, 0.00253, 0.44502),
        (5, 10, 0.18709, 0.81291),
        (10, 10, 0.69150, 1.0),
        (3, 20, 0.03207, 0.37893),
    ],
)
def test_intervals_are_those_of_clopper_and_pearson(k, n, low, high):
    """None of 10: 1 - 0.025^(1/10) = 0.3085; all are in tables of the interval."""
    found = share_of(k, n)
    assert (found.low, found.high) == pytest.approx((low, high), abs=5e-6)
    assert found.share == k / n


@pytest.mark.parametrize(("k", "n"), [(1, 5), (3, 8), (19, 20)])
def test_the_interval_leaves_a_fortieth_on_either_side(k, n):
    """What defines it, by the binomial distribution itself."""
    found = share_of(k, n)
    assert binom.sf(k - 1, n, found.low) == pytest.approx(0.025, rel=1e-6)
    assert binom.cdf(k, n, found.high) == pytest.approx(0.025, rel=1e-6)


POINTS = np.array([0.2, 0.4, 0.6])


@pytest.mark.parametrize(
    ("violated", "value", "is_open", "again"),
    [
        ([False, False, False], 0.6, True, False),
        ([False, False, True], 0.4, False, False),
        ([True, True, True], 0.0, False, False),
        ([False, True, False], 0.2, False, True),
    ],
)
def test_what_is_hosted_stops_before_the_first_violation(
    violated, value, is_open, again
):
    assert hosted(POINTS, np.array(violated)) == (value, is_open)
    assert recovers(np.array(violated)) is again


def test_quantiles_are_draws_and_open_ones_are_above_all_others():
    value = np.array([0.6, 0.2, 0.4, 0.6, 0.4])
    open_ = np.array([True, False, False, True, False])
    found = capacity_of(value, open_)
    assert found.value == (0.2, 0.4, 0.6)
    assert found.open_ == (False, False, True)


def test_an_open_draw_is_above_one_that_hosts_more_evs():
    """By number of cars: seed 1 has 40 at 60 %, open; seed 2 stops at 50 of its 80."""
    found = capacity_of(np.array([40.0, 50.0]), np.array([True, False]))
    assert found.value == (50.0, 50.0, 40.0)
    assert found.open_ == (False, False, True)


def test_draws_are_compared_one_by_one_and_the_open_ones_only_where_that_says_it():
    mine = [(0.4, False), (0.6, True), (0.2, False), (0.6, True), (0.4, False)]
    theirs = [(0.2, False), (0.4, False), (0.6, True), (0.6, True), (0.4, False)]
    assert against(mine, theirs) == Against(more=2, less=1, same=1, unknown=1)
