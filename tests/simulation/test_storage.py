"""Stationary batteries in a run: where they are, what they do, what is written down."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import numpy as np
import polars as pl
import pytest
from numpy.testing import assert_allclose

from tests.simulation.phases import LEGS, street
from tests.worlds import BRANCHES, FOUR_BUS, LANDNETZ, planned, scenario, world
from twin.analysis.case import Case
from twin.analysis.plugged import plugged_of
from twin.errors import InputError
from twin.grid.zones import zones_of
from twin.results.record import Run
from twin.scenario.spec import Scenario
from twin.simulation.battery_places import Places, battery_places
from twin.simulation.grids import Grid
from twin.simulation.plan import plan
from twin.simulation.run import run, simulate
from twin.simulation.world import World

HALF: dict[str, Any] = {"time__days": 1, "fleet__ev_count": 0}


def said(**changes: Any) -> Scenario:
    own = {
        key.removeprefix("b__"): value
        for key, value in changes.items()
        if key.startswith("b__")
    }
    rest = {key: value for key, value in changes.items() if not key.startswith("b__")}
    place = {} if "bus" in own else {"transformer": "transformer"}
    battery = {"name": "b1", "kw": 20.0, "kwh": 40.0} | place | own
    words = {"feeder__source": FOUR_BUS, "storage": [battery]} | HALF | rest
    return scenario(**words)


def courses(born: World) -> dict[str, np.ndarray]:
    """What a life's batteries did, and what the source gave, interval by interval."""
    rows: list[tuple[np.ndarray, float]] = []
    write = born.recorder.write

    def look(k, given, taken, demand, flow, fleet) -> None:
        assert born.guests.storage is not None
        rows.append((born.guests.storage.kw.copy(), flow.grid_kw))
        write(k, given, taken, demand, flow, fleet)

    born.recorder.write = look  # type: ignore[method-assign]
    simulate(born)
    kw, grid_kw = zip(*rows, strict=True)
    return {"kw": np.array(kw), "grid_kw": np.array(grid_kw)}


def steady(born: World, load_kw: np.ndarray) -> World:
    """The same world with loads, forecast and metered, that are known by hand.

    ``load_kw`` [n_step] is all that its customers draw, in equal parts.
    """
    born.surroundings.sun.day_kw = lambda day: np.zeros(  # type: ignore[method-assign]
        (len(load_kw), len(born.customers))
    )
    each = np.repeat(load_kw[:, None], len(born.customers), axis=1)
    each /= len(born.customers)
    born.surroundings.loads.day_kw = lambda day: each  # type: ignore[method-assign]
    born.surroundings._days.clear()
    by_zone = np.stack([born.customers.by_zone(row) for row in each])
    born.outlook.ahead = lambda k: by_zone[  # type: ignore[method-assign]
        (k + np.arange(len(by_zone))) % len(by_zone)
    ]
    born.decide(0, None, None)
    return born


LANDNETZ_BATTERY: dict[str, Any] = {
    "feeder__source": LANDNETZ,
    "b__transformer": "trafo 1",
    "b__target_kw": 17.0,
    "b__initial_soc": 1.0,
    "b__kwh": 100.0,
}


def test_a_peak_above_the_target_is_given_and_no_more() -> None:
    """Four hours of 25 kW over 10 kW, a target of 17 kW: 8 kW are given for them."""
    load_kw = np.full(96, 10.0)
    load_kw[72:88] = 25.0
    words = said(**LANDNETZ_BATTERY)
    found = courses(steady(world(words), load_kw))
    kw = found["kw"][:, 0]
    assert_allclose(kw[72:88], -8.0, atol=1e-9)
    assert_allclose(kw[:72], 0.0, atol=1e-9)
    plain = courses(steady(world(words.model_copy(update=_idle(words))), load_kw))
    less = plain["grid_kw"][72:88] - found["grid_kw"][72:88]
    assert (less >= 8.0).all() and (less < 8.8).all()


def test_it_fills_up_again_in_the_valley_with_what_is_lost() -> None:
    """32 kWh given are 34.7 out of the store, 37.6 drawn: 85 % comes back."""
    load_kw = np.full(96, 10.0)
    load_kw[:16] = 25.0
    words = said(**LANDNETZ_BATTERY)
    born = steady(world(words), load_kw)
    found = courses(born)["kw"][:, 0]
    assert born.guests.storage is not None
    own = born.guests.storage.batteries
    assert_allclose(own.given_kwh, 32.0, atol=1e-9)
    assert_allclose(own.drawn_kwh, 32.0 / 0.85, rtol=1e-4)
    assert_allclose(found[16:], 32.0 / 0.85 / 20.0, rtol=1e-3)


