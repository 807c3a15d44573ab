"""Homes that stay alight on their own car: who can, with how much, and if not why.

CONNECTED -> transfer, dark -> ISLANDED while the car is there and above its reserve
                            -> DARK otherwise
"""

from __future__ import annotations

from dataclasses import dataclass
from enum import IntEnum

import numpy as np

from twin.arrays import Bools, Floats, Ints

NOBODY = -1


class Why(IntEnum):
    """Why a home without supply is dark; NOT if it is not, or soon will not be."""

    NOT = 0
    NO_CAR = 1
    NO_BACKUP = 2
    AWAY = 3
    RESERVE = 4
    OVERLOAD = 5


WORDS = {
    Why.NOT: "",
    Why.NO_CAR: "it has no car",
    Why.NO_BACKUP: "no car that can supply a home",
    Why.AWAY: "its car is away, or not plugged in",
    Why.RESERVE: "its car is at its reserve",
    Why.OVERLOAD: "its load is more than the car can give",
}


@dataclass(frozen=True)
class Cars:
    """What a home sees of its cars. [n_ev] each

    ``capable``: the car can give, and its home has a transfer switch and a charger
    that forms a grid.
    """

    home: Ints
    capable: Bools
    plugged: Bools
    soc: Floats
    give_kw: Floats
    charge_kw: Floats
    min_kw: Floats


@dataclass(frozen=True)
class Islands:
    """Homes [n] on their own: the car that forms the grid (-1: none), its kW, why not.

    kw is what the car gives as long as its energy lasts; < 0: what it takes of PV.
    pv_kw is what of its PV serves the load; what the car does not take is curtailed.
    """

    car: Ints
    kw: Floats
    why: Ints
    pv_kw: Floats


@dataclass(frozen=True)
class BackupRules:
    """What a home with a backup does, the same for all.

    ``panel_share`` of the load is on the panel that the car supplies; above what the
    car can give the rest is shed, or the inverter ``trips``.
    """

    panel_share: float
    trips: bool
    reserve_soc: float

    def islands(
        self, cars: Cars, out: Bools, load_kw: Floats, sun_kw: Floats
    ) -> Islands:
        """What the homes without supply [n] can do for themselves at this load [n].

        p = min(L - PV, P_form); of several cars the first above its reserve forms the
        grid, or one at its reserve while PV covers the load. What PV leaves charges it.
        Source: docs/model.md "Outages and V2H".
        """
        n = len(out)
        asked_kw = self.panel_share * np.maximum(load_kw, 0.0)
        pv_kw = np.minimum(sun_kw, asked_kw)
        rest_kw = asked_kw - pv_kw
        here = cars.capable & cars.plugged & out[cars.home]
        held = ((sun_kw > 0.0) & (rest_kw <= 0.0))[cars.home]
        ready = here & ((cars.soc > self.reserve_soc) | held)
        car = _first_at(cars.home, ready, n)
        most_kw = _of_car(cars.give_kw, car)
        over = (car >= 0) & (rest_kw > most_kw) & self.trips
        car = np.where(over, NOBODY, car)
        takes_kw = np.minimum(sun_kw - pv_kw, _of_car(cars.charge_kw, car))
        takes_kw = np.where(takes_kw < _of_car(cars.min_kw, car), 0.0, takes_kw)
        gives_kw = np.minimum(rest_kw, most_kw)
        lit = car >= 0
        kw = np.where(lit, np.where(rest_kw > 0.0, gives_kw, -takes_kw), 0.0)
        why = np.where(lit, Why.NOT, self._why(cars, out, over))
        return Islands(car, kw, why, np.where(lit, pv_kw, 0.0))

    def _why(self, cars: Cars, out: Bools, over: Bools) -> Ints:
        """Why homes that form no island are dark [n]; of several reasons the last."""
        n = len(out)
        why = np.full(n, Why.NO_CAR)
        for reason, which in (
            (Why.NO_BACKUP, np.ones(len(cars.home), dtype=np.bool_)),
            (Why.AWAY, cars.capable),
            (Why.RESERVE, cars.capable & cars.plugged),
        ):
            why[_first_at(cars.home, which, n) >= 0] = reason
        why[over] = Why.OVERLOAD
        return np.where(out, why, Why.NOT)


def _first_at(home: Ints, which: Bools, n: int) -> Ints:
    """The first of the chosen cars at each home, -1 where there is none [n]."""
    first = np.full(n, NOBODY, dtype=np.int64)
    chosen = np.flatnonzero(which)[::-1]
    first[home[chosen]] = chosen
    return first


def _of_car(values: Floats, car: Ints) -> Floats:
    """Each home's car's [n], 0 where it has none."""
    if not len(values):
        return np.zeros(len(car))
    return np.where(car >= 0, values[car], 0.0)


def backup_hours(
    capacity_kwh: float,
    soc: float,
    reserve_soc: float,
    efficiency: float,
    load_kw: float,
) -> float:
    """How long a car supplies a constant load: E (soc - reserve) eta / L, in hours.

    Source: docs/model.md "Outages and V2H".
    """
    return max(0.0, capacity_kwh * (soc - reserve_soc) * efficiency / load_kw)
