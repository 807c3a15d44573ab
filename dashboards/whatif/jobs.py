"""Runs that the dashboard started: each a process of its own, told by its files.

<results>/.jobs/<job id>/
    scenario.yaml   what it runs
    job.json        who started it, from what, its process; written once
    out.txt err.txt what the process said
    run             the run's id, once it is known
    cancelled       when it was asked to stop
    exit            the process's exit code

A job is a session of its own: it goes on when the dashboard stops or is closed, and
the next dashboard finds it again.
"""

from __future__ import annotations

import json
import os
import re
import secrets
import shutil
import signal
import sys
import threading
import time
from collections.abc import Mapping, Sequence
from contextlib import suppress
from dataclasses import dataclass
from datetime import UTC, datetime
from pathlib import Path
from platform import node
from typing import Any, Literal

from filelock import FileLock

from dashboards.address import RUN_ID, SCENARIO
from twin.errors import InputError
from twin.results.durable import replacing, write_json
from twin.results.record import RUN_FILE, read_status

FOLDER = ".jobs"
SCENARIO_FILE = "scenario.yaml"
JOB_ID = re.compile(r"[0-9a-f]{16}")
MOST_RUNNING, MOST_LISTED, MOST_TOLD = 2, 12, 4000
PATIENCE_S = 10.0
REMOVED = "its run is no longer here: it was moved to the trash, or removed"
ENDED = ("Z", "X")
SCHEMA = 1
TWIN = (sys.executable, "-m", "twin")

State = Literal["running", "done", "interrupted", "failed", "died", "removed"]


@dataclass(frozen=True)
class Job:
    """A run that was asked for, as its files tell.

    state     died: its process was killed, or ended without a word, as after a power
              cut; removed: its run was taken away since
    status    the run's ``status.json``; empty before it has one
    was_there whether the run was complete before it was asked for
    message   what went wrong
    """

    job_id: str
    told: Mapping[str, Any]
    state: State
    status: Mapping[str, Any]
    run_id: str = ""
    was_there: bool = False
    is_cancelled: bool = False
    message: str = ""

    @property
    def scenario(self) -> str:
        """The scenario's name."""
        return str(self.told.get("scenario", ""))

    @property
    def left_s(self) -> float | None:
        """Seconds until it is simulated to its end, at the speed so far."""
        speed = float(self.status.get("steps_per_s") or 0.0)
        steps = float(self.told.get("steps") or 0.0)
        left = 1.0 - float(self.status.get("progress") or 0.0)
        return steps * left / speed if speed > 0 and steps > 0 else None


