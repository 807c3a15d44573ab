"""The times of a user's load series, laid on the run's calendar."""

from __future__ import annotations

from datetime import UTC, datetime
from pathlib import Path
from zoneinfo import ZoneInfo

import numpy as np
import polars as pl

from twin.arrays import Floats, Ints
from twin.surroundings.csv_cells import wrong
from twin.timeline import Timeline


def instants_of(column: pl.Series, path: Path, timeline: Timeline) -> Ints:
    """Each row's time as whole seconds of UTC [rows]."""
    zone, seen = ZoneInfo(timeline.timezone), set[str]()
    seconds = np.empty(len(column), dtype=np.int64)
    for row, text in enumerate(column.to_list()):
        instant = _instant(text or "", zone, again=text in seen)
        if instant is None:
            raise wrong(
                path,
                row + 2,
                "time",
                f"'{text}' is no local time in {timeline.timezone}; allowed: "
                "2026-01-12T00:15, or with an offset, 2026-01-12T00:15+01:00 (the hour "
                "that the clocks skip does not exist)",
            )
        seen.add(text)
        seconds[row] = round(instant.timestamp())
    return seconds


def _instant(text: str, zone: ZoneInfo, again: bool) -> datetime | None:
    """The instant that a text means; a local time that comes again is the later one."""
    try:
        time = datetime.fromisoformat(text)
    except ValueError:
        return None
    if time.tzinfo is not None:
        return time
    local = time.replace(tzinfo=zone, fold=int(again))
    exists = local.astimezone(UTC).astimezone(zone).replace(tzinfo=None) == time
    return local if exists else None


def regular_step_s(instants: Ints, path: Path, timeline: Timeline) -> int:
    """The constant interval, a divisor or a multiple of the run's step."""
    if len(instants) < 2:
        raise wrong(path, 2, "time", "one row only; a series needs its interval")
    apart = np.diff(instants)
    step_s = int(apart[0])
    if step_s <= 0 or (apart != step_s).any():
        row = int(np.argmax((apart != step_s) | (apart <= 0)))
        raise wrong(
            path,
            row + 3,
            "time",
            f"{int(apart[row]) // 60} min after the row before, but the series began "
            f"with {step_s // 60} min; gaps, repeats and changes of interval are not "
            "allowed",
        )
    if timeline.step_s % step_s and step_s % timeline.step_s:
        raise wrong(
            path,
            2,
            "time",
            f"an interval of {step_s // 60} min neither divides the run's step of "
            f"{timeline.step_min} min nor is divided by it",
        )
    return step_s


def offset_s(instant: int, timeline: Timeline) -> int:
    return int(instant - timeline.utc(0).timestamp())


def check_cover(
    first_s: int, step_s: int, rows: int, path: Path, timeline: Timeline
) -> None:
    end_s = first_s + rows * step_s
    run_end_s = timeline.n_steps * timeline.step_s
    if first_s > 0 or end_s < run_end_s:
        have = (timeline.utc(first_s), timeline.utc(end_s))
        need = (timeline.utc(0), timeline.utc(run_end_s))
        days = timeline.lead_in_days
        led = f", {days} of time.lead_in_days before it included" if days else ""
        raise wrong(
            path,
            2,
            "time",
            f"covers {_span(*have)}, the run needs {_span(*need)}{led}; a shorter "
            "series is not repeated (typical days can be given by day_type)",
        )
    if first_s % min(step_s, timeline.step_s):
        raise wrong(
            path, 2, "time", "intervals start beside the run's: begin at a full step"
        )


def _span(start: datetime, end: datetime) -> str:
    return f"{start:%Y-%m-%dT%H:%MZ} to {end:%Y-%m-%dT%H:%MZ}"


def on_steps(
    kw: Floats, first_s: int, step_s: int, timeline: Timeline
) -> np.ndarray[tuple[int, ...], np.dtype[np.float32]]:
    """Means over the run's intervals and a day more if given [steps, n], 32 bits."""
    given = (first_s + len(kw) * step_s) // timeline.step_s
    n_steps = min(given, timeline.n_steps + 25 * 60 // timeline.step_min)
    starts = np.arange(n_steps) * timeline.step_s - first_s
    each = max(timeline.step_s // step_s, 1)
    rows = starts // step_s
    total = sum(kw[rows + j] for j in range(each))
    return np.asarray(total / each, dtype=np.float32)


def typical_days(
    kw: Floats, first_s: int, step_s: int, timeline: Timeline
) -> tuple[Floats, Floats]:
    """Mean weekday and weekend day by the local step [steps of 24 h, n].

    Of the days before the run; of the whole file where there is no such day of a type.
    """
    utc = [timeline.utc(first_s + k * step_s) for k in range(len(kw))]
    zone = pl.Series(utc).dt.convert_time_zone(timeline.timezone)
    minute = (zone.dt.hour().cast(pl.Int64) * 60 + zone.dt.minute()).to_numpy()
    weekend = (zone.dt.weekday() >= 6).to_numpy()
    before = first_s + np.arange(len(kw)) * step_s < 0
    days = []
    for kind in (False, True):
        alike = weekend == kind
        rows = alike & before if (alike & before).any() else alike
        rows = rows if rows.any() else np.ones(len(kw), dtype=bool)
        days.append(_mean_day(kw[rows], minute[rows], step_s // 60, timeline.step_min))
    return days[0], days[1]


def _mean_day(kw: Floats, minute: Ints, own_min: int, step_min: int) -> Floats:
    """Mean by wall-clock step; steps without any value take the mean of all."""
    steps = 1440 // step_min
    total, count = np.zeros((steps, kw.shape[1])), np.zeros((steps, 1))
    for j in range(max(own_min // step_min, 1)):
        place = (minute // step_min + j) % steps
        np.add.at(total, place, kw)
        np.add.at(count, place, 1)
    mean: Floats = np.where(count > 0, total / np.maximum(count, 1), kw.mean(axis=0))
    return mean
