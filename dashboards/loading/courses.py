"""What went through a transformer or line, interval by interval, or day by day."""

from __future__ import annotations

from dataclasses import dataclass
from functools import cached_property
from typing import Any

import numpy as np
import polars as pl
from numpy.typing import NDArray

from dashboards.loading.loadings import Element
from dashboards.thinning import instant
from twin.analysis.case import Case
from twin.analysis.digest import chunks
from twin.analysis.kept import kept
from twin.arrays import Floats

Times = NDArray[np.datetime64]
_SMALL = np.float32


@dataclass(frozen=True)
class Through:
    """What every look at an element needs, as recorded, a column a phase.

    time   start of each interval, UTC                                       [n_row]
    p_kw, loading                                                   [n_row, n_phase]
    """

    time: Times
    p_kw: NDArray[_SMALL]
    loading: NDArray[_SMALL]


@dataclass(frozen=True, eq=False)
class Course:
    """What went through an element in every interval.

    Of several phases powers add up, and the highest loading and current count. NaN in
    steps without a solution. Reactive power and current are read when asked for.
    """

    case: Case
    element: Element
    through: Through

    @classmethod
    def of(cls, case: Case, element: Element, is_first: bool = False) -> Course | None:
        """None where the run keeps no intervals, or it is no branch.

        is_first   shown unasked: kept beside a long run, where one column costs as much
                   as all to read
        """
        if not case.run.has("flows") or not len(element.branches):
            return None

        def read() -> Through:
            time, columns = _read(case, element, "p_kw", "loading")
            return Through(time, *columns)

        if not is_first:
            return cls(case, element, read())
        asked = (element.branches,)
        found = kept(case.run, "flows", Through, asked, read, element.kind)
        return cls(case, element, found)

    @cached_property
    def time(self) -> Times:
        """Start of each interval, local."""
        series = pl.Series(self.through.time).dt.cast_time_unit("us")
        return local_times(self.case, series.dt.replace_time_zone("UTC"))

    @cached_property
    def loading(self) -> Floats:
        """Share of the rating; NaN where no rating is known."""
        if np.isnan(self.element.rating):
            return np.full(len(self.time), np.nan)
        highest: Floats = np.fmax.reduce(_exact(self.through.loading), axis=1)
        return highest

    @cached_property
    def p_kw(self) -> Floats:
        """Power; < 0 flows back to the source."""
        total: Floats = _exact(self.through.p_kw).sum(axis=1)
        return total

    @cached_property
    def s_kva(self) -> Floats:
        """Apparent power."""
        total: Floats = np.hypot(self.p_kw, self._phases("q_kvar").sum(axis=1))
        return total

    @cached_property
    def i_a(self) -> Floats:
        """Current."""
        highest: Floats = np.fmax.reduce(self._phases("i_a"), axis=1)
        return highest

    @cached_property
    def peak(self) -> int:
        """The row of the highest loading, else of the most power."""
        if np.isfinite(self.loading).any():
            return int(np.nanargmax(self.loading))
        return int(np.nanargmax(self.s_kva)) if np.isfinite(self.s_kva).any() else 0

    @cached_property
    def falling(self) -> Floats:
        """Loading at even shares of the time, highest first; unknown counts as 0."""
        known = np.nan_to_num(self.loading, nan=0.0)
        return np.quantile(known, np.linspace(1, 0, 201)).astype(np.float64)

    def row(self, asked: str | None) -> int:
        """The interval of a local instant such as ``2026-01-12T17:30``, else the peak.

        An instant outside the run becomes its first or last interval.
        """
        wanted = instant(asked)
        if wanted is None or not len(self.time):
            return self.peak
        begun = np.flatnonzero(self.time <= wanted)
        return int(begun[np.argmax(self.time[begun])]) if len(begun) else 0

    def at(self, row: int) -> str:
        """The local instant at which an interval begins: ``2026-01-12T17:30``."""
        return str(self.time[row].astype("datetime64[m]"))

    def words(self, row: int) -> str:
        """The same as people write it."""
        return self.at(row).replace("T", " ")

    def _phases(self, name: str) -> Floats:
        return _exact(_read(self.case, self.element, name)[1][0])


def days_of(case: Case, element: Element) -> pl.DataFrame | None:
    """A row a day, where a run keeps no intervals: power, loading, hours over."""
    if not case.run.has("branches_daily") or not len(element.branches):
        return None
    frame = case.run.static("branches_daily")
    rows = element.branches

    def of(name: str) -> Floats:
        return frame[name].to_numpy()[:, rows].astype(np.float64)

    return pl.DataFrame(
        {
            "time": local_times(case, frame["time"]),
            "p_min_kw": of("p_min_kw").sum(axis=1),
            "p_max_kw": of("p_max_kw").sum(axis=1),
            "loading_p95": np.fmax.reduce(of("loading_p95"), axis=1),
            "loading_max": np.fmax.reduce(of("loading_max"), axis=1),
            "over_normal_h": of("over_normal_h").max(axis=1),
        }
    )


def around(course: Course, row: int, span: str) -> tuple[int, int]:
    """First row and the one past the last of the local day, or week, around a row."""
    day = course.time.astype("datetime64[D]")
    reach = np.timedelta64(3 if span == "week" else 0, "D")
    middle = day[row]
    if span == "week" and len(day):
        first, last = day.min(), day.max()
        middle = max(min(middle, last - reach), first + reach)
    inside = np.flatnonzero((day >= middle - reach) & (day <= middle + reach))
    return int(inside[0]), int(inside[-1]) + 1


def local_times(case: Case, time: pl.Series) -> Times:
    """Instants as the feeder's clocks show them. [n_row]"""
    zoned = time.dt.convert_time_zone(case.zone.key).dt.replace_time_zone(None)
    return zoned.to_numpy().astype("datetime64[us]")


def _read(
    case: Case, element: Element, *names: str
) -> tuple[Times, list[NDArray[_SMALL]]]:
    """Its times in UTC and its columns of ``flows``, a stretch of the run at a time."""
    times: list[Times] = [np.empty(0, "datetime64[us]")]
    none = np.empty((0, len(element.branches)), _SMALL)
    parts: list[list[NDArray[Any]]] = [[none] for _ in names]
    for time, columns in chunks(case.run, "flows", *names):
        times.append(time)
        for part, column in zip(parts, columns, strict=True):
            part.append(column[:, element.branches].astype(_SMALL))
    return np.concatenate(times), [np.concatenate(part) for part in parts]


def _exact(values: NDArray[_SMALL]) -> Floats:
    return values.astype(np.float64)
