"""The fleet as data: one row per car, what never changes and what does."""

from __future__ import annotations

from enum import IntEnum

import numpy as np

from twin.arrays import Records


class Phase(IntEnum):
    """What a car is doing, as recorded in ``ev_steps.state``."""

    PARKED = 0
    DRIVING = 1
    PLUGGED = 2


NEVER_S = np.int64(2**62)

TRAITS = np.dtype(
    [
        ("entity", np.int64),  # the key of every draw for this car
        ("customer", np.int64),
        ("zone", np.int64),
        ("capacity_kwh", np.float64),  # usable
        ("charge_kw", np.float64),  # the lesser of car and charger, AC
        ("give_kw", np.float64),  # 0 where the car, its charger or permit says no
        ("min_kw", np.float64),  # below this a charger switches off
        ("rated_kw", np.float64),  # of the converter
        ("battery_efficiency", np.float64),  # one way
        ("loss_constant", np.float64),  # converter loss, share of rated power
        ("loss_linear", np.float64),
        ("loss_quadratic", np.float64),
        ("efficiency", np.float64),  # AC to cells, at full charging power
        ("standby_kw", np.float64),  # from the battery while giving
        ("taper_soc", np.float64),  # charging power falls from here
        ("target_soc", np.float64),
        ("floor_soc", np.float64),  # giving ends here
        ("consumption_kwh_per_km", np.float64),
        ("plug_in_soc", np.float64),  # the driver's habit, see plug-in behaviour
    ]
)

STATE = np.dtype(
    [
        ("phase", np.int64),
        ("place", np.int64),
        ("soc", np.float64),
        ("settled_s", np.int64),  # energy is settled up to this instant
        ("wanted_kw", np.float64),  # what the policy asked for
        ("set_kw", np.float64),  # what the connection allows of it
        ("room_kw", np.float64),  # the most that the connection lets it draw
        ("wake_s", np.int64),  # the next thing in this car's life
        ("departed_s", np.int64),  # last departure, which finds the next trip
        ("interval_in_kwh", np.float64),  # AC, since the last step
        ("interval_out_kwh", np.float64),
        ("plug_in_s", np.int64),  # of the session under way
        ("soc_in", np.float64),
        ("session_in_kwh", np.float64),
        ("session_out_kwh", np.float64),
        ("declared_s", np.int64),  # departure that the driver declared
        ("full_s", np.int64),  # last at its target, else plugged in
        ("charged_kwh", np.float64),  # totals, AC
        ("discharged_kwh", np.float64),
        ("loss_kwh", np.float64),  # converter and battery
        ("standby_kwh", np.float64),
        ("driven_kwh", np.float64),
        ("public_kwh", np.float64),
        ("distance_km", np.float64),
        ("plug_ins", np.int64),
        ("cut_off", np.int64),  # 1 while its home has no supply
        ("forming", np.int64),  # 1 while it supplies its home by itself
        ("forms_from_s", np.int64),  # since when, the transfer done
        ("form_floor_soc", np.float64),  # where that ends
        ("interval_island_kwh", np.float64),  # to its own home, less from its PV
        ("island_kwh", np.float64),  # total given to its own home
        ("island_in_kwh", np.float64),  # total taken from its PV
        ("island_s", np.float64),  # for how long
    ]
)


TRIP = np.dtype(
    [
        ("depart_s", np.int64),
        ("arrive_s", np.int64),
        ("purpose", np.int64),  # see travel.TripPurpose
        ("place", np.int64),  # where it ends, see travel.Place
        ("distance_km", np.float64),
        ("energy_kwh", np.float64),  # from the battery
        ("plug_in_draw", np.float64),  # uniform, decides the plug-in at its end
        ("declared_error_s", np.float64),  # by which its declared departure is off
    ]
)

SESSION = np.dtype(
    [
        ("ev", np.int64),
        ("plug_in_s", np.int64),
        ("plug_out_s", np.int64),
        ("soc_in", np.float64),
        ("soc_out", np.float64),
        ("soc_target", np.float64),
        ("charged_kwh", np.float64),
        ("discharged_kwh", np.float64),
        ("declared_s", np.int64),
    ]
)

DRIVEN = np.dtype(
    [
        ("ev", np.int64),
        ("depart_s", np.int64),
        ("arrive_s", np.int64),
        ("purpose", np.int64),
        ("distance_km", np.float64),
        ("energy_kwh", np.float64),
        ("short_kwh", np.float64),
    ]
)


def traits(n_ev: int) -> Records:
    """Rows of zeros for what never changes."""
    return np.zeros(n_ev, dtype=TRAITS)


def state(n_ev: int) -> Records:
    """Rows for what changes: parked at home, nothing planned."""
    rows = np.zeros(n_ev, dtype=STATE)
    rows["wake_s"] = rows["declared_s"] = NEVER_S
    rows["departed_s"] = -NEVER_S
    return rows
