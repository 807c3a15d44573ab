"""Which records a run's days were drawn from, and how often: travel and loads."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import timedelta

import numpy as np
import polars as pl

from twin.arrays import Ints
from twin.simulation.plan import Plan

Drawn = tuple[Ints, Ints] | None
Row = tuple[str, str, str, int | None, int | None, int]
SCHEMA = {
    "of": pl.String,
    "source": pl.String,
    "how": pl.String,
    "whose": pl.Int32,
    "which": pl.Int32,
    "draws": pl.Int32,
}


def histories(planned: Plan) -> pl.DataFrame:
    """The table ``histories`` of a run: pure functions of its keys, asked again."""
    days = range(planned.timeline.days)
    start, travel, cars = planned.timeline.start, planned.travel, planned.cars
    entity = cars.traits["entity"]
    trips = [travel.histories(start + timedelta(days=day), entity) for day in days]
    loads = [planned.profile.histories(day) for day in days]
    name = planned.profile.name
    if name == "network":
        name = f"network of {planned.grid.feeder.name}"
    rows = [
        *_rows("travel", travel.name, trips, "drawn", len(cars)),
        *_rows("load", name, loads, "constant", planned.households.n_home),
    ]
    return pl.DataFrame(rows, schema=SCHEMA, orient="row")


def _rows(
    of: str, source: str, days: list[Drawn], otherwise: str, n: int
) -> Iterator[Row]:
    """A row a record in use, and one for draws that are none. ``n`` draws a day."""
    known = [np.stack(day) for day in days if day is not None]
    if len(known) < len(days) and n:
        yield of, source, otherwise, None, None, n * (len(days) - len(known))
    if not known:
        return
    pairs, draws = np.unique(np.concatenate(known, axis=1), axis=1, return_counts=True)
    for (whose, which), count in zip(pairs.T.tolist(), draws.tolist(), strict=True):
        if whose < 0:
            yield of, source, "idle", None, None, count
        else:
            yield of, source, "record", whose, which, count
