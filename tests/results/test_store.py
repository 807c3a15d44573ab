import errno
import json
import os
import resource
import signal
import subprocess
import sys
import textwrap
from datetime import UTC, datetime
from pathlib import Path

import numpy as np
import polars as pl
import pytest

from twin.errors import InputError, RunFailed, TwinError
from twin.results import durable
from twin.results.durable import sha256_of
from twin.results.record import Run, read_status
from twin.results.store import RunWriter

HERE = Path(__file__).parent

DIED = (
    r"half-written: process \d+ died at 50 %; its whole days are the files in parts/, "
    "and running it again begins anew"
)


def load(path):
    return json.loads(path.read_text())


def script(body, out):
    """A process of its own that has the hamlet's builders at hand."""
    head = f"""
        import importlib.util, os, signal, sys
        from pathlib import Path
        builders = {str(HERE / "conftest.py")!r}
        spec = importlib.util.spec_from_file_location("h", builders)
        h = importlib.util.module_from_spec(spec)
        spec.loader.exec_module(h)
        from twin.results.store import RunWriter
        out = Path({str(out)!r})
    """
    return [sys.executable, "-c", textwrap.dedent(head) + textwrap.dedent(body)]


def run_script(body, out, **more):
    return subprocess.run(
        script(body, out), capture_output=True, text=True, cwd=HERE.parents[1], **more
    )


def test_a_finished_run_has_its_name_and_nothing_else_lies_about(tmp_path, hamlet):
    final = hamlet.write(tmp_path)
    assert final == tmp_path / "hamlet" / hamlet.run_id
    assert sorted(path.name for path in final.iterdir()) == [
        "branches.parquet",
        "customer_steps.parquet",
        "customers.parquet",
        "ev_steps.parquet",
        "evs.parquet",
        "flows.parquet",
        "nodes.parquet",
        "run.json",
        "status.json",
        "steps.parquet",
        "trips.parquet",
        "voltages.parquet",
    ]
    assert [p.name for p in final.parent.iterdir() if p.name[0] != "."] == [final.name]


def test_run_json_says_what_was_asked_and_the_checksums(finished, hamlet):
    record = load(finished / "run.json")
    assert record["schema"] == 1
    assert record["status"] == "done"
    assert record["run_id"] == hamlet.run_id
    assert record["seed"] == 1
    assert record["outputs"]["flows.parquet"] == sha256_of(finished / "flows.parquet")
    assert set(record["outputs"]) == {p.name for p in finished.glob("*.parquet")}
    assert record["wall_time_s"]["finish"] >= 0


def test_same_data_same_bytes(tmp_path, hamlet):
    one, two = hamlet.write(tmp_path / "a"), hamlet.write(tmp_path / "b")
    assert load(one / "run.json")["outputs"] == load(two / "run.json")["outputs"]


@pytest.mark.parametrize("threads", ["1", "2"])
def test_the_number_of_threads_changes_no_byte(tmp_path, hamlet, threads):
    expected = load(hamlet.write(tmp_path / "a", days=9) / "run.json")["outputs"]
    environment = {**os.environ, "POLARS_MAX_THREADS": threads}
    done = run_script("print(h.write_run(out, days=9))", tmp_path, env=environment)
    assert load(Path(done.stdout.strip()) / "run.json")["outputs"] == expected


def test_arrays_come_back_as_they_went_in_day_after_day(finished, hamlet):
    run = Run.open(finished)
    for name in ("voltages", "flows", "ev_steps", "customer_steps", "steps"):
        frame = run.scan(name).collect()
        days = [hamlet.columns(name, day) for day in (0, 1)]
        for column in frame.columns:
            expected = np.concatenate([day[column] for day in days])
            got = frame[column].to_numpy()
            assert (got == expected).all(), (name, column)


def test_types_are_those_of_the_tables(finished):
    schema = Run.open(finished).scan("ev_steps").collect_schema()
    assert schema["time"] == pl.Datetime("us", "UTC")
    assert schema["kw"] == pl.Array(pl.Float32, 1)
    assert schema["state"] == pl.Array(pl.UInt8, 1)


