"""A study of alternatives on a small grid, from its file to its table and report."""

import json
from pathlib import Path

import polars as pl
import pytest
from typer.testing import CliRunner

from twin.analysis.study import Subject
from twin.analysis.wording import headline
from twin.cli import app
from twin.errors import InputError
from twin.results.record import Run
from twin.scenario.read import read
from twin.scenario.study import read_study
from twin.simulation.grids import load_grid
from twin.studies.runner import run_study

pytestmark = pytest.mark.long

STARTERS = Path(__file__).parents[2] / "scenarios"
BASE = """\
schema: 1
name: small
time: {start: 2026-01-12, days: 1, step_min: 60}
feeder: {source: "pandapower:create_kerber_landnetz_kabel_1"}
fleet: {ev_share: 1, bidirectional_share: 1}
reference: none
output: {level: summary}
"""
STUDY = """\
schema: 1
name: weighs
base: small.yaml
variants:
  timer:
    policy.name: tou
    policy.window: {start: "20:00", end: "24:00"}
    policy.random_start_min: 0
    fleet.charger_kw: 22
  larger:
    policy.name: tou
    policy.window: {start: "20:00", end: "24:00"}
    policy.random_start_min: 0
    fleet.charger_kw: 22
    feeder.changes: [{transformer: 0, rating_kva: 1000}]
  valley: {policy.name: valley, fleet.charger_kw: 22}
seeds: [1, 2]
baseline: timer
alternatives:
  horizon_years: 40
  costs: {transformer_usd: {1000: 12345}}
  variants: {valley: {yearly_usd: 7}}
"""


@pytest.fixture(scope="module")
def folder(tmp_path_factory) -> Path:
    place = tmp_path_factory.mktemp("alternatives")
    (place / "small.yaml").write_text(BASE)
    (place / "weighs.yaml").write_text(STUDY)
    study = read_study(place / "weighs.yaml")
    return run_study(study, place / "results", lambda line: None)


def test_a_row_a_variant_with_its_cost_and_what_it_leaves(folder):
    table = pl.read_parquet(folder / "alternatives.parquet")
    rows = {row["variant"]: row for row in table.rows(named=True)}
    assert list(rows) == ["timer", "larger", "valley"]
    assert rows["timer"]["npv_usd"] == 0.0
    assert rows["larger"]["investment_usd"] == 12_345.0
    assert rows["larger"]["npv_usd"] == pytest.approx(12_345.0)
    assert "1000 kVA in place of" in rows["larger"]["words"]
    loaded = [rows[name]["worst_loading_p50"] for name in ("timer", "larger")]
    assert loaded[1] < loaded[0]
    assert rows["timer"]["peak_kw_p10"] <= rows["timer"]["peak_kw_p90"]


def test_runs_record_their_changes_and_old_ones_none(folder):
    record = json.loads((folder / "study.json").read_text())
    for one in record["runs"]:
        run = Run.open(folder.parents[2] / one["path"])
        changes = run.record["feeder"].get("changes")
        assert bool(changes) == (one["variant"] == "larger")
        said = [note for note in run.record["notes"] if "changed in the grid" in note]
        assert len(said) == len(changes or [])
        assert run.record["audit"]["largest_difference_pu"] < 1e-6


def test_a_reports_head_says_what_was_changed(folder):
    told = headline(Subject.open(folder).comparison)
    assert [line for line in told if "grid is changed" in line] == [
        "larger: the grid is changed: transformer trafo 1: 1000 kVA in place of 100 "
        "kVA."
    ]


def test_the_record_names_items_and_their_marks(folder):
    record = json.loads((folder / "alternatives.json").read_text())
    items = record["variants"]["valley"]["items"]
    assert [one["words"].partition(" ")[2] for one in items] == [
        "of the programme",
        "cars charged by it",
        "the study says",
    ]
    assert items[0]["mark"].startswith("assumed")
    assert record["variants"]["larger"]["items"][0]["mark"] == "said in the study"


def test_compare_and_report_show_them_side_by_side(folder):
    shown = CliRunner().invoke(app, ["compare", str(folder)])
    assert shown.exit_code == 0
    assert "Alternatives side by side" in shown.output
    made = CliRunner().invoke(app, ["report", str(folder)])
    assert made.exit_code == 0
    page = (folder / "report.html").read_text()
    assert '<section id="alternatives">' in page


def settings(name):
    study = read_study(STARTERS / "studies" / name)
    return [(study, run.variant, study.settings(run)) for run in study.runs()[:20]]


def test_the_shipped_ties_take_over_in_every_variant():
    for study, _, said in settings("n_minus_1.yaml"):
        grid = load_grid(read(study.base, said))
        assert not grid.feeder.dead_buses
        assert len(grid.made) == len(said.get("feeder.changes", []))


def test_without_its_tie_a_shipped_variant_is_refused_by_name():
    with pytest.raises(InputError, match="no source reaches 6 loads at 5 buses"):
        load_grid(
            read(
                STARTERS / "mv_ties.yaml",
                ['feeder.changes=[{"out": "Line 3-8"}]'],
            )
        )


def test_the_villages_alternatives_change_what_they_say():
    rebuilt = next(
        (study, said)
        for study, variant, said in settings("alternatives_village.yaml")
        if variant == "rebuilt"
    )
    grid = load_grid(read(rebuilt[0].base, rebuilt[1]))
    sizes = dict(
        zip(
            grid.feeder.transformers.name,
            grid.feeder.transformers.rating_kva.tolist(),
            strict=True,
        )
    )
    assert (sizes["T_idx_35"], sizes["T_idx_71"], sizes["T_idx_73"]) == (800, 630, 800)
    assert len(grid.made) == len(rebuilt[1]["feeder.changes"])
