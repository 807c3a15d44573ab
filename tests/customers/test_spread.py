"""Loads on several terminals: by hand, and that nothing is lost on the way.

owner 0: terminals 0, 2      owner 1: terminal 1      owner 2: terminals 3, 4, 5
"""

from __future__ import annotations

import numpy as np
from hypothesis import given
from hypothesis import strategies as st
from numpy.testing import assert_allclose, assert_array_equal

from twin.customers.spread import Spread, spread_of_groups

GROUP = np.array([0, 1, 0, 2, 2, 2])
KW = np.array([3.0, 5.0, 1.0, 0.0, 0.0, 0.0])
KVAR = np.array([1.0, 0.0, 1.0, 2.0, 2.0, 4.0])


def test_groups_are_split_as_they_draw() -> None:
    spread = spread_of_groups(GROUP, KW, KVAR)
    assert_array_equal(spread.owner, [0, 0, 1, 2, 2, 2])
    assert_array_equal(spread.terminal, [0, 2, 1, 3, 4, 5])
    assert_allclose(spread.share, [0.75, 0.25, 1.0, 1 / 3, 1 / 3, 1 / 3])
    assert_allclose(spread.reactive, [0.5, 0.5, 1.0, 0.25, 0.25, 0.5])
    along = spread_of_groups(GROUP, KW, KVAR, own_reactive=False)
    assert_allclose(along.reactive, spread.share)


def test_parts_that_nearly_cancel_are_split_equally() -> None:
    spread = spread_of_groups(np.zeros(2, dtype=int), np.array([5.0, -4.9]), KVAR[:2])
    assert_allclose(spread.share, [0.5, 0.5])


def test_terminals_draw_their_shares() -> None:
    spread = spread_of_groups(GROUP, KW, KVAR)
    at = spread.at_terminals(np.array([8.0, 2.0, 3.0]), 7)
    assert_allclose(at, [6.0, 2.0, 2.0, 1.0, 1.0, 1.0, 0.0])
    served = spread.by_owner(np.array([8.0, 2.0, 3.0]), np.array([1, 0.5, 2, 1, 1, 0]))
    assert_allclose(served, [10.0, 1.0, 2.0])
    assert_allclose(spread.lowest(np.array([3.0, 2.0, 9.0, 5.0, 4.0, 6.0])), [2, 9, 4])


def test_others_are_spread_like_their_owners() -> None:
    spread = spread_of_groups(GROUP, KW, KVAR).of(np.array([2, 0, 1, 1]))
    assert_array_equal(spread.owner, [0, 0, 0, 1, 1, 2, 3])
    assert_array_equal(spread.terminal, [3, 4, 5, 0, 2, 1, 1])
    assert_array_equal(spread.first, [3, 0, 1, 1])


def test_one_terminal_each_is_a_plain_sum() -> None:
    spread = Spread.single(np.array([1, 1, 0]))
    assert spread.is_single
    assert not spread_of_groups(GROUP, KW, KVAR).is_single
    assert_array_equal(spread.at_terminals(np.array([1.0, 2.0, 4.0]), 2), [4.0, 3.0])
    none = Spread.single(np.zeros(0, dtype=np.int64))
    assert_array_equal(none.at_terminals(np.zeros(0), 2), [0.0, 0.0])
    assert len(none.lowest(np.zeros(0))) == 0


@given(
    st.lists(st.integers(0, 4), min_size=1, max_size=20),
    st.lists(st.floats(-50, 50), min_size=20, max_size=20),
)
def test_what_owners_draw_is_what_terminals_draw(
    numbers: list[int], values: list[float]
) -> None:
    _, group = np.unique(numbers, return_inverse=True)
    own = np.array(values[: len(group)])
    spread = spread_of_groups(group, own, own[::-1])
    kw = np.array(values[: len(spread.first)])
    at = spread.at_terminals(kw, len(group))
    assert_allclose(at.sum(), kw.sum(), atol=1e-9)
    assert_allclose(spread.kvar_at_terminals(kw, len(group)).sum(), kw.sum(), atol=1e-9)
    assert_allclose(spread.by_owner(kw, np.ones(len(group))), kw, atol=1e-9)
