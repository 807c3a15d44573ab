"""A mean over seeds with its 95 % interval."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
from scipy.special import stdtrit

LEVEL = 0.95


@dataclass(frozen=True)
class Interval:
    """Mean of n values, and between what it lies with 95 % confidence; None: unknown.

    One value has no interval.
    """

    n: int
    mean: float | None = None
    low: float | None = None
    high: float | None = None

    @property
    def is_clear(self) -> bool:
        """Whether the interval leaves zero out."""
        if self.low is None or self.high is None:
            return False
        return self.low > 0 or self.high < 0


def t_interval(values: Sequence[float]) -> Interval:
    """Of independent values, such as paired differences by seed.

    mean ± t(0.975, n - 1) s / sqrt(n), s the sample's standard deviation.
    Source: NIST/SEMATECH e-Handbook of Statistical Methods (2012), 1.3.5.2.
    """
    known = np.asarray(values, dtype=np.float64)
    known = known[np.isfinite(known)]
    n = len(known)
    if not n:
        return Interval(0)
    mean = float(known.mean())
    if n == 1:
        return Interval(1, mean)
    t = float(stdtrit(n - 1, (1 + LEVEL) / 2))
    half = t * float(known.std(ddof=1)) / n**0.5
    return Interval(n, mean, mean - half, mean + half)
