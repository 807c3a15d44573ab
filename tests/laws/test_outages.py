"""Laws of outages: energy per home, the dead in no statistics, causality, bytes."""

from __future__ import annotations

import random
from typing import Any

import numpy as np
import pytest
from numpy.testing import assert_allclose, assert_array_equal

from tests.worlds import FOUR_BUS, Diary, interrupted_life, lived, scenario, world
from twin.simulation.run import simulate

EVENTS: list[dict[str, Any]] = [
    {"kind": "outage", "start": "2026-01-12T18:07", "hours": 3.25},
    {
        "kind": "outage",
        "start": "2026-01-12T20:00",
        "hours": 6,
        "section": "home:load 3",
    },
    {
        "kind": "outage",
        "start": "2026-01-13T05:10",
        "hours": 2.0,
        "section": "transformer:trafo 1",
        "restored": [{"section": "home:load 1", "hours": 0.5}],
    },
]
V2H: dict[str, Any] = {
    "fleet__ev_share": 1.0,
    "fleet__bidirectional_share": 1.0,
    "backup__share": 0.8,
    "events": EVENTS,
}
CASES: list[dict[str, Any]] = [
    {},
    {"backup__panel": "whole", "backup__overload": "trip"},
    {"policy__name": "v2g_peak", "restoration__restart": "staggered"},
    {"fleet__inverter": {"mode": "volt_var", "vars_while": "plugged"}},
    {"feeder__model": "three_phase", "customers__pv_share": 1.0},
]


@pytest.fixture(scope="module", params=range(len(CASES)))
def life(request: pytest.FixtureRequest) -> Diary:
    return lived(scenario(**(V2H | CASES[request.param])))


def test_served_and_unserved_are_the_demand_of_each_outage(life: Diary) -> None:
    outages, hours = life.world.guests.outages, life.world.timeline.step_h
    assert outages is not None
    rows = outages.table()
    cars_kwh = life.column("island_kw").sum(axis=0) * hours
    home = np.bincount(outages.home, cars_kwh, len(life.world.customers))
    own = np.bincount(rows["customer"], rows["served_by_car_kwh"], len(home))
    assert_allclose(own, home, atol=1e-9)
    lost = (life.column("load_kw") - life.column("drawn_kw")).sum(axis=0) * hours
    asked = np.bincount(rows["customer"], rows["demand_kwh"], len(home))
    assert_allclose(asked, lost, atol=1e-9)
    assert_allclose(
        rows["served_by_car_kwh"] + rows["unserved_kwh"], rows["demand_kwh"]
    )
    assert rows["unserved_kwh"].min() >= -1e-9
    assert (rows["alight_h"] <= rows["hours"] + 1e-9).all()
    assert home.sum() > 0.5


def test_batteries_close_and_stay_within_bounds(life: Diary) -> None:
    fleet, soc = life.world.fleet, life.column("soc")
    state = fleet.state
    stored = (state["soc"] - life.soc_start) * fleet.traits["capacity_kwh"]
    flows = state["charged_kwh"] - state["discharged_kwh"] - state["loss_kwh"]
    flows += state["public_kwh"] - state["standby_kwh"] - state["driven_kwh"]
    assert_allclose(stored, flows, atol=1e-9)
    assert soc.min() >= 0.0 and soc.max() <= 1.0


def test_nobody_charges_or_feeds_in_without_supply(life: Diary) -> None:
    outages, step_s = life.world.guests.outages, life.world.timeline.step_s
    assert outages is not None
    for k, row in enumerate(life.rows):
        out = outages.supply.share_out(k * step_s, (k + 1) * step_s) == 1.0
        cars = out[outages.home]
        assert not row["charge_kw"][cars].any()
        assert_allclose(row["give_kw"][cars], row["island_kw"][cars], atol=1e-12)
        assert not row["pv_kw"][out].any()


