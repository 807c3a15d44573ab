"""What customers draw: homes by their data set, others as the network says."""

from __future__ import annotations

import numpy as np

from twin.arrays import Floats
from twin.simulation.households import Households
from twin.surroundings.profiles import Profile


class Loads:
    """Loads of all customers by local day: homes first, then constant ones."""

    def __init__(self, homes: Profile, households: Households) -> None:
        self.homes = homes
        self.n_home = households.n_home
        self.constant_kw = households.constant_kw[self.n_home :]

    def day_kw(self, day: int) -> Floats:
        """Mean kW of each interval of a local day [n_step_of_day, n]."""
        return self._beside(self.homes.day_kw(day))

    def mean_kw(self, day: int) -> Floats:
        """The expected mean kW of each interval [n_step_of_day, n]."""
        return self._beside(self.homes.mean_kw(day))

    def _beside(self, homes_kw: Floats) -> Floats:
        if not len(self.constant_kw):
            return np.ascontiguousarray(homes_kw)
        constant = np.broadcast_to(
            self.constant_kw, (len(homes_kw), len(self.constant_kw))
        )
        return np.concatenate([homes_kw, constant], axis=1)
