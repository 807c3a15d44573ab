"""Where the cars are, and how full, when the run begins."""

from __future__ import annotations

import numpy as np

from twin.arrays import Floats, Records
from twin.fleet.movement import HABIT_WIDTH_SOC
from twin.fleet.state import NEVER_S, Phase
from twin.fleet.travel import Place

LOWEST_START_SOC = 0.1
TIMES = ("settled_s", "wake_s", "departed_s", "plug_in_s", "declared_s", "full_s")
BEGUN_ANEW = (
    "interval_in_kwh",
    "interval_out_kwh",
    "session_in_kwh",
    "session_out_kwh",
    "charged_kwh",
    "discharged_kwh",
    "loss_kwh",
    "standby_kwh",
    "driven_kwh",
    "public_kwh",
    "distance_km",
    "plug_ins",
    "cut_off",
    "forming",
    "forms_from_s",
    "form_floor_soc",
    "interval_island_kwh",
    "island_kwh",
    "island_in_kwh",
    "island_s",
)


def place_at_start(traits: Records, state: Records, trips: Records) -> None:
    """Put each car where the trips of the day before have left it."""
    begun = trips["depart_s"] < 0
    left = np.flatnonzero(begun.any(axis=1))
    last = begun.sum(axis=1)[left] - 1
    legs = trips[left, last]
    state["place"] = int(Place.HOME)
    state["departed_s"][left] = legs["depart_s"]
    state["place"][left] = np.where(
        legs["arrive_s"] > 0, state["place"][left], legs["place"]
    )
    driving = left[legs["arrive_s"] > 0]
    state["phase"][driving] = int(Phase.DRIVING)
    state["wake_s"][driving] = legs["arrive_s"][legs["arrive_s"] > 0]


def go_on(state: Records, before: Records, earlier_s: int) -> None:
    """Let cars begin as others end, whose clock started so much earlier.

    Where they are, how full, and when they wake and leave is theirs; what is counted
    begins anew, a stay at a plug with it.
    """
    state[:] = before
    for name in TIMES:
        known = np.abs(state[name]) < NEVER_S
        state[name][known] -= earlier_s
    for name in BEGUN_ANEW:
        state[name] = 0
    plugged = state["phase"] == Phase.PLUGGED
    state["plug_in_s"][plugged] = 0
    state["soc_in"][plugged] = state["soc"][plugged]
    state["plug_ins"][plugged] = 1


def charge_at_start(
    traits: Records, state: Records, trips: Records, draw: Floats
) -> None:
    """Set each SOC as if cars had charged on arrival before the run began.

    A car at home has charged at full power since it came home; one that is away has
    used what its trips since home needed. Drivers who plug in by habit start
    anywhere between that habit and their target (``draw`` [n_ev], uniform).
    """
    arrived = trips["arrive_s"] <= 0
    used_kwh = (trips["energy_kwh"] * arrived).sum(axis=1)
    since_home_s = -np.where(arrived, trips["arrive_s"], -(2**40)).max(axis=1)
    at_home = (state["phase"] == Phase.PARKED) & (state["place"] == Place.HOME)
    charged_kwh = (
        np.where(at_home, np.minimum(since_home_s, 2**40) / 3600.0, 0.0)
        * traits["charge_kw"]
        * traits["efficiency"]
    )
    missing_kwh = np.maximum(0.0, used_kwh - charged_kwh)
    soc = traits["target_soc"] - missing_kwh / traits["capacity_kwh"]
    habit = traits["plug_in_soc"] <= 1.0
    depth = traits["target_soc"] - traits["plug_in_soc"] + HABIT_WIDTH_SOC
    soc = np.where(habit, traits["target_soc"] - draw * depth, soc)
    state["soc"] = np.clip(soc, LOWEST_START_SOC, traits["target_soc"])
