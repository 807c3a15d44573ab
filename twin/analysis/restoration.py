"""The hours about a return of supply: what the feeder draws, and why so much."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any

import numpy as np
import polars as pl
from numpy.typing import NDArray

from twin.analysis.case import Case
from twin.analysis.outages import REBOUND, outage_rows
from twin.arrays import Floats
from twin.customers.pickup import mean_factor, picked_up

BEFORE = timedelta(hours=2)
Rows = tuple[int, int]


@dataclass(frozen=True, eq=False)
class Restoration:
    """The intervals from two hours before a return to six after it. [n_step]

    pickup_kw  what of the homes' load is cold-load pick-up; none where the customers'
               intervals are not kept
    back       when supply came back, UTC
    """

    frame: pl.DataFrame
    pickup_kw: Floats | None
    back: datetime


def restoration_of(case: Case, event: int) -> Restoration | None:
    """Of an outage's last return; none where nobody's supply came back in the run."""
    rows = outage_rows(case)
    if rows is None:
        return None
    backs = rows.filter(pl.col("event") == event)["until"].drop_nulls()
    back = backs.max()
    if not isinstance(back, datetime):
        return None
    first, last = rows_between(case, back - BEFORE, back + REBOUND)
    return Restoration(case.steps[first:last], pickup_kw(case, (first, last)), back)


def rows_between(case: Case, begin: datetime, end: datetime) -> Rows:
    """The first interval that ends after one instant; past the last before another."""
    time = case.steps["time"]
    step = timedelta(hours=case.step_h)
    return int((time + step <= begin).sum()), int((time < end).sum())


def pickup_kw(case: Case, part: Rows) -> Floats | None:
    """What of the homes' load of some intervals is cold-load pick-up. [n_step]

    Of every home after its last return: served by the grid (1 - 1 / f), f the mean
    factor over the interval's part after the return.
    """
    rows, words = outage_rows(case), case.scenario.get("restoration")
    if rows is None or not words or not case.run.has("customer_steps"):
        return None
    served = _columns(case, "served_kw", part) - _columns(case, "island_kw", part)
    time = case.steps["time"][slice(*part)].to_list()
    factor = np.ones_like(served)
    for outage in rows.drop_nulls("until").sort("until").iter_rows(named=True):
        mine = _factor(time, case.step_h, outage, words)
        since = np.isfinite(mine)
        factor[since, outage["customer"]] = mine[since]
    more: Floats = (served * (1.0 - 1.0 / factor)).sum(axis=1)
    return more


def _factor(
    time: list[datetime],
    step_h: float,
    outage: Mapping[str, Any],
    words: Mapping[str, Any],
) -> Floats:
    """Mean factor of each interval that ends after the return; NaN before. [n_step]"""
    since = np.array([(one - outage["until"]).total_seconds() for one in time])
    ends = since + 3600.0 * step_h
    dark_h = np.array([outage["dark_h"]])
    extra = picked_up(dark_h, words["pickup"], words["pickup_h"])
    factor = mean_factor(extra, np.maximum(since, 0.0), ends, words["pickup_h"])
    return np.where(ends > 0.0, factor, np.nan)


def _columns(case: Case, name: str, part: Rows) -> Floats:
    scan = case.run.scan("customer_steps").select(name)
    found: NDArray[Any] = (
        scan.slice(part[0], part[1] - part[0]).collect()[name].to_numpy()
    )
    return np.nan_to_num(found.astype(np.float64))
