"""A car's life by hand: departures, arrivals, stays, energy bought on the way.

07:00 home --12 kWh--> work 08:00 ... 16:00 work --12 kWh--> home 17:00
"""

from __future__ import annotations

import math
from dataclasses import dataclass, field

import numpy as np
import pytest

from twin.arrays import Records
from twin.fleet.itinerary import no_trips
from twin.fleet.movement import (
    HABIT_WIDTH_SOC,
    LONGEST_WAIT_S,
    SHORTEST_STAY_S,
    declare_all,
    departure_s,
    due_all,
    due_s,
    happen,
    next_trip,
    plug_in,
    slack_s,
    unplug,
    wants_plug,
)
from twin.fleet.state import DRIVEN, NEVER_S, SESSION, Phase, state, traits
from twin.fleet.travel import Place, TripPurpose

H = 3600
LOOK_AGAIN_S = 24 * H


def trips(*legs: tuple[float, float, Place, float]) -> Records:
    """Trips of one car: (depart h, arrive h, place, kWh)."""
    rows = no_trips(1, len(legs) + 1)
    for j, (depart_h, arrive_h, place, energy_kwh) in enumerate(legs):
        row = rows[0, j]
        row["depart_s"], row["arrive_s"] = round(depart_h * H), round(arrive_h * H)
        row["place"], row["energy_kwh"] = int(place), energy_kwh
        row["distance_km"] = 6.0 * energy_kwh
        row["purpose"] = TripPurpose.WORK if place == Place.WORK else TripPurpose.HOME
        row["plug_in_draw"] = 0.5
    return rows


WORKDAY = ((7, 8, Place.WORK, 12.0), (16, 17, Place.HOME, 12.0))


@dataclass
class Life:
    """One car with its columns, and the rows that it writes."""

    trips: Records
    traits: Records = field(default_factory=lambda: traits(1))
    state: Records = field(default_factory=lambda: state(1))
    driven: Records = field(default_factory=lambda: np.zeros(9, dtype=DRIVEN))
    sessions: Records = field(default_factory=lambda: np.zeros(9, dtype=SESSION))
    written: np.ndarray = field(default_factory=lambda: np.zeros(2, dtype=np.int64))

    def __post_init__(self) -> None:
        own = self.traits
        own["capacity_kwh"], own["charge_kw"], own["rated_kw"] = 60.0, 10.0, 10.0
        own["battery_efficiency"], own["taper_soc"] = 1.0, 0.95
        own["efficiency"] = 0.9
        own["target_soc"], own["plug_in_soc"] = 0.9, 2.0
        self.state["soc"] = 0.8
        self.state["wake_s"] = departure_s(self.trips, 0, -NEVER_S)

    def __getattr__(self, name: str) -> float:
        return self.state[name][0]

    def happen(self, hour: float, urgent_s: int = 0) -> bool:
        return happen(
            self.traits, self.state, self.trips, self.driven, self.sessions,
            self.written, 0, round(hour * H), urgent_s, LOOK_AGAIN_S,
        )  # fmt: skip


def test_the_next_trip_is_the_first_after_the_last_departure() -> None:
    legs = trips(*WORKDAY)
    assert next_trip(legs, 0, -NEVER_S) == 0
    assert next_trip(legs, 0, 7 * H - 1) == 0
    assert next_trip(legs, 0, 7 * H) == 1
    assert next_trip(legs, 0, 16 * H) == -1
    assert departure_s(legs, 0, 7 * H) == 16 * H
    assert departure_s(legs, 0, 16 * H) == NEVER_S


def test_a_working_day() -> None:
    life = Life(trips(*WORKDAY))
    plug_in(life.traits, life.state, life.trips, 0, 0, 0)
    life.state["set_kw"] = 2.0
    assert life.happen(7)
    assert (life.phase, life.wake_s) == (Phase.DRIVING, 8 * H)
    assert life.soc == pytest.approx(0.9)
    assert not life.happen(8)
    assert (life.phase, life.place, life.wake_s) == (Phase.PARKED, Place.WORK, 16 * H)
    assert life.soc == pytest.approx(0.7)
    assert not life.happen(16)
    assert life.happen(17)
    assert (life.phase, life.place) == (Phase.PLUGGED, Place.HOME)
    assert life.soc == pytest.approx(0.5)
    assert life.wake_s == LOOK_AGAIN_S
    assert life.driven_kwh == 24.0
    assert life.distance_km == 144.0
    assert life.public_kwh == 0.0
    assert life.plug_ins == 2
    assert life.written.tolist() == [2, 1]
    assert life.driven["depart_s"][:2].tolist() == [7 * H, 16 * H]
    assert life.driven["arrive_s"][:2].tolist() == [8 * H, 17 * H]
    assert life.driven["energy_kwh"][:2].tolist() == [12.0, 12.0]
    assert life.driven["purpose"][:2].tolist() == [TripPurpose.WORK, TripPurpose.HOME]
    stay = life.sessions[0]
    assert (stay["plug_in_s"], stay["plug_out_s"]) == (0, 7 * H)
    assert stay["soc_in"] == 0.8
    assert stay["soc_out"] == pytest.approx(0.9)
    assert stay["soc_target"] == 0.9
    assert stay["charged_kwh"] == pytest.approx(6.0)


