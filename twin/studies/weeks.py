"""Weeks that stand for a year: the few from which all others differ least."""

from __future__ import annotations

import numpy as np

from twin.arrays import Floats, Ints

DAYS_PER_WEEK = 7
MOST_SWAPS = 1000


def representative(weekly: Floats, count: int) -> list[tuple[int, float]]:
    """Rows that stand for all, in their order, each with its share of the rows.

    k-medoids: the rows that make the sum of everybody's distance to the nearest of
    them least, found greedily and then by the best swap while there is one.

    weekly  a row a week: its course [n_week, n_hour]
    count   how many to choose, at most n_week

    Source: Kaufman and Rousseeuw, Finding Groups in Data (1990), chapter 2 (PAM).
    """
    apart = np.linalg.norm(weekly[:, None, :] - weekly[None, :, :], axis=2)
    chosen = _swapped(apart, _greedy(apart, min(count, len(weekly))))
    nearest = np.argmin(apart[:, chosen], axis=1)
    size = np.bincount(nearest, minlength=len(chosen))
    return [
        (int(week), float(n) / len(weekly))
        for week, n in zip(chosen, size, strict=True)
    ]


def _greedy(apart: Floats, count: int) -> Ints:
    """One after another whichever makes the sum least."""
    chosen: list[int] = []
    distance = np.full(len(apart), np.inf)
    for _ in range(count):
        sums = np.minimum(distance[:, None], apart).sum(axis=0)
        sums[chosen] = np.inf
        chosen.append(int(np.argmin(sums)))
        distance = np.minimum(distance, apart[:, chosen[-1]])
    return np.array(sorted(chosen))


def _swapped(apart: Floats, chosen: Ints) -> Ints:
    """The best exchange of one that is chosen for one that is not, again and again."""
    for _ in range(MOST_SWAPS):
        best, least = chosen, _sum(apart, chosen)
        for place in range(len(chosen)):
            for other in np.setdiff1d(np.arange(len(apart)), chosen):
                tried = chosen.copy()
                tried[place] = other
                if (total := _sum(apart, tried)) < least * (1 - 1e-12):
                    best, least = np.sort(tried), total
        if np.array_equal(best, chosen):
            return chosen
        chosen = best
    return chosen


def _sum(apart: Floats, chosen: Ints) -> float:
    return float(apart[:, chosen].min(axis=1).sum())
