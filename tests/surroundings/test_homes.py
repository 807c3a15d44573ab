import numpy as np
import pytest

from twin.surroundings.homes import draw_annual_kwh, rank_in_group


def test_drawn_consumption_keeps_mean_and_spread():
    annual = draw_annual_kwh(seed=3, n=40_000, mean_kwh=3500, spread=0.5)
    assert annual.mean() == pytest.approx(3500, rel=0.01)
    assert annual.std() / annual.mean() == pytest.approx(0.5, rel=0.03)
    assert annual.min() > 0


def test_no_spread_is_the_mean_and_more_homes_change_none():
    assert draw_annual_kwh(1, 3, 4000, 0.0).tolist() == [4000.0] * 3
    few, many = draw_annual_kwh(1, 5, 4000, 0.4), draw_annual_kwh(1, 9, 4000, 0.4)
    assert (few == many[:5]).all()


def test_rank_counts_within_the_group_in_order():
    rank = rank_in_group(np.array([2, -1, 2, 5, -1, 2]))
    assert rank.tolist() == [0, 0, 1, 0, 1, 2]
