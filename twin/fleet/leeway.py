"""What cars at a plug could take and give for a while beyond what they do."""

from __future__ import annotations

from typing import NamedTuple

import numpy as np

from twin.arrays import Bools, Floats, Records
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
    traits, soc = fleet.traits, fleet.state["soc"]
    left_h = (fleet.due_s - now_s) / 3600.0
    live = (fleet.state["cut_off"] == 0) & (fleet.state["forming"] == 0)
    able = fleet.plugged & live & (left_h >= hours)
    charge_kw, capacity_kwh = traits["charge_kw"], traits["capacity_kwh"]
    soc_per_kw = traits["efficiency"] / capacity_kwh
    due_soc = traits["target_soc"] - soc_per_kw * charge_kw * (left_h - hours)
    must_kw = np.clip((due_soc - soc) / (soc_per_kw * hours), 0.0, charge_kw)
    must_kw = np.where(soc < traits["floor_soc"], charge_kw, must_kw)
    floor_soc = np.maximum(traits["floor_soc"], due_soc)
    give_kw = sustained_kw(traits, soc, hours, floor_soc)
    return Leeway(
        able,
        np.where(able, _most_kw(traits, soc, hours), 0.0),
        np.where(able, must_kw, 0.0),
        np.where(able, give_kw, 0.0),
    )


def _most_kw(traits: Records, soc: Floats, hours: float) -> Floats:
    """What each car surely draws all through, below its taper [n_ev]."""
    level_soc = np.minimum(traits["target_soc"], traits["taper_soc"])
    room_kwh = np.maximum(0.0, level_soc - soc) * traits["capacity_kwh"]
    least_loss = traits["loss_linear"] + 2.0 * np.sqrt(
        traits["loss_constant"] * traits["loss_quadratic"]
    )
    best = traits["battery_efficiency"] * (1.0 - least_loss)
    kw = np.minimum(traits["charge_kw"], room_kwh / (best * hours))
    lasts: Floats = np.where(kw >= np.maximum(traits["min_kw"], 1e-9), kw, 0.0)
    return lasts
