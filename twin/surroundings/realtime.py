"""A user's own prices by the hour or finer, from a CSV file.

Columns ``time,price_usd_per_kwh`` and, if wished, ``export_price_usd_per_kwh``;
``time`` is the start of an interval, ISO, on the run's local wall clock or with an
offset (...Z, ...-08:00). The series has one interval throughout and covers the run.
Finer values than the run's step are averaged, coarser ones held. Beyond the file's end
its last 24 hours are repeated, for policies that look ahead.
"""

from __future__ import annotations

from pathlib import Path
from zoneinfo import ZoneInfo

import numpy as np
import polars as pl

from twin.arrays import Floats
from twin.errors import InputError, Problem, nearest
from twin.surroundings.csv_cells import wrong
from twin.surroundings.csv_rows import refuse_other_separator
from twin.surroundings.csv_times import instants_of, offset_s, regular_step_s
from twin.surroundings.wallclock import local_minutes, midnight
from twin.timeline import Timeline

PRICE, EXPORT = "price_usd_per_kwh", "export_price_usd_per_kwh"
KEY = "tariff.file"
SHOWN = 20


class Realtime:
    """Prices of a user's file on a run's calendar."""

    def __init__(
        self, path: Path, timeline: Timeline, export_usd_per_kwh: float | None = None
    ) -> None:
        """Read and check the file; an export price said apart replaces its own."""
        self.timeline, self.inputs = timeline, (path,)
        table = _read(path)
        instants = instants_of(table["time"], path, timeline)
        step_s = regular_step_s(instants, path, timeline)
        first_s = offset_s(instants[0], timeline)
        price = _numbers(table[PRICE], path)
        _check_cover(first_s, step_s, len(price), path, timeline)
        self._price = _on_steps(price, first_s, step_s, timeline)
        self._export, told = self._exports(
            table, path, (first_s, step_s), export_usd_per_kwh
        )
        self.notes = (
            f"tariff realtime: prices of {path.name}, taken as published a day ahead",
            f"tariff realtime: beyond the end of {path.name} its last 24 hours are "
            "repeated",
            f"tariff: energy given back earns {told}",
        )

    def _exports(
        self,
        table: pl.DataFrame,
        path: Path,
        grid: tuple[int, int],
        said: float | None,
    ) -> tuple[Floats, str]:
        if said is None and EXPORT in table.columns:
            own = _numbers(table[EXPORT], path)
            return _on_steps(own, *grid, self.timeline), f"what {path.name} says"
        words = "what the scenario says" if said else "nothing"
        return np.full(len(self._price), said or 0.0), words

    def price_usd_per_kwh(self, day: int) -> Floats:
        """Price of energy drawn in each interval of a local day [steps]."""
        return self._of_day(self._price, day)

    def export_price_usd_per_kwh(self, day: int) -> Floats:
        """Price paid for energy given back in each interval of a local day [steps]."""
        return self._of_day(self._export, day)

    def cheapest_window(self, day: int) -> tuple[int, int]:
        """Prices change every hour: a timer needs hours of its own."""
        raise InputError.of(
            "needed with tariff realtime: no hours are the cheapest every day",
            key="policy.window",
        )

    def _of_day(self, series: Floats, day: int) -> Floats:
        run = self.timeline
        start = midnight(run.date_of(day), ZoneInfo(run.timezone))
        first = round((start - run.utc(0)).total_seconds()) // run.step_s
        rows = first + np.arange(len(local_minutes(run, day)))
        daily, n = 24 * 60 // run.step_min, len(series)
        beyond = np.maximum(rows - n, 0) // daily + (rows >= n)
        values: Floats = series[np.clip(rows - beyond * daily, 0, n - 1)]
        return values


def _read(path: Path) -> pl.DataFrame:
    refuse_other_separator(path, KEY)
    try:
        table = pl.read_csv(path, infer_schema=False)
    except (pl.exceptions.PolarsError, UnicodeDecodeError, OSError) as error:
        reason = str(error).splitlines()[0]
        raise InputError.of(
            f"not a readable CSV table: {reason}", KEY, str(path)
        ) from None
    table = table.rename({name: name.strip() for name in table.columns})
    for name in table.columns:
        if name not in ("time", PRICE, EXPORT):
            hint = nearest(name, ("time", PRICE, EXPORT))
            raise wrong(path, 1, name, f"allowed: time, {PRICE}, {EXPORT}{hint}")
    for name in ("time", PRICE):
        if name not in table.columns:
            raise wrong(path, 1, name, f"no such column; needed: time, {PRICE}")
    return table.with_columns(pl.all().str.strip_chars())


def _numbers(cells: pl.Series, path: Path) -> Floats:
    """Finite prices; every bad cell is named by its line."""
    values = cells.cast(pl.Float64, strict=False)
    bad = (values.is_null() | ~values.is_finite()).fill_null(True).to_numpy()
    problems = [
        Problem(
            f"{path}:{row + 2}",
            cells.name,
            f"'{cells[row] or ''}' is not a finite number of USD per kWh",
        )
        for row in np.flatnonzero(bad)[:SHOWN].tolist()
    ]
    if problems:
        raise InputError(problems)
    return values.to_numpy().astype(np.float64)


def _check_cover(
    first_s: int, step_s: int, rows: int, path: Path, timeline: Timeline
) -> None:
    end_s, run_s = first_s + rows * step_s, timeline.n_steps * timeline.step_s
    if first_s > 0 or end_s < run_s:
        have = (timeline.utc(first_s), timeline.utc(end_s))
        need = (timeline.utc(0), timeline.utc(run_s))
        spans = [f"{a:%Y-%m-%dT%H:%MZ} to {b:%Y-%m-%dT%H:%MZ}" for a, b in (have, need)]
        raise wrong(path, 2, "time", f"covers {spans[0]}, the run needs {spans[1]}")
    if first_s % min(step_s, timeline.step_s):
        raise wrong(
            path, 2, "time", "intervals start beside the run's: begin at a full step"
        )


def _on_steps(values: Floats, first_s: int, step_s: int, timeline: Timeline) -> Floats:
    """Means over the run's steps, to the file's end [steps]."""
    n = (first_s + len(values) * step_s) // timeline.step_s
    rows = (np.arange(n) * timeline.step_s - first_s) // step_s
    each = max(timeline.step_s // step_s, 1)
    means: Floats = np.mean([values[rows + j] for j in range(each)], axis=0)
    return means
