"""Runs as processes: started, watched, cancelled, found again; by a program to test."""

import json
import os
import signal
import sys
import time
from contextlib import suppress
from pathlib import Path

import pytest

import dashboards.whatif.jobs as jobs_module
from dashboards.whatif.jobs import Jobs
from twin.errors import InputError

RUN = "0123456789abcdef"
PROGRAM = """
import json, os, pathlib, signal, sys, time
verb, file, out = sys.argv[1], sys.argv[2], sys.argv[4]
assert verb == "run" and sys.argv[3] == "--out" and sys.argv[5:] == ["--quiet"]
does = open(file).read().split()
home = pathlib.Path(out) / "demo"
if "fail" in does:
    print("cannot read: <b>it</b>", file=sys.stderr)
    sys.exit(3)
if "die" in does:
    os.kill(os.getpid(), signal.SIGKILL)
if "done" in does:
    folder = home / "{run}"
    if not folder.exists():
        folder.mkdir(parents=True)
        (folder / "run.json").write_text("{{}}")
    print("some words")
    print(folder)
    sys.exit(0)
if "deaf" in does:
    signal.signal(signal.SIGINT, signal.SIG_IGN)
part = home / "{run}.part"
part.mkdir(parents=True, exist_ok=True)
status = dict(pid=os.getpid(), host=os.uname().nodename, state="running",
              progress=0.25, steps_per_s=100.0, updated="2999-01-01T00:00:00+00:00")
try:
    (part / "x").write_text(json.dumps(status))
    os.replace(part / "x", part / "status.json")
    time.sleep(60)
except KeyboardInterrupt:
    print("stopped", file=sys.stderr)
    sys.exit(130)
"""
TOLD = {"start": "first", "changes": ["a: 1 → 2"], "steps": 400, "timezone": "UTC"}


@pytest.fixture
def jobs(tmp_path):
    program = tmp_path / "program.py"
    program.write_text(PROGRAM.format(run=RUN))
    results = tmp_path / "results"
    results.mkdir()
    made = Jobs(results, (sys.executable, "-S", "-E", str(program)))
    yield made
    for job in made.listed():
        if job.state == "running":
            with suppress(ProcessLookupError):
                os.kill(job.told["pid"], signal.SIGKILL)
            until(lambda job=job: not Path(f"/proc/{job.told['pid']}").exists())


def until(holds, seconds=10.0):
    end = time.monotonic() + seconds
    while time.monotonic() < end:
        if holds():
            return
        time.sleep(0.02)
    raise AssertionError("it did not come to pass")


def started(jobs, does="wait"):
    return jobs.start("demo", f"{does}\n", TOLD)


def simulating(jobs, does="wait"):
    job_id = started(jobs, does)
    until(lambda: jobs.job(job_id).status)
    return job_id


def ended(jobs, job_id):
    exit_note = jobs.root / job_id / "exit"
    until(exit_note.is_file)
    return jobs.job(job_id)


def test_a_run_is_watched_by_its_status(jobs):
    job = jobs.job(simulating(jobs))
    assert (job.state, job.run_id, job.scenario) == ("running", RUN, "demo")
    assert job.status["progress"] == 0.25
    assert job.left_s == 3.0
    assert job.told["changes"] == TOLD["changes"]
    assert json.loads((jobs.root / job.job_id / "job.json").read_text())["schema"] == 1


def test_before_it_simulates_it_has_no_status(jobs):
    (jobs.results / "demo" / f"{RUN}.part").mkdir(parents=True)
    old = {"pid": 1, "updated": "2999", "state": "running"}
    file = jobs.results / "demo" / f"{RUN}.part" / "status.json"
    file.write_text(json.dumps(old))
    job = jobs.job(started(jobs))
    assert job.state == "running" and job.status == {} and job.left_s is None


def test_a_run_that_is_done_names_its_folder(jobs):
    job = ended(jobs, started(jobs, "done"))
    assert (job.state, job.run_id, job.was_there) == ("done", RUN, False)


def test_a_run_that_was_complete_says_so(jobs):
    ended(jobs, started(jobs, "done"))
    os.utime(jobs.results / "demo" / RUN / "run.json", (1, 1))
    job = ended(jobs, started(jobs, "done again"))
    assert (job.state, job.was_there) == ("done", True)


def test_a_run_that_fails_tells_its_own_words(jobs):
    job = ended(jobs, started(jobs, "fail"))
    assert (job.state, job.message) == ("failed", "cannot read: <b>it</b>")


def test_a_run_that_is_killed_tells_how(jobs):
    job = ended(jobs, started(jobs, "die"))
    assert (job.state, job.message) == (
        "died",
        "Its process is gone: it was killed, by signal 9.",
    )


def test_cancelling_is_ctrl_c_and_what_there_is_is_kept(jobs):
    job_id = simulating(jobs)
    jobs.cancel(job_id)
    job = ended(jobs, job_id)
    assert (job.state, job.run_id, job.is_cancelled) == ("interrupted", RUN, True)
    assert (jobs.root / job_id / "exit").read_text() == "130"
    assert job.status["progress"] == 0.25


