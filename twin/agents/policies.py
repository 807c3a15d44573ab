"""Policies: what each car is asked to take or give in the coming interval."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import Protocol

import numpy as np

from twin.agents.allocation import charging_levels_kw, in_order, share_out_kw
from twin.agents.observation import Observation
from twin.arrays import Bools, Floats, Ints, totals
from twin.randomness import Purpose, uniform

DEADLINE_BLOCK_H = 1.0
SAFETY_H = 1.25
USABLE_RATING = 0.95
RECOVERY_H = 1.0


Window = Callable[[int], tuple[int, int]]


def always(day: int) -> tuple[int, int]:
    """All day long, whatever the date (an ordinal)."""
    return 0, 1440


class Policy(Protocol):
    """Decides from what it sees; keeps nothing, so that any step can be replayed.

    ``watches_departure``: a car that has no time to lose starts at its plug-in.
    """

    @property
    def watches_departure(self) -> bool:
        """Whether a car without slack starts at once when it plugs in."""

    def decide(self, seen: Observation) -> Floats:
        """AC power asked of each car until the next step, in kW [n_ev].

        > 0 charges, < 0 gives. For a car that is away: what it draws from the moment
        it plugs in.
        """


@dataclass(frozen=True)
class PolicyWords:
    """What a scenario says of its policy."""

    reserve_soc: float = 0.3
    target_kw: float | None = None
    target_share: float = 0.9
    window_min: Window = always
    random_start_min: float = 120.0
    wear_usd_per_kwh: float = 0.04
    seed: int = 1


@dataclass(frozen=True)
class Uncontrolled:
    """Full power from plug-in until the target is reached."""

    watches_departure: bool = False

    def decide(self, seen: Observation) -> Floats:
        """Ask everything of every car."""
        return seen.charge_kw.copy()


@dataclass(frozen=True)
class Timer:
    """Full power within a daily window, each car from a random start of its own.

    ``window_min`` gives a date's window as minutes after its midnight, the end maybe
    beyond 1440. The start is keyed by car and date: the first minute is no cliff.
    """

    window_min: Window
    random_start_min: float
    seed: int
    watches_departure: bool = False

    def decide(self, seen: Observation) -> Floats:
        """Ask full power of the cars whose timer is on, today's or yesterday's."""
        on = self._on(seen, seen.day, seen.minute_of_day)
        on |= self._on(seen, seen.day - 1, seen.minute_of_day + 1440)
        return np.where(on, seen.charge_kw, 0.0)

    def _on(self, seen: Observation, day: int, minute: int) -> Bools:
        start, end = self.window_min(day)
        spread = min(self.random_start_min, (end - start) / 2)
        if end - start >= 1440:
            spread = 0.0
        draw = uniform(self.seed, Purpose.TIMER_START, seen.entity, day)
        on: Bools = (minute >= start + draw * spread) & (minute < end)
        return on


@dataclass(frozen=True)
class Valley:
    """One-way: fill each transformer's valley, least laxity first.

    Each zone charges now up to the level at which all missing energy is served by the
    declared departures with the flattest total load; a car without slack goes first,
    up to the transformer's rating.
    """

    watches_departure: bool = True

    def decide(self, seen: Observation) -> Floats:
        """Share out the level of each zone."""
        return charge_in_valleys(seen, charging_levels(seen))


@dataclass(frozen=True)
class PeakShaving:
    """Charge like ``Valley``; give when the transformer is above its target.

    The target is ``target_kw``, else ``target_share`` of the highest base load that
    the outlook shows for the next 24 hours. Given is only what stays above the
    reserve and can be charged again before the declared departure.
    """

    reserve_soc: float
    target_kw: float | None
    target_share: float
    watches_departure: bool = True

    def decide(self, seen: Observation) -> Floats:
        """Charge in the valleys, give above the target."""
        levels_kw = charging_levels(seen)
        charge_kw = charge_in_valleys(seen, levels_kw)
        target_kw = np.maximum(self._targets_kw(seen), levels_kw)
        charging_kw = totals(seen.zone, charge_kw, len(target_kw))
        excess_kw = np.maximum(0.0, seen.ahead_kw[0] + charging_kw - target_kw)
        if not excess_kw.any():
            return charge_kw
        spare_kw = spare_power_kw(seen, self.reserve_soc)
        willing = (spare_kw >= seen.min_kw) & (spare_kw > 0.0) & (charge_kw == 0.0)
        order = in_order(-seen.laxity_h, willing)
        give_kw = share_out_kw(excess_kw, seen.zone, order, spare_kw, seen.min_kw)
        return charge_kw - give_kw

    def _targets_kw(self, seen: Observation) -> Floats:
        if self.target_kw is not None:
            return np.full(seen.ahead_kw.shape[1], self.target_kw)
        highest: Floats = seen.ahead_kw.max(axis=0)
        return self.target_share * highest


@dataclass(frozen=True)
class PriceTrading:
    """Buy in the cheapest intervals before departure, sell at the export price.

    Sells when the export price covers buying the energy back before departure, the
    losses of the round trip and a price for wear. Prices are the same for everyone,
    and so are the decisions.
    """

    reserve_soc: float
    wear_usd_per_kwh: float
    watches_departure: bool = True

    def decide(self, seen: Observation) -> Floats:
        """Compare this interval's prices with those still to come."""
        deadline = deadlines(seen)
        buy_steps = seen.missing_kwh / (seen.charge_kw * seen.step_h)
        price = seen.price_usd_per_kwh
        cheaper = _running_count(price < price[0])[deadline]
        buys = seen.plugged & (buy_steps > 0.0) & (np.ceil(buy_steps) > cheaper)
        buys |= no_time_to_lose(seen)
        sells = self._sells(seen, deadline) & ~buys
        spare_kw = np.where(sells, spare_power_kw(seen, self.reserve_soc), 0.0)
        wanted_kw = np.where(buys, seen.charge_kw, -spare_kw)
        return within_ratings(seen, wanted_kw)

    def _sells(self, seen: Observation, deadline: Ints) -> Bools:
        price, pays = seen.price_usd_per_kwh, seen.export_price_usd_per_kwh
        later = np.append(np.inf, np.minimum.accumulate(price[1:]))
        round_trip = seen.efficiency * seen.efficiency
        buys_back = later[deadline] / round_trip + self.wear_usd_per_kwh
        worth = (pays[0] > 0.0) & (pays[0] >= buys_back)
        kept_soc = np.maximum(self.reserve_soc, seen.floor_soc)
        spare_kwh = np.maximum(0.0, seen.soc - kept_soc) * seen.capacity_kwh
        sell_steps = spare_kwh / np.maximum(seen.give_kw * seen.step_h, 1e-9)
        better = _running_count(pays > pays[0])[deadline]
        sells: Bools = worth & seen.plugged & (sell_steps > better)
        return sells


