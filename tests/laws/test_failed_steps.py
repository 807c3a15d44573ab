"""A step without a solution is written down as such, and life goes on."""

from __future__ import annotations

import numpy as np
import polars as pl
import pytest
from numpy.testing import assert_array_equal

from tests.worlds import Diary, planned, scenario, world
from twin.results.store import RunWriter
from twin.simulation.build import build
from twin.simulation.run import simulate
from twin.simulation.world import World
from twin.surroundings.surroundings import Given

ABSURD_KW = 1e6
FAILED = (10, 11, 50)


def _overload(born: World) -> None:
    """More than the feeder can carry, in some intervals."""
    during = born.surroundings.during

    def overloaded(k: int) -> Given:
        given = during(k)
        if k not in FAILED:
            return given
        load_kw = given.load_kw.copy()
        load_kw[0] = ABSURD_KW
        return given._replace(load_kw=load_kw)

    born.surroundings.during = overloaded  # type: ignore[method-assign]


@pytest.mark.parametrize("policy", ["uncontrolled", "v2g_peak"])
def test_a_step_without_a_solution_is_counted_and_the_run_goes_on(policy: str) -> None:
    born = world(scenario(policy__name=policy, customers__import_limit_kw=30))
    _overload(born)
    diary = Diary(born)
    simulate(born)
    failed = np.isin(np.arange(len(diary)), FAILED)
    assert_array_equal(diary.column("converged"), ~failed)
    assert born.recorder.steps_failed == len(FAILED)
    assert_array_equal(np.isnan(diary.column("v_pu")).all(axis=1), failed)
    assert np.isnan(diary.column("grid_kw")[failed]).all()
    assert not np.isnan(diary.column("soc")).any()
    assert born.recorder.worst_residual <= 1e-6
    last_kw = diary.column("grid_kw")[-1]
    assert 0.0 < last_kw < 1000.0


def test_failed_steps_are_in_the_files(tmp_path) -> None:
    run = planned(scenario(customers__import_limit_kw=30))
    with RunWriter.open(tmp_path, "small", "0" * 16) as writer:
        born = build(run, writer)
        _overload(born)
        simulate(born)
        final = writer.finish({})
    steps = pl.read_parquet(final / "steps.parquet")
    assert steps.filter(~pl.col("converged"))["time"].to_list() == [
        steps["time"][k] for k in FAILED
    ]
    assert steps["v_min_pu"].is_nan().sum() == len(FAILED)
    voltages = pl.read_parquet(final / "voltages.parquet")
    assert np.isnan(voltages["v_pu"].to_numpy()[FAILED[0]]).all()
    events = pl.read_parquet(final / "events.parquet")
    failed = events.filter(pl.col("kind") == "failed_step")
    assert failed["time"].to_list() == [steps["time"][k] for k in FAILED]
    ev_steps = pl.read_parquet(final / "ev_steps.parquet")
    assert not np.isnan(ev_steps["kw"].to_numpy()).any()
