"""Node by node from a scenario: the command, its table, and what it refuses."""

from pathlib import Path

import numpy as np
import polars as pl
import pytest
from typer.testing import CliRunner

from tests.grid.opendss_circuits import unpacked
from twin.cli import app
from twin.errors import InputError
from twin.scenario.read import read
from twin.simulation.plan import plan
from twin.simulation.regulation import solver_of
from twin.studies.screen import screened, text
from twin.studies.screen_check import Check, check_lines, off_share

pytestmark = pytest.mark.long

SCENARIO = """\
schema: 1
name: small
time: {start: 2026-01-12, days: 1}
feeder: {source: "pandapower:create_kerber_landnetz_kabel_1"}
fleet: {ev_share: 0.5}
customers: {pv_share: 1, pv_kw: 10}
"""
CIRCUIT = """\
schema: 1
name: circuit
time: {{start: 2026-07-27, days: 1, timezone: America/New_York}}
feeder: {{source: "opendss:{master}", root: "{root}"}}
customers: {{profiles: network_constant, annual_kwh: network}}
fleet: {{ev_share: 0}}
tariff: flat
limits: {{standard: ansi_c84_1}}
"""


@pytest.fixture(scope="module")
def file(tmp_path_factory) -> Path:
    path = tmp_path_factory.mktemp("screen") / "small.yaml"
    path.write_text(SCENARIO)
    return path


def test_every_connection_has_what_it_may_draw_and_give_and_what_binds(file, tmp_path):
    target = tmp_path / "rooms.csv"
    said = CliRunner().invoke(
        app, ["hosting", str(file), "--method", "screen", "-o", str(target)]
    )
    assert said.exit_code == 0, said.output
    assert said.stdout.splitlines()[-1] == str(target)
    assert "import: P10" in said.stdout
    table = pl.read_csv(target)
    assert table.height == 8
    assert (table["import_kw"] > 0).all()
    assert (table["export_kw"] > 0).all()
    assert table["import_limit"].is_in(["thermal_normal", "voltage_low"]).all()


def test_the_two_methods_agree_and_the_points_are_without_cars(file):
    scenario = read(file, ["fleet.ev_share=0"])
    quick, full = (screened(scenario, method) for method in ("screen", "iterative"))
    for way in ("import_kw", "export_kw"):
        ratio = (quick.table[way] / full.table[way]).to_numpy()
        assert abs(ratio - 1).max() < 0.01
    assert quick.peak.base_kw > 0 > quick.lowest.base_kw
    assert quick.peak.local.startswith("2026-01-12")


def test_the_screen_says_how_far_off_it_is_and_where(file):
    found = screened(read(file, ["fleet.ev_share=0"]), "screen", check=5)
    for way, check in found.checks.items():
        assert (len(check.which), check.n) == (5, 8)
        kw = found.table[f"{way}_kw"].to_numpy()
        ends = check.screen_kw[[0, -1]]
        assert ends == pytest.approx([kw.min(), kw.max()], abs=1e-3)
        assert check.off_share == pytest.approx(0.0, abs=0.01)
    said = text(found)
    assert "import, the screen beside full solutions of 5 of 8 connections: at" in said
    assert "not trusted" not in said


def test_none_is_checked_where_none_is_asked_for(file):
    scenario = read(file, ["fleet.ev_share=0"])
    assert screened(scenario, "screen", check=0).checks == {}
    assert screened(scenario, "iterative").checks == {}


def test_where_the_screen_is_too_optimistic_it_is_said():
    """10.6 kW for 10 is 6 % too much; 0.004 kW for none is 4 % of 0.1 kW."""
    screen_kw, full_kw = np.array([0.004, 9.9, 10.6]), np.array([0.0, 10.0, 10.0])
    off = off_share(screen_kw, full_kw)
    assert off == pytest.approx([0.04, -0.01, 0.06])
    check = Check(70, np.array([4, 0, 2]), screen_kw, full_kw, off)
    assert check.p99_share == pytest.approx(0.06)
    assert check_lines(check, "export", ["a", "b", "c", "d", "e"]) == [
        "export, the screen beside full solutions of 3 of 70 connections: at most "
        "6.00 % optimistic (bus c: 10.6 kW, in full 10.0), at 99 % of them 6.00 %; at "
        "most 1.00 % pessimistic",
        "  the screen is not trusted at bus c: 10.60 kW, in full 10.00",
    ]


@pytest.fixture(scope="module")
def circuit(tmp_path_factory) -> Path:
    folder = tmp_path_factory.mktemp("circuit")
    master, root = unpacked("ieee13", folder)
    path = folder / "circuit.yaml"
    path.write_text(CIRCUIT.format(master=master, root=root))
    return path


def test_both_methods_hold_a_circuit_where_its_controls_rest(circuit):
    scenario = read(circuit, [])
    quick, full = (screened(scenario, way) for way in ("screen", "iterative"))
    said = next(note for note in quick.notes if "come to rest" in note)
    assert said in full.notes
    assert said.startswith("3 regulators and switched capacitors stand as they come")
    assert f"{quick.peak.moved} move at the highest" in said
    assert quick.peak.moved > 0
    ratio = (quick.table["import_kw"] / full.table["import_kw"]).to_numpy()
    assert abs(ratio - 1.0).max() < 0.002


def test_controls_rest_at_the_load_at_hand_or_are_held(circuit):
    """The file's own solution is at full load; at noon's regulators boost less."""
    sun = ["customers.pv_share=1", "customers.pv_kw=150"]
    rested, held = (
        screened(read(circuit, [*sun, *more]), "screen", check=0)
        for more in ([], ["power_flow.controls=held"])
    )
    assert rested.lowest.flow.v_pu.max() < held.lowest.flow.v_pu.max() - 0.01
    assert not any("come to rest" in note for note in held.notes)
    assert any("held at the taps" in note for note in held.notes)


def test_the_feeder_at_rest_is_what_a_run_solves(circuit):
    scenario = read(circuit, [])
    planned = plan(scenario)
    found = screened(scenario, "screen", check=0)
    controls = solver_of(scenario, planned.grid, planned.moves)
    flow = controls.solve(found.peak.demand)
    assert np.abs(flow.v - found.peak.flow.v).max() < 1e-6


@pytest.mark.parametrize(
    ("words", "message"),
    [
        (["{folder}", "--method", "screen"], "is a folder; --method needs a scenario"),
        (["{file}"], "is no study's folder; a scenario needs --method screen"),
        (["{folder}"], "has no hosting.json: run a study that has `hosting:`"),
        (["{folder}", "-o", "x.csv"], "only with --method"),
        (["{file}", "--check", "3"], "--check: only with --method screen"),
    ],
)
def test_what_it_refuses_is_said(file, words, message):
    places = {"{folder}": str(file.parent), "{file}": str(file)}
    asked = ["hosting", *(places.get(word, word) for word in words)]
    found = CliRunner().invoke(app, asked)
    assert isinstance(found.exception, InputError)
    assert message in str(found.exception)
