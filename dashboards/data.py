"""What lies in a results folder: runs and studies, opened by name and kept a while."""

from __future__ import annotations

import json
from collections import OrderedDict
from collections.abc import Callable, Hashable, Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from threading import Lock
from typing import Any, TypeVar

from dashboards.address import RUN_ID, SCENARIO, checked
from dashboards.kept import Once
from twin.analysis.case import Case
from twin.analysis.comparison import Comparison
from twin.analysis.labels import labels
from twin.analysis.study import SCHEMA, STUDY_FILE
from twin.errors import InputError
from twin.results.record import (
    RUN_FILE,
    STATUS_FILE,
    Found,
    Run,
    find_runs,
    read_status,
)

Kept = TypeVar("Kept")
MOST_CASES, MOST_MADE = 32, 24
UNFINISHED = ("running", "interrupted", "failed", "died")


@dataclass(frozen=True)
class StudyFound:
    """A study that lies in the results folder."""

    path: Path
    name: str
    study_id: str
    record: Mapping[str, Any]
    message: str = ""
    status: Mapping[str, Any] = field(default_factory=dict)

    @property
    def has_answer(self) -> bool:
        """Whether a whole ``study.json`` lies there."""
        return bool(self.record) and not self.message

    @property
    def state(self) -> str:
        """done, running, interrupted, failed, died or unreadable."""
        said = str(self.status.get("state"))
        if said in UNFINISHED:
            return said
        return "done" if self.has_answer else "unreadable"

    @property
    def written(self) -> int:
        """When something was last written about it, in nanoseconds."""
        return max(written(self.path / name) for name in (STUDY_FILE, STATUS_FILE))

    @property
    def answered(self) -> int:
        """When its answer was written, in nanoseconds; 0: there is none."""
        return written(self.path / STUDY_FILE)

    @property
    def runs(self) -> tuple[tuple[str, str, str, int], ...]:
        """Label, scenario, run id and seed of every run."""
        rows = self.record.get("runs") or []
        parts = [(row, str(row.get("path", "")).partition("/")) for row in rows]
        return tuple(
            (str(row.get("label")), path[0], path[2], int(row.get("seed") or 0))
            for row, path in parts
        )


@dataclass(frozen=True)
class Sibling:
    """A run that belongs beside another one: another variant, or another seed."""

    label: str
    scenario: str
    run_id: str
    seed: int


class Library:
    """The results folder, read only. Nothing outside it can be named.

    Every question may come from several threads at once.
    """

    def __init__(self, results: Path | str) -> None:
        self.results = Path(results).resolve()
        self._cases: _Shelf[Case] = _Shelf(MOST_CASES)
        self._made: _Shelf[Any] = _Shelf(MOST_MADE)

    def found(self) -> list[Found]:
        """Every run, whatever its state; also what has no usable name."""
        return [one for one in find_runs(self.results) if self._is_inside(one.path)]

    def folder(self, scenario: object, run_id: object) -> Path:
        """The folder of a run: the whole one, else the one that is being written."""
        name, of = checked(scenario, run_id)
        whole = self.results / name / of
        for folder in (whole, whole.with_name(f"{of}.part")):
            if folder.is_dir() and self._is_inside(folder):
                return folder
        raise InputError.of(f"there is no run {name}/{of} in this results folder")

    def run(self, scenario: object, run_id: object) -> Run:
        """A run, whole or in part; what is wrong with it is an InputError."""
        return self.case(scenario, run_id).run

    def case(self, scenario: object, run_id: object) -> Case:
        """A run with what has been asked of it before."""
        folder = self.folder(scenario, run_id)
        return self._cases.get(
            (folder, written(folder / RUN_FILE)), lambda: _case(folder)
        )

    def opened(self, folder: Path) -> Case | None:
        """The run in that folder if it was opened before and is still kept."""
        return self._cases.peek((folder.resolve(), written(folder / RUN_FILE)))

    def status(self, scenario: object, run_id: object) -> dict[str, Any]:
        """What the run's ``status.json`` says."""
        return read_status(self.folder(scenario, run_id))

    def studies(self) -> list[StudyFound]:
        """Every study, whatever its state, the newest first."""
        folders = {
            path.parent
            for name in (STUDY_FILE, STATUS_FILE)
            for path in self.results.glob(f"studies/*/*/{name}")
        }
        inside = [_study(path) for path in folders if self._is_inside(path)]
        return sorted(inside, key=lambda one: (-one.written, one.path))

    def keep(self, key: Hashable, make: Callable[[], Kept]) -> Kept:
        """What took long to make, once for all who ask; ``key`` says of what it is."""
        once: Once[Kept] = self._made.get(key, Once)
        return once.get(make)

    def comparison(
        self, runs: Sequence[tuple[str, str]], baseline: int | None = 0
    ) -> Comparison:
        """Runs side by side, named as ``twin compare`` names them."""
        opened = [self.run(*run) for run in runs]
        names = labels(opened)
        pairs = list(zip(names, opened, strict=True))
        return Comparison.of(pairs, None if baseline is None else names[baseline])

    def siblings(self, scenario: str, run_id: str) -> tuple[Sibling, ...]:
        """Every run of the newest study that holds this one; itself among them."""
        for study in self.studies():
            if any((name, of) == (scenario, run_id) for _, name, of, _ in study.runs):
                return tuple(Sibling(*row) for row in study.runs)
        return ()

    def same_seed(self, scenario: str, run_id: str) -> tuple[Sibling, ...]:
        """Those of its siblings that had the same chance; itself among them."""
        found = self.siblings(scenario, run_id)
        mine = [x for x in found if (x.scenario, x.run_id) == (scenario, run_id)]
        return tuple(one for one in found if mine and one.seed == mine[0].seed)

    def baseline(self, scenario: str, run_id: str) -> Sibling | None:
        """The run that a study holds this one against, of the same seed."""
        for study in self.studies():
            rows = [Sibling(*row) for row in study.runs]
            mine = [x for x in rows if (x.scenario, x.run_id) == (scenario, run_id)]
            base = study.record.get("baseline")
            if mine:
                same = [
                    row
                    for row in rows
                    if row.seed == mine[0].seed and _is_base(row.label, base, mine[0])
                ]
                return same[0] if same and same[0] != mine[0] else None
        return None

    def _is_inside(self, path: Path) -> bool:
        return path.resolve().is_relative_to(self.results)


