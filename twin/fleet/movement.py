"""A car's life as events: it departs, arrives, plugs in, unplugs."""

from __future__ import annotations

import math

import numpy as np

from twin.arrays import Bools, Ints, Records, Row, compiled
from twin.fleet.charging import settle
from twin.fleet.state import NEVER_S, Phase
from twin.fleet.travel import Place

PARKED, DRIVING, PLUGGED = (int(phase) for phase in Phase)
HOME = int(Place.HOME)
HABIT_WIDTH_SOC = 0.08
NEED_MARGIN = 1.2
SHORTEST_STAY_S = 900
LONGEST_WAIT_S = 86_400


@compiled
def happen(
    traits: Records,
    state: Records,
    trips: Records,
    driven: Records,
    sessions: Records,
    written: Ints,
    car: int,
    now_s: int,
    urgent_s: int,
    look_again_s: int,
) -> bool:
    """Do what is due for one car and say whether its plug changed.

    ``trips`` [n_ev, m] are the days around now; ``driven`` and ``sessions`` receive a
    row for each trip and each stay that ends, ``written`` [2] counts them.
    """
    row = state[car]
    was_plugged = row.phase == PLUGGED
    if row.phase == DRIVING:
        _arrive(traits, state, trips, driven, written, car, now_s, urgent_s)
    else:
        trip = next_trip(trips, car, row.departed_s)
        if trip >= 0 and trips[car, trip].depart_s <= now_s:
            _depart(traits, state, trips, sessions, written, car, trip, now_s)
    if row.phase != DRIVING:
        row.wake_s = min(departure_s(trips, car, row.departed_s), look_again_s)
    return bool(was_plugged != (row.phase == PLUGGED))


@compiled
def live(
    traits: Records,
    state: Records,
    trips: Records,
    driven: Records,
    sessions: Records,
    written: Ints,
    cars: Bools,
    end_s: int,
    urgent_s: int,
    look_again_s: int,
) -> None:
    """Do what is due before ``end_s`` for the chosen cars [n_ev], car by car.

    Only for cars whose events concern no other car: within a second these come in an
    order of their own otherwise.
    """
    for car in range(state.shape[0]):
        while cars[car] and state[car].wake_s < end_s:
            happen(
                traits,
                state,
                trips,
                driven,
                sessions,
                written,
                car,
                state[car].wake_s,
                urgent_s,
                look_again_s,
            )


@compiled
def next_trip(trips: Records, car: int, departed_s: int) -> int:
    """The first known trip that departs after an instant, or -1."""
    for j in range(trips.shape[1]):
        if trips[car, j].depart_s > departed_s:
            return j if trips[car, j].depart_s < NEVER_S else -1
    return -1


@compiled
def departure_s(trips: Records, car: int, departed_s: int) -> int:
    """When the next known trip departs, NEVER_S where none is known."""
    trip = next_trip(trips, car, departed_s)
    return int(trips[car, trip].depart_s if trip >= 0 else NEVER_S)


@compiled
def plug_in(
    traits: Records,
    state: Records,
    trips: Records,
    car: int,
    now_s: int,
    urgent_s: int,
) -> None:
    """Begin a stay at the plug: the driver declares when he means to leave.

    A car that has less slack than ``urgent_s`` starts at once at full power.
    """
    row, own = state[car], traits[car]
    row.phase, row.plug_in_s, row.settled_s = PLUGGED, now_s, now_s
    row.full_s = now_s
    row.soc_in, row.session_in_kwh, row.session_out_kwh = row.soc, 0.0, 0.0
    row.plug_ins += 1
    row.declared_s = NEVER_S
    declare(state, trips, car, now_s)
    if urgent_s > 0 and slack_s(row, own, now_s) < urgent_s:
        most_kw = min(own.charge_kw, row.room_kw)
        row.set_kw = most_kw if most_kw >= own.min_kw else 0.0


@compiled
def declare(state: Records, trips: Records, car: int, now_s: int) -> None:
    """Declare the next departure, if the driver knows of one and has not yet."""
    row = state[car]
    trip = next_trip(trips, car, row.departed_s)
    if row.phase == PLUGGED and row.declared_s == NEVER_S and trip >= 0:
        declared = trips[car, trip].depart_s + trips[car, trip].declared_error_s
        row.declared_s = max(now_s + SHORTEST_STAY_S, int(declared))


@compiled
def declare_all(state: Records, trips: Records, now_s: int) -> None:
    """Drivers who did not know when they would leave may know it now [n_ev]."""
    for car in range(state.shape[0]):
        declare(state, trips, car, now_s)


@compiled
def due_s(row: Row, own: Row) -> int:
    """When a car at its plug is to be at its target: as its driver declared.

    If he has declared nothing, or the car is below its floor, it waits no longer than
    ``LONGEST_WAIT_S`` from its plug-in, or from when it was last at its target.
    """
    if row.declared_s < NEVER_S and row.soc >= own.floor_soc:
        return int(row.declared_s)
    return int(min(row.declared_s, row.full_s + LONGEST_WAIT_S))


