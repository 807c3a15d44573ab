"""What waits for a view's first chart can: wherever it is shown, so is the chart."""

import pytest

from dashboards import parts
from dashboards.app import make

FIRST = {
    "overview": "overview-load",
    "voltage": "voltage-profile",
    "transformers": "transformers-course",
    "cars": "cars-doing",
    "money": "money-parts",
}
CONTENT = ("_pages_content", "children"), ("_pages_store", "data")


def ids_of(node):
    if isinstance(node, list):
        return set().union(*map(ids_of, node))
    if not isinstance(node, dict):
        return set()
    mine = {node["id"]} if isinstance(node.get("id"), str) else set()
    return mine.union(*map(ids_of, node.values()))


@pytest.fixture
def opened():
    """A view's components, and its callbacks, as the server tells a browser."""

    def ask(run, view):
        client = make(run.path.parents[1]).server.test_client()
        calls = client.get("/_dash-dependencies").get_json()
        content = next(one for one in calls if "_pages_content" in one["output"])
        path = f"/run/{run.path.parent.name}/{run.path.name}/{view}"
        body = {
            "output": content["output"],
            "outputs": [{"id": key, "property": of} for key, of in CONTENT],
            "inputs": [
                {"id": "_pages_location", "property": "pathname", "value": path},
                {"id": "_pages_location", "property": "search", "value": ""},
            ],
            "changedPropIds": [],
            "state": [],
        }
        answer = client.post("/_dash-update-component", json=body)
        assert answer.status_code == 200
        return ids_of(answer.get_json()), calls

    return ask


def outputs_of(call):
    words = call["output"].strip(".").split("...")
    return {one.rpartition(".")[0] for one in words}


def inputs_of(call):
    return {one["id"] for one in call["inputs"]}


@pytest.mark.parametrize("view", FIRST)
@pytest.mark.parametrize("changed", [{}, {"level": "summary"}, {"cars": False}])
def test_nothing_waits_for_a_chart_that_is_not_there(opened, make_run, view, changed):
    ids, calls = opened(make_run(**changed), view)
    store = parts.when_shown(view)
    waiting = [call for call in calls if store in inputs_of(call)]
    assert len(waiting) > 1
    if any(outputs_of(call) & ids for call in waiting):
        assert {store, FIRST[view]} <= ids


@pytest.mark.parametrize("view", FIRST)
def test_the_first_chart_waits_for_no_other(opened, make_run, view):
    _, calls = opened(make_run(), view)
    store = parts.when_shown(view)
    mine = [call for call in calls if FIRST[view] in outputs_of(call)]
    assert mine and all(store not in inputs_of(call) for call in mine)
    teller = next(call for call in calls if outputs_of(call) == {store})
    assert inputs_of(teller) == {FIRST[view]} and teller["clientside_function"]
