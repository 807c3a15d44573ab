"""What a study costs, from runs made before by hand; budgets and addresses."""

import json

import pytest

from twin.errors import InputError
from twin.scenario.read import scenario_of
from twin.scenario.study import Budget
from twin.studies.cluster import Tls, remote
from twin.studies.estimate import estimate, refuse_beyond
from twin.studies.job import Job

SCENARIO = {
    "schema": 1,
    "name": "small",
    "time": {"start": "2026-01-12", "days": 2, "step_min": 15},
    "feeder": {"source": "pandapower:create_kerber_landnetz_kabel_1"},
    "fleet": {"ev_share": 0.5},
    "output": {"level": "summary"},
}


def jobs(out, n, **changed):
    scenario = scenario_of({**SCENARIO, **changed})
    return [Job(f"{k:016x}", scenario, out) for k in range(n)]


def made(out, number, seconds, size, **changed):
    """A complete run of 96 steps, as an earlier study left it."""
    days = {**SCENARIO["time"], "days": 1}
    scenario = scenario_of({**SCENARIO, "time": days, **changed}).resolved()
    folder = out / "small" / f"{number:016x}"
    folder.mkdir(parents=True)
    (folder / "steps.parquet").write_bytes(b"x" * size)
    record = {
        "schema": 1,
        "status": "done",
        "run_id": folder.name,
        "scenario": scenario,
        "outputs": {"steps.parquet": ""},
        "wall_time_s": {"read": 1.0, "simulate": seconds - 1.0},
    }
    (folder / "run.json").write_text(json.dumps(record))


def test_by_the_step_shared_by_workers_from_cheapest_to_dearest(tmp_path):
    for number, seconds, size in ((101, 2.0, 100), (102, 4.0, 300), (103, 12.0, 200)):
        made(tmp_path, number, seconds, size)
    found = estimate(jobs(tmp_path, 10), 12, tmp_path, 4)
    assert (found.runs, found.complete, found.left, found.samples) == (10, 0, 10, 3)
    assert found.seconds.usual == pytest.approx(10 * 2 * 4 / 4)
    assert found.seconds.low == pytest.approx(10 * 2 * 2 / 4)
    assert found.seconds.high == pytest.approx(10 * 2 * 12 / 4)
    assert found.bytes.usual == pytest.approx(10 * 2 * 200)
    assert found.lines() == [
        "10 runs for 12 rows; 0 complete, 10 left",
        "time: about 20 s with 4 workers (10 s to 60 s)",
        "disk: about 0.0 MB (0.0 MB to 0.0 MB)",
        "from 3 complete runs on the same feeders, by the step; few, so trust the "
        "order of magnitude",
    ]


def test_what_is_complete_costs_nothing(tmp_path):
    made(tmp_path, 0, 2.0, 100)
    found = estimate(jobs(tmp_path, 2), 2, tmp_path, 4)
    assert (found.complete, found.left, found.workers) == (1, 1, 1)
    assert found.seconds.usual == pytest.approx(4.0)


@pytest.mark.parametrize(
    "other",
    [
        {"output": {"level": "all"}},
        {"feeder": {"source": "pandapower:create_kerber_dorfnetz"}},
    ],
)
def test_other_feeders_and_levels_say_nothing(tmp_path, other):
    made(tmp_path, 101, 2.0, 100, **other)
    found = estimate(jobs(tmp_path, 2), 2, tmp_path, 4)
    assert found.seconds is None
    assert "not known" in found.lines()[1]
    refuse_beyond(Budget(hours=1e-9), found)


def test_a_budget_names_each_key_that_is_not_enough(tmp_path):
    made(tmp_path, 101, 7200.0, 2_000_000)
    found = estimate(jobs(tmp_path, 3), 3, tmp_path, 1)
    refuse_beyond(Budget(runs=3, hours=12.1, disk_gb=0.0121), found)
    with pytest.raises(InputError) as told:
        refuse_beyond(Budget(runs=2, hours=11.9, disk_gb=0.0119), found)
    assert str(told.value).splitlines() == [
        "budget.runs: 3 expected; allowed: at most 2",
        "budget.hours: 12 expected; allowed: at most 11.9",
        "budget.disk_gb: 0.012 expected; allowed: at most 0.0119",
    ]


@pytest.mark.parametrize(
    ("address", "tls", "said"),
    [
        ("tls://a:1", Tls(), "--tls-ca: a scheduler at tls:// needs it"),
        ("tls://a:1", Tls(ca="here"), "--tls-cert: a scheduler at tls:// needs it"),
        ("tcp://a:1", Tls(ca="here"), "--tls-ca: is for a scheduler at tls://"),
        ("a:1", Tls(), "'a:1'; allowed: tcp://host:port or tls://host:port"),
        ("http://a", Tls(), "'http://a'; allowed: tcp://host:port"),
    ],
)
def test_an_address_and_its_certificates(address, tls, said, tmp_path):
    (tmp_path / "file").write_text("")
    given = {name: tmp_path / "file" for name, v in vars(tls).items() if v}
    with pytest.raises(InputError) as told:
        remote(address, Tls(**given))
    assert said in str(told.value)


def test_a_certificate_that_is_not_there(tmp_path):
    nowhere = tmp_path / "nowhere.pem"
    with pytest.raises(InputError, match=r"no such file '.*nowhere.pem'"):
        remote("tls://a:1", Tls(nowhere, nowhere, nowhere))
