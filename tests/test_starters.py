"""The starter scenarios do what they say of themselves."""

from pathlib import Path

import numpy as np
import polars as pl
import pytest

from tests.laws.test_storage import Kept
from tests.worlds import Diary
from twin.scenario.read import read
from twin.scenario.study import read_study
from twin.simulation.build import Grid, build, load_grid, plan
from twin.simulation.run import simulate

pytestmark = pytest.mark.long

STARTERS = Path(__file__).parents[1] / "scenarios"


@pytest.fixture(scope="module")
def village() -> Grid:
    return load_grid(read(STARTERS / "village.yaml"))


def lived(name: str, grid: Grid, *overrides: str) -> Diary:
    world = build(plan(read(STARTERS / name, overrides), grid))
    diary = Diary(world)
    simulate(world)
    return diary


def test_v2g_that_does_nothing_gives_nothing_and_keeps_the_peak(village: Grid):
    nothing = lived("v2g_does_nothing.yaml", village, "time.days=3")
    neglect = lived("village.yaml", village, "time.days=3")
    assert nothing.column("give_kw").sum() == 0.0
    assert nothing.column("charge_kw").sum() > 1_000.0
    peak_kw = nothing.column("grid_kw").max()
    assert peak_kw == pytest.approx(neglect.column("grid_kw").max(), rel=0.02)


def test_v2g_that_hurts_turns_the_grid_around_and_multiplies_its_peak(village: Grid):
    hurts = lived("v2g_hurts.yaml", village, "time.days=3")
    overrides = ("policy.name=uncontrolled", "time.days=3")
    neglect = lived("v2g_hurts.yaml", village, *overrides)
    assert hurts.column("grid_kw").max() > 3 * neglect.column("grid_kw").max()
    assert hurts.column("grid_kw").min() < -1_000.0
    lowest_pu = hurts.column("v_pu").min()
    assert lowest_pu < 0.9 < neglect.column("v_pu").min()


def test_v2g_lowers_the_villages_peak_against_clever_charging(village: Grid):
    """The main study's headline, on three days of one seed."""
    clever = lived("village.yaml", village, "policy.name=valley", "time.days=3")
    giving = lived("village.yaml", village, "policy.name=v2g_peak", "time.days=3")
    assert giving.column("give_kw").sum() > 100.0
    assert giving.column("grid_kw").max() < clever.column("grid_kw").max() - 10.0


def test_the_villages_battery_lowers_the_peak_of_its_transformer(village: Grid):
    """Meters below it: the same without it, as loads and cars know nothing of it."""
    world = build(plan(read(STARTERS / "village_battery.yaml"), village))
    told = Kept(world)
    simulate(world)
    zone = told.storage.zone[0]
    load_kw = (told.column("load_kw") - told.column("pv_kw"))[
        :, world.customers.zone == zone
    ]
    cars_kw = told.column("charge_kw")[:, told.storage.car_zone == zone]
    without_kw = load_kw.sum(axis=1) + cars_kw.sum(axis=1)
    with_kw = without_kw + told.column("storage_kw")[:, 0]
    assert with_kw.max() < 0.92 * without_kw.max()
    given_kwh = told.storage.batteries.given_kwh[0]
    assert 300.0 < given_kwh < 400.0


def test_the_storm_leaves_a_fifth_of_the_equipped_homes_alight():
    """7 of 57 homes all night, 4.5 % of the energy; restarts in turn halve the peak."""
    grid = load_grid(read(STARTERS / "storm_outage.yaml"))
    storm = lived("storm_outage.yaml", grid)
    rows = storm.world.guests.outages.table()
    assert rows.height == 57
    assert rows["hours"].to_list() == pytest.approx([12.0] * 57)
    alight = rows.filter(rows["hours"] - rows["alight_h"] < 5 / 60)
    assert alight.height == 7
    assert rows["unserved_kwh"].sum() == pytest.approx(329.3, abs=0.1)
    assert rows["served_by_car_kwh"].sum() == pytest.approx(15.5, abs=0.1)
    staggered = lived("storm_outage.yaml", grid, "restoration.restart=staggered")
    after = slice(30 * 4, 36 * 4)
    peak_kw = storm.column("grid_kw")[after].max()
    assert peak_kw == pytest.approx(163.7, abs=0.1)
    assert staggered.column("grid_kw")[after].max() < 0.9 * peak_kw


def test_the_pilot_lives_a_day_on_each_phase_of_its_circuit():
    scenario = read(STARTERS / "sdge_bz4x_pilot.yaml")
    pilot = load_grid(scenario)
    words = ("policy.name=v2g_peak", "time.days=1")
    giving = lived("sdge_bz4x_pilot.yaml", pilot, *words)
    assert scenario.region == "US"
    assert set(pilot.feeder.nodes.phase) == {1, 2, 3}
    assert giving.column("converged").all()
    assert giving.column("charge_kw").sum() > giving.column("give_kw").sum() > 0.0
    assert 0.95 < np.nanmin(giving.column("v_pu")) < 1.0


def test_the_pilots_study_asks_for_every_policy_on_one_circuit():
    runs = read_study(STARTERS / "studies" / "sdge_v2g.yaml").runs()
    policies = ["none", "uncontrolled", "tou", "valley", "v2g_peak"]
    wanted = [*policies, "v2g_today", "v2h_blackout"]
    assert [run.variant for run in runs] == wanted


@pytest.mark.long
def test_an_emergency_call_gets_what_the_funnel_says_is_dependable():
    """One car in five can give: 542 kW dependable, 544 kW given through three hours."""
    grid = load_grid(read(STARTERS / "heat_wave_emergency.yaml"))
    called = lived("heat_wave_emergency.yaml", grid)
    world = called.world
    rows = world.funnel.frame().filter(pl.col("hour") == 20)
    kw, least = (dict(rows.select("stage", x).iter_rows()) for x in ("kw", "kw_p10"))
    cars = dict(rows.select("stage", "cars").iter_rows())
    assert (cars["cars"], cars["enrolled"]) == (522, 104)
    assert least["follows"] == pytest.approx(542.3, abs=0.5)
    lost = rows.row(rows["lost_kw"].arg_max(), named=True)
    assert lost["stage"] == "charger" and kw["charger"] < kw["vehicle"]
    call = world.guests.calls.table().row(0, named=True)
    assert call["given_kw"] == pytest.approx(544.4, abs=0.5)
    assert call["peak_kw"] == pytest.approx(3555.1, abs=1.0)
    valley = lived("heat_wave_emergency.yaml", grid, "policy.name=valley")
    unheard = valley.world.guests.calls.table().row(0, named=True)
    assert unheard["given_kw"] == 0.0
    assert unheard["peak_kw"] == pytest.approx(4046.0, abs=1.0)
    assert call["rebound_kw"] < unheard["peak_kw"] - 300.0
    told = world.guests.responses.summary()
    assert told["asked_give_kwh"] == pytest.approx(1802.4, abs=2.0)
    assert told["not_followed_give_kwh"] == pytest.approx(168.7, abs=2.0)
