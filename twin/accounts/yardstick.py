"""The best that cars could have done with perfect foresight: linear programmes."""

from __future__ import annotations

from dataclasses import dataclass, replace
from typing import Any

import numpy as np
from scipy import sparse
from scipy.optimize import linprog

from twin.accounts.flexibility import Flexibility
from twin.arrays import Bools, Floats, Ints, totals
from twin.errors import RunFailed

MOST_GIVING_SLOTS = 20_000
AGREEMENT = 1e-3
ROUNDS = 4
FREE_SHARE = 1e-9
SLACK_KWH = 1e-6


@dataclass(frozen=True)
class Schedule:
    """What each slot draws, gives and has stored at its end, kWh. [n_slot]

    stored_kwh is known of slots that can give; NaN elsewhere.
    """

    charge_kwh: Floats
    give_kwh: Floats
    stored_kwh: Floats

    @property
    def net_kwh(self) -> Floats:
        """Drawn less given."""
        return self.charge_kwh - self.give_kwh


@dataclass(frozen=True)
class Peak:
    """The lowest peak: no schedule is below ``lower_kw``, one reaches ``upper_kw``.

    given_kwh  the least that has to be given for it, where that was asked
    """

    lower_kw: float
    upper_kw: float
    given_kwh: float
    schedule: Schedule | None


@dataclass(frozen=True)
class Cost:
    """The lowest cost and what is given for it."""

    usd: float
    given_kwh: float
    schedule: Schedule


def lowest_peak(flex: Flexibility, base_kw: Floats, hours: Floats) -> Peak:
    """The lowest possible peak of a load, and a schedule that reaches it.

    base_kw, hours  load without these cars and length of each interval   [n_step]

        min z   s.t.  base_t + sum_i (c_it - g_it) / h_t <= z
                      e_it = e_i,t-1 + into_i c_it - g_it / out_of_i
                      floor_i <= e_it <= most_i,   e_i,end >= due_i
                      0 <= c_it <= charge_it,      0 <= g_it <= give_it

    One-way cars need no e: their energy is due at the end of the stay and can be
    nowhere beyond bounds before. `given_kwh` is not known.
    """
    if not len(flex):
        none = np.zeros(0)
        top = float(base_kw.max())
        return Peak(top, top, 0.0, Schedule(none, none, none))
    programme = _Programme.of(flex)
    z = programme.n
    below = -np.ones((len(hours), 1))
    found = programme.solved(
        _unit(z + 1, z),
        sparse.hstack([programme.loads(hours), sparse.csr_array(below)]),
        -base_kw,
        np.append(programme.lowest, -np.inf),
        np.append(programme.highest, np.inf),
    )
    top = float(found[z])
    return Peak(top, top, np.nan, programme.schedule(found))


def least_giving(
    flex: Flexibility, base_kw: Floats, hours: Floats, top_kw: float
) -> Schedule:
    """The schedule that gives least of all that keep the load below a top."""
    programme = _Programme.of(flex)
    room_kw = top_kw + FREE_SHARE * max(1.0, abs(top_kw)) - base_kw
    found = programme.solved(
        programme.giving,
        programme.loads(hours),
        room_kw,
        programme.lowest,
        programme.highest,
    )
    return programme.schedule(found)


def bracketed_peak(flex: Flexibility, base_kw: Floats, step_h: float) -> Peak:
    """The same for any number of cars: exact where few can give, else a bracket.

    Where slots that can give are too many for one programme, intervals are put
    together. What is possible by intervals is possible by blocks, so their lowest peak
    is a lower bound; then each block is solved alone between the states of charge that
    it found, which is a schedule and so an upper bound. Blocks in which the two
    disagree are taken apart and all is solved again.
    """
    many = int(flex.gives.sum())
    fits = max(1.0, many / MOST_GIVING_SLOTS)
    block = np.arange(len(base_kw)) // 2 ** int(np.ceil(np.log2(fits)))
    found, tops_kw = _by_blocks(flex, base_kw, step_h, block)
    for _ in range(ROUNDS - 1):
        over = tops_kw > found.lower_kw + AGREEMENT * abs(found.lower_kw)
        if not over.any():
            break
        block = _taken_apart(block, over)
        upper_kw = found.upper_kw
        found, tops_kw = _by_blocks(flex, base_kw, step_h, block)
        found = replace(found, upper_kw=min(upper_kw, found.upper_kw))
    if not many or found.schedule is None:
        return replace(found, given_kwh=0.0)
    merged, mean_kw, hours = _by_mean(flex, base_kw, step_h, block)
    least = least_giving(merged, mean_kw, hours, found.lower_kw)
    exact = len(merged) == len(flex)
    return replace(
        found,
        given_kwh=float(least.give_kwh.sum()),
        schedule=least if exact else None,
    )


