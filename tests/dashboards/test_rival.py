"""A finished run's rival: the same scenario, another policy, and nothing else."""

from pathlib import Path

import pytest

from dashboards.whatif.fields import fields
from dashboards.whatif.jobs import Job
from dashboards.whatif.rival import begin_rival
from twin.errors import InputError
from twin.scenario.read import read
from twin.scenario.schema import scenario_schema

RUN = "0123456789abcdef"
SCENARIO = """\
schema: 1
name: mine
time: {start: 2026-01-12, days: 1}
feeder: {source: "pandapower:create_kerber_landnetz_freileitung_1"}
fleet: {ev_share: 0.4}
policy: {name: v2g_peak, reserve_soc: 0.3}
"""


class Jobs:
    """Keeps what it is asked to start."""

    def __init__(self, folder: Path) -> None:
        self.folder, self.asked = folder, []
        self.scenario_file("a").write_text(SCENARIO)

    def scenario_file(self, job_id: str) -> Path:
        return self.folder / f"{job_id}.yaml"

    def start(self, name, text, told):
        self.asked.append((name, text, told))
        return "b"


@pytest.fixture
def jobs(tmp_path):
    return Jobs(tmp_path)


def done(**told):
    return Job("a", {"scenario": "mine", "policy": "v2g_peak", **told}, "done", {}, RUN)


def test_only_the_policy_is_another(jobs, tmp_path):
    assert begin_rival(fields(scenario_schema()), done(), jobs) == "b"
    ((name, text, told),) = jobs.asked
    assert name == "mine" and told["start"] == told["rival_of"] == f"mine/{RUN}"
    assert told["policy"] == "valley"
    assert told["changes"] == ["policy.name: v2g_peak → valley"]
    (tmp_path / "rival.yaml").write_text(text)
    rival, mine = (read(tmp_path / f"{one}.yaml") for one in ("rival", "a"))
    assert rival.policy == mine.policy.model_copy(update={"name": "valley"})
    assert rival.model_copy(update={"policy": mine.policy}) == mine


def test_what_is_not_finished_has_none(jobs):
    running = Job("a", {"scenario": "mine", "policy": "v2g_peak"}, "running", {}, RUN)
    for one in (running, done(policy="")):
        with pytest.raises(InputError, match="only a finished run with a policy"):
            begin_rival(fields(scenario_schema()), one, jobs)
    assert not jobs.asked


def test_a_scenario_that_was_spoilt_since_is_refused(jobs):
    jobs.scenario_file("a").write_text("schema: 1\nname: mine\nname: twice\n")
    with pytest.raises(InputError, match="twice"):
        begin_rival(fields(scenario_schema()), done(), jobs)
    assert not jobs.asked
