from __future__ import annotations

import numpy as np
import polars as pl
import pytest

from twin.analysis import digest
from twin.analysis.case import Case, _all_phases
from twin.analysis.digest import Limits, extremes, longest, voltages_of

LIMITS = Limits("en50160", 0.9, 1.1, 0.85, 1.1)
NAN = float("nan")


@pytest.mark.parametrize("rows_at_once", [1, 3, 8, 672])
def test_the_size_of_chunks_changes_nothing(make_run, monkeypatch, rows_at_once):
    run = make_run()
    whole = Case(run)
    monkeypatch.setattr(digest, "ROWS_AT_ONCE", rows_at_once)
    parts = Case(run)
    for name in ("band_pu", "node_min_pu", "profile_pu", "below_h", "worst_week"):
        np.testing.assert_array_equal(
            getattr(parts.voltages, name), getattr(whole.voltages, name)
        )
    for name in ("highest", "time", "over_normal_h", "longest_h", "reverse_h", "curve"):
        np.testing.assert_array_equal(
            getattr(parts.loadings.transformers, name),
            getattr(whole.loadings.transformers, name),
        )


def test_the_band_is_of_customers_not_of_nodes(make_run):
    band = Case(make_run()).voltages.band_pu
    # at 20:00 the homes have 0.89 and 0.84, other nodes 1.0 and 0.97
    np.testing.assert_allclose(band[2], [0.84, 0.8425, 0.865, 0.8875, 0.89], atol=1e-6)


def test_the_profile_is_of_the_instant_with_the_lowest_voltage(make_run):
    profile = Case(make_run()).voltages.profile_pu
    np.testing.assert_allclose(profile, [1.0, 0.97, 0.89, 0.84], atol=1e-6)


def test_dead_nodes_and_failed_steps_are_left_out(make_run):
    volts = np.array([(1.0, 0.98, 0.95, 0.93)] * 8)
    volts[2] = NAN
    volts[:, 3] = NAN
    kept = Case(make_run(v_pu=volts)).voltages
    np.testing.assert_allclose(kept.node_min_pu, [1.0, 0.98, 0.95, NAN], atol=1e-6)
    assert np.isnan(kept.band_pu[2]).all()
    np.testing.assert_allclose(kept.band_pu[0], 0.95, atol=1e-6)
    assert kept.below_h.tolist() == [0.0, 0.0]


def test_weeks_are_judged_one_by_one(make_run, monkeypatch):
    """Two days stand for two weeks: home A is beyond for 1 of 4, home B for 2 and 1."""
    monkeypatch.setattr(digest, "WEEK", np.timedelta64(4, "h"))
    kept = Case(make_run()).voltages
    assert kept.worst_week.tolist() == [0.25, 0.5]


def test_a_three_phase_customer_is_judged_at_its_worst_phase():
    nodes = pl.DataFrame(
        {
            "bus": ["a", "a", "a", "a", "b"],
            "phase": [4, 1, 2, 3, 2],
            "auxiliary": [True, False, False, False, False],
        }
    )
    terminals = _all_phases(nodes, np.array([1, 4]), np.array([0, 2]))
    assert terminals.tolist() == [[1, 2, 3], [4, 4, 4]]
    low, high = extremes(np.array([[0.01, 0.95, 0.88, 1.12, 0.97]]), terminals)
    assert low.tolist() == [[0.88, 0.97]]
    assert high.tolist() == [[1.12, 0.97]]


def test_without_customers_the_band_is_of_all_nodes(make_run):
    none = np.empty((0, 1), dtype=np.int64)
    kept = voltages_of(make_run(), none, LIMITS, 1.0)
    assert kept.band_pu[2, 4] == 1.0
    assert kept.below_h.tolist() == []


def test_the_curve_falls_from_the_highest_to_the_lowest_loading(make_run):
    curve = Case(make_run()).loadings.transformers.curve[:, 0]
    assert (curve[0], curve[-1]) == pytest.approx((1.3, 0.1))
    assert (np.diff(curve) <= 0).all()


@pytest.mark.parametrize(
    ("over", "hours"),
    [([], 0), ([0, 0], 0), ([1, 1, 0, 1], 2), ([0, 1, 1, 1], 3), ([1, 1], 2)],
)
def test_the_longest_stay_above(over, hours):
    assert longest(np.array(over, dtype=bool)) == hours
