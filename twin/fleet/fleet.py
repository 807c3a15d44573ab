"""The cars: their traits, their state, their trips, and what they write down."""

from __future__ import annotations

from typing import NamedTuple

import numpy as np

from twin.arrays import Bools, Floats, Ints, Records
from twin.fleet.charging import settle, settle_all
from twin.fleet.cutting import Held, cut
from twin.fleet.itinerary import Itinerary
from twin.fleet.movement import (
    declare_all,
    departure_s,
    due_all,
    happen,
    live,
    plug_in,
    wants_plug,
)
from twin.fleet.state import DRIVEN, NEVER_S, SESSION, Phase
from twin.fleet.travel import Place

EVEN_CHANCE = 0.5
SURE_SHARE = 0.85


class Taken(NamedTuple):
    """Mean AC power over an interval, per car [n_ev].

    island_kw is what of give_kw went to the car's own home while that had no supply,
    less what of charge_kw came from that home's PV then.
    kvar, > 0 absorbed, and what inverters held back of giving are none until a power
    flow has told them.
    """

    charge_kw: Floats
    give_kw: Floats
    kvar: Floats
    held_back_kw: Floats
    island_kw: Floats

    @property
    def net_kw(self) -> Floats:
        """What the car takes less what it gives, in kW."""
        return self.charge_kw - self.give_kw


