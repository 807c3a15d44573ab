"""Ranges, means and percentiles of voltage quality, by hand."""

from __future__ import annotations

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from twin.grid.sequence import unbalance
from twin.grid.voltage_rules import (
    RULES,
    Ranges,
    mean_min,
    outside,
    percentile_95,
    root_means,
    steps_in_mean,
)


def column(values: list[float]) -> np.ndarray:
    return np.array(values, np.float32)[:, None]


def test_the_handbooks_unbalance():
    """Case VUF: 1.00 at 0, 0.95 at -120, 1.02 at 120 degrees."""
    v = np.array([1.0, 0.95, 1.02]) * np.exp(1j * np.deg2rad([0.0, -120.0, 120.0]))
    assert 100 * unbalance(v, np.array([[0, 1, 2]]))[0] == pytest.approx(2.102693)


def test_ranges_by_nominal_voltage():
    found = Ranges.of(np.array([0.208, 0.6, 347 * np.sqrt(3) / 1000, 2.4, 12.47]))
    assert found.a_low.tolist() == pytest.approx([0.95] * 3 + [0.975] * 2)
    assert found.a_high.tolist() == pytest.approx([1.05] * 5)
    assert found.b_low.tolist() == pytest.approx([110 / 120] * 3 + [0.95] * 2)
    assert found.b_high.tolist() == pytest.approx([127 / 120] * 3 + [1.058] * 2)


@pytest.mark.parametrize(
    ("minutes", "steps", "mean"),
    [(1, 10, 10), (2, 5, 10), (3, 3, 9), (4, 2, 8), (5, 2, 10), (10, 1, 10),
     (15, 1, 15), (60, 1, 60)],
)  # fmt: skip
def test_how_many_steps_are_a_mean(minutes, steps, mean):
    assert steps_in_mean(60 * minutes) == steps
    assert mean_min(60 * minutes) == mean


def test_ten_minutes_are_the_root_of_their_mean_squares():
    means = root_means(column([1.0] * 5 + [0.8] * 5 + [0.9] * 3), 10)
    assert means[:, 0].tolist() == pytest.approx([np.sqrt(0.82), 0.9])


def test_one_unknown_minute_makes_its_mean_unknown():
    means = root_means(column([1.0, np.nan, 1.0, 1.0]), 2)
    assert np.isnan(means[0, 0])
    assert means[1, 0] == 1.0


def test_a_limit_itself_is_inside():
    values = np.array([0.9, 1.1, np.nan, 0.85], np.float32)
    assert outside(values, 0.9, 1.1).tolist() == pytest.approx([0, 0, 0, 0.05])
    assert (outside(values, 0.9, 1.1) > 0).tolist() == [False, False, False, True]


def test_95_of_100_may_be_beyond_the_percentile_exactly():
    values = np.arange(1.0, 101.0, dtype=np.float32)
    assert percentile_95(values[:, None]).tolist() == [95.0]
    with_gaps = np.append(values, [np.nan] * 7).astype(np.float32)
    assert percentile_95(with_gaps[:, None]).tolist() == [95.0]
    assert np.isnan(percentile_95(column([np.nan]))[0])
    assert np.isnan(percentile_95(np.empty((0, 2), np.float32))).all()


@given(
    st.lists(st.integers(0, 40), min_size=1, max_size=200),
    st.integers(0, 40),
)
def test_the_percentile_is_within_a_limit_where_95_percent_are(values, limit):
    share = np.mean(np.array(values) <= limit)
    assert (percentile_95(column(values))[0] <= limit) == (share >= 0.95 - 1e-12)


def test_each_rule_says_what_where_from_and_how_sure():
    assert [rule.key for rule in RULES] == [
        "range_a", "range_b", "en_week", "en_always", "unbalance", "rapid_change",
    ]  # fmt: skip
    for rule in RULES:
        assert rule.says
        assert rule.source
        assert rule.confidence == "M"