class _Shelf(OrderedDict[Hashable, "Kept"]):
    """Keeps what was made last; two threads that ask at once make it once or twice."""

    def __init__(self, most: int) -> None:
        super().__init__()
        self._most, self._lock = most, Lock()

    def get(self, key: Hashable, make: Callable[[], Kept]) -> Kept:  # type: ignore[override]
        with self._lock:
            if key in self:
                self.move_to_end(key)
                return self[key]
        made = make()
        with self._lock:
            self[key] = made
            while len(self) > self._most:
                self.popitem(last=False)
        return made

    def peek(self, key: Hashable) -> Kept | None:
        """What is kept under a key, if anything."""
        with self._lock:
            return super().get(key)


def is_named(found: Found) -> bool:
    """Whether an address can name it."""
    return bool(SCENARIO.fullmatch(found.scenario) and RUN_ID.fullmatch(found.run_id))


def _case(folder: Path) -> Case:
    run = Run.open(folder)
    return Case(run, labels([run])[0])


def _study(folder: Path) -> StudyFound:
    """What both of its files say; what is wrong with them is its message."""
    record, message = _record(folder / STUDY_FILE)
    status = read_status(folder)
    if not record and not message and not status:
        message = f"{STATUS_FILE} cannot be read, and there is no {STUDY_FILE}"
    return StudyFound(folder, folder.parent.name, folder.name, record, message, status)


def _record(path: Path) -> tuple[Mapping[str, Any], str]:
    """What ``study.json`` says, or why it cannot be used; neither without one."""
    try:
        record = json.loads(path.read_text(encoding="utf-8"))
        _check(record)
    except FileNotFoundError:
        return {}, ""
    except (TypeError, AttributeError):
        return {}, f"{STUDY_FILE} cannot be read: what it lists are not runs"
    except (OSError, ValueError, RecursionError) as error:
        return {}, f"{STUDY_FILE} cannot be read: {error}"
    return record, ""


def _check(record: Any) -> None:
    if not isinstance(record, dict) or not isinstance(record.get("runs"), list):
        raise ValueError("it lists no runs")
    schema = record.get("schema", SCHEMA)
    if not isinstance(schema, int) or schema > SCHEMA:
        raise ValueError(
            f"written by a newer twin (schema {schema}; this one reads up to {SCHEMA})"
        )
    variants = record.get("variants") or []
    if not isinstance(variants, list) or not all(isinstance(x, str) for x in variants):
        raise ValueError("its variants are not names")
    _ = StudyFound(Path(), "", "", record).runs


def _is_base(label: str, base: object, of: Sibling) -> bool:
    point = of.label.partition(", ")[2]
    return base is not None and label in (str(base), f"{base}, {point}")


def written(path: Path) -> int:
    """When a file was written, in nanoseconds; 0: it is not there."""
    try:
        return path.stat().st_mtime_ns
    except OSError:
        return 0
