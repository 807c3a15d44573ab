"""Laws that every source of trips keeps, and the layout of a day."""

from datetime import date, timedelta

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from twin.errors import InputError
from twin.fleet.travel import (
    DayTrips,
    TripPurpose,
    laid_out,
    normal_scores,
    persisting,
)
from twin.fleet.travel_sources import travel

SOURCES = ("mid", "switchbox", "evipro")
MONDAY = date(2026, 1, 12)
CARS = np.arange(1500)


@pytest.fixture(scope="module", params=SOURCES)
def source(request):
    return travel(request.param, seed=7)


def live(day: DayTrips) -> np.ndarray:
    return np.arange(day.depart_min.shape[1]) < day.n[:, None]


def assert_is_a_day(day: DayTrips) -> None:
    on = live(day)
    gone = on[:, 1:] & on[:, :-1]
    minutes = (day.arrive_min - day.depart_min)[on]
    speed = day.distance_km[on] / minutes * 60
    last = day.purpose[np.flatnonzero(day.n), day.n[day.n > 0] - 1]
    assert (day.depart_min < day.arrive_min)[on].all()
    assert (day.arrive_min[:, :-1] <= day.depart_min[:, 1:])[gone].all()
    assert day.depart_min[on].min() >= 240 and day.arrive_min[on].max() <= 1679
    assert speed.min() >= 5 - 1e-9 and speed.max() <= 130 + 1e-9
    assert (last == TripPurpose.HOME).all()
    for column in (day.depart_min, day.arrive_min, day.distance_km, day.purpose):
        assert column.shape == on.shape and not column[~on].any()


@pytest.mark.parametrize("offset", [0, 5, 6, 170])
def test_every_day_is_a_chain_from_home_to_home(source, offset):
    assert_is_a_day(source.day(MONDAY + timedelta(offset), CARS))


def test_a_day_is_a_pure_function(source):
    first = source.day(MONDAY, CARS)
    source.day(MONDAY + timedelta(3), CARS[:7])
    again = travel(source.name, seed=7).day(MONDAY, CARS)
    assert_same(first, again)


def test_a_subset_drives_the_same_trips(source):
    some = np.array([1400, 3, 77, 3])
    assert_same(rows_of(source.day(MONDAY, CARS), some), source.day(MONDAY, some))


def test_far_entities_and_no_cars_are_fine(source):
    assert_is_a_day(source.day(MONDAY, np.array([10**9, 4_000_000_000 - 1] * 20)))
    assert len(source.day(MONDAY, np.array([], dtype=np.int64)).n) == 0


def test_seed_date_and_car_each_change_the_day(source):
    km = source.day(MONDAY, CARS).distance_km.sum(axis=1)
    tomorrow = source.day(MONDAY + timedelta(1), CARS).distance_km.sum(axis=1)
    other = travel(source.name, seed=8).day(MONDAY, CARS).distance_km.sum(axis=1)
    assert not np.allclose(km, tomorrow) and not np.allclose(km, other)
    assert len(np.unique(km)) > 0.5 * (km > 0).sum()


def test_a_car_resembles_itself(source):
    days = [source.day(MONDAY + timedelta(7 * k), CARS) for k in range(8)]
    used = np.array([day.n > 0 for day in days], dtype=float)
    spread = used.mean(axis=0).var()
    share = used.mean()
    assert spread > 1.3 * share * (1 - share) / len(days)


def test_source_tells_its_sample_notes_and_files(source):
    assert source.effective_sample > 100
    assert source.notes and all(isinstance(note, str) for note in source.notes)
    assert source.inputs and all(file.is_file() for file in source.inputs)


@settings(max_examples=60, deadline=None)
@given(
    trips=st.lists(
        st.tuples(st.floats(-100, 3000), st.floats(0.1, 900), st.floats(0.01, 900)),
        min_size=1,
        max_size=8,
    ),
    stay=st.sampled_from([1, 15]),
)
def test_any_wish_is_laid_out_as_a_day(trips, stay):
    wish, minutes, km = (np.array([column]) for column in zip(*trips, strict=True))
    purpose = np.full(wish.shape, int(TripPurpose.OTHER))
    purpose[0, -1] = TripPurpose.HOME
    day = laid_out(np.array([len(trips)]), wish, minutes, km, purpose, stay)
    assert_is_a_day(day)
    gaps = day.depart_min[0, 1:] - day.arrive_min[0, :-1]
    assert (gaps >= stay).all()


def test_a_day_that_fits_is_left_as_wished():
    day = laid_out(
        n=np.array([2]),
        wish_min=np.array([[480.0, 1020.0, 0.0]]),
        minutes=np.array([[30.0, 40.0, 0.0]]),
        km=np.array([[20.0, 22.0, 0.0]]),
        purpose=np.array([[1, 0, 0]]),
    )
    assert day.depart_min.tolist() == [[480, 1020, 0]]
    assert day.arrive_min.tolist() == [[510, 1060, 0]]
    assert day.distance_km.tolist() == [[20.0, 22.0, 0.0]]


def test_a_trip_as_fast_as_a_plane_takes_longer():
    one = np.array([[600.0]])
    day = laid_out(np.array([1]), one, np.array([[10.0]]), one / 2, np.array([[0]]))
    assert day.arrive_min[0, 0] - day.depart_min[0, 0] == 139  # 300 km at 130 km/h


def test_persistence_keeps_the_distribution_and_the_car():
    rng = np.random.default_rng(1)
    trait = rng.normal(size=20_000)
    days = [persisting(trait, rng.uniform(size=20_000), 0.3) for _ in range(2)]
    scores = [normal_scores(day) for day in days]
    assert abs(days[0].mean() - 0.5) < 0.01 and abs(days[0].var() - 1 / 12) < 0.002
    assert abs(np.corrcoef(*scores)[0, 1] - 0.3) < 0.03


def test_unknown_source_names_the_nearest():
    with pytest.raises(InputError, match="unknown travel data set 'swichbox'") as error:
        travel("swichbox", 1)
    assert "did you mean 'switchbox'?" in str(error.value)


def test_nhts_asks_for_its_file():
    with pytest.raises(InputError, match=r"tripv2pub\.csv"):
        travel("nhts", 1)


def rows_of(day: DayTrips, rows: np.ndarray) -> DayTrips:
    return DayTrips(*(column[rows] for column in vars(day).values()))


def assert_same(one: DayTrips, other: DayTrips) -> None:
    for name, column in vars(one).items():
        np.testing.assert_array_equal(column, getattr(other, name), err_msg=name)