def test_nothing_happens_before_its_time() -> None:
    life = Life(trips(*WORKDAY))
    assert not life.happen(6.9)
    assert (life.phase, life.wake_s) == (Phase.PARKED, 7 * H)
    assert life.written.tolist() == [0, 0]


def test_a_trip_beyond_the_charge_buys_the_rest_on_the_way() -> None:
    life = Life(trips(*WORKDAY))
    life.state["soc"] = 0.1
    life.happen(7)
    assert life.soc == 0.1
    assert life.written.tolist() == [0, 0]
    life.happen(8)
    assert life.soc == 0.0
    assert life.driven["short_kwh"][0] == pytest.approx(6.0)
    assert life.public_kwh == pytest.approx(6.0)
    assert life.driven_kwh == 12.0
    life.happen(16)
    life.happen(17)
    assert life.driven["short_kwh"][1] == pytest.approx(12.0)
    assert life.public_kwh == pytest.approx(18.0)
    assert life.soc == 0.0


def test_a_day_without_trips_looks_again_at_its_end() -> None:
    life = Life(trips())
    assert not life.happen(5)
    assert life.wake_s == LOOK_AGAIN_S


def test_a_short_stop_at_home_is_no_stay() -> None:
    one_minute_less = (17 * H + SHORTEST_STAY_S - 60) / H
    life = Life(trips(*WORKDAY, (one_minute_less, 18, Place.OTHER, 1.0)))
    for hour in (7, 8, 16):
        life.happen(hour)
    assert not life.happen(17)
    assert life.phase == Phase.PARKED
    assert life.plug_ins == 0
    life = Life(trips(*WORKDAY, (17 + SHORTEST_STAY_S / H, 18, Place.OTHER, 1.0)))
    for hour in (7, 8, 16):
        life.happen(hour)
    assert life.happen(17)


def test_only_home_has_a_plug() -> None:
    life = Life(trips((7, 8, Place.OTHER, 1.0), (16, 17, Place.OTHER, 1.0)))
    changed = [life.happen(hour) for hour in (7, 8, 16, 17)]
    assert changed == [False] * 4
    assert life.place == Place.OTHER


@pytest.mark.parametrize("error_s, declared_h", [(0.0, 7.0), (1800.0, 7.5)])
def test_a_driver_declares_a_departure_with_an_error(
    error_s: float, declared_h: float
) -> None:
    life = Life(trips(*WORKDAY))
    life.trips["declared_error_s"] = error_s
    plug_in(life.traits, life.state, life.trips, 0, 0, 0)
    assert life.declared_s == declared_h * H


def test_a_driver_declares_to_stay_a_quarter_of_an_hour_at_least() -> None:
    life = Life(trips(*WORKDAY))
    life.trips["declared_error_s"] = -30.0 * H
    plug_in(life.traits, life.state, life.trips, 0, 6 * H, 0)
    assert life.declared_s == 6 * H + SHORTEST_STAY_S


def test_a_driver_without_plans_declares_none() -> None:
    life = Life(trips())
    plug_in(life.traits, life.state, life.trips, 0, 6 * H, 0)
    assert life.declared_s == NEVER_S


def test_a_driver_declares_as_soon_as_the_trip_is_known() -> None:
    life = Life(trips())
    plug_in(life.traits, life.state, life.trips, 0, 0, 0)
    life.trips = trips(*WORKDAY)
    declare_all(life.state, life.trips, 6 * H)
    assert life.declared_s == 7 * H
    life.trips["depart_s"] += H
    declare_all(life.state, life.trips, 6 * H)
    assert life.declared_s == 7 * H


def test_nobody_declares_without_a_plug() -> None:
    life = Life(trips(*WORKDAY))
    declare_all(life.state, life.trips, 6 * H)
    assert life.declared_s == NEVER_S


def test_a_stay_begins_with_clean_accounts() -> None:
    life = Life(trips(*WORKDAY))
    life.state["session_in_kwh"] = life.state["session_out_kwh"] = 5.0
    life.state["soc"] = 0.4
    plug_in(life.traits, life.state, life.trips, 0, H, 0)
    assert (life.phase, life.plug_in_s, life.settled_s) == (Phase.PLUGGED, H, H)
    assert (life.soc_in, life.session_in_kwh, life.session_out_kwh) == (0.4, 0.0, 0.0)
    assert life.plug_ins == 1


def test_slack_is_the_time_left_after_charging_at_once() -> None:
    """30 kWh at 0.9 x 10 kW take 3 h 20 min; five hours are left."""
    life = Life(trips(*WORKDAY))
    life.state["soc"], life.state["declared_s"] = 0.4, 7 * H
    row, own = life.state[0], life.traits[0]
    assert slack_s(row, own, 2 * H) == pytest.approx(5 * H - 30.0 / 9.0 * H)
    life.state["soc"] = 1.0
    assert slack_s(life.state[0], own, 2 * H) == 5 * H


