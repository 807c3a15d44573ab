"""What a roof's solar cells give, from the weather."""

from __future__ import annotations

import numpy as np

from twin.arrays import Floats, Ints
from twin.randomness import Purpose, uniform
from twin.surroundings.sun import on_plane_wm2
from twin.surroundings.weather import Weather

SYSTEM_EFFICIENCY = 0.86 * 0.96
PER_KELVIN = -0.0037
NOCT_DEGC = 45.0
TILT_DEG = 30.0
AZIMUTHS_DEG = np.arange(90.0, 271.0, 30.0)
AZIMUTH_SHARES = np.array([0.08, 0.12, 0.18, 0.24, 0.18, 0.12, 0.08])


class Pv:
    """Roofs of tilt 30 degrees, turned by key to between east and west [n].

    The shares of directions are an assumption; south is the most frequent.
    """

    notes = (
        "pv: computed from the weather (Erbs split, isotropic sky, PVWatts losses); "
        "tilt 30 degrees and the shares of roof directions are assumptions; all roofs "
        "of a feeder share one sky",
    )

    def __init__(self, weather: Weather, size_kwp: Floats, seed: int) -> None:
        """Bind roofs to the weather; a home's direction depends on its index only."""
        self.weather, self.size_kwp = weather, size_kwp
        drawn = uniform(seed, Purpose.PV_PLANE, np.arange(len(size_kwp)))
        edges = np.cumsum(AZIMUTH_SHARES)[:-1]
        self.plane: Ints = np.searchsorted(edges, drawn, side="right")

    def day_kw(self, day: int) -> Floats:
        """Output of each home in each interval of a local day, kW >= 0 [steps, n]."""
        if not self.size_kwp.any():
            return np.zeros((len(self.weather.irradiance_wm2(day)), len(self.size_kwp)))
        planes = [pv_kw_per_kwp(self.weather, day, azimuth) for azimuth in AZIMUTHS_DEG]
        output: Floats = np.stack(planes, axis=1)[:, self.plane] * self.size_kwp
        return output


def pv_kw_per_kwp(weather: Weather, day: int, azimuth_deg: float = 180.0) -> Floats:
    """AC output in each interval of a local day, kW >= 0 per kWp [steps].

    ``P = G / 1000 * eta * (1 + gamma (T_cell - 25))``, ``T_cell = T_air + (NOCT - 20)
    G / 800`` with G the irradiance on the plane in W/m2, system losses 14 %, inverter
    96 %, gamma = -0.0037 / K (crystalline silicon).
    Source: Dobos, PVWatts Version 5 Manual, NREL/TP-6A20-62641 (2014); Ross, NOCT
    (1976).
    """
    plane_wm2 = on_plane_wm2(
        weather.sun(day), weather.irradiance_wm2(day), TILT_DEG, azimuth_deg
    )
    cell_degc = weather.temperature_degc(day) + (NOCT_DEGC - 20) * plane_wm2 / 800
    derating = 1 + PER_KELVIN * (cell_degc - 25)
    output = plane_wm2 / 1000 * SYSTEM_EFFICIENCY * derating
    return np.clip(output, 0.0, 1.0)
