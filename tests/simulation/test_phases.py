"""A run on a feeder with phases: balanced books, the same bytes, everyone in place."""

from __future__ import annotations

import json
from pathlib import Path

import numpy as np
import polars as pl
import pytest
from numpy.testing import assert_allclose, assert_array_equal

from tests.simulation.circuit import written
from tests.worlds import Diary, scenario
from twin.grid.added_terminals import KIND
from twin.scenario.spec import Scenario
from twin.simulation.build import Grid, Plan, build, load_grid, plan
from twin.simulation.grids import held, inspected
from twin.simulation.run import run, simulate

pytestmark = pytest.mark.long

EUROPEAN = "pandapower:ieee_european_lv_asymmetric"


@pytest.fixture(scope="module")
def master(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return written(tmp_path_factory.mktemp("circuit"))


@pytest.fixture(scope="module")
def grid(master: Path) -> Grid:
    return load_grid(said(master))


def said(master: Path, **words: object) -> Scenario:
    usual = {
        "feeder__source": f"opendss:{master}",
        "time__days": 1,
        "time__timezone": "America/Los_Angeles",
        "customers__homes_per_load": 4,
        "fleet__ev_count": 12,
        "fleet__bidirectional_share": 1.0,
        "fleet__charger_kw": 7.2,
        "policy__name": "v2g_peak",
    }
    return scenario(**(usual | words))


@pytest.fixture(scope="module")
def planned(master: Path, grid: Grid) -> Plan:
    return plan(said(master), grid)


def test_it_agrees_with_the_engine_it_came_from(grid: Grid) -> None:
    assert inspected(grid).agreement.difference_pu < 1e-7
    assert (inspected(grid).loads, inspected(grid).generators) == (5, 1)
    assert_allclose(inspected(grid).generation_kw, 15.0, rtol=1e-3)


def test_everyone_is_in_place(planned: Plan) -> None:
    people, terminals = planned.households, planned.grid.feeder.terminals
    assert people.name[::4] == ("flats#1", "leg_1#1", "across#1", "shop")
    assert people.kind[-2:] == ("home", "business")
    assert_array_equal(people.phase, 0)
    assert_array_equal(people.spread.count[::4], [3, 2, 1, 3])
    assert_allclose(people.spread.share[12:14], [2 / 3, 1 / 3])
    home = planned.cars.traits["customer"]
    at = planned.plugs.spread.terminal
    kinds = np.array(terminals.kind)[at]
    assert_array_equal(kinds == KIND, (home >= 4) & (home < 8))
    assert set(planned.plugs.phase[home < 4].tolist()) <= {1, 2, 3}


def test_a_business_follows_its_own_shape(planned: Plan) -> None:
    world = build(planned)
    load_kw = world.surroundings.loads.day_kw(0)
    assert_allclose(load_kw[:32, -1], 0.2 * 90.0)
    assert_allclose(load_kw[32:80, -1], 90.0)


def test_homes_keep_the_energy_that_they_were_allocated(planned: Plan) -> None:
    assert_allclose(planned.households.annual_kwh[0], 4_200.0 * 30.0 / 4.0)
    own = planned.grid.loads
    assert own is not None
    mean = (12 * 1.0 + 12 * 0.2) / 24
    assert_allclose(own.annual_kwh(np.array([0]), np.array([90.0])), 8760 * 90 * mean)


def test_the_network_profile_is_the_file_s_own(master: Path, grid: Grid) -> None:
    words = {"customers__profiles": "network", "customers__loads": "*"}
    world = build(plan(said(master, **words), grid))
    load_kw = world.surroundings.loads.day_kw(0)
    by_name = dict(zip(world.customers.name, load_kw.T, strict=True))
    assert_allclose(by_name["shop#1"][:32], 0.2 * 90.0 / 4.0)
    assert_allclose(by_name["across#4"], 3.0 / 4.0)


def test_books_balance_in_every_step(planned: Plan) -> None:
    world = build(planned)
    diary = Diary(world)
    simulate(world)
    assert diary.column("converged").all()
    assert world.recorder.worst_residual < 1e-6
    assert diary.column("charge_kw").max() > 0.0
    assert world.customers.voltage_dependent
    assert_allclose(world.customers.fixed_kw.sum(), -15.0, rtol=1e-3)


def test_a_charger_between_the_legs_loads_both(planned: Plan) -> None:
    world = build(planned)
    none = np.zeros(len(world.customers))
    car_kw = np.zeros(len(world.fleet))
    home = world.customers.car_customer
    car_kw[np.flatnonzero((home >= 4) & (home < 8))[0]] = 7.2
    demand = world.customers.net(none, none, car_kw)
    terminals = planned.grid.feeder.terminals
    drawn = np.flatnonzero(demand[2] != world.customers.fixed_kw)
    assert [terminals.kind[k] for k in drawn] == [KIND]
    assert terminals.node_b[drawn[0]] >= 0


def test_two_runs_are_the_same_bytes(master: Path, tmp_path: Path) -> None:
    """Also where the circuit's folder has moved, which the record does not know."""
    (tmp_path / "moved").mkdir()
    moved = said(written(tmp_path / "moved"), name="twice")
    one = run(said(master, name="twice"), tmp_path / "one")
    two = run(moved, tmp_path / "two")
    assert one.name == two.name
    tables = sorted(file.name for file in one.glob("*.parquet"))
    assert len(tables) > 10
    for name in tables:
        assert (one / name).read_bytes() == (two / name).read_bytes(), name
    record = json.loads((one / "run.json").read_text())
    assert record["feeder"]["source"] == "opendss:Master.dss"
    for folder, home in ((one, master.parent), (two, tmp_path / "moved")):
        assert str(home) not in (folder / "run.json").read_text()
    assert {"Master.dss", "lines.dss", "shop.csv"} <= set(record["inputs"])
    assert record["audit"]["largest_difference_pu"] < 1e-8
    assert record["audit"]["engine"].startswith("OpenDSS (")
    assert record["audit"]["tolerance_pu"] <= 1e-9
    assert not any("why_not" in step for step in record["audit"]["steps"])
    assert record["audit"]["origin_difference_pu"] < 1e-7
    assert record["balance"]["largest_relative_residual"] < 1e-6
    assert set(pl.read_parquet(one / "evs.parquet")["phase"]) <= {0, 1, 2, 3}
    nodes = pl.read_parquet(one / "nodes.parquet")
    assert nodes.filter(pl.col("bus") == "pole")["transformer"].n_unique() == 1
    assert nodes["phase"].is_between(1, 3).all()


def test_another_file_below_makes_another_run(master: Path, tmp_path: Path) -> None:
    other = written(tmp_path)
    text = (tmp_path / "lines.dss").read_text()
    (tmp_path / "lines.dss").write_text(text.replace("length=3", "length=4"))
    one, two = (plan(said(path)).inputs for path in (master, other))
    assert [path.name for path in one] == [path.name for path in two]
    assert any(a.read_bytes() != b.read_bytes() for a, b in zip(one, two, strict=True))


def test_a_circuit_of_another_frequency_is_told(master: Path, grid: Grid) -> None:
    here = plan(said(master), grid).warnings
    there = plan(said(master, time__timezone="Europe/Berlin"), grid).warnings
    assert not any("60 Hz" in line for line in here)
    assert any("60 Hz, but Europe is taken" in line for line in there)


def test_a_source_is_held_where_the_scenario_says(grid: Grid) -> None:
    feeder = held(grid.feeder, 0.97)
    assert_allclose(np.abs(feeder.source_v), 0.97)
    assert_allclose(np.angle(feeder.source_v), np.angle(grid.feeder.source_v))


def test_a_european_street_by_phase() -> None:
    words = scenario(
        feeder__source=EUROPEAN,
        feeder__model="three_phase",
        time__days=1,
        time__step_min=60,
        fleet__charger_kw=11.0,
    )
    planned = plan(words)
    people = planned.households
    assert set(people.phase.tolist()) == {1, 2, 3}
    home = planned.cars.traits["customer"]
    assert_array_equal(planned.plugs.phase, people.phase[home])
    world = build(planned)
    simulate(world)
    assert world.recorder.worst_residual < 1e-6
