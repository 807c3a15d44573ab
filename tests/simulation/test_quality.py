"""Unbalance and neutral current of a run, by hand-made numbers."""

from __future__ import annotations

import numpy as np
import polars as pl
import pytest

from tests.simulation.phases import ABC, street
from tests.worlds import LANDNETZ, grid
from twin.grid.flow import Demand
from twin.grid.limits import limits_by_name
from twin.grid.powerflow import FixedPoint
from twin.simulation.quality import Phases, largest

START = np.datetime64("2026-01-12T00:00", "us")
FEEDER = street([("flat", 0, 0, 6.0, 0.0)])
EVEN = street([("flat", k, k, 6.0, 1.0) for k in range(3)])
PHASES = Phases.of(FEEDER, np.array([3]), 0.02)


def rows(shares: list[float], minutes: int) -> pl.DataFrame:
    step = np.timedelta64(minutes, "m")
    times = START + np.arange(len(shares)) * step
    return PHASES.rows(times, step, np.array(shares, np.float32)[:, None])


def test_a_phase_that_sags_by_6_percent() -> None:
    """d on one phase: V_2 = d / 3, V_1 = 1 - d / 3."""
    v = np.tile(ABC, 2) * np.array([1, 1, 1, 1, 1, 0.94])
    assert PHASES.unbalance(v) == pytest.approx([0.02 / 0.98, 0.0], abs=1e-12)
    assert PHASES.judged == ["bus street"]


def test_a_load_on_one_phase_returns_by_the_neutral() -> None:
    flow = FixedPoint(FEEDER).solve(Demand.own(FEEDER))
    v = abs(flow.v[3]) * 230.0
    assert PHASES.neutral_a(flow) == pytest.approx(6000.0 / v, rel=1e-6)
    assert largest(PHASES.unbalance(flow.v)) > 0.0


def test_equal_loads_leave_the_neutral_empty() -> None:
    flow = FixedPoint(EVEN).solve(Demand.own(EVEN))
    even = Phases.of(EVEN, np.array([3]), 0.02)
    assert even.neutral_a(flow) == pytest.approx(0.0, abs=1e-6)
    assert largest(even.unbalance(flow.v)) == pytest.approx(0.0, abs=1e-9)


def test_a_spell_above_the_limit_is_one_row_with_its_worst() -> None:
    found = rows([0.01, 0.021, 0.03, 0.01], 15)
    assert found["value"].to_list() == pytest.approx([0.03])
    assert found["entity"].to_list() == ["bus street"]
    assert found["kind"].to_list() == ["violation"]
    assert found["reason"].to_list() == ["unbalance above 2 %"]
    assert found["time"][0] == (START + np.timedelta64(15, "m")).item()
    assert found["until"][0] == (START + np.timedelta64(45, "m")).item()


def test_minutes_are_judged_by_the_root_of_their_mean_squares() -> None:
    """Five of ten minutes at 3 % are 2.12 %, at 2.8 % they are 1.98 %."""
    found = rows([0.028, 0.0] * 5 + [0.03, 0.0] * 5, 1)
    assert found["value"].to_list() == pytest.approx([0.03 / np.sqrt(2.0)])
    assert found["time"][0] == (START + np.timedelta64(10, "m")).item()
    assert found["until"][0] == (START + np.timedelta64(20, "m")).item()


def test_what_is_not_known_is_no_violation() -> None:
    assert rows([np.nan, 0.01], 15).is_empty()
    assert np.isnan(largest(np.array([np.nan])))


def test_a_balanced_feeder_has_none() -> None:
    feeder = grid(LANDNETZ).feeder
    none = Phases.of(feeder, feeder.terminals.node_a, 0.02)
    flow = FixedPoint(feeder).solve(Demand.own(feeder))
    assert np.isnan(none.neutral_a(flow))
    assert np.isnan(largest(none.unbalance(flow.v)))
    assert not none.judged


def test_the_limit_is_that_of_the_standard() -> None:
    assert limits_by_name("en50160").unbalance == 0.02
    assert limits_by_name("ansi_c84_1").unbalance == 0.03
