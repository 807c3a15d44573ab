"""What a battery takes and gives at a plug: converter, taper, standby, limits."""

from __future__ import annotations

import math

import numpy as np

from twin.arrays import Floats, Records, Row, compiled
from twin.fleet.state import Phase

CONVERTER = (0.006, 0.02, 0.035)
BATTERY_EFFICIENCY = 0.98
STANDBY_KW = 0.15
FLOOR_SOC = 0.1
TAPER_END_SOC = 0.999
_PLUGGED = int(Phase.PLUGGED)
_GAUSS_X = np.array(
    [
        -0.9061798459386640,
        -0.5384693101056831,
        0.0,
        0.5384693101056831,
        0.906179845938664,
    ]
)
_GAUSS_W = np.array(
    [
        0.2369268850561891,
        0.4786286704993665,
        0.5688888888888889,
        0.4786286704993665,
        0.2369268850561891,
    ]
)


@compiled
def converter_loss_kw(
    ac_kw: float, rated_kw: float, constant: float, linear: float, quadratic: float
) -> float:
    """Loss of the converter at an AC power of either sign, in kW.

    ``L = S (a + b |P|/S + c (P/S)^2)``, 0 when it is switched off.

    Source: form and default coefficients, docs/model.md "Converter"; fitted to the
    round trips of Schram et al., Empirical Evaluation of V2G Round-trip Efficiency,
    2020.
    """
    if ac_kw == 0.0:
        return 0.0
    share = abs(ac_kw) / rated_kw
    return rated_kw * (constant + linear * share + quadratic * share * share)


@compiled
def ac_kw_of_dc(
    dc_kw: float, rated_kw: float, constant: float, linear: float, quadratic: float
) -> float:
    """AC power that charges with ``dc_kw`` > 0: the inverse of ``P - L(P)``, in kW."""
    b, need = 1.0 - linear, constant + dc_kw / rated_kw
    if quadratic == 0.0:
        return rated_kw * need / b
    return (
        rated_kw * (b - math.sqrt(b * b - 4.0 * quadratic * need)) / (2.0 * quadratic)
    )


def charging_efficiency(traits: Records) -> Floats:
    """Share of AC energy that reaches the cells at full charging power [n_ev]."""
    power = traits["charge_kw"] / traits["rated_kw"]
    loss = (
        traits["loss_constant"]
        + traits["loss_linear"] * power
        + traits["loss_quadratic"] * power**2
    )
    share: Floats = traits["battery_efficiency"] * (1.0 - loss / power)
    return share


@compiled
def charge(
    soc: float, ac_kw: float, hours: float, car: Row
) -> tuple[float, float, float]:
    """Charge one car for some hours: (SOC after, AC kWh drawn, kWh lost).

    Constant power ``dE = eta_b (P - L(P)) dt`` up to the taper, where the battery
    takes ``P_dc <= P_dc,rated (1 - soc)/(1 - soc_taper)``: its SOC then nears 1
    exponentially, and the charger ends at SOC 0.999. Nothing is drawn beyond the
    car's target. AC energy of the taper by five-point Gauss-Legendre quadrature.

    Source: docs/model.md "Charging".
    """
    target = min(car.target_soc, TAPER_END_SOC)
    if soc >= target or ac_kw <= 0.0 or hours <= 0.0:
        return soc, 0.0, 0.0
    rated, a = car.rated_kw, car.loss_constant
    b, c, eta = car.loss_linear, car.loss_quadratic, car.battery_efficiency
    dc_kw = ac_kw - converter_loss_kw(ac_kw, rated, a, b, c)
    if dc_kw <= 0.0:
        return soc, ac_kw * hours, ac_kw * hours
    full_kw = car.charge_kw - converter_loss_kw(car.charge_kw, rated, a, b, c)
    knee = 1.0 - (1.0 - car.taper_soc) * dc_kw / full_kw
    level_end = min(target, max(knee, soc))
    level_h = min(hours, (level_end - soc) * car.capacity_kwh / (eta * dc_kw))
    drawn_kwh = ac_kw * level_h
    after = soc + eta * dc_kw * level_h / car.capacity_kwh
    if level_h < hours and level_end < target:
        decay_h = (1.0 - car.taper_soc) * car.capacity_kwh / (eta * full_kw)
        start_kw = full_kw * (1.0 - level_end) / (1.0 - car.taper_soc)
        until_target_h = decay_h * math.log((1.0 - level_end) / (1.0 - target))
        taper_h = min(hours - level_h, until_target_h)
        for n in range(5):
            at_h = 0.5 * taper_h * (1.0 + _GAUSS_X[n])
            ac_then = ac_kw_of_dc(start_kw * math.exp(-at_h / decay_h), rated, a, b, c)
            drawn_kwh += 0.5 * taper_h * _GAUSS_W[n] * ac_then
        after = 1.0 - (1.0 - level_end) * math.exp(-taper_h / decay_h)
        after = min(after, target)
    elif level_h < hours or after > level_end:
        after = level_end
    return after, drawn_kwh, drawn_kwh - (after - soc) * car.capacity_kwh


