"""What giving power cost a battery: the same trips under another charging, paired."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from twin.accounts.ageing import Fade
from twin.arrays import Floats

PACK_USD_PER_KWH = 130.0
END_OF_LIFE_SHARE = 0.8


@dataclass(frozen=True)
class Attribution:
    """What one way of charging took off batteries beyond another; < 0: it spared them.

    calendar, cycling  shares of the new battery's capacity                     [n_ev]
    total              of the capacity itself, which may be bound by material   [n_ev]
    """

    calendar: Floats
    cycling: Floats
    total: Floats

    def usd(
        self,
        capacity_kwh: Floats,
        pack_usd_per_kwh: float = PACK_USD_PER_KWH,
        end_of_life_share: float = END_OF_LIFE_SHARE,
    ) -> Floats:
        """Its part of a pack whose price is used up at the end of its life. [n_ev]"""
        usable = 1.0 - end_of_life_share
        worth: Floats = pack_usd_per_kwh * capacity_kwh / usable
        return worth * self.total


def attribute(actual: Fade, reference: Fade) -> Attribution:
    """dq = q_reference - q_actual of the same cars on the same trips, from one start.

    Losses grow less than in proportion, so the order of causes matters and increments
    cannot be told apart; the difference of whole histories can.
    """
    return Attribution(
        actual.calendar - reference.calendar,
        actual.cycling - reference.cycling,
        reference.capacity - actual.capacity,
    )


def usd_per_kwh_given(usd: Floats, given_kwh: Floats) -> float | None:
    """Of a fleet; None where nothing was given."""
    given = float(np.sum(given_kwh))
    return float(np.sum(usd)) / given if given > 0 else None