def test_nan_stays_nan(tmp_path, hamlet):
    columns = hamlet.columns("voltages", 0)
    columns["v_pu"][5, 1] = np.nan
    with RunWriter.open(tmp_path, "dead", hamlet.run_id) as writer:
        writer.day("voltages", 0, columns)
        run = Run.open(writer.finish({}))
    voltages = run.scan("voltages").collect()["v_pu"].to_numpy()
    assert np.argwhere(np.isnan(voltages)).tolist() == [[5, 1]]


def test_a_run_without_cars_has_arrays_of_no_width(tmp_path, hamlet):
    widths = {"ev": 0}
    with RunWriter.open(tmp_path, "carless", hamlet.run_id) as writer:
        writer.table("evs", hamlet.static("evs", 0))
        for day in range(2):
            writer.day("ev_steps", day, hamlet.columns("ev_steps", day, widths))
            writer.rows("trips", day, hamlet.trips(day, 0))
        run = Run.open(writer.finish({}))
    assert run.scan("ev_steps").collect()["soc"].to_numpy().shape == (192, 0)
    assert run.static("trips").shape == (0, 7)


def test_row_groups_hold_at_most_672_rows(tmp_path, hamlet):
    final = hamlet.write(tmp_path, days=15)
    assert hamlet.row_groups(final / "steps.parquet") == [672, 672, 96]
    assert hamlet.row_groups(final / "voltages.parquet") == [672, 672, 96]
    for path in final.glob("*.parquet"):
        assert max(hamlet.row_groups(path)) <= 672, path


def test_row_groups_of_long_tables_hold_at_most_672_rows(tmp_path, hamlet):
    with RunWriter.open(tmp_path, "long", hamlet.run_id) as writer:
        many = pl.concat([hamlet.trips(0, 24)] * 60)
        writer.rows("trips", 0, many)
        writer.table("nodes", hamlet.static("nodes", 2000, bus=["7"] * 2000))
        final = writer.finish({})
    assert hamlet.row_groups(final / "trips.parquet") == [672, 672, 96]
    assert hamlet.row_groups(final / "nodes.parquet") == [672, 672, 656]


def test_row_groups_of_wide_tables_are_smaller(tmp_path, hamlet):
    widths = {"node": 60_000}
    with RunWriter.open(tmp_path, "wide", hamlet.run_id) as writer:
        for day in range(5):
            writer.day("voltages", day, hamlet.columns("voltages", day, widths))
        final = writer.finish({})
    rows = 64_000_000 // (4 * 60_002)
    assert hamlet.row_groups(final / "voltages.parquet") == [rows, 480 - rows]


def test_days_are_joined_in_their_order_whatever_order_they_came_in(tmp_path, hamlet):
    with RunWriter.open(tmp_path, "late", hamlet.run_id) as writer:
        for day in (2, 0, 1):
            writer.day("steps", day, hamlet.columns("steps", day))
        run = Run.open(writer.finish({}))
    moments = run.scan("steps").collect()["time"]
    assert moments.is_sorted() and len(moments) == 288


def test_daylight_saving_days_may_be_shorter(tmp_path, hamlet):
    with RunWriter.open(tmp_path, "spring", hamlet.run_id) as writer:
        writer.day("steps", 0, hamlet.columns("steps", 0, rows=92))
        writer.day("steps", 1, hamlet.columns("steps", 1, rows=100))
        run = Run.open(writer.finish({}))
    assert run.scan("steps").collect().height == 192


def test_a_missing_day_is_not_passed_over(tmp_path, hamlet):
    writer = RunWriter.open(tmp_path, "hole", hamlet.run_id)
    writer.day("steps", 0, hamlet.columns("steps", 0))
    writer.day("steps", 2, hamlet.columns("steps", 2))
    with pytest.raises(ValueError, match=r"steps: days are missing, got \[0, 2\]"):
        writer.finish({})
    writer.failed("hole")


def test_tables_must_cover_the_same_days(tmp_path, hamlet):
    with RunWriter.open(tmp_path, "uneven", hamlet.run_id) as writer:
        writer.day("steps", 0, hamlet.columns("steps", 0))
        writer.day("steps", 1, hamlet.columns("steps", 1))
        writer.day("voltages", 0, hamlet.columns("voltages", 0))
        with pytest.raises(ValueError, match="different numbers of days"):
            writer.finish({})


