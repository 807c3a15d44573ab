"""What a territory needs of one run, read by the worker that has just made it."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass

import numpy as np
import polars as pl
from numpy.typing import NDArray

from twin.accounts.territory import SERIES, Spread
from twin.arrays import Floats, Ints
from twin.results.record import Run

COUNTED = ("homes", "customers", "evs", "bidirectional", "hypothetical", "transformers")


@dataclass(frozen=True, eq=False)
class Source:
    """Draws from one data set of travel or loads.

    of, name   travel or load, and the data set's name
    otherwise  draws that are from no record: idle, drawn, constant
    whose, which, draws   records in use, and how often               [n_record]
    """

    of: str
    name: str
    otherwise: Mapping[str, int]
    whose: Ints
    which: Ints
    draws: Ints


@dataclass(frozen=True, eq=False)
class Courses:
    """A feeder's courses, counts and histories.

    time    start of each interval                                        [n_step]
    kw      SERIES                                              [n_series, n_step]
    driven, used   what a car drove, and a home used, in kWh
    """

    time: NDArray[np.datetime64]
    kw: Floats
    counts: Mapping[str, int]
    driven: Spread
    used: Spread
    sources: tuple[Source, ...]


def courses_of(run: Run) -> Courses:
    """Of a complete run."""
    steps = run.scan("steps").select("time", *SERIES).collect()
    customers = run.scan("customers").select("kind", "served_kwh").collect()
    cars = run.scan("evs").select("driven_kwh").collect()
    homes = customers.filter(pl.col("kind") == "home")
    counts = run.record["counts"]
    return Courses(
        steps["time"].to_numpy(),
        np.stack([steps[name].to_numpy().astype(np.float64) for name in SERIES]),
        {name: int(counts[name]) for name in COUNTED},
        Spread.of(cars["driven_kwh"].to_numpy()),
        Spread.of(homes["served_kwh"].to_numpy()),
        _sources(run.static("histories")),
    )


def _sources(frame: pl.DataFrame) -> tuple[Source, ...]:
    found = []
    for (of, name), rows in frame.group_by("of", "source", maintain_order=True):
        records = rows.filter(pl.col("how") == "record")
        rest = rows.filter(pl.col("how") != "record")
        found.append(
            Source(
                str(of),
                str(name),
                dict(zip(rest["how"].to_list(), rest["draws"].to_list(), strict=True)),
                *(
                    records[key].to_numpy().astype(np.int64)
                    for key in ("whose", "which", "draws")
                ),
            )
        )
    return tuple(found)