class Jobs:
    """The jobs of a results folder. Every question may come from several threads."""

    def __init__(self, results: Path, program: Sequence[str] = TWIN) -> None:
        self.results, self._program = results, tuple(program)
        self.root = results / FOLDER

    def start(self, name: str, text: str, told: Mapping[str, Any]) -> str:
        """Start a run of the scenario in ``text``; returns the job's id.

        told  what to remember about it: ``start``, ``changes``, ``steps``,
              ``timezone``, ``policy``, ``rival_of``
        """
        if not SCENARIO.fullmatch(name):
            raise InputError.of(f"no scenario can be called '{name}'")
        try:
            self.root.mkdir(parents=True, exist_ok=True)
            with FileLock(self.root / ".lock", timeout=PATIENCE_S):
                self._refuse_too_many(text)
                return self._start(name, text, told)
        except OSError as error:
            raise InputError.of(
                f"the run cannot be started: {error.strerror or error}"
            ) from error

    def listed(self) -> list[Job]:
        """The jobs, the newest first."""
        return [job for job in map(self._job, self._ids()[:MOST_LISTED]) if job]

    def job(self, job_id: object) -> Job:
        """One job, by an id that a browser gives."""
        if isinstance(job_id, str) and JOB_ID.fullmatch(job_id):
            found = self._job(job_id)
            if found:
                return found
        raise InputError.of(f"no run was started here under the id '{job_id}'")

    def scenario_file(self, job_id: str) -> Path:
        """What a job runs, as a file."""
        return self.root / job_id / SCENARIO_FILE

    def cancel(self, job_id: object) -> None:
        """Stop it: as Ctrl-C would, then harder. What it simulated is kept."""
        job = self.job(job_id)
        if job.state != "running":
            return
        if job.told.get("host") != node():
            raise InputError.of(
                f"it runs on {job.told.get('host')}; only there can it be cancelled"
            )
        folder, pid = self.root / job.job_id, int(job.told["pid"])
        _note(folder / "cancelled", datetime.now(UTC).isoformat(timespec="seconds"))
        _signal(pid, signal.SIGINT)
        threading.Thread(target=_insist, args=(pid, job.job_id), daemon=True).start()

    def forget(self, job_id: object) -> None:
        """Take an ended job off the list; its run stays."""
        job = self.job(job_id)
        if job.state == "running":
            raise InputError.of("it is still running; cancel it first")
        shutil.rmtree(self.root / job.job_id, ignore_errors=True)

    def _start(self, name: str, text: str, told: Mapping[str, Any]) -> str:
        job_id = secrets.token_hex(8)
        folder = self.root / job_id
        folder.mkdir()
        file = folder / SCENARIO_FILE
        with replacing(file) as temporary:
            temporary.write_text(text, encoding="utf-8")
        words = ["run", str(file), "--out", str(self.results), "--quiet"]
        pid = _spawn([*self._program, *words], folder)
        said = {"job_id": job_id, "scenario": name, "pid": pid, "host": node()}
        now = datetime.now(UTC).isoformat(timespec="seconds")
        write_json(
            folder / "job.json",
            {**told, "schema": SCHEMA, **said, "asked": now, "asked_s": time.time()},
        )
        threading.Thread(target=_reap, args=(pid, folder), daemon=True).start()
        return job_id

    def _refuse_too_many(self, text: str) -> None:
        running = [job for job in self.listed() if job.state == "running"]
        for job in running:
            if _text(self.scenario_file(job.job_id)) == text:
                raise InputError.of("this scenario is running already: see below")
        if len(running) >= MOST_RUNNING:
            raise InputError.of(
                f"{MOST_RUNNING} runs are going already, and no more are started at "
                "once; wait for one, or cancel it"
            )

    def _ids(self) -> list[str]:
        """Ids by age; a folder without ``job.json`` is not a job, or not yet."""
        found = []
        for file in self.root.glob("*/job.json"):
            if JOB_ID.fullmatch(file.parent.name):
                found.append((_age(file), file.parent.name))
        return [job_id for _, job_id in sorted(found, reverse=True)]

    def _job(self, job_id: str) -> Job | None:
        folder = self.root / job_id
        told = _record(folder / "job.json")
        if told is None:
            return None
        cancelled = (folder / "cancelled").is_file()
        done = self._done(_text(folder / "out.txt"), str(told["scenario"]))
        if done is not None:
            was_there = (done / RUN_FILE).stat().st_mtime < float(told["asked_s"])
            status = read_status(done)
            return Job(job_id, told, "done", status, done.name, was_there, cancelled)
        elsewhere = told.get("host") != node() and not (folder / "exit").is_file()
        if elsewhere or _is_going(told.get("pid"), job_id):
            run_id, now = self._status(job_id, told)
            return Job(job_id, told, "running", now, run_id, False, cancelled)
        return self._ended(job_id, told, cancelled)

    def _ended(self, job_id: str, told: Mapping[str, Any], cancelled: bool) -> Job:
        """A job whose process is gone and that gave no run."""
        folder = self.root / job_id
        run_id, status = self._status(job_id, told)
        message = _text(folder / "err.txt").strip()[-MOST_TOLD:]
        code = _text(folder / "exit")
        state: State = "failed"
        if cancelled or code == "130":
            state = "interrupted"
        elif code == "0":
            state, message = "removed", REMOVED
        elif code.startswith("-") or not (message or code):
            state, message = "died", "\n".join(filter(None, (_killed(code), message)))
        elif not message:
            message = f"its process ended with exit code {code} and said nothing"
        return Job(job_id, told, state, status, run_id, False, cancelled, message)

    def _status(
        self, job_id: str, told: Mapping[str, Any]
    ) -> tuple[str, Mapping[str, Any]]:
        """The run that the job's process writes, and what its ``status.json`` says."""
        note = self.root / job_id / "run"
        home = self.results / str(told.get("scenario"))
        known = _text(note)
        parts = [home / f"{known}.part", home / known] if known else home.glob("*.part")
        for folder in parts:
            status = read_status(folder)
            fresh = str(status.get("updated", "")) >= str(told.get("asked"))
            if fresh and status.get("pid") == told.get("pid"):
                run_id = folder.name.removesuffix(".part")
                if not known and RUN_ID.fullmatch(run_id):
                    _note(note, run_id)
                return run_id, status
        return known, {}

    def _done(self, said: str, name: str) -> Path | None:
        """The folder that the run named last, if it is a run of this scenario."""
        last = said.strip().rpartition("\n")[2].strip()
        folder = self.results / name / Path(last).name if last else None
        if folder is None or not RUN_ID.fullmatch(folder.name):
            return None
        return folder if (folder / RUN_FILE).is_file() else None