def test_tables_must_count_the_same_nodes(tmp_path, hamlet):
    with RunWriter.open(tmp_path, "short", hamlet.run_id) as writer:
        hamlet.write_static(writer)
        with pytest.raises(ValueError, match="voltages has 4 of node, not 3"):
            writer.day("voltages", 0, hamlet.columns("voltages", 0, {"node": 4}))


def test_each_table_is_written_in_its_own_way(tmp_path, hamlet):
    with RunWriter.open(tmp_path, "ways", hamlet.run_id) as writer:
        with pytest.raises(ValueError, match="trips is a table of kind rows"):
            writer.day("trips", 0, {})
        with pytest.raises(ValueError, match="steps is a table of kind interval"):
            writer.table("steps", pl.DataFrame())


def test_a_second_writer_is_told_who_holds_the_run(tmp_path, hamlet):
    with RunWriter.open(tmp_path, "hamlet", hamlet.run_id) as writer:
        with pytest.raises(TwinError) as told:
            RunWriter.open(tmp_path, "hamlet", hamlet.run_id)
        assert str(told.value) == (
            f"run {hamlet.run_id} of hamlet is being written by process {os.getpid()}; "
            "wait for it, or stop it"
        )
        writer.day("steps", 0, hamlet.columns("steps", 0))
        assert writer.finish({}).is_dir()


def test_a_second_process_is_told_who_holds_the_run(tmp_path, hamlet):
    with RunWriter.open(tmp_path, "hamlet", hamlet.run_id):
        done = run_script("RunWriter.open(out, 'hamlet', h.RUN_ID)", tmp_path)
    assert done.returncode == 1
    assert f"is being written by process {os.getpid()}" in done.stderr


def test_a_killed_writer_leaves_only_whole_files_and_the_next_takes_over(
    tmp_path, hamlet
):
    body = """
        writer = RunWriter.open(out, "hamlet", h.RUN_ID)
        h.write_static(writer)
        h.write_day(writer, 0)
        writer.progress(h.START, 0.5, 100.0)
        replace = os.replace
        def strike(old, new):
            if Path(new).name == "00001.parquet" and "flows" in str(new):
                os.kill(os.getpid(), signal.SIGKILL)
            replace(old, new)
        os.replace = strike
        h.write_day(writer, 1)
    """
    done = run_script(body, tmp_path)
    assert done.returncode == -signal.SIGKILL, done.stderr
    part = tmp_path / "hamlet" / f"{hamlet.run_id}.part"
    assert load(part / "status.json")["state"] == "running"
    assert read_status(part)["state"] == "died"
    whole = sorted(part.rglob("[!.]*.parquet"))
    assert len(whole) == 4 + 6 + 2
    assert all(pl.read_parquet(path).width for path in whole)
    assert list(part.rglob(".*.tmp"))
    with pytest.raises(InputError, match=DIED):
        Run.open(part)

    final = hamlet.write(tmp_path)
    assert Run.open(final).is_complete
    assert not part.exists()


@pytest.mark.parametrize("strikes_at", ["flows.parquet", "run.json"])
def test_a_writer_killed_while_joining_leaves_no_final_folder(
    tmp_path, hamlet, strikes_at
):
    body = f"""
        replace = os.replace
        def strike(old, new):
            if Path(new).name == {strikes_at!r}:
                os.kill(os.getpid(), signal.SIGKILL)
            replace(old, new)
        os.replace = strike
        h.write_run(out)
    """
    assert run_script(body, tmp_path).returncode == -signal.SIGKILL
    assert not (tmp_path / "hamlet" / hamlet.run_id).exists()
    assert Run.open(hamlet.write(tmp_path)).is_complete


def test_ctrl_c_keeps_the_days_and_marks_them_interrupted(tmp_path, hamlet):
    with (
        pytest.raises(KeyboardInterrupt),
        RunWriter.open(tmp_path, "hamlet", hamlet.run_id) as writer,
    ):
        writer.describe({"seed": 7})
        hamlet.write_static(writer)
        hamlet.write_day(writer, 0)
        raise KeyboardInterrupt
    assert load(writer.folder / "status.json")["state"] == "interrupted"
    run = Run.open(writer.folder)
    assert (run.status, run.is_complete) == ("interrupted", False)
    assert run.record["seed"] == 7
    assert run.scan("voltages").collect().height == 96
    assert Run.open(hamlet.write(tmp_path)).is_complete


