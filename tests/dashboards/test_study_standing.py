"""A study in every state: how far it is, how to go on, and what cannot be read."""

import json
import os
import shutil
import socket
from datetime import UTC, datetime, timedelta

import pytest

from dashboards.app import make
from dashboards.data import Library
from dashboards.runs.listing import written_at
from dashboards.study.arrivals import arrivals
from dashboards.study.layout import page_of
from dashboards.study.recorded import study_named, study_of
from dashboards.study.standing import Standing, is_over, standing_of, tick_ms, token
from dashboards.study.studies import inside, latest, seen_of, under_way
from tests.dashboards.test_listing import STUDY, write_study
from tests.dashboards.test_study_page import text
from twin.errors import InputError

GONE = 2**22 + 1
STATUS = {
    "study": "s",
    "study_id": STUDY,
    "pid": os.getpid(),
    "host": socket.gethostname(),
    "state": "running",
    "runs": 208,
    "done": 143,
    "known": 12,
    "failed": 2,
    "left": 63,
    "left_s": 734,
    "progress": 0.7,
    "message": "",
}


@pytest.fixture
def results(tmp_path):
    return tmp_path / "results"


def write_status(results, **changed):
    folder = results / "studies" / "s" / STUDY
    folder.mkdir(parents=True, exist_ok=True)
    now = datetime.now(UTC).isoformat(timespec="seconds")
    (folder / "status.json").write_text(
        json.dumps({**STATUS, "updated": now, **changed})
    )
    return folder


def found(results):
    return study_named(Library(results), "s", STUDY)


def page(results):
    return text(page_of(Library(results), found(results), {}))


def test_a_running_study_tells_how_far_it_is(results):
    write_status(results)
    study, said = found(results), page(results)
    assert study.state == "running" and not study.has_answer
    assert "This study is running" in said
    one = Standing.of(study)
    assert (one.made, one.done, one.known, one.failed, one.left) == (
        131, 143, 12, 2, 63
    )  # fmt: skip
    for count, words in ((131, "done now"), (12, "complete before"), (2, "failed")):
        assert f'{{"children": "{count}"}}' in said and f'" {words}"' in said
    assert "of 208 runs:" in said and "about 12 min left at the pace so far" in said
    assert f"process {os.getpid()} on {socket.gethostname()}" in said
    assert '"study-answer"' not in said
    assert '"disabled": false, "interval": 2000' in said


def test_before_its_first_run_no_time_is_told(results):
    write_status(results, done=0, known=0, failed=0, left=208, left_s=None)
    assert "time left not known before the first run is done" in page(results)


def test_a_study_that_was_interrupted_says_how_to_go_on(results):
    write_status(results, state="interrupted")
    said = page(results)
    assert "This study was interrupted" in said
    assert "It came as far as 143 of 208 runs done, 2 failed." in said
    assert f"twin study FILE --out {results}" in said
    assert not is_over(found(results)) and tick_ms(found(results)) == 10_000


def test_a_study_whose_process_is_gone_says_so(results):
    write_status(results, pid=GONE)
    said = page(results)
    assert found(results).state == "died"
    assert "This study stopped: its process is gone" in said
    assert f"It was process {GONE}" in said and "twin study FILE" in said


def test_of_another_computers_process_only_its_silence_is_known(results):
    before = datetime.now(UTC) - timedelta(hours=3)
    write_status(results, pid=GONE, host="elsewhere", updated=before.isoformat())
    assert found(results).state == "running"
    assert "nothing told for 3.0 h" in page(results)


def test_a_study_that_failed_says_why(results):
    write_status(results, state="failed", message="no run succeeded:\n<b>diverged")
    said = page(results)
    assert "This study failed" in said and "no run succeeded:" in said


def test_anew_over_an_older_answer_both_are_told(results, make_run):
    write_study(results, [("none", make_run())])
    write_status(results)
    said = page(results)
    assert "This study is running anew" in said
    assert "What follows is the answer of" in said
    assert "The study is being run anew." in said
    assert '"study-answer"' in said
    write_status(results, state="interrupted")
    said = page(results)
    assert "This study was interrupted" in said
    assert "The study was begun anew since." in said


def test_runs_that_failed_are_told_once(results, make_run):
    folder = write_study(results, [("none", make_run())])
    record = json.loads((folder / "study.json").read_text())
    (folder / "study.json").write_text(json.dumps({**record, "failed": ["x: why"]}))
    write_status(results, state="failed", message="1 runs failed: x: why")
    assert standing_of(found(results)) == []


def test_a_study_that_is_done_has_nothing_above_its_answer(results, make_run):
    write_study(results, [("none", make_run())])
    write_status(results, state="done")
    study = found(results)
    assert standing_of(study) == [] and is_over(study)


@pytest.mark.parametrize("content", ["", "{", "[1]", '{"state": 3}', "\x00"])
def test_half_a_status_is_told_without_a_traceback(results, content):
    folder = write_status(results)
    (folder / "status.json").write_text(content)
    said = page(results)
    assert found(results).state == "unreadable"
    assert "The study's files cannot be read" in said
    assert "status.json" in said and "run again" in said
    assert "study-answer" not in said


def test_a_status_of_nonsense_is_read_as_far_as_it_goes(results):
    write_status(results, runs="many", done=-3, failed=None, left_s="x", updated=5)
    one = Standing.of(found(results))
    assert (one.runs, one.done, one.failed, one.left_s) == (0, 0, 0, None)
    assert "This study is running" in page(results)


