"""Hand-made looks at a feeder: cars in a zone, and what is forecast of it."""

from __future__ import annotations

from typing import Any

import numpy as np
from numpy.typing import ArrayLike

from twin.agents.allocation import paths
from twin.agents.observation import Observation

N_AHEAD = 24


def seen(n_ev: int = 1, **said: ArrayLike) -> Observation:
    """Cars of 50 kWh at 10 kW plugs, half full, in one zone of 100 kW; hourly steps.

    ``said`` replaces fields: one value for all cars, hours or zones, or one for each.
    Efficiency is 1, everyone leaves in 12 h and wants 0.9. Zones are heads unless
    ``parent`` says what supplies them.
    """
    zone = np.broadcast_to(said.get("zone", 0), n_ev)
    n_zone = int(said.pop("n_zone", 1))
    cars: dict[str, Any] = {
        "plugged": True,
        "soc": 0.5,
        "capacity_kwh": 50.0,
        "target_soc": 0.9,
        "floor_soc": 0.1,
        "charge_kw": 10.0,
        "give_kw": 10.0,
        "min_kw": 1.5,
        "efficiency": 1.0,
        "time_left_h": 12.0,
        "v_pu": 1.0,
        "home_kw": 0.0,
        "storm_h": np.inf,
        "opted_out": False,
        "enrolled": True,
        "zone": zone,
        "customer": np.arange(n_ev),
        "entity": np.arange(n_ev),
    }
    zones: dict[str, Any] = {"rating_kw": 100.0, "base_kw": 20.0}
    hours: dict[str, Any] = {
        "price_usd_per_kwh": 0.3,
        "export_price_usd_per_kwh": 0.0,
    }
    words: dict[str, Any] = {
        "now_s": 0,
        "step": 0,
        "step_h": 1.0,
        "minute_of_day": 1080,
        "day": 739_628,
        "temperature_degc": 5.0,
    }
    ahead_kw = said.pop("ahead_kw", 20.0)
    words["calls"] = said.pop("calls", ())
    parent = said.pop("parent", np.full(n_zone, -1))
    for name, value in said.items():
        for group in (cars, zones, hours, words):
            if name in group:
                group[name] = value
                break
        else:
            raise TypeError(f"no field {name}")
    return Observation(
        **words,
        **{name: _each(value, n_ev) for name, value in cars.items()},
        **{name: _each(value, n_zone) for name, value in zones.items()},
        **{name: _each(value, N_AHEAD) for name, value in hours.items()},
        ahead_kw=_ahead(ahead_kw, n_zone),
        path=paths(np.array(parent)),
    )


def _each(value: ArrayLike, n: int) -> np.ndarray:
    return np.array(np.broadcast_to(value, n))


def _ahead(value: ArrayLike, n_zone: int) -> np.ndarray:
    """One value, an hour's each [n_ahead], or all [n_ahead, n_zone]."""
    rows = np.asarray(value, dtype=np.float64)
    if rows.ndim == 1:
        rows = rows[:, None]
    return np.array(np.broadcast_to(rows, (N_AHEAD, n_zone)))
