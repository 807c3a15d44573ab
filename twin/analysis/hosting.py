"""Hosting capacity from a study's runs: who breaks which limit first, and when."""

from __future__ import annotations

import json
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from functools import cached_property
from pathlib import Path
from typing import Any

import numpy as np
import polars as pl

from twin.analysis.case import Case
from twin.analysis.hosting_criteria import (
    WORSE_BY,
    Judged,
    Untold,
    Verdict,
    judged,
    worst_time,
)
from twin.analysis.study import HOSTING_FILE, STUDY_FILE
from twin.errors import InputError
from twin.results.record import Run
from twin.scenario.hosting_words import Criterion, HostingSpec

HOSTING_TABLE = "hosting.parquet"
NO_SOLUTION = "no_solution"
COLUMNS: Mapping[str, pl.DataType] = {
    "variant": pl.String(),
    "seed": pl.Int64(),
    "penetration": pl.Float64(),
    "run_id": pl.String(),
    "policy": pl.String(),
    "evs": pl.Int64(),
    "charge_kw": pl.Float64(),
    "give_kw": pl.Float64(),
    "criterion": pl.String(),
    "limit": pl.Float64(),
    "counts": pl.Boolean(),
    "violated": pl.Boolean(),
    "elements": pl.Int64(),
    "before": pl.Int64(),
    "element": pl.String(),
    "phase": pl.Int64(),
    "value": pl.Float64(),
    "time": pl.String(),
}


@dataclass(frozen=True, eq=False)
class Hosting:
    """What a study says of hosting: a row a run and limit, and notes.

    ``table`` as COLUMNS says: ``violated`` by cars (null: not told), ``elements`` how
    many by cars, ``before`` how many without cars, ``element`` the worst by cars, and
    ``time`` when it was (local; null where that is not recorded).
    """

    penetration: str
    table: pl.DataFrame
    notes: tuple[str, ...] = ()
    homes: int = 0

    @cached_property
    def variants(self) -> tuple[str, ...]:
        """Variants with cars, in the study's order."""
        with_cars = self.table.filter(pl.col("evs") > 0)
        return tuple(with_cars["variant"].unique(maintain_order=True))

    @cached_property
    def criteria(self) -> tuple[str, ...]:
        """The limits that at least one run tells."""
        told = self.table.filter(pl.col("violated").is_not_null())
        return tuple(told["criterion"].unique(maintain_order=True))

    @classmethod
    def open(cls, folder: Path) -> Hosting | None:
        """As written beside a study; None where it asked for nothing of the kind."""
        if not (folder / HOSTING_FILE).is_file():
            return None
        try:
            record = json.loads((folder / HOSTING_FILE).read_text(encoding="utf-8"))
            table = pl.read_parquet(folder / HOSTING_TABLE)
            if "time" not in table.columns:
                table = table.with_columns(time=pl.lit(None, pl.String))
        except (OSError, ValueError, pl.exceptions.PolarsError) as error:
            raise InputError.of(f"cannot be read: {error}", where=str(folder)) from None
        return cls(
            record["penetration"],
            table,
            tuple(record["notes"]),
            int(record["homes"]),
        )


@dataclass(frozen=True, eq=False)
class _Draw:
    """One run of the study at its penetration."""

    variant: str
    penetration: float
    path: str
    case: Case

    @property
    def draw(self) -> tuple[int, object]:
        """The seed and the days, which a run without cars must share."""
        return self.case.seed, self.case.scenario.get("time")

    @property
    def key(self) -> tuple[str, int]:
        """Which draw it belongs to."""
        return self.variant, self.case.seed


def hosting_of(folder: Path, spec: HostingSpec) -> Hosting:
    """Judge every run of a study against its paired run without cars."""
    draws = list(_draws(folder, spec.penetration))
    without = [one for one in draws if one.case.n_ev == 0]
    criteria = spec.judged
    verdicts = {
        (one.path, c.name): judged(one.case, c.name, c.limit)
        for one in without
        for c in criteria
    }
    rows: list[dict[str, Any]] = []
    untold: dict[str, list[str]] = {}
    for one in draws:
        base = _base(one, without)
        for criterion in criteria:
            before = verdicts[base.path, criterion.name]
            same = one is base or one.path == base.path
            now = before if same else judged(one.case, criterion.name, criterion.limit)
            rows.append(_row(one, criterion, now, before))
            if isinstance(now, Untold):
                untold.setdefault(f"{criterion.name}: {now.why}", []).append(
                    one.variant
                )
        rows.append(_unsolved(one, base))
    notes = _notes(untold, {one.variant for one in draws if one.case.n_ev})
    table = _told_throughout(pl.DataFrame(rows, schema=dict(COLUMNS), orient="row"))
    with_cars = [one for one in draws if one.case.n_ev] or draws
    fullest = max(with_cars, key=lambda one: one.case.n_ev)
    homes = int((fullest.case.run.record.get("counts") or {}).get("homes") or 0)
    return Hosting(spec.penetration, table, notes, homes)


