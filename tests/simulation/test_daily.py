"""A day of each element in a row: numbers by hand."""

import numpy as np

from twin.grid.limits import EN_50160
from twin.simulation.daily import branches_daily, nodes_daily

NAN = np.nan


def test_a_day_keeps_when_voltages_were_extreme():
    """Half-hours; the second has no solution, the last node none at all."""
    v_pu = np.array(
        [[1.0, 0.99, NAN], [NAN, NAN, NAN], [0.95, 1.02, NAN], [0.95, NAN, NAN]],
        dtype=np.float32,
    )
    day = nodes_daily(v_pu, EN_50160, 0.5)
    assert np.array_equal(day["v_min_at_h"][0], [1.0, 0.0, NAN], equal_nan=True)
    assert np.array_equal(day["v_max_at_h"][0], [0.0, 1.0, NAN], equal_nan=True)


def test_a_day_keeps_when_branches_were_fullest():
    p_kw = np.array([[5.0, 1.0], [NAN, NAN], [3.0, -2.0], [4.0, -2.0]])
    loading = np.array([[0.5, 0.1], [NAN, NAN], [0.3, 0.2], [0.5, 0.2]])
    flows = np.stack([p_kw, p_kw, p_kw, loading]).astype(np.float32)
    day = branches_daily(flows, np.ones(2), 0.25)
    assert day["loading_max_at_h"][0].tolist() == [0.0, 0.5]
    assert day["p_min_at_h"][0].tolist() == [0.5, 0.5]


def test_a_day_without_a_solution_knows_nothing():
    none = np.full((4, 2, 3), NAN, dtype=np.float32)
    day = branches_daily(none, np.ones(3), 0.25) | nodes_daily(none[0], EN_50160, 0.25)
    assert all(np.isnan(day[name]).all() for name in day if name.endswith("_at_h"))
