"""Many feeders summed: their peak together, and how many histories stand behind it."""

from __future__ import annotations

import math
from collections.abc import Iterable
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


@dataclass(frozen=True)
class Spread:
    """How much something differs from one to the next: count, sum, sum of squares."""

    n: int = 0
    total: float = 0.0
    squares: float = 0.0

    @classmethod
    def of(cls, values: Floats) -> Spread:
        """Of values. [n]"""
        return cls(len(values), float(values.sum()), float(np.square(values).sum()))

    def __add__(self, other: Spread) -> Spread:
        return Spread(
            self.n + other.n, self.total + other.total, self.squares + other.squares
        )

    @property
    def cv(self) -> float | None:
        """Coefficient of variation: standard deviation over mean; None without."""
        if self.n < 2 or self.total <= 0.0:
            return None
        mean = self.total / self.n
        variance = max(0.0, self.squares - self.n * mean**2) / (self.n - 1)
        return math.sqrt(variance) / mean


def kish(draws: Iterable[int]) -> float:
    """How many equally often drawn records would be as good: (sum n)^2 / sum n^2.

    Source: Kish, Survey Sampling (1965), 8.2.
    """
    counts = list(draws)
    squares = sum(count * count for count in counts)
    return sum(counts) ** 2 / squares if squares else 0.0


def standard_error(cv: float | None, distinct: float) -> float | None:
    """Of a mean over draws from so many records, as a share of it: cv / sqrt(k).

    More draws of the same records do not make it smaller.
    """
    return None if cv is None or distinct <= 0.0 else cv / math.sqrt(distinct)


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
