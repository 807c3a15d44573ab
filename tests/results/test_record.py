import json
import os
import shutil
from datetime import UTC, datetime, timedelta, timezone

import polars as pl
import pytest

from twin.errors import InputError
from twin.results.record import Run, find_runs, read_status
from twin.results.store import RunWriter


def rewrite(path, **changed):
    record = json.loads(path.read_text())
    path.write_text(json.dumps({**record, **changed}))


def test_a_run_opens_by_its_folder_or_its_record(finished, hamlet):
    for path in (finished, str(finished), finished / "run.json"):
        run = Run.open(path)
        assert (run.run_id, run.status, run.is_complete) == (
            hamlet.run_id,
            "done",
            True,
        )
    assert run.tables == (
        "steps",
        "nodes",
        "branches",
        "customers",
        "evs",
        "voltages",
        "flows",
        "ev_steps",
        "customer_steps",
        "trips",
    )
    assert run.has("flows") and not run.has("sessions")


def test_one_instant_and_one_node_are_what_was_recorded(finished, hamlet):
    run = Run.open(finished)
    written = hamlet.columns("voltages", 1)["v_pu"]
    instant = hamlet.start + timedelta(days=1, hours=3)
    assert run.at("voltages", instant)["v_pu"].to_list() == [list(written[12])]
    course = run.one("voltages", 2)
    assert course.columns == ["time", "v_pu"]
    assert (course["v_pu"].to_numpy()[96:] == written[:, 2]).all()
    assert run.one("flows", 1, "i_a").columns == ["time", "i_a"]


def test_an_instant_is_understood_in_any_zone(finished, hamlet):
    run = Run.open(finished)
    berlin = hamlet.start.astimezone(timezone(timedelta(hours=1)))
    naive = hamlet.start.replace(tzinfo=None)
    for instant in (hamlet.start, berlin, naive):
        assert run.at("steps", instant)["time"].to_list() == [hamlet.start]
    assert run.at("steps", hamlet.start + timedelta(minutes=1)).is_empty()


def test_scans_are_lazy(finished):
    assert isinstance(Run.open(finished).scan("flows"), pl.LazyFrame)


def test_a_table_that_is_not_there_is_told_with_those_that_are(finished):
    with pytest.raises(InputError) as told:
        Run.open(finished).scan("voltage")
    assert "has no table voltage; did you mean 'voltages'? (it has steps," in str(
        told.value
    )


@pytest.mark.parametrize(
    ("content", "message"),
    [
        ("{", "run.json cannot be read"),
        ("", "run.json cannot be read"),
        ("[]", "run.json is not a run's record"),
        ('{"schema": "1"}', "run.json is not a run's record"),
        ('{"schema": 1}', "lists no files"),
        ('{"schema": 1, "outputs": {"../x": "0"}}', "or files elsewhere"),
        ('{"schema": 1, "outputs": {"/etc/passwd": "0"}}', "or files elsewhere"),
        ('{"schema": 1, "outputs": {}}', "run.json lacks status, run_id"),
    ],
)
def test_a_corrupt_record_is_told(finished, content, message):
    (finished / "run.json").write_text(content)
    with pytest.raises(InputError) as told:
        Run.open(finished)
    assert message in str(told.value)
    assert str(told.value).startswith(f"{finished}: ")


def test_binary_is_told(finished):
    (finished / "run.json").write_bytes(b"\xff\xfe\x00")
    with pytest.raises(InputError, match="cannot be read"):
        Run.open(finished)


def test_a_newer_schema_is_refused(finished):
    rewrite(finished / "run.json", schema=2)
    with pytest.raises(InputError, match=r"newer twin \(schema 2; .* up to 1\)"):
        Run.open(finished)


def test_a_lost_file_is_told(finished):
    (finished / "flows.parquet").unlink()
    with pytest.raises(InputError, match=r"flows.parquet listed but not there"):
        Run.open(finished)


def test_a_cut_file_is_told(finished):
    path = finished / "flows.parquet"
    path.write_bytes(path.read_bytes()[:1000])
    with pytest.raises(InputError, match="flows cannot be read"):
        Run.open(finished).scan("flows")


def test_other_folders_are_told(tmp_path):
    with pytest.raises(InputError, match="no such run folder"):
        Run.open(tmp_path / "nowhere")
    with pytest.raises(InputError, match=r"not a run: it has no run.json"):
        Run.open(tmp_path)


@pytest.mark.parametrize("state", ["", "failed", "died"])
def test_a_studys_folder_without_its_tables_is_told(tmp_path, state):
    folder = tmp_path / "studies" / "mine" / "0123456789abcdef"
    folder.mkdir(parents=True)
    if state:
        folder = folder.rename(tmp_path / "moved")
        status = {"study": "mine", "state": state, "progress": 0.5, "pid": 1}
        (folder / "status.json").write_text(json.dumps(status))
    with pytest.raises(InputError) as told:
        Run.open(folder)
    assert str(told.value) == (
        f"{folder}: neither a run (it has no run.json) nor a study (it has no "
        "study.json); running the study again writes it"
    )


def test_a_run_that_goes_on_is_told_with_its_process(tmp_path, hamlet):
    with RunWriter.open(tmp_path, "hamlet", hamlet.run_id) as writer:
        writer.progress(hamlet.start, 0.4, 1.0)
        with pytest.raises(InputError) as told:
            Run.open(writer.folder)
    assert f"still being written by process {os.getpid()} (40 %)" in str(told.value)


def test_a_process_on_another_host_is_not_called_dead(tmp_path):
    status = {"state": "running", "pid": 2**22 + 1, "host": "elsewhere.example"}
    (tmp_path / "status.json").write_text(json.dumps(status))
    assert read_status(tmp_path)["state"] == "running"


def test_every_run_is_found_whatever_its_state(tmp_path, hamlet):
    done = hamlet.write(tmp_path)
    broken = hamlet.write(tmp_path, run_id="b" * 16)
    (broken / "run.json").write_text("{")
    with RunWriter.open(tmp_path, "inn", "c" * 16) as writer:
        writer.interrupted()
    shutil.copytree(done, tmp_path / "studies" / "v2g" / "deep" / "er")
    with RunWriter.open(tmp_path, "mill", "d" * 16) as writer:
        writer.progress(datetime(2026, 1, 12, tzinfo=UTC), 0.5, 1.0)
        found = find_runs(tmp_path)
    assert [(one.scenario, one.run_id[0], one.state) for one in found] == [
        ("hamlet", "0", "done"),
        ("hamlet", "b", "unreadable"),
        ("inn", "c", "interrupted"),
        ("mill", "d", "running"),
    ]
    assert found[0].path == done
    assert [one.progress for one in found] == [1.0, 1.0, 0.0, 0.5]
    assert "run.json cannot be read" in found[1].message


def test_an_empty_results_folder_holds_no_runs(tmp_path):
    assert find_runs(tmp_path) == []
    assert find_runs(tmp_path / "nowhere") == []
