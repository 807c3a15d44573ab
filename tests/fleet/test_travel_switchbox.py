"""American chains: idle days, hours, and mileage against NHTS vehicles."""

from datetime import date, timedelta

import numpy as np
import polars as pl
import pytest

from twin.fleet.travel import KM_PER_MILE, TripPurpose
from twin.fleet.travel_sources import travel
from twin.fleet.travel_switchbox import FOLDER

MONDAY = date(2026, 1, 12)
CARS = np.arange(6000)


@pytest.fixture(scope="module")
def weeks():
    source = travel("switchbox", seed=5)
    return [source.day(MONDAY + timedelta(k), CARS) for k in range(28)]


def test_a_quarter_of_the_cars_stands(weeks):
    assert abs(np.mean([(day.n == 0).mean() for day in weeks]) - 0.25) < 0.01


def test_annual_mileage_is_that_of_nhts_vehicles(weeks):
    target = pl.read_csv(FOLDER / "annual_miles.csv")["annual_miles"].to_numpy()
    km = sum(day.distance_km.sum(axis=1) for day in weeks) / 28 * 365
    assert abs(km.mean() / (target.mean() * KM_PER_MILE) - 1) < 0.05
    quartiles = np.percentile(km, [25, 50, 75]) / KM_PER_MILE
    np.testing.assert_allclose(
        quartiles, np.percentile(target, [25, 50, 75]), rtol=0.2, atol=500
    )


def test_driven_days_have_the_sources_trips(weeks):
    trips = pl.read_parquet(FOLDER / "trips.parquet")
    days = trips.group_by("vehicle", "week", "weekday").len()["len"]
    driven = np.concatenate([day.n[day.n > 0] for day in weeks])
    assert abs(driven.mean() / days.mean() - 1) < 0.03
    assert driven.max() <= days.max()


def test_departures_keep_the_sources_hours(weeks):
    trips = pl.read_parquet(FOLDER / "trips.parquet").filter(pl.col("weekday") < 5)
    hours = trips["from_hour"].to_numpy()
    day = weeks[0]
    on = np.arange(day.depart_min.shape[1]) < day.n[:, None]
    drawn = day.depart_min[on] / 60
    # a source hour holds the trip's start somewhere within it, hence half an hour more
    assert abs(drawn.mean() - hours.mean() - 0.5) < 0.5
    assert len(np.unique(day.depart_min[on] % 60)) == 60  # jittered within the hour


def test_long_weekday_stops_are_work_and_weekends_have_none(weeks):
    assert (weeks[0].purpose == TripPurpose.WORK).any()
    assert not (weeks[5].purpose == TripPurpose.WORK).any()


def test_the_few_chains_are_told():
    source = travel("switchbox", seed=5)
    assert source.effective_sample == 178
    assert "178 distinct trip chains" in source.notes[0]
