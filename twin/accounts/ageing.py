"""What batteries have lost by time and by cycles, and what a chunk of time adds."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass

import numpy as np

from twin.accounts.chemistries import Chemistry, Rates
from twin.accounts.stress import H_PER_DAY, Stress
from twin.arrays import Floats

DAYS_PER_YEAR = 365.0
MATERIAL_MARGIN = 0.01
KNEE_POWER = 10.0
MOST_MATERIAL = 1.0 - 1e-9


@dataclass(frozen=True)
class Fade:
    """Lost capacity as a share of the new battery's. [n_ev]

    calendar  by the time that passed, at the state of charge and warmth it passed at
    cycling   by charge that went in and out
    material  loss of active material, which counts only once it exceeds the other two
    """

    calendar: Floats
    cycling: Floats
    material: Floats

    @property
    def capacity(self) -> Floats:
        """What is left of the new battery's capacity. [n_ev]

        q = min(1 - calendar - cycling, 1.01 - material)
        """
        lithium = 1.0 - self.calendar - self.cycling
        return np.minimum(lithium, 1.0 + MATERIAL_MARGIN - self.material)


def fresh(n_ev: int) -> Fade:
    """New batteries."""
    return Fade(*(np.zeros(n_ev) for _ in range(3)))


def of_capacity(capacity: Floats, cycling_share: float) -> Fade:
    """Batteries of a measured capacity, of whose loss cycles are said to be a share."""
    lost = 1.0 - capacity
    return Fade(lost * (1 - cycling_share), lost * cycling_share, np.zeros_like(lost))


def aged(chemistry: Chemistry, day: Stress, years: float) -> Fade:
    """New batteries after years of one kind of day."""
    rates = chemistry.rates(day).times(years * DAYS_PER_YEAR / day.days)
    return advance(chemistry, fresh(day.soc.shape[1]), rates)


def rest(soc: Floats, temperature_degc: float) -> Stress:
    """A day at one state of charge. [n_ev]"""
    return _day(np.stack([soc, soc]), temperature_degc)


def daily_cycle(high_soc: Floats, low_soc: Floats, temperature_degc: float) -> Stress:
    """A day of one even cycle between two states of charge. [n_ev]"""
    return _day(np.stack([high_soc, low_soc, high_soc]), temperature_degc)


def _day(soc: Floats, temperature_degc: float) -> Stress:
    degc = np.full((len(soc), 1), temperature_degc)
    return Stress(soc, degc, H_PER_DAY / (len(soc) - 1))


def advance(chemistry: Chemistry, fade: Fade, rates: Rates) -> Fade:
    """The loss after one more chunk.

    Cycles are counted of the new battery's capacity, so those of the chunk count by the
    capacity q that is left at its start.
    """
    left = fade.capacity
    cycles = rates.full_cycles * left
    per_cycle = rates.cycling + rates.cycling_by_capacity * left
    return Fade(
        powered(fade.calendar, rates.calendar, chemistry.calendar_exponent, rates.days),
        powered(fade.cycling, per_cycle, chemistry.cycling_exponent, cycles),
        _given_out(fade.material, rates.knee_cycles, cycles)
        if chemistry.has_knee
        else fade.material,
    )


def follow(chemistry: Chemistry, fade: Fade, days: Iterable[Rates]) -> Fade:
    """The loss after one chunk after another."""
    for rates in days:
        fade = advance(chemistry, fade, rates)
    return fade


def powered(
    lost: Floats, rate: Floats, exponent: float, more: Floats | float
) -> Floats:
    """A loss y = k x^p carried on at another k, exactly.

    x_eq = (y / k)^(1/p);  y <- k (x_eq + dx)^p
    However even conditions are cut into chunks, the end is the same. Never less than
    before.
    """
    so_far = (lost / rate) ** (1.0 / exponent)
    grown: Floats = rate * (so_far + more) ** exponent
    return np.maximum(lost, grown)


def _given_out(lost: Floats, knee_cycles: Floats, cycles: Floats) -> Floats:
    """Lost active material: y = 1 - 2 / (1 + exp((x / knee)^10)), carried on exactly.

    The same as tanh(z / 2) with z = (x / knee)^10.
    """
    so_far = knee_cycles * (2.0 * np.arctanh(lost)) ** (1.0 / KNEE_POWER)
    grown = np.tanh(((so_far + cycles) / knee_cycles) ** KNEE_POWER / 2.0)
    return np.minimum(np.maximum(lost, grown), MOST_MATERIAL)
