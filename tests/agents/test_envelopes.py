"""Sharing what is left of limits: by hand-made numbers, and by law."""

from __future__ import annotations

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from twin.agents.envelopes import served, shares

NONE = np.zeros(3)


def test_one_limit_is_shared_equally_or_by_power():
    effect, slack = np.array([[1.0, 1.0, 1.0]]), np.array([12.0])
    most = np.array([11.0, 11.0, 22.0])
    equal = shares(effect, slack, most, NONE, np.ones(3))
    assert equal == pytest.approx([4.0, 4.0, 4.0])
    by_power = shares(effect, slack, most, NONE, most)
    assert by_power == pytest.approx([3.0, 3.0, 6.0])


def test_what_one_cannot_use_goes_to_the_others():
    effect, slack = np.array([[1.0, 1.0, 1.0]]), np.array([12.0])
    found = shares(effect, slack, np.array([1.0, 11.0, 11.0]), NONE, np.ones(3))
    assert found == pytest.approx([1.0, 5.5, 5.5])


def test_a_tighter_limit_below_leaves_more_to_those_who_are_not_behind_it():
    """A transformer of 12 kW, one line of 4 kW to the first two."""
    effect = np.array([[1.0, 1.0, 1.0], [1.0, 1.0, 0.0]])
    found = shares(effect, np.array([12.0, 4.0]), np.full(3, 11.0), NONE, np.ones(3))
    assert found == pytest.approx([2.0, 2.0, 8.0])


def test_voltage_asks_more_of_who_is_farther_away():
    """0.01 pu left at the end; its own kW takes 1e-3, its neighbour's 5e-4."""
    effect = np.array([[5e-4, 1e-3]])
    found = shares(effect, np.array([0.01]), np.full(2, 11.0), np.zeros(2), np.ones(2))
    assert found == pytest.approx([0.01 / 1.5e-3] * 2)


def test_everybody_keeps_the_least_whatever_it_breaks():
    effect, slack = np.array([[1.0, 1.0, 1.0]]), np.array([6.0])
    least = np.full(3, 4.2)
    found = shares(effect, slack, np.full(3, 11.0), least, np.ones(3))
    assert found == pytest.approx([4.2, 4.2, 4.2])


def test_who_could_not_start_a_charger_stands_back_for_others():
    effect, slack = np.array([[1.0, 1.0, 1.0]]), np.array([9.0])
    starts = np.full(3, 4.14)
    words = (effect, slack, np.full(3, 11.0), NONE, np.ones(3), starts)
    assert served(*words, np.array([0, 1, 2])) == pytest.approx([4.5, 4.5, 0.0]) or (
        served(*words, np.array([0, 1, 2])) == pytest.approx([9.0, 0.0, 0.0])
    )
    assert served(*words, np.array([2, 1, 0]))[0] == 0.0
    assert served(*words[:1], np.array([4.0]), *words[2:], np.arange(3)).sum() == 0.0


@given(st.integers(0, 10_000), st.booleans())
def test_no_limit_breaks_if_all_use_their_share(seed, proportional):
    draw = np.random.default_rng(seed)
    m, n = draw.integers(1, 8), draw.integers(1, 12)
    effect = draw.uniform(0, 1, (m, n)) * (draw.random((m, n)) < 0.6)
    slack, most = draw.uniform(0, 20, m), draw.choice([0.0, 3.7, 11.0], n)
    weight = most if proportional else (most > 0).astype(float)
    found = shares(effect, slack, most, np.zeros(n), weight)
    assert (effect @ found <= slack + 1e-9).all()
    assert (found >= 0.0).all()
    assert (found <= most + 1e-9).all()
    starts = np.full(n, 1.4)
    with_starts = served(effect, slack, most, np.zeros(n), weight, starts, np.arange(n))
    assert (effect @ with_starts <= slack + 1e-9).all()
    assert ((with_starts == 0.0) | (with_starts >= 1.4 - 2e-3)).all()
