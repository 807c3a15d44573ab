"""Californian outings against the plug-in events they come from."""

from datetime import date, timedelta

import numpy as np
import polars as pl
import pytest

from twin.fleet.travel_evipro import FILE
from twin.fleet.travel_sources import travel

MONDAY = date(2026, 1, 12)
CARS = np.arange(20_000)


@pytest.fixture(scope="module")
def source():
    return travel("evipro", seed=2)


def arrivals(day):
    out = np.flatnonzero(day.n)
    return day.arrive_min[out, 1], day.depart_min[out, 0]


def test_weekday_hours_are_the_events(source):
    events = pl.read_parquet(FILE)
    home, left = arrivals(source.day(MONDAY, CARS))
    points = [10, 25, 50, 75, 90]
    np.testing.assert_allclose(
        np.percentile(home, points), np.percentile(events["arrive"], points), atol=12
    )
    np.testing.assert_allclose(
        np.percentile(left, points), np.percentile(events["depart"], points), atol=15
    )


def test_weekends_come_home_earlier_and_stay_out_shorter(source):
    home, left = arrivals(source.day(MONDAY, CARS))
    sunday_home, sunday_left = arrivals(source.day(MONDAY + timedelta(6), CARS))
    assert abs(home.mean() - sunday_home.mean() - 38) < 8
    away = (sunday_home - sunday_left).mean() / (home - left).mean()
    assert abs(away - 0.78) < 0.03


def test_out_and_back_are_alike(source):
    day = source.day(MONDAY, CARS)
    assert set(day.n) == {0, 2}
    np.testing.assert_allclose(day.distance_km[:, 0], day.distance_km[:, 1], rtol=0.2)


def test_distance_is_the_charged_energy_over_five_days(source):
    """54.8 kWh x 0.90 / 0.325 kWh a mile, every fifth day: 48.8 km a day."""
    kwh = pl.read_parquet(FILE)["kwh_x100"].mean() / 100
    expected = kwh * 0.90 / 0.325 * 1.609344 / 5
    km = [source.day(MONDAY + timedelta(k), CARS).distance_km.sum() for k in range(14)]
    assert abs(np.mean(km) / len(CARS) / expected - 1) < 0.04
