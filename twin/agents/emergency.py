"""The policy emergency: valley filling, and in a call no charging but giving."""

from __future__ import annotations

from dataclasses import dataclass, replace

import numpy as np

from twin.agents.headroom import (
    SAFETY_H,
    charge_in_valleys,
    charging_levels,
    no_time_to_lose,
    spare_power_kw,
    within_ratings,
)
from twin.agents.observation import Observation
from twin.arrays import Bools, Floats
from twin.randomness import Purpose, uniform


@dataclass(frozen=True)
class Emergency:
    """Charge like ``Valley``; when called, stop, give down to the reserve, return late.

    Before a call that is announced, cars that can be full by its begin are due then,
    the others as ever. In it, cars give evenly over what is left of it

        P = min(P_d, (soc - reserve) E eta / time left)

    if they can charge again before departure, within the transformers' ratings. After
    it each waits a random part of the return. Cars that are not enrolled, whose driver
    has opted out, or that have no time to lose, charge all the while.

    Source: docs/model.md "Emergency calls".
    """

    reserve_soc: float
    seed: int
    watches_departure: bool = True

    def decide(self, seen: Observation) -> Floats:
        """Hold those back who are called, fill the valley with the rest, give."""
        if not seen.calls:
            return charge_in_valleys(seen, charging_levels(seen))
        joins = seen.enrolled & ~seen.opted_out
        held = joins & self._held(seen) & ~no_time_to_lose(seen)
        rest = replace(
            seen,
            plugged=seen.plugged & ~held,
            time_left_h=np.where(joins, _until_call_h(seen), seen.time_left_h),
        )
        charge_kw = charge_in_valleys(rest, charging_levels(rest))
        give_kw = np.where(held, self._given_kw(seen), 0.0)
        return within_ratings(seen, charge_kw - give_kw) if give_kw.any() else charge_kw

    def _held(self, seen: Observation) -> Bools:
        """Cars that a call holds back: while it lasts, and until each one's return."""
        held = np.zeros(len(seen.soc), dtype=np.bool_)
        for call in seen.calls:
            draw = uniform(
                self.seed, Purpose.CALL_RETURN, seen.entity, call.date, call.number
            )
            free_s = call.end_s + draw * (call.returned_s - call.end_s)
            held |= (call.begin_s <= seen.now_s) & (seen.now_s < free_s)
        return held

    def _given_kw(self, seen: Observation) -> Floats:
        """What each car gives so that it lasts to the call's end; else none [n_ev]."""
        ends_s = [c.end_s for c in seen.calls if c.is_under_way(seen.now_s)]
        if not ends_s:
            return np.zeros(len(seen.soc))
        left_h = max((max(ends_s) - seen.now_s) / 3600.0, seen.step_h)
        kept_soc = np.maximum(self.reserve_soc, seen.floor_soc)
        above_kwh = np.maximum(0.0, seen.soc - kept_soc) * seen.capacity_kwh
        even_kw = above_kwh * seen.efficiency / left_h
        give_kw = np.minimum(spare_power_kw(seen, self.reserve_soc), even_kw)
        return np.where(give_kw >= seen.min_kw, give_kw, 0.0)


def _until_call_h(seen: Observation) -> Floats:
    """When each car is due if it should be full by the next call that is announced.

    Only cars that still can be, with a margin, so that nobody rushes for its sake.
    """
    begins_s = [call.begin_s for call in seen.calls if call.begin_s > seen.now_s]
    if not begins_s:
        return seen.time_left_h
    ahead_h = (min(begins_s) - seen.now_s) / 3600.0
    spare_h = ahead_h - seen.missing_kwh / seen.charge_kw
    can = spare_h >= SAFETY_H + 2.0 * seen.step_h
    return np.where(can, np.minimum(seen.time_left_h, ahead_h), seen.time_left_h)
