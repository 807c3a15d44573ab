"""The homes to which a load profile is bound: plain columns, one row per home."""

from __future__ import annotations

from dataclasses import dataclass, field

import numpy as np

from twin.arrays import Floats, Ints
from twin.randomness import Purpose, normal


@dataclass(frozen=True)
class Homes:
    """What the load models know of the homes, in one order [n].

    ``group`` is the transformer group (-1: none); ``peak_kw`` and ``constant_kw`` are
    the network's own load at that home; ``names`` are the customers' names, to match
    a user's columns (empty: matched by order).
    """

    annual_kwh: Floats
    group: Ints
    power_factor: Floats
    peak_kw: Floats = field(default_factory=lambda: np.zeros(0))
    constant_kw: Floats = field(default_factory=lambda: np.zeros(0))
    names: tuple[str, ...] = ()

    @property
    def n(self) -> int:
        """Number of homes."""
        return len(self.annual_kwh)


def draw_annual_kwh(seed: int, n: int, mean_kwh: float, spread: float) -> Floats:
    """Annual consumption of each home [n], kWh: a keyed lognormal of the given mean.

    ``spread`` is the coefficient of variation (0: all alike); with
    ``sigma**2 = ln(1 + spread**2)`` each home has ``mean * exp(sigma z - sigma**2/2)``.
    """
    sigma = np.sqrt(np.log1p(spread**2))
    drawn = normal(seed, Purpose.ANNUAL_KWH, np.arange(n))
    annual: Floats = mean_kwh * np.exp(sigma * drawn - sigma**2 / 2)
    return annual


def rank_in_group(group: Ints) -> Ints:
    """How many homes of the same group stand before each home [n]."""
    order = np.argsort(group, kind="stable")
    ordered = group[order]
    starts = np.searchsorted(ordered, ordered, side="left")
    rank = np.empty(len(group), dtype=np.int64)
    rank[order] = np.arange(len(group)) - starts
    return rank