DAY_H = LONGEST_WAIT_S / H


@pytest.mark.parametrize(
    "soc, declared_h, due_h",
    [
        (0.8, 7, 7),
        (0.8, 60, 60),
        (0.3, 60, 60),
        (0.29, 60, 5 + DAY_H),
        (0.29, 7, 7),
        (0.8, None, 5 + DAY_H),
        (0.29, None, 5 + DAY_H),
    ],
)
def test_a_car_is_due_as_declared_but_waits_a_day_for_its_reserve(
    soc: float, declared_h: float | None, due_h: float
) -> None:
    """Plugged in at 05:00, with a floor of 0.3; without a word it waits a day."""
    life = Life(trips())
    life.traits["floor_soc"], life.state["soc"] = 0.3, soc
    plug_in(life.traits, life.state, life.trips, 0, 5 * H, 0)
    if declared_h is not None:
        life.state["declared_s"] = declared_h * H
    assert due_s(life.state[0], life.traits[0]) == due_h * H
    assert due_all(life.traits, life.state).tolist() == [due_h * H]


@pytest.mark.parametrize("phase", [Phase.PARKED, Phase.DRIVING])
def test_a_car_without_a_plug_is_never_due(phase: Phase) -> None:
    life = Life(trips())
    life.state["phase"] = int(phase)
    assert due_all(life.traits, life.state).tolist() == [NEVER_S]


def test_a_slow_car_whose_driver_says_nothing_starts_at_its_plug_in() -> None:
    """54 kWh at 0.9 x 2 kW take 30 h: a day is too short already."""
    life = Life(trips())
    life.traits["charge_kw"], life.state["soc"], life.state["room_kw"] = 2.0, 0.0, 99.0
    plug_in(life.traits, life.state, life.trips, 0, 5 * H, 900)
    assert life.set_kw == 2.0


@pytest.mark.parametrize(
    "soc, urgent_s, room_kw, set_kw",
    [
        (0.40, 900, 99.0, 10.0),
        (0.40, 900, 4.0, 4.0),
        (0.40, 0, 99.0, 1.5),
        (0.80, 900, 99.0, 1.5),
    ],
)
def test_a_car_without_slack_starts_at_its_plug_in(
    soc: float, urgent_s: int, room_kw: float, set_kw: float
) -> None:
    """At 04:00, three hours before it leaves, 30 kWh are late, 6 kWh are not."""
    life = Life(trips(*WORKDAY))
    life.state["soc"], life.state["room_kw"], life.state["set_kw"] = soc, room_kw, 1.5
    plug_in(life.traits, life.state, life.trips, 0, 4 * H, urgent_s)
    assert life.set_kw == set_kw


def test_unplugging_settles_the_last_minutes() -> None:
    life = Life(trips(*WORKDAY))
    plug_in(life.traits, life.state, life.trips, 0, 0, 0)
    life.state["set_kw"] = 6.0
    unplug(life.traits, life.state, life.sessions, life.written, 0, 1800)
    stay = life.sessions[0]
    assert stay["charged_kwh"] == pytest.approx(3.0)
    assert stay["soc_out"] == life.soc == pytest.approx(0.85)
    assert stay["declared_s"] == 7 * H
    assert (life.phase, life.declared_s) == (Phase.PARKED, NEVER_S)
    assert life.written.tolist() == [0, 1]


def test_a_driver_who_always_plugs_in() -> None:
    life = Life(trips(*WORKDAY))
    assert wants_plug(life.traits, life.state, life.trips, 0, 0.999999)


@pytest.mark.parametrize("soc", [0.45, 0.6, 0.75])
def test_a_driver_plugs_in_by_habit(soc: float) -> None:
    life = Life(trips((7, 8, Place.WORK, 1.0)))
    life.traits["plug_in_soc"], life.state["soc"] = 0.6, soc
    chance = 1.0 / (1.0 + math.exp((soc - 0.6) / HABIT_WIDTH_SOC))
    assert wants_plug(life.traits, life.state, life.trips, 0, chance - 1e-9)
    assert not wants_plug(life.traits, life.state, life.trips, 0, chance + 1e-9)


def test_a_driver_plugs_in_if_the_next_day_needs_it() -> None:
    """24 kWh with a margin of a fifth: below 28.8 kWh he plugs in whatever the draw."""
    life = Life(trips(*WORKDAY, (7 + 24, 32, Place.WORK, 50.0)))
    life.traits["plug_in_soc"] = 0.1
    life.state["soc"] = 28.7 / 60.0
    assert wants_plug(life.traits, life.state, life.trips, 0, 1.0)
    life.state["soc"] = 28.9 / 60.0
    assert not wants_plug(life.traits, life.state, life.trips, 0, 1.0)