def _by_blocks(
    flex: Flexibility, base_kw: Floats, step_h: float, block: Ints
) -> tuple[Peak, Floats]:
    """The bracket of one division into blocks, and the top of each block."""
    n_block = int(block[-1]) + 1
    merged, mean_kw, hours = _by_mean(flex, base_kw, step_h, block)
    found = lowest_peak(merged, mean_kw, hours)
    if n_block == len(base_kw):
        return found, np.full(n_block, found.lower_kw)
    assert found.schedule is not None
    parts = _between(flex, merged, block, found.schedule)
    tops_kw = np.zeros(n_block)
    number = block[parts.step]
    order = np.argsort(number, kind="stable")
    edges = np.searchsorted(number[order], np.arange(n_block + 1))
    for one in range(n_block):
        inside = np.flatnonzero(block == one)
        here = np.zeros(len(parts), dtype=np.bool_)
        here[order[edges[one] : edges[one + 1]]] = True
        alone = parts.kept(here)
        alone = replace(alone, step=alone.step - inside[0])
        tops_kw[one] = _top_kw(alone, base_kw[inside], step_h, found.lower_kw)
    return replace(found, upper_kw=float(tops_kw.max())), tops_kw


def _by_mean(
    flex: Flexibility, base_kw: Floats, step_h: float, block: Ints
) -> tuple[Flexibility, Floats, Floats]:
    """Slots, mean load and hours of each block."""
    steps = np.bincount(block)
    mean_kw: Floats = totals(block, base_kw, len(steps)) / steps
    hours: Floats = steps * np.float64(step_h)
    return flex.merged(block), mean_kw, hours


def _top_kw(alone: Flexibility, base_kw: Floats, step_h: float, asked: float) -> float:
    """The lowest top of one block, at least what was asked; one interval reaches it."""
    hours = np.full(len(base_kw), step_h)
    if len(base_kw) == 1:
        return asked
    return max(asked, lowest_peak(alone, base_kw, hours).lower_kw)


def _between(
    flex: Flexibility, merged: Flexibility, block: Ints, schedule: Schedule
) -> Flexibility:
    """Stays cut at the edges of blocks, at what the schedule by blocks has stored."""
    stays = merged.stays
    moved = stays.into[merged.stay] * schedule.charge_kwh
    moved -= schedule.give_kwh / stays.out_of[merged.stay]
    total = np.cumsum(moved)
    first = np.searchsorted(merged.stay, np.arange(len(stays)))
    before = (total - moved)[first]
    stored = stays.start_kwh[merged.stay] + total - before[merged.stay]
    fresh = np.ones(len(flex), dtype=np.bool_)
    number = block[flex.step]
    fresh[1:] = (flex.stay[1:] != flex.stay[:-1]) | (number[1:] != number[:-1])
    at_slot = stored[np.cumsum(fresh) - 1]
    parts = flex.cut(number, at_slot, 0.0)
    eased = replace(
        parts.stays,
        end_kwh=parts.stays.end_kwh - SLACK_KWH,
        floor_kwh=parts.stays.floor_kwh - SLACK_KWH,
    )
    return replace(parts, stays=eased)


def _taken_apart(block: Ints, over: Bools) -> Ints:
    """Blocks in halves where they are over."""
    fresh = np.ones(len(block), dtype=np.bool_)
    fresh[1:] = block[1:] != block[:-1]
    start = np.maximum.accumulate(np.where(fresh, np.arange(len(block)), 0))
    size = np.bincount(block)[block]
    middle = (np.arange(len(block)) - start) == (size + 1) // 2
    return np.cumsum(fresh | (middle & over[block])) - 1


