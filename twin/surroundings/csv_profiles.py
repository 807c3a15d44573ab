"""A user's own load series, read from a CSV file and checked before anything runs.

Three forms, told apart by the header; all values are mean kW of the interval that
starts at ``time``, consumption only (no PV), used as they are::

    time,home_1,home_2,...        one column per customer
    time,customer,kw              one row per customer and interval
    day_type,time,home_1,...      typical days: workday, saturday, sunday; or all

``time`` is ISO (2026-01-12T00:15) on the run's local wall clock, or with an offset
(...+01:00, ...Z). In typical days it is HH:MM. A series must cover every day of the run
without a gap; it is never repeated. Its interval and the run's step must divide one
another: finer values are averaged, coarser ones held. Where the clocks go back, the
repeated hour is given twice. Columns are matched to customers by name, or, where no
name matches, by order.
"""

from __future__ import annotations

from datetime import datetime, timedelta
from pathlib import Path
from zoneinfo import ZoneInfo

import numpy as np
import polars as pl

from twin.arrays import Bools, Floats, Ints
from twin.errors import nearest
from twin.surroundings.bdew import DayType, day_type
from twin.surroundings.csv_cells import numbers, read_cells, widen, wrong
from twin.surroundings.csv_times import (
    check_cover,
    instants_of,
    offset_s,
    on_steps,
    regular_step_s,
    typical_days,
)
from twin.surroundings.homes import Homes
from twin.surroundings.wallclock import interval_means, local_minutes, midnight
from twin.timeline import Timeline

SUSPICIOUS_KW = 50.0
LONG_HEADER = {"time", "customer", "kw"}
DAY_TYPES = {
    "workday": DayType.WORKDAY,
    "saturday": DayType.SATURDAY,
    "sunday": DayType.HOLIDAY,
}


def csv_profile(path: Path, homes: Homes, timeline: Timeline) -> CsvSeries | CsvDays:
    """Read a user's file in whichever of the three forms it has."""
    table = read_cells(path)
    if set(table.columns) == LONG_HEADER:
        table = widen(table, path)
    if table.columns[:2] == ["day_type", "time"]:
        return CsvDays(table, path, homes, timeline)
    if table.columns[0] != "time":
        raise wrong(
            path,
            1,
            table.columns[0],
            f"the first column is '{table.columns[0]}'; it must be 'time', followed by "
            "a column per customer, or 'time,customer,kw', or 'day_type,time,...'"
            f"{nearest(table.columns[0], ['time', 'day_type'])}",
        )
    return CsvSeries(table, path, homes, timeline)


class CsvSeries:
    """A user's series that covers the run."""

    def __init__(
        self, table: pl.DataFrame, path: Path, homes: Homes, timeline: Timeline
    ) -> None:
        """Check the series and cut out the run's days."""
        self.timeline, self.inputs = timeline, (path,)
        self.name = path.name
        names = table.columns[1:]
        columns, unused = _matched(names, homes, path)
        instants = instants_of(table["time"], path, timeline)
        step_s = regular_step_s(instants, path, timeline)
        kw = numbers(table.select(names), path)[:, columns]
        first = offset_s(instants[0], timeline)
        check_cover(first, step_s, len(kw), path, timeline)
        self._columns = columns
        self._step_kw = on_steps(kw, first, step_s, timeline)
        self._mean_days = typical_days(kw, first, step_s, timeline)
        self.notes = (
            f"{path.name}: the user's series, used as it is (annual_kwh does "
            "not apply)",
            f"{path.name}: before a day is measured, the outlook is the mean of the "
            "file's days before the run, or of all its days where there are none",
            *_remarks(kw, unused, path),
        )

    def day_kw(self, day: int) -> Floats:
        """Mean kW of each interval and home of a local day [steps, n].

        The day after the run, which outlooks may ask for, comes from the file where it
        reaches so far, else it is the mean day.
        """
        first = self._first_step(day)
        steps = len(local_minutes(self.timeline, day))
        if first < 0 or first + steps > len(self._step_kw):
            return self.mean_kw(day)
        today: Floats = self._step_kw[first : first + steps].astype(np.float64)
        return today

    def mean_kw(self, day: int) -> Floats:
        """Mean day of the date's type in the file [steps, n]."""
        weekend = self.timeline.date_of(day).weekday() >= 5
        rows = local_minutes(self.timeline, day) // self.timeline.step_min
        mean: Floats = self._mean_days[int(weekend)][rows]
        return mean

    def histories(self, day: int) -> tuple[Ints, Ints]:
        """Which column of the file each home follows, in one form [n]."""
        return self._columns, np.zeros_like(self._columns)

    def _first_step(self, day: int) -> int:
        run = self.timeline
        start = midnight(run.date_of(day), ZoneInfo(run.timezone))
        return round((start - run.utc(0)).total_seconds()) // run.step_s


