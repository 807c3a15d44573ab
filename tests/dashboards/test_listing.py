"""What the table of runs knows of each run, without reading what is large."""

import json
import os
from platform import node

import polars as pl
import pytest

from dashboards.data import Library
from dashboards.runs.listing import FROM_RUN, FROM_STEPS, FROM_STUDY, Listing, size_of
from dashboards.runs.notes import NOTES_FILE, write_note
from twin.analysis.metrics import headline

STUDY = "fedcba9876543210"


def write_study(results, runs, baseline="none", name="s", **figures):
    """A study of labelled runs, with the headline of each as its table holds it."""
    folder = results / "studies" / name / STUDY
    folder.mkdir(parents=True)
    rows = [
        {
            "variant": label,
            "label": label,
            "seed": run.record["seed"],
            "run_id": run.run_id,
            "path": f"{run.path.parent.name}/{run.path.name}",
        }
        for label, run in runs
    ]
    labels = list(dict.fromkeys(label for label, _ in runs))
    record = {"schema": 1, "name": name, "baseline": baseline, "variants": labels}
    (folder / "study.json").write_text(json.dumps({**record, "runs": rows}))
    table = [{"run_id": run.run_id, **headline(run), **figures} for _, run in runs]
    pl.DataFrame(table, infer_schema_length=None).write_parquet(
        folder / "study.parquet"
    )
    return folder


def folder(results, name, **files):
    path = results / "odd" / name
    path.mkdir(parents=True)
    for stem, content in files.items():
        (path / f"{stem}.json").write_text(
            content if isinstance(content, str) else json.dumps(content)
        )
    return path


def test_a_run_alone_shows_what_its_totals_say(make_run):
    run = make_run(policy="valley", seed=7)
    (row,) = Listing(Library(run.path.parents[1])).rows()
    assert row["label"] == row["policy"] == "valley"
    assert (row["seed"], row["days"], row["state"]) == (7, 2, "done")
    assert (row["peak_kw"], row["v_min_pu"]) == (50.0, 0.84)
    assert row["figures"] == FROM_STEPS
    assert row["beyond_h"] is row["top_loading"] is row["short"] is None
    assert row["href"] == f"/run/hand_made/{run.run_id}/overview"
    assert row["size_mb"] == pytest.approx(
        sum(path.stat().st_size for path in run.path.iterdir()) / 1e6
    )


def test_a_run_of_a_study_shows_its_figures_without_being_read(make_run):
    run = make_run(policy="valley")
    results = run.path.parents[1]
    write_study(results, [("clever", run)], peak_kw=123.0, customer_hours_above=9.0)
    (run.path / "flows.parquet").write_bytes(b"unreadable")
    (row,) = Listing(Library(results)).rows()
    assert (row["label"], row["studies"], row["figures"]) == ("clever", "s", FROM_STUDY)
    assert row["peak_kw"] == 123.0
    below = headline(make_run(policy="tou"))["customer_hours_below"]
    assert row["beyond_h"] == below + 9.0 and below > 0
    assert row["top_loading"] == pytest.approx(130.0)
    assert row["top_name"] == "T1"


def test_once_a_run_was_opened_its_figures_are_complete(make_run):
    run = make_run()
    library = Library(run.path.parents[1])
    listing = Listing(library)
    assert listing.rows()[0]["figures"] == FROM_STEPS
    case = library.case("hand_made", run.run_id)
    assert listing.rows()[0]["figures"] == FROM_STEPS
    assert case.voltages and case.loadings
    (row,) = listing.rows()
    assert row["figures"] == FROM_RUN
    assert row["top_loading"] == pytest.approx(130.0)


def test_the_newest_study_names_a_run_that_several_hold(make_run):
    run = make_run()
    results = run.path.parents[1]
    for age, name in enumerate(("old", "new"), start=1):
        study = write_study(results, [(f"as {name}", run)], name=name)
        os.utime(study / "study.json", ns=(age, age))
    (row,) = Listing(Library(results)).rows()
    assert (row["label"], row["studies"]) == ("as new", "new, old")


def test_runs_of_a_study_stand_together_in_its_order(make_run):
    runs = [make_run(seed=seed) for seed in (1, 2, 3)]
    lone = make_run(policy="tou")
    results = lone.path.parents[1]
    write_study(results, [("c", runs[2]), ("a", runs[0]), ("b", runs[1])])
    os.utime(lone.path / "run.json", ns=(1, 1))
    labels = [row["label"] for row in Listing(Library(results)).rows()]
    assert labels == ["c", "a", "b", "tou"]


def test_figures_of_a_foreign_table_are_not_believed(make_run):
    run = make_run()
    results = run.path.parents[1]
    write_study(results, [("a", run)], peak_kw="<b>", customer_hours_below="many")
    (row,) = Listing(Library(results)).rows()
    assert row["peak_kw"] is None and row["beyond_h"] == 1.0


@pytest.mark.parametrize(
    ("files", "state", "said"),
    [
        ({"run": "{"}, "unreadable", "cannot be read"),
        ({"run": {"a": 1}}, "unreadable", "not a run's record"),
        ({"run": {"schema": 99, "outputs": {}}}, "unreadable", "newer twin"),
        (
            {"status": {"state": "running", "pid": 2**22 + 1, "host": node()}},
            "died",
            "run it again",
        ),
        ({"status": {"state": "failed", "message": "diverged"}}, "failed", "diverged"),
    ],
)
def test_what_cannot_be_opened_is_a_row_with_its_message(tmp_path, files, state, said):
    folder(tmp_path, "0" * 16, **files)
    (row,) = Listing(Library(tmp_path)).rows()
    assert row["state"] == state and said in row["message"]
    assert str(tmp_path) not in row["message"]
    assert row["peak_kw"] is None and row["figures"] == ""


def test_a_running_run_tells_how_far_it_is(tmp_path):
    status = {"state": "running", "pid": os.getpid(), "host": node(), "progress": 0.25}
    folder(tmp_path, "0" * 16 + ".part", status=status)
    (row,) = Listing(Library(tmp_path)).rows()
    assert (row["state"], row["progress"]) == ("running", 0.25)
    assert (row["key"], row["run_id"]) == (f"odd/{'0' * 16}.part", "0" * 16)


def test_what_no_address_can_hold_is_no_link(tmp_path):
    folder(tmp_path, "<script>", run="{")
    (row,) = Listing(Library(tmp_path)).rows()
    assert row["href"] == "" and "no address can hold this name" in row["message"]


def test_notes_stand_with_their_run_and_a_broken_file_is_told(make_run):
    run = make_run()
    results = run.path.parents[1]
    write_note(results, "hand_made", run.run_id, "look here")
    listing = Listing(Library(results))
    assert listing.rows()[0]["note"] == "look here"
    assert listing.notes()[1] == ""
    (results / NOTES_FILE).write_text("{")
    assert listing.rows()[0]["note"] == ""
    assert "cannot be read" in listing.notes()[1]


def test_a_folders_size_counts_what_lies_below_it(tmp_path):
    (tmp_path / "parts").mkdir()
    (tmp_path / "a").write_bytes(b"12345")
    (tmp_path / "parts" / "b").write_bytes(b"123")
    inside = size_of(tmp_path) - (tmp_path / "parts").stat().st_size
    assert inside == 8
