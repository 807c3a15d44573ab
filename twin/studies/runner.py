"""Runs a study's variants one after another, and sums them up in one table."""

from __future__ import annotations

import hashlib
import json
import time
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import polars as pl

from twin.analysis.hosting_record import write_hosting
from twin.analysis.metrics import headline
from twin.errors import RunFailed, TwinError
from twin.results.durable import replacing, write_json
from twin.results.record import Run
from twin.scenario.read import read
from twin.scenario.spec import Scenario
from twin.scenario.study import Study, StudyRun
from twin.simulation.build import Grid, load_grid
from twin.simulation.run import run

SCHEMA = 1
Tell = Callable[[str], None]


@dataclass(frozen=True)
class Done:
    """One variant and seed, with the folder of its run."""

    asked: StudyRun
    folder: Path

    @property
    def run_id(self) -> str:
        """The run's id."""
        return self.folder.name

    def point(self, study: Study) -> dict[str, Any]:
        """Where on the study's axes it stands, by key."""
        keys = dict.fromkeys(key for point in study.points() for key in point)
        return {key: self.asked.overrides.get(key) for key in keys}

    def label(self, study: Study) -> str:
        """Its variant, and its point where the study has axes."""
        at = [f"{key} {value}" for key, value in self.point(study).items()]
        return ", ".join([self.asked.variant, *at])


def run_study(study: Study, out: Path, tell: Tell = print) -> Path:
    """Run what is not complete yet; the study's folder.

    A run that fails is told and does not stop the others; then the study fails with
    all of them named.
    """
    grids: dict[str, Grid] = {}
    done: list[Done] = []
    failed: list[str] = []
    asked = study.runs()
    for number, one in enumerate(asked, start=1):
        label = f"[{number}/{len(asked)}] {one.variant}, seed {one.seed}"
        began = time.time()
        try:
            scenario = _scenario(study, one)
            folder = run(scenario, out, _grid(scenario, grids))
        except RunFailed as error:
            failed.append(f"{label}: {error}")
            tell(f"{label}: failed: {error}")
            continue
        done.append(Done(one, folder))
        known = ", complete already" if folder.stat().st_mtime < began else ""
        tell(f"{label}: {folder}{known}")
    if not done:
        raise RunFailed("no run of the study succeeded:\n" + "\n".join(failed))
    folder = _write(study, out, done, failed)
    write_hosting(folder, study.hosting)
    if failed:
        raise RunFailed(f"{folder}: {len(failed)} runs failed:\n" + "\n".join(failed))
    return folder


def labelled_runs(folder: Path) -> list[tuple[str, Run]]:
    """The runs of a finished study, labelled by variant and point of the axes."""
    record = json.loads((folder / "study.json").read_text(encoding="utf-8"))
    results = folder.parents[2]
    return [(one["label"], Run.open(results / one["path"])) for one in record["runs"]]


def _scenario(study: Study, one: StudyRun) -> Scenario:
    words = [f"{key}={json.dumps(value)}" for key, value in one.overrides.items()]
    try:
        return read(study.base, [*words, f"seed={one.seed}"])
    except TwinError as error:
        raise RunFailed(str(error)) from error


def _grid(scenario: Scenario, grids: dict[str, Grid]) -> Grid:
    """The feeder, read once for all runs that share it."""
    key = scenario.feeder.model_dump_json()
    if key not in grids:
        grids[key] = load_grid(scenario)
    return grids[key]


def _write(study: Study, out: Path, done: Sequence[Done], failed: list[str]) -> Path:
    folder = out / "studies" / study.name / _study_id(study, done)
    folder.mkdir(parents=True, exist_ok=True)
    with replacing(folder / "study.parquet") as temporary:
        _frame(study, done).write_parquet(temporary, compression="zstd")
    write_json(folder / "study.json", _record(study, out, done, failed))
    return folder


def _study_id(study: Study, done: Sequence[Done]) -> str:
    said = [study.name, study.baseline, [[*one.asked[:2], one.run_id] for one in done]]
    return hashlib.sha256(json.dumps(said).encode()).hexdigest()[:16]


def _frame(study: Study, done: Sequence[Done]) -> pl.DataFrame:
    figures: dict[str, dict[str, Any]] = {}
    for one in done:
        if one.run_id not in figures:
            figures[one.run_id] = headline(Run.open(one.folder))
    return pl.DataFrame(
        [
            {
                "variant": one.asked.variant,
                "seed": one.asked.seed,
                "run_id": one.run_id,
                "baseline": one.asked.variant == study.baseline,
                **one.point(study),
                **figures[one.run_id],
            }
            for one in done
        ],
        infer_schema_length=None,
    )


def _record(
    study: Study, out: Path, done: Sequence[Done], failed: list[str]
) -> dict[str, Any]:
    variants = list(dict.fromkeys(one.label(study) for one in done))
    return {
        "schema": SCHEMA,
        "name": study.name,
        "baseline": study.baseline,
        "variants": variants,
        "runs": [
            {
                "variant": one.asked.variant,
                "label": one.label(study),
                "seed": one.asked.seed,
                "run_id": one.run_id,
                "path": one.folder.relative_to(out).as_posix(),
                "overrides": one.asked.overrides,
            }
            for one in done
        ],
        "failed": failed,
    }