def test_an_error_keeps_the_days_and_says_why(tmp_path, hamlet):
    with (
        pytest.raises(ZeroDivisionError),
        RunWriter.open(tmp_path, "hamlet", hamlet.run_id) as writer,
    ):
        hamlet.write_day(writer, 0)
        _ = 1 / 0
    assert load(writer.folder / "status.json")["message"] == "division by zero"
    record = Run.open(writer.folder).record
    assert (record["status"], record["reason"]) == ("failed", "division by zero")


def test_a_run_that_forgets_to_finish_is_failed(tmp_path, hamlet):
    with RunWriter.open(tmp_path, "hamlet", hamlet.run_id) as writer:
        hamlet.write_day(writer, 0)
    assert read_status(writer.folder)["message"] == "ended without finishing"


def test_progress_is_there_for_whoever_watches(tmp_path, hamlet):
    with RunWriter.open(tmp_path, "hamlet", hamlet.run_id) as writer:
        writer.progress(datetime(2026, 1, 13, tzinfo=UTC), 0.25, 812.5)
        status = read_status(writer.folder)
    assert status["simulated"] == "2026-01-13T00:00:00+00:00"
    assert (status["progress"], status["steps_per_s"]) == (0.25, 812.5)
    assert (status["pid"], status["state"]) == (os.getpid(), "running")


def test_repeating_a_complete_run_replaces_it_whole(tmp_path, hamlet):
    hamlet.write(tmp_path, days=3)
    final = hamlet.write(tmp_path, days=1)
    assert Run.open(final).scan("steps").collect().height == 96
    assert [p.name for p in final.parent.iterdir() if p.name[0] != "."] == [final.name]


def test_a_folder_that_cannot_be_written_is_the_users_to_mend(tmp_path, hamlet):
    (tmp_path / "results").write_text("a file, not a folder")
    with pytest.raises(InputError) as told:
        RunWriter.open(tmp_path / "results", "hamlet", hamlet.run_id)
    assert "--out: cannot write results below" in str(told.value)
    assert "choose a folder that can be written" in str(told.value)


def test_a_full_disk_is_told_and_what_was_written_is_kept(
    tmp_path, hamlet, monkeypatch
):
    def full(path):
        raise OSError(errno.ENOSPC, os.strerror(errno.ENOSPC))

    with (
        pytest.raises(RunFailed) as told,
        RunWriter.open(tmp_path, "hamlet", hamlet.run_id) as writer,
    ):
        hamlet.write_day(writer, 0)
        monkeypatch.setattr(durable, "sync", full)
        try:
            hamlet.write_day(writer, 1)
        finally:
            monkeypatch.undo()
    assert "cannot write day 1 of steps into" in str(told.value)
    assert "No space left on device" in str(told.value)
    assert "MB free" in str(told.value)
    run = Run.open(writer.folder)
    assert (run.status, run.scan("steps").collect().height) == ("failed", 96)


def test_a_disk_that_refuses_inside_the_parquet_writer_is_told_alike(tmp_path, hamlet):
    body = """
        import resource
        import numpy as np
        from twin.errors import RunFailed
        signal.signal(signal.SIGXFSZ, signal.SIG_IGN)
        writer = RunWriter.open(out, "hamlet", h.RUN_ID)
        resource.setrlimit(resource.RLIMIT_FSIZE, (100_000, 100_000))
        noise = np.random.default_rng(1).random((96, 3000))
        try:
            writer.day("voltages", 0, {"time": h.times(0), "v_pu": noise})
        except RunFailed as told:
            print(told)
    """
    done = run_script(body, tmp_path)
    assert done.stdout.startswith("cannot write day 0 of voltages into"), done.stderr
    assert "File too large" in done.stdout
    assert resource.getrlimit(resource.RLIMIT_FSIZE)[0] != 100_000


@pytest.mark.parametrize(
    ("scenario", "run_id"), [("../x", "0" * 16), ("x", "../../etc"), ("X", "0" * 16)]
)
def test_names_never_leave_the_results_folder(tmp_path, scenario, run_id):
    with pytest.raises(ValueError, match="not a"):
        RunWriter.open(tmp_path, scenario, run_id)


def test_a_path_with_brackets_is_a_path(tmp_path, hamlet):
    run = Run.open(hamlet.write(tmp_path / "a[1]*"))
    assert run.scan("steps").collect().height == 192
