"""What an inverter does at a voltage: volt-var, volt-watt, power factor, its circle.

With v the voltage it measures, pu, and p > 0 consumption, q > 0 absorbed:

    volt-var       q = -Q(v) S_var              Q piecewise linear, > 0 injected
    volt-watt      p >= -P(v) P_rated           what it gives alone
    circle         |p| <= sqrt(S^2 - q^2)       reactive power first
    power factor   q = t |p|, |p| <= S / sqrt(1 + t^2)

Source: IEEE 1547-2018, 5.3 and 5.4; Electric Rule 21 (California), section Hh.
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import NamedTuple

import numpy as np

from twin.arrays import Floats, compiled

Points = Sequence[Sequence[float]]


class InverterLaw(NamedTuple):
    """What all inverters of a feeder follow; a curve without points is none.

    var_v, var_q    voltages, pu, and vars per available kVA, > 0 injected
    watt_v, watt_p  voltages, pu, and the most given per rated kW
    tangent         kvar absorbed per kW of a fixed power factor
    """

    var_v: Floats
    var_q: Floats
    watt_v: Floats
    watt_p: Floats
    tangent: float


class Asking(NamedTuple):
    """What inverters are asked, and may do. Arrays [n_inverter].

    kw       before any limit, consumption > 0
    kva      apparent power available
    var_kva  what volt-var's shares are of
    watt_kw  what volt-watt's shares are of
    """

    kw: Floats
    kva: Floats
    var_kva: Floats
    watt_kw: Floats


def inverter_law(
    volt_var: Points = (), volt_watt: Points = (), tangent: float = 0.0
) -> InverterLaw:
    """From points (voltage, share), voltages rising."""
    var = np.array(volt_var, dtype=np.float64).reshape(-1, 2)
    watt = np.array(volt_watt, dtype=np.float64).reshape(-1, 2)
    (var_v, var_q), (watt_v, watt_p) = var.T.copy(), watt.T.copy()
    return InverterLaw(var_v, var_q, watt_v, watt_p, float(tangent))


@compiled
def along(v: float, at: Floats, value: Floats) -> tuple[float, float]:
    """A piecewise linear curve and its slope; level beyond its ends."""
    last = len(at) - 1
    if v <= at[0]:
        return value[0], 0.0
    if v >= at[last]:
        return value[last], 0.0
    k = 0
    while v > at[k + 1]:
        k += 1
    slope = (value[k + 1] - value[k]) / (at[k + 1] - at[k])
    return value[k] + slope * (v - at[k]), slope


@compiled
def answer(
    v: float, kw: float, kva: float, var_kva: float, watt_kw: float, law: InverterLaw
) -> tuple[float, float, float, float]:
    """P and Q, consumption > 0, and their derivatives by the voltage."""
    if law.tangent != 0.0:
        most = kva / np.sqrt(1.0 + law.tangent * law.tangent)
        p = min(max(kw, -most), most)
        return p, law.tangent * abs(p), 0.0, 0.0
    q, q_slope = 0.0, 0.0
    if len(law.var_v):
        share, slope = along(v, law.var_v, law.var_q)
        q, q_slope = -share * var_kva, -slope * var_kva
    most, most_slope = np.sqrt(max(kva * kva - q * q, 0.0)), 0.0
    if most > 0.0:
        most_slope = -q * q_slope / most
    if kw < 0.0 and len(law.watt_v):
        share, slope = along(v, law.watt_v, law.watt_p)
        if share * watt_kw < most:
            most, most_slope = share * watt_kw, slope * watt_kw
    if abs(kw) <= most:
        return kw, q, 0.0, q_slope
    if kw < 0.0:
        return -most, q, -most_slope, q_slope
    return most, q, most_slope, q_slope


@compiled
def answers(v: Floats, asking: Asking, law: InverterLaw) -> Floats:
    """P, Q, dP/dv and dQ/dv of each inverter [4, n_inverter]."""
    out = np.empty((4, len(v)))
    for k in range(len(v)):
        p, q, p_slope, q_slope = answer(
            v[k], asking.kw[k], asking.kva[k], asking.var_kva[k], asking.watt_kw[k], law
        )
        out[0, k], out[1, k], out[2, k], out[3, k] = p, q, p_slope, q_slope
    return out
