"""What a feeder's head would have drawn otherwise, on numbers made by hand."""

from __future__ import annotations

import numpy as np
import pytest
from numpy.testing import assert_allclose

from twin.accounts.head import head_kw, loss_per_kw2

GRID_KW = np.array([100.0, 300.0, 500.0, 200.0])
LOSSES_KW = 2.0 + 4e-5 * GRID_KW**2


def test_losses_follow_the_square_of_the_power() -> None:
    """At 300 kW instead of 100: 4e-5 (90,000 - 10,000) = 3.2 kW more are lost."""
    assert loss_per_kw2(GRID_KW, LOSSES_KW) == pytest.approx(4e-5)
    kw, losses_kw = head_kw(GRID_KW, LOSSES_KW, np.array([200.0, 0.0, -100.0, 0.0]))
    assert_allclose(kw, [303.2, 300.0, 400.0 - 3.6, 200.0])
    assert_allclose(losses_kw, [2.4 + 3.2, 5.6, 12.0 - 3.6, 3.6])


def test_steps_without_a_solution_stay_unknown() -> None:
    grid = np.append(GRID_KW, np.nan)
    kw, losses = head_kw(grid, np.append(LOSSES_KW, np.nan), np.full(5, 10.0))
    assert np.isfinite(kw[:4]).all() and np.isnan(kw[4]) and np.isnan(losses[4])
    assert loss_per_kw2(grid, np.append(LOSSES_KW, np.nan)) == pytest.approx(4e-5)


@pytest.mark.parametrize(
    ("grid_kw", "losses_kw"),
    [([], []), ([50.0], [1.0]), ([50.0, -50.0], [1.0, 2.0]), ([1.0, 9.0], [5.0, 1.0])],
)
def test_where_nothing_can_be_learned_losses_stay(grid_kw, losses_kw) -> None:
    """One power alone, or losses that fall with it, say nothing of other powers."""
    assert loss_per_kw2(np.array(grid_kw), np.array(losses_kw)) == 0.0
