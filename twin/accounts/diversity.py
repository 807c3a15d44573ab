"""How far the peaks of many fall apart in time: diversity, coincidence, load factor."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass

import numpy as np

from twin.arrays import Floats


@dataclass(frozen=True, eq=False)
class Diversity:
    """Peaks of each alone, and the course of all together, means of intervals.

    peak_kw      highest power of each                                             [n]
    together_kw  power of all                                                 [n_step]
    """

    peak_kw: Floats
    together_kw: Floats

    @property
    def sum_of_peaks_kw(self) -> float:
        """What they would draw if all had their peaks at once."""
        return float(self.peak_kw.sum())

    @property
    def coincident_peak_kw(self) -> float:
        """The highest that they drew together."""
        return float(self.together_kw.max(initial=0.0))

    @property
    def factor(self) -> float | None:
        """Diversity factor, sum of peaks / coincident peak >= 1; None without power."""
        peak = self.coincident_peak_kw
        return self.sum_of_peaks_kw / peak if peak > 0 else None

    @property
    def coincidence(self) -> float | None:
        """Coincidence factor, its reciprocal, 0 to 1; None without power."""
        peak = self.coincident_peak_kw
        return peak / self.sum_of_peaks_kw if peak > 0 else None

    @property
    def load_factor(self) -> float | None:
        """Mean over peak of all together; None without power."""
        peak = self.coincident_peak_kw
        return float(self.together_kw.mean()) / peak if peak > 0 else None


def diversity(courses: Iterable[Floats], n: int) -> Diversity:
    """Of stretches of time, one after another.

    courses  power >= 0 of each, mean over each interval                   [n_step, n]
    """
    peak_kw, together_kw = np.zeros(n), [np.zeros(0)]
    for kw in courses:
        peak_kw = np.maximum(peak_kw, kw.max(axis=0, initial=0.0))
        together_kw.append(kw.sum(axis=1, dtype=np.float64))
    return Diversity(peak_kw, np.concatenate(together_kw))
