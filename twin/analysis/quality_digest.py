"""Reads what each day counted of customers' voltages, down to what answers need."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

import numpy as np
from numpy.typing import NDArray

from twin.analysis.digest import chunks
from twin.arrays import Floats, Ints
from twin.grid.voltage_rules import WEEK_DAYS
from twin.results.record import Run

ROUNDED = 6
HOURS = (
    "a_below_h",
    "a_above_h",
    "a_outside_h",
    "a_depth_pu_h",
    "b_below_h",
    "b_above_h",
    "b_outside_h",
    "b_depth_pu_h",
    "beyond_h",
    "rapid_changes",
    "rapid_by_cars",
)
WORST = ("worst_pu", "worst_phase", "rapid_largest_pu")
WEEKLY = ("week_outside", "week_vuf_p95")
INSTANTS = ("rapid_instants", "rapid_instants_by_cars")


@dataclass(frozen=True)
class Quality:
    """What a run's voltages were by rule. Arrays [n_customer], weeks [n_week, ...].

    *_h, *_pu_h             as in ``quality_daily``, of the whole run
    worst_pu, worst_phase   the value farthest from nominal, and its phase
    week_days               recorded local days of each week; 7 is a whole one  [n_week]
    week_outside            share of a week outside 0.9 to 1.1 pu, worst phase
    week_vuf_p95            95th percentile of a week's unbalance; NaN if not known
    rapid_*                 counts of changes, of those by cars, the largest size
    instants, instants_by_cars   with a rapid change anywhere, one by cars     [n_day]
    """

    a_below_h: Floats
    a_above_h: Floats
    a_outside_h: Floats
    a_depth_pu_h: Floats
    b_below_h: Floats
    b_above_h: Floats
    b_outside_h: Floats
    b_depth_pu_h: Floats
    beyond_h: Floats
    rapid_changes: Floats
    rapid_by_cars: Floats
    worst_pu: Floats
    worst_phase: Floats
    rapid_largest_pu: Floats
    week_days: Ints
    week_outside: Floats
    week_vuf_p95: Floats
    instants: Ints
    instants_by_cars: Ints

    @property
    def worst_week(self) -> Floats:
        """The largest share of any week outside, whole or not. [n_customer]"""
        worst: Floats = self.week_outside.max(axis=0, initial=0.0)
        return worst

    @property
    def vuf_p95(self) -> Floats:
        """The largest 95th percentile of any week; NaN if none is known."""
        worst: Floats = np.fmax.reduce(self.week_vuf_p95, axis=0, initial=np.nan)
        return worst


def quality_of(run: Run) -> Quality:
    """One pass over ``quality_daily``."""
    parts = [
        dict(zip(_COLUMNS, columns, strict=True))
        for _, columns in chunks(run, "quality_daily", *_COLUMNS)
    ]
    sums = {key: _sum(parts, key) for key in HOURS}
    weeks = _last_of_weeks(parts)
    return Quality(
        **sums,
        **_farthest(parts),
        rapid_largest_pu=_largest(parts, "rapid_largest_pu"),
        week_days=np.array([one["day"] % WEEK_DAYS + 1 for one in weeks], np.int64),
        **{key: np.stack([one[key] for one in weeks]) for key in WEEKLY},
        instants=np.concatenate([one["rapid_instants"] for one in parts]),
        instants_by_cars=np.concatenate(
            [one["rapid_instants_by_cars"] for one in parts]
        ),
    )


_COLUMNS = ("day", *HOURS, *WORST, *WEEKLY, *INSTANTS)


def _sum(parts: list[dict[str, NDArray[Any]]], key: str) -> Floats:
    whole: Floats = np.sum(
        [part[key].sum(axis=0, dtype=np.float64) for part in parts], axis=0
    )
    return whole.round(ROUNDED)


def _largest(parts: list[dict[str, NDArray[Any]]], key: str) -> Floats:
    found: Floats = np.fmax.reduce(
        [np.fmax.reduce(part[key], axis=0) for part in parts]
    ).astype(np.float64)
    return found


def _farthest(parts: list[dict[str, NDArray[Any]]]) -> dict[str, Floats]:
    """The value farthest from nominal of all days, and the phase that it was on."""
    value = np.concatenate([part["worst_pu"] for part in parts]).astype(np.float64)
    phase = np.concatenate([part["worst_phase"] for part in parts]).astype(np.float64)
    row = np.nan_to_num(np.abs(value - 1.0), nan=-1.0).argmax(axis=0)[None]
    return {
        "worst_pu": np.take_along_axis(value, row, 0)[0],
        "worst_phase": np.take_along_axis(phase, row, 0)[0],
    }


def _last_of_weeks(parts: list[dict[str, NDArray[Any]]]) -> list[dict[str, Any]]:
    """What each week came to: the row of its last day that was recorded."""
    last: dict[int, dict[str, Any]] = {}
    for part in parts:
        for row, day in enumerate(part["day"].tolist()):
            last[day // WEEK_DAYS] = {
                "day": day,
                **{
                    key: part[key][row].astype(np.float64).round(ROUNDED)
                    for key in WEEKLY
                },
            }
    return list(last.values())
