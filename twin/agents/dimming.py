"""Dimming: who is held to the least power, by what was measured before."""

from __future__ import annotations

from dataclasses import dataclass
from typing import NamedTuple

import numpy as np

from twin.arrays import Bools, Floats, Ints

FACTORS = (1.0, 1.0, 0.80, 0.75, 0.70, 0.65, 0.60, 0.55, 0.50, 0.45)


@dataclass(frozen=True)
class DimmingRule:
    """When an element's dimming begins and ends, and what is left to cars meanwhile.

    It begins where the loading of the interval before exceeds ``begin_loading``, lasts
    ``least_steps`` intervals at least, and ends where that is below ``end_loading``.

    Source: EnWG section 14a; BNetzA, Festlegung BK6-22-300 of 2023-11-27, Anlage 1,
    no. 4.5.1 (control of a device), 4.5.2 (by an energy manager).
    """

    least_kw: float
    begin_loading: float
    end_loading: float
    least_steps: int
    by_home: bool

    def after(self, now: Dimmed, k: int, loading: Floats) -> Dimmed:
        """Who is dimmed in interval k, by the loading measured in the one before.

        ``loading`` [n_element]; what was not measured, NaN, stays as it is.
        """
        begins = ~now.on & (loading > self.begin_loading)
        done = k - now.since >= self.least_steps
        ends = now.on & done & (loading < self.end_loading)
        since = np.where(begins, k, now.since)
        return Dimmed((now.on | begins) & ~ends, since)

    def car_kw(self, held: Bools, min_kw: Floats) -> Floats:
        """The most that each car may charge [n_ev]; infinite where it is not held.

        A charger that has a higher least power than ``least_kw`` keeps that.
        """
        if self.by_home:
            return np.full(len(held), np.inf)
        return np.where(held, np.maximum(self.least_kw, min_kw), np.inf)

    def home_kw(self, held: Bools, home: Ints, n_home: int) -> Floats:
        """The most that all cars of each home may charge together [n_home].

        The energy manager of n cars shares out, with g of ``FACTORS``,

            P = (1 + (n - 1) g(n)) P_least
        """
        if not self.by_home:
            return np.full(n_home, np.inf)
        cars = np.bincount(home, minlength=n_home)
        factor = np.array(FACTORS)[np.minimum(cars, len(FACTORS) - 1)]
        shared_kw = (1.0 + np.maximum(cars - 1, 0) * factor) * self.least_kw
        any_held = np.bincount(home[held], minlength=n_home) > 0
        return np.where(any_held, shared_kw, np.inf)


class Dimmed(NamedTuple):
    """Which elements are dimmed, and since which interval [n_element]."""

    on: Bools
    since: Ints

    @classmethod
    def none(cls, n: int) -> Dimmed:
        """Nobody is."""
        return cls(np.zeros(n, dtype=np.bool_), np.zeros(n, dtype=np.int64))
