"""Cold-load pick-up: how much more homes draw when their supply is back."""

from __future__ import annotations

import numpy as np

from twin.arrays import Floats


def picked_up(dark_h: Floats, pickup: float, pickup_h: float) -> Floats:
    """By which share of its load a home draws more at the moment of return [n].

    x = (pickup - 1) (1 - e^(-dark_h / pickup_h))

    dark_h    how long it was dark [n]
    pickup    load over what it would be, at once after a long outage
    pickup_h  time constant
    """
    lost = 1.0 - np.exp(-dark_h / pickup_h)
    share: Floats = (pickup - 1.0) * lost
    return share


def mean_factor(
    extra: Floats, since_s: Floats, until_s: Floats, pickup_h: float
) -> Floats:
    """Mean factor of a load between two instants after its return [n].

    f(t) = 1 + x e^(-(t - t_back) / pickup_h)

    extra             x, the share at the return [n]
    since_s, until_s  from the return on [n]
    """
    tau_s = 3600.0 * pickup_h
    span = np.maximum(until_s - since_s, 1.0)
    area = tau_s * (np.exp(-since_s / tau_s) - np.exp(-until_s / tau_s))
    factor: Floats = 1.0 + extra * area / span
    return factor
