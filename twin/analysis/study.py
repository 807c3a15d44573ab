"""Opens what a report is about: one run, or a study's runs under their variants."""

from __future__ import annotations

import json
from collections.abc import Mapping
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any

import polars as pl

from twin.analysis.comparison import Comparison
from twin.analysis.labels import labels
from twin.analysis.measures import Value
from twin.errors import InputError
from twin.results.record import Run

STUDY_FILE, TABLE_FILE = "study.json", "study.parquet"
SCHEMA = 1
HOSTING_FILE = "hosting.json"


@dataclass(frozen=True, eq=False)
class Subject:
    """What was found at a path: its folder, name and runs."""

    folder: Path
    name: str
    kind: str
    comparison: Comparison

    @classmethod
    def open(cls, path: Path | str) -> Subject:
        """A run's or a study's folder, or its ``run.json`` or ``study.json``."""
        folder = Path(path)
        folder = folder.parent if folder.name in (STUDY_FILE, "run.json") else folder
        if (folder / STUDY_FILE).is_file():
            return _study(folder)
        run = Run.open(folder)
        name = labels([run])[0]
        return cls(folder, name, "run", Comparison.of([(name, run)]))


def _study(folder: Path) -> Subject:
    record = _read(folder / STUDY_FILE)
    rows = record.get("runs") or []
    ranked = {label: place for place, label in enumerate(record.get("variants") or [])}
    rows = sorted(rows, key=lambda row: ranked.get(_label(row), len(ranked)))
    rows = _of_fullest_week(record, one_feeder(_fullest(folder, rows)))
    once = {(_label(row), str(row.get("path"))): row for row in rows}
    runs = [
        (label, Run.open(_run_folder(folder, row))) for (label, _), row in once.items()
    ]
    if not runs:
        raise InputError.of("a study without any finished run", where=str(folder))
    baseline = record.get("baseline")
    if baseline not in {str(row["variant"]) for row in rows}:
        baseline = None
    name = str(record.get("name") or folder.parent.name)
    comparison = replace(Comparison.of(runs, baseline), figures=_figures(folder, runs))
    return Subject(folder, name, "study", comparison)


def _figures(
    folder: Path, runs: list[tuple[str, Run]]
) -> dict[tuple[str, int], dict[str, Value]]:
    """Headline figures of whole runs, as the study's own table holds them."""
    try:
        rows = pl.read_parquet(folder / TABLE_FILE, glob=False).to_dicts()
    except (OSError, pl.exceptions.PolarsError):
        return {}
    by_id = {str(row.get("run_id")): row for row in rows}
    return {
        (label, int(run.record.get("seed") or 0)): by_id[run.run_id]
        for label, run in runs
        if run.is_complete and run.run_id in by_id
    }


def _fullest(folder: Path, rows: list[dict[str, Any]]) -> list[dict[str, Any]]:
    """Of a study of hosting, the runs at its highest penetration, and those without.

    What cars do is told at the most cars; how it grows with them is told by hosting.
    """
    if not (folder / HOSTING_FILE).is_file():
        return rows
    key = str(_read(folder / HOSTING_FILE).get("penetration"))
    value = {id(row): float(row["overrides"].get(key) or 0.0) for row in rows}
    most = max(value.values(), default=0.0)
    kept = {(row["variant"], row["run_id"]): row for row in reversed(rows)}
    wanted = {id(row) for row in kept.values() if value[id(row)] in (0.0, most)}
    return [row for row in rows if id(row) in wanted]


def one_feeder(rows: list[dict[str, Any]]) -> list[dict[str, Any]]:
    """Of a territory the first copy of its first member; its sums are told apart.

    rows  of a study's runs; all of them where it is of no territory
    """
    feeders = [_feeder(row) for row in rows if "member" in row]
    return [row for row in rows if _feeder(row) == feeders[0]] if feeders else rows


def _feeder(row: dict[str, Any]) -> tuple[Any, ...]:
    return tuple(row.get(key) for key in ("member", "copy", "study_seed"))


def fullest_week(record: Mapping[str, Any]) -> str:
    """Of the weeks that stand for a year, the one of the highest demand; or none."""
    weeks = [one for one in record.get("conditions") or () if one.get("weight")]
    return str(max(weeks, key=lambda one: one["demand_kw"])["name"]) if weeks else ""


def _of_fullest_week(
    record: Mapping[str, Any], rows: list[dict[str, Any]]
) -> list[dict[str, Any]]:
    """Of weeks that stand for a year one, beside any other days: all are told by sums.

    Years ahead are judged by every week.
    """
    shown, rest = fullest_week(record), set()
    if shown and not any("adoption.year" in _overrides(row) for row in rows):
        weeks = [one for one in record["conditions"] if one.get("weight")]
        rest = {one["name"] for one in weeks} - {shown}
    return [row for row in rows if _overrides(row).get("condition") not in rest]


def _overrides(row: Mapping[str, Any]) -> Mapping[str, Any]:
    return row.get("overrides") or {}


def _label(row: dict[str, Any]) -> str:
    """The variant, with its point where the study has axes."""
    return str(row.get("label") or row["variant"])


def _read(path: Path) -> dict[str, Any]:
    try:
        record = json.loads(path.read_text(encoding="utf-8"))
    except (OSError, ValueError) as error:
        raise InputError.of(f"cannot be read: {error}", where=str(path)) from error
    if not isinstance(record, dict):
        raise InputError.of("is not a study's record", where=str(path))
    schema = record.get("schema", SCHEMA)
    if not isinstance(schema, int) or schema > SCHEMA:
        raise InputError.of(
            f"written by a newer twin (schema {schema}; this one reads up to {SCHEMA})",
            where=str(path),
        )
    return record


def _run_folder(folder: Path, row: dict[str, Any]) -> Path:
    """Paths are relative to the results folder, three above the study's own."""
    told = Path(str(row.get("path", "")))
    results = folder.resolve().parents[2]
    for candidate in (results / told, folder / told):
        if candidate.is_dir():
            return candidate
    return results / told