def _idle(words: Scenario) -> dict[str, Any]:
    still = {"target_kw": 1e5}
    return {"storage": [words.storage[0].model_copy(update=still)]}


def test_cars_see_what_the_battery_does() -> None:
    born = world(said(b__initial_soc=1.0, fleet__ev_count=4, policy__name="valley"))
    assert born.guests.storage is not None
    seen = born.observe(0, None, None)
    with_it = born.guests.storage.decide(seen)
    zone, set_kw = born.guests.storage.zone[0], born.guests.storage.batteries.set_kw[0]
    assert_allclose(with_it.ahead_kw[0, zone] - seen.ahead_kw[0, zone], set_kw)
    assert_allclose(with_it.ahead_kw[1:], seen.ahead_kw[1:])
    born.guests.storage.kw = np.array([-7.0])
    again = born.guests.storage.decide(seen)
    assert_allclose(again.base_kw[zone] - seen.base_kw[zone], -7.0)


def test_the_networks_own_plants_are_part_of_what_passes() -> None:
    """15 kW of generation: of 25 kW drawn 10 pass the transformer, below the target."""
    born = steady(world(said(b__target_kw=17.0, b__initial_soc=1.0)), np.full(96, 25.0))
    assert born.guests.storage is not None
    plants_kw = born.guests.storage.plants_kw[born.guests.storage.zone[0]]
    assert plants_kw == born.customers.fixed_kw.sum() < -8.0
    assert_allclose(courses(born)["kw"], 0.0, atol=1e-9)


def test_a_second_battery_takes_what_the_first_leaves() -> None:
    """Two of 10 kW against 30 kW above their target: both give all they can."""
    load_kw = np.full(96, 10.0)
    load_kw[4:6] = 40.0
    two = [
        {
            "name": name,
            "transformer": "transformer",
            "kw": 10.0,
            "kwh": 50.0,
            "initial_soc": 1.0,
        }
        for name in ("b1", "b2")
    ]
    found = courses(steady(world(said(storage=two)), load_kw))["kw"]
    assert_allclose(found[4:6], -10.0, atol=1e-6)


def test_a_battery_is_at_the_busbar_or_the_bus_that_it_names() -> None:
    feeder = planned(said()).grid.feeder
    lv = int(feeder.transformers.node_lv[0])
    for words in (said(), said(b__bus=2), said(b__bus="2")):
        born = world(words)
        assert born.guests.storage is not None
        assert len(born.guests.storage.node) == 1
    assert world(said()).guests.storage.node[0] == lv  # type: ignore[union-attr]
    named = plan(said()).grid.net.bus["name"].iloc[2]  # type: ignore[union-attr]
    by_name, by_index = (world(said(b__bus=one)).guests.storage for one in (named, 2))
    assert by_name is not None and by_index is not None
    assert by_name.node[0] == by_index.node[0]


def test_by_phase_it_is_on_all_phases_or_on_those_said() -> None:
    words: dict[str, Any] = {
        "feeder__source": LANDNETZ,
        "feeder__model": "three_phase",
        "b__transformer": "trafo 1",
    }
    three = plan(said(**words)).batteries
    one = plan(said(**words, b__phases=[2])).batteries
    assert three is not None and one is not None
    assert phases_of(three) == [1, 2, 3]
    assert_allclose(three.spread.share, 1 / 3)
    assert phases_of(one) == [2]


def phases_of(places: Places) -> list[int]:
    at = places.feeder.terminals.node_a[places.spread.terminal]
    return places.feeder.nodes.phase[at].tolist()


@pytest.mark.parametrize(
    ("changes", "message"),
    [
        (
            {"b__transformer": "transformr"},
            "storage.0.transformer: no transformer 'transformr' here; there are 1: "
            "transformer; did you mean 'transformer'?",
        ),
        ({"b__bus": 7}, "storage.0.bus: no bus '7' here; there are 4"),
        (
            {"b__bus": "bas3"},
            "storage.0.bus: no bus 'bas3' here; there are 4; did you mean 'bus3'?",
        ),
        (
            {"b__bus": 0, "b__target_loading": 0.8},
            "storage.0.target_loading: no transformer with a rating supplies this "
            "bus; allowed here: target_kw",
        ),
    ],
)
def test_a_place_that_is_not_there_is_told(
    changes: dict[str, Any], message: str
) -> None:
    with pytest.raises(InputError) as told:
        plan(said(**changes))
    assert str(told.value) == message


