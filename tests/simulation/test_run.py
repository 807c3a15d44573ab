"""A whole run in files: what it states, what it sums to, what it does not repeat."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import polars as pl
import pytest

from tests.worlds import POLICIES, grid, scenario
from twin.results.record import Run
from twin.results.verify import verify
from twin.scenario.spec import Scenario
from twin.simulation.run import Progress, run


def ran(said: Scenario, out: Path, **words: object) -> Run:
    return Run.open(run(said, out, grid(said.feeder.source), **words))


def table(run: Run, name: str) -> pl.DataFrame:
    return run.scan(name).collect()


@pytest.fixture(scope="module")
def lively(tmp_path_factory: pytest.TempPathFactory) -> Run:
    """Two days of V2G with the sun, over a change of the clocks."""
    said = scenario(
        time__start="2026-03-28",
        fleet__ev_count=9,
        fleet__bidirectional_share=1.0,
        customers__pv_share=0.5,
        policy__name="v2g_peak",
        policy__target_share=0.5,
    )
    return ran(said, tmp_path_factory.mktemp("lively"))


def test_a_run_is_whole(lively: Run) -> None:
    assert lively.is_complete
    assert lively.record["counts"]["steps"] == 96 + 92
    assert lively.record["counts"]["evs"] == 9
    assert lively.record["steps_failed"] == 0
    assert lively.record["balance"]["largest_relative_residual"] <= 1e-6
    assert lively.record["balance"]["fleet_residual_kwh"] <= 1e-9


def test_the_audit_states_its_steps(lively: Run) -> None:
    audit = lively.record["audit"]
    assert audit["engine"].startswith("pandapower")
    assert audit["largest_difference_pu"] <= 1e-8
    reasons = {step["reason"] for step in audit["steps"]}
    assert reasons >= {
        "first step", "lowest voltage", "highest voltage", "highest import",
        "highest export",
    }  # fmt: skip


def test_the_files_balance(lively: Run) -> None:
    steps = table(lively, "steps")
    supplied = steps["grid_kw"] + steps["pv_kw"] + steps["ev_discharge_kw"]
    used = steps["homes_kw"] + steps["ev_charge_kw"] + steps["losses_kw"]
    np.testing.assert_allclose(supplied, used, atol=1e-4)
    assert steps["ev_discharge_kw"].max() > 0.0


def test_arrays_sum_to_the_scalars_beside_them(lively: Run) -> None:
    steps, cars = table(lively, "steps"), table(lively, "ev_steps")
    kw = cars["kw"].to_numpy().astype(float)
    net = (steps["ev_charge_kw"] - steps["ev_discharge_kw"]).to_numpy()
    np.testing.assert_allclose(kw.sum(axis=1), net, atol=1e-3)
    plugged = (cars["state"].to_numpy() == 2).sum(axis=1)
    np.testing.assert_array_equal(plugged, steps["ev_plugged"].to_numpy())
    homes = table(lively, "customer_steps")
    served = homes["served_kw"].to_numpy().astype(float).sum(axis=1)
    np.testing.assert_allclose(served, steps["homes_kw"].to_numpy(), atol=1e-3)
    v_pu = table(lively, "voltages")["v_pu"].to_numpy()
    np.testing.assert_allclose(v_pu.min(axis=1), steps["v_min_pu"], atol=1e-6)
    np.testing.assert_allclose(v_pu.max(axis=1), steps["v_max_pu"], atol=1e-6)


def test_totals_are_those_of_the_intervals(lively: Run) -> None:
    cars, evs = table(lively, "ev_steps"), table(lively, "evs")
    kw = cars["kw"].to_numpy().astype(float)
    net = (evs["charged_kwh"] - evs["discharged_kwh"]).to_numpy()
    np.testing.assert_allclose(0.25 * kw.sum(axis=0), net, atol=1e-4)
    steps = table(lively, "steps")
    assert 0.25 * steps["ev_charge_kw"].sum() == pytest.approx(evs["charged_kwh"].sum())
    soc = cars["soc"].to_numpy()
    np.testing.assert_allclose(soc[-1], evs["soc_end"], atol=1e-6)
    people, meters = table(lively, "customers"), table(lively, "customer_steps")
    demand = 0.25 * meters["demand_kw"].to_numpy().astype(float).sum(axis=0)
    np.testing.assert_allclose(people["demand_kwh"], demand, rtol=1e-6)
    net = 0.25 * meters["net_kw"].to_numpy().astype(float).sum(axis=0)
    metered = (people["import_kwh"] - people["export_kwh"]).to_numpy()
    np.testing.assert_allclose(metered, net, atol=1e-4)


def test_stays_and_trips_tell_the_cars_totals(lively: Run) -> None:
    evs, stays = table(lively, "evs"), table(lively, "sessions")
    by_car = stays.group_by("ev").agg(pl.col("charged_kwh", "discharged_kwh").sum())
    joined = evs.join(by_car, on="ev", how="left", suffix="_stays").fill_null(0.0)
    for kind in ("charged_kwh", "discharged_kwh"):
        np.testing.assert_allclose(joined[kind], joined[f"{kind}_stays"], atol=1e-9)
    short = (stays["soc_target"] - stays["soc_out"]).clip(0.0)
    capacity = stays.join(evs.select("ev", "capacity_kwh"), on="ev")["capacity_kwh"]
    np.testing.assert_allclose(stays["shortfall_kwh"], short * capacity, atol=1e-9)
    open_stays = stays.filter(pl.col("plug_out").is_null())
    steps = table(lively, "steps")
    assert len(open_stays) == steps["ev_plugged"][-1]
    ended = stays.filter(pl.col("plug_out").is_not_null())
    assert (ended["plug_in"] <= ended["plug_out"]).all()
    trips = table(lively, "trips")
    assert (trips["depart"] < trips["arrive"]).all()
    assert (trips["short_kwh"] <= trips["energy_kwh"]).all()


def test_times_are_starts_of_intervals(lively: Run) -> None:
    time = table(lively, "steps")["time"]
    assert str(time[0]) == "2026-03-27 23:00:00+00:00"
    assert (time.diff().drop_nulls().dt.total_seconds() == 900).all()


def test_checksums_hold(lively: Run) -> None:
    assert verify(lively.path) == []


def test_the_same_question_is_answered_once(tmp_path: Path) -> None:
    said = scenario(time__days=1)
    told: list[Progress] = []
    first = ran(said, tmp_path, watch=told.append)
    assert [(p.day, p.days, p.date) for p in told] == [(1, 1, "2026-01-12")]
    told.clear()
    again = ran(said, tmp_path, watch=told.append)
    assert (again.path, told) == (first.path, [])
    forced = ran(said, tmp_path, watch=told.append, force=True)
    assert forced.path == first.path
    assert len(told) == 1
    assert forced.record["outputs"] == first.record["outputs"]


def test_a_name_does_not_change_results_but_a_seed_does(tmp_path: Path) -> None:
    base, named, other = (
        ran(scenario(time__days=1, **words), tmp_path)
        for words in ({}, {"name": "other"}, {"seed": 2})
    )
    assert base.path.name == named.path.name != other.path.name
    assert base.record["outputs"] == named.record["outputs"] != other.record["outputs"]


@pytest.mark.parametrize("policy", POLICIES)
def test_a_summary_agrees_with_the_whole(policy: str, tmp_path: Path) -> None:
    words = {"policy__name": policy, "fleet__bidirectional_share": 1.0}
    whole = ran(scenario(**words), tmp_path)
    short = ran(scenario(output__level="summary", **words), tmp_path)
    assert (
        whole.record["outputs"]["steps.parquet"]
        == short.record["outputs"]["steps.parquet"]
    )
    v_pu = table(whole, "voltages")["v_pu"].to_numpy().reshape(2, 96, -1)
    daily = table(short, "nodes_daily")
    np.testing.assert_array_equal(daily["v_min_pu"].to_numpy(), v_pu.min(axis=1))
    np.testing.assert_array_equal(daily["v_max_pu"].to_numpy(), v_pu.max(axis=1))
    assert not (short.path / "voltages.parquet").exists()


def test_pandapowers_own_engine_says_the_same(tmp_path: Path) -> None:
    words = {"time__days": 1, "time__step_min": 60, "policy__name": "v2g_peak"}
    fast = ran(scenario(**words), tmp_path)
    slow = ran(scenario(power_flow__solver="pandapower", **words), tmp_path)
    assert slow.record["audit"]["engine"].startswith("none")
    for name in ("v_min_pu", "v_max_pu"):
        np.testing.assert_allclose(
            table(fast, "steps")[name], table(slow, "steps")[name], atol=1e-6
        )
    np.testing.assert_allclose(
        table(fast, "steps")["grid_kw"], table(slow, "steps")["grid_kw"], rtol=1e-5
    )
    assert (
        fast.record["outputs"]["ev_steps.parquet"]
        == (slow.record["outputs"]["ev_steps.parquet"])
    )


def test_a_network_s_file_is_named_without_its_folder(tmp_path: Path) -> None:
    import pandapower

    net = pandapower.networks.create_kerber_landnetz_kabel_1()
    pandapower.to_json(net, str(tmp_path / "grid.json"))
    said = scenario(feeder__source=f"json:{tmp_path / 'grid.json'}", time__days=1)
    done = Run.open(run(said, tmp_path / "out"))
    assert done.record["feeder"]["source"] == "json:grid.json"
    assert str(tmp_path) not in (done.path / "run.json").read_text()
