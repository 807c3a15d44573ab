"""Hosting curves of draws: shares with exact intervals, and capacity by draw."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
from scipy.stats import beta

from twin.arrays import Bools, Floats, Ints

CONFIDENCE = 0.95
QUANTILES = (0.1, 0.5, 0.9)


@dataclass(frozen=True)
class Share:
    """How many of `n` draws, as a share with its interval."""

    k: int
    n: int
    low: float
    high: float

    @property
    def share(self) -> float:
        """The share itself."""
        return self.k / self.n


@dataclass(frozen=True)
class Capacity:
    """What is hosted at quantiles over draws; `open_`: at least so much.

    A quantile is a draw's own value, never one in between.
    """

    value: tuple[float, ...]
    open_: tuple[bool, ...]


def share_of(k: int, n: int, confidence: float = CONFIDENCE) -> Share:
    """``k`` of ``n`` with the exact binomial interval.

    low: the p at which k or more of n have probability (1 - confidence) / 2; high: at
    which k or fewer have it. Both are quantiles of beta distributions.
    Source: Clopper, Pearson (1934), The use of confidence or fiducial limits
    illustrated in the case of the binomial, Biometrika 26.
    """
    tail = (1.0 - confidence) / 2.0
    low = 0.0 if k == 0 else float(beta.ppf(tail, k, n - k + 1))
    high = 1.0 if k == n else float(beta.ppf(1.0 - tail, k + 1, n - k))
    return Share(k, n, low, high)


def first_violation(violated: Bools) -> int:
    """The first point with a violation; as many as there are points if none."""
    found = np.flatnonzero(violated)
    return int(found[0]) if len(found) else len(violated)


def hosted(points: Floats, violated: Bools) -> tuple[float, bool]:
    """What a draw hosts, and whether more might do, by rising points [n_point].

    The largest point before the first violation, 0 if it is at the first point. What
    lies beyond a violation does not count, clean as it may be.
    """
    first = first_violation(violated)
    return (0.0 if first == 0 else float(points[first - 1])), first == len(points)


def recovers(violated: Bools) -> bool:
    """Whether a point without violation follows one with it."""
    return bool((~violated[first_violation(violated) :]).any())


def capacity_of(value: Floats, open_: Bools) -> Capacity:
    """Quantiles over draws [n_draw], those that never violate above all others."""
    order = np.lexsort((value, open_))
    at = [_place(q, len(value)) for q in QUANTILES]
    rows: Ints = order[at]
    return Capacity(
        tuple(float(v) for v in value[rows]), tuple(bool(o) for o in open_[rows])
    )


def _place(q: float, n: int) -> int:
    """The draw at a quantile: the first at which the share of draws reaches it."""
    return max(int(np.ceil(q * n - 1e-9)) - 1, 0)


@dataclass(frozen=True)
class Against:
    """Draws in which one variant hosts more than another, less, as much; unknown."""

    more: int
    less: int
    same: int
    unknown: int


def against(
    mine: Sequence[tuple[float, bool]], theirs: Sequence[tuple[float, bool]]
) -> Against:
    """Paired draw by draw; where both are open, or the lower one is, it is unknown."""
    count = {"more": 0, "less": 0, "same": 0, "unknown": 0}
    for one, other in zip(mine, theirs, strict=True):
        count[_compared(*one, *other)] += 1
    return Against(**count)


def _compared(mine: float, mine_open: bool, theirs: float, theirs_open: bool) -> str:
    if mine_open and theirs_open:
        return "unknown"
    if mine_open or theirs_open:
        lower_is_open = (mine < theirs) if mine_open else (theirs < mine)
        if lower_is_open:
            return "unknown"
        return "more" if mine_open else "less"
    return "same" if mine == theirs else "more" if mine > theirs else "less"
