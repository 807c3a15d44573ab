"""How transformers and lines are loaded: sorted by trouble, and over time."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np
import polars as pl

from twin.analysis.case import Case
from twin.arrays import Floats, Ints
from twin.errors import InputError

Row = dict[str, Any]
MOST_LINES = 200
NO_RATING_A = 50_000.0


@dataclass(frozen=True, eq=False)
class Element:
    """A transformer or a line, with the rows in ``branches`` of its phases.

    index      row in ``transformers``, or in ``branches`` of a line's first phase
    rating     kVA of a transformer, A of a line; NaN if unknown
    emergency  emergency rating over the normal one; NaN if there is none
    """

    kind: str
    index: int
    name: str
    branches: Ints
    rating: float
    emergency: float

    @property
    def unit(self) -> str:
        """In which its rating is said."""
        return "kVA" if self.kind == "transformer" else "A"

    @property
    def rated(self) -> str:
        """Its rating in words."""
        if np.isnan(self.rating):
            return "no known rating"
        return f"{self.rating:,.0f} {self.unit}"


def transformer(case: Case, index: int) -> Element:
    """A transformer by its row; one that is not there is an InputError."""
    count = case.transformers.height
    if not 0 <= index < count:
        raise InputError.of(f"there is no transformer {index}: there are {count}")
    row = case.transformers.row(index, named=True)
    rows = case.transformer_branches[index]
    rating = row["rating_kva"]
    return Element(
        "transformer",
        index,
        str(row["name"]),
        rows,
        np.nan if rating is None else float(rating),
        _least(case.emergency[rows]),
    )


def line(case: Case, index: int) -> Element:
    """A line by the row of its first phase; one that is not there is an InputError."""
    found = lines(case).filter(pl.col("branch") == index)
    if not found.height:
        raise InputError.of(f"there is no line {index} in this network")
    row = found.row(0, named=True)
    rows = np.array(row["branches"], np.int64)
    return Element(
        "line",
        index,
        str(row["name"]),
        rows,
        np.nan if row["normal_a"] is None else float(row["normal_a"]),
        _least(case.emergency[rows]),
    )


def worst_transformer(case: Case) -> int | None:
    """The row of the one with the highest loading; the first if none is known."""
    if case.loadings is None or not case.transformers.height:
        return None
    highest = case.loadings.transformers.highest
    return int(np.nanargmax(highest)) if np.isfinite(highest).any() else 0


def worst_line(case: Case) -> int | None:
    """The row of the line with the highest loading; the first if none is known."""
    found = lines(case)
    return int(found["branch"][0]) if found.height else None


def lines(case: Case) -> pl.DataFrame:
    """Everything that is no transformer, phases joined, the most loaded first.

    A rating that no line has (99,999 kA stands for none) is unknown, and its loading.
    """
    frame = case.branches.with_columns(loading=pl.lit(None, pl.Float64), over_h=0.0)
    if case.loadings is not None:
        frame = frame.with_columns(
            loading=pl.Series(case.loadings.highest).cast(pl.Float64).fill_nan(None),
            over_h=pl.Series(case.loadings.over_normal_h),
        )
    rated = pl.col("normal_a") < NO_RATING_A
    own = pl.when(pl.col("phase") > 0).then("name")
    return (
        frame.with_columns(pl.when(rated).then(pl.col("normal_a", "loading")))
        .filter(pl.col("transformer").is_null())
        .group_by(
            own.otherwise(pl.col("branch").cast(pl.String)).alias("own"),
            "kind",
            maintain_order=True,
        )
        .agg(
            pl.col("branch").alias("branches"),
            pl.first("branch", "name", "from_node", "to_node", "length_km"),
            pl.min("normal_a"),
            pl.max("loading", "over_h"),
        )
        .sort("loading", descending=True, nulls_last=True, maintain_order=True)
    )


def transformer_rows(case: Case) -> list[Row]:
    """The transformers, the most loaded first, as a table shows them."""
    told = case.loadings
    if told is None:
        return []
    of = told.transformers
    rows = []
    for row in case.transformers.iter_rows(named=True):
        at = int(row["transformer"])
        rows.append(
            {
                "pick": str(at),
                "name": str(row["name"]),
                "loading": percent(of.highest[at]),
                "when": when(case, of.time[at]),
                "rating": number(row["rating_kva"]),
                "over_h": number(of.over_normal_h[at]),
                "emergency_h": number(of.over_emergency_h[at]),
                "longest_h": number(None if of.longest_h is None else of.longest_h[at]),
                "reverse_h": number(None if of.reverse_h is None else of.reverse_h[at]),
                "customers": row["customers"],
                "evs": row["evs"],
            }
        )
    return sorted(rows, key=lambda row: 1.0 if (x := row["loading"]) is None else -x)


def line_rows(case: Case, find: str | None = None) -> tuple[list[Row], int]:
    """The worst lines of those whose name holds some words, and how many there are."""
    found = lines(case)
    if find:
        words = find.strip().lower()
        found = found.filter(
            pl.col("name").str.to_lowercase().str.contains(words, literal=True)
        )
    feeder = dict(case.transformers.select("transformer", "name").iter_rows())
    fed = case.nodes["transformer"].to_list()
    rows = [
        {
            "pick": str(row["branch"]),
            "name": str(row["name"]),
            "kind": str(row["kind"]),
            "loading": percent(row["loading"]),
            "over_h": number(row["over_h"]),
            "rating": number(row["normal_a"]),
            "length_m": number(row["length_km"], 1000.0),
            "behind": str(feeder.get(fed[row["to_node"]], "–")),
            "phases": len(row["branches"]),
        }
        for row in found.head(MOST_LINES).iter_rows(named=True)
    ]
    return rows, found.height


def who(case: Case) -> str:
    """Which transformer is in trouble and when, in a sentence; else which line."""
    worst = worst_transformer(case)
    told = case.loadings
    if worst is None or told is None:
        return "This network has no transformers. " + _worst_line_words(case)
    of = told.transformers
    element = transformer(case, worst)
    if not np.isfinite(of.highest[worst]):
        return "No transformer here has a known rating, so none has a loading."
    over = int((of.highest > 1).sum())
    about = (
        f"{percent(of.highest[worst]):.1f} % of {element.rated} "
        f"{'on' if of.longest_h is None else 'at'} {when(case, of.time[worst])}"
    )
    count = case.transformers.height
    if not over and count == 1:
        return f"{element.name} is never above its rating: at most {about}."
    if not over:
        return (
            f"{element.name} is the most loaded transformer: {about}. None of the "
            f"{count} is ever above its rating."
        )
    return (
        f"{element.name} is in trouble: {about}, and above its rating for "
        f"{of.over_normal_h[worst]:,.1f} h. {over} of {count} transformers "
        f"{'exceeds its' if over == 1 else 'exceed their'} rating at times."
    )


def _worst_line_words(case: Case) -> str:
    found = lines(case)
    if not found.height or found["loading"][0] is None:
        return "No line here has a known rating, so none has a loading."
    row = found.row(0, named=True)
    return (
        f"{row['name']} is the most loaded line: {100 * row['loading']:.1f} % of "
        f"{row['normal_a']:,.0f} A, above its rating for {row['over_h']:,.1f} h."
    )


def when(case: Case, time: np.datetime64) -> str:
    """A local instant in words; the day only, where only days are kept."""
    words = case.local(time)
    if words is None:
        return "–"
    return words if case.run.has("flows") else words[:10]


def percent(share: float | None) -> float | None:
    """A share as per cent; None if unknown."""
    return number(share, 100.0)


def number(value: Any, scale: float = 1.0) -> float | None:
    """A number for a table; None if unknown."""
    if value is None or not np.isfinite(value):
        return None
    return round(float(value) * scale, 3)


def index_of(asked: str | None, rows: Sequence[Mapping[str, Any]]) -> str:
    """What an address picks if the table has it; else its first row."""
    keys = [str(row["pick"]) for row in rows]
    return asked if asked in keys else (keys[0] if keys else "")


def _least(values: Floats) -> float:
    known = values[np.isfinite(values)]
    return float(known.min()) if len(known) else float("nan")
