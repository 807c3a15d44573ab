"""How fast two published battery models fade under a given stress."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass, replace
from types import MappingProxyType

import numpy as np

from twin.accounts.stress import ZERO_CELSIUS_K, Stress, mean_over_time
from twin.arrays import Floats

LEAST_KNEE_CYCLES = 100.0


@dataclass(frozen=True)
class Rates:
    """What one chunk does to a battery whose loss is k x^p in days and in cycles.

    days                 its length
    full_cycles          of the battery as it is today                          [n_ev]
    calendar             k of lost share by days                                [n_ev]
    cycling              k of lost share by full cycles                         [n_ev]
    cycling_by_capacity  what of that k goes with the capacity that is left     [n_ev]
    knee_cycles          full cycles at which active material gives out         [n_ev]
    """

    days: float
    full_cycles: Floats
    calendar: Floats
    cycling: Floats
    cycling_by_capacity: Floats
    knee_cycles: Floats

    def times(self, count: float) -> Rates:
        """The same conditions for as many times as long."""
        return replace(
            self, days=count * self.days, full_cycles=count * self.full_cycles
        )


@dataclass(frozen=True)
class Chemistry:
    """A published fade model: its exponents, its range, and its rates under stress.

    fitted_degc    temperatures within which it was fitted; beyond, the nearest is taken
    has_knee       whether a second limit, of active material, is modelled
    """

    name: str
    title: str
    calendar_exponent: float
    cycling_exponent: float
    fitted_degc: tuple[float, float]
    has_knee: bool
    rate: Callable[[Stress, Floats], Rates]

    def rates(self, stress: Stress) -> Rates:
        """Its rates in one chunk, at temperatures within the fitted range."""
        return self.rate(stress, np.clip(stress.temperature_degc, *self.fitted_degc))


def _nmc(stress: Stress, degc: Floats) -> Rates:
    """NMC 111 / graphite, Kokam 75 Ah.

    calendar  2.66e7 exp(-17.8 / TN) exp(-5.21 UN / TN)           TN = T / 308.15 K
    cycling   3.80e3 exp(-18.4 / TN) exp(1.04 exp(depth^2))       UN = U_a / 0.123 V
    knee      1e4 + 153 (t - 55) depth (mean soc / 0.6)           t in degC
    Each is the mean over the chunk's time. Deep cycles in the cold would bring the knee
    below zero, beyond what was fitted; it is held at 100 cycles.
    Source: Smith et al. 2017 (American Control Conference, IEEE 7963578), as BLAST-Lite
    1.1.1 implements it.
    """
    depth = stress.depth
    relative = (degc + ZERO_CELSIUS_K) / 308.15
    by_potential = np.exp(-5.21 / 0.123 * stress.anode_v / relative)
    by_depth = np.exp(1.04 * np.exp(depth**2))
    knee = 1e4 + 153.0 * (mean_over_time(degc) - 55.0) * depth * stress.mean_soc / 0.6
    return Rates(
        days=stress.days,
        full_cycles=stress.full_cycles,
        calendar=2.66e7 * mean_over_time(np.exp(-17.8 / relative) * by_potential),
        cycling=3.80e3 * mean_over_time(np.exp(-18.4 / relative)) * by_depth,
        cycling_by_capacity=np.zeros_like(depth),
        knee_cycles=np.maximum(knee, LEAST_KNEE_CYCLES),
    )


def _lfp(stress: Stress, degc: Floats) -> Rates:
    """LFP / graphite, large prismatic cell above 250 Ah.

    calendar  8.37e4 exp(-5.21e3 / T) exp(-3.56e3 U_a / T)        T in K
    cycling   (4.38e-8 + 1.55e-8 depth + 1.68e-7 c_rate q)
              x (exp(2.19e3 / T) + exp(-1.55e5 / T))
    q is the capacity that is left, c_rate in 1/h. Each is the mean over time.
    Source: BLAST-Lite 1.1.1, fitted to the tests of 10.1016/j.est.2023.109042.
    """
    kelvin = degc + ZERO_CELSIUS_K
    by_potential = np.exp(-3.56e3 * stress.anode_v / kelvin)
    by_warmth = mean_over_time(np.exp(2.19e3 / kelvin) + np.exp(-1.55e5 / kelvin))
    return Rates(
        days=stress.days,
        full_cycles=stress.full_cycles,
        calendar=8.37e4 * mean_over_time(np.exp(-5.21e3 / kelvin) * by_potential),
        cycling=(4.38e-8 + 1.55e-8 * stress.depth) * by_warmth,
        cycling_by_capacity=1.68e-7 * stress.c_rate_per_h * by_warmth,
        knee_cycles=np.full_like(stress.depth, np.inf),
    )


NMC = Chemistry("nmc", "NMC (Kokam 75 Ah)", 0.357, 0.778, (0.0, 45.0), True, _nmc)
LFP = Chemistry(
    "lfp", "LFP (prismatic, > 250 Ah)", 0.526, 0.828, (10.0, 45.0), False, _lfp
)
CHEMISTRIES: Mapping[str, Chemistry] = MappingProxyType({c.name: c for c in (NMC, LFP)})
