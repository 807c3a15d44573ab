"""One run of a study, done by whoever has time; it can be done twice without harm."""

from __future__ import annotations

import gc
import time
from collections.abc import Mapping
from dataclasses import dataclass, field
from pathlib import Path

from twin.analysis.metrics import Answer, headline
from twin.errors import Busy, InputError, RunFailed, TwinError
from twin.results.identity import Code
from twin.results.record import Run
from twin.results.verify import verify
from twin.scenario.spec import Scenario
from twin.simulation.build import Grid, load_grid
from twin.simulation.run import run, this_code
from twin.studies.courses import Courses, courses_of

BUSY_WAIT_S = 1.0
BUSY_AT_MOST_S = 3600.0


@dataclass(frozen=True)
class Job:
    """A run to be had: its scenario, under which id it is expected, and where.

    ``summed``: it is a feeder of a territory, whose courses are to be told, too.
    """

    run_id: str
    scenario: Scenario
    out: Path
    summed: bool = False

    @property
    def folder(self) -> Path:
        """Where its run lies once it is complete."""
        return self.out / self.scenario.name / self.run_id

    @property
    def is_there(self) -> bool:
        """Whether its run seems complete; its files are not read."""
        try:
            return self.folder.is_dir() and Run.open(self.folder).is_complete
        except InputError:
            return False


@dataclass(frozen=True)
class Outcome:
    """What became of a job: its run's headline figures, or why there are none."""

    run_id: str
    figures: Mapping[str, Answer] = field(default_factory=dict)
    known: bool = False
    reason: str = ""
    wall_s: float = 0.0
    courses: Courses | None = None


class NoGridError(InputError):
    """A scenario's grid cannot be had as the scenario says it."""


class Bench:
    """What a worker reads once for all its jobs: feeders, and the code it runs."""

    def __init__(self) -> None:
        self.code: Code = this_code()
        self._grids: dict[str, Grid | NoGridError] = {}
        self._tidied = False

    def tidy(self) -> None:
        """Free the world that is over, a cycle of objects, before the next is built.

        After the first run the libraries, the greater part by far of all objects, are
        set apart for good: no later search for garbage goes through them.
        """
        gc.collect()
        if not self._tidied:
            gc.freeze()
            self._tidied = True

    def grid(self, scenario: Scenario) -> Grid:
        """The feeder of a scenario; one that is refused is tried once."""
        key = scenario.feeder.model_dump_json()
        if key not in self._grids:
            try:
                self._grids[key] = load_grid(scenario)
            except InputError as error:
                self._grids[key] = NoGridError(error.problems)
        found = self._grids[key]
        if isinstance(found, NoGridError):
            raise NoGridError(found.problems)
        return found


def ensure(job: Job, bench: Bench) -> Outcome:
    """Have a complete run of it, every byte as written; what failed is told."""
    began = time.perf_counter()
    try:
        known = job.is_there and not verify(job.folder)
        if not known:
            _run(job, bench)
            bench.tidy()
        made = Run.open(job.folder)
        figures = headline(made)
        courses = courses_of(made) if job.summed else None
    except TwinError as error:
        return Outcome(job.run_id, reason=str(error))
    wall_s = time.perf_counter() - began
    return Outcome(job.run_id, figures, known, wall_s=wall_s, courses=courses)


def _run(job: Job, bench: Bench) -> None:
    """Run it; where another process is at it just now, wait for that one."""
    grid, damaged = bench.grid(job.scenario), job.folder.is_dir()
    until = time.monotonic() + BUSY_AT_MOST_S
    while True:
        try:
            folder = run(job.scenario, job.out, grid, force=damaged, code=bench.code)
            break
        except Busy:
            if time.monotonic() > until:
                raise
            time.sleep(BUSY_WAIT_S)
            damaged = False
    if folder.name != job.run_id:
        raise RunFailed(
            f"became run {folder.name}, not {job.run_id}: a file that it reads changed "
            "since the study began, or this worker has other code; run the study again"
        )
