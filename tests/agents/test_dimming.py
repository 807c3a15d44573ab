"""Dimming's rule: when it begins and ends, and what it leaves to each car and home."""

from __future__ import annotations

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from twin.agents.dimming import FACTORS, Dimmed, DimmingRule

RULE = DimmingRule(4.2, 1.0, 0.9, 2, by_home=False)
EMS = DimmingRule(4.2, 1.0, 0.9, 1, by_home=True)


def course(rule, loadings):
    """Who is dimmed in intervals 1, 2, ... by the loading of the one before."""
    state, found = Dimmed.none(1), []
    for k, loading in enumerate(loadings, start=1):
        state = rule.after(state, k, np.array([loading]))
        found.append(bool(state.on[0]))
    return found


def test_it_begins_above_the_limit_and_ends_below_the_lower_one():
    loadings = [0.95, 1.0, 1.01, 0.95, 0.9, 0.89, 0.95]
    assert course(RULE, loadings) == [False, False, True, True, True, False, False]


def test_it_lasts_at_least_as_long_as_said():
    assert course(RULE, [1.2, 0.1, 0.1]) == [True, True, False]
    assert course(EMS, [1.2, 0.1, 0.1]) == [True, False, False]


def test_what_was_not_measured_changes_nothing():
    assert course(RULE, [np.nan, 1.2, np.nan, np.nan, 0.5]) == [
        False,
        True,
        True,
        True,
        False,
    ]


def test_a_car_keeps_the_least_power_or_its_chargers_own_if_that_is_more():
    held = np.array([True, True, False])
    most_kw = RULE.car_kw(held, np.array([1.4, 5.0, 1.4]))
    assert most_kw.tolist() == [4.2, 5.0, np.inf]
    assert np.isinf(RULE.home_kw(held, np.array([0, 0, 1]), 2)).all()


def test_homes_share_by_the_simultaneity_factor():
    """BK6-22-300, Anlage 1, 4.5.2: 4.2 kW + (n - 1) g 4.2 kW."""
    home = np.repeat(np.arange(4), [1, 2, 3, 12])
    most_kw = EMS.home_kw(np.ones(len(home), dtype=bool), home, 5)
    assert most_kw[:4] == pytest.approx(
        [4.2, 4.2 + 0.8 * 4.2, 4.2 + 2 * 0.75 * 4.2, 4.2 + 11 * 0.45 * 4.2]
    )
    assert np.isinf(most_kw[4])
    assert len(FACTORS) == 10


@given(st.lists(st.floats(0.0, 2.0), min_size=1, max_size=40), st.integers(1, 6))
def test_no_spell_is_shorter_than_said_but_the_last(loadings, least):
    rule = DimmingRule(4.2, 1.0, 0.9, least, by_home=False)
    on = [False, *course(rule, loadings)]
    edges = np.flatnonzero(np.diff(np.array(on, dtype=int)))
    begins, ends = edges[::2], edges[1::2]
    assert all(b - a >= least for a, b in zip(begins, ends, strict=False))
