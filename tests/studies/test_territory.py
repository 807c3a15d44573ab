"""A territory: its sums are its members', copies stand alone, whoever runs them."""

from __future__ import annotations

import json
from pathlib import Path

import numpy as np
import polars as pl
import pytest

from tests.studies.made import BASE
from twin.accounts.territory import SERIES
from twin.analysis import report, territory_text
from twin.analysis.study import Subject
from twin.analysis.territory import MEMBERS_TABLE, TABLE, TERRITORY_FILE, Territory
from twin.analysis.territory_text import text
from twin.errors import RunFailed
from twin.results.record import Run
from twin.scenario.study import read_study
from twin.studies import cluster, job, runner
from twin.studies.asked import asked_of
from twin.studies.copies import Copy
from twin.studies.job import Bench

pytestmark = pytest.mark.long

STUDY = """\
schema: 1
name: small_territory
base: small.yaml
territory:
  members:
    lane: {{copies: {lanes}}}
    village:
      copies: 1
      settings:
        feeder.source: "pandapower:create_kerber_dorfnetz"
        fleet.ev_share: 1
variants:
  valley: {{policy.name: valley}}
  v2g_peak: {{policy.name: v2g_peak}}
baseline: valley
"""
FILES = (TABLE, MEMBERS_TABLE, TERRITORY_FILE, "study.parquet", "study.json")


@pytest.fixture(scope="module")
def files(tmp_path_factory):
    folder = tmp_path_factory.mktemp("territory")
    (folder / "small.yaml").write_text(BASE)
    for lanes in (2, 4):
        (folder / f"of{lanes}.yaml").write_text(STUDY.format(lanes=lanes))
    return folder


@pytest.fixture(scope="module")
def finished(files):
    told = []
    study = read_study(files / "of2.yaml")
    return runner.run_study(study, files / "results", told.append), told


def runs_of(folder: Path, variant: str, member: str = "") -> list[Run]:
    rows = json.loads((folder / "study.json").read_text())["runs"]
    return [
        Run.open(folder.parents[2] / row["path"])
        for row in rows
        if row["variant"] == variant and member in ("", row["member"])
    ]


def test_every_feeder_is_a_run_of_its_own(finished):
    folder, told = finished
    assert len(told) == 6
    assert any("valley, lane 2: done" in line for line in told)
    frame = pl.read_parquet(folder / "study.parquet")
    assert frame["run_id"].n_unique() == 6
    by_variant = frame.group_by("variant", maintain_order=True).agg("seed")
    assert by_variant["seed"][0].to_list() == by_variant["seed"][1].to_list()
    assert frame["seed"].n_unique() == 3


@pytest.mark.parametrize("variant", ["valley", "v2g_peak"])
def test_sums_are_those_of_the_members_runs(finished, variant):
    folder, _ = finished
    whole = pl.read_parquet(folder / TABLE).filter(label=variant)
    steps = [run.static("steps") for run in runs_of(folder, variant)]
    for name in SERIES:
        summed = sum(one[name].to_numpy().astype(float) for one in steps)
        column = name.replace("_kw", "_mw")
        unit = 1.0 if name == "ev_plugged" else 1000.0
        assert whole[column].to_numpy() * unit == pytest.approx(summed, rel=1e-12)
    assert whole["time"].to_list() == steps[0]["time"].to_list()


def test_members_sum_to_the_whole(finished):
    folder, _ = finished
    whole = pl.read_parquet(folder / TABLE)
    parts = pl.read_parquet(folder / MEMBERS_TABLE)
    assert parts["member"].unique(maintain_order=True).to_list() == ["lane", "village"]
    joined = parts.group_by("label", "time", maintain_order=True).agg(
        pl.col("grid_mw").sum()
    )
    both = whole.join(joined, on=["label", "time"], suffix="_sum")
    assert both["grid_mw"].to_numpy() == pytest.approx(both["grid_mw_sum"].to_numpy())


def test_diversity_is_own_peaks_over_the_common_one(finished):
    folder, _ = finished
    result = Territory.open(folder).first[1]
    kw = [
        run.static("steps")["grid_kw"].to_numpy() for run in runs_of(folder, "v2g_peak")
    ]
    own = sum(course.max() for course in kw) / 1000
    assert result["sum_of_peaks_mw"] == pytest.approx(own)
    assert result["peak_mw"] == pytest.approx(sum(kw).max() / 1000)
    assert result["diversity"] == pytest.approx(own / (sum(kw).max() / 1000))
    assert result["diversity"] > 1.0


def test_energies_counts_and_limits_are_those_of_the_runs(finished):
    folder, _ = finished
    result = Territory.open(folder).first[0]
    runs = runs_of(folder, "valley")
    grid_kwh = sum(run.static("steps")["grid_kw"].sum() for run in runs) * 0.25
    assert result["energy_mwh"]["grid"] == pytest.approx(grid_kwh / 1000)
    for name in ("homes", "evs", "bidirectional"):
        total = sum(run.record["counts"][name] for run in runs)
        assert result["counts"][name] == total
    frame = pl.read_parquet(folder / "study.parquet").filter(variant="valley")
    for part in result["members"]:
        mine = frame.filter(member=part["member"])
        assert part["worst"]["v_min_pu"] == mine["v_min_pu"].min()
        assert part["broken_elements"]["lines_over_normal"] == (
            mine["lines_over_normal"].sum()
        )


