"""What cars at a plug could take and give for a while beyond what they do."""

from __future__ import annotations

import math
from typing import NamedTuple

import numpy as np

from twin.arrays import Bools, Floats, Ints, Records, Row, compiled
from twin.fleet.charging import sustained_kw
from twin.fleet.fleet import Fleet

LASTING_H = 1.0


class Leeway(NamedTuple):
    """Powers that each car can keep up for a while, its meter left aside [n_ev].

    able     at a live plug until the while is over, as its driver has declared
    most_kw  can be drawn all through
    must_kw  has to be drawn, so that the car is charged in time
    give_kw  can be given all through, down to the reserve and what is due later
    """

    able: Bools
    most_kw: Floats
    must_kw: Floats
    give_kw: Floats


def leeway(fleet: Fleet, now_s: int, hours: float = LASTING_H) -> Leeway:
    """The leeway of a fleet at an instant.

    With s the SOC, E the capacity, P the charging power, eta its share that reaches the
    cells at full power, eta* the best at any power, t the hours left, h ``hours``::

        due    = s_target - eta P (t - h) / E      SOC that is needed after h
        must   = (due - s) E / (eta h)             within 0 and P
        most   = min(P, (min(s_target, s_taper) - s) E / (eta* h))
        give   = sustained for h from s down to max(s_reserve, due)

    A car below its reserve has to go on with what it does: ``must`` is P.

    Source: docs/model.md "Leeway".
    """
    n, state = len(fleet.traits), fleet.state
    found = Leeway(np.zeros(n, dtype=np.bool_), np.zeros(n), np.zeros(n), np.zeros(n))
    live = fleet.plugged & (state["cut_off"] == 0) & (state["forming"] == 0)
    _fill(fleet.traits, state["soc"], live, fleet.due_s, now_s, hours, *found)
    return found


@compiled
def _fill(
    traits: Records,
    soc: Floats,
    live: Bools,
    due_s: Ints,
    now_s: int,
    hours: float,
    able: Bools,
    most_kw: Floats,
    must_kw: Floats,
    give_kw: Floats,
) -> None:
    """The leeway of each car that is live, into the last four [n_ev]."""
    for k in range(len(soc)):
        left_h = (due_s[k] - now_s) / 3600.0
        if not live[k] or left_h < hours:
            continue
        car = traits[k]
        able[k] = True
        soc_per_kw = car.efficiency / car.capacity_kwh
        due_soc = car.target_soc - soc_per_kw * car.charge_kw * (left_h - hours)
        must = min(max((due_soc - soc[k]) / (soc_per_kw * hours), 0.0), car.charge_kw)
        must_kw[k] = car.charge_kw if soc[k] < car.floor_soc else must
        most_kw[k] = _most_kw(car, soc[k], hours)
        give_kw[k] = sustained_kw(car, soc[k], hours, max(car.floor_soc, due_soc))


@compiled
def _most_kw(car: Row, soc: float, hours: float) -> float:
    """What a car surely draws all through, below its taper."""
    room_kwh = max(0.0, min(car.target_soc, car.taper_soc) - soc) * car.capacity_kwh
    least_loss = car.loss_linear + 2.0 * math.sqrt(
        car.loss_constant * car.loss_quadratic
    )
    best = car.battery_efficiency * (1.0 - least_loss)
    kw = min(car.charge_kw, room_kwh / (best * hours))
    return kw if kw >= max(car.min_kw, 1e-9) else 0.0
