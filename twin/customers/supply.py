"""Who has supply when: a run's outages as periods, each customer's to the second."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from twin.arrays import Bools, Floats, Ints

NEVER_S = -(2**62)


@dataclass(frozen=True)
class Supply:
    """Periods [n_period] between the instants at which any supply goes or comes.

    ::

        begins   0 ........ b1 ........... b2 ........ b3
        out          none   | customers 3, 4 | 3 only  | none

    Nothing here changes during a run: who is out is a function of the time alone.

    begins       seconds from the start, ascending, the first 0        [n_period]
    out          customers without supply                 [n_period, n_customer]
    dead         nodes without supply                         [n_period, n_node]
    by           the event that began it, -1 where supplied  [n_period, n_customer]
    back_s       when a customer's last outage ended, NEVER_S if there was none
                                                          [n_period, n_customer]
    delay_s      from the supply's return until a customer may feed in
    """

    begins: Ints
    out: Bools
    dead: Bools
    by: Ints
    back_s: Ints
    delay_s: int

    @classmethod
    def of(
        cls, begins: Ints, out: Bools, dead: Bools, by: Ints, delay_s: int
    ) -> Supply:
        """From who is out in which period, and by which events [n_period, n_customer].

        An outage keeps the event that began it, whatever strikes while it lasts.
        """
        back_s, began_by = np.full(out.shape, NEVER_S), by.copy()
        for k in range(1, len(begins)):
            returned = out[k - 1] & ~out[k]
            back_s[k] = np.where(returned, begins[k], back_s[k - 1])
            lasts = out[k - 1] & out[k]
            began_by[k] = np.where(lasts, began_by[k - 1], by[k])
        return cls(begins, out, dead, began_by, back_s, delay_s)

    @property
    def instants(self) -> Ints:
        """When supply goes or comes, or feeding in is allowed again; ascending."""
        back = np.unique(self.back_s[self.back_s > NEVER_S])
        return np.unique(np.concatenate([self.begins[1:], back + self.delay_s]))

    def out_at(self, now_s: int) -> Bools:
        """Customers without supply from this instant on [n_customer]."""
        out: Bools = self.out[self._at(now_s)]
        return out

    def by_at(self, now_s: int) -> Ints:
        """The event behind each outage, -1 where there is none [n_customer]."""
        by: Ints = self.by[self._at(now_s)]
        return by

    def back_at(self, now_s: int) -> Ints:
        """When each customer's last outage ended, NEVER_S if none did [n_customer]."""
        back_s: Ints = self.back_s[self._at(now_s)]
        return back_s

    def may_feed_at(self, now_s: int) -> Bools:
        """Customers who have had supply for ``delay_s`` [n_customer]."""
        at = self._at(now_s)
        waited: Bools = ~self.out[at] & (now_s - self.back_s[at] >= self.delay_s)
        return waited

    def share_out(self, begin_s: int, end_s: int) -> Floats:
        """Share of an interval that each customer is without supply [n_customer]."""
        periods, hold_s = self._within(begin_s, end_s)
        share: Floats = hold_s @ self.out[periods] / (end_s - begin_s)
        return share

    def share_held(self, begin_s: int, end_s: int) -> Floats:
        """The share of it that a customer may not feed in [n_customer]."""
        held = np.zeros(self.out.shape[1])
        periods, hold_s = self._within(begin_s, end_s)
        for k, whole_s in zip(periods, hold_s.tolist(), strict=True):
            first_s = max(begin_s, int(self.begins[k]))
            wait_s = np.clip(self.back_s[k] + self.delay_s - first_s, 0, whole_s)
            held += np.where(self.out[k], whole_s, wait_s)
        return held / (end_s - begin_s)

    def dead_during(self, begin_s: int, end_s: int) -> Bools | None:
        """Nodes without supply for the whole of an interval; none if there are none."""
        periods, _ = self._within(begin_s, end_s)
        dead: Bools = np.logical_and.reduce(self.dead[periods], axis=0)
        return dead if dead.any() else None

    def _at(self, now_s: int) -> int:
        return int(np.searchsorted(self.begins, now_s, side="right")) - 1

    def _within(self, begin_s: int, end_s: int) -> tuple[Ints, Floats]:
        """Periods that an interval touches, and for how many seconds each."""
        first, last = self._at(begin_s), self._at(end_s - 1)
        periods = np.arange(first, last + 1)
        edges = np.append(np.maximum(self.begins[periods], begin_s), end_s)
        return periods, np.diff(edges).astype(np.float64)
