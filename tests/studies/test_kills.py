"""Killed at random moments, begun again: the same bytes. KILLS=20 asks for more."""

import os
import random
import signal
import time

import psutil
import pytest

from tests.studies.made import started, tables_of, workers_of, written
from twin.errors import Busy
from twin.results.verify import verify
from twin.scenario.study import read_study
from twin.studies.runner import run_study

pytestmark = pytest.mark.long

KILLS = int(os.environ.get("KILLS", "1"))
LONGEST_S = 600


@pytest.fixture(scope="module")
def file(tmp_path_factory):
    return written(tmp_path_factory.mktemp("kills"))


@pytest.fixture(scope="module")
def whole(file):
    out = file.parent / "whole"
    goes_on(file, out)
    return tables_of(out)


def has_begun(process, out):
    """Wait until it has a status, or has ended."""
    until = time.monotonic() + LONGEST_S
    while process.poll() is None and time.monotonic() < until:
        if list(out.glob("studies/*/*/status.json")):
            return True
        time.sleep(0.05)
    return False


def goes_on(file, out):
    """Begun again, in this process."""
    return run_study(read_study(file), out, lambda line: None)


def ended(process):
    said, errors = process.communicate(timeout=LONGEST_S)
    assert process.returncode == 0, errors
    return said, errors


def test_killed_workers_lose_nothing(file, whole, tmp_path):
    moments, killed, turn = random.Random(1), 0, 0
    while killed < KILLS:
        out = tmp_path / str(turn)
        process = started(file, out, "--workers", "2")
        has_begun(process, out)
        until = time.monotonic() + moments.uniform(0.5, 12)
        while time.monotonic() < until or not workers_of(process):
            if process.poll() is not None:
                break
            time.sleep(0.05)
        for one in workers_of(process)[:1]:
            try:
                one.kill()
                killed += 1
            except psutil.NoSuchProcess:
                continue
        ended(process)
        assert tables_of(out) == whole
        turn += 1


def test_a_killed_study_goes_on_when_begun_again(file, whole, tmp_path):
    moments, killed, turn = random.Random(2), 0, 0
    while killed < KILLS:
        out = tmp_path / str(turn)
        for _ in range(4):
            if killed == KILLS:
                break
            process = started(file, out, "--workers", "2")
            has_begun(process, out)
            time.sleep(moments.uniform(0, 12))
            killed += process.poll() is None
            process.kill()
            process.communicate(timeout=LONGEST_S)
        goes_on(file, out)
        assert tables_of(out) == whole
        runs = list((out / "small").iterdir())
        assert len(runs) == 6
        assert not any(verify(run) for run in runs)
        turn += 1


def test_stopped_by_a_key_it_says_so_and_goes_on(file, whole, tmp_path):
    process = started(file, tmp_path, "--workers", "2")
    assert has_begun(process, tmp_path)
    while not list(tmp_path.glob("small/*")):
        assert process.poll() is None
        time.sleep(0.05)
    with pytest.raises(Busy, match=f"is being run by process {process.pid} on"):
        goes_on(file, tmp_path)
    os.killpg(process.pid, signal.SIGINT)
    _, errors = process.communicate(timeout=LONGEST_S)
    assert process.returncode == 130, errors
    assert "goes on with the others" in errors
    assert "Traceback" not in errors
    assert '"interrupted"' in next(tmp_path.glob("studies/*/*/status.json")).read_text()
    goes_on(file, tmp_path)
    assert tables_of(tmp_path) == whole
