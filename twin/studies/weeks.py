"""Weeks that stand for a year: like all others, and with the year's own sums."""

from __future__ import annotations

import numpy as np

from twin.arrays import Floats, Ints

DAYS_PER_WEEK = 7
MOST_SWAPS = 1000


def representative(
    weekly: Floats, count: int, sums: Floats, target: Floats
) -> list[tuple[int, float]]:
    """Rows that stand for all, in their order, each with its share of the rows.

    Groups are those of k-medoids: the rows that make the sum of everybody's distance
    to the nearest of them least, found greedily and then by the best swap while there
    is one. A medoid is a usual week, and usual weeks have too little of what the
    unusual ones have; so of each group stands the row by which all shares together
    meet the year's sums best (``_matched``).

    weekly  a row a week: its course [n_week, n_hour]
    count   how many to choose, at most n_week
    sums    what of a week is to come out right [n_week, n_sum]
    target  the same of the mean week of the year [n_sum]

    Source: Kaufman and Rousseeuw, Finding Groups in Data (1990), chapter 2 (PAM).
    """
    apart = np.linalg.norm(weekly[:, None, :] - weekly[None, :, :], axis=2)
    medoids = _swapped(apart, _greedy(apart, min(count, len(weekly))))
    group = np.argmin(apart[:, medoids], axis=1)
    share = np.bincount(group, minlength=len(medoids)) / len(weekly)
    chosen = _matched(medoids, group, share, sums, target)
    return sorted(zip(chosen.tolist(), share.tolist(), strict=True))


def _matched(
    medoids: Ints, group: Ints, share: Floats, sums: Floats, target: Floats
) -> Ints:
    """A row of each group; from the medoids on the best exchange while there is one.

    Least is ``sum_j (sum_i s_i X_ij / X_j - 1)^2`` over the sums j that the year has.
    """
    has = target != 0.0
    of_year = sums[:, has] / target[has]

    def error(rows: Ints) -> float:
        off = share @ of_year[rows] - 1.0
        return float(off @ off)

    chosen = medoids
    for _ in range(MOST_SWAPS):
        best, least = chosen, error(chosen)
        for place in range(len(medoids)):
            for other in np.flatnonzero(group == place):
                tried = chosen.copy()
                tried[place] = other
                if (total := error(tried)) < least * (1 - 1e-12):
                    best, least = tried, total
        if best is chosen:
            return chosen
        chosen = best
    return chosen


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
