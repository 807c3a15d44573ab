"""What lies in a results folder: runs and studies, opened by name and kept a while."""

from __future__ import annotations

import json
from collections import OrderedDict
from collections.abc import Callable, Hashable, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from threading import Lock
from typing import Any, TypeVar

from dashboards.address import RUN_ID, SCENARIO, checked
from twin.analysis.case import Case
from twin.analysis.comparison import Comparison
from twin.analysis.labels import labels
from twin.analysis.study import STUDY_FILE, Subject
from twin.errors import InputError
from twin.results.record import RUN_FILE, Found, Run, find_runs, read_status

Kept = TypeVar("Kept")
MOST_CASES, MOST_STUDIES = 32, 4


@dataclass(frozen=True)
class StudyFound:
    """A study that lies in the results folder."""

    path: Path
    name: str
    study_id: str
    record: Mapping[str, Any]
    message: str = ""

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
        self._studies: _Shelf[Subject] = _Shelf(MOST_STUDIES)

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
        return self._cases.get((folder, _age(folder / RUN_FILE)), lambda: _case(folder))

    def opened(self, folder: Path) -> Case | None:
        """The run in that folder if it was opened before and is still kept."""
        return self._cases.peek((folder.resolve(), _age(folder / RUN_FILE)))

    def status(self, scenario: object, run_id: object) -> dict[str, Any]:
        """What the run's ``status.json`` says."""
        return read_status(self.folder(scenario, run_id))

    def studies(self) -> list[StudyFound]:
        """Every study, the newest first."""
        files = self.results.glob(f"studies/*/*/{STUDY_FILE}")
        inside = [path for path in files if self._is_inside(path)]
        return [_study(path) for path in sorted(inside, key=_age, reverse=True)]

    def study(self, name: object, study_id: object) -> Subject:
        """A study with its runs side by side."""
        checked(name, study_id)
        folder = self.results / "studies" / str(name) / str(study_id)
        if not (folder / STUDY_FILE).is_file() or not self._is_inside(folder):
            raise InputError.of(f"there is no study {name}/{study_id} in this folder")
        key = (folder, _age(folder / STUDY_FILE))
        return self._studies.get(key, lambda: Subject.open(folder))

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


def _study(path: Path) -> StudyFound:
    folder = path.parent
    try:
        record = json.loads(path.read_text(encoding="utf-8"))
        if not isinstance(record, dict) or not isinstance(record.get("runs"), list):
            raise ValueError("it lists no runs")
        found = StudyFound(folder, folder.parent.name, folder.name, record)
        _ = found.runs
    except (TypeError, AttributeError):
        message = f"{STUDY_FILE} cannot be read: what it lists are not runs"
        return StudyFound(folder, folder.parent.name, folder.name, {}, message)
    except (OSError, ValueError) as error:
        message = f"{STUDY_FILE} cannot be read: {error}"
        return StudyFound(folder, folder.parent.name, folder.name, {}, message)
    return found


def _is_base(label: str, base: object, of: Sibling) -> bool:
    point = of.label.partition(", ")[2]
    return base is not None and label in (str(base), f"{base}, {point}")


def _age(path: Path) -> int:
    try:
        return path.stat().st_mtime_ns
    except OSError:
        return 0
