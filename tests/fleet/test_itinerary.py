"""Trips of the days around now: order, keys, energy, and what is thrown away."""

from __future__ import annotations

from datetime import date

import numpy as np
import pytest
from numpy.testing import assert_array_equal

from twin.fleet.consumption import temperature_factor
from twin.fleet.itinerary import Itinerary, no_trips
from twin.fleet.state import NEVER_S, traits
from twin.fleet.travel import DayTrips, Place, TripPurpose
from twin.fleet.travel_sources import travel
from twin.timeline import Timeline

HOME, WORK, SHOPPING = TripPurpose.HOME, TripPurpose.WORK, TripPurpose.SHOPPING


class EveryDayAlike:
    """Car 0 drives to work and home after midnight; car 1 shops; car 2 stays."""

    name, effective_sample, notes, inputs = "alike", 1, (), ()

    def day(self, date: date, cars: np.ndarray) -> DayTrips:
        depart = np.array([[480, 1500], [600, 630], [0, 0]])
        arrive = np.array([[540, 1530], [615, 640], [0, 0]])
        km = np.array([[30.0, 30.0], [5.0, 5.0], [0.0, 0.0]])
        purpose = np.array([[WORK, HOME], [SHOPPING, HOME], [0, 0]])
        chosen = cars % 3
        return DayTrips(
            n=np.array([2, 2, 0])[chosen],
            depart_min=depart[chosen],
            arrive_min=arrive[chosen],
            distance_km=km[chosen],
            purpose=purpose[chosen],
        )


def itinerary(
    n_ev: int = 3,
    start: date = date(2026, 1, 12),
    source: object = None,
    error_min: float = 0.0,
    entities: object = None,
) -> Itinerary:
    own = traits(n_ev)
    own["entity"] = np.arange(n_ev) if entities is None else entities
    own["consumption_kwh_per_km"] = 0.2
    timeline = Timeline(start, 4, 15, "Europe/Berlin")
    return Itinerary(source or EveryDayAlike(), timeline, 1, own, error_min)


def weather(diary: Itinerary, day: int, degc: float = 20.0) -> dict[int, np.ndarray]:
    return {d: np.full(24, degc) for d in diary.horizon(day)}


def test_four_days_around_now_are_known_in_order() -> None:
    diary = itinerary()
    diary.roll(0, weather(diary, 0))
    day_s = 86_400
    days = np.array([-1, 0, 1, 2])
    expected = np.sort(np.concatenate([days * day_s + 28_800, days * day_s + 90_000]))
    assert_array_equal(diary.trips[0]["depart_s"], expected)
    assert diary.trips.shape == (3, 8)
    assert (diary.trips[2]["depart_s"] == NEVER_S).all()


def test_a_trip_says_where_it_ends_and_what_it_takes() -> None:
    diary = itinerary()
    diary.roll(0, weather(diary, 0))
    to_work, home = diary.trips[0, 2], diary.trips[0, 3]
    assert (to_work["place"], home["place"]) == (Place.WORK, Place.HOME)
    assert diary.trips[1, 2]["place"] == Place.OTHER
    assert to_work["arrive_s"] - to_work["depart_s"] == 3600
    assert to_work["distance_km"] == 30.0
    assert to_work["energy_kwh"] == pytest.approx(6.0)


def test_energy_is_that_of_the_hour_of_departure() -> None:
    diary = itinerary()
    by_hour = weather(diary, 0)
    by_hour[0] = np.full(24, 20.0)
    by_hour[0][8] = -10.0
    by_hour[0][23] = 0.0
    diary.roll(0, by_hour)
    cold, late = diary.trips[0, 2], diary.trips[0, 3]
    assert cold["energy_kwh"] == pytest.approx(6.0 * 1.55)
    assert late["energy_kwh"] == pytest.approx(6.0 * 1.32)
    assert temperature_factor(-10.0) == 1.55


def test_rolling_on_keeps_what_was_known() -> None:
    diary = itinerary(error_min=30.0)
    diary.roll(0, weather(diary, 0))
    before = diary.trips.copy()
    diary.roll(1, weather(diary, 1, degc=-20.0))
    assert diary.day == 1
    overlap = before[0]["depart_s"] >= 28_800
    kept = diary.trips[0][diary.trips[0]["depart_s"] < 3 * 86_400 + 28_800]
    assert_array_equal(before[0][overlap], kept)