def _draws(folder: Path, key: str) -> Iterator[_Draw]:
    """Every run once, in the study's order; its variant without the penetration."""
    record = json.loads((folder / STUDY_FILE).read_text(encoding="utf-8"))
    results, seen = folder.resolve().parents[2], set()
    for row in record["runs"]:
        said = row["overrides"].get(key)
        variant = _variant(row, key)
        mark = (variant, row["seed"], row["run_id"])
        if mark not in seen:
            seen.add(mark)
            run = Run.open(results / row["path"])
            yield _Draw(variant, float(said or 0.0), row["path"], Case(run, variant))


def _variant(row: Mapping[str, Any], key: str) -> str:
    """A run's label less its place on the axis of penetration."""
    parts = str(row.get("label") or row["variant"]).split(", ")
    return ", ".join(part for part in parts if not part.startswith(f"{key} "))


def _base(one: _Draw, without: Sequence[_Draw]) -> _Draw:
    """The run without cars of the same seed and days: of its own variant if it can."""
    same = [other for other in without if other.draw == one.draw]
    own = [other for other in same if other.variant == one.variant]
    if not same:
        raise InputError.of(
            f"no run without cars has seed {one.case.seed} and the same days: nothing "
            "tells what was there before",
            key="hosting",
        )
    return (own or same)[0]


def _row(
    one: _Draw, criterion: Criterion, now: Verdict, before: Verdict
) -> dict[str, Any]:
    head = {**_head(one), "criterion": criterion.name, "counts": criterion.counts}
    if isinstance(now, Untold) or isinstance(before, Untold):
        return _filled(head)
    _refuse_other_grid(now, before)
    by_cars = now.caused(before, WORSE_BY[criterion.name])
    found = {
        "limit": now.limit,
        "violated": bool(by_cars.any()),
        "elements": int(by_cars.sum()),
        "before": int(before.beyond.sum()),
    }
    if not by_cars.any():
        return _filled(head | found)
    worst = int(np.where(by_cars, now.excess, -np.inf).argmax())
    return _filled(
        head
        | found
        | {
            "element": now.name[worst],
            "phase": int(now.phase[worst]),
            "value": float(now.value[worst]),
            "time": worst_time(one.case, criterion.name, int(now.row[worst])),
        }
    )


def _unsolved(one: _Draw, base: _Draw) -> dict[str, Any]:
    """Intervals without a solution count as a limit broken, more of them than before.

    What could not be solved was not within any limit that one could name.
    """
    failed, before = one.case.steps_failed, base.case.steps_failed
    found = {
        "criterion": NO_SOLUTION,
        "counts": True,
        "limit": 0.0,
        "violated": failed > before,
        "elements": int(failed > before),
        "before": int(before > 0),
    }
    if failed > before:
        found |= {"element": "power flow", "phase": 0, "value": float(failed)}
    return _filled(_head(one) | found)


def _head(one: _Draw) -> dict[str, Any]:
    evs = one.case.evs
    return {
        "variant": one.variant,
        "seed": one.case.seed,
        "penetration": one.penetration,
        "run_id": one.case.run.run_id,
        "policy": one.case.policy,
        "evs": one.case.n_ev,
        "charge_kw": float(evs["charge_kw"].sum()) if one.case.n_ev else 0.0,
        "give_kw": float(evs["discharge_kw"].sum()) if one.case.n_ev else 0.0,
    }


def _filled(row: Mapping[str, Any]) -> dict[str, Any]:
    return {name: row.get(name) for name in COLUMNS}


def _told_throughout(table: pl.DataFrame) -> pl.DataFrame:
    """A limit that some run of a variant does not tell is told of none of it."""
    known = pl.col("violated").is_not_null().all().over("variant", "criterion")
    return table.with_columns(pl.when(known).then("violated").alias("violated"))


def _refuse_other_grid(now: Judged, before: Judged) -> None:
    if now.name != before.name or not np.array_equal(now.phase, before.phase):
        raise InputError.of(
            "runs with and without cars are on different grids: they cannot be paired",
            key="hosting",
        )


def _notes(untold: Mapping[str, Sequence[str]], variants: set[str]) -> tuple[str, ...]:
    """What was not judged, and where not all variants are so, in which."""
    said = []
    for words, where in untold.items():
        among = [name for name in dict.fromkeys(where) if name in variants]
        some = "" if set(among) >= variants else f" ({', '.join(among)})"
        if among:
            said.append(f"not judged: {words}{some}")
    return tuple(said)
