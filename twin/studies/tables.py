"""A study's own files: ``study.json`` says what was asked, the tables what came."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any

import polars as pl

from twin.analysis.annual import ANNUAL_FILE, Stretch, annual
from twin.analysis.paired import differences
from twin.analysis.study import SCHEMA, STUDY_FILE, TABLE_FILE
from twin.analysis.tornado import TORNADO_FILE, as_they_are, tornado
from twin.results.durable import replacing, write_json
from twin.scenario.study import Study
from twin.studies.asked import Asked
from twin.studies.job import Outcome
from twin.studies.stretches import annual_notes, stretches_of

DIFFERENCES_FILE = "differences.parquet"
Outcomes = Mapping[str, Outcome]


def write_tables(
    folder: Path, study: Study, asked: Sequence[Asked], outcomes: Outcomes
) -> None:
    """The table first, then the record that makes the study one."""
    done = [one for one in asked if is_done(one, outcomes)]
    axes = axes_of(study)
    frame = _frame(axes, study, done, outcomes)
    save(frame, folder / TABLE_FILE)
    alike = ["member", *axes] if study.territory is not None else axes
    save(differences(as_they_are(frame), alike), folder / DIFFERENCES_FILE)
    if study.vary:
        save(tornado(frame, axes, study.ends), folder / TORNADO_FILE)
    stretches = stretches_of(done)
    if any(stretches):
        of_year = [axis for axis in axes if axis != "condition"]
        save(annual(frame, of_year, stretches), folder / ANNUAL_FILE)
    record = _record(study, asked, done, outcomes)
    write_json(folder / STUDY_FILE, record | _annual(asked, done, stretches))


def _annual(
    asked: Sequence[Asked], done: Sequence[Asked], stretches: Sequence[Stretch | None]
) -> dict[str, Any]:
    """What must be known of a year's figures, where there are any."""
    if not any(stretches):
        return {}
    return {"annual": {"notes": annual_notes(asked, done)}}


def is_done(one: Asked, outcomes: Outcomes) -> bool:
    """Whether its run is complete."""
    return one.run_id in outcomes and not outcomes[one.run_id].reason


def failures(asked: Sequence[Asked], outcomes: Outcomes) -> list[str]:
    """Every row that has no run, and why."""
    return [
        f"{one.name}: {one.problem or outcomes[one.run_id].reason}"
        for one in asked
        if not is_done(one, outcomes)
    ]


def axes_of(study: Study) -> list[str]:
    """The keys along which a study goes."""
    chosen = ["condition"] if study.conditions is not None else []
    own = dict.fromkeys(key for point in study.points() for key in point)
    return [*chosen, *own]


def save(frame: pl.DataFrame, path: Path) -> None:
    """Write a table whole."""
    with replacing(path) as temporary:
        frame.write_parquet(temporary, compression="zstd")


def _frame(
    axes: Sequence[str], study: Study, done: Sequence[Asked], outcomes: Outcomes
) -> pl.DataFrame:
    return pl.DataFrame(
        [
            {
                "variant": one.run.variant,
                "seed": one.run.seed,
                **_feeder(one),
                "run_id": one.run_id,
                "baseline": one.run.variant == study.baseline,
                **dict.fromkeys(axes),
                **one.at,
                **_weight(one),
                **_varied(study, one),
                **outcomes[one.run_id].figures,
            }
            for one in done
        ],
        infer_schema_length=None,
    )


def _record(
    study: Study, asked: Sequence[Asked], done: Sequence[Asked], outcomes: Outcomes
) -> dict[str, Any]:
    return {
        "schema": SCHEMA,
        "name": study.name,
        "baseline": study.baseline,
        "conditions": _conditions(asked),
        "variants": list(dict.fromkeys(one.label for one in done)),
        "runs": [_row(one) for one in done if one.end is None],
        **_varied_rows(study, done),
        "failed": failures(asked, outcomes),
    }


def _row(one: Asked) -> dict[str, Any]:
    return {
        "variant": one.run.variant,
        "label": one.label,
        "seed": one.run.seed,
        **_feeder(one),
        "run_id": one.run_id,
        "path": f"{one.scenario.name}/{one.run_id}" if one.scenario else "",
        "overrides": one.run.overrides,
    }


def _varied_rows(study: Study, done: Sequence[Asked]) -> dict[str, Any]:
    """Runs at an end of a range, apart from the others: whoever reads those is safe."""
    if not study.vary:
        return {}
    rows = [
        {**_row(one), "varied": one.end.varied, "end": one.end.end}
        for one in done
        if one.end is not None
    ]
    return {"vary": study.vary, "varied": rows}


def _varied(study: Study, one: Asked) -> dict[str, str | None]:
    """The range and its end, where a study has any; null: as it is."""
    if not study.vary:
        return {}
    if one.end is None:
        return {"varied": None, "end": None}
    return {"varied": one.end.varied, "end": one.end.end}


def _feeder(one: Asked) -> dict[str, Any]:
    """Which feeder of a territory it is, and the study's seed that it belongs to."""
    copy = one.copy
    if copy is None:
        return {}
    return {"member": copy.member, "copy": copy.number, "study_seed": copy.of_seed}


def _weight(one: Asked) -> dict[str, float | None]:
    """How many such stretches a year has, where days were chosen."""
    return {} if one.condition is None else {"weight": one.condition.weight}


def _conditions(asked: Sequence[Asked]) -> list[dict[str, Any]]:
    """Which days were chosen, and by what rule."""
    found = {one.condition.name: one.condition for one in asked if one.condition}
    return [one.record for one in found.values()]
