"""Days of a battery that reference numbers were computed for."""

from __future__ import annotations

import numpy as np

from twin.accounts.ageing import Fade, advance, fresh
from twin.accounts.chemistries import Chemistry, Rates
from twin.accounts.stress import Stress

DRIVE = (
    (0, 0.65),
    (1, 0.80),
    (8, 0.80),
    (9, 0.725),
    (17, 0.725),
    (18, 0.65),
    (24, 0.65),
)
GIVE = (
    (0, 0.35), (3, 0.80), (8, 0.80), (9, 0.725), (17, 0.725), (18, 0.65), (20, 0.35),
    (24, 0.35),
)  # fmt: skip


def day(knots: tuple[tuple[float, float], ...], degc: float, n_ev: int = 1) -> Stress:
    """25 hourly points, linear between the knots (hour, soc)."""
    hours, soc = np.array(knots).T
    course = np.interp(np.arange(25.0), hours, soc)
    return Stress(np.tile(course[:, None], n_ev), np.full((25, 1), float(degc)), 1.0)


def repeated(chemistry: Chemistry, stress: Stress, days: int) -> Fade:
    """Day by day, as accounts do it."""
    fade, rates = fresh(stress.soc.shape[1]), chemistry.rates(stress)
    for _ in range(days):
        fade = advance(chemistry, fade, rates)
    return fade


def by_slope(chemistry: Chemistry, stress: Stress, days: int) -> tuple[float, float]:
    """Lost by time and by cycles, stepped by the slope at each day's start, as
    BLAST-Lite does: y = k dx^p at first, then dy = k p (y / k)^((p - 1) / p) dx."""
    rates: Rates = chemistry.rates(stress)
    lost = np.zeros(2)
    exponent = np.array([chemistry.calendar_exponent, chemistry.cycling_exponent])
    for n in range(days):
        left = 1.0 - lost.sum()
        per_cycle = rates.cycling[0] + rates.cycling_by_capacity[0] * left
        k = np.array([rates.calendar[0], per_cycle])
        dx = np.array([rates.days, rates.full_cycles[0] * left])
        if n == 0:
            lost = k * dx**exponent
        else:
            known = np.where(lost > 0, lost, 1.0) / k
            lost = lost + k * exponent * known ** ((exponent - 1) / exponent) * dx
    return float(lost[0]), float(lost[1])
