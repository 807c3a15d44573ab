"""What a feeder's head would have drawn had its cars charged otherwise."""

from __future__ import annotations

import numpy as np

from twin.arrays import Floats


def head_kw(
    grid_kw: Floats, losses_kw: Floats, more_kw: Floats
) -> tuple[Floats, Floats]:
    """Power and losses with so much more drawn by cars, without a power flow. [n_step]

    grid_kw, losses_kw  as solved; NaN where a step has no solution
    more_kw             what cars would have drawn more

    ::

        losses ~ a + b P^2     least squares over the solved steps
        losses' = losses + b ((P + more)^2 - P^2)
        P' = P + more + losses' - losses

    An estimate: where the load sits, voltages and taps are taken to be as they were.
    Losses grow with the square of current (any text on power systems); b is the run's.
    """
    b = loss_per_kw2(grid_kw, losses_kw)
    change = b * ((grid_kw + more_kw) ** 2 - grid_kw**2)
    return grid_kw + more_kw + change, losses_kw + change


def loss_per_kw2(grid_kw: Floats, losses_kw: Floats) -> float:
    """By how much losses grow with the square of the head's power, 1/kW; never < 0."""
    known = np.isfinite(grid_kw) & np.isfinite(losses_kw)
    square = grid_kw[known] ** 2
    if len(square) < 2 or np.ptp(square) == 0.0:
        return 0.0
    above = square - square.mean()
    slope = above @ (losses_kw[known] - losses_kw[known].mean()) / (above @ above)
    return max(float(slope), 0.0)