@pytest.mark.parametrize(
    ("content", "words"),
    [
        ('{"schema": 1, "runs"', "study.json cannot be read"),
        ('{"schema": 7, "runs": []}', "written by a newer twin (schema 7; this one"),
        ('{"runs": [3]}', "what it lists are not runs"),
        ('{"runs": [], "variants": 3}', "its variants are not names"),
        ("[" * 100_000, "study.json cannot be read"),
    ],
)
def test_a_study_that_cannot_be_read_is_a_notice(results, content, words):
    folder = write_status(results, state="done")
    (folder / "study.json").write_text(content)
    said = page(results)
    assert "The study's files cannot be read" in said and words in said
    with pytest.raises(InputError):
        study_of(Library(results), "s", STUDY)
    write_status(results)
    assert "This study is running" in page(results) and words in page(results)


def test_no_answer_yet_is_said_to_whoever_asks_for_it(results):
    write_status(results)
    with pytest.raises(InputError, match="has no answer yet"):
        study_of(Library(results), "s", STUDY)


def test_what_just_came_in_are_the_newest_runs_since_it_began(results, make_run):
    old, new = make_run(policy="valley"), make_run(policy="v2g_peak", seed=4)
    os.utime(old.path / "run.json", (1_000, 1_000))
    write_status(results)
    locks = results / ".locks"
    locks.mkdir(exist_ok=True)
    lock = locks / f"study.s.{STUDY}.lock"
    lock.touch()
    os.utime(lock, (2_000, 2_000))
    under = results / "hand_made" / ("a" * 16 + ".part")
    under.mkdir()
    under.joinpath("status.json").write_text(json.dumps({**STATUS, "progress": 0.25}))
    (results / "hand_made" / "no id").mkdir()
    shutil.copy(new.path / "run.json", results / "hand_made" / "no id")
    came = arrivals(Library(results), found(results))
    assert [one.run_id for one in came] == ["a" * 16, new.run_id]
    assert came[0].when == "under way: 25 %" and came[1].when.startswith("done ")
    assert came[1].label == "hand_made · v2g_peak, seed 4"
    assert f"/run/hand_made/{new.run_id}/overview" in page(results)


def test_the_run_that_came_in_last_is_told_as_the_study_calls_it(results):
    time = datetime.now(UTC).isoformat(timespec="seconds")
    last = {"name": "valley, seed 3", "run_id": "a" * 16, "came": "known", "time": time}
    write_status(results, last=last)
    said = page(results)
    assert "Just in" in said and '"study-last"' in said
    when = written_at(datetime.fromisoformat(time).timestamp())
    assert "valley, seed 3" in said and f"found complete {when}" in said


@pytest.mark.parametrize("last", [None, "x", {}, {"name": "a"}, {"time": "soon"}])
def test_where_no_last_run_is_told_none_is_shown(results, last):
    write_status(results, last=last)
    assert Standing.of(found(results)).last is None
    assert "Just in" not in page(results)


def test_the_door_lists_studies_in_every_state(results, make_run):
    write_study(results, [("none", make_run())], name="whole")
    write_status(results)
    other = results / "studies" / "broken" / STUDY
    other.mkdir(parents=True)
    (other / "status.json").write_text("{")
    studies = Library(results).studies()
    said = text(latest(studies))
    assert "Running now" in said and "143 of 208 runs done, 2 failed" in said
    assert "Newest study: " in said and f"/study/whole/{STUDY}" in said
    assert "status.json cannot be read, and there is no study.json" in said
    assert f"/study/s/{STUDY}" in said and f"/study/broken/{STUDY}" not in said
    assert '"disabled": false' in said


def test_the_door_notices_that_a_study_ends(results, make_run):
    write_status(results)
    before = Library(results).studies()
    write_study(results, [("none", make_run())], name="other")
    write_status(results, state="done")
    after = Library(results).studies()
    assert seen_of(before) != seen_of(after) and under_way(after) == []
    assert "Newest study: " in text(inside(after))


def ask(client, outputs, inputs, state):
    """What a browser asks a callback of several outputs."""
    key = f"..{'...'.join(outputs)}.."
    body = {
        "output": key,
        "outputs": [dict(zip(("id", "property"), x.split("."), strict=True))
                    for x in outputs],
        "inputs": inputs,
        "state": state,
        "changedPropIds": ["study-tick.n_intervals"],
    }  # fmt: skip
    answer = client.post("/_dash-update-component", json=body)
    assert answer.status_code == 200, answer.text
    return answer.get_json()["response"]


def test_the_page_turns_into_the_answer_by_itself(results, make_run):
    write_status(results)
    client = make(results).server.test_client()
    seen = token(found(results))
    outputs = [
        "study-standing.children",
        "study-head.children",
        "study-body.children",
        "study-seen.data",
        "study-tick.disabled",
        "study-tick.interval",
    ]

    def tick():
        inputs = [{"id": "study-tick", "property": "n_intervals", "value": 1}]
        state = [
            {"id": "study-at", "property": "data",
             "value": {"name": "s", "study_id": STUDY}},
            {"id": "study-seen", "property": "data", "value": seen},
            {"id": "study-query", "property": "data", "value": {}},
        ]  # fmt: skip
        return ask(client, outputs, inputs, state)

    running = tick()
    assert "study-body" not in running and not running["study-tick"]["disabled"]
    write_study_here(results, make_run())
    write_status(results, state="done")
    done = tick()
    assert "study-answer" in json.dumps(done["study-body"]["children"])
    assert done["study-tick"]["disabled"]
    assert "This study is complete." in json.dumps(done["study-standing"])


def write_study_here(results, run):
    """A study's answer beside the status that is there already."""
    folder = write_study(results, [("none", run)], name="made")
    for file in folder.iterdir():
        shutil.copy(file, results / "studies" / "s" / STUDY)
    shutil.rmtree(folder.parent)
