"""Forecasts of the zones' base load, made of the past or said to know better."""

from __future__ import annotations

from collections.abc import Callable

import numpy as np

from twin.arrays import Floats
from twin.randomness import Purpose, normal

CORRECTION_DECAY_H = 2.0


class Outlook:
    """The base load of each zone over the next 24 hours.

    ``persistence``: what was metered at the same time a day earlier; before a day of
    measurements exists, the load model's mean day. ``day_ahead_error``: what will be,
    times (1 + a keyed error of the day and zone). ``perfect``: what will be, an upper
    bound that nobody has. The latest measurement corrects ``persistence``, fading
    over two hours.

    ``measured_kw`` [n_step_of_24h, n_zone] is the only state: a ring by interval.
    """

    def __init__(
        self,
        kind: str,
        mean_day_kw: Floats,
        step_h: float,
        actual: Callable[[int], Floats],
        error_share: float,
        seed: int,
    ) -> None:
        self.kind, self.actual = kind, actual
        self.error_share, self.seed = error_share, seed
        self.n_step = round(24 / step_h)
        self.measured_kw = np.array(mean_day_kw[: self.n_step], dtype=np.float64)
        self._fading = np.exp(-np.arange(self.n_step) * step_h / CORRECTION_DECAY_H)
        self._future: dict[int, Floats] = {}

    def ahead(self, k: int, base_kw: Floats | None) -> Floats:
        """Base load of intervals k to k + 24 h [n_step, n_zone], in kW.

        ``base_kw`` is what interval k - 1 was measured at, None before the first.
        """
        if self.kind != "persistence":
            return self._known(k)
        expected = np.roll(self.measured_kw, -(k % self.n_step), axis=0)
        if base_kw is None:
            return expected
        surprise = base_kw - self.measured_kw[(k - 1) % self.n_step]
        return expected + self._fading[:, None] * surprise

    def learn(self, k: int, base_kw: Floats) -> None:
        """Remember what interval k was measured at [n_zone]."""
        self.measured_kw[k % self.n_step] = base_kw

    def _known(self, k: int) -> Floats:
        self._future = {j: kw for j, kw in self._future.items() if j >= k}
        for j in range(k, k + self.n_step):
            if j not in self._future:
                self._future[j] = self.actual(j) * self._error(j)
        return np.stack([self._future[j] for j in range(k, k + self.n_step)])

    def _error(self, k: int) -> Floats | float:
        if self.kind == "perfect":
            return 1.0
        zones = np.arange(self.measured_kw.shape[1])
        drawn = normal(self.seed, Purpose.OUTLOOK_ERROR, zones, k // self.n_step)
        return 1.0 + self.error_share * drawn
