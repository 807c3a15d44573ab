"""What a stretch of time asks of batteries: depth, cycles, rate, potential, warmth."""

from __future__ import annotations

from dataclasses import dataclass
from functools import cached_property

import numpy as np

from twin.arrays import Floats, compiled

ZERO_CELSIUS_K = 273.15
LEAST_C_RATE_PER_H = 0.01
H_PER_DAY = 24.0
BATTERY_LAG_H = 15.0
EMPTY_ANODE, FULL_ANODE = 0.0085, 0.78


@dataclass(frozen=True, eq=False)
class Stress:
    """One chunk, usually a local day: samples at even instants, both ends included.

    soc               state of charge, of the battery as it is today  [n_sample, n_ev]
    temperature_degc  of the battery                [n_sample, 1] or [n_sample, n_ev]
    step_h            between samples
    """

    soc: Floats
    temperature_degc: Floats
    step_h: float

    @property
    def days(self) -> float:
        """Its length."""
        return (len(self.soc) - 1) * self.step_h / H_PER_DAY

    @cached_property
    def full_cycles(self) -> Floats:
        """Equivalent full cycles, half the way that the charge went. [n_ev]"""
        return full_cycles(self.soc)

    @cached_property
    def depth(self) -> Floats:
        """Highest less lowest state of charge. [n_ev]"""
        spread: Floats = self.soc.max(axis=0) - self.soc.min(axis=0)
        return spread

    @cached_property
    def mean_soc(self) -> Floats:
        """Mean state of charge over time. [n_ev]"""
        return mean_over_time(self.soc)

    @cached_property
    def c_rate_per_h(self) -> Floats:
        """Mean of |d soc / dt| over time, idle time included. [n_ev]

        Rates below 0.01 / h are idle. As the model's own package takes it: a trapezoid
        through the intervals, in which the chunk's first and last count half.
        Source: BLAST-Lite 1.1.1.
        """
        rate = np.abs(np.diff(self.soc, axis=0)) / self.step_h
        rate[rate < LEAST_C_RATE_PER_H] = 0.0
        return np.asarray(np.trapezoid(rate, axis=0) / len(rate), dtype=np.float64)

    @cached_property
    def anode_v(self) -> Floats:
        """Potential of the graphite anode. [n_sample, n_ev]"""
        return anode_potential_v(self.soc)


def full_cycles(soc: Floats) -> Floats:
    """Equivalent full cycles: 0.5 sum |d soc|. [n_sample, ...] -> [...]"""
    moved: Floats = np.abs(np.diff(soc, axis=0)).sum(axis=0)
    return 0.5 * moved


@compiled
def anode_potential_v(soc: Floats) -> Floats:
    """Open-circuit potential of a graphite anode against lithium. [n_sample, n_ev]

    x = 0.0085 + soc (0.78 - 0.0085), then a fitted sum of an exponential and five tanh.
    A car that stands keeps its value, as most do at most instants.
    Source: Safari and Delacourt 2011 (10.1149/1.3567007), as BLAST-Lite 1.1.1 takes it.
    """
    potential = np.empty_like(soc)
    for sample in range(soc.shape[0]):
        for car in range(soc.shape[1]):
            if sample and soc[sample, car] == soc[sample - 1, car]:
                potential[sample, car] = potential[sample - 1, car]
                continue
            x = EMPTY_ANODE + soc[sample, car] * (FULL_ANODE - EMPTY_ANODE)
            potential[sample, car] = (
                0.6379
                + 0.5416 * np.exp(-305.5309 * x)
                + 0.044 * np.tanh(-(x - 0.1958) / 0.1088)
                - 0.1978 * np.tanh((x - 1.0571) / 0.0854)
                - 0.6875 * np.tanh((x + 0.0117) / 0.0529)
                - 0.0175 * np.tanh((x - 0.5692) / 0.0875)
            )
    return potential


def mean_over_time(values: Floats) -> Floats:
    """Mean of samples at even instants, by trapezoid. [n_sample, ...] -> [...]"""
    mean = np.trapezoid(values, axis=0) / (len(values) - 1)
    return np.asarray(mean, dtype=np.float64)


def battery_degc(
    outdoor_degc: Floats, step_h: float, lag_h: float = BATTERY_LAG_H
) -> Floats:
    """Temperature of a parked battery: the outdoor air's, with a first-order lag.

    outdoor_degc  mean of each interval                                       [n_step]

    Exact for an even temperature within each interval:
    T <- T_air + (T - T_air) exp(-dt / lag). It begins at the mean of the first day; its
    own heat of charging and driving is left out. Returns the start and each interval's
    end. [n_step + 1]
    """
    first_day = outdoor_degc[: max(1, round(H_PER_DAY / step_h))]
    keeps = float(np.exp(-step_h / lag_h))
    held = float(first_day.mean())
    course = [held]
    for air in outdoor_degc.tolist():
        held = air + (held - air) * keeps
        course.append(held)
    return np.array(course)
