"""Which records a run's days were drawn from, how often, and what they came to."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from datetime import timedelta
from typing import NamedTuple

import numpy as np
import polars as pl

from twin.arrays import Floats, Ints, totals
from twin.simulation.plan import Plan

NOBODY = -1
SCHEMA = {
    "of": pl.String,
    "source": pl.String,
    "how": pl.String,
    "whose": pl.Int32,
    "which": pl.Int32,
    "draws": pl.Int32,
    "total": pl.Float64,
    "squares": pl.Float64,
}
Row = tuple[str, int | None, int | None, int, float, float]


class Drawn(NamedTuple):
    """A day of cars or homes: whose record, which of it, and km or kWh [n].

    ``known``: there are records at all; whose -1 is one that stood idle.
    """

    known: bool
    whose: Ints
    which: Ints
    amount: Floats


def histories(
    planned: Plan, driven_km: Mapping[int, Floats] | None = None
) -> pl.DataFrame:
    """The table ``histories`` of a run: pure functions of its keys, asked again.

    driven_km  by day what each car drives, as far as it was drawn already [n_ev]
    """
    name = planned.profile.name
    if name == "network":
        name = f"network of {planned.grid.feeder.name}"
    rows = [
        *(
            ("travel", planned.travel.name, *row)
            for row in _rows(_travel(planned, driven_km or {}))
        ),
        *(("load", name, *row) for row in _rows(_loads(planned))),
    ]
    return pl.DataFrame(rows, schema=SCHEMA, orient="row")


def _travel(
    planned: Plan, driven_km: Mapping[int, Floats]
) -> Iterator[tuple[str, Drawn]]:
    entity, travel = planned.cars.traits["entity"], planned.travel
    for day in range(planned.timeline.days):
        date = planned.timeline.start + timedelta(days=day)
        km = driven_km.get(day)
        if km is None:
            km = travel.day(date, entity).distance_km.sum(axis=1)
        yield "drawn", _drawn(travel.histories(date, entity), km)


def _loads(planned: Plan) -> Iterator[tuple[str, Drawn]]:
    hours = planned.timeline.step_h
    for day in range(planned.timeline.days):
        kwh = planned.profile.day_kw(day).sum(axis=0) * hours
        yield "constant", _drawn(planned.profile.histories(day), kwh)


def _drawn(found: tuple[Ints, Ints] | None, amount: Floats) -> Drawn:
    if found is None:
        nobody = np.full(len(amount), NOBODY)
        return Drawn(False, nobody, nobody, amount)
    return Drawn(True, *found, amount)


def _rows(days: Iterator[tuple[str, Drawn]]) -> Iterator[Row]:
    """A row a record in use, and one for all draws that are none."""
    named = [(how if not one.known else "record", one) for how, one in days]
    for how in sorted({how for how, _ in named}):
        alike = [one for other, one in named if other == how]
        whose, which, amount = (
            np.concatenate([getattr(one, name) for one in alike])
            for name in ("whose", "which", "amount")
        )
        pairs, row = np.unique(np.stack([whose, which]), axis=1, return_inverse=True)
        n = pairs.shape[1]
        counted = zip(
            pairs.T.tolist(),
            np.bincount(row, minlength=n).tolist(),
            totals(row, amount, n).tolist(),
            totals(row, np.square(amount), n).tolist(),
            strict=True,
        )
        for (mine, form), draws, total, squares in counted:
            if mine == NOBODY:
                kind = "idle" if how == "record" else how
                yield kind, None, None, draws, total, squares
            else:
                yield how, mine, form, draws, total, squares
