"""A hosting study of a small grid, from its file to its table and report."""

import json
from pathlib import Path

import polars as pl
import pytest
from typer.testing import CliRunner

from twin.cli import app
from twin.scenario.study import read_study
from twin.studies.runner import run_study

pytestmark = pytest.mark.long

BASE = """\
schema: 1
name: small
time: {start: 2026-01-12, days: 1}
feeder: {source: "pandapower:create_kerber_landnetz_kabel_1", model: three_phase}
fleet: {ev_share: 0.5, bidirectional_share: 1}
customers: {import_limit_kw: 60}
reference: none
output: {level: summary}
"""
STUDY = """\
schema: 1
name: hosts
base: small.yaml
variants:
  none: {fleet.ev_share: 0}
  timer:
    policy.name: tou
    policy.window: {start: "20:00", end: "24:00"}
    policy.random_start_min: 0
    fleet.charger_kw: 22
  v2g_peak: {policy.name: v2g_peak}
axes: {fleet.ev_share: [0.3, 1]}
seeds: [1, 2]
baseline: none
hosting:
  criteria: [{name: thermal_normal, limit: 0.15}, voltage_low, unbalance]
"""


@pytest.fixture(scope="module")
def folder(tmp_path_factory) -> Path:
    place = tmp_path_factory.mktemp("hosting")
    (place / "small.yaml").write_text(BASE)
    (place / "hosts.yaml").write_text(STUDY)
    study = read_study(place / "hosts.yaml")
    return run_study(study, place / "results", lambda line: None)


def test_every_draw_is_judged_by_every_limit(folder):
    table = pl.read_parquet(folder / "hosting.parquet")
    assert table.height == (2 + 8) * 4
    assert table.filter(pl.col("evs") > 0)["violated"].null_count() == 0
    assert not table.filter(pl.col("evs") == 0)["violated"].any()


def test_the_answers_are_beside_the_study_and_name_what_binds(folder):
    record = json.loads((folder / "hosting.json").read_text())
    assert record["penetration"] == "fleet.ev_share"
    assert record["notes"] == []
    timer = record["variants"]["timer"]
    assert timer["curves"]["any"][-1]["k"] == 2
    assert timer["binding"][0]["element"]
    assert record["variants"]["v2g_peak"]["curves"]["any"][-1]["k"] == 0


def test_the_command_prints_it_and_says_what_is_missing(folder):
    said = CliRunner().invoke(app, ["hosting", str(folder)])
    assert said.exit_code == 0
    assert "timer binds first:" in said.stdout
    assert "v2g_peak  " in said.stdout
