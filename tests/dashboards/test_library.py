"""What lies in a results folder: found, opened by name, never left."""

import json
import os
import shutil
from pathlib import Path

import pytest

from dashboards.data import Library, is_named
from twin.errors import InputError
from twin.tables import SCHEMA

OTHER = "fedcba9876543210"


@pytest.fixture
def results(make_run):
    return make_run(policy="v2g_peak").path.parents[1]


@pytest.fixture
def run_id(results):
    return next((results / "hand_made").iterdir()).name


def study(results: Path, rows, baseline="none") -> None:
    folder = results / "studies" / "s" / OTHER
    folder.mkdir(parents=True)
    record = {"schema": 1, "name": "s", "baseline": baseline, "runs": rows}
    (folder / "study.json").write_text(json.dumps(record))


def row(label, run_id, seed):
    return {
        "variant": label,
        "label": label,
        "seed": seed,
        "run_id": run_id,
        "path": f"hand_made/{run_id}",
    }


def test_a_run_is_opened_by_name_and_kept(results, run_id):
    library = Library(results)
    case = library.case("hand_made", run_id)
    assert case.run.run_id == run_id
    assert library.case("hand_made", run_id) is case


def test_a_run_that_was_written_anew_is_opened_anew(results, run_id):
    library = Library(results)
    case = library.case("hand_made", run_id)
    record = results / "hand_made" / run_id / "run.json"
    os.utime(record, ns=(1, 1))
    assert library.case("hand_made", run_id) is not case


def test_an_unfinished_run_is_opened_until_there_is_a_whole_one(results, run_id):
    whole = results / "hand_made" / run_id
    shutil.copytree(whole, results / "hand_made" / f"{OTHER}.part")
    library = Library(results)
    assert library.folder("hand_made", OTHER).suffix == ".part"
    shutil.copytree(whole, results / "hand_made" / OTHER)
    assert library.folder("hand_made", OTHER).suffix == ""


@pytest.mark.parametrize(
    ("scenario", "name"),
    [("hand_made", OTHER), ("..", OTHER), ("hand_made", ".."), ("nobody", OTHER)],
)
def test_what_is_not_there_is_an_input_error(results, scenario, name):
    with pytest.raises(InputError):
        Library(results).case(scenario, name)


def test_a_link_that_leads_out_of_the_folder_is_no_run(results, run_id, tmp_path):
    elsewhere = tmp_path / "elsewhere"
    shutil.copytree(results / "hand_made" / run_id, elsewhere)
    (results / "hand_made" / OTHER).symlink_to(elsewhere, target_is_directory=True)
    library = Library(results)
    with pytest.raises(InputError, match="there is no run"):
        library.case("hand_made", OTHER)
    assert OTHER not in [one.run_id for one in library.found()]


def test_strange_folders_are_told_and_break_nothing(results, run_id):
    good = results / "hand_made" / run_id
    for name, change in {
        "1" * 16: {"schema": SCHEMA + 1},
        "2" * 16: {"outputs": {"../../secret": "x"}},
    }.items():
        shutil.copytree(good, results / "hand_made" / name)
        file = results / "hand_made" / name / "run.json"
        file.write_text(json.dumps(json.loads(file.read_text()) | change))
    (results / "hand_made" / ("3" * 16)).mkdir()
    (results / "hand_made" / ("3" * 16) / "run.json").write_text("{")
    shutil.copytree(good, results / "<img src=x onerror=alert(1)>" / "x")
    found = {one.run_id: one for one in Library(results).found()}
    assert found[run_id].state == "done"
    assert "newer twin" in found["1" * 16].message
    assert "files elsewhere" in found["2" * 16].message
    assert "cannot be read" in found["3" * 16].message
    assert [is_named(one) for one in found.values()].count(False) == 1


def test_a_run_stands_beside_those_of_its_study(results, run_id):
    rows = [row("none", OTHER, 1), row("none", "1" * 16, 2), row("v2g", run_id, 1)]
    study(results, rows)
    library = Library(results)
    assert [one.label for one in library.siblings("hand_made", run_id)] == [
        "none",
        "none",
        "v2g",
    ]
    baseline = library.baseline("hand_made", run_id)
    assert baseline is not None and baseline.run_id == OTHER
    assert library.baseline("hand_made", OTHER) is None
    assert library.siblings("hand_made", "9" * 16) == ()


def test_a_baseline_is_taken_at_the_same_point_of_the_axes(results, run_id):
    rows = [
        row("none, fleet.ev_share 0.2", OTHER, 1),
        row("none, fleet.ev_share 0.4", "1" * 16, 1),
        row("v2g, fleet.ev_share 0.4", run_id, 1),
    ]
    study(results, rows)
    baseline = Library(results).baseline("hand_made", run_id)
    assert baseline is not None and baseline.run_id == "1" * 16


def test_a_study_that_cannot_be_read_is_told(results):
    study(results, [])
    (results / "studies" / "s" / OTHER / "study.json").write_text("[1]")
    (found,) = Library(results).studies()
    assert "cannot be read" in found.message and found.runs == ()
