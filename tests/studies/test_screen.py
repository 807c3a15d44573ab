"""Node by node from a scenario: the command, its table, and what it refuses."""

from pathlib import Path

import polars as pl
import pytest
from typer.testing import CliRunner

from twin.cli import app
from twin.errors import InputError
from twin.scenario.read import read
from twin.studies.screen import screened

SCENARIO = """\
schema: 1
name: small
time: {start: 2026-01-12, days: 1}
feeder: {source: "pandapower:create_kerber_landnetz_kabel_1"}
fleet: {ev_share: 0.5}
customers: {pv_share: 1, pv_kw: 10}
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


@pytest.mark.parametrize(
    ("words", "message"),
    [
        (["{folder}", "--method", "screen"], "is a folder; --method needs a scenario"),
        (["{file}"], "is no study's folder; a scenario needs --method screen"),
        (["{folder}"], "has no hosting.json: run a study that has `hosting:`"),
        (["{folder}", "-o", "x.csv"], "only with --method"),
    ],
)
def test_what_it_refuses_is_said(file, words, message):
    places = {"{folder}": str(file.parent), "{file}": str(file)}
    asked = ["hosting", *(places.get(word, word) for word in words)]
    found = CliRunner().invoke(app, asked)
    assert isinstance(found.exception, InputError)
    assert message in str(found.exception)
