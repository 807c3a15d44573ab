"""Reads how far the peaks of a run's homes, and of its cars, fall apart in time."""

from __future__ import annotations

import numpy as np

from twin.accounts.diversity import Diversity, diversity
from twin.analysis.digest import chunks
from twin.arrays import Ints
from twin.results.record import Run


def of_homes(run: Run, homes: Ints) -> Diversity:
    """One pass over ``customer_steps``: what homes were served, without cars and PV.

    homes  which customers are homes                                          [n_home]
    """
    served = (kw[:, homes] for _, (kw,) in chunks(run, "customer_steps", "served_kw"))
    return diversity(served, len(homes))


def of_charging(run: Run, n_ev: int) -> Diversity:
    """One pass over ``ev_steps``: what cars drew; what they gave counts as nothing."""
    drawn = (np.maximum(kw, 0.0) for _, (kw,) in chunks(run, "ev_steps", "kw"))
    return diversity(drawn, n_ev)
