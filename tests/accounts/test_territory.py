"""Sums of feeders, diversity between them and distinct histories, by hand."""

from __future__ import annotations

import math

import numpy as np
import pytest

from twin.accounts.territory import (
    SERIES,
    Tally,
    Together,
    by_hour,
    highest,
    kish,
    least_by_hour,
    precision,
)


def courses(*grid_kw: float) -> np.ndarray:
    rows = np.zeros((len(SERIES), len(grid_kw)))
    rows[0] = grid_kw
    return rows


def test_two_feeders_peak_at_different_hours() -> None:
    both = Together.empty(3)
    both.add(courses(10.0, 40.0, 20.0))
    both.add(courses(30.0, 10.0, 5.0))
    assert both.of("grid_kw").tolist() == [40.0, 50.0, 25.0]
    assert (both.n_feeder, both.peak_kw, both.peak_step) == (2, 50.0, 1)
    assert both.sum_of_peaks_kw == 70.0
    assert both.diversity == pytest.approx(70 / 50)


def test_joining_members_is_adding_their_feeders() -> None:
    one, other, whole = (Together.empty(2) for _ in range(3))
    one.add(courses(1.0, 2.0))
    other.add(courses(5.0, 3.0))
    other.add(courses(0.5, 4.0))
    whole.join(one)
    whole.join(other)
    assert whole.of("grid_kw").tolist() == [6.5, 9.0]
    assert (whole.n_feeder, whole.sum_of_peaks_kw) == (3, 11.0)


def test_an_instant_that_one_feeder_does_not_know_is_not_known() -> None:
    both = Together.empty(2)
    both.add(courses(1.0, math.nan))
    both.add(courses(2.0, 3.0))
    assert both.of("grid_kw")[0] == 3.0
    assert math.isnan(both.of("grid_kw")[1])
    assert both.peak_kw == 3.0


def test_without_power_there_is_no_factor_and_without_numbers_no_peak() -> None:
    assert Together.empty(2).diversity is None
    value, at = highest(np.array([math.nan, math.nan]))
    assert math.isnan(value)
    assert at == -1


@pytest.mark.parametrize(
    ("draws", "effective"),
    [([], 0.0), ([7], 1.0), ([4, 4], 2.0), ([3, 1], 1.6), ([10, 1, 1, 1], 169 / 103)],
)
def test_kish(draws: list[int], effective: float) -> None:
    assert kish(draws) == pytest.approx(effective)


def tally(*values: float) -> Tally:
    one = Tally()
    one.add(len(values), sum(values), sum(value**2 for value in values))
    return one


def test_what_differs_between_records_does_not_average_out() -> None:
    """Two records, 4 and 8 km, four draws each: the mean is one of two numbers."""
    found = precision([tally(4, 4, 4, 4), tally(8, 8, 8, 8)])
    assert found is not None
    assert found.mean == 6.0
    between = 2 * (4 - 6) ** 2  # variance of two means over n - 1
    assert found.standard_error == pytest.approx(math.sqrt(between / 2) / 6)
    each = math.sqrt(8 * 4 / 7)
    assert found.cv == pytest.approx(each / 6)
    assert found.if_all_differ == pytest.approx(each / math.sqrt(8) / 6)


def test_what_differs_within_records_averages_out_over_all_draws() -> None:
    """The same two numbers in every record: records do not matter."""
    found = precision([tally(4, 8), tally(4, 8), tally(8, 4)])
    assert found is not None
    within = 3 * 8 / 3
    assert found.standard_error == pytest.approx(math.sqrt(within / 6) / 6)


def test_by_analysis_of_variance_by_hand() -> None:
    """n 3, 1; T 9, 11; Q 29 + 121; N 4, R 2; see the docstring."""
    found = precision([tally(2, 3, 4), tally(11)])
    assert found is not None
    groups, total = 81 / 3 + 121, 400 / 4
    within = (150 - groups) / 2
    n0 = 4 - 10 / 4
    between = (groups - total - within) / n0
    expected = math.sqrt(between * 10 / 16 + within / 4) / 5
    assert found.standard_error == pytest.approx(expected)


def test_one_record_says_nothing_of_its_own_error() -> None:
    assert precision([tally(1, 2, 3)]) is None
    assert precision([]) is None


def test_hours_of_the_day() -> None:
    hour = np.array([0, 0, 5, 5])
    course = np.array([1.0, 3.0, 10.0, 4.0])
    mean, least = by_hour(hour, course), least_by_hour(hour, course)
    assert (mean[0], mean[5], least[0], least[5]) == (2.0, 7.0, 1.0, 4.0)
    assert np.isnan(mean[1])
    assert np.isnan(least[23])
