"""A study's runs, its table, and what happens when one of them fails."""

import json
from contextlib import closing, suppress
from datetime import datetime
from socket import socket

import polars as pl
import pytest

from tests.studies.made import BASE
from twin.analysis.study import Subject
from twin.errors import InputError, RunFailed
from twin.scenario.study import read_study
from twin.studies import asked, cluster, job, runner

STUDY = """\
schema: 1
name: two
base: small.yaml
variants: {none: {fleet.ev_share: 0}, valley: {policy.name: valley}}
axes: {fleet.target_soc: [0.8, 0.9]}
seeds: [1, 2]
baseline: none
"""


@pytest.fixture(scope="module")
def files(tmp_path_factory):
    folder = tmp_path_factory.mktemp("study")
    (folder / "small.yaml").write_text(BASE)
    (folder / "two.yaml").write_text(STUDY)
    return folder


@pytest.fixture(scope="module")
def finished(files):
    told = []
    study = read_study(files / "two.yaml")
    return runner.run_study(study, files / "results", told.append), told


def test_every_run_is_told_and_listed(finished):
    folder, told = finished
    assert len(told) == 8
    record = json.loads((folder / "study.json").read_text())
    assert record["schema"] == 1
    assert len(record["runs"]) == 8
    assert record["baseline"] == "none"


def test_the_table_has_a_row_a_run_and_a_column_an_axis(finished):
    frame = pl.read_parquet(finished[0] / "study.parquet")
    assert frame.height == 8
    assert frame.columns[:4] == ["variant", "seed", "run_id", "baseline"]
    assert sorted(frame["fleet.target_soc"].unique()) == [0.8, 0.9]
    assert frame.filter("baseline")["variant"].unique().to_list() == ["none"]
    assert frame["peak_kw"].min() > 0


def test_the_status_names_the_run_that_came_in_last(finished):
    folder, told = finished
    last = json.loads((folder / "status.json").read_text())["last"]
    assert last["name"] == "valley, fleet.target_soc 0.9, seed 2"
    assert last["name"] in told[-1]
    frame = pl.read_parquet(folder / "study.parquet")
    assert last["run_id"] == frame["run_id"][-1]
    assert last["came"] == "done"
    assert datetime.fromisoformat(last["time"]).tzinfo is not None


def test_labels_tell_the_points_of_the_axes_apart(finished):
    labels = {label for label, _ in runner.labelled_runs(finished[0])}
    assert "valley, fleet.target_soc 0.8" in labels
    assert len(labels) == 4


def test_again_gives_the_same_bytes_in_the_same_folder(finished, files):
    table = (finished[0] / "study.parquet").read_bytes()
    study = read_study(files / "two.yaml")
    again = runner.run_study(study, files / "results", lambda line: None)
    assert again == finished[0]
    assert (again / "study.parquet").read_bytes() == table


def test_a_run_that_fails_does_not_stop_the_others(files, monkeypatch):
    real = job.run

    def sometimes(scenario, *rest, **words):
        if scenario.fleet.ev_share == 0 and scenario.seed == 2:
            raise RunFailed("the disk is full")
        return real(scenario, *rest, **words)

    monkeypatch.setattr(job, "run", sometimes)
    study = read_study(files / "two.yaml")
    told = []
    with pytest.raises(RunFailed, match=r"2 runs failed(.|\n)*the disk is full"):
        runner.run_study(study, files / "other", told.append)
    assert sum(": failed: " in line for line in told) == 2
    record = json.loads(
        next((files / "other" / "studies" / "two").glob("*/study.json")).read_text()
    )
    assert len(record["runs"]) == 6
    assert len(record["failed"]) == 2


@pytest.mark.long
def test_workers_make_the_same_bytes_as_this_process(finished, files, tmp_path):
    study = read_study(files / "two.yaml")
    folder = runner.run_study(study, tmp_path, lambda line: None, cluster.local(2))
    assert folder.name == finished[0].name
    for name in ("study.parquet", "study.json"):
        assert (folder / name).read_bytes() == (finished[0] / name).read_bytes()


VARIED = """\
schema: 1
name: varied
base: small.yaml
variants: {none: {fleet.ev_share: 0}, valley: {policy.name: valley}}
vary:
  load: {customers.annual_kwh: [2500, 4500]}
  cars: {fleet.ev_share: [0.2, 0.8], fleet.plug_in: [when_needed, always]}
seeds: {first: 1, count: 2}
baseline: none
"""
STUDY_TABLES = ("study.parquet", "differences.parquet", "tornado.parquet", "study.json")


