"""Spells beyond a limit, by hand-made voltages and loadings."""

import numpy as np
import polars as pl
import pytest

from twin.grid.limits import EN_50160
from twin.simulation.violations import DayOf, Watch

TIMES = np.datetime64("2026-01-12T00:00", "us") + np.arange(5) * np.timedelta64(15, "m")
STEP = np.timedelta64(15, "m")
WATCH = Watch(
    node=np.array([1, 2]),
    node_name=["node a", "node b"],
    branch_name=["line x", "transformer t"],
    emergency=np.array([1.1, 1.2]),
    limits=EN_50160,
)


def rows(v_pu: list[list[float]], loading: list[list[float]]) -> pl.DataFrame:
    day = DayOf(np.array(v_pu, np.float32), np.array(loading, np.float32))
    return WATCH.rows(TIMES, STEP, day)


def test_a_quiet_day_has_no_events():
    quiet = rows([[0.5, 1.0, 1.0]] * 5, [[0.4, 1.0]] * 5)
    assert quiet.height == 0
    assert quiet.columns == ["time", "until", "kind", "entity", "value", "reason"]


def test_two_spells_at_one_node_are_two_rows_with_their_worst():
    low = [0.89, 0.88, 0.95, 0.92, 0.80]
    found = rows([[1.0, v, 1.0] for v in low], [[0.0, 0.0]] * 5)
    assert found["entity"].to_list() == ["node a", "node a"]
    assert found["value"].to_list() == pytest.approx([0.88, 0.80])
    assert found["time"].to_list() == [TIMES[0].item(), TIMES[4].item()]
    assert found["until"].to_list() == [TIMES[2].item(), (TIMES[4] + STEP).item()]
    assert set(found["reason"]) == {"voltage below the limit"}


def test_only_what_customers_see_and_either_side_counts():
    found = rows([[2.0, 1.0, 1.11]] + [[2.0, 1.0, 1.0]] * 4, [[0.0, 0.0]] * 5)
    assert found["entity"].to_list() == ["node b"]
    assert found["reason"].to_list() == ["voltage above the limit"]
    assert found["value"][0] == pytest.approx(1.11)


def test_each_spell_is_judged_by_its_own_worst():
    loading = [[1.05, 1.0], [0.9, 1.0], [1.05, 1.19], [1.15, 1.21], [0.9, 1.0]]
    found = rows([[1.0, 1.0, 1.0]] * 5, loading)
    said = dict.fromkeys(zip(found["entity"], found["reason"], strict=True))
    assert list(said) == [
        ("line x", "above its normal rating"),
        ("line x", "above its emergency rating"),
        ("transformer t", "above its emergency rating"),
    ]


def test_a_step_without_solution_is_no_violation():
    assert rows([[np.nan] * 3] * 5, [[np.nan] * 2] * 5).height == 0
