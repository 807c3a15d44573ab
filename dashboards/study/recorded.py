"""A study with its runs side by side, by the figures that its own table holds."""

from __future__ import annotations

from collections.abc import Container, Hashable, Mapping
from dataclasses import dataclass, field, replace
from functools import cached_property
from typing import Any

from dashboards.address import checked
from dashboards.data import Library, StudyFound, written
from dashboards.runs.listing import figures_of_study
from dashboards.runs.trash import thrown
from twin.analysis.case import Case
from twin.analysis.comparison import Comparison, Labelled
from twin.analysis.measures import Value
from twin.analysis.metrics import headline_of
from twin.analysis.study import one_feeder
from twin.errors import InputError
from twin.results.record import RUN_FILE, Run

IN_TRASH = "in the trash"
Figures = Mapping[tuple[str, int], Mapping[str, Any]]


@dataclass(frozen=True, eq=False)
class Recorded(Comparison):
    """Runs side by side whose headline figures were computed before.

    Violations paired with the baseline are not among them.
    """

    figures: Figures = field(default_factory=dict)

    @cached_property
    def answers(self) -> Mapping[tuple[str, int], Mapping[str, Value]]:
        """Headline figures of every run; computed where no table holds them."""
        return {
            (case.label, case.seed): self.figures.get((case.label, case.seed))
            or headline_of(case)
            for case in self.cases
        }


@dataclass(frozen=True)
class Absent:
    """A run of a study that cannot be opened, and why."""

    label: str
    scenario: str
    run_id: str
    seed: int
    why: str


@dataclass(frozen=True)
class StudyOpened:
    """A study with those of its runs that can be opened.

    comparison  its variants; of a territory one feeder's, as feeders are no seeds
    """

    found: StudyFound
    comparison: Comparison | None
    absent: tuple[Absent, ...]
    key: Hashable = None

    def only(self, labels: Container[str]) -> StudyOpened:
        """The same with the variants of these labels."""
        if self.comparison is None:
            return self
        cases = tuple(one for one in self.comparison.cases if one.label in labels)
        if not cases:
            return replace(self, comparison=None)
        return replace(self, comparison=replace(self.comparison, cases=cases))

    @property
    def failed(self) -> tuple[str, ...]:
        """What the study says of runs that failed."""
        words = self.found.record.get("failed")
        return tuple(map(str, words)) if isinstance(words, list) else ()


def study_named(library: Library, name: object, study_id: object) -> StudyFound:
    """A study by its address, whatever its state; an InputError if there is none."""
    of = checked(name, study_id)
    for found in library.studies():
        if (found.name, found.study_id) == of:
            return found
    raise InputError.of(f"there is no study {of[0]}/{of[1]} in this results folder")


def study_of(library: Library, name: object, study_id: object) -> StudyFound:
    """The same; an InputError if its answer cannot be read, or is not there yet."""
    found = study_named(library, name, study_id)
    if found.message:
        raise InputError.of(found.message)
    if not found.has_answer:
        raise InputError.of(f"study {name}/{study_id} has no answer yet")
    return found


def opened(library: Library, name: object, study_id: object) -> StudyOpened:
    """A study with its runs side by side; runs that are gone are told apart.

    Kept until the study, one of its runs or the trash changes.
    """
    found = study_of(library, name, study_id)
    trash = frozenset((one.scenario, one.run_id) for one in thrown(library.results))
    key = (found.path, found.answered, _ages(library, found), trash)
    return library.keep(key, lambda: _opened(library, found, trash, key))


def _opened(
    library: Library,
    found: StudyFound,
    trash: Container[tuple[str, str]],
    key: Hashable,
) -> StudyOpened:
    cases: dict[tuple[str, int], Case] = {}
    absent = []
    for label, scenario, run_id, seed in found.runs:
        try:
            run = Run.open(library.folder(scenario, run_id))
        except InputError as error:
            why = IN_TRASH if (scenario, run_id) in trash else str(error)
            absent.append(Absent(label, scenario, run_id, seed, why))
            continue
        cases.setdefault((label, seed), Case(run, label))
    shown = _of_one_feeder(found, cases)
    beside = _beside(found, shown) if shown else None
    return StudyOpened(found, beside, tuple(absent), key)


def _of_one_feeder(
    found: StudyFound, cases: Mapping[tuple[str, int], Case]
) -> Mapping[tuple[str, int], Case]:
    """Of a territory the runs of one feeder, of those that can be opened."""
    there = {case.run.run_id for case in cases.values()}
    rows = found.record.get("runs") or []
    kept = one_feeder([row for row in rows if row.get("run_id") in there])
    if not any("member" in row for row in kept):
        return cases
    ids = {row["run_id"] for row in kept}
    return {key: case for key, case in cases.items() if case.run.run_id in ids}


def _ages(library: Library, found: StudyFound) -> tuple[int, ...]:
    """When each run was written; 0 where it is not there."""
    return tuple(
        written(library.results / scenario / run_id / RUN_FILE)
        for _, scenario, run_id, _ in found.runs
    )


def _beside(found: StudyFound, cases: Mapping[tuple[str, int], Case]) -> Comparison:
    table = figures_of_study(found.path)
    figures = {
        key: table[case.run.run_id]
        for key, case in cases.items()
        if case.run.run_id in table and case.run.is_complete
    }
    ranked = {label: at for at, label in enumerate(found.record.get("variants") or [])}
    ordered = sorted(
        cases.values(), key=lambda case: ranked.get(case.label, len(ranked))
    )
    known: Labelled = [(case.label, case.run) for case in ordered]
    base = found.record.get("baseline")
    try:
        Comparison.of(known, base)
    except InputError:
        base = None
    return Recorded(tuple(ordered), base, figures)
