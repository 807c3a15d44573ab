"""What a policy may see: the measured past, forecasts, what drivers declared.

This is the only connection between a policy and what it controls, simulated or real.
"""

from __future__ import annotations

from dataclasses import dataclass, field
from functools import cached_property

import numpy as np

from twin.agents.allocation import through
from twin.agents.calls import Call
from twin.arrays import Bools, Floats, Ints

NEVER_H = 1e6


@dataclass(frozen=True)
class Observation:
    """One look at the feeder, at the instant at which an interval begins.

    Cars [n_ev] hang on customers, customers on zones [n_zone]: the nearest transformer
    upstream, else the supply itself. ``path`` [n_zone, n_deep] says which zones supply
    a zone: itself, the one above it, up to its supply's head, closed by -1. Base loads
    are of a zone's own customers, ``passing_kw`` with those of all zones below. Ratings
    of heads are infinite. Forecasts cover the coming 24 hours [n_ahead], the first
    entry being the interval that now begins. ``time_left_h``
    [n_ev] is the time until a car is due: until its driver means to leave, if he has
    said so; less if it has waited long (``twin/fleet/movement.py:due_s``). ``v_pu``
    [n_ev] is the voltage at each car's connection in the interval before, NaN where
    unknown. ``home_kw`` [n_ev] is what each car's home drew in the interval before, its
    own PV deducted and its cars left out; ``storm_h`` [n_ev] the time until the next
    outage there that is forecast, infinite without one. ``opted_out`` [n_ev]: whose
    driver has opted out of giving, and of calls, today; ``give_kw`` is 0 then.
    ``calls``: those announced by now, until the last car has returned from them;
    ``enrolled`` [n_ev]: cars that they are meant for.
    """

    now_s: int
    step: int
    step_h: float
    minute_of_day: int
    day: int
    temperature_degc: float

    plugged: Bools
    soc: Floats
    capacity_kwh: Floats
    target_soc: Floats
    floor_soc: Floats
    charge_kw: Floats
    give_kw: Floats
    min_kw: Floats
    efficiency: Floats
    time_left_h: Floats
    customer: Ints
    zone: Ints
    entity: Ints

    v_pu: Floats
    base_kw: Floats
    rating_kw: Floats
    ahead_kw: Floats
    path: Ints

    price_usd_per_kwh: Floats
    export_price_usd_per_kwh: Floats

    home_kw: Floats = field(default_factory=lambda: np.empty(0))
    storm_h: Floats = field(default_factory=lambda: np.empty(0))
    opted_out: Bools = field(default_factory=lambda: np.empty(0, dtype=np.bool_))
    enrolled: Bools = field(default_factory=lambda: np.empty(0, dtype=np.bool_))
    calls: tuple[Call, ...] = ()

    @property
    def n_ahead(self) -> int:
        """How many intervals the forecasts cover."""
        return len(self.price_usd_per_kwh)

    @property
    def n_zone(self) -> int:
        """How many zones."""
        return len(self.path)

    @cached_property
    def depth(self) -> Ints:
        """How many zones are above each zone [n_zone]."""
        depth: Ints = np.count_nonzero(self.path >= 0, axis=1) - 1
        return depth

    @property
    def heads(self) -> Bools:
        """Which zones are supplied by no other [n_zone]."""
        heads: Bools = self.depth == 0
        return heads

    @cached_property
    def passing_kw(self) -> Floats:
        """Base load through each zone, all zones below included [n_ahead, n_zone]."""
        return through(self.path, self.ahead_kw)

    @cached_property
    def missing_kwh(self) -> Floats:
        """AC energy that each car still needs to reach its target [n_ev]."""
        short_soc = np.maximum(0.0, self.target_soc - self.soc)
        return short_soc * self.capacity_kwh / self.efficiency

    @cached_property
    def laxity_h(self) -> Floats:
        """Time to spare before the car is due, charging at once [n_ev]."""
        return self.time_left_h - self.missing_kwh / self.charge_kw