@pytest.fixture(scope="module")
def varied(files):
    (files / "varied.yaml").write_text(VARIED)
    study = read_study(files / "varied.yaml")
    return runner.run_study(study, files / "varied_results", lambda line: None)


def test_either_end_of_a_range_is_run_and_marked(varied):
    frame = pl.read_parquet(varied / "study.parquet")
    assert frame.height == 2 * 2 * (1 + 2 * 2)
    assert frame["varied"].to_list() == [None] * 4 + ["load"] * 8 + ["cars"] * 8
    assert frame["end"].to_list()[4:12] == ["low"] * 4 + ["high"] * 4
    assert frame.filter(variant="valley", varied="cars")["n_ev"].n_unique() == 2
    assert frame.filter(variant="none", varied="cars")["n_ev"].max() == 0


def test_runs_at_an_end_stand_apart_from_the_others(varied):
    record = json.loads((varied / "study.json").read_text())
    assert [row["variant"] for row in record["runs"]] == ["none"] * 2 + ["valley"] * 2
    assert len(record["varied"]) == 16
    assert record["variants"] == ["none", "valley"]
    comparison = Subject.open(varied).comparison
    assert (comparison.labels, comparison.seeds) == (("none", "valley"), (1, 2))
    paired = pl.read_parquet(varied / "differences.parquet")
    assert set(paired["n"]) <= {0, 2}


def test_what_a_range_changes_follows_from_the_table(varied):
    frame = pl.read_parquet(varied / "study.parquet")
    found = pl.read_parquet(varied / "tornado.parquet")
    row = found.filter(
        variant="valley", against="none", key="peak_kw", varied="load", end="high"
    ).row(0, named=True)

    def peak(variant, seed, at):
        rows = frame.filter(
            pl.col("variant") == variant,
            pl.col("seed") == seed,
            pl.col("varied").eq_missing(pl.lit(at)),
            pl.col("end").eq_missing(pl.lit("high" if at else None)),
        )
        return rows["peak_kw"].item()

    effects = [
        peak("valley", seed, "load")
        - peak("none", seed, "load")
        - peak("valley", seed, None)
        + peak("none", seed, None)
        for seed in (1, 2)
    ]
    assert row["effect"] == pytest.approx(sum(effects) / 2)
    assert row["values"] == "4500"


@pytest.mark.long
def test_workers_make_the_same_bytes_of_a_tornado(varied, files, tmp_path):
    study = read_study(files / "varied.yaml")
    for n_workers in (1, 2):
        out = tmp_path / str(n_workers)
        folder = runner.run_study(
            study, out, lambda line: None, cluster.local(n_workers)
        )
        assert folder.name == varied.name
        for name in STUDY_TABLES:
            assert (folder / name).read_bytes() == (varied / name).read_bytes()


def test_a_dry_run_tells_each_end(varied, files):
    study = read_study(files / "varied.yaml")
    rows = list(runner.dry_run(study, files / "varied_results", 2))
    assert rows[-2].startswith("valley cars high seed 2: fleet.ev_share=0.8 ")
    assert rows[-1] == "18 runs for 20 rows; 18 complete, 0 left"


def test_a_cluster_asks_for_no_port_that_another_may_have():
    with closing(socket()) as taken, suppress(OSError):
        taken.bind(("127.0.0.1", 8787))
        taken.listen()
        with cluster._settled(), cluster._processes(1) as begun:
            assert len(begun.workers) == 1


SAME = """\
schema: 1
name: same
base: small.yaml
variants:
  one: {}
  other: {policy.name: uncontrolled}
  broken: {customers.file: bad.csv}
baseline: one
"""


def test_rows_that_are_one_run_share_it_and_a_broken_variant_is_listed(files, tmp_path):
    (files / "same.yaml").write_text(SAME)
    (files / "bad.csv").write_text("nothing\nof the kind\n")
    study, told = read_study(files / "same.yaml"), []
    with pytest.raises(RunFailed, match=r"1 runs failed:\nbroken, seed 1: .*bad"):
        runner.run_study(study, tmp_path, told.append)
    assert len(told) == 1
    (folder,) = (tmp_path / "studies" / "same").iterdir()
    frame = pl.read_parquet(folder / "study.parquet")
    assert frame["variant"].to_list() == ["one", "other"]
    assert frame["run_id"].n_unique() == 1
    assert pl.read_parquet(folder / "differences.parquet")["mean"].max() == 0.0
    assert set(Subject.open(folder).comparison.labels) == {"one", "other"}
    rows = list(runner.dry_run(study, tmp_path, 2))
    assert rows[0].endswith("(complete)")
    assert "bad.csv" in rows[2]
    assert rows[3] == "1 run for 2 rows; 1 complete, 0 left"