def test_cancelling_is_heard_where_the_dashboard_does_not_hear_ctrl_c(jobs):
    before = signal.signal(signal.SIGINT, signal.SIG_IGN)
    try:
        job_id = simulating(jobs)
    finally:
        signal.signal(signal.SIGINT, before)
    jobs.cancel(job_id)
    ended(jobs, job_id)
    assert (jobs.root / job_id / "exit").read_text() == "130"


def test_who_does_not_listen_is_ended_harder(jobs, monkeypatch):
    monkeypatch.setattr(jobs_module, "PATIENCE_S", 0.3)
    job_id = simulating(jobs, "deaf")
    jobs.cancel(job_id)
    assert ended(jobs, job_id).state == "interrupted"
    assert (jobs.root / job_id / "exit").read_text() == str(-signal.SIGTERM)


def test_no_ended_child_lingers(jobs):
    job_id = started(jobs, "fail")
    pid = jobs.job(job_id).told["pid"]
    ended(jobs, job_id)
    until(lambda: not Path(f"/proc/{pid}").exists())


def test_a_run_is_no_child_of_the_terminal(jobs):
    pid = jobs.job(simulating(jobs)).told["pid"]
    assert os.getsid(pid) == pid != os.getsid(0)


def test_two_run_at_once_and_a_third_is_refused(jobs):
    first = simulating(jobs, "wait one")
    started(jobs, "wait two")
    with pytest.raises(InputError, match="2 runs are going already"):
        started(jobs, "wait three")
    assert len(jobs.listed()) == 2
    jobs.cancel(first)
    ended(jobs, first)
    started(jobs, "wait three")


def test_the_same_scenario_is_not_started_twice_at_once(jobs):
    started(jobs)
    with pytest.raises(InputError, match="running already"):
        started(jobs)


def test_another_dashboard_finds_and_stops_them(jobs):
    job_id = simulating(jobs)
    other = Jobs(jobs.results)
    assert [job.job_id for job in other.listed()] == [job_id]
    other.cancel(job_id)
    until(lambda: other.job(job_id).state == "interrupted")


def test_the_newest_is_listed_first(jobs):
    first, second = started(jobs, "fail"), started(jobs, "done")
    os.utime(jobs.root / first / "job.json", (1, 1))
    assert [job.job_id for job in jobs.listed()] == [second, first]


def test_a_process_that_took_over_the_number_is_left_alone(jobs, monkeypatch):
    job_id = started(jobs, "done")
    ended(jobs, job_id)
    for note in ("exit", "out.txt"):
        (jobs.root / job_id / note).unlink()
    file = jobs.root / job_id / "job.json"
    file.write_text(json.dumps(json.loads(file.read_text()) | {"pid": os.getpid()}))
    hit = []
    monkeypatch.setattr(jobs_module, "_signal", lambda *words: hit.append(words))
    assert jobs.job(job_id).state == "died"
    jobs.cancel(job_id)
    assert hit == []


def test_a_run_that_was_thrown_away_since_is_told(jobs):
    job_id = started(jobs, "done")
    ended(jobs, job_id)
    (jobs.results / "demo" / RUN / "run.json").unlink()
    job = jobs.job(job_id)
    assert job.state == "removed" and "no longer" in job.message


def test_an_ended_job_is_taken_off_the_list_and_its_run_stays(jobs):
    job_id = started(jobs, "done")
    ended(jobs, job_id)
    jobs.forget(job_id)
    assert jobs.listed() == []
    assert (jobs.results / "demo" / RUN / "run.json").is_file()


def test_a_running_job_is_not_taken_off_the_list(jobs):
    job_id = started(jobs)
    with pytest.raises(InputError, match="still running"):
        jobs.forget(job_id)
    assert len(jobs.listed()) == 1


@pytest.mark.parametrize(
    "job_id", ["", "..", "../../etc", "0" * 16, "G" * 16, None, 3, ["0" * 16], {}]
)
def test_no_other_id_names_a_job(jobs, job_id):
    for ask in (jobs.job, jobs.cancel, jobs.forget):
        with pytest.raises(InputError, match="no run was started here"):
            ask(job_id)


def test_no_name_leaves_the_results(jobs):
    with pytest.raises(InputError, match="no scenario can be called"):
        jobs.start("../x", "wait", TOLD)
    assert not jobs.root.exists()


@pytest.mark.parametrize(
    "content", ["", "{", "[]", '{"schema": 2}', '{"schema": 1, "scenario": "../x"}']
)
def test_a_job_that_cannot_be_read_is_not_listed(jobs, content):
    folder = jobs.root / ("a" * 16)
    folder.mkdir(parents=True)
    (folder / "job.json").write_text(content)
    assert jobs.listed() == []


def test_a_folder_that_cannot_be_written_is_told(jobs):
    jobs.root.write_text("a file in the way")
    with pytest.raises(InputError, match="cannot be started"):
        started(jobs)