def lowest_cost(
    flex: Flexibility,
    meter: Ints,
    base_kwh: Floats,
    price: Floats,
    export_price: Floats,
    wear_usd_per_kwh: float,
) -> Cost:
    """The least that homes can pay for energy, with a price on what batteries give.

    meter     number of the meter's interval that each slot is at        [n_slot]
    base_kwh  what it draws in the interval without these cars          [n_meter]
    price, export_price   USD per kWh in and out of it                  [n_meter]

        min sum_m ( price_m n_m + (price_m - export_m) x_m ) + wear sum g
        n_m = base_m + sum (c - g),   x_m >= -n_m,   x_m >= 0

    and the cars' constraints of `lowest_peak`. Where export pays more than import
    costs, the cost is not convex: the chord between the least and the most that the
    meter can draw stands for it, which is never above it.
    """
    programme = _Programme.of(flex)
    n = len(base_kwh)
    at_meter = programme.sums(meter, n)
    rate, fixed, split = _chords(flex, meter, base_kwh, price, export_price)
    split_rows = np.flatnonzero(split)
    more = len(split_rows)
    costs = at_meter.T @ rate + wear_usd_per_kwh * programme.giving
    costs = np.append(costs, (price - export_price)[split_rows])
    rows = sparse.hstack([-at_meter[split_rows], -sparse.eye_array(more)])
    lowest = np.append(programme.lowest, np.zeros(more))
    highest = np.append(programme.highest, np.full(more, np.inf))
    found = programme.solved(costs, rows, base_kwh[split_rows], lowest, highest)
    usd = float(costs @ found + (rate * base_kwh + fixed).sum())
    schedule = programme.schedule(found)
    return Cost(usd, float(schedule.give_kwh.sum()), schedule)


def energy_cost(net_kwh: Floats, price: Floats, export_price: Floats) -> Floats:
    """What each meter's interval costs, USD: import at one price, export at another."""
    cost: Floats = np.where(net_kwh > 0.0, price * net_kwh, export_price * net_kwh)
    return cost


def _chords(
    flex: Flexibility,
    meter: Ints,
    base_kwh: Floats,
    price: Floats,
    export_price: Floats,
) -> tuple[Floats, Floats, Bools]:
    """Rate and constant of each meter's cost, and where it has two prices. [n_meter]"""
    n = len(base_kwh)
    low = base_kwh - totals(meter, flex.give_kwh, n)
    high = base_kwh + totals(meter, flex.charge_kwh, n)
    crosses = (low < 0.0) & (high > 0.0)
    split = crosses & (price > export_price)
    chord = crosses & (price < export_price)
    rate = np.where(high <= 0.0, export_price, price)
    width = np.where(chord, high - low, 1.0)
    slope = (price * high - export_price * low) / width
    fixed = np.where(chord, price * high - slope * high, 0.0)
    return np.where(chord, slope, rate), fixed, split