UNKNOWN = """\
schema: 1
name: unknown
base: small.yaml
variants:
  none: {fleet.ev_share: 0}
  larger: {feeder.changes: [{transformer: trafo 0, rating_kva: 400}]}
  other: {feeder.changes: [{transformer: trafo 11, rating_kva: 400}]}
  cut: {feeder.changes: [{line: Line_1_1, parallel: 2}, {line: 0, parallel: 2}]}
seeds: [1, 2]
"""


def test_a_name_that_no_grid_has_is_told_before_anything_runs(files, tmp_path):
    """Once a place, whatever the seeds; a dry run tells the same of every row."""
    (files / "unknown.yaml").write_text(UNKNOWN)
    study, told = read_study(files / "unknown.yaml"), []
    with pytest.raises(InputError) as caught:
        runner.run_study(study, tmp_path, told.append)
    assert str(caught.value).splitlines() == [
        f"{files}/unknown.yaml:7:42: variants.other.feeder.changes.0.transformer: no "
        "transformer is called 'trafo 11'; there are trafo 1; did you mean 'trafo 1'?",
        f"{files}/unknown.yaml:8:33: variants.cut.feeder.changes.0.line: no line is "
        "called 'Line_1_1'; there are line_1_1, branchout_line_1_1, line_1_2, "
        "branchout_line_1_2, line_1_3, branchout_line_1_3 and 10 more; did you mean "
        "'line_1_1'?",
    ]
    assert not told
    assert not list(tmp_path.iterdir())
    rows = list(runner.dry_run(study, tmp_path, 2))
    assert (
        sum("variants.other.feeder.changes.0.transformer" in row for row in rows) == 2
    )


def test_a_grid_that_is_refused_is_read_once(files, monkeypatch):
    (files / "unknown.yaml").write_text(UNKNOWN)
    reads, real = [], job.load_grid

    def counted(scenario):
        reads.append(scenario.feeder.changes)
        return real(scenario)

    monkeypatch.setattr(job, "load_grid", counted)
    asked.asked_of(read_study(files / "unknown.yaml"), job.Bench())
    assert len(reads) == len(set(map(str, reads))) == 4


def test_a_damaged_run_is_made_again(files, tmp_path):
    (files / "same.yaml").write_text(
        SAME.replace("  broken: {customers.file: bad.csv}\n", "")
    )
    study, told = read_study(files / "same.yaml"), []
    folder = runner.run_study(study, tmp_path, told.append)
    (run,) = (tmp_path / "small").iterdir()
    table = (run / "steps.parquet").read_bytes()
    (run / "steps.parquet").write_bytes(table[:-9] + b"x" + table[-8:])
    assert runner.run_study(study, tmp_path, told.append) == folder
    assert (run / "steps.parquet").read_bytes() == table
    runner.run_study(study, tmp_path, told.append)
    assert [line.split(": ")[1].split(" in ")[0] for line in told] == [
        "done",
        "done",
        "complete already",
    ]


def test_a_study_beyond_its_budget_does_not_begin(files, tmp_path):
    text = SAME.replace("  broken: {customers.file: bad.csv}\n", "")
    varied = text + "seeds: [1, 2]\nbudget: {runs: 1}\n"
    (files / "same.yaml").write_text(varied)
    with pytest.raises(
        InputError,
        match=r"same\.yaml:9:16: budget\.runs: 2 expected; allowed: at most 1$",
    ):
        runner.run_study(read_study(files / "same.yaml"), tmp_path, print)
    assert not list(tmp_path.iterdir())


def test_a_dry_run_tells_all_and_then_refuses_as_the_run_does(files, tmp_path):
    text = SAME.replace("  broken: {customers.file: bad.csv}\n", "")
    (files / "same.yaml").write_text(f"{text}seeds: [1, 2]\nbudget: {{runs: 1}}\n")
    study, told = read_study(files / "same.yaml"), []
    with pytest.raises(InputError) as before:
        runner.run_study(study, tmp_path, print)
    with pytest.raises(InputError) as after:
        told.extend(runner.dry_run(study, tmp_path, 2))
    assert after.value.problems == before.value.problems
    assert told[4] == "2 runs for 4 rows; 0 complete, 2 left"
    assert not list(tmp_path.iterdir())
