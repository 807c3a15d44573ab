"""What the cars below each transformer and supply may take, and what they can give."""

from __future__ import annotations

import numpy as np

from twin.agents.allocation import (
    charging_levels_kw,
    in_order,
    share_out_kw,
    through,
)
from twin.agents.observation import Observation
from twin.arrays import Bools, Floats, Ints, totals

DEADLINE_BLOCK_H = 1.0
SAFETY_H = 1.25
USABLE_RATING = 0.95
RECOVERY_H = 1.0


def charging_levels(seen: Observation) -> Floats:
    """The level at which the cars below each zone should charge now, kW [n_zone]."""
    missing_kwh = np.where(seen.plugged, seen.missing_kwh, 0.0)
    every = max(1, round(DEADLINE_BLOCK_H / seen.step_h))
    return charging_levels_kw(
        seen.passing_kw,
        seen.path,
        seen.zone,
        missing_kwh,
        deadlines(seen),
        seen.charge_kw,
        no_time_to_lose(seen),
        seen.step_h,
        every,
    )


def charge_in_valleys(seen: Observation, levels_kw: Floats) -> Floats:
    """Charge cars up to the levels above them, least laxity first [n_ev].

    Up to every level; then, where a transformer has reached its own and its supply has
    not, up to the supply's, within the ratings.
    """
    room_kw = np.maximum(0.0, USABLE_RATING * seen.rating_kw - seen.passing_kw[0])
    needs = seen.plugged & (seen.missing_kwh > 0.0)
    most_kw, least_kw = _useful_kw(seen), seen.min_kw
    urgent = needs & no_time_to_lose(seen)
    at_once = in_order(seen.laxity_h, urgent)
    shared_kw = _shared(seen, room_kw, at_once, seen.charge_kw, least_kw)
    used_kw = passing(seen, shared_kw)
    order = in_order(seen.laxity_h, needs & ~urgent)
    below_level_kw = np.maximum(0.0, levels_kw - seen.passing_kw[0] - used_kw)
    budget_kw = np.minimum(room_kw, below_level_kw)
    first_kw = _shared(seen, budget_kw, order, most_kw, least_kw)
    left_kw = np.where(seen.heads, budget_kw, room_kw - passing(seen, first_kw))
    least_kw = np.where(first_kw > 0.0, 0.0, least_kw)
    more_kw = _shared(seen, left_kw, order, most_kw - first_kw, least_kw)
    return shared_kw + first_kw + more_kw


def excess_kw(seen: Observation, charge_kw: Floats, target_kw: Floats) -> Floats:
    """By how much base load and charging exceed each zone's target [n_zone]."""
    load_kw = seen.passing_kw[0] + passing(seen, charge_kw)
    above_kw: Floats = np.maximum(0.0, load_kw - target_kw)
    return above_kw


def given_above(
    seen: Observation,
    above_kw: Floats,
    charge_kw: Floats,
    willing: Bools,
    reserve_soc: float,
) -> Floats:
    """What willing cars give against the excess of the zones above them, kW [n_ev].

    From the lowest zones up, most slack first; never more than the excess, and no
    transformer's rating is passed by what flows back through it.
    """
    spare_kw = spare_power_kw(seen, reserve_soc)
    willing = willing & (spare_kw >= seen.min_kw) & (spare_kw > 0.0)
    order = in_order(-seen.laxity_h, willing)
    load_kw = seen.passing_kw[0] + passing(seen, charge_kw)
    room_kw = np.maximum(0.0, USABLE_RATING * seen.rating_kw + load_kw)
    given_kw = np.zeros(len(spare_kw))
    for deep in range(seen.path.shape[1] - 1, -1, -1):
        here = seen.depth == deep
        over_kw = np.where(here, above_kw - passing(seen, given_kw), 0.0)
        if not (over_kw > 0.0).any():
            continue
        left_kw = room_kw - passing(seen, given_kw)
        budget_kw = np.where(here, np.minimum(over_kw, left_kw), left_kw)
        least_kw = np.where(given_kw > 0.0, 0.0, seen.min_kw)
        given_kw += _shared(seen, budget_kw, order, spare_kw - given_kw, least_kw)
    return given_kw


def within_ratings(seen: Observation, wanted_kw: Floats) -> Floats:
    """Cut charging and giving so that no transformer passes its rating [n_ev]."""
    usable_kw = USABLE_RATING * seen.rating_kw
    takes = passing(seen, np.maximum(wanted_kw, 0.0))
    gives = passing(seen, np.maximum(-wanted_kw, 0.0))
    take_room = np.maximum(0.0, usable_kw - seen.passing_kw[0] + gives)
    give_room = np.maximum(0.0, usable_kw + seen.passing_kw[0] + takes)
    order = in_order(seen.laxity_h, wanted_kw > 0.0)
    taken = _shared(seen, take_room, order, wanted_kw, seen.min_kw)
    order = in_order(-seen.laxity_h, wanted_kw < 0.0)
    given = _shared(seen, give_room, order, -wanted_kw, seen.min_kw)
    return taken - given


def deadlines(seen: Observation) -> Ints:
    """The last interval in which each car can charge, with a margin [n_ev]."""
    steps = np.floor((seen.time_left_h - SAFETY_H) / seen.step_h) - 1.0
    return np.clip(steps, 0, seen.n_ahead - 1).astype(np.int64)


def no_time_to_lose(seen: Observation) -> Bools:
    """Cars that must charge at full power from now on [n_ev]."""
    urgent: Bools = (
        seen.plugged
        & (seen.missing_kwh > 0.0)
        & (seen.laxity_h < SAFETY_H + seen.step_h)
    )
    return urgent


def spare_power_kw(seen: Observation, reserve_soc: float) -> Floats:
    """What each car can give over the interval and charge again in time [n_ev]."""
    kept_soc = np.maximum(reserve_soc, seen.floor_soc)
    above_kwh = np.maximum(0.0, seen.soc - kept_soc) * seen.capacity_kwh
    spare_kw = np.minimum(seen.give_kw, above_kwh * seen.efficiency / seen.step_h)
    recharge_h = (
        spare_kw * seen.step_h / (seen.efficiency * seen.efficiency * seen.charge_kw)
    )
    recovers = seen.laxity_h - recharge_h - seen.step_h > SAFETY_H + RECOVERY_H
    return np.where(seen.plugged & recovers, spare_kw, 0.0)


def running_count(chosen: Bools) -> Ints:
    """How many of intervals 0 to j are chosen [n_ahead]."""
    return np.cumsum(chosen)


def passing(seen: Observation, car_kw: Floats) -> Floats:
    """What passes each zone of the cars' powers [n_zone]."""
    return through(seen.path, totals(seen.zone, car_kw, seen.n_zone))


def _useful_kw(seen: Observation) -> Floats:
    """The power that fills a car by the end of the interval, at most its own."""
    return np.minimum(
        seen.charge_kw, np.maximum(seen.min_kw, seen.missing_kwh / seen.step_h)
    )


def _shared(
    seen: Observation,
    budget_kw: Floats,
    order: Ints,
    most_kw: Floats,
    least_kw: Floats,
) -> Floats:
    return share_out_kw(budget_kw, seen.path, seen.zone, order, most_kw, least_kw)