@compiled
def give_down_to(
    soc: float, ac_kw: float, hours: float, car: Row, floor_soc: float
) -> tuple[float, float, float, float]:
    """Give, as ``give`` says, until a floor: (SOC after, AC kWh, lost, standby)."""
    if soc <= floor_soc or ac_kw <= 0.0 or hours <= 0.0:
        return soc, 0.0, 0.0, 0.0
    loss_kw = converter_loss_kw(
        ac_kw, car.rated_kw, car.loss_constant, car.loss_linear, car.loss_quadratic
    )
    cell_kw = (ac_kw + loss_kw) / car.battery_efficiency
    drain_kw = cell_kw + car.standby_kw
    to_floor_h = (soc - floor_soc) * car.capacity_kwh / drain_kw
    given_h = min(hours, to_floor_h)
    after = soc - drain_kw * given_h / car.capacity_kwh
    if given_h < hours:
        after = floor_soc
    lost_kwh = (cell_kw - ac_kw) * given_h
    return after, ac_kw * given_h, lost_kwh, car.standby_kw * given_h


@compiled
def give(
    soc: float, ac_kw: float, hours: float, car: Row
) -> tuple[float, float, float, float]:
    """Discharge one car: (SOC after, AC kWh given, kWh lost, kWh of standby).

    ``dE = -((P + L(P)) / eta_b + P_standby) dt`` with ``ac_kw`` > 0 the power at the
    plug, until the car's floor.

    Source: docs/model.md "Giving".
    """
    return give_down_to(soc, ac_kw, hours, car, car.floor_soc)


@compiled
def sustained_kw(car: Row, soc: float, hours: float, floor_soc: float) -> float:
    """What a car can give all through so many hours, down to a floor.

    Solves ``(P + L(P)) / eta_b + P_standby = (soc - floor) E / h`` for P, at most what
    the car gives, and 0 where that is below the charger's least power.

    Source: docs/model.md "Giving".
    """
    above_kw = max(0.0, soc - floor_soc) * car.capacity_kwh / hours
    dc_kw = car.battery_efficiency * (above_kw - car.standby_kw)
    rated = max(car.rated_kw, 1e-9)
    a, c = car.loss_constant, max(car.loss_quadratic, 1e-9)
    b = 1.0 + car.loss_linear
    root = math.sqrt(max(0.0, b * b - 4.0 * c * (a - dc_kw / rated)))
    kw = min(rated * (root - b) / (2.0 * c), car.give_kw)
    return kw if kw >= max(car.min_kw, 1e-9) else 0.0


@compiled
def fleet_sustained_kw(traits: Records, soc: Floats, hours: float) -> Floats:
    """What each car can give for so many hours, down to its own floor [n_ev]."""
    kw = np.zeros(len(soc))
    for k in range(len(soc)):
        kw[k] = sustained_kw(traits[k], soc[k], hours, traits[k].floor_soc)
    return kw


@compiled
def supply_home(row: Row, own: Row, now_s: int) -> None:
    """What a car did for its home without a grid, from when the transfer was done.

    Giving ends at ``form_floor_soc``; with set_kw > 0 it takes what PV leaves, and with
    0 it holds the grid for PV. The same physics as on the grid.
    """
    hours = (now_s - max(row.settled_s, row.forms_from_s)) / 3600.0
    row.settled_s = now_s
    if row.phase != _PLUGGED or hours <= 0.0:
        return
    if row.set_kw >= 0.0:
        row.soc, drawn_kwh, lost_kwh = charge(row.soc, row.set_kw, hours, own)
        row.interval_in_kwh += drawn_kwh
        row.interval_island_kwh -= drawn_kwh
        row.session_in_kwh += drawn_kwh
        row.charged_kwh += drawn_kwh
        row.island_in_kwh += drawn_kwh
        row.island_s += 3600.0 * hours
        row.loss_kwh += lost_kwh
        return
    row.soc, given_kwh, lost_kwh, standby_kwh = give_down_to(
        row.soc, -row.set_kw, hours, own, row.form_floor_soc
    )
    row.interval_out_kwh += given_kwh
    row.interval_island_kwh += given_kwh
    row.session_out_kwh += given_kwh
    row.discharged_kwh += given_kwh
    row.island_kwh += given_kwh
    row.island_s += 3600.0 * given_kwh / -row.set_kw
    row.loss_kwh += lost_kwh
    row.standby_kwh += standby_kwh


@compiled
def settle(traits: Records, state: Records, car: int, now_s: int) -> None:
    """Bring one car's energy up to an instant at the set-point it has held."""
    row, own = state[car], traits[car]
    if row.forming == 1:
        supply_home(row, own, now_s)
        return
    hours = (now_s - row.settled_s) / 3600.0
    row.settled_s = now_s
    if row.phase != _PLUGGED or row.set_kw == 0.0 or hours <= 0.0:
        return
    if row.set_kw > 0.0:
        row.soc, drawn_kwh, lost_kwh = charge(row.soc, row.set_kw, hours, own)
        row.interval_in_kwh += drawn_kwh
        row.session_in_kwh += drawn_kwh
        row.charged_kwh += drawn_kwh
        row.loss_kwh += lost_kwh
    else:
        row.soc, given_kwh, lost_kwh, standby_kwh = give(
            row.soc, -row.set_kw, hours, own
        )
        row.interval_out_kwh += given_kwh
        row.session_out_kwh += given_kwh
        row.discharged_kwh += given_kwh
        row.loss_kwh += lost_kwh
        row.standby_kwh += standby_kwh


@compiled
def settle_all(traits: Records, state: Records, now_s: int) -> None:
    """Bring every car's energy up to an instant [n_ev]."""
    for car in range(state.shape[0]):
        settle(traits, state, car, now_s)