def test_histories_are_counted_over_all_feeders(finished):
    folder, _ = finished
    by_source = {
        one["source"]: one for one in Territory.open(folder).record["histories"]
    }
    draws: dict[int, int] = {}
    for run in runs_of(folder, "valley"):
        rows = run.static("histories").filter(of="load")
        for whose, count in rows.select("whose", "draws").iter_rows():
            draws[whose] = draws.get(whose, 0) + count
    counts = np.array(list(draws.values()))
    found = by_source["eulv_bdew"]
    assert found["draws"] == counts.sum()
    assert found["distinct"] == len(counts)
    assert found["effective"] == pytest.approx(counts.sum() ** 2 / (counts**2).sum())
    cars = sum(run.record["counts"]["evs"] for run in runs_of(folder, "valley"))
    assert by_source["mid"]["otherwise"] == {"drawn": cars}
    assert by_source["mid"]["draws"] == 0


def test_more_copies_change_no_other_feeder(files):
    few, many = (
        {
            (one.run.variant, one.copy.member, one.copy.number): one.run_id
            for one in asked_of(read_study(files / f"of{lanes}.yaml"), Bench())
        }
        for lanes in (2, 4)
    )
    assert len(many) == len(few) + 4
    assert few.items() <= many.items()
    assert len(set(many.values())) == len(many)


def test_a_copys_seed_is_of_study_member_and_number_alone():
    seeds = {
        Copy(member, number, of_seed).seed
        for member in ("a", "b")
        for number in (1, 2)
        for of_seed in (1, 2)
    }
    assert len(seeds) == 8
    assert all(0 <= seed < 2**63 for seed in seeds)
    assert Copy("village", 7, 1).seed == Copy("village", 7, 1).seed


def test_all_feeders_have_one_sky_and_homes_of_their_own(finished):
    folder, _ = finished
    first, second = runs_of(folder, "valley", "lane")
    skies = [
        run.static("steps")["temperature_degc"].to_list() for run in (first, second)
    ]
    assert skies[0] == skies[1]
    homes = [run.static("customers")["annual_kwh"].to_list() for run in (first, second)]
    assert homes[0] != homes[1]


@pytest.mark.long
def test_workers_change_no_byte(files, finished):
    folder, _ = finished
    study = read_study(files / "of2.yaml")
    other = runner.run_study(
        study, files / "elsewhere", lambda line: None, cluster.local(2), 2
    )
    for name in FILES:
        assert (other / name).read_bytes() == (folder / name).read_bytes()


def test_again_it_runs_nothing_and_writes_the_same(files, finished):
    folder, _ = finished
    before = [(folder / name).read_bytes() for name in FILES]
    told = []
    runner.run_study(read_study(files / "of2.yaml"), files / "results", told.append)
    assert all("complete already" in line for line in told)
    assert [(folder / name).read_bytes() for name in FILES] == before


def test_a_feeder_that_fails_is_missing_and_said(files, monkeypatch):
    real = job.run
    lost = Copy("lane", 2, 1).seed

    def sometimes(scenario, *rest, **words):
        if scenario.seed == lost and scenario.policy.name == "valley":
            raise RunFailed("the disk is full")
        return real(scenario, *rest, **words)

    monkeypatch.setattr(job, "run", sometimes)
    study = read_study(files / "of2.yaml")
    with pytest.raises(RunFailed, match="valley, lane 2: the disk is full"):
        runner.run_study(study, files / "failing", lambda line: None)
    (folder,) = (files / "failing" / "studies" / "small_territory").iterdir()
    territory = Territory.open(folder)
    assert territory.first[0]["missing"] == {"lane": 1}
    assert territory.first[0]["feeders"] == 2
    assert "valley, seed 1: runs failed (1 of lane)" in text(territory)


def test_a_dry_run_tells_a_line_a_member(files):
    lines = list(runner.dry_run(read_study(files / "of4.yaml"), files / "nothing", 2))
    assert lines[0] == "valley seed 1, lane: 4 feeders, 0 complete"
    assert any(line.startswith("10 runs; 0 complete") for line in lines)


def test_its_report_tells_the_territory_and_one_feeder(finished):
    folder, _ = finished
    subject = Subject.open(folder)
    assert len(subject.comparison.cases) == 2
    page = report.html(subject)
    assert 'id="territory"' in page
    assert "Diversity factor between feeders" in page
    assert "is about one feeder of it" in page
    size = territory_text.size(Territory.open(folder))
    assert f"A study of {size}; every section but Territory shows one of" in page


def test_at_the_terminal(finished):
    said = text(Territory.open(finished[0]))
    assert "v2g_peak against valley: peak" in said
    assert "as good as" in said
