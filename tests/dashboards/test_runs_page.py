"""The door: what it offers for the runs that are selected, and what it does."""

import json

import pytest

from dashboards.app import make
from dashboards.pages.runs import counted, names_of, offered
from dashboards.runs.notes import NOTES_FILE, notes
from dashboards.runs.table import columns
from dashboards.runs.trash import throw_away, thrown
from dashboards.runs.trash_bin import bin_of, words_of
from dashboards.runs.verdict import verdict
from tests.dashboards.test_app import page_of
from tests.dashboards.test_listing import write_study

ID = "0123456789abcdef"
RUN = {"scenario": "village", "folder": ID, "run_id": ID}


@pytest.fixture
def run(make_run):
    return make_run(policy="valley")


@pytest.fixture
def results(run):
    return run.path.parents[1]


@pytest.fixture
def client(results):
    return make(results).server.test_client()


def text(component):
    return json.dumps(component, default=lambda one: one.to_plotly_json())


def shown(client):
    """The page as one reads it, without JSON's escapes."""
    return json.dumps(json.loads(page_of(client, "/")))


def ask(client, trigger, state, value=None):
    """Call the one callback on the server that a component's property triggers.

    ``state``: values of all other inputs and states, by ``id.property``
    """
    key, _, prop = trigger.rpartition(".")
    found = [
        one
        for one in json.loads(client.get("/_dash-dependencies").text)
        if one["clientside_function"] is None
        and any((x["id"], x["property"]) == (key, prop) for x in one["inputs"])
    ]
    answers = {}
    for one in found:
        names = [part.rpartition(".") for part in one["output"].strip(".").split("...")]
        outs = [
            {"id": name, "property": prop.partition("@")[0]} for name, _, prop in names
        ]
        filled = {
            group: [
                {
                    **x,
                    "value": {**state, trigger: value}.get(
                        f"{x['id']}.{x['property']}"
                    ),
                }
                for x in one[group]
            ]
            for group in ("inputs", "state")
        }
        body = {
            "output": one["output"],
            "outputs": outs if one["output"].startswith("..") else outs[0],
            "changedPropIds": [trigger],
            **filled,
        }
        answer = client.post("/_dash-update-component", json=body)
        assert answer.status_code == 200, answer.text
        answers |= json.loads(answer.text)["response"]
    return answers


def picked(run):
    return {
        "scenario": run.path.parent.name,
        "folder": run.path.name,
        "run_id": run.run_id,
        "label": "valley",
        "run": f"{run.path.parent.name}/{run.run_id}",
        "seed": 1,
    }


def test_an_empty_folder_says_what_to_do_next(tmp_path):
    page = shown(make(tmp_path).server.test_client())
    assert "There are no runs yet" in page
    for command in ("twin init scenarios", "twin run scenarios/first.yaml", "make run"):
        assert command in page
    assert "/whatif" in page and "Newest study" not in page


def test_the_newest_study_stands_on_top_with_its_answer(client, results, make_run, run):
    base = make_run(policy="uncontrolled", cars=False)
    write_study(results, [("none", base), ("clever", run)], name="adoption")
    page = shown(client)
    assert "Newest study: " in page and "/study/adoption/" in page
    at = {"name": "adoption", "study_id": "fedcba9876543210"}
    said = ask(client, "runs-study.data", {}, at)["runs-answer"]["children"]
    assert "clever leaves the peak as it is against none" in text(said)


def test_a_study_that_cannot_be_read_is_told(client, results):
    folder = results / "studies" / "<b>" / "1"
    folder.mkdir(parents=True)
    (folder / "study.json").write_text('{"runs": [3]}')
    page = shown(client)
    assert "what it lists are not runs" in page and "Newest study" not in page


def test_what_is_offered_depends_on_how_many_runs_are_selected():
    runs = [f"village/{number:016x}" for number in range(6)]
    assert "Select runs" in text(offered([]))
    assert f"/whatif?from={runs[0]}" in text(offered(runs[:1]))
    assert f"/compare?runs={','.join(runs[:2])}" in text(offered(runs[:2]))
    assert "Compare 5 runs" in text(offered(runs[:5]))
    assert "up to 5 can be compared" in text(offered(runs))
    assert "/compare" not in text(offered(runs))