class Fleet:
    """All cars as columns.

    A car's power holds between the instants at which something happens to it; its
    energy is settled exactly at each of them.
    """

    def __init__(
        self, traits: Records, state: Records, itinerary: Itinerary, step_h: float
    ) -> None:
        self.traits, self.state, self.itinerary = traits, state, itinerary
        self.step_h = step_h
        self.urgent_s = 0
        self.look_again_s = 0
        self.keeps_held = False
        self.held: Held | None = None
        self._none = np.zeros(len(traits))
        self._none.flags.writeable = False
        self._written = np.zeros(2, dtype=np.int64)
        self._driven = np.zeros(0, dtype=DRIVEN)
        self._sessions = np.zeros(0, dtype=SESSION)
        self._make_room_for_rows()

    def __len__(self) -> int:
        return len(self.traits)

    @property
    def plugged(self) -> Bools:
        """Which cars are at their plug [n_ev]."""
        plugged: Bools = self.state["phase"] == Phase.PLUGGED
        return plugged

    @property
    def due_s(self) -> Ints:
        """When each car at a plug is to be at its target, others never [n_ev]."""
        return due_all(self.traits, self.state)

    def settle(self, now_s: int) -> Taken:
        """Close the interval: the mean power of each car, per car [n_ev].

        With ``keeps_held``, `held` is what may still be cut of it.
        """
        before = self.state.copy() if self.keeps_held else None
        settle_all(self.traits, self.state, now_s)
        state = self.state
        if before is not None:
            self.held = Held.since(self.traits, before, state)
        self._note_full(now_s)
        taken = Taken(
            state["interval_in_kwh"] / self.step_h,
            state["interval_out_kwh"] / self.step_h,
            self._none,
            self._none,
            state["interval_island_kwh"] / self.step_h,
        )
        state["interval_island_kwh"] = 0.0
        state["interval_in_kwh"] = 0.0
        state["interval_out_kwh"] = 0.0
        return taken

    def cut(self, taken: Taken, held: Held, share: Floats, now_s: int) -> Taken:
        """What is left where inverters let a share of what was held through [n_ev].

        Batteries and all totals are as if no more had been asked.
        """
        cut(
            self.traits,
            self.state,
            held.ac_kwh,
            held.cells_kwh,
            held.standby_kwh,
            share,
        )
        self.state["full_s"] = held.full_s
        self._note_full(now_s)
        back_kw = (1.0 - share) * held.ac_kwh / self.step_h
        given_back_kw = np.maximum(-back_kw, 0.0)
        return taken._replace(
            charge_kw=taken.charge_kw - np.maximum(back_kw, 0.0),
            give_kw=taken.give_kw - given_back_kw,
            held_back_kw=given_back_kw,
        )

    def _note_full(self, now_s: int) -> None:
        state = self.state
        state["full_s"][state["soc"] >= self.traits["target_soc"]] = now_s

    def settle_cars(self, cars: Ints, now_s: int) -> None:
        """Bring some cars' energy up to an instant within an interval."""
        for car in cars:
            settle(self.traits, self.state, int(car), now_s)

    def lasting_kw(self) -> tuple[Floats, Floats]:
        """What each car can surely take and give for a whole interval [n_ev]."""
        traits, soc = self.traits, self.state["soc"]
        per_hour = traits["capacity_kwh"] / self.step_h
        level_soc = np.minimum(traits["target_soc"], traits["taper_soc"])
        takes = np.maximum(0.0, level_soc - soc) * per_hour
        gives = np.maximum(0.0, soc - traits["floor_soc"]) * per_hour
        spared = traits["battery_efficiency"] * SURE_SHARE * gives
        return takes, np.maximum(0.0, spared - traits["standby_kw"])

    def happen(self, car: int, now_s: int) -> bool:
        """Do what is due for one car; True if its plug changed."""
        return happen(*self._columns, car, now_s, self.urgent_s, self.look_again_s)

    def live(self, end_s: int, cars: Bools) -> None:
        """Do what is due before an instant for the chosen cars, each by itself."""
        times = self.urgent_s, self.look_again_s
        live(*self._columns, cars, end_s, *times)

    def roll(
        self,
        day: int,
        temperature_degc: dict[int, Floats],
        now_s: int,
        look_again_s: int,
    ) -> None:
        """Know the trips around a new day; cars without any look again at its end."""
        self.itinerary.roll(day, temperature_degc)
        self.look_ahead(now_s, look_again_s)

    def look_ahead(self, now_s: int, look_again_s: int) -> None:
        """Take up an itinerary that has been rolled."""
        declare_all(self.state, self.itinerary.trips, now_s)
        self.look_again_s = look_again_s
        self._make_room_for_rows()

    def begin(self) -> None:
        """Plug in the cars that stand at home when the run starts."""
        trips = self.itinerary.trips
        for car in np.flatnonzero(self.state["phase"] == Phase.PARKED).tolist():
            self.state["wake_s"][car] = min(
                departure_s(trips, car, self.state["departed_s"][car]),
                self.look_again_s,
            )
            if self.state["place"][car] != Place.HOME:
                continue
            if wants_plug(self.traits, self.state, trips, car, EVEN_CHANCE):
                plug_in(self.traits, self.state, trips, car, 0, 0)

    def sessions(self) -> Records:
        """Stays at the plug that have ended since ``clear``."""
        return self._sessions[: self._written[1]]

    def driven(self) -> Records:
        """Trips that have ended since ``clear``."""
        return self._driven[: self._written[0]]

    def open_sessions(self) -> Records:
        """Stays at the plug that go on."""
        cars = np.flatnonzero(self.plugged)
        rows = np.zeros(len(cars), dtype=SESSION)
        rows["ev"], rows["plug_out_s"] = cars, NEVER_S
        rows["plug_in_s"] = self.state["plug_in_s"][cars]
        rows["soc_in"], rows["soc_out"] = (
            self.state["soc_in"][cars],
            self.state["soc"][cars],
        )
        rows["soc_target"] = self.traits["target_soc"][cars]
        rows["charged_kwh"] = self.state["session_in_kwh"][cars]
        rows["discharged_kwh"] = self.state["session_out_kwh"][cars]
        rows["declared_s"] = self.state["declared_s"][cars]
        return rows

    def clear(self) -> None:
        """Forget the rows that have been written down."""
        self._written[:] = 0

    def _make_room_for_rows(self) -> None:
        n_ev, width = self.itinerary.trips.shape
        kept = self._written.copy()
        driven = np.zeros(int(kept[0]) + n_ev * width + 1, dtype=DRIVEN)
        sessions = np.zeros(int(kept[1]) + n_ev * (width + 1) + 1, dtype=SESSION)
        driven[: kept[0]] = self._driven[: kept[0]]
        sessions[: kept[1]] = self._sessions[: kept[1]]
        self._driven, self._sessions = driven, sessions
        self._columns = (
            self.traits,
            self.state,
            self.itinerary.trips,
            driven,
            sessions,
            self._written,
        )
