"""How long a run may take, by runs that lie there."""

import json

import pytest

from dashboards.whatif.work import START_S, Speeds, Work, duration, steps_of

WORDS = {
    "time": {"days": 2, "step_min": 30},
    "feeder": {"source": "pandapower:x"},
}


def lying(results, name, steps=100, status="done", **words):
    folder = results / name / "0123456789abcdef"
    folder.mkdir(parents=True)
    (folder / "steps.parquet").write_bytes(b"x" * 1_000_000)
    record = {
        "name": name,
        "run_id": folder.name,
        "status": status,
        "scenario": {**WORDS, **words},
        "counts": {"steps": steps},
        "wall_time_s": {"read": 9.0, "build": 9.0, "simulate": 1.5, "finish": 0.5},
    }
    (folder / "run.json").write_text(json.dumps(record))


@pytest.mark.parametrize(
    ("time", "steps"),
    [
        ({"days": 2, "step_min": 30}, 96),
        ({"days": 365}, 35_040),
        ({}, 0),
        ({"days": "many"}, 0),
        ({"days": 1, "step_min": "x"}, 0),
    ],
)
def test_steps_of_a_scenario(time, steps):
    assert steps_of({"time": time}) == steps


def test_a_run_on_the_same_feeder_is_the_measure(tmp_path):
    lying(tmp_path, "same")
    lying(tmp_path, "other", feeder={"source": "pandapower:y"})
    work = Speeds(tmp_path).work(WORDS)
    assert work.seconds == pytest.approx(START_S + 96 * 2.0 / 100)
    assert work.megabytes == pytest.approx(0.96)
    assert "about 10 s and 1 MB, as fast as same/0123456789abcdef" in work.words
    assert not work.is_large


def test_unfinished_and_broken_runs_measure_nothing(tmp_path):
    lying(tmp_path, "unfinished", status="interrupted")
    lying(tmp_path, "empty", steps=0)
    lying(tmp_path, "broken")
    (tmp_path / "broken" / "0123456789abcdef" / "run.json").write_text("{")
    work = Speeds(tmp_path).work(WORDS)
    assert work.like is None and work.seconds is None
    assert "no run of this feeder lies here" in work.words


def test_solver_and_level_are_part_of_the_question(tmp_path):
    lying(tmp_path, "slow", power_flow={"solver": "pandapower"})
    lying(tmp_path, "short", output={"level": "summary"})
    assert Speeds(tmp_path).work(WORDS).like is None
    slow = {**WORDS, "power_flow": {"solver": "pandapower"}}
    assert Speeds(tmp_path).work(slow).like.name == "slow/0123456789abcdef"


def test_large_work_is_called_large(tmp_path):
    assert Work(40_001, None).is_large and not Work(40_000, None).is_large
    lying(tmp_path, "same")
    decade = {**WORDS, "time": {"days": 3650, "step_min": 15}}
    assert Speeds(tmp_path).work(decade).is_large


@pytest.mark.parametrize(
    ("seconds", "words"), [(12.4, "12 s"), (600, "10 min"), (7200, "2.0 h")]
)
def test_a_duration_in_words(seconds, words):
    assert duration(seconds) == words
