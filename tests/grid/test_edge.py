"""Where a limit binds: the bracket by hand, and the compiled search by hand."""

from __future__ import annotations

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from tests.worlds import WORLDS
from twin.grid.edge import MOST_KW, START, is_closed, told, trial_kw
from twin.grid.edge_kernels import NO_SOLUTION, NOTHING, Adding, Rows, edges


def searched(beyond):
    """The bracket of a function of kW, and how often it was asked."""
    bracket, asked = START, 0
    while not is_closed(bracket):
        kw = trial_kw(bracket)
        bracket, asked = told(bracket, kw, beyond(kw)), asked + 1
        assert asked < 100
    return bracket, asked


@WORLDS
@given(
    edge_kw=st.floats(0.01, 30_000.0),
    bend=st.floats(0.0, 0.9),
    steeper=st.floats(0.05, 50.0),
)
def test_the_edge_is_closed_from_both_sides_in_few_trials(edge_kw, bend, steeper):
    def beyond(kw):
        x = kw / edge_kw - 1.0
        return 0.1 * x * (1.0 + bend * x) * (steeper if x > 0.0 else 1.0)

    bracket, asked = searched(beyond)
    assert bracket.low_kw <= edge_kw <= bracket.high_kw
    assert bracket.high_kw - bracket.low_kw <= max(1e-4 * edge_kw, 5e-5)
    assert asked <= np.log2(max(edge_kw, 1.0)) + 25


def test_a_smooth_edge_takes_its_doublings_and_five_more():
    _, asked = searched(lambda kw: 0.8 * (kw / 87.3) ** 1.02 - 0.8)
    assert asked <= 8 + 5


def test_nothing_binds_up_to_the_most_that_is_tried():
    bracket, _ = searched(lambda kw: -1.0)
    assert bracket.low_kw == MOST_KW
    assert np.isinf(bracket.high_kw)


def test_where_nothing_is_left_it_comes_to_nothing():
    bracket, _ = searched(lambda kw: 1.0)
    assert bracket.low_kw == 0.0
    assert bracket.high_kw <= 5e-5


def test_no_solution_is_beyond():
    bracket, _ = searched(lambda kw: np.inf if kw > 70.0 else -0.5)
    assert bracket.low_kw == pytest.approx(70.0, rel=1e-4)
    assert bracket.low_kw <= 70.0


def rows(base, most, least=()):
    base = np.asarray(base, dtype=np.complex128)
    with np.errstate(divide="ignore"):
        per_most = 1.0 / np.asarray(most, dtype=np.float64)
    return Rows(
        np.array([base.real, base.imag]), per_most, 1.0 / np.asarray(least, float)
    )


def adding(by, z=0.0, u=1.0):
    """One terminal that draws 1 pu a kW, and what its real current changes."""
    change = np.zeros((1, 1, 2, 2, len(by)))
    change[0, 0, 0, 0] = by
    own = np.zeros((1, 1, 1, 2), dtype=np.complex128)
    own[0, 0, 0] = z, 1j * z
    return Adding(np.ones((1, 1)), np.full((1, 1), complex(u)), own, change)


@pytest.mark.parametrize(
    ("base", "by", "most", "least", "kw", "row", "below"),
    [
        ([1.0], [0.01], [1.5], [0.5], 50.0, 0, False),
        ([1.0], [-0.01], [1.5], [0.5], 50.0, 0, True),
        ([1.0, 3.0], [-0.01, 0.5], [1.5, 10.0], [0.5], 14.0, 1, False),
        ([1.0, 3j], [-0.001, 0.5], [1.5, 5.0], [0.5], 8.0, 1, False),
    ],
)
def test_the_row_that_binds_first_by_hand(base, by, most, least, kw, row, below):
    """|base + by kw| = limit; 3j and 0.5 kw reach 5 at 4 = 0.5 kw."""
    found_kw, found_row, found_below = edges(rows(base, most, least), adding(by))
    assert found_kw[0] == pytest.approx(kw, rel=1e-4)
    assert found_kw[0] <= kw
    assert (found_row[0], found_below[0]) == (row, below)


def test_a_row_that_is_beyond_only_in_between_binds():
    """|1 - kw / 7| < 0.1 from 6.3 to 7.7 kW: neither at 4 nor at 8, where doubling is.

    The other reaches 7 at 7 kW; what it allows is tried on all, and the first says no.
    """
    of = rows([1.0, 0.0], [9.0, 7.0], [0.1])
    found_kw, found_row, found_below = edges(of, adding([-1.0 / 7.0, 1.0]))
    assert found_kw[0] == pytest.approx(6.3, rel=1e-4)
    assert (found_row[0], found_below[0]) == (0, True)


def test_behind_an_impedance_voltage_collapses_at_a_quarter():
    """U = 1 - 0.01 kw / U has no solution beyond kw = 1 / (4 * 0.01)."""
    found_kw, found_row, _ = edges(rows([0.0], [9.0]), adding([0.0], z=-0.01))
    assert 23.0 < found_kw[0] <= 25.0
    assert found_row[0] == NO_SOLUTION


def test_nothing_binds_where_no_row_has_a_limit():
    found_kw, found_row, _ = edges(rows([1.0], [np.inf]), adding([1.0]))
    assert (found_kw[0], found_row[0]) == (MOST_KW, NOTHING)


def test_current_follows_the_voltage_behind_an_impedance():
    """U = 1 - 0.01 i, kw = U i: with i at most 10, kw = 0.9 * 10."""
    of, more = rows([0.0], [10.0]), adding([1.0], z=-0.01)
    assert edges(of, more)[0][0] == pytest.approx(9.0, rel=1e-4)
