"""What went on in one home, and in all of them, while supply was gone."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any

import numpy as np
import polars as pl
from numpy.typing import NDArray

from dashboards.loading.courses import local_times
from twin.analysis.case import Case
from twin.analysis.outages import spells
from twin.analysis.restoration import rows_between
from twin.arrays import Floats

AROUND = timedelta(hours=3)
MOST_ROWS = 2_000
Times = NDArray[np.datetime64]


@dataclass(frozen=True, eq=False)
class HomeCourse:
    """One home from three hours before its outage to three after it. [n_step]

    grid_kw, car_kw, lost_kw  served by the grid, by its own car, not served
    soc                       of each of its cars, by number; at the interval's end
    lit                       spells alight and dark: kind, start, end, why; local
    """

    time: Times
    grid_kw: Floats
    car_kw: Floats
    lost_kw: Floats
    soc: Mapping[int, Floats]
    lit: Sequence[tuple[str, np.datetime64, np.datetime64, str]]


def home_course(case: Case, row: Mapping[str, Any]) -> HomeCourse | None:
    """None where the customers' intervals are not kept.

    row  of ``outages``
    """
    if not case.run.has("customer_steps"):
        return None
    end = row["until"] or _end(case)
    part = rows_between(case, row["start"] - AROUND, end + AROUND)
    index = int(row["customer"])
    demand, served, car = (
        _column(case, "customer_steps", name, index, part)
        for name in ("demand_kw", "served_kw", "island_kw")
    )
    cars = np.flatnonzero((case.evs["customer"] == index).fill_null(False).to_numpy())
    known = case.run.has("ev_steps")
    return HomeCourse(
        local_times(case, case.steps["time"][slice(*part)]),
        np.clip(served - car, 0.0, None),
        car,
        np.clip(demand - served, 0.0, None),
        {
            ev: _column(case, "ev_steps", "soc", ev, part)
            for ev in (cars.tolist() if known else ())
        },
        _spells(case, row, end),
    )


def unserved(case: Case, first: int, last: int) -> tuple[Times, Floats, Floats | None]:
    """Local time, what was not served, and what cars served of homes without supply.

    The last is none where it is not kept, or of too many intervals to be read here.
    """
    steps = case.steps[first:last]
    lost = steps["unserved_kw"].fill_null(0.0).to_numpy()
    time = local_times(case, steps["time"])
    if not case.run.has("customer_steps") or last - first > MOST_ROWS:
        return time, lost, None
    frame = (
        case.run.scan("customer_steps").select("island_kw").slice(first, last - first)
    )
    own = np.nan_to_num(frame.collect()["island_kw"].to_numpy().astype(np.float64))
    return time, lost, own.sum(axis=1)


def span_of(case: Case, rows: pl.DataFrame) -> tuple[int, int]:
    """The intervals from three hours before an outage to three after it."""
    start, end = rows["start"].min(), rows["until"].max()
    last = _end(case)
    if rows["until"].null_count() or not isinstance(end, datetime):
        end = last
    if not isinstance(start, datetime):
        return 0, case.steps.height
    return rows_between(case, start - AROUND, end + AROUND)


def _end(case: Case) -> datetime:
    last = case.steps["time"].max()
    assert isinstance(last, datetime)
    return last + timedelta(hours=case.step_h)


def _column(
    case: Case, table: str, name: str, index: int, part: tuple[int, int]
) -> Floats:
    scan = case.run.scan(table).slice(part[0], part[1] - part[0])
    picked = scan.select(pl.col(name).arr.get(index)).collect()[name]
    found: Floats = picked.cast(pl.Float64).to_numpy()
    return found


def _spells(
    case: Case, row: Mapping[str, Any], end: datetime
) -> list[tuple[str, np.datetime64, np.datetime64, str]]:
    mine = spells(case).filter(
        (pl.col("customer") == int(row["customer"]))
        & (pl.col("time") >= row["start"])
        & (pl.col("time") < end)
    )
    ended = mine.with_columns(pl.col("until").fill_null(end)).sort("time")
    begins, ends = (local_times(case, ended[name]) for name in ("time", "until"))
    return [
        (kind, begins[n], ends[n], why)
        for n, (kind, why) in enumerate(ended.select("kind", "why").iter_rows())
    ]
