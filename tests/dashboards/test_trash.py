"""Runs that are thrown away lie where nothing finds them, and come back whole."""

import json
import os
from datetime import UTC, datetime
from platform import node

import pytest
from filelock import FileLock

from dashboards.runs.trash import restore, throw_away, thrown
from twin.errors import InputError
from twin.results.record import find_runs
from twin.results.verify import verify

ID = "0123456789abcdef"


@pytest.fixture
def run(make_run):
    return make_run().path


@pytest.fixture
def results(run):
    return run.parents[1]


def entries(results):
    return [(one.scenario, one.entry) for one in thrown(results)]


def test_a_thrown_run_is_found_no_more_and_comes_back_whole(results, run):
    before = datetime.now(UTC).replace(microsecond=0)
    throw_away(results, "hand_made", run.name)
    assert find_runs(results) == []
    (lies,) = thrown(results)
    assert (lies.scenario, lies.run_id) == ("hand_made", run.name)
    assert lies.path.parent == results / ".trash" / "hand_made"
    assert before <= lies.instant <= datetime.now(UTC)
    assert restore(results, "hand_made", lies.entry) == run
    assert [one.state for one in find_runs(results)] == ["done"]
    assert verify(run) == [] and thrown(results) == []


def test_an_unfinished_run_comes_back_as_one(results, run):
    part = run.rename(run.with_name(f"{run.name}.part"))
    throw_away(results, "hand_made", part.name)
    ((scenario, entry),) = entries(results)
    assert entry.startswith(f"{run.name}.part-")
    assert restore(results, scenario, entry) == part


@pytest.mark.parametrize("again", ["", ".part"])
def test_a_run_that_is_there_again_is_not_overwritten(results, run, again):
    throw_away(results, "hand_made", run.name)
    other = run.with_name(run.name + again)
    other.mkdir()
    ((scenario, entry),) = entries(results)
    with pytest.raises(InputError, match="is there again"):
        restore(results, scenario, entry)
    assert entries(results) == [(scenario, entry)] and not list(other.iterdir())


def test_a_run_that_is_being_written_stays(results, run):
    with (
        FileLock(results / ".locks" / f"hand_made-{run.name}.lock"),
        pytest.raises(InputError, match="being written"),
    ):
        throw_away(results, "hand_made", run.name)
    status = {"state": "running", "pid": os.getpid(), "host": node()}
    (run / "status.json").write_text(json.dumps(status))
    with pytest.raises(InputError, match="being written"):
        throw_away(results, "hand_made", run.name)
    assert run.is_dir() and thrown(results) == []


def test_who_moves_a_run_lets_its_lock_go(results, run):
    throw_away(results, "hand_made", run.name)
    with FileLock(results / ".locks" / f"hand_made-{run.name}.lock", timeout=0):
        pass


@pytest.mark.parametrize(
    ("scenario", "folder"),
    [
        ("..", ID),
        ("hand_made", ".."),
        ("hand_made", f"../hand_made/{ID}"),
        ("hand_made", f"{ID}.old"),
        ("hand_made", f"{ID}.part.part"),
        ("hand_made", None),
        (None, ID),
        ("hand_made", ID),
    ],
)
def test_only_a_run_can_be_thrown_away(results, scenario, folder):
    before = sorted(results.rglob("*"))
    with pytest.raises(InputError):
        throw_away(results, scenario, folder)
    assert sorted(results.rglob("*")) == before


def test_a_folder_without_a_record_is_no_run(results):
    (results / "studies" / ID).mkdir(parents=True)
    with pytest.raises(InputError, match="there is no run"):
        throw_away(results, "studies", ID)


@pytest.mark.parametrize("where", ["outside", "results/elsewhere"])
def test_a_link_is_not_followed(results, run, tmp_path, where):
    other = run.rename(tmp_path / where)
    run.symlink_to(other)
    with pytest.raises(InputError, match="is a link"):
        throw_away(results, "hand_made", run.name)
    assert other.is_dir() and run.is_symlink()


def test_a_trash_elsewhere_is_not_used(results, run, tmp_path):
    (tmp_path / "elsewhere").mkdir()
    (results / ".trash").symlink_to(tmp_path / "elsewhere")
    with pytest.raises(InputError, match="leaves the results folder"):
        throw_away(results, "hand_made", run.name)
    assert run.is_dir() and thrown(results) == []
    assert not list((tmp_path / "elsewhere").iterdir())


@pytest.mark.parametrize(
    "entry", ["", "..", f"{ID}", f"{ID}-20260101T000000Z/..", f"../{ID}", None]
)
def test_only_an_entry_of_the_trash_comes_back(results, entry):
    with pytest.raises(InputError):
        restore(results, "hand_made", entry)


def test_the_last_thrown_stands_first_and_strangers_are_passed_over(results):
    trash = results / ".trash" / "hand_made"
    for name in (f"{ID}-20260101T000000Z", f"{ID}-20260301T000000Z", "notes"):
        (trash / name).mkdir(parents=True)
    (trash / f"{ID}-20260201T000000Z").write_text("a file, no folder")
    found = [one.instant.month for one in thrown(results)]
    assert found == [3, 1]
