from __future__ import annotations

import pytest

from twin.analysis.facevalidity import ODD, table


@pytest.fixture
def rows(make_run):
    frame = table(make_run())
    return {row["quantity"]: row for row in frame.iter_rows(named=True)}


def test_energy_for_driving_counts_what_batteries_hold(rows):
    row = rows["Energy for driving per EV and day"]
    # charged 74 + bought 2 - given 15 - stored 16 = 45 kWh; 2 cars, a third of a day
    assert row["value"] == pytest.approx(45 / 2 / (8 / 24))
    assert row["verdict"] == ODD
    assert "1 °C" in row["note"]
    assert "published for US" in row["note"]


def test_distance_is_per_car_and_day_of_the_runs_region(rows):
    row = rows["Distance per car and day"]
    assert row["value"] == pytest.approx(40 / 2 * 3)
    assert row["region"] == "DE"


def test_the_fleets_highest_mean_power(rows):
    assert rows["Highest charging power per EV, whole fleet"]["value"] == 14.0


def test_plug_ins_leave_out_those_there_at_the_start(rows):
    # 5 stays, one of them from the first instant; 2 cars, a third of a day
    assert rows["Plug-ins per EV and week"]["value"] == pytest.approx(4 / 2 * 21)
    assert "plug in whenever" in rows["Plug-ins per EV and week"]["note"]


def test_the_round_trip_solves_the_accounts_of_losses(rows):
    # 74 (1 - e) + 15 (1/e - 1) = 11
    e = rows["Charging efficiency, socket to battery"]["value"] / 100
    assert 74 * (1 - e) + 15 * (1 / e - 1) == pytest.approx(11.0)
    assert 0 < e < 1
    assert rows["Round trip, socket to socket"]["value"] == pytest.approx(100 * e**2)


def test_load_factor_and_peak_are_of_the_homes_alone(rows):
    assert rows["Load factor of the homes"]["value"] == pytest.approx(50.0)
    assert rows["After-diversity peak per home, without EVs"]["value"] == 10.0


def test_every_range_names_its_source_and_region(rows):
    assert all(row["source"] and row["region"] for row in rows.values())
    assert all(row["low"] < row["high"] for row in rows.values())


def test_without_cars_there_is_nothing_to_compare(make_run):
    frame = table(make_run(cars=False, policy="uncontrolled"))
    values = dict(zip(frame["quantity"], frame["value"], strict=True))
    assert values["Distance per car and day"] is None
    assert values["Load factor of the homes"] == pytest.approx(50.0)


def test_regions_are_told_by_feeder_or_standard(make_run):
    us = table(make_run(record={"feeder": {"region": "us"}}))
    eu = table(make_run(record={"feeder": {"region": "eu"}}))
    assert us.row(1, named=True)["region"] == "US"
    assert eu.row(1, named=True)["region"] == "DE"
