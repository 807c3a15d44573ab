"""What a study asks, run by run: which scenario each is, and under which run id."""

from __future__ import annotations

import hashlib
import json
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from twin.errors import InputError
from twin.results.identity import Checksums, canonical, run_id_of
from twin.scenario.read import read
from twin.scenario.spec import Scenario
from twin.scenario.study import Settings, Study, StudyRun
from twin.scenario.territory_words import Territory
from twin.simulation.build import plan
from twin.studies.conditions import Condition, kept_conditions
from twin.studies.copies import Copy, copies_of
from twin.studies.job import Bench, Job


@dataclass(frozen=True)
class Asked:
    """One row of a study: a variant at a point with a seed, and the run that it is.

    ``problem`` says why it is no run at all; ``run_id`` is empty then.
    """

    run: StudyRun
    point: Settings
    condition: Condition | None = None
    scenario: Scenario | None = None
    run_id: str = ""
    problem: str = ""
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
        if self.copy is not None:
            return f"{self.label}, {self.copy.member} {self.copy.number}"
        return f"{self.label}, seed {self.run.seed}"

    @property
    def of_seed(self) -> int:
        """The study's seed that it belongs to."""
        return self.run.seed if self.copy is None else self.copy.of_seed


def asked_of(study: Study, bench: Bench, keep: Path | None = None) -> list[Asked]:
    """Every row of a study, in its order; nothing is run.

    keep  folder in which the choice of days is kept, where the study asks for one
    """
    identities = _Identities(bench)
    return [
        row
        for condition in _conditions(study, bench, identities, keep)
        for point, runs in study.runs_by_point()
        for run in runs
        for row in _rows(study, point, run, condition, identities)
    ]


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
        [one.run.variant, one.run.seed, one.run.overrides, one.run_id] for one in asked
    ]
    question = {"name": study.name, "baseline": study.baseline, "runs": said}
    members = [[one.copy.member, one.copy.number] for one in asked if one.copy]
    if members:
        question["territory"] = members
    return hashlib.sha256(canonical(question)).hexdigest()[:16]


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


def _conditions(
    study: Study, bench: Bench, identities: _Identities, keep: Path | None
) -> Sequence[Condition | None]:
    """The days that the study asks for, chosen from its base; None: the base's own."""
    if study.conditions is None:
        return [None]
    base = read(study.base)
    return kept_conditions(
        study.conditions, base, bench.grid(base), identities.of(base), keep
    )


def _rows(
    study: Study,
    point: Settings,
    run: StudyRun,
    condition: Condition | None,
    identities: _Identities,
) -> Iterator[Asked]:
    """A row; of a territory, one a feeder."""
    if condition is not None:
        point = {"condition": condition.name, **point}
        run = run._replace(overrides={"condition": condition.name, **run.overrides})
    if study.territory is None:
        yield _asked(study, point, run, condition, identities)
        return
    for member in study.territory.members:
        yield from _copies(
            study, study.territory, member, point, run, condition, identities
        )


def _asked(
    study: Study,
    point: Settings,
    run: StudyRun,
    condition: Condition | None,
    identities: _Identities,
) -> Asked:
    try:
        scenario = _scenario(study, run, condition)
        return Asked(run, point, condition, scenario, identities.of(scenario))
    except InputError as error:
        return Asked(run, point, condition, problem=str(error))


def _copies(
    study: Study,
    territory: Territory,
    member: str,
    point: Settings,
    run: StudyRun,
    condition: Condition | None,
    identities: _Identities,
) -> Iterator[Asked]:
    """Every copy of a member: one scenario, read once, with a seed each."""
    words = territory.members[member]
    one_sky = {"weather_seed": run.seed}
    run = run._replace(overrides={**one_sky, **words.settings, **run.overrides})
    copies = list(copies_of(territory, member, run.seed))
    runs = [run._replace(seed=copy.seed) for copy in copies]
    try:
        scenario = _scenario(study, run, condition, words.scenario)
        ids = identities.of_seeds(scenario, [one.seed for one in runs])
    except InputError as error:
        for one, copy in zip(runs, copies, strict=True):
            yield Asked(one, point, condition, problem=str(error), copy=copy)
        return
    for one, run_id, copy in zip(runs, ids, copies, strict=True):
        mine = scenario.model_copy(update={"seed": one.seed})
        yield Asked(one, point, condition, mine, run_id, copy=copy)


def _scenario(
    study: Study,
    run: StudyRun,
    condition: Condition | None,
    start: Path | None = None,
) -> Scenario:
    settings = study.settings(run)
    if condition is not None:
        del settings["condition"]
        settings |= condition.settings
    words = [f"{key}={json.dumps(value)}" for key, value in settings.items()]
    return read(start or study.base, words)
