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
    outages, hours = life.world.outages, life.world.timeline.step_h
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
    outages, step_s = life.world.outages, life.world.timeline.step_s
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
    one, other = born.outages, straight.world.outages
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
