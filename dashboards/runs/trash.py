"""Runs that were thrown away: moved within the results folder, and back again.

<results>/.trash/<scenario>/<run id>[.part]-<instant>/   one thrown run, as it was
"""

from __future__ import annotations

import os
import re
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from datetime import UTC, datetime
from pathlib import Path

from filelock import FileLock, Timeout

from dashboards.address import checked
from twin.errors import InputError
from twin.results.durable import sync
from twin.results.record import RUN_FILE, STATUS_FILE, read_status

TRASH, LOCKS = ".trash", ".locks"
STAMP = "%Y%m%dT%H%M%SZ"
_ENTRY = re.compile(r"(?P<folder>[0-9a-f]{16}(\.part)?)-(?P<stamp>\d{8}T\d{6}Z)")


@dataclass(frozen=True)
class Thrown:
    """A run that lies in the trash."""

    path: Path
    scenario: str
    folder: str
    instant: datetime

    @property
    def run_id(self) -> str:
        """The run's id."""
        return self.folder.removesuffix(".part")

    @property
    def entry(self) -> str:
        """The name of its folder in the trash."""
        return self.path.name


def throw_away(results: Path, scenario: object, folder: object) -> Path:
    """Move a run's folder (``<run id>`` or ``<run id>.part``) to the trash."""
    name, run_id = checked(scenario, str(folder).removesuffix(".part"))
    source = results / name / str(folder)
    _check_is_there(results, source, f"run {name}/{folder}")
    with _alone(results, name, run_id):
        if read_status(source).get("state") == "running":
            raise InputError.of(f"run {name}/{run_id} is being written; stop it first")
        stamp = datetime.now(UTC).strftime(STAMP)
        target = results / TRASH / name / f"{folder}-{stamp}"
        _move(results, source, target)
    return target


def restore(results: Path, scenario: object, entry: object) -> Path:
    """Move a run from the trash to where it was; refused where it is there again."""
    match = _ENTRY.fullmatch(str(entry))
    if match is None:
        raise InputError.of(f"no run in the trash can be called '{entry}'")
    folder = match["folder"]
    name, run_id = checked(scenario, folder.removesuffix(".part"))
    source = results / TRASH / name / match.string
    _check_is_there(results, source, f"run {name}/{folder} in the trash")
    target = results / name / folder
    with _alone(results, name, run_id):
        again = [one for one in (run_id, f"{run_id}.part") if _is(results / name / one)]
        if again:
            raise InputError.of(
                f"{name}/{again[0]} is there again: throw that one away first, "
                "or leave this one in the trash"
            )
        _move(results, source, target)
    return target


def thrown(results: Path) -> list[Thrown]:
    """What lies in the trash, the last thrown first."""
    found = [
        Thrown(path, path.parent.name, match["folder"], _instant(match["stamp"]))
        for path in (results / TRASH).glob("*/*")
        if (match := _ENTRY.fullmatch(path.name)) and path.is_dir()
    ]
    inside = [one for one in found if _is_inside(results, one.path)]
    return sorted(inside, key=lambda one: (one.instant, one.entry), reverse=True)


def _check_is_there(results: Path, path: Path, what: str) -> None:
    if path.is_symlink() or not _is_inside(results, path):
        raise InputError.of(f"{what} is a link or leaves the results folder")
    if not any((path / name).is_file() for name in (RUN_FILE, STATUS_FILE)):
        raise InputError.of(f"there is no {what}")


@contextmanager
def _alone(results: Path, scenario: str, run_id: str) -> Iterator[None]:
    """The run's own lock, as whoever writes that run takes it."""
    locks = results / LOCKS
    try:
        locks.mkdir(exist_ok=True)
        with FileLock(locks / f"{scenario}-{run_id}.lock", timeout=0):
            yield
    except Timeout:
        raise InputError.of(
            f"run {scenario}/{run_id} is being written; wait for it, or stop it"
        ) from None
    except OSError as error:
        raise InputError.of(
            f"cannot move run {scenario}/{run_id}: {error.strerror or error}"
        ) from error


def _move(results: Path, source: Path, target: Path) -> None:
    if not _is_inside(results, target) or _is(target):
        raise InputError.of(f"{target} is there already, or leaves the results folder")
    target.parent.mkdir(parents=True, exist_ok=True)
    os.rename(source, target)
    sync(source.parent)
    sync(target.parent)


def _is(path: Path) -> bool:
    return path.is_symlink() or path.exists()


def _is_inside(results: Path, path: Path) -> bool:
    return path.resolve().is_relative_to(results.resolve())


def _instant(stamp: str) -> datetime:
    return datetime.strptime(stamp, STAMP).replace(tzinfo=UTC)
