"""What a study will cost, from runs made before; and whether its budget allows it.

Rule: seconds and bytes a step of complete runs on the same feeder, recording as much
(whatever their fleet and policy), times the steps of the runs that are left. The usual
is the median run's, the span from the cheapest to the dearest. Time is shared by the
workers.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from statistics import median
from typing import Any

from twin.errors import InputError, Problem
from twin.results.record import Run, find_runs
from twin.scenario.spec import Scenario
from twin.scenario.study import Budget
from twin.studies.job import Job
from twin.studies.standing import duration

MOST_SAMPLES = 200


@dataclass(frozen=True)
class Span:
    """A figure as it usually is, between its lowest and highest."""

    low: float
    usual: float
    high: float


@dataclass(frozen=True)
class Sample:
    """What a run made before took, a step of it."""

    seconds: float
    bytes: float


@dataclass(frozen=True)
class Estimate:
    """How many runs a study has, and what those that are left cost; None: unknown."""

    rows: int
    runs: int
    complete: int
    workers: int
    samples: int = 0
    seconds: Span | None = None
    bytes: Span | None = None

    @property
    def left(self) -> int:
        """Runs that are not complete yet."""
        return self.runs - self.complete

    def lines(self) -> list[str]:
        """As ``--dry-run`` tells it."""
        count = f"{self.runs} run{'' if self.runs == 1 else 's'}"
        shared = f" for {self.rows} rows" if self.rows > self.runs else ""
        said = [f"{count}{shared}; {self.complete} complete, {self.left} left"]
        if not self.left:
            return said
        if self.seconds is None or self.bytes is None:
            return [
                *said,
                "time and disk are not known: no run on such a feeder, recording as "
                "much, is among the results; run one of them first",
            ]
        s, b = self.seconds, self.bytes
        return [
            *said,
            f"time: about {duration(s.usual)} with {self.workers} workers "
            f"({duration(s.low)} to {duration(s.high)})",
            f"disk: about {_size(b.usual)} ({_size(b.low)} to {_size(b.high)})",
            f"from {self.samples} complete runs on the same feeders, by the step"
            + ("; few, so trust the order of magnitude" if self.samples < 5 else ""),
        ]


def estimate(jobs: Sequence[Job], rows: int, out: Path, n_workers: int) -> Estimate:
    """The cost of the jobs that are not complete."""
    left = [job for job in jobs if not job.is_there]
    known = _samples(out, {_kind(job.scenario) for job in left})
    complete = len(jobs) - len(left)
    workers = max(1, min(n_workers, len(left)))
    counts = Estimate(rows, len(jobs), complete, workers)
    if not left or any(_kind(job.scenario) not in known for job in left):
        return counts
    seconds, size = Span(0, 0, 0), Span(0, 0, 0)
    for job in left:
        samples, steps = known[_kind(job.scenario)], _steps(job.scenario)
        lived = steps + _steps_of(job.scenario, job.scenario.time.lead_in_days)
        seconds = _more(seconds, [one.seconds for one in samples], lived / workers)
        size = _more(size, [one.bytes for one in samples], steps)
    n_samples = sum(len(samples) for samples in known.values())
    return Estimate(rows, len(jobs), complete, workers, n_samples, seconds, size)


def refuse_beyond(budget: Budget, expected: Estimate) -> None:
    """An InputError where what is left is beyond the study's budget."""
    hours = expected.seconds.usual / 3600 if expected.seconds else None
    disk_gb = expected.bytes.usual / 1e9 if expected.bytes else None
    found = {"runs": expected.left, "hours": hours, "disk_gb": disk_gb}
    problems = [
        Problem("", f"budget.{key}", f"{value:.3g} expected; allowed: at most {most:g}")
        for key, value in found.items()
        if (most := getattr(budget, key)) is not None
        and value is not None
        and value > most
    ]
    if problems:
        raise InputError(problems)


def _samples(out: Path, kinds: set[str]) -> dict[str, list[Sample]]:
    found: dict[str, list[Sample]] = {}
    for place in find_runs(out)[-MOST_SAMPLES:]:
        if place.state != "done":
            continue
        run = Run.open(place.path)
        kind = _kind_of(run.record.get("scenario") or {})
        sample = _sample(run)
        if kind in kinds and sample is not None:
            found.setdefault(kind, []).append(sample)
    return found


def _sample(run: Run) -> Sample | None:
    scenario = run.record.get("scenario") or {}
    try:
        time = scenario["time"]
        per_day = 24 * 60 / time["step_min"]
        lived = time["days"] + time.get("lead_in_days", 0)
        seconds = sum(run.record["wall_time_s"].values())
    except (KeyError, TypeError, AttributeError):
        return None
    size = sum((run.path / name).stat().st_size for name in run.record["outputs"])
    return Sample(seconds / (lived * per_day), size / (time["days"] * per_day))


def _kind(scenario: Scenario) -> str:
    return _kind_of(scenario.resolved())


def _kind_of(resolved: Mapping[str, Any]) -> str:
    """What makes runs alike: their feeder, and how much they record."""
    feeder, output = resolved.get("feeder") or {}, resolved.get("output") or {}
    return f"{feeder.get('source')} {feeder.get('model')} {output.get('level')}"


def _steps(scenario: Scenario) -> float:
    return _steps_of(scenario, scenario.time.days)


def _steps_of(scenario: Scenario, days: int) -> float:
    return days * 24 * 60 / scenario.time.step_min


def _more(span: Span, rates: Sequence[float], steps: float) -> Span:
    return Span(
        span.low + min(rates) * steps,
        span.usual + median(rates) * steps,
        span.high + max(rates) * steps,
    )


def _size(count: float) -> str:
    """``80 MB`` or ``2.5 GB``."""
    return f"{count / 1e6:.1f} MB" if count < 1e9 else f"{count / 1e9:.1f} GB"
