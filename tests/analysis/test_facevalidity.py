from __future__ import annotations

import numpy as np
import polars as pl
import pytest

from twin.accounts.diversity import diversity
from twin.analysis.case import Case
from twin.analysis.facevalidity import NO_RANGE, NONE, ODD, range_of, table, table_of
from twin.analysis.metrics import headline_of
from twin.analysis.quantities import NEEDS_ALL, STOPPED

IN, ROUND = "Charging efficiency, socket to battery", "Round trip, socket to socket"
HOMES = "Diversity factor of the homes, without EVs"
CHARGING = "Diversity factor of EV charging"


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


def by_name(frame):
    return {row["quantity"]: row for row in frame.iter_rows(named=True)}


def rewritten(run, name, **columns):
    """A run whose table has other array columns. [8, n]"""
    path = run.path / f"{name}.parquet"
    frame = pl.read_parquet(run.path / "steps.parquet").select("time")
    if path.is_file():
        frame = pl.read_parquet(path)
    arrays = [
        pl.Series(key, np.array(values, "f4"), dtype=pl.Array(pl.Float32, 2))
        for key, values in columns.items()
    ]
    frame.with_columns(arrays).write_parquet(path)
    return run


def test_the_round_trip_is_measured_where_the_car_does_one_thing(make_run):
    """Car 0 (50 kWh, from 0.5) is plugged all through, car 1 drives. The run's stays
    say that car 0 came or left on hours' edges, so every hour but the first counts,
    before which nothing is known of the plug."""
    kw = [(10, 0), (10, 0), (5, 0), (-4, 0), (-6, 0), (0, 0), (0, 0), (0, 0)]
    soc = [0.68, 0.86, 0.94, 0.84, 0.70, 0.70, 0.70, 0.70]
    run = make_run()
    rewritten(run, "ev_steps", kw=kw, soc=[(one, 0.9) for one in soc])
    found = by_name(table(run))
    into = (0.86 - 0.68 + 0.94 - 0.86) * 50 / 15
    assert found[IN]["value"] == pytest.approx(100 * into, rel=1e-5)
    out_of = 10 / ((0.94 - 0.70) * 50)
    assert found[ROUND]["value"] == pytest.approx(100 * into * out_of, rel=1e-5)
    assert found[ROUND]["note"].startswith("measured on 67 % of what 1 cars gave")


def test_an_hour_in_which_it_was_plugged_in_or_an_outage_began_is_left_out(make_run):
    kw = [(10, 0), (10, 0), (5, 0), (-4, 0), (-6, 0), (0, 0), (0, 0), (0, 0)]
    soc = [0.68, 0.86, 0.94, 0.84, 0.70, 0.70, 0.70, 0.70]
    run = make_run()
    rewritten(run, "ev_steps", kw=kw, soc=[(one, 0.9) for one in soc])
    stays = pl.read_parquet(run.path / "sessions.parquet")
    late = pl.when(pl.col("ev") == 0).then(pl.col("plug_out").dt.offset_by("-30m"))
    moved = stays.with_columns(plug_out=late.otherwise(pl.col("plug_out")))
    moved.write_parquet(run.path / "sessions.parquet")
    # car 0's stay ends at 19:30: the third hour falls out
    found = Case(run).throughput
    assert found.charged_kwh[0] == pytest.approx(10)
    time = pl.read_parquet(run.path / "steps.parquet")["time"]
    outage = {"time": [time[0]], "until": [time[3]], "kind": ["outage"]}
    events = pl.DataFrame(outage).with_columns(pl.col("until").dt.offset_by("1m"))
    events.write_parquet(run.path / "events.parquet")
    assert found.given_kwh[0] == pytest.approx(10)
    assert Case(run).throughput.given_kwh[0] == pytest.approx(6)


def test_where_no_car_gave_losses_are_those_of_charging(make_run):
    run = make_run()
    evs = pl.read_parquet(run.path / "evs.parquet")
    evs.with_columns(discharged_kwh=0.0).write_parquet(run.path / "evs.parquet")
    found = by_name(table(run))
    assert found[IN]["value"] == pytest.approx(100 * (1 - 11 / 74))
    assert (found[ROUND]["value"], found[ROUND]["verdict"]) == (None, NONE)
    assert found[ROUND]["note"] == "no car gave"


def test_a_summary_says_what_it_cannot_tell(make_run, interrupted):
    """Charging is told of the car that never gave: 1 - 3 / 24."""
    found = by_name(table(make_run(level="summary")))
    assert found[IN]["value"] == pytest.approx(87.5)
    for name in (ROUND, HOMES, CHARGING):
        assert (found[name]["value"], found[name]["note"]) == (None, NEEDS_ALL)
    assert by_name(table(interrupted))[HOMES]["note"] == STOPPED


def test_diversity_is_of_homes_without_cars_and_of_charging(make_run):
    run = make_run()
    served = [(1, 4), (2, 1), (6, 2), (3, 1), (0, 0), (0, 0), (0, 0), (0, 0)]
    kw = [(8, -3), (2, 5), (0, 7), (-9, 0), (0, 0), (0, 0), (0, 0), (0, 0)]
    rewritten(run, "ev_steps", kw=kw)
    rewritten(run, "customer_steps", served_kw=served)
    case = Case(run)
    found, told = by_name(table_of(case)), headline_of(case)
    assert found[HOMES]["value"] == told["diversity_homes"] == pytest.approx(10 / 8)
    assert told["coincidence_homes"] == pytest.approx(8 / 10)
    assert found[CHARGING]["value"] == told["diversity_ev"] == pytest.approx(15 / 8)
    assert told["coincidence_ev"] == pytest.approx(8 / 15)
    row = found[HOMES]
    assert row["note"] == "coincidence factor 80 % of 2 homes, means of 60 min"
    assert (row["verdict"], range_of(row)) == (NO_RANGE, "–")


def test_homes_of_one_shape_are_told(make_run):
    """Six homes at twice the power of each other, all highest in the third hour."""
    case = Case(make_run())
    course = np.array([1.0, 2, 6, 3])[:, None]
    for kw, told in ((course * 2.0 ** np.arange(6), True), (np.eye(6), False)):
        vars(case)["homes_diversity"] = diversity([kw], 6)
        assert ("they peak at once" in by_name(table_of(case))[HOMES]["note"]) == told


def test_only_homes_count_among_the_homes(make_run):
    run = make_run()
    customers = pl.read_parquet(run.path / "customers.parquet")
    kinds = customers.with_columns(kind=pl.Series(["home", "other"]))
    kinds.write_parquet(run.path / "customers.parquet")
    rewritten(run, "customer_steps", served_kw=[(1, 9)] * 7 + [(3, 0)])
    found = Case(run).homes_diversity
    assert (found.sum_of_peaks_kw, found.coincident_peak_kw) == (3, 3)


def test_load_factor_and_peak_are_of_the_homes_alone(rows):
    assert rows["Load factor of the homes"]["value"] == pytest.approx(50.0)
    assert rows["After-diversity peak per home, without EVs"]["value"] == 10.0


def test_every_range_names_its_source_and_region(rows):
    ranged = [row for row in rows.values() if row["low"] is not None]
    assert [name for name in rows if rows[name] not in ranged] == [HOMES, CHARGING]
    assert all(row["source"] and row["region"] for row in ranged)
    assert all(row["low"] < row["high"] for row in ranged)


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