def test_only_names_that_an_address_can_hold_are_taken_from_a_browser():
    rows = [RUN, RUN, {**RUN, "folder": f"{ID}.part"}, {"scenario": ".."}, {}]
    assert names_of(rows) == [f"village/{ID}"]
    assert names_of(None) == []


def test_how_many_runs_there_are_is_counted():
    assert counted([{}], [{}]) == "1 run"
    assert counted([{}] * 3, [{}]) == "1 of 3 runs"


@pytest.mark.parametrize(
    ("sort", "sorted_by"),
    [("peak_kw.desc", "peak_kw"), ("peak_kw.sideways", None), ("nothing.asc", None)],
)
def test_an_address_says_by_what_the_table_is_sorted(sort, sorted_by):
    found = [one["field"] for one in columns(sort) if "sort" in one]
    assert found == ([sorted_by] if sorted_by else [])


def test_the_table_is_filtered_by_state_and_rests_while_nothing_runs(client):
    state = {"runs-state.value": "", "runs-changed.data": 0}
    told = ask(client, "runs-tick.n_intervals", state, 1)
    assert [row["state"] for row in told["runs-table"]["rowData"]] == ["done"]
    assert told["runs-tick"]["disabled"] is True
    state["runs-state.value"] = "failed"
    told = ask(client, "runs-tick.n_intervals", state, 1)
    assert told["runs-table"]["rowData"] == []
    assert told["runs-count"]["children"] == "0 of 1 run"


def test_a_note_is_written_from_the_table(client, results, run):
    row = {"scenario": "hand_made", "run_id": run.run_id, "note": "look"}
    change = [{"colId": "note", "data": row}]
    ask(client, "runs-table.cellValueChanged", {"runs-changed.data": 0}, change)
    assert notes(results) == {f"hand_made/{run.run_id}": "look"}
    (results / NOTES_FILE).write_text("{")
    told = ask(client, "runs-table.cellValueChanged", {"runs-changed.data": 0}, change)
    assert "cannot be read" in text(told["runs-told"])
    assert (results / NOTES_FILE).read_text() == "{"


def test_a_run_goes_to_the_trash_and_comes_back(client, results, run):
    state = {"runs-table.selectedRows": [picked(run)], "runs-changed.data": 0}
    told = ask(client, "runs-throw-yes.n_clicks", state, 1)
    assert "Moved to the trash" in text(told["runs-told"])
    assert told["runs-throw-modal"]["opened"] is False
    assert not run.path.exists() and len(thrown(results)) == 1
    told = ask(client, "runs-throw-yes.n_clicks", state, 2)
    assert "there is no run" in text(told["runs-told"])


def test_what_is_asked_before_names_the_studies_that_hold_the_run(run):
    said = text(words_of([{**picked(run), "studies": "adoption"}]))
    assert "adoption holds it" in said and run.run_id in said
    assert "holds it" not in text(words_of([picked(run)]))


def test_the_trash_tells_what_lies_in_it_and_how_to_empty_it(results, run):
    assert bin_of(results, []) is None
    throw_away(results, "hand_made", run.path.name)
    said = text(bin_of(results, thrown(results)))
    assert "Trash (1" in said and "Restore" in said and run.run_id in said
    assert f"rm -r '{results / '.trash'}'" in said


def test_verifying_tells_each_file(run):
    said = text(verdict(run.path, "hand_made", run.run_id))
    assert "files of hand_made" in said and "are as they were written" in said
    assert "voltages.parquet" in said and "not as it was" not in said


def test_verifying_names_a_file_that_was_changed_or_added(run):
    with (run.path / "steps.parquet").open("ab") as file:
        file.write(b"x")
    (run.path / "more.parquet").write_bytes(b"x")
    said = text(verdict(run.path, "hand_made", run.run_id))
    assert said.count("not as it was written") == 1
    assert said.count("not listed in run.json") == 1
    count = len(run.record["outputs"]) + 1
    assert f"2 of {count} files" in said


def test_verifying_a_run_that_lacks_a_file_says_so(run):
    (run.path / "steps.parquet").unlink()
    assert "listed but not there" in text(verdict(run.path, "hand_made", run.run_id))


def test_a_picked_run_is_verified_where_it_lies(client, run):
    state = {"runs-table.selectedRows": [picked(run)]}
    told = ask(client, "runs-verify.n_clicks", state, 1)
    assert "as they were written" in text(told["runs-told"])
