"""What a stationary battery should do now: the flattest course that it can reach."""

from __future__ import annotations

import math
from typing import NamedTuple

import numpy as np

from twin.arrays import Floats, compiled

ROUNDS = 48
NOTHING_KW = 1e-6


class Battery(NamedTuple):
    """What one battery can do: kWh that it uses, kW, efficiency of one way, standby."""

    low_kwh: float
    high_kwh: float
    kw: float
    one_way: float
    standby_kw: float


@compiled
def holds(
    level_kw: float, load_kw: Floats, store_kwh: float, one: Battery, step_h: float
) -> bool:
    """Whether a battery keeps a load [n_ahead] at or below a level.

    It gives what is above and draws whatever is free below, up to the level.
    """
    for load in load_kw:
        over_kw = load - level_kw
        if over_kw > one.kw + NOTHING_KW:
            return False
        if over_kw > 0.0:
            store_kwh -= (over_kw / one.one_way + one.standby_kw) * step_h
            if store_kwh < one.low_kwh:
                return False
        else:
            drawn_kw = min(one.kw, -over_kw)
            store_kwh += (drawn_kw * one.one_way - one.standby_kw) * step_h
            store_kwh = min(one.high_kwh, store_kwh)
    return True


@compiled
def reachable_level_kw(
    load_kw: Floats, store_kwh: float, one: Battery, step_h: float
) -> float:
    """The lowest level that a battery can keep a load [n_ahead] at or below, kW.

    By bisection: what holds a level holds every higher one.

    Source: docs/model.md "Stationary batteries".
    """
    high = float(load_kw.max())
    low = high - one.kw
    for _ in range(ROUNDS):
        middle = 0.5 * (low + high)
        if holds(middle, load_kw, store_kwh, one, step_h):
            high = middle
        else:
            low = middle
    return high


@compiled
def filling_level_kw(
    load_kw: Floats, missing_kwh: float, kw: float, most_kw: float, step_h: float
) -> float:
    """The level up to which an energy fills the valleys of a load at a limited power.

    Solves ``sum(clip(level - load, 0, kw)) h = missing``, at most ``most_kw``.
    """
    low, high = load_kw.min(), most_kw
    for _ in range(ROUNDS):
        middle = 0.5 * (low + high)
        drawn_kwh = 0.0
        for load in load_kw:
            drawn_kwh += min(max(middle - load, 0.0), kw) * step_h
        if drawn_kwh < missing_kwh:
            low = middle
        else:
            high = middle
    return high


@compiled
def shaving_course_kw(
    load_kw: Floats, target_kw: float, store_kwh: float, one: Battery, step_h: float
) -> Floats:
    """What a battery means to do over the forecast load of its place, kW [n_ahead].

    Above the target it gives; the target is raised to what can be reached
    (``reachable_level_kw``). Until the load next passes it the battery fills up, in
    the valleys and never above the target. Only the first entry is for now; the rest
    tells others what to expect.

    Source: docs/model.md "Stationary batteries".
    """
    level_kw = max(target_kw, reachable_level_kw(load_kw, store_kwh, one, step_h))
    n = len(load_kw)
    until = 0
    while until < n and load_kw[until] <= level_kw + NOTHING_KW:
        until += 1
    missing_kwh = one.high_kwh - store_kwh + one.standby_kw * until * step_h
    valley_kw = -math.inf
    if until > 0 and missing_kwh > 0.0:
        valley_kw = filling_level_kw(
            load_kw[:until], missing_kwh / one.one_way, one.kw, level_kw, step_h
        )
    course_kw = np.zeros(n)
    for k in range(n):
        over_kw = load_kw[k] - level_kw
        if over_kw > 0.0:
            free_kw = max(0.0, (store_kwh - one.low_kwh) / step_h - one.standby_kw)
            course_kw[k] = -min(over_kw, one.kw, free_kw * one.one_way)
            moved_kw = course_kw[k] / one.one_way
        else:
            up_to_kw = valley_kw if k < until else level_kw
            room_kw = (one.high_kwh - store_kwh) / step_h + one.standby_kw
            most_kw = min(one.kw, room_kw / one.one_way)
            course_kw[k] = min(max(0.0, up_to_kw - load_kw[k]), most_kw)
            moved_kw = course_kw[k] * one.one_way
        store_kwh = max(0.0, store_kwh + (moved_kw - one.standby_kw) * step_h)
    return course_kw
