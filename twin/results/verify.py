"""Checks a run's files against the checksums in its record."""

from __future__ import annotations

from pathlib import Path

from twin.errors import Problem
from twin.results.durable import sha256_of
from twin.results.record import Run


def verify(path: Path | str) -> list[Problem]:
    """What is wrong with a run's files; an empty list if every byte is as written."""
    run = Run.open(path)
    found = [
        Problem(str(run.path / name), "sha256", "the file is not as it was written")
        for name, expected in run.record["outputs"].items()
        if sha256_of(run.path / name) != expected
    ]
    unlisted = [
        Problem(str(file), "outputs", "not listed in run.json")
        for file in sorted(run.path.rglob("*.parquet"))
        if file.relative_to(run.path).as_posix() not in run.record["outputs"]
    ]
    return found + unlisted