def test_a_phase_that_is_not_there_is_told() -> None:
    feeder = street([("load", 0, 0, 1.0, 0.0), ("load", 1, 1, 1.0, 0.0)], LEGS)
    battery = said(b__bus="street", b__phases=[3]).storage
    with pytest.raises(InputError) as told:
        battery_places(battery, Grid(feeder), feeder, zones_of(feeder))
    assert str(told.value) == "storage.0.phases: phase 3 is not there; allowed: 1, 2"
    both = said(b__bus="street").storage
    placed = battery_places(both, Grid(feeder), feeder, zones_of(feeder))
    assert placed is not None
    assert placed.feeder.terminals.node_a[placed.spread.terminal].tolist() == [2, 3]


def test_a_run_writes_down_what_its_batteries_did(tmp_path: Path) -> None:
    words = said(fleet__ev_count=3, b__standby_kw=0.1, output__level="summary")
    folder = run(words, tmp_path)
    steps = pl.read_parquet(folder / "steps.parquet")
    course = pl.read_parquet(folder / "storage_steps.parquet")
    row = pl.read_parquet(folder / "storage.parquet").row(0, named=True)
    kw = course["kw"].to_numpy()[:, 0].astype(np.float64)
    assert np.abs(kw).max() > 1.0
    assert_allclose(steps["storage_charge_kw"], np.maximum(kw, 0.0), atol=1e-5)
    assert_allclose(steps["storage_discharge_kw"], np.maximum(-kw, 0.0), atol=1e-5)
    assert_allclose(row["charged_kwh"], 0.25 * steps["storage_charge_kw"].sum())
    stored = row["kwh"] * (row["soc_end"] - row["soc_start"])
    flows = row["charged_kwh"] - row["discharged_kwh"]
    lost = row["losses_kwh"] + row["standby_kwh"]
    assert_allclose(stored, flows - lost, atol=1e-9)
    assert_allclose(row["standby_kwh"], 2.4)
    assert_allclose(row["soc_end"], course["soc"].to_numpy()[-1, 0], atol=1e-6)
    assert_allclose(row["full_cycles"], row["discharged_kwh"] / 0.85**0.5 / 40.0)
    assert np.isnan(row["target_kw"])
    assert np.abs(steps["residual_kw"]).max() < 1e-4


def test_a_yardstick_takes_batteries_as_they_were(tmp_path: Path) -> None:
    """What passes the head is all that meters, cars, plants and batteries draw."""
    folder = run(said(fleet__ev_count=3), tmp_path)
    case = Case(Run.open(folder))
    steps, found = case.steps, plugged_of(case)
    stored = steps["storage_charge_kw"] - steps["storage_discharge_kw"]
    assert stored.abs().max() > 1.0
    head_kw = steps["grid_kw"] - steps["losses_kw"] - steps["shunts_kw"]
    assert_allclose(found.load_kw[:, -1], head_kw, atol=1e-3)
    cars_kw = steps["ev_charge_kw"] - steps["ev_discharge_kw"]
    assert_allclose(found.base_kw[:, -1], head_kw - cars_kw, atol=1e-3)


def test_a_run_without_batteries_has_none_of_their_columns(tmp_path: Path) -> None:
    folder = run(said(storage=[]), tmp_path)
    names = pl.read_parquet_schema(folder / "steps.parquet").names()
    assert not [name for name in names if name.startswith("storage")]
    assert not list(folder.glob("storage*"))


def test_pandapowers_own_engine_has_the_battery_too(tmp_path: Path) -> None:
    fast, newton = (
        world(said(feeder__source=BRANCHES, power_flow__solver=solver, **AT_TRAFO_0))
        for solver in ("fast", "pandapower")
    )
    one, other = courses(fast), courses(newton)
    assert np.abs(one["kw"]).max() > 1.0
    assert_allclose(one["kw"], other["kw"], atol=1e-9)
    assert_allclose(one["grid_kw"], other["grid_kw"], atol=1e-4)


AT_TRAFO_0: dict[str, Any] = {"b__transformer": "trafo 0", "time__step_min": 60}
