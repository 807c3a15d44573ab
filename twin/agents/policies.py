"""Policies: what each car is asked to take or give in the coming interval."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import Protocol

import numpy as np

from twin.agents.emergency import Emergency
from twin.agents.headroom import (
    USABLE_RATING,
    charge_in_valleys,
    charging_levels,
    deadlines,
    excess_kw,
    given_above,
    no_time_to_lose,
    running_count,
    spare_power_kw,
    within_ratings,
)
from twin.agents.observation import Observation
from twin.agents.self_supply import SelfSupply
from twin.arrays import Bools, Floats, Ints
from twin.randomness import Purpose, uniform

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
    """One-way: fill the valley of the whole supply, within every transformer.

    Each supply charges now up to the level at which all missing energy is served by
    the declared departures with the flattest total load, and so does each transformer
    below it where that costs the supply nothing; least laxity first. A car without
    slack goes ahead of all, up to the ratings above it.
    """

    watches_departure: bool = True

    def decide(self, seen: Observation) -> Floats:
        """Share out the levels."""
        return charge_in_valleys(seen, charging_levels(seen))


@dataclass(frozen=True)
class PeakShaving:
    """Charge like ``Valley``; give when the supply is above its target.

    The target is ``target_kw``, else ``target_share`` of the highest base load that
    the outlook shows for the next 24 hours; that of a transformer is its rating. Given
    is only what stays above the reserve and can be charged again before the declared
    departure, and no transformer is driven beyond its rating by what flows back.
    """

    reserve_soc: float
    target_kw: float | None
    target_share: float
    watches_departure: bool = True

    def decide(self, seen: Observation) -> Floats:
        """Charge in the valleys, give above the targets."""
        levels_kw = charging_levels(seen)
        charge_kw = charge_in_valleys(seen, levels_kw)
        target_kw = np.maximum(self._targets_kw(seen), levels_kw)
        above_kw = excess_kw(seen, charge_kw, target_kw)
        if not above_kw.any():
            return charge_kw
        willing = charge_kw == 0.0
        return charge_kw - given_above(
            seen, above_kw, charge_kw, willing, self.reserve_soc
        )

    def _targets_kw(self, seen: Observation) -> Floats:
        if self.target_kw is not None:
            wanted = np.full(seen.n_zone, self.target_kw)
        else:
            wanted = self.target_share * seen.passing_kw.max(axis=0)
        return np.where(seen.heads, wanted, USABLE_RATING * seen.rating_kw)


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
        cheaper = running_count(price < price[0])[deadline]
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
        better = running_count(pays > pays[0])[deadline]
        sells: Bools = worth & seen.plugged & (sell_steps > better)
        return sells


POLICIES: Mapping[str, Callable[[PolicyWords], Policy]] = {
    "uncontrolled": lambda words: Uncontrolled(),
    "tou": lambda words: Timer(words.window_min, words.random_start_min, words.seed),
    "valley": lambda words: Valley(),
    "v2g_peak": lambda words: PeakShaving(
        words.reserve_soc, words.target_kw, words.target_share
    ),
    "v2g_price": lambda words: PriceTrading(words.reserve_soc, words.wear_usd_per_kwh),
    "v2h": lambda words: SelfSupply(words.reserve_soc),
    "emergency": lambda words: Emergency(words.reserve_soc, words.seed),
}
