"""Inverters in a run: what a planner sees, each car on its curve, the same bytes."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import numpy as np
import polars as pl
import pytest
from numpy.testing import assert_allclose, assert_array_equal

from tests.simulation.circuit import written
from tests.worlds import LANDNETZ, Diary, scenario
from twin.fleet.state import Phase
from twin.grid.inverter_law import along
from twin.grid.inverter_presets import PRESETS
from twin.scenario.spec import Scenario
from twin.simulation.build import build, load_grid, plan
from twin.simulation.run import run, simulate

CURVES = PRESETS["ieee1547_b"]
MODES = ("unity", "power_factor", "volt_var", "volt_watt", "volt_var_watt")


def exporting(mode: str, **words: Any) -> Scenario:
    """A short, strong street at 1.065 pu whose cars sell in the dear hours."""
    usual: dict[str, Any] = {
        "feeder__source": LANDNETZ,
        "feeder__source_voltage_pu": 1.065,
        "time__days": 1,
        "fleet__ev_share": 1.0,
        "fleet__bidirectional_share": 1.0,
        "policy__name": "v2g_price",
        "tariff__name": "sdge_ev_tou_5",
        "tariff__export_price_usd_per_kwh": 0.9,
        "fleet__inverter": {"mode": mode},
    }
    return scenario(**(usual | words))


def life(said: Scenario) -> Diary:
    born = build(plan(said, load_grid(said)))
    diary = Diary(born)
    simulate(born)
    return diary


@pytest.fixture(scope="module")
def lives() -> dict[str, Diary]:
    return {mode: life(exporting(mode)) for mode in MODES}


def test_volt_var_and_volt_watt_matter_where_cars_sell(lives: dict[str, Diary]) -> None:
    top = {mode: diary.column("v_pu").max() for mode, diary in lives.items()}
    given = {
        mode: diary.world.fleet.state["discharged_kwh"].sum()
        for mode, diary in lives.items()
    }
    assert top["unity"] > 1.07
    assert top["volt_var_watt"] < min(top["volt_var"], top["volt_watt"])
    assert max(top["volt_var"], top["volt_watt"]) < top["unity"] - 0.002
    assert given["volt_watt"] < given["unity"] - 10.0
    held_back = lives["volt_watt"].column("held_back_kw").sum() * 0.25
    assert held_back > 100.0


def test_each_car_is_on_its_curve(lives: dict[str, Diary]) -> None:
    diary = lives["volt_var_watt"]
    born = diary.world
    traits = born.fleet.traits
    v = diary.column("v_pu")[:, born.plug_node]
    kvar, give = diary.column("kvar"), diary.column("give_kw")
    plugged = diary.column("phase") == Phase.PLUGGED
    through = plugged & np.vstack([plugged[:1], plugged[:-1]])
    var_v, var_q = np.array(CURVES.volt_var).T
    watt_v, watt_p = np.array(CURVES.volt_watt).T
    seen = 0
    for k, car in np.argwhere(through & (diary.column("held_back_kw") > 0.0)):
        at, rated = v[k, car], traits["rated_kw"][car]
        assert_allclose(kvar[k, car], -along(at, var_v, var_q)[0] * rated, atol=1e-4)
        circle = np.sqrt(rated**2 - kvar[k, car] ** 2)
        most = min(along(at, watt_v, watt_p)[0] * traits["give_kw"][car], circle)
        assert_allclose(give[k, car], most, atol=1e-4)
        seen += 1
    assert seen > 10
    assert (kvar[~plugged] == 0.0).all()


@pytest.mark.parametrize("mode", MODES)
def test_books_balance_at_the_grid_and_in_batteries(
    lives: dict[str, Diary], mode: str
) -> None:
    diary = lives[mode]
    fleet, state = diary.world.fleet, diary.world.fleet.state
    assert diary.column("converged").all()
    assert diary.world.recorder.worst_residual <= 1e-6
    stored = (state["soc"] - diary.soc_start) * fleet.traits["capacity_kwh"]
    flows = (
        state["charged_kwh"]
        - state["discharged_kwh"]
        - state["loss_kwh"]
        - state["standby_kwh"]
        - state["driven_kwh"]
        + state["public_kwh"]
    )
    assert_allclose(stored, flows, atol=1e-9)
    for name, total in (("give_kw", "discharged_kwh"), ("charge_kw", "charged_kwh")):
        metered = diary.column(name).sum(axis=0) * 0.25
        assert_allclose(metered, state[total], atol=1e-9)


def test_the_next_decision_sees_what_is_left(lives: dict[str, Diary]) -> None:
    unity, held = lives["unity"], lives["volt_watt"]
    first = int(np.argmax(held.column("held_back_kw").sum(axis=1) > 0.1))
    assert_array_equal(unity.column("soc")[:first], held.column("soc")[:first])
    car = int(np.argmax(held.column("held_back_kw")[first]))
    assert held.column("soc")[first, car] > unity.column("soc")[first, car]


def test_a_run_says_what_its_inverters_did(tmp_path: Path) -> None:
    said = exporting("volt_var_watt")
    folder = run(said, tmp_path)
    record = json.loads((folder / "run.json").read_text())
    told = record["inverters"]
    steps = pl.read_parquet(folder / "steps.parquet")
    back = told["giving_held_back_kwh"]
    total = float(steps["ev_held_back_kw"].sum()) * 0.25
    assert_allclose(back["by_volt_watt"] + back["by_vars"], total, rtol=1e-9)
    assert back["by_volt_watt"] > 1.0
    vars_kvarh = float(steps["ev_kvar"].sum()) * 0.25
    assert_allclose(
        told["absorbed_kvarh"] - told["injected_kvarh"], vars_kvarh, rtol=1e-9
    )
    cars = pl.read_parquet(folder / "ev_steps.parquet")["kvar"].to_numpy()
    assert_allclose(cars.sum(axis=1), steps["ev_kvar"], atol=1e-3)
    assert any(note.startswith("inverters: 8 cars") for note in record["notes"])
    assert record["audit"]["largest_difference_pu"] <= 1e-8
    assert record["audit"]["unsolved_by_reference"] == []


def test_without_inverters_nothing_is_said(tmp_path: Path) -> None:
    folder = run(exporting("unity"), tmp_path)
    record = json.loads((folder / "run.json").read_text())
    assert "inverters" not in record
    assert not any("inverters" in note for note in record["notes"])
    steps = pl.read_parquet(folder / "steps.parquet")
    assert steps["ev_kvar"].eq(0.0).all()
    assert steps["ev_held_back_kw"].eq(0.0).all()


def test_by_phase_and_between_hot_legs(tmp_path: Path) -> None:
    sharp = {
        "mode": "volt_var_watt",
        "volt_var": [[0.97, 0.5], [1.0, 0.0], [1.02, -0.5]],
        "volt_watt": [[0.98, 1.0], [1.02, 0.1]],
    }
    said = exporting(
        "unity",
        feeder__source=f"opendss:{written(tmp_path)}",
        feeder__source_voltage_pu=None,
        time__timezone="America/Los_Angeles",
        customers__homes_per_load=3,
        fleet__export_limit_phase_kw=4.0,
        fleet__inverter=sharp,
    )
    diary = life(said)
    customers = diary.world.customers
    assert diary.column("converged").all()
    assert diary.world.recorder.worst_residual <= 1e-6
    assert diary.column("held_back_kw").sum() > 1.0
    assert np.abs(diary.column("kvar")).max() > 0.1
    n, spread = len(customers.fixed_kw), customers.phase_spread
    assert spread is not None
    for give, load, pv in zip(
        diary.column("give_kw"),
        diary.column("load_kw"),
        diary.column("pv_kw"),
        strict=True,
    ):
        room = customers.spread.at_terminals(load - pv, n) + 4.0
        fed = spread.at_terminals(give, n)
        assert (fed <= np.maximum(room, 0.0) + 1e-9).all()
