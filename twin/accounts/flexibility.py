"""What cars could have taken and given while they were plugged in: stays and slots."""

from __future__ import annotations

from dataclasses import dataclass, replace

import numpy as np

from twin.arrays import Bools, Floats, Ints, totals
from twin.fleet.charging import BATTERY_EFFICIENCY, CONVERTER, STANDBY_KW


@dataclass(frozen=True)
class Stays:
    """Times at a plug, each from a known charge to one that is due. [n_stay]

    car        who
    start_kwh  in the battery at the beginning
    end_kwh    least at the end
    floor_kwh  least in between
    most_kwh   most at any time
    into       share of AC energy that reaches the cells
    out_of     share of what leaves the cells that reaches the plug
    """

    car: Ints
    start_kwh: Floats
    end_kwh: Floats
    floor_kwh: Floats
    most_kwh: Floats
    into: Floats
    out_of: Floats

    def __len__(self) -> int:
        return len(self.car)

    def chosen(self, which: Bools | Ints) -> Stays:
        """Some of them."""
        return Stays(
            *(getattr(self, name)[which] for name in self.__dataclass_fields__)
        )


@dataclass(frozen=True)
class Flexibility:
    """Stays, and what each leaves free in every interval that it touches. [n_slot]

    Slots are in the order of their stays, within a stay in that of time.

    stay, step   row of the stay, number of the interval
    charge_kwh   most that can be drawn, AC
    give_kwh     most that can be given, AC; 0 throughout a stay: a one-way car
    """

    stays: Stays
    stay: Ints
    step: Ints
    charge_kwh: Floats
    give_kwh: Floats

    def __len__(self) -> int:
        return len(self.stay)

    @property
    def gives(self) -> Bools:
        """Slots of stays that can give at any time. [n_slot]"""
        able = totals(self.stay, self.give_kwh, len(self.stays)) > 0.0
        found: Bools = able[self.stay]
        return found

    @property
    def one_way(self) -> Flexibility:
        """The same if no car could give: none ends below where it began."""
        stays = self.stays
        due_kwh = np.maximum(stays.start_kwh, stays.end_kwh)
        kept = replace(stays, end_kwh=due_kwh)
        return replace(self, stays=kept, give_kwh=np.zeros(len(self)))

    def of_cars(self, cars: Bools) -> Flexibility:
        """The stays of some cars. [n_ev]"""
        mine = cars[self.stays.car]
        row = np.cumsum(mine) - 1
        here = mine[self.stay]
        return Flexibility(
            self.stays.chosen(mine),
            row[self.stay[here]],
            self.step[here],
            self.charge_kwh[here],
            self.give_kwh[here],
        )

    def merged(self, block: Ints) -> Flexibility:
        """Intervals put together: ``block`` [n_step] rises and numbers the groups.

        Whatever can be done interval by interval can be done by blocks, not the other
        way round.
        """
        number = block[self.step]
        fresh = _begins(self.stay, number)
        at = np.flatnonzero(fresh)
        group, n = np.cumsum(fresh) - 1, len(at)
        return replace(
            self,
            stay=self.stay[at],
            step=number[at],
            charge_kwh=totals(group, self.charge_kwh, n),
            give_kwh=totals(group, self.give_kwh, n),
        )

    def cut(self, part: Ints, stored_kwh: Floats, tolerance_kwh: float) -> Flexibility:
        """Stays cut where ``part`` [n_slot] changes, at what was stored. [n_slot]

        stored_kwh     in the battery at the end of each slot
        tolerance_kwh  by which a cut may end lower: what was stored is rounded
        """
        fresh = _begins(self.stay, part)
        first = np.flatnonzero(fresh)
        if not len(first):
            return self
        last = np.append(first[1:], len(self)) - 1
        stays = self.stays.chosen(self.stay[first])
        inner_start = first > 0
        inner_start[inner_start] = (
            self.stay[first[inner_start] - 1] == (self.stay[first[inner_start]])
        )
        inner_end = np.append(inner_start[1:], False)
        start = np.where(
            inner_start, stored_kwh[np.maximum(first - 1, 0)], stays.start_kwh
        )
        end = np.where(inner_end, stored_kwh[last] - tolerance_kwh, stays.end_kwh)
        cut = replace(
            stays,
            start_kwh=start,
            end_kwh=end,
            floor_kwh=np.minimum(stays.floor_kwh, np.minimum(start, end)),
            most_kwh=np.maximum(stays.most_kwh, start),
        )
        return replace(self, stays=cut, stay=np.cumsum(fresh) - 1)

    def kept(self, slots: Bools) -> Flexibility:
        """Without the other slots and the stays that have none left."""
        used = np.bincount(self.stay[slots], minlength=len(self.stays)) > 0
        row = np.cumsum(used) - 1
        return Flexibility(
            self.stays.chosen(used),
            row[self.stay[slots]],
            self.step[slots],
            self.charge_kwh[slots],
            self.give_kwh[slots],
        )

    def load_kw(self, net_kwh: Floats, hours: Floats) -> Floats:
        """What cars that draw so much in each slot make in each interval. [n_step]"""
        return totals(self.step, net_kwh, len(hours)) / hours

    def at_once_kwh(self) -> Floats:
        """What each slot draws if every car charges from its plug-in on. [n_slot]"""
        stays = self.stays
        due_kwh = np.maximum(0.0, stays.end_kwh - stays.start_kwh) / stays.into
        total = np.cumsum(self.charge_kwh)
        first = np.flatnonzero(_begins(self.stay, self.stay))
        before = (total - self.charge_kwh)[first][self.stay] if len(first) else total
        drawn = np.minimum(total - before, due_kwh[self.stay])
        earlier = np.minimum(total - self.charge_kwh - before, due_kwh[self.stay])
        at_once: Floats = drawn - earlier
        return at_once


def best_shares(charge_kw: Floats, give_kw: Floats) -> tuple[Floats, Floats]:
    """The best share that any power brings into the cells, and out of them. [n_ev]

        into   = max over P of eta_b (P - L(P)) / P
        out_of = max over P of eta_b P / (P + L(P) + eta_b P_standby)

    No power does better, so that what is reckoned with them is a bound.

    Source: docs/model.md "Converter", "Giving"; the best of a + b p + c p^2 over p
    is at p = sqrt(a / c).
    """
    rated_kw = np.maximum(charge_kw, give_kw)
    a, b, c = CONVERTER
    eta = BATTERY_EFFICIENCY
    most = np.maximum(charge_kw, 1e-9) / rated_kw
    p = np.minimum(np.sqrt(a / c), most)
    into = eta * (1.0 - (a / p + b + c * p))
    a_and_standby = a + eta * STANDBY_KW / rated_kw
    most = np.where(give_kw > 0.0, give_kw, rated_kw) / rated_kw
    p = np.minimum(np.sqrt(a_and_standby / c), most)
    out_of = eta / (1.0 + a_and_standby / p + b + c * p)
    return into, out_of


def _begins(stay: Ints, part: Ints) -> Bools:
    """Where a new stay or part begins. [n_slot]"""
    fresh = np.ones(len(stay), dtype=np.bool_)
    fresh[1:] = (stay[1:] != stay[:-1]) | (part[1:] != part[:-1])
    return fresh
