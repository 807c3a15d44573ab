"""Forecasts of the zones' base load, made of the past or said to know better."""

from __future__ import annotations

from collections.abc import Callable

import numpy as np

from twin.arrays import Floats, Ints
from twin.randomness import Purpose, normal

CORRECTION_DECAY_H = 6.0
SURPRISE_MEMORY_H = 0.5
SMOOTHED_H = 1.0
DAYS = 7


class Outlook:
    """The base load of each zone over the next 24 hours.

    ``persistence``: the mean of what was metered around the same time a day and a week
    earlier, each a mean over an hour and a quarter; before a week of measurements
    exists, the load model's mean days. How far the last hour was off corrects it,
    fading over six hours.
    ``day_ahead_error``: what will be, times (1 + a keyed error of the day), the same
    for all zones below one head: what a forecast misses is mostly the weather, and
    they have it in common.
    ``perfect``: what will be, an upper bound that nobody has.

    The state is data: ``measured_kw`` [n_step of a week, n_zone], a ring by interval,
    and ``surprise_kw`` [n_zone], the recent mean of measured less expected.
    """

    def __init__(
        self,
        kind: str,
        mean_week_kw: Floats,
        step_h: float,
        actual: Callable[[int], Floats],
        error_share: float,
        seed: int,
        ordinal: Callable[[int], int],
        head: Ints,
    ) -> None:
        self.kind, self.actual, self.ordinal = kind, actual, ordinal
        self.error_share, self.seed, self.head = error_share, seed, head
        self.n_step = round(24 / step_h)
        self.measured_kw = np.array(mean_week_kw, dtype=np.float64)
        self.surprise_kw = np.zeros(self.measured_kw.shape[1])
        self._memory = np.exp(-step_h / SURPRISE_MEMORY_H)
        self._fading = np.exp(-np.arange(self.n_step) * step_h / CORRECTION_DECAY_H)
        beside = round(SMOOTHED_H / 2 / step_h)
        self._near = np.arange(-beside, beside + 1)
        self._smooth_kw = self._around(np.arange(len(self.measured_kw)))
        self._future: dict[int, Floats] = {}

    def go_on_from(self, before: Outlook, n_steps: int) -> None:
        """Know what another has measured, whose interval ``n_steps`` is the first."""
        self.measured_kw = np.roll(before.measured_kw, -n_steps, axis=0)
        self._smooth_kw = np.roll(before._smooth_kw, -n_steps, axis=0)
        self.surprise_kw = before.surprise_kw.copy()

    def ahead(self, k: int) -> Floats:
        """Base load of intervals k to k + 24 h [n_step, n_zone], in kW."""
        if self.kind != "persistence":
            return self._known(k)
        expected = self._expected_kw(np.arange(k, k + self.n_step))
        ahead_kw: Floats = expected + self._fading[:, None] * self.surprise_kw
        return ahead_kw

    def learn(self, k: int, base_kw: Floats) -> None:
        """Remember what interval k was measured at [n_zone]."""
        row = k % len(self.measured_kw)
        off_kw = base_kw - self._expected_kw(np.array([k]))[0]
        self.surprise_kw *= self._memory
        self.surprise_kw += (1.0 - self._memory) * off_kw
        self.measured_kw[row] = base_kw
        touched = (row + self._near) % len(self.measured_kw)
        self._smooth_kw[touched] = self._around(touched)

    def _expected_kw(self, k: Ints) -> Floats:
        """The mean of a day and a week before intervals k [len(k), n_zone]."""
        n = len(self.measured_kw)
        mean_kw: Floats = self._smooth_kw[(k - self.n_step) % n]
        mean_kw += self._smooth_kw[k % n]
        mean_kw *= 0.5
        return mean_kw

    def _around(self, rows: Ints) -> Floats:
        """Means of what was measured around intervals of the week [rows, n_zone]."""
        around = (rows[:, None] + self._near) % len(self.measured_kw)
        total_kw = np.add.reduce(self.measured_kw[around], axis=1)
        mean_kw: Floats = total_kw / len(self._near)
        return mean_kw

    def _known(self, k: int) -> Floats:
        self._future = {j: kw for j, kw in self._future.items() if j >= k}
        for j in range(k, k + self.n_step):
            if j not in self._future:
                self._future[j] = self.actual(j) * self._error(j)
        return np.stack([self._future[j] for j in range(k, k + self.n_step)])

    def _error(self, k: int) -> Floats | float:
        if self.kind == "perfect":
            return 1.0
        drawn = normal(self.seed, Purpose.OUTLOOK_ERROR, self.head, self.ordinal(k))
        return 1.0 + self.error_share * drawn
