"""Weeks that stand for a year: by hand, and no exchange makes them better."""

from itertools import product

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from tests.worlds import CASES
from twin.studies.weeks import representative

ROWS = np.array([[0.0, 0], [0, 1], [10, 10], [10, 11], [10, 12]])


def cost(rows, chosen):
    apart = np.linalg.norm(rows[:, None] - rows[None], axis=2)
    return apart[:, chosen].min(axis=1).sum()


def test_two_groups_have_two_middles():
    assert representative(ROWS, 2) == [(0, pytest.approx(0.4)), (3, pytest.approx(0.6))]


def test_all_stand_for_themselves():
    assert representative(ROWS, 9) == [(row, pytest.approx(0.2)) for row in range(5)]


@settings(max_examples=CASES, deadline=None)
@given(st.integers(0, 10_000), st.integers(2, 12), st.integers(1, 4))
def test_no_exchange_makes_the_sum_less(seed, height, count):
    rows = np.random.default_rng(seed).normal(size=(height, 3))
    found = representative(rows, count)
    chosen = [week for week, _ in found]
    assert sum(share for _, share in found) == pytest.approx(1)
    least = cost(rows, chosen)
    for place, other in product(range(len(chosen)), range(height)):
        tried = list(chosen)
        tried[place] = other
        assert cost(rows, tried) >= least - 1e-9
