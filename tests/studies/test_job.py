"""A worker's bench: what is over is let go, what is read once is left in peace."""

from __future__ import annotations

import gc
import weakref

import pytest

from tests.studies.made import written
from twin.scenario.study import read_study
from twin.simulation import run
from twin.studies.asked import asked_of, jobs_of
from twin.studies.job import Bench, ensure


@pytest.fixture
def collector_at_rest():
    gc.disable()
    yield
    gc.unfreeze()
    gc.enable()


def test_each_world_is_let_go_before_the_next_is_built(
    tmp_path, monkeypatch, collector_at_rest
):
    lived = []

    def remembered(world, on_day):
        lived.append((weakref.ref(world), [one() for one, _ in lived]))
        return simulate(world, on_day)

    simulate = run.simulate
    monkeypatch.setattr(run, "simulate", remembered)
    bench = Bench()
    jobs = jobs_of(asked_of(read_study(written(tmp_path)), bench), tmp_path)
    for job in jobs[:3]:
        assert not ensure(job, bench).reason
    assert [worlds for _, worlds in lived] == [[], [None], [None, None]]
    assert lived[-1][0]() is None


def test_libraries_are_set_apart_for_good(tmp_path, collector_at_rest):
    bench = Bench()
    jobs = jobs_of(asked_of(read_study(written(tmp_path)), bench), tmp_path)
    ensure(jobs[0], bench)
    apart = gc.get_freeze_count()
    ensure(jobs[1], bench)
    assert gc.get_freeze_count() > 0.9 * apart > len(gc.get_objects())
