"""What a study asks, run by run: which scenario each is, and under which run id."""

from __future__ import annotations

import hashlib
import json
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any

from twin.errors import InputError, Problem
from twin.results.identity import Checksums, canonical, run_id_of
from twin.scenario.read import by_place, placed, read
from twin.scenario.spec import Scenario
from twin.scenario.study import Settings, Study, StudyRun
from twin.scenario.study_places import placed_in_study
from twin.scenario.territory_words import Territory
from twin.scenario.vary_words import End
from twin.simulation.build import plan
from twin.studies.conditions import Condition, kept_conditions
from twin.studies.copies import Copy, copies_of
from twin.studies.job import Bench, Job, NoGridError


@dataclass(frozen=True)
class Asked:
    """One row of a study: a variant at a point with a seed, and the run that it is.

    ``problem`` says why it is no run at all; ``run_id`` is empty then; ``no_grid``:
    what is wrong with its grid, if that is why. ``end``: of a range that is varied, at
    which the run is; None: as it is. ``copy``: which feeder of a territory; None:
    there is none.
    """

    run: StudyRun
    point: Settings
    condition: Condition | None = None
    end: End | None = None
    scenario: Scenario | None = None
    run_id: str = ""
    problem: str = ""
    no_grid: tuple[Problem, ...] = ()
    copy: Copy | None = None

    @property
    def label(self) -> str:
        """Its variant, and its point where the study has axes."""
        at = [f"{key} {value}" for key, value in self.at.items()]
        return ", ".join([self.run.variant, *at])

    @property
    def at(self) -> Settings:
        """Its point, with what its variant says to the contrary."""
        return {key: self.run.overrides.get(key) for key in self.point}

    @property
    def name(self) -> str:
        """As messages call it."""
        varied = f", {self.end.varied} {self.end.end}" if self.end else ""
        copy = self.copy
        who = f"{copy.member} {copy.number}" if copy else f"seed {self.run.seed}"
        return f"{self.label}{varied}, {who}"

    @property
    def of_seed(self) -> int:
        """The study's seed that it belongs to."""
        return self.run.seed if self.copy is None else self.copy.of_seed


def asked_of(study: Study, bench: Bench, keep: Path | None = None) -> list[Asked]:
    """Every row of a study, in its order, those as they are first; nothing is run.

    keep  folder in which the choice of days is kept, where the study asks for one
    """
    identities, scenarios = _Identities(bench), _Scenarios(study)
    conditions = _conditions(study, bench, identities, keep)
    return [
        row
        for end in (None, *study.ends)
        for condition in conditions
        for point, runs in study.runs_by_point(end)
        for run in runs
        for row in _rows(
            study, _placed(run, point, condition, end), scenarios, identities
        )
    ]


def refuse_without_grid(asked: Sequence[Asked]) -> None:
    """InputError with every mistake in a grid, whichever variants ask for it."""
    problems = dict.fromkeys(problem for one in asked for problem in one.no_grid)
    if problems:
        raise InputError(sorted(problems, key=by_place))


def jobs_of(asked: Sequence[Asked], out: Path) -> list[Job]:
    """The distinct runs of a study; rows that are one run are run once."""
    found: dict[str, Job] = {}
    for one in asked:
        if one.scenario is not None and one.run_id and one.run_id not in found:
            summed = one.copy is not None
            found[one.run_id] = Job(one.run_id, one.scenario, out, summed)
    return list(found.values())


def study_id(study: Study, asked: Sequence[Asked]) -> str:
    """First 16 hex digits of the SHA-256 over what is asked, whatever comes of it."""
    said = [
        [one.run.variant, one.run.seed, one.run.overrides, one.run_id, *_end(one)]
        for one in asked
    ]
    question = {"name": study.name, "baseline": study.baseline, "runs": said}
    members = [[one.copy.member, one.copy.number] for one in asked if one.copy]
    if members:
        question["territory"] = members
    return hashlib.sha256(canonical(question)).hexdigest()[:16]


def _end(one: Asked) -> list[str]:
    return [one.end.varied, one.end.end] if one.end else []


