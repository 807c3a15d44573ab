"""How much of something goes before a limit binds: a bracket closed from both sides."""

from __future__ import annotations

from typing import NamedTuple

import numpy as np

from twin.arrays import compiled

FIRST_KW, MOST_KW = 1.0, 65_536.0
WITHIN, WITHIN_KW = 5e-5, 5e-5
QUICK_TRIALS = 8


class Bracket(NamedTuple):
    """Between `low_kw`, which is within all limits, and `high_kw`, which is not.

    `low` <= 0 < `high` are how far beyond its limit the worst is at each, as shares:
    -inf where that is not known; of an end that has stayed behind a half, a quarter...
    `moved` is the end that came last, -1 or 1; `trials` those since both are known.
    """

    low_kw: float
    low: float
    high_kw: float
    high: float
    moved: int
    trials: int


START = Bracket(0.0, -np.inf, np.inf, np.inf, 0, 0)


@compiled
def is_open(bracket: Bracket) -> bool:
    """Whether nothing has been beyond a limit yet, and more may be tried."""
    return np.isinf(bracket.high_kw) and bracket.low_kw < MOST_KW


@compiled
def is_closed(bracket: Bracket) -> bool:
    """Whether the edge is known to one part in 10,000, or nothing binds."""
    if np.isinf(bracket.high_kw):
        return bracket.low_kw >= MOST_KW
    width = bracket.high_kw - bracket.low_kw
    return width <= max(WITHIN * bracket.high_kw, WITHIN_KW)


@compiled
def trial_kw(bracket: Bracket) -> float:
    """What to try next: the double, then where a chord says, after a few the middle.

    A chord that meets nothing at an end of the bracket steps in from there by less than
    what is asked, so that both ends close. Source: Dowell, Jarratt, "A modified regula
    falsi method for computing the root of an equation", BIT 11 (1971).
    """
    low_kw, high_kw = bracket.low_kw, bracket.high_kw
    if np.isinf(high_kw):
        return max(2.0 * low_kw, FIRST_KW)
    late = bracket.trials > QUICK_TRIALS
    if late or np.isinf(bracket.low) or np.isinf(bracket.high):
        return 0.5 * (low_kw + high_kw)
    share = -bracket.low / (bracket.high - bracket.low)
    step = 0.8 * max(WITHIN * high_kw, WITHIN_KW)
    at = low_kw + share * (high_kw - low_kw)
    return min(max(at, low_kw + step), high_kw - step)


@compiled
def told(bracket: Bracket, kw: float, worst: float) -> Bracket:
    """The bracket once it is known how far the worst is beyond its limit at a kW."""
    trials = bracket.trials + 1 if not np.isinf(bracket.high_kw) else 0
    if worst <= 0.0:
        high = bracket.high * 0.5 if bracket.moved < 0 else bracket.high
        return Bracket(kw, worst, bracket.high_kw, high, -1, trials)
    low = bracket.low * 0.5 if bracket.moved > 0 else bracket.low
    return Bracket(bracket.low_kw, low, kw, worst, 1, trials)