class CsvDays:
    """A user's typical days, the same for every date of their type."""

    def __init__(
        self, table: pl.DataFrame, path: Path, homes: Homes, timeline: Timeline
    ) -> None:
        """Check the typical days."""
        self.timeline, self.inputs = timeline, (path,)
        self.name = path.name
        names = table.columns[2:]
        columns, unused = _matched(names, homes, path)
        kw = numbers(table.select(names), path)[:, columns]
        self._columns = columns
        self._days = _days_by_type(table, kw, path)
        self.notes = (
            f"{path.name}: the user's typical days, used as they are (annual_kwh does "
            "not apply); every date of a type is the same",
            *_remarks(kw, unused, path),
        )

    def day_kw(self, day: int) -> Floats:
        """Mean kW of each interval and home of a local day [steps, n]."""
        by_minute = self._days[day_type(self.timeline.date_of(day))]
        return interval_means(by_minute, self.timeline, day)

    def mean_kw(self, day: int) -> Floats:
        """The typical day itself [steps, n]."""
        return self.day_kw(day)

    def histories(self, day: int) -> tuple[Ints, Ints]:
        """Which column of the file each home follows, in one form [n]."""
        return self._columns, np.zeros_like(self._columns)


def _matched(names: list[str], homes: Homes, path: Path) -> tuple[Ints, list[str]]:
    """Column of each home, and the columns that belong to none."""
    place = {name: i for i, name in enumerate(names)}
    missing = [name for name in homes.names if name not in place]
    if homes.names and len(missing) < homes.n:
        if missing:
            raise wrong(
                path,
                1,
                missing[0],
                f"no column for {len(missing)} of {homes.n} customers, the first is "
                f"'{missing[0]}'{nearest(missing[0], names)}",
            )
        unused = [name for name in names if name not in set(homes.names)]
        return np.array([place[name] for name in homes.names], np.int64), unused
    if len(names) < homes.n:
        raise wrong(
            path,
            1,
            "",
            f"{len(names)} load columns for {homes.n} customers; one each is needed, "
            "named as the customers or in their order",
        )
    return np.arange(homes.n), names[homes.n :]


def _days_by_type(table: pl.DataFrame, kw: Floats, path: Path) -> dict[DayType, Floats]:
    """Each day type's load by the minute [1440, n]."""
    kinds = table["day_type"].to_list()
    allowed = [*DAY_TYPES, "all"]
    for row, kind in enumerate(kinds):
        if kind not in allowed:
            raise wrong(
                path,
                row + 2,
                "day_type",
                f"'{kind}'; allowed: {', '.join(allowed)}{nearest(str(kind), allowed)}",
            )
    present = list(dict.fromkeys(kinds))
    if present != ["all"] and set(present) != set(DAY_TYPES):
        raise wrong(
            path,
            1,
            "day_type",
            f"has {', '.join(present)}; needed: {', '.join(DAY_TYPES)}, or all alone",
        )
    given = {
        kind: _one_day(table, kw, np.array([k == kind for k in kinds]), path)
        for kind in present
    }
    return {
        value: given["all"] if "all" in given else given[name]
        for name, value in DAY_TYPES.items()
    }


def _one_day(table: pl.DataFrame, kw: Floats, rows: Bools, path: Path) -> Floats:
    count = int(rows.sum())
    lines = np.flatnonzero(rows) + 2
    if 1440 % count:
        raise wrong(
            path, int(lines[0]), "time", f"{count} rows do not divide a day evenly"
        )
    each = 1440 // count
    start = datetime(2000, 1, 1)
    for i, row in enumerate(np.flatnonzero(rows)):
        due = (start + timedelta(minutes=i * each)).strftime("%H:%M")
        if table["time"][int(row)] != due:
            raise wrong(
                path,
                int(row) + 2,
                "time",
                f"'{table['time'][int(row)]}' where {due} is due ({count} rows a day)",
            )
    by_minute: Floats = np.repeat(kw[rows], each, axis=0)
    return by_minute


def _remarks(kw: Floats, unused: list[str], path: Path) -> tuple[str, ...]:
    remarks = []
    if unused:
        shown = ", ".join(unused[:5])
        remarks.append(f"{path.name}: {len(unused)} columns match no customer: {shown}")
    if kw.size and kw.mean(axis=0).max() > SUSPICIOUS_KW:
        remarks.append(
            f"{path.name}: a customer draws {kw.mean(axis=0).max():.0f} kW on average: "
            "is the file in W?"
        )
    return tuple(remarks)
