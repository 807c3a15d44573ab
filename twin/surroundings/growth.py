"""Loads of a later year: those of today grown, and heat pumps beside them."""

from __future__ import annotations

from pathlib import Path

import numpy as np

from twin.arrays import Floats, Ints
from twin.surroundings.profiles import Profile
from twin.surroundings.weather import Weather

HEATING_BELOW_DEGC = 16.0
FLOW_DEGC = 40.0
LEAST_LIFT_K, MOST_LIFT_K = 15.0, 60.0


def cop(outside_degc: Floats) -> Floats:
    """Heat per electricity of an air-source heat pump.

    6.81 - 0.121 dT + 0.000630 dT^2, dT the lift to a flow of 40 degC, 15 to 60 K

    Source: Staffell, Brett, Brandon, Hawkes, "A review of domestic heat pumps",
    Energy & Environmental Science 5 (2012), their regression of tested models.
    """
    lift = np.clip(FLOW_DEGC - outside_degc, LEAST_LIFT_K, MOST_LIFT_K)
    return 6.81 - 0.121 * lift + 0.000630 * lift**2


class HeatPumps:
    """What heat pumps draw: the day's heat evenly, at the hour's efficiency.

    P = U max(0, 16 degC - T_day) / COP(T)      kW, U the heat loss in kW per kelvin

    The day's mean stands for a building's inertia; hot water is left out.
    """

    def __init__(self, weather: Weather, loss_w_per_k: Floats) -> None:
        """Heat loss of each home, 0 without a heat pump [n]."""
        self.weather, self.loss_kw_per_k = weather, loss_w_per_k / 1000.0

    def day_kw(self, day: int) -> Floats:
        """Mean kW of each interval and home of a local day [steps, n]."""
        outside = self.weather.temperature_degc(day)
        heating_k = max(0.0, HEATING_BELOW_DEGC - float(outside.mean()))
        kw: Floats = np.outer(heating_k / cop(outside), self.loss_kw_per_k)
        return kw


class Grown:
    """A data set's loads times a factor, and what heat pumps add."""

    def __init__(
        self, profile: Profile, factor: float, heat_pumps: HeatPumps | None = None
    ) -> None:
        """Loads of a data set, grown."""
        self.profile, self.factor, self.heat_pumps = profile, factor, heat_pumps

    @property
    def name(self) -> str:
        """The data set's own name."""
        return self.profile.name

    @property
    def notes(self) -> tuple[str, ...]:
        """The data set's own, and what of heat pumps is assumed."""
        if self.heat_pumps is None:
            return self.profile.notes
        return (
            *self.profile.notes,
            "heat pumps: the day's heat evenly, no hot water, no cooling; heat loss "
            "by home and a flow of 40 degC are assumed",
        )

    @property
    def inputs(self) -> tuple[Path, ...]:
        """The data files used."""
        return self.profile.inputs

    def day_kw(self, day: int) -> Floats:
        """Mean kW of each interval and home of a local day [steps, n]."""
        return self._with_heat(self.profile.day_kw(day), day)

    def mean_kw(self, day: int) -> Floats:
        """The load model's expected day of that date [steps, n]."""
        return self._with_heat(self.profile.mean_kw(day), day)

    def histories(self, day: int) -> tuple[Ints, Ints] | None:
        """The data set's own."""
        return self.profile.histories(day)

    def _with_heat(self, kw: Floats, day: int) -> Floats:
        grown = kw * self.factor
        return grown if self.heat_pumps is None else grown + self.heat_pumps.day_kw(day)