def test_a_diary_begun_later_says_the_same() -> None:
    long, short = itinerary(error_min=30.0), itinerary(error_min=30.0)
    for day in (0, 1, 2):
        long.roll(day, weather(long, day))
    short.roll(2, weather(short, 2))
    assert_array_equal(long.trips, short.trips)


def test_a_cars_draws_are_its_own() -> None:
    all_cars = itinerary(6, source=travel("mid", 1), error_min=30.0)
    some = itinerary(2, source=travel("mid", 1), error_min=30.0, entities=[4, 2])
    for diary in (all_cars, some):
        diary.roll(0, weather(diary, 0))
    for row, car in enumerate((4, 2)):
        known = all_cars.trips[car][all_cars.trips[car]["depart_s"] < NEVER_S]
        ours = some.trips[row][some.trips[row]["depart_s"] < NEVER_S]
        assert_array_equal(ours, known)


def test_declared_errors_have_the_stated_spread() -> None:
    diary = itinerary(3000, error_min=30.0)
    diary.roll(0, weather(diary, 0))
    live = diary.trips["depart_s"] < NEVER_S
    error_s = diary.trips["declared_error_s"][live]
    assert error_s.mean() == pytest.approx(0.0, abs=60.0)
    assert error_s.std() == pytest.approx(1800.0, rel=0.03)
    draws = diary.trips["plug_in_draw"][live]
    assert draws.mean() == pytest.approx(0.5, abs=0.02)


def test_trips_keep_the_wall_clock_when_clocks_change() -> None:
    """08:00 of the Monday after is eight hours after midnight, Sunday's has seven."""
    diary = itinerary(start=date(2026, 3, 28))
    diary.roll(0, weather(diary, 0))
    departures = diary.trips[0]["depart_s"]
    mornings = [8 * 3600, 86_400 + 7 * 3600, 86_400 + 82_800 + 8 * 3600]
    assert set(mornings) <= set(departures.tolist())


@pytest.mark.parametrize("name", ["mid", "switchbox", "evipro"])
@pytest.mark.parametrize(
    "saturday, zone",
    [
        (date(2026, 3, 28), "Europe/Berlin"),
        (date(2026, 10, 24), "Europe/Berlin"),
        (date(2026, 3, 7), "America/Los_Angeles"),
        (date(2026, 10, 31), "America/Los_Angeles"),
        (date(2026, 7, 4), "Europe/Berlin"),
    ],
)
def test_trips_follow_each_other_when_clocks_change(
    name: str, saturday: date, zone: str
) -> None:
    own = traits(400)
    own["entity"] = np.arange(400)
    timeline = Timeline(saturday, 4, 15, zone)
    diary = Itinerary(travel(name, 1), timeline, 1, own, 0.0)
    diary.roll(0, weather(diary, 0))
    live = diary.trips["depart_s"] < NEVER_S
    depart, arrive = diary.trips["depart_s"], diary.trips["arrive_s"]
    assert (depart[live] < arrive[live]).all()
    following = live[:, 1:]
    assert (arrive[:, :-1] <= depart[:, 1:])[following].all()


@pytest.mark.parametrize("hours, day", [(3, "2026-03-28"), (5, "2026-10-24")])
def test_the_night_is_stretched_between_midnight_and_four(hours: int, day: str) -> None:
    diary = itinerary(start=date.fromisoformat(day))
    minutes = np.array([1439, 1440, 1500, 1560, 1680])
    quarter_s = hours * 900
    expected = 86_400 + np.array([-60, 0, quarter_s, 2 * quarter_s, 4 * quarter_s])
    assert_array_equal(diary._instants(0, minutes), expected)
    assert_array_equal(diary._instants(-1, np.array([1440, 1679])), [0, 239 * 60])


def test_no_trips_are_never() -> None:
    rows = no_trips(2, 3)
    assert rows.shape == (2, 3)
    assert (rows["depart_s"] == NEVER_S).all()
    assert (rows["arrive_s"] == NEVER_S).all()