def test_the_dead_have_no_voltage_and_the_grid_still_balances(life: Diary) -> None:
    k = (18 * 60 + 15) // 15
    v_pu = life.rows[k]["v_pu"]
    alive = np.zeros(len(v_pu), dtype=bool)
    alive[life.world.powerflow.feeder.source_node] = True
    assert_array_equal(np.isnan(v_pu), ~alive)
    assert life.rows[k]["grid_kw"] == pytest.approx(0.0, abs=1e-9)
    assert life.world.recorder.worst_residual < 1e-6
    assert life.world.recorder.steps_failed == 0
    assert not np.isnan(life.rows[k - 1]["v_pu"]).any()


@pytest.mark.parametrize("case", CASES[:3])
def test_rebuilt_at_random_instants_it_is_the_same(case: dict[str, Any]) -> None:
    said = scenario(**(V2H | case))
    straight, born = lived(said), world(said)
    cut = Diary(born)
    draw = random.Random(7)
    assert interrupted_life(born, [draw.randint(1, 60) for _ in range(30)]) > 10
    for name in ("soc", "charge_kw", "island_kw", "v_pu"):
        assert_array_equal(cut.column(name), straight.column(name))
    one, other = born.guests.outages, straight.world.guests.outages
    assert one is not None and other is not None
    assert one.table().equals(other.table())


def test_an_outage_ahead_changes_nothing_before_it() -> None:
    later = [EVENTS[2] | {"start": "2026-01-13T12:00"}]
    with_it = lived(scenario(**(V2H | {"events": later})))
    without = lived(scenario(**{k: v for k, v in V2H.items() if k != "events"}))
    k = 36 * 4
    for name in ("soc", "charge_kw", "v_pu", "load_kw"):
        assert_array_equal(with_it.column(name)[:k], without.column(name)[:k])
    assert (with_it.column("load_kw")[k:] != without.column("load_kw")[k:]).any()


def test_no_trip_changes() -> None:
    with_it = lived(scenario(**V2H))
    without = lived(scenario(**{k: v for k, v in V2H.items() if k != "events"}))
    for column in ("ev", "depart_s", "arrive_s", "distance_km"):
        assert_array_equal(with_it.trips[column], without.trips[column])


def test_staggered_restarts_take_longer() -> None:
    event = [{"kind": "outage", "start": "2026-01-12T18:00", "hours": 3}]
    plain = V2H | {"events": event, "backup__share": 0.0}
    at_once = lived(scenario(**plain))
    spread = lived(scenario(**plain, restoration__restart="staggered"))
    k = 21 * 4
    first = at_once.column("charge_kw").sum(axis=1)[k]
    assert first > 2.0 * spread.column("charge_kw").sum(axis=1)[k]
    assert spread.column("charge_kw")[k:].sum() > 0.0


def test_a_small_circuit_with_an_outage_of_a_branch_lives() -> None:
    events = [
        {"kind": "outage", "start": "2026-01-12T07:00", "hours": 1, "section": "feeder"}
    ]
    diary = Diary(world(scenario(feeder__source=FOUR_BUS, events=events)))
    simulate(diary.world)
    assert diary.rows[28]["grid_kw"] == pytest.approx(0.0, abs=1e-9)


NOON: list[dict[str, Any]] = [
    {"kind": "outage", "start": "2026-06-20T10:07", "hours": 7.5},
    {
        "kind": "outage",
        "start": "2026-06-21T03:40",
        "hours": 9,
        "section": "home:load 3",
    },
]
SUNNY: dict[str, Any] = V2H | {
    "time__start": "2026-06-20",
    "events": NOON,
    "customers__pv_share": 0.7,
    "backup__share": 1.0,
    "backup__pv": True,
    "fleet__initial_soc": 0.35,
}


@pytest.fixture(scope="module")
def sunny() -> Diary:
    return lived(scenario(**SUNNY))