def charging_levels(seen: Observation) -> Floats:
    """The level at which each zone should charge now, in kW [n_zone]."""
    missing_kwh = np.where(seen.plugged, seen.missing_kwh, 0.0)
    every = max(1, round(DEADLINE_BLOCK_H / seen.step_h))
    return charging_levels_kw(
        seen.ahead_kw,
        seen.zone,
        missing_kwh,
        deadlines(seen),
        seen.charge_kw,
        no_time_to_lose(seen),
        seen.step_h,
        every,
    )


def charge_in_valleys(seen: Observation, levels_kw: Floats) -> Floats:
    """Charge the cars of each zone up to its level, least laxity first [n_ev]."""
    room_kw = np.maximum(0.0, USABLE_RATING * seen.rating_kw - seen.ahead_kw[0])
    needs = seen.plugged & (seen.missing_kwh > 0.0)
    most_kw = _useful_kw(seen)
    urgent = needs & no_time_to_lose(seen)
    at_once = in_order(seen.laxity_h, urgent)
    shared_kw = share_out_kw(room_kw, seen.zone, at_once, seen.charge_kw, seen.min_kw)
    used_kw = totals(seen.zone, shared_kw, len(room_kw))
    budget_kw = np.minimum(room_kw, levels_kw - seen.ahead_kw[0] - used_kw)
    order = in_order(seen.laxity_h, needs & ~urgent)
    budget_kw = np.maximum(0.0, budget_kw)
    return shared_kw + share_out_kw(budget_kw, seen.zone, order, most_kw, seen.min_kw)


def _useful_kw(seen: Observation) -> Floats:
    """The power that fills a car by the end of the interval, at most its own."""
    return np.minimum(
        seen.charge_kw, np.maximum(seen.min_kw, seen.missing_kwh / seen.step_h)
    )


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


def within_ratings(seen: Observation, wanted_kw: Floats) -> Floats:
    """Cut charging and giving so that no transformer passes its rating [n_ev]."""
    usable_kw = USABLE_RATING * seen.rating_kw
    n_zone = len(usable_kw)
    takes = totals(seen.zone, np.maximum(wanted_kw, 0.0), n_zone)
    gives = totals(seen.zone, np.maximum(-wanted_kw, 0.0), n_zone)
    take_room = np.maximum(0.0, usable_kw - seen.ahead_kw[0] + gives)
    give_room = np.maximum(0.0, usable_kw + seen.ahead_kw[0] + takes)
    order = in_order(seen.laxity_h, wanted_kw > 0.0)
    taken = share_out_kw(
        np.minimum(take_room, takes), seen.zone, order, wanted_kw, seen.min_kw
    )
    order = in_order(-seen.laxity_h, wanted_kw < 0.0)
    given = share_out_kw(
        np.minimum(give_room, gives), seen.zone, order, -wanted_kw, seen.min_kw
    )
    return taken - given


def _running_count(chosen: Bools) -> Ints:
    """How many of intervals 0 to j are chosen [n_ahead]."""
    return np.cumsum(chosen)


POLICIES: Mapping[str, Callable[[PolicyWords], Policy]] = {
    "uncontrolled": lambda words: Uncontrolled(),
    "tou": lambda words: Timer(words.window_min, words.random_start_min, words.seed),
    "valley": lambda words: Valley(),
    "v2g_peak": lambda words: PeakShaving(
        words.reserve_soc, words.target_kw, words.target_share
    ),
    "v2g_price": lambda words: PriceTrading(words.reserve_soc, words.wear_usd_per_kwh),
}
