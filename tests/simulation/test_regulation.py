"""Regulators and capacitors that move in a run, and what the run says of them."""

from __future__ import annotations

import json
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import numpy as np
import polars as pl
import pytest
from pydantic import ValidationError

from tests.simulation.circuit import regulated, written
from tests.worlds import scenario
from twin.grid.controls import Regulated
from twin.grid.opendss_elements import HELD
from twin.grid.powerflow import FixedPoint
from twin.scenario.check import findings
from twin.scenario.spec import Scenario
from twin.simulation.build import Grid, build, load_grid, plan
from twin.simulation.run import run, simulate


def said(master: Path, **words: object) -> Scenario:
    usual = {
        "feeder__source": f"opendss:{master}",
        "time__days": 1,
        "time__timezone": "America/Los_Angeles",
        "fleet__ev_count": 3,
        "fleet__charger_kw": 7.2,
        "policy__name": "uncontrolled",
    }
    return scenario(**(usual | words))


@pytest.fixture(scope="module")
def master(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return regulated(tmp_path_factory.mktemp("regulated"))


@pytest.fixture(scope="module")
def grid(master: Path) -> Grid:
    return load_grid(said(master))


@pytest.fixture(scope="module")
def done(master: Path, grid: Grid, tmp_path_factory: pytest.TempPathFactory) -> Path:
    return run(said(master), tmp_path_factory.mktemp("run"), grid)


@pytest.fixture(scope="module")
def record(done: Path) -> dict[str, Any]:
    found: dict[str, Any] = json.loads((done / "run.json").read_text())
    return found


def events(folder: Path, kind: str) -> pl.DataFrame:
    return pl.read_parquet(folder / "events.parquet").filter(pl.col("kind") == kind)


def test_a_capacitor_by_the_clock_moves_at_its_hours(done: Path) -> None:
    """Opened at night, closed at six, opened at eight: UTC is eight hours ahead."""
    found = events(done, "capacitor")
    assert found["entity"].to_list() == ["capacitor bank"] * 3
    hours = [(at.hour + at.minute / 60.0) for at in found["time"]]
    assert hours == [8.0, 13.75, 3.75]
    assert found["value"].to_list() == [0.0, 1.0, 0.0]
    assert found["until"].null_count() == 3
    assert set(found["reason"]) == {"time control"}


def test_taps_follow_the_shop_from_where_the_file_has_them(
    done: Path, record: dict[str, Any]
) -> None:
    found = events(done, "tap")
    assert found.height >= 2
    assert set(found["entity"]) == {"regulator big"}
    assert set(found["reason"]) <= {"voltage low", "voltage high"}
    assert found["time"].n_unique() == found.height
    assert record["controls"]["start"] == {"tap": {"big": 0}, "capacitor": {"bank": 1}}
    assert record["controls"]["end"]["tap"]["big"] == found["value"][-1]
    steps = np.diff([0.0, *found["value"]])
    assert (steps != 0.0).all()


def test_regulated_voltage_stays_in_its_band(done: Path) -> None:
    """120 V of the instrument is 277.1 V, 1 pu, its band 1/120 to either side."""
    nodes = pl.read_parquet(done / "nodes.parquet")
    at = nodes.filter((pl.col("bus") == "shop") & (pl.col("phase") == 1))["node"][0]
    v_pu = pl.read_parquet(done / "voltages.parquet")["v_pu"].to_numpy()[:, at]
    assert np.abs(v_pu - 1.0).max() < 1.0 / 120.0 + 1e-4


def test_the_audit_solves_with_the_taps_of_the_step(
    done: Path, record: dict[str, Any]
) -> None:
    audit = record["audit"]
    assert audit["engine"].startswith("OpenDSS (")
    assert len(audit["steps"]) >= 6
    assert audit["largest_difference_pu"] < 1e-8
    (switched,) = (one for one in audit["steps"] if "switching" in one["reason"])
    moved = pl.concat([events(done, "tap"), events(done, "capacitor")])["time"]
    first = pl.read_parquet(done / "steps.parquet")["time"][0]
    later = min(at for at in moved if at > first)
    assert datetime.fromisoformat(switched["time"]) == later.replace(tzinfo=None)
    assert record["balance"]["largest_relative_residual"] < 1e-6


def test_coarse_steps_count_nothing_and_say_so(record: dict[str, Any]) -> None:
    assert record["controls"]["tap_operations"] is None
    assert record["controls"]["capacitor_operations"] is None
    assert any("are not counted" in note for note in record["notes"])
    moving = "free to move from where the file has them: 1 regulators and 1 switched"
    assert any(note.startswith(moving) for note in record["notes"])


def test_only_what_is_left_out_is_held(record: dict[str, Any]) -> None:
    held = [note for note in record["warnings"] if note.startswith(HELD)]
    assert held == [f"{HELD}: RegControl.odd: ldc_z not represented"]


def test_minutes_are_counted(master: Path, grid: Grid, tmp_path: Path) -> None:
    folder = run(said(master, time__step_min=1, name="fine"), tmp_path, grid)
    told = json.loads((folder / "run.json").read_text())
    moved = events(folder, "tap")
    assert moved["time"][0] == datetime(2026, 1, 12, 8, tzinfo=UTC)
    counted = np.abs(np.diff(moved["value"])).sum()
    assert told["controls"]["tap_operations"] == counted > 0
    assert told["controls"]["capacitor_operations"] == 2
    assert not any("are not counted" in note for note in told["notes"])


def test_held_they_stay_where_the_file_s_solution_has_them(
    master: Path, grid: Grid
) -> None:
    planned = plan(said(master, power_flow__controls="held"), grid)
    world = build(planned)
    assert isinstance(world.powerflow, FixedPoint)
    assert any(note.startswith(HELD) for note in planned.warnings)
    simulate(world)
    assert world.recorder.logbook is None


def test_without_controls_nothing_is_different(tmp_path: Path) -> None:
    plain = said(written(tmp_path))
    world = build(plan(plain))
    assert not isinstance(world.powerflow, Regulated)


def test_controls_that_the_file_switches_off_stay_off(tmp_path: Path) -> None:
    path = regulated(tmp_path)
    path.write_text(path.read_text() + "set controlmode=off\n")
    assert plan(said(path)).moves is None


def test_a_longer_run_begins_as_the_shorter(
    master: Path, grid: Grid, done: Path, tmp_path: Path
) -> None:
    long = run(said(master, time__days=2), tmp_path, grid)
    one, two = (pl.read_parquet(at / "voltages.parquet") for at in (done, long))
    assert two.head(one.height).equals(one)
    short = pl.read_parquet(done / "events.parquet")
    assert pl.read_parquet(long / "events.parquet").head(short.height).equals(short)


def test_any_feeder_takes_the_word() -> None:
    words = {
        "feeder": {"source": "pandapower:create_kerber_dorfnetz"},
        "power_flow": {"controls": "held"},
    }
    keys = [key for key, _ in findings(words)]
    assert "power_flow.controls" not in keys
    with pytest.raises(ValidationError, match="controls"):
        scenario(power_flow__controls="loose")
