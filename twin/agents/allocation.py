"""Sharing a transformer's room among its cars: water levels and orders of merit."""

from __future__ import annotations

import math

import numpy as np

from twin.arrays import Bools, Floats, Ints, compiled


@compiled
def water_level_kw(base_kw: Floats, energy_kwh: float, step_h: float) -> float:
    """The level up to which an energy fills the valleys of a base load, in kW.

    Solves ``sum(max(0, level - base)) * step_h = energy``.

    Source: docs/model.md "Valley filling"; the aggregate optimum of
    ``min sum (base + power)^2``.
    """
    ordered = np.sort(base_kw)
    return _level_of_sorted(ordered, len(ordered), energy_kwh / step_h)


@compiled
def _level_of_sorted(ordered: Floats, n: int, area: float) -> float:
    total = 0.0
    for j in range(n):
        total += ordered[j]
        level = float((area + total) / (j + 1))
        if j + 1 == n or level <= ordered[j + 1]:
            return level
    return 0.0


@compiled
def level_with_deadlines_kw(
    base_kw: Floats, due_kwh: Floats, step_h: float, every: int
) -> float:
    """The level to charge at now, so that each energy is served by its deadline.

    ``due_kwh`` [n_ahead] must be drawn within intervals 0 to j. The least uniform
    convex cost has a level that only falls with time; its first value is the highest
    of the water levels of all energy due by j over intervals 0 to j (as in Yao,
    Demers, Shenker, A scheduling model for reduced CPU energy, 1995). Deadlines are
    looked at in blocks of ``every`` intervals.
    """
    ordered = np.empty(len(base_kw))
    due, level, last = 0.0, -np.inf, len(base_kw) - 1
    while last > 0 and due_kwh[last] <= 0.0:
        last -= 1
    for j in range(last + 1):
        slot = j
        while slot > 0 and ordered[slot - 1] > base_kw[j]:
            ordered[slot] = ordered[slot - 1]
            slot -= 1
        ordered[slot] = base_kw[j]
        due += due_kwh[j]
        if due > 0.0 and ((j + 1) % every == 0 or j == last):
            level = max(level, _level_of_sorted(ordered, j + 1, due / step_h))
    return level


@compiled
def charging_levels_kw(
    ahead_kw: Floats,
    path: Ints,
    zone: Ints,
    missing_kwh: Floats,
    deadline: Ints,
    charge_kw: Floats,
    urgent: Bools,
    step_h: float,
    every: int,
) -> Floats:
    """The level of each zone at which the cars below it should charge now [n_zone].

    ``ahead_kw`` [n_ahead, n_zone] is the base load to come through each zone;
    ``path`` [n_zone, n_deep] a zone, the one that supplies it, and so on, closed by
    -1; ``deadline`` [n_ev] the last interval in which a car can charge. An urgent car
    charges at full power whatever the level: until it is full or gone it stands among
    the base load. In kW; -inf where nothing else is missing.
    """
    n_ahead, n_zone = ahead_kw.shape
    base_kw = np.ascontiguousarray(ahead_kw.T)
    due_kwh = np.zeros((n_zone, n_ahead))
    for car in range(len(zone)):
        if missing_kwh[car] > 0.0:
            last = min(deadline[car], n_ahead - 1)
            steps = math.ceil(missing_kwh[car] / (charge_kw[car] * step_h))
            for above in path[zone[car]]:
                if above < 0:
                    break
                if urgent[car]:
                    base_kw[above, : min(steps, last + 1)] += charge_kw[car]
                else:
                    due_kwh[above, last] += missing_kwh[car]
    levels = np.full(n_zone, -np.inf)
    for z in range(n_zone):
        if due_kwh[z].sum() > 0.0:
            levels[z] = level_with_deadlines_kw(base_kw[z], due_kwh[z], step_h, every)
    return levels


@compiled
def share_out_kw(
    budget_kw: Floats,
    path: Ints,
    zone: Ints,
    order: Ints,
    most_kw: Floats,
    least_kw: Floats,
) -> Floats:
    """Hand out budgets to cars in an order of merit, in kW [n_ev].

    A car gets up to ``most_kw`` of what every zone on its ``path`` [n_zone, n_deep]
    has left; a rest below its ``least_kw`` goes to the next one. Budgets [n_zone] are
    reduced in place by what was handed out.
    """
    shared_kw = np.zeros(len(zone))
    for car in order:
        offer_kw = most_kw[car]
        for above in path[zone[car]]:
            if above < 0:
                break
            offer_kw = min(offer_kw, budget_kw[above])
        if offer_kw >= least_kw[car] and offer_kw > 0.0:
            shared_kw[car] = offer_kw
            for above in path[zone[car]]:
                if above < 0:
                    break
                budget_kw[above] -= offer_kw
    return shared_kw


def paths(parent: Ints) -> Ints:
    """Each zone and all that supply it, nearest first, closed by -1 [n_zone, n_deep].

    ``parent`` [n_zone] is the zone above, -1 for none.
    """
    above = [np.arange(len(parent))]
    while (above[-1] >= 0).any():
        above.append(np.where(above[-1] >= 0, parent[above[-1]], -1))
    return np.ascontiguousarray(np.stack(above, axis=1), dtype=np.int64)


def through(path: Ints, own_kw: Floats) -> Floats:
    """What passes each zone: its own and that of all below it [..., n_zone]."""
    passing_kw = np.zeros_like(own_kw)
    _add_upwards(path, np.atleast_2d(own_kw), np.atleast_2d(passing_kw))
    return passing_kw


@compiled
def _add_upwards(path: Ints, own_kw: Floats, passing_kw: Floats) -> None:
    for row in range(len(own_kw)):
        for z in range(len(path)):
            for above in path[z]:
                if above < 0:
                    break
                passing_kw[row, above] += own_kw[row, z]


def in_order(merit: Floats, cars: Bools) -> Ints:
    """The chosen cars by rising merit; equals by index."""
    chosen = np.flatnonzero(cars)
    return chosen[np.argsort(merit[chosen], kind="stable")]
