"""German travel days against the survey's tables they are drawn from."""

from datetime import date, timedelta

import numpy as np
import polars as pl
import pytest

from twin.fleet.travel import TripPurpose
from twin.fleet.travel_mid_tables import FOLDER
from twin.fleet.travel_sources import travel

WEDNESDAY, SUNDAY = date(2026, 1, 14), date(2026, 1, 18)
CARS = np.arange(20_000)


@pytest.fixture(scope="module")
def mid():
    return travel("mid", seed=3)


@pytest.fixture(scope="module")
def weekday(mid):
    return mid.day(WEDNESDAY, CARS)


def live(day):
    return np.arange(day.depart_min.shape[1]) < day.n[:, None]


@pytest.mark.parametrize(
    ("day", "column"), [(WEDNESDAY, "weekday"), (SUNDAY, "weekend")]
)
def test_trips_a_day_are_the_surveys(mid, day, column):
    table = pl.read_csv(FOLDER / "trips_per_day.csv")[column].to_numpy()
    shares = np.bincount(mid.day(day, CARS).n, minlength=6) / len(CARS)
    np.testing.assert_allclose(shares, table, atol=0.015)


def test_departures_follow_the_survey_hour_by_hour(weekday):
    """Mixture of the tables of workers and others, by their trips; 3-hour blocks."""
    table = pl.read_csv(FOLDER / "departures.csv").filter(days="weekdays")
    trips = table.select("errands", "escort", "home", "leisure", "shopping")
    both = table.with_columns(
        all=trips.sum_horizontal() + pl.col("workplace"),
        block=((pl.col("time") - 4) % 24 // 3).cast(pl.Int64),
    )
    shares = both.group_by("block").agg(pl.col("all").sum()).sort("block")["all"] / 2
    depart = weekday.depart_min[live(weekday)]
    drawn = np.bincount((depart - 240) // 180, minlength=8) / len(depart)
    np.testing.assert_allclose(drawn, shares.to_numpy(), atol=0.05)
    assert drawn[2:5].sum() > 0.5  # 10:00 to 19:00


def test_ways_home_leave_in_the_afternoon(weekday):
    home = live(weekday) & (weekday.purpose == TripPurpose.HOME)
    hours = weekday.depart_min[home] / 60
    assert 16.0 < np.median(hours) < 18.0
    assert abs(home.sum() / live(weekday).sum() - 0.393) < 0.04  # mean of both tables


def test_ways_to_work_are_a_commuters_morning(weekday):
    work = weekday.depart_min[weekday.purpose == TripPurpose.WORK] / 60
    share = len(work) / live(weekday).sum()
    assert 6.0 < np.percentile(work, 25) < 8.0 < np.median(work) < 9.5
    assert 0.12 < share < 0.19  # the workers' table has 18 %


def test_distances_are_the_surveys_before_scaling(mid, weekday):
    """Legs that go neither home nor to work are the table's, times the car's factor."""
    table = pl.read_csv(FOLDER / "distances.csv").group_by("up_to_km")
    shares = table.agg(pl.col("share").sum()).sort("up_to_km")
    free = ~np.isin(weekday.purpose, [TripPurpose.HOME, TripPurpose.WORK])
    km = (weekday.distance_km / mid._traits(CARS).mileage[:, None])[free]
    edges = [0, *shares["up_to_km"].to_list()[:-1], 1e4]
    drawn = np.histogram(km, edges)[0] / len(km)
    np.testing.assert_allclose(drawn, shares["share"].to_numpy(), atol=0.015)


def test_mileage_and_use_are_germanys(mid):
    """KBA 2023: 12,320 km a year; MiD 2017: 45 minutes a day, about 40 % stand."""
    days = [mid.day(date(2026, 1, 5) + timedelta(k), CARS[:5000]) for k in range(28)]
    km = sum(day.distance_km.sum() for day in days) / 5000 / 28 * 365.25
    minutes = sum((day.arrive_min - day.depart_min).sum() for day in days) / 5000 / 28
    idle = np.mean([(day.n == 0).mean() for day in days])
    assert abs(km / 12_320 - 1) < 0.05
    assert 40 < minutes < 60
    assert 0.37 < idle < 0.43


def test_a_commuter_keeps_way_and_hour(mid):
    days = [mid.day(WEDNESDAY + timedelta(7 * k), CARS[:4000]) for k in range(2)]
    both, first, second = [], [], []
    at = [np.argmax(day.purpose == TripPurpose.WORK, axis=1) for day in days]
    rows = np.arange(4000)
    works = [
        day.purpose[rows, j] == TripPurpose.WORK
        for day, j in zip(days, at, strict=True)
    ]
    both = works[0] & works[1]
    (first, second) = (
        day.distance_km[rows, j][both] for day, j in zip(days, at, strict=True)
    )
    hours = [day.depart_min[rows, j][both] for day, j in zip(days, at, strict=True)]
    assert both.sum() > 500
    assert (np.abs(first - second) < 0.5).mean() > 0.95
    assert np.corrcoef(*hours)[0, 1] > 0.75


def test_stops_last_a_quarter_of_an_hour(weekday):
    gone = live(weekday)[:, 1:]
    assert (weekday.depart_min[:, 1:] - weekday.arrive_min[:, :-1])[gone].min() >= 15