@dataclass(frozen=True)
class _Programme:
    """The cars' part: columns are charge [n_slot], give and stored [n_two]."""

    flex: Flexibility
    two: Ints
    equal: Any
    equal_to: Floats
    at_most: Any
    most: Floats
    lowest: Floats
    highest: Floats

    @property
    def n(self) -> int:
        """Number of columns."""
        return len(self.flex) + 2 * len(self.two)

    @classmethod
    def of(cls, flex: Flexibility) -> _Programme:
        """Rows and bounds of the cars."""
        two = np.flatnonzero(flex.gives)
        equal, equal_to = _stores(flex, two)
        at_most, most = _dues(flex, two)
        low_kwh, high_kwh = _stored_between(flex, two)
        none = np.zeros(len(flex) + len(two))
        lowest = np.concatenate([none, low_kwh])
        highest = np.concatenate([flex.charge_kwh, flex.give_kwh[two], high_kwh])
        return cls(flex, two, equal, equal_to, at_most, most, lowest, highest)

    @property
    def giving(self) -> Floats:
        """1 for what is given. [n]"""
        chosen = np.zeros(self.n)
        chosen[len(self.flex) : len(self.flex) + len(self.two)] = 1.0
        return chosen

    def sums(self, row: Ints, n_row: int) -> Any:
        """Charge less give of the slots that share a row. [n_row, n]"""
        n_slot, n_two = len(self.flex), len(self.two)
        rows = np.concatenate([row, row[self.two]])
        columns = np.arange(n_slot + n_two)
        values = np.concatenate([np.ones(n_slot), -np.ones(n_two)])
        return sparse.csr_array((values, (rows, columns)), shape=(n_row, self.n))

    def loads(self, hours: Floats) -> Any:
        """Cars' mean power in each interval. [n_step, n]"""
        energy = self.sums(self.flex.step, len(hours))
        return sparse.diags_array(1.0 / hours) @ energy

    def solved(
        self, costs: Floats, rows: Any, most: Floats, lowest: Floats, highest: Floats
    ) -> Floats:
        """The columns of least cost, with further rows and columns."""
        more = len(costs) - self.n
        at_most = _widened(self.at_most, more)
        bounds: Any = np.stack([lowest, highest], axis=1)
        answer = linprog(
            costs,
            A_ub=sparse.vstack([rows, at_most]).tocsr(),
            b_ub=np.concatenate([most, self.most]),
            A_eq=_widened(self.equal, more) if len(self.two) else None,
            b_eq=self.equal_to if len(self.two) else None,
            bounds=bounds,
            method="highs",
        )
        if answer.x is None:
            raise RunFailed(f"the yardstick has no solution: {answer.message}")
        found: Floats = answer.x
        return found

    def schedule(self, found: Floats) -> Schedule:
        """A solution's columns by slot."""
        n_slot, n_two = len(self.flex), len(self.two)
        give, stored = np.zeros(n_slot), np.full(n_slot, np.nan)
        give[self.two] = found[n_slot : n_slot + n_two]
        stored[self.two] = found[n_slot + n_two : n_slot + 2 * n_two]
        return Schedule(found[:n_slot], give, stored)


def _stores(flex: Flexibility, two: Ints) -> tuple[Any, Floats]:
    """e_t - e_t-1 - into c + g / out_of = 0, or the start. [n_two, n]"""
    stays, n_slot, n_two = flex.stays, len(flex), len(two)
    stay, row = flex.stay[two], np.arange(n_two)
    goes_on = np.zeros(n_two, dtype=np.bool_)
    goes_on[1:] = stay[1:] == stay[:-1]
    later = row[goes_on]
    stored = n_slot + n_two + row
    rows = np.concatenate([row, later, row, row])
    columns = np.concatenate([stored, stored[later] - 1, two, n_slot + row])
    ones = np.ones(n_two)
    values = np.concatenate(
        [ones, -ones[later], -stays.into[stay], 1.0 / stays.out_of[stay]]
    )
    shape = (n_two, n_slot + 2 * n_two)
    matrix = sparse.csr_array((values, (rows, columns)), shape=shape)
    return matrix, np.where(goes_on, 0.0, stays.start_kwh[stay])


def _stored_between(flex: Flexibility, two: Ints) -> tuple[Floats, Floats]:
    """Bounds of what is stored: the floor, at the end what is due. [n_two]"""
    stays, stay = flex.stays, flex.stay[two]
    ends = np.ones(len(two), dtype=np.bool_)
    ends[:-1] = stay[1:] != stay[:-1]
    low = np.where(ends, stays.end_kwh[stay], stays.floor_kwh[stay])
    return low, stays.most_kwh[stay]


def _dues(flex: Flexibility, two: Ints) -> tuple[Any, Floats]:
    """One-way stays: at least what is due, at most what finds room. [2 n_one, n]"""
    stays, width = flex.stays, len(flex) + 2 * len(two)
    one = np.setdiff1d(np.arange(len(flex)), two, assume_unique=True)
    stay, row = np.unique(flex.stay[one], return_inverse=True)
    matrix = sparse.csr_array(
        (stays.into[flex.stay[one]], (row, one)), shape=(len(stay), width)
    )
    due = np.maximum(0.0, stays.end_kwh - stays.start_kwh)[stay]
    room = np.maximum(due, (stays.most_kwh - stays.start_kwh)[stay])
    return sparse.vstack([-matrix, matrix]), np.concatenate([-due, room])


def _widened(matrix: Any, more: int) -> Any:
    """With so many columns of zeros behind."""
    return sparse.hstack([matrix, sparse.csr_array((matrix.shape[0], more))]).tocsr()


def _unit(n: int, at: int) -> Floats:
    found = np.zeros(n)
    found[at] = 1.0
    return found