def _killed(code: str) -> str:
    """How a process ended that could say nothing more."""
    how = (
        f"by signal {code.removeprefix('-')}"
        if code
        else "or the computer was restarted"
    )
    return f"Its process is gone: it was killed, {how}."


def _spawn(words: Sequence[str], folder: Path) -> int:
    """A process in a session of its own, that hears Ctrl-C even if we don't."""
    writing = os.O_WRONLY | os.O_CREAT | os.O_TRUNC
    files = [
        (os.POSIX_SPAWN_OPEN, 0, os.devnull, os.O_RDONLY, 0),
        (os.POSIX_SPAWN_OPEN, 1, str(folder / "out.txt"), writing, 0o644),
        (os.POSIX_SPAWN_OPEN, 2, str(folder / "err.txt"), writing, 0o644),
    ]
    return os.posix_spawn(
        words[0],
        list(words),
        os.environ,
        file_actions=files,
        setsid=True,
        setsigmask=[],
        setsigdef=[signal.SIGINT, signal.SIGTERM],
    )


def _reap(pid: int, folder: Path) -> None:
    """Wait for our own child, so that it never lingers, and note how it ended."""
    with suppress(OSError):  # off the list, or the disk is full: other files tell
        _, status = os.waitpid(pid, 0)
        _note(folder / "exit", str(os.waitstatus_to_exitcode(status)))


def _insist(pid: int, job_id: str) -> None:
    """End a process that does not listen to Ctrl-C."""
    until = time.monotonic() + PATIENCE_S
    while time.monotonic() < until:
        if not _is_going(pid, job_id):
            return
        time.sleep(0.1)
    if _is_going(pid, job_id):
        _signal(pid, signal.SIGTERM)


def _is_going(pid: object, job_id: str) -> bool:
    """Whether that process is still the job's: ids of processes are used again.

    One that ended but was not waited for has no words left, and is not going; one
    that is only just being made has none yet.
    """
    if not isinstance(pid, int) or pid <= 1:
        return False
    try:
        words = Path(f"/proc/{pid}/cmdline").read_bytes()
        if not words:
            stat = Path(f"/proc/{pid}/stat").read_text(errors="replace")
            return stat.rpartition(")")[2].split()[0] not in ENDED
    except FileNotFoundError:
        return not Path("/proc/self").exists() and _answers(pid)
    except OSError:
        return False
    return job_id.encode() in words


def _answers(pid: int) -> bool:
    try:
        os.kill(pid, 0)
    except OSError:
        return False
    return True


def _signal(pid: int, number: signal.Signals) -> None:
    with suppress(ProcessLookupError):
        os.kill(pid, number)


def _note(path: Path, text: str) -> None:
    with replacing(path) as temporary:
        temporary.write_text(text, encoding="utf-8")


def _text(path: Path) -> str:
    try:
        return path.read_text(encoding="utf-8", errors="replace")
    except OSError:
        return ""


def _record(path: Path) -> dict[str, Any] | None:
    try:
        told = json.loads(path.read_text(encoding="utf-8"))
    except (OSError, ValueError):
        return None
    is_job = isinstance(told, dict) and told.get("schema") == SCHEMA
    return told if is_job and SCENARIO.fullmatch(str(told.get("scenario"))) else None


def _age(path: Path) -> int:
    try:
        return path.stat().st_mtime_ns
    except OSError:
        return 0
