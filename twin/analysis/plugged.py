"""Reads what a run's cars were free to do at their plugs, and the load without them."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
import polars as pl

from twin.accounts.flexibility import Flexibility, Stays, best_shares
from twin.analysis.case import Case
from twin.analysis.digest import chunks
from twin.analysis.stationary import by_zone
from twin.arrays import Bools, Floats, Ints
from twin.fleet.charging import FLOOR_SOC, TAPER_END_SOC

ROUNDING = 1e-6


@dataclass(frozen=True)
class Plugged:
    """A run's cars as the yardstick sees them. Zones: transformers, last the head.

    flex        every stay and slot, without intervals in which a home had no supply
    stored_kwh  in the battery at the end of each slot, as it was             [n_slot]
    base_kw     load passing each zone without what cars did in those slots
    load_kw     load passing each zone as it was                     [n_step, n_zone]
    below       zones at and below each zone                         [n_zone, n_zone]
    zone, home  of each car: row in zones, in homes                            [n_ev]
    meter_kw    at each meter of a home with a car, without those slots
    net_kw      the same as it was                                   [n_step, n_home]
    given_kwh   by each car in those slots                                      [n_ev]
    """

    flex: Flexibility
    stored_kwh: Floats
    base_kw: Floats
    load_kw: Floats
    below: Bools
    zone: Ints
    home: Ints
    meter_kw: Floats
    net_kw: Floats
    given_kwh: Floats

    def cars(self, place: int) -> Bools:
        """Which cars live at or below a zone. [n_ev]"""
        below: Bools = self.below[place][self.zone]
        return below


def plugged_of(case: Case) -> Plugged:
    """One pass over ``ev_steps`` and ``customer_steps`` of a complete run."""
    out, below = _without_supply(case), _below(case)
    customer = case.evs["customer"].to_numpy().astype(np.int64)
    zone = _zone(case.evs, len(below))
    course = _courses(case, out, zone)
    load_kw, base_kw = (
        _with_batteries(case, kw) @ below.T.astype(np.float64) for kw in course.zones_kw
    )
    plants_kw = case.steps["generation_kw"].fill_null(0.0).to_numpy()
    load_kw[:, -1] -= plants_kw
    base_kw[:, -1] -= plants_kw
    homes, home = np.unique(customer, return_inverse=True)
    flex, stored_kwh = _flexibility(case, course, out)
    return Plugged(
        flex,
        stored_kwh,
        base_kw,
        load_kw,
        below,
        zone,
        home.astype(np.int64),
        course.meter_kw[:, homes],
        course.net_kw[:, homes],
        course.given_kw * case.step_h,
    )


@dataclass(frozen=True)
class _Courses:
    """What the wide tables say, summed up.

    zones_kw    own load of each zone as it was, and without cars     [n_step, n_zone]
    net_kw, meter_kw   each customer's, as it was and without cars    [n_step, n]
    wanted_kw   load less PV at each car's home                       [n_step, n_ev]
    soc         at each interval's end                                [n_step, n_ev]
    given_kw    by each car, summed over the intervals                          [n_ev]
    """

    zones_kw: tuple[Floats, Floats]
    net_kw: Floats
    meter_kw: Floats
    wanted_kw: Floats
    soc: Floats
    given_kw: Floats


def _courses(case: Case, out: Bools, zone: Ints) -> _Courses:
    n_zone = case.transformers.height + 1
    customer = case.evs["customer"].to_numpy()
    of_customer = _zone(case.customers, n_zone)
    net, meter, wanted, soc, whole, base = [], [], [], [], [], []
    cars = chunks(case.run, "ev_steps", "kw", "soc")
    homes = chunks(case.run, "customer_steps", "net_kw", "demand_kw", "pv_kw")
    given, at = np.zeros(case.n_ev), 0
    for (_, (kw, charge)), (_, (net_kw, demand_kw, pv_kw)) in zip(
        cars, homes, strict=True
    ):
        free_kw = np.where(out[at : at + len(kw)], 0.0, kw)
        given += np.maximum(-free_kw, 0.0).sum(axis=0, dtype=np.float64)
        at += len(kw)
        own_kw = net_kw.astype(np.float64)
        whole.append(_summed(own_kw, of_customer, n_zone))
        base.append(whole[-1] - _summed(free_kw, zone, n_zone))
        net.append(own_kw)
        meter.append(own_kw - _summed(free_kw, customer, own_kw.shape[1]))
        wanted.append((demand_kw - pv_kw)[:, customer])
        soc.append(charge)
    return _Courses(
        (np.concatenate(whole), np.concatenate(base)),
        np.concatenate(net),
        np.concatenate(meter),
        np.concatenate(wanted),
        np.concatenate(soc),
        given,
    )


def _flexibility(
    case: Case, course: _Courses, out: Bools
) -> tuple[Flexibility, Floats]:
    """Stays and slots, cut where a home had no supply; what was stored. [n_slot]"""
    stays, since_h, until_h = _stays(case)
    step_h = case.step_h
    first = np.floor(since_h / step_h + ROUNDING).astype(np.int64)
    last = np.ceil(until_h / step_h - ROUNDING).astype(np.int64)
    count = np.maximum(last - first, 0)
    stay = np.repeat(np.arange(len(stays)), count)
    begin = np.repeat(np.cumsum(count) - count, count)
    step = np.arange(len(stay)) - begin + first[stay]
    begins_h = np.maximum(step * step_h, since_h[stay])
    hours = np.minimum((step + 1) * step_h, until_h[stay]) - begins_h
    car = stays.car[stay]
    charge_kw, give_kw = _rooms(case, course)
    charge_kwh = charge_kw[step, car] * hours * (1.0 + ROUNDING) + ROUNDING
    gives = case.evs["discharge_kw"].to_numpy()[car] > 0.0
    give_kwh = give_kw[step, car] * hours * (1.0 + ROUNDING) + ROUNDING
    give_kwh = np.where(gives, give_kwh, 0.0)
    capacity = case.evs["capacity_kwh"].to_numpy()
    stored_kwh = course.soc[step, car] * capacity[car]
    flex = Flexibility(stays, stay, step, charge_kwh, give_kwh)
    dark = out[step, car]
    if dark.any():
        flex = flex.cut(dark.astype(np.int64), stored_kwh, ROUNDING)
    return flex.kept(~dark), stored_kwh[~dark]


def _stays(case: Case) -> tuple[Stays, Floats, Floats]:
    """Every stay at a home's plug, and its hours since the run's start."""
    rows = case.run.static("sessions").filter(pl.col("customer").is_not_null())
    rows = rows.sort("ev", "plug_in", maintain_order=True)
    start, end_h = case.steps["time"][0], case.steps.height * case.step_h
    since_h, until_h = (
        ((rows[name] - start).dt.total_seconds() / 3600.0).fill_null(end_h).to_numpy()
        for name in ("plug_in", "plug_out")
    )
    car = rows["ev"].to_numpy().astype(np.int64)
    evs = case.evs
    capacity = evs["capacity_kwh"].to_numpy()[car]
    start_kwh, end_kwh, target_kwh = (
        rows[name].to_numpy() * capacity for name in ("soc_in", "soc_out", "soc_target")
    )
    reserve = (case.scenario.get("policy") or {}).get("reserve_soc", 0.0)
    floor_kwh = max(FLOOR_SOC, float(reserve)) * capacity
    lowest = np.minimum(floor_kwh, np.minimum(start_kwh, end_kwh))
    full = np.minimum(target_kwh, TAPER_END_SOC * capacity)
    most = np.maximum(full, np.maximum(start_kwh, end_kwh))
    into, out_of = best_shares(
        evs["charge_kw"].to_numpy(), evs["discharge_kw"].to_numpy()
    )
    stays = Stays(car, start_kwh, end_kwh, lowest, most, into[car], out_of[car])
    return stays, since_h, until_h


def _rooms(case: Case, course: _Courses) -> tuple[Floats, Floats]:
    """Most that each car may draw and give at its meter, kW. [n_step, n_ev]

    Cars that share a meter each have the whole room, and what the others could give
    or take besides: that is wider than they have together.
    """
    evs, customers = case.evs, case.customers
    customer = evs["customer"].to_numpy()
    charge_kw, give_kw = evs["charge_kw"].to_numpy(), evs["discharge_kw"].to_numpy()
    n = customers.height
    others_give = np.bincount(customer, give_kw, n)[customer] - give_kw
    others_take = np.bincount(customer, charge_kw, n)[customer] - charge_kw
    fleet, policy = case.scenario.get("fleet") or {}, case.policy
    permitted = fleet.get("export_permit", True) and policy != "v2h"
    import_kw = customers["import_limit_kw"].to_numpy()[customer]
    export_kw = customers["export_limit_kw"].to_numpy()[customer] * permitted
    import_room = np.maximum(0.0, import_kw - course.wanted_kw) + others_give
    export_room = np.maximum(0.0, export_kw + course.wanted_kw) + others_take
    return np.minimum(charge_kw, import_room), np.minimum(give_kw, export_room)


def _without_supply(case: Case) -> Bools:
    """Intervals in which a car's home was without supply at any time. [n_step, n_ev]"""
    out = np.zeros((case.steps.height, case.n_ev), dtype=np.bool_)
    if not case.run.has("outages"):
        return out
    customer = case.evs["customer"].to_numpy()
    times = case.steps["time"]
    for who, start, until in (
        case.run.static("outages").select("customer", "start", "until").iter_rows()
    ):
        first = int((start - times[0]).total_seconds() // (3600.0 * case.step_h))
        last = len(times)
        if until is not None:
            hours = (until - times[0]).total_seconds() / 3600.0
            last = int(np.ceil(hours / case.step_h))
        out[max(first, 0) : last, customer == who] = True
    return out


def _below(case: Case) -> Bools:
    """Which zones hang at or below each zone; all below the head. [n_zone, n_zone]"""
    n = case.transformers.height
    below = np.eye(n + 1, dtype=np.bool_)
    below[n] = True
    branch = case.transformers["branch"].fill_null(-1).to_numpy()
    near = case.branches["from_node"].to_numpy()
    of_node = _zone(case.nodes, n + 1)
    for zone in range(n):
        above, seen = zone, {zone}
        while above < n and branch[above] >= 0:
            above = int(of_node[near[branch[above]]])
            if above in seen:
                break
            seen.add(above)
            below[above, zone] = True
    return below


def _with_batteries(case: Case, zones_kw: Floats) -> Floats:
    """Own load of each zone with that of its stationary batteries, as they were."""
    found = by_zone(case)
    if found is None:
        return zones_kw
    kw, zone = found
    n = zones_kw.shape[1]
    return zones_kw + _summed(kw, np.where(zone < 0, n - 1, zone), n)


def _zone(rows: pl.DataFrame, n_zone: int) -> Ints:
    """The transformer of each row; the last zone where it hangs on none."""
    found: Ints = rows["transformer"].fill_null(n_zone - 1).to_numpy().astype(np.int64)
    return found


def _summed(values: Floats, group: Ints, n: int) -> Floats:
    """Columns summed by group. [n_row, n]"""
    order = np.argsort(group, kind="stable")
    found = np.zeros((len(values), n))
    if len(order):
        known, first = np.unique(group[order], return_index=True)
        ordered = values[:, order].astype(np.float64)
        found[:, known] = np.add.reduceat(ordered, first, axis=1)
    return found
