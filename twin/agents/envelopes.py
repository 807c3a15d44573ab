"""Sharing what lines, transformers and voltages leave among customers with cars."""

from __future__ import annotations

import numpy as np

from twin.arrays import Bools, Floats, Ints

ROUNDS = 5
NOTHING_KW = 1e-3
USED_UP = 1e-6


def shares(
    effect: Floats, slack: Floats, most_kw: Floats, least_kw: Floats, weight: Floats
) -> Floats:
    """What each customer may add so that no limit breaks if all do, kW [n].

    ``effect`` [m, n] >= 0 is what a kW of each takes of the ``slack`` [m] of each
    limit. Everybody gets ``least_kw``, whatever it breaks. Then all levels rise
    together, in proportion to ``weight``, each as far as the tightest limit that the
    customer has a part in:

        level_i = left_i / sum_j effect_ij w_j
        add_j   = w_j min_(i: effect_ij > 0) level_i

    and what those leave who have all that they can use, or share a tighter limit, is
    shared again, ``ROUNDS`` times. No limit is passed: in each round
    sum_j effect_ij add_j <= left_i.
    """
    given_kw = np.minimum(least_kw, most_kw)
    left = np.maximum(0.0, slack - effect @ given_kw)
    part = effect > 0.0
    for _ in range(ROUNDS):
        stuck = (part & (left <= USED_UP * slack)[:, None]).any(axis=0)
        rising = np.where((most_kw - given_kw > NOTHING_KW) & ~stuck, weight, 0.0)
        asked = effect @ rising
        level = np.divide(left, asked, out=np.full(len(left), np.inf), where=asked > 0)
        reach = np.where(part, level[:, None], np.inf).min(axis=0, initial=np.inf)
        room_kw = most_kw - given_kw
        with np.errstate(invalid="ignore"):
            rise_kw = np.where(rising > 0.0, rising * reach, 0.0)
        add_kw = np.minimum(rise_kw, np.maximum(room_kw, 0.0))
        if add_kw.max(initial=0.0) <= NOTHING_KW:
            break
        given_kw = given_kw + add_kw
        left = np.maximum(0.0, left - effect @ add_kw)
    return given_kw


def served(
    effect: Floats,
    slack: Floats,
    most_kw: Floats,
    least_kw: Floats,
    weight: Floats,
    starts_kw: Floats,
    order: Ints,
) -> Floats:
    """The same where a share below a charger's least power, ``starts_kw``, is in vain.

    The later half in ``order`` of those stands back, until nobody is served in vain.
    """
    most_kw = most_kw.copy()
    useful: Bools = most_kw >= np.maximum(starts_kw, NOTHING_KW)
    most_kw[~useful] = np.minimum(least_kw, most_kw)[~useful]
    while True:
        found = shares(effect, slack, most_kw, least_kw, weight)
        vain = useful & (found < starts_kw - NOTHING_KW) & (most_kw > least_kw)
        rows = order[vain[order]]
        if not len(rows):
            return found
        stands_back = rows[len(rows) // 2 :]
        most_kw[stands_back] = np.minimum(least_kw, most_kw)[stands_back]
