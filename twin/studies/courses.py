"""What a territory needs of one run, read by the worker that has just made it."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass

import numpy as np
import polars as pl
from numpy.typing import NDArray

from twin.accounts.territory import SERIES
from twin.arrays import Floats, Ints
from twin.results.record import Run

COUNTED = ("homes", "customers", "evs", "bidirectional", "hypothetical", "transformers")


@dataclass(frozen=True, eq=False)
class Source:
    """Draws from one data set of travel or loads.

    of, name   travel or load, and the data set's name
    otherwise  draws that are from no record: idle, drawn, constant
    whose, which, draws, total, squares   records in use, how often, and km or kWh
                                                                         [n_record]
    """

    of: str
    name: str
    otherwise: Mapping[str, tuple[int, float, float]]
    whose: Ints
    which: Ints
    draws: Ints
    total: Floats
    squares: Floats


@dataclass(frozen=True, eq=False)
class Courses:
    """A feeder's courses, counts and histories.

    time    start of each interval                                        [n_step]
    kw      SERIES                                              [n_series, n_step]
    """

    time: NDArray[np.datetime64]
    kw: Floats
    counts: Mapping[str, int]
    sources: tuple[Source, ...]


def courses_of(run: Run) -> Courses:
    """Of a complete run."""
    steps = run.scan("steps").select("time", *SERIES).collect()
    counts = run.record["counts"]
    return Courses(
        steps["time"].to_numpy(),
        np.stack([steps[name].to_numpy().astype(np.float64) for name in SERIES]),
        {name: int(counts[name]) for name in COUNTED},
        _sources(run.static("histories")),
    )


def _sources(frame: pl.DataFrame) -> tuple[Source, ...]:
    return tuple(
        _source(str(of), str(name), rows)
        for (of, name), rows in frame.group_by("of", "source", maintain_order=True)
    )


def _source(of: str, name: str, rows: pl.DataFrame) -> Source:
    records = rows.filter(pl.col("how") == "record")
    rest = rows.filter(pl.col("how") != "record")
    return Source(
        of,
        name,
        {
            row["how"]: (row["draws"], row["total"], row["squares"])
            for row in rest.iter_rows(named=True)
        },
        whose=_whole(records["whose"]),
        which=_whole(records["which"]),
        draws=_whole(records["draws"]),
        total=records["total"].to_numpy(),
        squares=records["squares"].to_numpy(),
    )


def _whole(column: pl.Series) -> Ints:
    return column.to_numpy().astype(np.int64)
