"""Opens what a study of a territory has come to."""

from __future__ import annotations

import json
from collections.abc import Mapping
from dataclasses import dataclass
from functools import cached_property
from pathlib import Path
from typing import Any

import polars as pl

from twin.errors import InputError

TERRITORY_FILE = "territory.json"
TABLE, MEMBERS_TABLE = "territory.parquet", "territory_members.parquet"
SCHEMA = 1
Result = Mapping[str, Any]


@dataclass(frozen=True, eq=False)
class Territory:
    """``territory.json`` and the table beside it."""

    folder: Path
    record: Mapping[str, Any]

    @classmethod
    def open(cls, folder: Path) -> Territory | None:
        """Of a study's folder; None where it has no territory."""
        path = folder / TERRITORY_FILE
        if not path.is_file():
            return None
        try:
            record = json.loads(path.read_text(encoding="utf-8"))
        except (OSError, ValueError) as error:
            raise InputError.of(f"cannot be read: {error}", where=str(path)) from error
        if not isinstance(record, dict) or record.get("schema", 0) > SCHEMA:
            message = f"written by a newer twin (this one reads schema {SCHEMA})"
            raise InputError.of(message, where=str(path))
        return cls(folder, record)

    @cached_property
    def courses(self) -> pl.DataFrame:
        """The sums at every instant: label, seed, time, MW."""
        return pl.read_parquet(self.folder / TABLE)

    def courses_of(self, one: Result) -> pl.DataFrame:
        """Those of one result, in order of time."""
        same = (pl.col("label") == one["label"]) & (pl.col("seed") == one["seed"])
        return self.courses.filter(same)

    @property
    def results(self) -> list[Result]:
        """What each variant comes to, seed by seed."""
        return list(self.record["results"])

    @property
    def seeds(self) -> list[int]:
        """The study's seeds."""
        return list(dict.fromkeys(int(one["seed"]) for one in self.results))

    @property
    def first(self) -> list[Result]:
        """Of the first seed: one a variant."""
        return [one for one in self.results if one["seed"] == self.seeds[0]]

    @property
    def v2g_against_managed(self) -> list[tuple[Result, Result]]:
        """Each variant that gives with the first `valley` one at its point."""
        managed = [one for one in self.first if one["policy"] == "valley"]
        found = []
        for one in self.first:
            gives = one["policy"].startswith("v2g") or one["policy"] == "emergency"
            same = [m for m in managed if _point(m) == _point(one)] or managed[:1]
            if gives and same:
                found.append((one, same[0]))
        return found


def _point(one: Result) -> str:
    return str(one["label"]).partition(", ")[2]
