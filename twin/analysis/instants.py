"""When an element was at its extreme: by intervals, else by what a day has kept."""

from __future__ import annotations

from typing import NamedTuple

import numpy as np
from numpy.typing import NDArray

from twin.analysis.case import Case
from twin.analysis.digest import chunks
from twin.arrays import Floats, Ints

Times = NDArray[np.datetime64]
US_PER_H = 3_600_000_000


class Extreme(NamedTuple):
    """A figure's extreme: its column by interval, and by day with the hour of it."""

    table: str
    column: str
    daily: str
    of_day: str
    hour_of_day: str
    sign: float


LOADING = Extreme(
    "flows", "loading", "branches_daily", "loading_max", "loading_max_at_h", 1.0
)
REVERSE = Extreme("flows", "p_kw", "branches_daily", "p_min_kw", "p_min_at_h", -1.0)
LOWEST = Extreme("voltages", "v_pu", "nodes_daily", "v_min_pu", "v_min_at_h", -1.0)
HIGHEST = Extreme("voltages", "v_pu", "nodes_daily", "v_max_pu", "v_max_at_h", 1.0)


def instants(case: Case, extreme: Extreme, row: Ints) -> Times:
    """Start of the interval in which each element was farthest, UTC [n]; NaT: unknown.

    ``row`` [n] are places in ``branches`` or ``nodes``; of equals the first counts.
    """
    best = np.full(len(row), -np.inf)
    when = np.full(len(row), np.datetime64("NaT"), dtype="datetime64[us]")
    if not len(row):
        return when
    if case.run.has(extreme.table):
        for time, (values,) in chunks(case.run, extreme.table, extreme.column):
            best, when = _farther(best, when, extreme.sign * values[:, row], time)
        return when
    if not case.run.has(extreme.daily):
        return when
    days = case.run.static(extreme.daily)
    if extreme.hour_of_day not in days.columns:
        return when
    values, hours = (
        days[name].to_numpy()[:, row].astype(np.float64)
        for name in (extreme.of_day, extreme.hour_of_day)
    )
    since = np.nan_to_num(hours * US_PER_H).astype("timedelta64[us]")
    begin = days["time"].to_numpy().astype("datetime64[us]")
    return _farther(best, when, extreme.sign * values, begin[:, None] + since)[1]


def _farther(
    best: Floats, when: Times, values: Floats, time: Times
) -> tuple[Floats, Times]:
    """What is farther so far, and when; ``time`` of each row, or of each value."""
    known = np.nan_to_num(values, nan=-np.inf)
    first, each = known.argmax(axis=0), np.arange(known.shape[1])
    most = known[first, each]
    own = time[first] if time.ndim == 1 else time[first, each]
    found = np.where(most > best, own.astype("datetime64[us]"), when)
    return np.maximum(best, most), found
