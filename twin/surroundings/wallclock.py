"""Which wall-clock minute each interval of a local day starts at."""

from __future__ import annotations

from datetime import UTC, date, datetime, time, timedelta
from zoneinfo import ZoneInfo

import numpy as np

from twin.arrays import Floats, Ints
from twin.timeline import Timeline


def local_minutes(timeline: Timeline, day: int) -> Ints:
    """Wall-clock minute at which each interval of a local day starts [steps].

    Any day may be asked for, also before and after the run. Days on which the clocks
    change have 23 or 25 hours: the skipped minutes miss, the repeated ones come twice.
    """
    zone = ZoneInfo(timeline.timezone)
    start = midnight(timeline.date_of(day), zone)
    length = midnight(timeline.date_of(day + 1), zone) - start
    steps = round(length.total_seconds()) // timeline.step_s
    if length == timedelta(days=1):
        return np.arange(steps) * timeline.step_min
    instants = (start + timedelta(seconds=k * timeline.step_s) for k in range(steps))
    local = [instant.astimezone(zone) for instant in instants]
    return np.array([60 * t.hour + t.minute for t in local])


def standard_hours(timeline: Timeline, day: int) -> tuple[Ints, Floats]:
    """Day of year (0..) and hour in standard time at the middle of each interval.

    Standard time is the zone's clock without daylight saving, as weather years use it.
    """
    zone = ZoneInfo(timeline.timezone)
    start = midnight(timeline.date_of(day), zone)
    local = start.astimezone(zone)
    offset = (local.utcoffset() or timedelta()) - (local.dst() or timedelta())
    first = (start + offset).replace(tzinfo=None)
    year_start = datetime(first.year, 1, 1)
    steps = len(local_minutes(timeline, day))
    middles_s = (np.arange(steps) + 0.5) * timeline.step_s
    hours = ((first - year_start).total_seconds() + middles_s) / 3600
    return (hours // 24).astype(np.int64), hours % 24


def interval_means(by_minute: Floats, timeline: Timeline, day: int) -> Floats:
    """Means over a local day's intervals of a series by wall-clock minute.

    ``by_minute`` is [1440, ...], the result [steps, ...].
    """
    rows = local_minutes(timeline, day) // timeline.step_min
    means: Floats = to_steps(by_minute, timeline.step_min)[rows]
    return means


def to_steps(by_minute: Floats, step_min: int) -> Floats:
    """Interval means of a 24-hour day given by the minute [1440, ...]."""
    steps = 1440 // step_min
    means: Floats = by_minute.reshape(steps, step_min, *by_minute.shape[1:]).mean(
        axis=1
    )
    return means


def midnight(day: date, zone: ZoneInfo) -> datetime:
    """The instant in UTC at which a local day begins."""
    return datetime.combine(day, time(), tzinfo=zone).astimezone(UTC)
