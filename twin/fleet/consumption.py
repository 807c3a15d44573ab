"""Energy that a trip takes from the battery, by outdoor temperature."""

from __future__ import annotations

import numpy as np
from numpy.typing import ArrayLike

from twin.arrays import Floats

TEMPERATURE_DEGC = (-20.0, -10.0, 0.0, 10.0, 20.0, 25.0, 30.0, 35.0, 40.0)
FACTOR = (1.80, 1.55, 1.32, 1.12, 1.00, 1.00, 1.04, 1.12, 1.22)


def trip_energy_kwh(
    distance_km: ArrayLike, e_ref_kwh_per_km: ArrayLike, temperature_degc: ArrayLike
) -> Floats:
    """Energy of each trip at the battery, kWh.

    ``E = distance * e_ref * f(T)``

    Args:
        distance_km: distance driven, [n]
        e_ref_kwh_per_km: consumption at the battery at 21 degC, [n]
        temperature_degc: outdoor temperature, [n] or one
    """
    factor = temperature_factor(temperature_degc)
    energy: Floats = np.asarray(distance_km) * np.asarray(e_ref_kwh_per_km) * factor
    return energy


def temperature_factor(temperature_degc: ArrayLike) -> Floats:
    """Consumption against that at 21 degC, linear between the table's points.

    Beyond -20 and 40 degC the last value holds. Source: assumed table anchored on the
    fleet telematics of Geotab, "To what degree does temperature impact EV range?"
    (2020, updated 2023).
    """
    factor: Floats = np.interp(
        np.asarray(temperature_degc, dtype=np.float64), TEMPERATURE_DEGC, FACTOR
    )
    return factor
