"""Many feeders summed: their peak together, and how many histories stand behind it."""

from __future__ import annotations

import math
from collections.abc import Iterable, Sequence
from dataclasses import dataclass

import numpy as np

from twin.arrays import Floats, Ints

SERIES = (
    "grid_kw",
    "homes_kw",
    "pv_kw",
    "generation_kw",
    "losses_kw",
    "ev_charge_kw",
    "ev_discharge_kw",
    "ev_plugged",
    "ev_could_draw_kw",
    "ev_could_shed_kw",
    "ev_could_give_kw",
)
HOURS = 24


@dataclass
class Together:
    """Feeders put together one by one, always in the same order: the same bytes.

    kw             sums of SERIES at every instant; NaN where one is not known
                                                                [n_series, n_step]
    n_feeder       how many
    sum_of_peaks_kw  of the feeders' own highest grid_kw, whenever they were
    """

    kw: Floats
    n_feeder: int = 0
    sum_of_peaks_kw: float = 0.0

    @classmethod
    def empty(cls, n_step: int) -> Together:
        """None yet."""
        return cls(np.zeros((len(SERIES), n_step)))

    def add(self, kw: Floats) -> None:
        """One feeder more. [n_series, n_step]"""
        self.kw = self.kw + kw
        self.n_feeder += 1
        self.sum_of_peaks_kw += highest(kw[0])[0]

    def join(self, other: Together) -> None:
        """All of another's feeders."""
        self.kw = self.kw + other.kw
        self.n_feeder += other.n_feeder
        self.sum_of_peaks_kw += other.sum_of_peaks_kw

    def of(self, name: str) -> Floats:
        """One of SERIES. [n_step]"""
        course: Floats = self.kw[SERIES.index(name)]
        return course

    @property
    def peak_kw(self) -> float:
        """The highest power of all at one instant; NaN if never known."""
        return highest(self.of("grid_kw"))[0]

    @property
    def peak_step(self) -> int:
        """The interval of that; -1 if never known."""
        return highest(self.of("grid_kw"))[1]

    @property
    def diversity(self) -> float | None:
        """Diversity factor between feeders, >= 1: sum of own peaks over the common one.

        None where power never flows to them.
        """
        return self.sum_of_peaks_kw / self.peak_kw if self.peak_kw > 0.0 else None


@dataclass
class Tally:
    """Draws from one record, or from none: count, sum and sum of squares."""

    n: int = 0
    total: float = 0.0
    squares: float = 0.0

    def add(self, n: int, total: float, squares: float) -> None:
        """More draws."""
        self.n += n
        self.total += total
        self.squares += squares


def kish(draws: Iterable[int]) -> float:
    """How many equally often drawn records would be as good: (sum n)^2 / sum n^2.

    Source: Kish, Survey Sampling (1965), 8.2.
    """
    counts = list(draws)
    squares = sum(count * count for count in counts)
    return sum(counts) ** 2 / squares if squares else 0.0


@dataclass(frozen=True)
class Precision:
    """How sure the mean of draws is, where records are used again and again.

    mean             of all draws, km or kWh a day
    cv               standard deviation from draw to draw over the mean
    standard_error   of the mean over it, records being a sample of all there could be
    if_all_differ    the same if every draw had a record of its own
    """

    mean: float
    cv: float
    standard_error: float
    if_all_differ: float


def precision(records: Sequence[Tally]) -> Precision | None:
    """Of draws grouped by their records; None with fewer than two records or draws.

    With n_r draws of record r of sum T_r, N and T those of all, R records, Q the sum of
    all squares, by one-way analysis of variance::

        within  = (Q - sum T_r^2 / n_r) / (N - R)
        between = ((sum T_r^2 / n_r - T^2 / N) / (R - 1) - within) / n0,  >= 0
        n0      = (N - sum n_r^2 / N) / (R - 1)
        se^2    = between / K + within / N,     K = N^2 / sum n_r^2  (Kish)

    What differs between draws of one record averages out over N, what differs between
    records only over K.

    Source: Searle, Casella, McCulloch, Variance Components (1992), 3.6.
    """
    used = [one for one in records if one.n]
    n, total = sum(one.n for one in used), sum(one.total for one in used)
    if len(used) < 2 or n < 2 or total <= 0.0:
        return None
    mean = total / n
    squares = sum(one.squares for one in used)
    groups = sum(one.total**2 / one.n for one in used)
    same = sum(one.n**2 for one in used)
    within = max(0.0, squares - groups) / (n - len(used)) if n > len(used) else 0.0
    of_groups = (groups - total**2 / n) / (len(used) - 1)
    n0 = (n - same / n) / (len(used) - 1)
    between = max(0.0, (of_groups - within) / n0)
    error = math.sqrt(between * same / n**2 + within / n)
    each = math.sqrt(max(0.0, squares - total**2 / n) / (n - 1))
    return Precision(mean, each / mean, error / mean, each / math.sqrt(n) / mean)


def by_hour(hour: Ints, course: Floats) -> Floats:
    """Mean of a course over each hour of the day; NaN for one that is not there. [24]

    hour  local hour of each interval [n_step]
    """
    n = np.bincount(hour, minlength=HOURS).astype(np.float64)
    total = np.bincount(hour, course, HOURS)
    mean: Floats = np.divide(total, n, out=np.full(HOURS, np.nan), where=n > 0)
    return mean


def least_by_hour(hour: Ints, course: Floats) -> Floats:
    """Lowest of a course within each hour of the day; NaN for one not there. [24]"""
    low = np.full(HOURS, np.inf)
    np.minimum.at(low, hour, course)
    known: Floats = np.where(np.isfinite(low), low, np.nan)
    return known


def highest(course: Floats) -> tuple[float, int]:
    """The highest known value and its place; NaN and -1 if nothing is known."""
    if np.isnan(course).all():
        return math.nan, -1
    at = int(np.nanargmax(course))
    return float(course[at]), at
