"""What a study asks, run by run: which scenario each is, and under which run id."""

from __future__ import annotations

import hashlib
import json
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from twin.errors import InputError
from twin.results.identity import canonical, run_id_by
from twin.scenario.read import read
from twin.scenario.spec import Scenario
from twin.scenario.study import Settings, Study, StudyRun
from twin.scenario.vary_words import End
from twin.simulation.build import plan
from twin.studies.conditions import Condition, kept_conditions
from twin.studies.job import Bench, Job


@dataclass(frozen=True)
class Asked:
    """One row of a study: a variant at a point with a seed, and the run that it is.

    ``problem`` says why it is no run at all; ``run_id`` is empty then. ``end``: of a
    range that is varied, at which the run is; None: as it is.
    """

    run: StudyRun
    point: Settings
    condition: Condition | None = None
    end: End | None = None
    scenario: Scenario | None = None
    run_id: str = ""
    problem: str = ""

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
        return f"{self.label}{varied}, seed {self.run.seed}"


def asked_of(study: Study, bench: Bench, keep: Path | None = None) -> list[Asked]:
    """Every row of a study, in its order, those as they are first; nothing is run.

    keep  folder in which the choice of days is kept, where the study asks for one
    """
    identities, scenarios = _Identities(bench), _Scenarios(study)
    conditions = _conditions(study, bench, identities, keep)
    return [
        _asked(point, run, condition, end, scenarios, identities)
        for end in (None, *study.ends)
        for condition in conditions
        for point, runs in study.runs_by_point(end)
        for run in runs
    ]


def jobs_of(asked: Sequence[Asked], out: Path) -> list[Job]:
    """The distinct runs of a study; rows that are one run are run once."""
    found: dict[str, Job] = {}
    for one in asked:
        if one.scenario is not None and one.run_id:
            found.setdefault(one.run_id, Job(one.run_id, one.scenario, out))
    return list(found.values())


def study_id(study: Study, asked: Sequence[Asked]) -> str:
    """First 16 hex digits of the SHA-256 over what is asked, whatever comes of it."""
    said = [
        [one.run.variant, one.run.seed, one.run.overrides, one.run_id, *_end(one)]
        for one in asked
    ]
    question = {"name": study.name, "baseline": study.baseline, "runs": said}
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
        inputs, policy_file = self._read_by(scenario, resolved)
        return run_id_by(self._bench.code, resolved, inputs, policy_file)

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

    def of(self, run: StudyRun, condition: Condition | None) -> Scenario:
        """The scenario of a run; what is wrong with it is an InputError."""
        settings = self._study.settings(run)
        if condition is not None:
            del settings["condition"]
            settings |= condition.settings
        key = canonical({**settings, "seed": 0})
        if key not in self._read:
            words = [f"{name}={json.dumps(value)}" for name, value in settings.items()]
            self._read[key] = read(self._study.base, words)
        return self._read[key].model_copy(update={"seed": run.seed})


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


def _asked(
    point: Settings,
    run: StudyRun,
    condition: Condition | None,
    end: End | None,
    scenarios: _Scenarios,
    identities: _Identities,
) -> Asked:
    if condition is not None:
        point = {"condition": condition.name, **point}
        run = run._replace(overrides={"condition": condition.name, **run.overrides})
    try:
        scenario = scenarios.of(run, condition)
        run_id = identities.of(scenario)
    except InputError as error:
        return Asked(run, point, condition, end, problem=str(error))
    return Asked(run, point, condition, end, scenario, run_id)
