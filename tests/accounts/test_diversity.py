"""Diversity by the handbook's three households, and its laws."""

from __future__ import annotations

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from hypothesis.extra.numpy import arrays

from twin.accounts.diversity import diversity

HOUSEHOLDS = np.array([[1.0, 2, 6, 3], [4, 1, 2, 1], [0, 5, 3, 1]]).T
courses = st.tuples(st.integers(1, 12), st.integers(1, 5)).flatmap(
    lambda shape: arrays(np.float64, shape, elements=st.integers(0, 9).map(float))
)


def test_div_three_households() -> None:
    """Case DIV: peaks 6 + 4 + 5, together 11; mean of all 7.25."""
    found = diversity([HOUSEHOLDS], 3)
    assert found.sum_of_peaks_kw == 15
    assert found.coincident_peak_kw == 11
    assert found.factor == pytest.approx(1.363636, abs=5e-7)
    assert found.coincidence == pytest.approx(11 / 15)
    assert found.load_factor == pytest.approx(0.659091, abs=5e-7)


def test_stretches_find_what_the_whole_does() -> None:
    whole = diversity([HOUSEHOLDS], 3)
    cut = diversity([HOUSEHOLDS[:1], HOUSEHOLDS[1:1], HOUSEHOLDS[1:]], 3)
    assert (cut.peak_kw == whole.peak_kw).all()
    assert (cut.together_kw == whole.together_kw).all()


@given(courses)
def test_all_at_once_is_the_most(kw) -> None:
    found = diversity([kw], kw.shape[1])
    if found.factor is None:
        assert not kw.any()
        return
    assert 1 <= found.factor <= kw.shape[1] * (1 + 1e-12)
    assert found.factor * found.coincidence == pytest.approx(1)


def test_one_alone_has_none() -> None:
    assert diversity([np.array([[1.0], [3.0], [2.0]])], 1).factor == 1


def test_without_power_there_is_no_factor() -> None:
    for found in (diversity([np.zeros((4, 2))], 2), diversity([], 0)):
        assert (found.factor, found.coincidence, found.load_factor) == (None,) * 3
