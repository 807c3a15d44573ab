"""Who does a study's jobs: this process, one after another, or workers of Dask."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence

from twin.studies.job import Bench, Job, Outcome, ensure

Pool = Callable[[Sequence[Job], Bench], Iterator[Outcome]]


def serial(jobs: Sequence[Job], bench: Bench) -> Iterator[Outcome]:
    """One job after another in this process: the reference."""
    for job in jobs:
        yield ensure(job, bench)
