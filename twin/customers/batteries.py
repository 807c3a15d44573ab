"""Stationary batteries: what they store, draw, give and lose."""

from __future__ import annotations

from dataclasses import dataclass, field

import numpy as np

from twin.arrays import Bools, Floats


@dataclass
class Batteries:
    """Batteries [n], by columns; ``store_kwh`` and ``set_kw`` are their state.

    ``kw`` is the most at the AC side, either way; ``one_way`` the share of energy that
    is left after charging, and again after giving: the root of the round trip.
    ``low_kwh`` and ``high_kwh`` bound what is used of ``kwh``. Totals are of the run,
    in kWh: drawn and given at the AC side, lost in conversion, taken by standby.
    """

    kw: Floats
    kwh: Floats
    one_way: Floats
    standby_kw: Floats
    low_kwh: Floats
    high_kwh: Floats
    store_kwh: Floats
    set_kw: Floats = field(default_factory=lambda: np.empty(0))
    drawn_kwh: Floats = field(default_factory=lambda: np.empty(0))
    given_kwh: Floats = field(default_factory=lambda: np.empty(0))
    lost_kwh: Floats = field(default_factory=lambda: np.empty(0))
    standby_kwh: Floats = field(default_factory=lambda: np.empty(0))

    def __post_init__(self) -> None:
        for name in ("set_kw", "drawn_kwh", "given_kwh", "lost_kwh", "standby_kwh"):
            setattr(self, name, np.zeros(len(self)))

    def __len__(self) -> int:
        return len(self.kw)

    @property
    def soc(self) -> Floats:
        """State of charge [n]."""
        return self.store_kwh / self.kwh

    def limits_kw(self, hours: float) -> tuple[Floats, Floats]:
        """The least and the most power that so many hours allow, kW [n].

        ``E' = E + (eta P - P_standby) h`` for P > 0, ``E + (P / eta - P_standby) h``
        for P < 0, must stay between the bounds of what is used: the most fills the
        battery just so, the least empties it just so. One that standby would drain
        below its lower bound has to draw.

        Source: docs/model.md "Stationary batteries".
        """
        to_full_kw = (self.high_kwh - self.store_kwh) / hours + self.standby_kw
        to_empty_kw = (self.low_kwh - self.store_kwh) / hours + self.standby_kw
        most_kw = np.clip(to_full_kw / self.one_way, 0.0, self.kw)
        by_giving = np.maximum(to_empty_kw * self.one_way, -self.kw)
        by_drawing = np.minimum(to_empty_kw / self.one_way, most_kw)
        least_kw = np.where(to_empty_kw < 0.0, by_giving, by_drawing)
        return least_kw, most_kw

    def set(self, wanted_kw: Floats, hours: float) -> None:
        """Hold a power for the coming hours, as far as kW and kWh allow [n]."""
        self.set_kw = np.clip(wanted_kw, *self.limits_kw(hours))

    def settle(self, alive: Bools, hours: float) -> Floats:
        """Live through so many hours; the mean AC power of each, kW [n].

        One without supply neither draws nor gives; its standby runs on until the store
        is empty.
        """
        kw = np.where(alive, self.set_kw, 0.0)
        drawn_kwh, given_kwh = np.maximum(kw, 0.0) * hours, np.maximum(-kw, 0.0) * hours
        moved_kwh = drawn_kwh * self.one_way - given_kwh / self.one_way
        standby_kwh = np.minimum(self.standby_kw * hours, self.store_kwh + moved_kwh)
        self.store_kwh = np.clip(
            self.store_kwh + moved_kwh - standby_kwh, 0.0, self.high_kwh
        )
        self.drawn_kwh = self.drawn_kwh + drawn_kwh
        self.given_kwh = self.given_kwh + given_kwh
        self.lost_kwh = self.lost_kwh + (drawn_kwh - given_kwh - moved_kwh)
        self.standby_kwh = self.standby_kwh + standby_kwh
        return kw
