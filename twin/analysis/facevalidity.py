"""Whether a run's cars and homes look like published ones, source by source."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

import polars as pl

from twin.analysis.case import Case
from twin.analysis.quantities import QUANTITIES, Quantity, Range
from twin.results.record import Run

IN_RANGE, ODD, NONE = "in range", "odd: explanation needed", "nothing to compare"
NO_RANGE = "no published range"


def table(run: Run) -> pl.DataFrame:
    """Each quantity beside a published range of the run's region, else another's."""
    return table_of(Case(run))


def table_of(case: Case) -> pl.DataFrame:
    """The same of a case."""
    return pl.DataFrame(
        [_row(case, quantity) for quantity in QUANTITIES], schema=_SCHEMA, orient="row"
    )


def range_of(row: Mapping[str, Any]) -> str:
    """A row's published range in words; a dash where none is known."""
    return "–" if row["low"] is None else f"{row['low']:g} to {row['high']:g}"


def _row(case: Case, quantity: Quantity) -> tuple[Any, ...]:
    value = quantity.of(case)
    published = _nearest(quantity.published, _region(case))
    verdict, why = _verdict(case, quantity, published, value)
    note = "; ".join(filter(None, (quantity.about(case), why)))
    return (
        quantity.title,
        quantity.unit,
        value,
        *(
            (None, None, "", "")
            if published is None
            else (published.low, published.high, published.region, published.source)
        ),
        verdict,
        note,
    )


def _verdict(
    case: Case, quantity: Quantity, published: Range | None, value: float | None
) -> tuple[str, str]:
    if value is None:
        return NONE, ""
    if published is None:
        return NO_RANGE, ""
    if published.low <= value <= published.high:
        return IN_RANGE, ""
    region = _region(case)
    elsewhere = (
        "" if published.region == region else f"published for {published.region}"
    )
    notes = [elsewhere, quantity.why(case)]
    return ODD, "; ".join(note for note in notes if note)


def _nearest(published: tuple[Range, ...], region: str) -> Range | None:
    """The range of a region, else the first; none where none is known."""
    own = (one for one in published if one.region == region)
    return next(own, published[0] if published else None)


def _region(case: Case) -> str:
    feeder = case.run.record.get("feeder")
    said = feeder.get("region") if isinstance(feeder, Mapping) else None
    by_standard = "us" if case.limits.standard == "ansi_c84_1" else "eu"
    return {"eu": "DE", "us": "US"}.get(str(said or by_standard).lower(), str(said))


_SCHEMA: dict[str, Any] = {
    "quantity": pl.String,
    "unit": pl.String,
    "value": pl.Float64,
    "low": pl.Float64,
    "high": pl.Float64,
    "region": pl.String,
    "source": pl.String,
    "verdict": pl.String,
    "note": pl.String,
}