@compiled
def due_all(traits: Records, state: Records) -> Ints:
    """When each car at a plug is due, NEVER_S for the others [n_ev]."""
    due = np.full(state.shape[0], NEVER_S)
    for car in range(state.shape[0]):
        if state[car].phase == PLUGGED:
            due[car] = due_s(state[car], traits[car])
    return due


@compiled
def slack_s(row: Row, own: Row, now_s: int) -> float:
    """Time to spare until the car is due if it charged at once."""
    missing_kwh = max(0.0, own.target_soc - row.soc) * own.capacity_kwh
    needed_s = 3600.0 * missing_kwh / (own.efficiency * own.charge_kw)
    return float(due_s(row, own) - now_s - needed_s)


@compiled
def unplug(
    traits: Records,
    state: Records,
    sessions: Records,
    written: Ints,
    car: int,
    now_s: int,
) -> None:
    """End a stay at the plug and write its session."""
    settle(traits, state, car, now_s)
    row, session = state[car], sessions[written[1]]
    written[1] += 1
    session.ev, session.plug_in_s, session.plug_out_s = car, row.plug_in_s, now_s
    session.soc_in, session.soc_out = row.soc_in, row.soc
    session.soc_target = traits[car].target_soc
    session.charged_kwh = row.session_in_kwh
    session.discharged_kwh = row.session_out_kwh
    session.declared_s = row.declared_s
    row.phase, row.declared_s = PARKED, NEVER_S


@compiled
def _depart(
    traits: Records,
    state: Records,
    trips: Records,
    sessions: Records,
    written: Ints,
    car: int,
    trip: int,
    now_s: int,
) -> None:
    row, leg = state[car], trips[car, trip]
    if row.phase == PLUGGED:
        unplug(traits, state, sessions, written, car, now_s)
    row.phase, row.departed_s, row.wake_s = DRIVING, leg.depart_s, leg.arrive_s


@compiled
def _short_kwh(row: Row, own: Row, leg: Row) -> float:
    """What a trip needs beyond the charge there is: bought on the way."""
    return float(max(0.0, leg.energy_kwh - row.soc * own.capacity_kwh))


@compiled
def _arrive(
    traits: Records,
    state: Records,
    trips: Records,
    driven: Records,
    written: Ints,
    car: int,
    now_s: int,
    urgent_s: int,
) -> None:
    row, own = state[car], traits[car]
    leg = trips[car, _trip_under_way(trips, car, row.departed_s)]
    short_kwh = _short_kwh(row, own, leg)
    row.soc = max(0.0, row.soc - (leg.energy_kwh - short_kwh) / own.capacity_kwh)
    line = driven[written[0]]
    written[0] += 1
    line.ev, line.depart_s, line.arrive_s = car, leg.depart_s, leg.arrive_s
    line.purpose, line.distance_km = leg.purpose, leg.distance_km
    line.energy_kwh, line.short_kwh = leg.energy_kwh, short_kwh
    row.driven_kwh += leg.energy_kwh
    row.public_kwh += short_kwh
    row.distance_km += leg.distance_km
    row.phase, row.place, row.settled_s = PARKED, leg.place, now_s
    stay_s = departure_s(trips, car, row.departed_s) - now_s
    if leg.place != HOME or stay_s < SHORTEST_STAY_S:
        return
    if wants_plug(traits, state, trips, car, leg.plug_in_draw):
        plug_in(traits, state, trips, car, now_s, urgent_s)


@compiled
def _trip_under_way(trips: Records, car: int, departed_s: int) -> int:
    for j in range(trips.shape[1]):
        if trips[car, j].depart_s == departed_s:
            return j
    return -1


@compiled
def wants_plug(
    traits: Records, state: Records, trips: Records, car: int, draw: float
) -> bool:
    """Whether a driver who came home plugs in: always if the next day needs it.

    Else with probability ``1 / (1 + exp((soc - s0) / w))``, ``s0`` the driver's habit.

    Source: docs/model.md "Plug-in behaviour"; calibrated to two to three plug-ins a
    week (Gonzalez Venegas, Petit, Perez, 2021).
    """
    row, own = state[car], traits[car]
    if own.plug_in_soc > 1.0:
        return True
    if row.soc * own.capacity_kwh < NEED_MARGIN * _need_kwh(trips, car, row.departed_s):
        return True
    excess = (row.soc - own.plug_in_soc) / HABIT_WIDTH_SOC
    return draw < 1.0 / (1.0 + math.exp(min(excess, 700.0)))


@compiled
def _need_kwh(trips: Records, car: int, departed_s: int) -> float:
    """Energy of the trips that begin within a day of the next departure."""
    first_s, need_kwh = departure_s(trips, car, departed_s), 0.0
    for j in range(trips.shape[1]):
        leg = trips[car, j]
        if first_s <= leg.depart_s < min(first_s + 86_400, NEVER_S):
            need_kwh += leg.energy_kwh
    return need_kwh
