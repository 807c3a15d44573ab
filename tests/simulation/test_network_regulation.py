"""Regulation of pandapower networks in runs: said, or brought by the network."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import numpy as np
import pandapower as pp
import polars as pl
import pytest
from pandapower.control import DiscreteTapControl
from pydantic import ValidationError

from tests.grid.test_pp_regulation import network
from tests.worlds import scenario
from twin.errors import InputError
from twin.grid.controls import Regulated
from twin.grid.powerflow import FixedPoint
from twin.grid.reference import PandapowerEngine
from twin.scenario.check import findings
from twin.scenario.spec import Scenario
from twin.simulation.build import build, load_grid, plan
from twin.simulation.grids import inspected
from twin.simulation.run import run

pytestmark = pytest.mark.long

HOLD = {"transformers": [{"transformer": "T1", "setpoint_pu": 1.02, "band_pu": 0.03}]}


@pytest.fixture
def file(tmp_path: Path) -> Path:
    """A street whose network brings a tap controller."""
    net = network()
    net.load["p_mw"], net.load["q_mvar"] = 0.01, 0.0
    DiscreteTapControl(net, 0, 0.985, 1.015)
    path = tmp_path / "street.json"
    pp.to_json(net, str(path))
    return path


def said(path: Path, **words: Any) -> Scenario:
    usual = {
        "feeder__source": f"json:{path}",
        "time__days": 1,
        "customers__homes_per_load": 60,
        "fleet__ev_share": 0.5,
        "name": "tapped",
    }
    return scenario(**(usual | words))


@pytest.mark.parametrize("model", ["balanced", "three_phase"])
def test_a_run_holds_its_voltage_and_is_audited_at_its_taps(
    file: Path, tmp_path: Path, model: str
) -> None:
    words = said(file, regulation=HOLD, feeder__model=model, time__step_min=1)
    folder = run(words, tmp_path / "out")
    record = json.loads((folder / "run.json").read_text())
    events = pl.read_parquet(folder / "events.parquet")
    taps = events.filter(pl.col("kind") == "tap")
    assert set(taps["entity"]) == {"regulator T1"}
    assert record["controls"]["start"]["tap"] == {"T1": 1}
    assert record["controls"]["end"]["tap"]["T1"] == taps["value"][-1]
    counted = np.abs(np.diff(taps["value"])).sum()
    assert record["controls"]["tap_operations"] == counted
    assert record["audit"]["largest_difference_pu"] < 1e-7
    nodes = pl.read_parquet(folder / "nodes.parquet")
    at = nodes.filter((pl.col("bus") == "1") & (pl.col("phase") <= 1))["node"][0]
    v_pu = pl.read_parquet(folder / "voltages.parquet")["v_pu"].to_numpy()[:, at]
    assert np.abs(v_pu - 1.02).max() < 0.0151


def test_the_network_s_own_controllers_are_the_default(file: Path) -> None:
    planned = plan(said(file))
    assert planned.moves is not None
    (own,) = planned.moves.regulators
    assert (own.v_set, own.band) == (pytest.approx(400.0), pytest.approx(12.0))
    assert isinstance(build(planned).powerflow, Regulated)
    (other,) = plan(said(file, regulation=HOLD)).moves.regulators  # type: ignore[union-attr]
    assert other.v_set == pytest.approx(1.02 * 400.0)


def test_held_taps_stay_and_pandapower_s_engine_runs_its_own(file: Path) -> None:
    held = plan(said(file, power_flow__controls="held", regulation=HOLD))
    assert held.moves is None
    assert isinstance(build(held).powerflow, FixedPoint)
    theirs = plan(said(file, power_flow__solver="pandapower"))
    assert theirs.moves is None
    engine = build(theirs).powerflow
    assert isinstance(engine, PandapowerEngine)


def test_inspecting_does_not_move_what_the_reference_holds(file: Path) -> None:
    assert inspected(load_grid(said(file))).agreement.difference_pu < 1e-7


def test_a_machine_beside_taps_is_refused(file: Path) -> None:
    grid = load_grid(scenario(feeder__source="pandapower:example_simple"))
    words = {"transformers": [{"transformer": "all", "setpoint_pu": 1.0}]}
    with pytest.raises(InputError, match="taps can't move beside"):
        plan(
            scenario(feeder__source="pandapower:example_simple", regulation=words), grid
        )


def test_a_file_may_name_no_other_code(file: Path) -> None:
    path = file.with_name("evil.json")
    text = file.read_text().replace("DiscreteTapControl", "VmSetTapControl")
    path.write_text(text)
    with pytest.raises(InputError, match="names code that a network does not need"):
        load_grid(said(path))


@pytest.mark.parametrize(
    ("rule", "key", "text"),
    [
        ({"by": "voltage", "on": 1.0, "off": 0.9}, "off", "0.9 pu must be above on"),
        ({"by": "voltage", "on": 98.0, "off": 103.0}, "on", "from 0.5 to 1.5 pu"),
        ({"by": "kvar", "on": 1.0, "off": 9.0}, "off", "9 kvar must be below on"),
        ({"by": "kvar", "on": "06:00", "off": 9.0}, "on", "by: kvar needs a number"),
        ({"by": "time", "on": 6, "off": "22:00"}, "on", "needs a time of day"),
        ({"by": "time", "on": "06:00", "off": "06:00"}, "off", "must differ"),
        ({"by": "time", "on": "6", "off": "7", "at": "T"}, "at", "only read with by"),
    ],
)
def test_what_does_not_go_together_is_told(
    rule: dict[str, Any], key: str, text: str
) -> None:
    words = {"regulation": {"capacitors": [{"capacitor": "C1", **rule}]}}
    found = dict(findings(words))
    assert text in found[f"regulation.capacitors.0.{key}"]


def test_opendss_circuits_and_pandapower_s_engine_take_no_rules() -> None:
    words = {"feeder": {"source": "opendss:ckt5"}, "regulation": HOLD}
    assert "brings its own" in dict(findings(words))["regulation"]
    words = {"power_flow": {"solver": "pandapower"}, "regulation": HOLD}
    assert "does not follow regulation" in dict(findings(words))["power_flow.solver"]
    with pytest.raises(ValidationError, match="setpoint_pu"):
        scenario(regulation={"transformers": [{"transformer": "all"}]})