def test_sun_car_and_darkness_are_the_demand_of_each_outage(sunny: Diary) -> None:
    outages, hours = sunny.world.guests.outages, sunny.world.timeline.step_h
    assert outages is not None
    rows = outages.table()
    n = len(sunny.world.customers)
    car, sun = rows["served_by_car_kwh"], rows["served_by_pv_kwh"]
    parts = car + sun + rows["unserved_kwh"]
    assert_allclose(parts, rows["demand_kwh"], rtol=0, atol=1e-9)
    assert rows["unserved_kwh"].min() >= -1e-9
    assert sun.sum() > 1.0 and car.sum() > 0.1
    taken = outages.home, sunny.world.fleet.state["island_in_kwh"], n
    from_sun = np.bincount(*taken)
    assert from_sun.sum() > 1.0
    made = sunny.column("island_pv_kw").sum(axis=0) * hours
    by_home = np.bincount(rows["customer"], sun, n)
    assert_allclose(made, by_home + from_sun, rtol=0, atol=1e-9)
    lost = (sunny.column("load_kw") - sunny.column("drawn_kw")).sum(axis=0) * hours
    asked = np.bincount(rows["customer"], rows["demand_kwh"], n)
    assert_allclose(asked, lost, atol=1e-9)
    island = np.bincount(outages.home, sunny.column("island_kw").sum(axis=0), n) * hours
    given = np.bincount(rows["customer"], car, n)
    assert_allclose(island, given - from_sun, rtol=0, atol=1e-9)


def test_pv_makes_no_more_in_an_island_than_the_sun_gives(sunny: Diary) -> None:
    outages, step_s = sunny.world.guests.outages, sunny.world.timeline.step_s
    assert outages is not None
    without = lived(scenario(**{k: v for k, v in SUNNY.items() if k != "events"}))
    some = 0
    for k, (row, plain) in enumerate(zip(sunny.rows, without.rows, strict=True)):
        share = outages.supply.share_out(k * step_s, (k + 1) * step_s)
        made = row["island_pv_kw"]
        assert (made <= plain["pv_kw"] * share + 1e-9).all()
        assert (row["pv_kw"] <= plain["pv_kw"] * (1.0 - share) + 1e-9).all()
        cars = (share == 1.0)[outages.home]
        net = row["charge_kw"] - row["give_kw"] + row["island_kw"]
        assert_allclose(net[cars], 0.0, atol=1e-12)
        some += int((made > 0.0).sum())
    assert some > 20


def test_with_sun_batteries_close_and_the_grid_balances(sunny: Diary) -> None:
    test_batteries_close_and_stay_within_bounds(sunny)
    assert sunny.world.recorder.worst_residual < 1e-6


def test_after_the_return_pv_waits_for_its_delay(sunny: Diary) -> None:
    """From 17:37 for 5 minutes nothing feeds in; then PV is what it was."""
    k = (17 * 60 + 45) // 15
    plain = lived(scenario(**{k: v for k, v in SUNNY.items() if k != "events"}))
    whole, now = plain.rows[k - 1]["pv_kw"], sunny.rows[k - 1]["pv_kw"]
    assert_allclose(now, whole * 3.0 / 15.0, atol=1e-9)
    assert_array_equal(sunny.rows[k]["pv_kw"], plain.rows[k]["pv_kw"])


def test_with_the_sun_fewer_hours_are_dark() -> None:
    """Cars that may give a hundredth of their battery only."""
    spare = SUNNY | {"backup__reserve_soc": 0.89}
    sunny, dull = (
        lived(scenario(**(spare | {"backup__pv": pv}))) for pv in (True, False)
    )
    tables = [one.world.guests.outages.table() for one in (sunny, dull)]
    lit = [table["alight_h"].sum() for table in tables]
    unserved = [table["unserved_kwh"].sum() for table in tables]
    assert lit[0] > lit[1]
    assert unserved[0] < unserved[1]
    assert not dull.column("island_pv_kw").any()


def test_with_sun_rebuilt_at_random_instants_it_is_the_same(sunny: Diary) -> None:
    born = world(scenario(**SUNNY))
    cut = Diary(born)
    draw = random.Random(5)
    assert interrupted_life(born, [draw.randint(1, 30) for _ in range(60)]) > 10
    for name in ("soc", "charge_kw", "island_kw", "island_pv_kw", "v_pu"):
        assert_array_equal(cut.column(name), sunny.column(name))