class _Identities:
    """Run ids; the files that a scenario reads are found once for all its seeds."""

    def __init__(self, bench: Bench) -> None:
        self._bench = bench
        self._files: dict[bytes, tuple[list[Path], Path | None]] = {}

    def of(self, scenario: Scenario) -> str:
        """The id that its run will have."""
        resolved = scenario.resolved()
        planned = self._read_by(scenario, resolved)
        return run_id_of(self._bench.code, resolved, Checksums.of(*planned))

    def of_seeds(self, scenario: Scenario, seeds: Sequence[int]) -> list[str]:
        """The same for several seeds, the files read once for all."""
        resolved = scenario.resolved()
        files = Checksums.of(*self._read_by(scenario, resolved))
        code = self._bench.code
        return [run_id_of(code, {**resolved, "seed": seed}, files) for seed in seeds]

    def _read_by(
        self, scenario: Scenario, resolved: Mapping[str, Any]
    ) -> tuple[list[Path], Path | None]:
        named = {key: str(path) for key, path in scenario.files().items()}
        key = canonical({**resolved, "seed": 0, "files": named})
        if key not in self._files:
            planned = plan(scenario, self._bench.grid(scenario))
            self._files[key] = planned.inputs, planned.policy_file
        return self._files[key]


class _Scenarios:
    """A study's scenarios; each is read once for all its seeds."""

    def __init__(self, study: Study) -> None:
        self._study = study
        self._read: dict[bytes, Scenario] = {}

    def of(
        self, run: StudyRun, condition: Condition | None, start: Path | None = None
    ) -> Scenario:
        """The scenario of a run; what is wrong with it is an InputError.

        start  where it starts from; None: the study's base
        """
        settings = self._study.settings(run)
        if condition is not None:
            del settings["condition"]
            settings |= condition.settings
        start = start or self._study.base
        key = canonical({**settings, "seed": 0, "start": str(start)})
        if key not in self._read:
            words = [f"{name}={json.dumps(value)}" for name, value in settings.items()]
            self._read[key] = read(start, words)
        return self._read[key].model_copy(update={"seed": run.seed})


def _conditions(
    study: Study, bench: Bench, identities: _Identities, keep: Path | None
) -> Sequence[Condition | None]:
    """The days that the study asks for, chosen from its base; None: the base's own."""
    if study.conditions is None:
        return [None]
    base = read(study.base)
    try:
        grid = bench.grid(base)
    except InputError as error:
        raise placed(error, study.base) from error
    return kept_conditions(study.conditions, base, grid, identities.of(base), keep)


def _placed(
    run: StudyRun, point: Settings, condition: Condition | None, end: End | None
) -> Asked:
    """A row where it stands, its scenario not read yet."""
    if condition is not None:
        point = {"condition": condition.name, **point}
        run = run._replace(overrides={"condition": condition.name, **run.overrides})
    return Asked(run, point, condition, end)


def _rows(
    study: Study, row: Asked, scenarios: _Scenarios, identities: _Identities
) -> Iterator[Asked]:
    """The row with its scenario; of a territory, one a feeder."""
    if study.territory is None:
        yield _known(study, row, scenarios, identities)
        return
    for member in study.territory.members:
        yield from _copies(study, study.territory, member, row, scenarios, identities)


def _known(
    study: Study, row: Asked, scenarios: _Scenarios, identities: _Identities
) -> Asked:
    try:
        scenario = scenarios.of(row.run, row.condition)
        run_id = identities.of(scenario)
    except InputError as error:
        return _refused(study, row, error)
    return replace(row, scenario=scenario, run_id=run_id)


def _refused(study: Study, row: Asked, error: InputError) -> Asked:
    """The row with what is wrong with it, and where the study says so."""
    member = row.copy.member if row.copy else ""
    found = placed_in_study(study, row.run, error, row.end, member)
    grid = isinstance(error, NoGridError)
    return replace(row, problem=str(found), no_grid=found.problems if grid else ())


def _copies(
    study: Study,
    territory: Territory,
    member: str,
    row: Asked,
    scenarios: _Scenarios,
    identities: _Identities,
) -> Iterator[Asked]:
    """Every copy of a member: one scenario, read once, with a seed each, one sky."""
    words, seed = territory.members[member], row.run.seed
    overrides = {"weather_seed": seed, **words.settings, **row.run.overrides}
    run = row.run._replace(overrides=overrides)
    copies = list(copies_of(territory, member, seed))
    rows = [
        replace(row, run=run._replace(seed=copy.seed), copy=copy) for copy in copies
    ]
    try:
        scenario = scenarios.of(run, row.condition, words.scenario)
        ids = identities.of_seeds(scenario, [copy.seed for copy in copies])
    except InputError as error:
        yield from (_refused(study, one, error) for one in rows)
        return
    for one, run_id in zip(rows, ids, strict=True):
        mine = scenario.model_copy(update={"seed": one.run.seed})
        yield replace(one, scenario=mine, run_id=run_id)
