"""How batteries faded, a row a car, beside what published chemistries would."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

import numpy as np
import polars as pl

from twin.accounts.ageing import Fade
from twin.accounts.chemistries import CHEMISTRIES
from twin.accounts.published import published
from twin.analysis.case import Case
from twin.analysis.wear import AGE_YEARS, Wear, start_of
from twin.arrays import Floats

SCHEMA: Mapping[str, Any] = {
    "ev": pl.Int64,
    "model": pl.String,
    "capacity_kwh": pl.Float64,
    "soc": pl.Float64,
    "depth": pl.Float64,
    "deepest": pl.Float64,
    "full_cycles": pl.Float64,
    "degc": pl.Float64,
    **{
        f"{name}_{part}": pl.Float64
        for name in CHEMISTRIES
        for part in ("calendar", "cycling", "loss", "later")
    },
    "published_low": pl.Float64,
    "published_high": pl.Float64,
}


def table(case: Case) -> pl.DataFrame:
    """Every car, the most worn first; no rows without a course of charge.

    soc, depth, deepest, full_cycles, degc
                                        what the battery lived through
    <chemistry>_calendar, _cycling      lost in the run if it is of that chemistry
    <chemistry>_loss                    both, as shares of the new battery's capacity
    <chemistry>_later                   lost after ten such years by a new one; null if
                                        less than a year was run
    published_low, published_high       lost in as many days by six published
                                        chemistries in the case nearest to its life
    """
    wear = case.wear
    if wear is None:
        return pl.DataFrame(schema=SCHEMA)
    low, high = published_range(wear, case.days)
    columns = {
        "ev": np.arange(len(wear.soc)),
        **_names(case, len(wear.soc)),
        "soc": wear.soc,
        "depth": wear.depth,
        "deepest": wear.cycled.deepest,
        "full_cycles": wear.full_cycles,
        "degc": wear.degc,
        **_losses(wear),
        "published_low": low,
        "published_high": high,
    }
    frame = pl.DataFrame(columns, schema=SCHEMA)
    known = frame.with_columns(pl.col(pl.Float64).fill_nan(None))
    return known.sort("nmc_loss", descending=True, maintain_order=True)


def period_loss(wear: Wear, name: str) -> tuple[Floats, Floats, Floats]:
    """What the run took by time, by cycles and together, if of that chemistry. [n_ev]

    Shares of the new battery's capacity. Together: of the capacity itself, which active
    material may bind.
    """
    end, start = end_of(wear, name), start_of(CHEMISTRIES[name], len(wear.soc))
    return (
        end.calendar - start.calendar,
        end.cycling - start.cycling,
        start.capacity - end.capacity,
    )


def end_of(wear: Wear, name: str) -> Fade:
    """Loss at the run's end, if of that chemistry. [n_ev]"""
    return {"nmc": wear.nmc, "lfp": wear.lfp}[name]


def later_of(wear: Wear, name: str) -> Fade:
    """A new battery's loss after ten years like the run's; NaN if it is shorter."""
    return {"nmc": wear.nmc_later, "lfp": wear.lfp_later}[name]


def published_range(wear: Wear, days: float) -> tuple[Floats, Floats]:
    """Lowest and highest loss of published chemistries in as many days. [n_ev]"""
    curves = published()
    case = curves.nearest(wear.soc, wear.degc, wear.depth)
    return curves.range(case, AGE_YEARS, days)


def _losses(wear: Wear) -> dict[str, Floats]:
    found = {}
    for name in CHEMISTRIES:
        calendar, cycling, loss = period_loss(wear, name)
        found[f"{name}_calendar"] = calendar
        found[f"{name}_cycling"] = cycling
        found[f"{name}_loss"] = loss
        found[f"{name}_later"] = 1.0 - later_of(wear, name).capacity
    return found


def _names(case: Case, n_ev: int) -> dict[str, Any]:
    """Model and capacity; unknown of a run that was stopped."""
    if not case.run.has("evs"):
        return {"model": [None] * n_ev, "capacity_kwh": [None] * n_ev}
    return {key: case.evs[key] for key in ("model", "capacity_kwh")}
