"""Runs a study: what is not complete yet, by whom is asked, and then its tables."""

from __future__ import annotations

import json
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from dataclasses import replace
from pathlib import Path

from filelock import FileLock, Timeout

from twin.analysis.alternatives import write as write_alternatives
from twin.analysis.hosting_record import write_hosting
from twin.analysis.timeline import write as write_timeline
from twin.errors import Busy, InputError, RunFailed
from twin.results.disk import written
from twin.results.record import Run, read_status
from twin.scenario.study import Budget, Study
from twin.scenario.study_places import placed_at_keys
from twin.studies.asked import (
    Asked,
    asked_of,
    jobs_of,
    refuse_without_grid,
    study_id,
)
from twin.studies.estimate import Estimate, estimate, refuse_beyond
from twin.studies.job import Bench, Job, Outcome
from twin.studies.pools import Pool, serial
from twin.studies.standing import Standing, Tell
from twin.studies.summing import Summing
from twin.studies.tables import failures, is_done, write_tables
from twin.studies.territory import write_territory

KEPT = "its runs are kept, run it again"


def run_study(
    study: Study,
    out: Path,
    tell: Tell = print,
    pool: Pool = serial,
    n_workers: int = 1,
) -> Path:
    """Have every run of a study complete; the study's folder.

    Nothing runs if any variant's grid cannot be had as it says. A run that fails is
    told and does not stop the others; then the study fails with all of them named.
    Begun again after anything, it goes on with what is left.
    """
    bench = Bench()
    asked = asked_of(study, bench, out / "studies" / study.name)
    refuse_without_grid(asked)
    jobs = jobs_of(asked, out)
    if not jobs:
        raise InputError.of(asked[0].problem)
    if study.budget != Budget():
        _refuse_beyond(study, estimate(jobs, len(jobs), out, n_workers))
    folder = out / "studies" / study.name / study_id(study, asked)
    with _alone(folder):
        standing = Standing(folder, study.name, len(jobs), tell)
        with _told(standing):
            summing = Summing(asked)
            outcomes = _outcomes(asked, jobs, bench, pool, standing, summing)
            _finish(folder, study, asked, outcomes, summing)
    return folder


def _refuse_beyond(study: Study, expected: Estimate) -> None:
    try:
        refuse_beyond(study.budget, expected)
    except InputError as error:
        raise placed_at_keys(study, error) from None


def dry_run(study: Study, out: Path, n_workers: int) -> Iterator[str]:
    """Line by line what a study would run and cost; nothing is run.

    After the last line an InputError where that is beyond the study's budget.
    """
    asked = asked_of(study, Bench(), out / "studies" / study.name)
    n_row = sum(bool(one.run_id) for one in asked)
    expected = estimate(jobs_of(asked, out), n_row, out, n_workers)
    if study.territory is not None:
        yield from _feeders(asked, out)
    else:
        yield from (_row(one, out) for one in asked)
    yield from expected.lines()
    _refuse_beyond(study, expected)


def _feeders(asked: Sequence[Asked], out: Path) -> Iterator[str]:
    """A line a member of a territory under each variant, not one a feeder."""
    groups: dict[tuple[str, int, str], list[Asked]] = {}
    for one in asked:
        if one.copy is not None:
            key = one.label, one.of_seed, one.copy.member
            groups.setdefault(key, []).append(one)
    for (label, seed, member), rows in groups.items():
        problem = next((one.problem for one in rows if one.problem), "")
        there = sum(_is_there(one, out) for one in rows)
        told = problem or f"{len(rows)} feeders, {there} complete"
        yield f"{label} seed {seed}, {member}: {told}"


def _is_there(one: Asked, out: Path) -> bool:
    return one.scenario is not None and Job(one.run_id, one.scenario, out).is_there


def _row(one: Asked, out: Path) -> str:
    said = " ".join(f"{key}={value}" for key, value in one.run.overrides.items())
    varied = f" {one.end.varied} {one.end.end}" if one.end else ""
    who = f"{one.run.variant}{varied} seed {one.run.seed}"
    if one.scenario is None:
        return f"{who}: {said}: {one.problem}"
    known = " (complete)" if _is_there(one, out) else ""
    return f"{who}: {said} -> {one.run_id}{known}"


def labelled_runs(folder: Path) -> list[tuple[str, Run]]:
    """The runs of a finished study, labelled by variant and point of the axes."""
    record = json.loads((folder / "study.json").read_text(encoding="utf-8"))
    results = folder.parents[2]
    once = dict.fromkeys((one["label"], one["path"]) for one in record["runs"])
    return [(label, Run.open(results / path)) for label, path in once]


def _outcomes(
    asked: Sequence[Asked],
    jobs: Sequence[Job],
    bench: Bench,
    pool: Pool,
    standing: Standing,
    summing: Summing,
) -> dict[str, Outcome]:
    """What became of each distinct run; only what is left needs workers.

    A feeder's courses are added to its territory and forgotten.
    """
    names = {one.run_id: one.name for one in reversed(asked)}
    work = serial if all(job.is_there for job in jobs) else pool
    found: dict[str, Outcome] = {}
    for outcome in work(jobs, bench):
        summing.came(outcome)
        found[outcome.run_id] = replace(outcome, courses=None)
        standing.came(names[outcome.run_id], outcome)
    return found


def _finish(
    folder: Path,
    study: Study,
    asked: Sequence[Asked],
    outcomes: dict[str, Outcome],
    summing: Summing,
) -> None:
    failed = failures(asked, outcomes)
    listed = "\n".join(failed)
    if not any(is_done(one, outcomes) for one in asked):
        raise RunFailed(f"no run of the study succeeded:\n{listed}")
    kept = "\n".join([KEPT, *failed])
    with written("the study's tables", folder, kept):
        write_tables(folder, study, asked, outcomes)
        write_hosting(folder, study.hosting)
        write_alternatives(folder, study.alternatives)
        if study.territory is not None:
            write_territory(folder, study, summing)
        elif any(one.scenario and one.scenario.adoption for one in asked):
            write_timeline(folder)
    if failed:
        raise RunFailed(f"{folder}: {len(failed)} runs failed:\n{listed}")


@contextmanager
def _alone(folder: Path) -> Iterator[None]:
    """The study's folder, to this process alone."""
    locks = folder.parents[2] / ".locks"
    try:
        locks.mkdir(parents=True, exist_ok=True)
        folder.mkdir(parents=True, exist_ok=True)
        lock = FileLock(locks / f"study.{folder.parent.name}.{folder.name}.lock")
        lock.acquire(timeout=0)
    except Timeout:
        raise Busy(_held(folder)) from None
    except OSError as error:
        raise InputError.of(
            f"cannot write results below {folder.parents[2]}: "
            f"{error.strerror or error}; choose a folder that can be written",
            key="--out",
        ) from error
    try:
        yield
    finally:
        lock.release()


def _held(folder: Path) -> str:
    status = read_status(folder)
    who, far = "another process", ""
    if "pid" in status:
        who = f"process {status['pid']} on {status.get('host')}"
        far = f" ({status.get('done', 0)} of {status.get('runs', 0)} runs done)"
    return (
        f"study {folder.parent.name} ({folder.name}) is being run by {who}{far}; "
        "wait for it, or stop it"
    )


@contextmanager
def _told(standing: Standing) -> Iterator[None]:
    """However it ends, the status says so."""
    standing.begin()
    try:
        yield
    except KeyboardInterrupt:
        standing.end("interrupted", "stopped before its end; run it again to go on")
        raise
    except BaseException as error:
        standing.end("failed", str(error))
        raise
    standing.end("done")
