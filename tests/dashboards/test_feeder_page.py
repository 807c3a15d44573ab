"""The feeder's page: where it starts, what it tells the browser, what it answers."""

import json

import numpy as np
import pytest

from dashboards.app import make
from dashboards.feeder.map import network_words, times
from dashboards.feeder.timeline_strip import strip_figure
from dashboards.pages.feeder import _body, element_words, start_row
from twin.analysis.case import Case
from twin.analysis.network import Network

HIGHEST = 2


@pytest.fixture
def case(make_run):
    return Case(make_run())


@pytest.mark.parametrize(
    ("words", "row"),
    [
        (None, HIGHEST),
        ("2026-01-12T18:00", 0),
        ("2026-01-12T21:00", 3),
        ("2026-01-12T21:59", 3),
        ("2026-01-12T21:00+00:00", 4),
        ("2020-01-01T00:00", 0),
        ("2030-01-01T00:00", 7),
        ("5", 5),
        ("5000", 7),
        ("yesterday", HIGHEST),
        ("9" * 30, HIGHEST),
        ("0001-01-01T00:00", HIGHEST),
    ],
)
def test_an_address_leads_to_an_instant(case, words, row):
    assert start_row(case, words) == row


def test_the_browser_gets_the_network_in_plain_json(case):
    network = Network.of(case.nodes, case.branches)
    words = json.loads(
        json.dumps(network_words(case, network, {"scenario": "a", "run_id": "b"}))
    )
    assert words["key"] == "a/b"
    assert words["spans"]["from"] == [0, 1, 2]
    assert words["spans"]["kind"] == [1, 0, 0]
    assert words["customers"] == {"site": [2, 3], "name": ["home A", "home B"]}
    assert words["evs"]["customer"] == [1, 0]
    assert words["transformers"]["span"] == [0]
    assert words["roots"] == [0]
    assert words["limits"] == [0.9, 1.1]


def test_the_browser_knows_the_clocks(case):
    time = times(case)
    assert (time["rows"], time["step"], time["uneven"]) == (8, 60, None)
    assert time["clocks"] == [[0, 60, "CET"]]
    assert (time["load"], time["low"], time["per_day"]) == (2, 2, 24)


def test_a_summary_moves_by_days(make_run):
    time = times(Case(make_run(level="summary")))
    assert (time["rows"], time["per_day"]) == (2, 1)


def test_names_are_told_as_they_are_and_never_as_markup(make_run):
    case = Case(make_run(names=("<b>mill</b>", "inn")))
    network = Network.of(case.nodes, case.branches)
    words = network_words(case, network, {})
    assert words["customers"]["name"][0] == "<b>mill</b>"
    assert "<b>mill</b>" not in strip_figure(case, "light").to_json()


def test_the_strip_shows_load_and_lowest_voltage(case):
    volts, power = strip_figure(case, "dark").data
    assert power.y.tolist() == [10, 20, 50, 40, 30, 10, -5, -2]
    assert np.nanmin(volts.y) == pytest.approx(0.84)


def texts(component):
    return json.dumps(component.to_plotly_json(), default=lambda x: x.to_plotly_json())


def test_a_summary_says_that_it_shows_days(make_run):
    body = texts(_body(Case(make_run(level="summary")), {}))
    assert "from day to day" in body
    assert "EV power" not in body


def test_choices_in_the_address_are_taken_if_they_exist(case):
    body = texts(_body(case, {"by": "loading", "show": "flows", "pick": "ev:1"}))
    assert '"value": "loading"' in body
    assert '"value": ["flows"]' in body
    assert '"data": "ev:1"' in body
    odd = texts(_body(case, {"by": "<x>", "show": "none", "pick": "ev:77"}))
    assert '"value": "voltage"' in odd
    assert '"value": []' in odd
    assert "<x>" not in odd and "ev:77" not in odd


def test_an_element_links_to_the_other_views(case):
    from dashboards.feeder.element import Element

    at = {"scenario": "hamlet", "run_id": "0" * 16}
    car = texts(element_words(case, Element("ev", 1), at))
    assert f"/run/hamlet/{'0' * 16}/cars?ev=1" in car
    home = texts(element_words(case, Element("customer", 0), at))
    assert "/transformers?pick=0" in home


def served(run, path):
    results = run.path.parent.parent
    client = make(results).server.test_client()
    return client.get(path, headers={"Host": "127.0.0.1"})


def test_frames_are_served_as_bytes(make_run):
    run = make_run()
    answer = served(run, f"/feeder-frames/hand_made/{run.run_id}/0")
    assert answer.status_code == 200
    assert answer.mimetype == "application/octet-stream"
    assert int.from_bytes(answer.data[:4], "little") < len(answer.data)


@pytest.mark.parametrize(
    "path",
    [
        "/feeder-frames/hand_made/{run_id}/1",
        "/feeder-frames/hand_made/ffffffffffffffff/0",
        "/feeder-frames/..%2f..%2fetc/{run_id}/0",
        "/feeder-frames/hand_made/passwd/0",
    ],
)
def test_frames_of_nothing_are_refused_in_words(make_run, path):
    run = make_run()
    answer = served(run, path.format(run_id=run.run_id))
    assert answer.mimetype in ("text/plain", "text/html")
    assert b"Traceback" not in answer.data
    assert answer.mimetype != "application/octet-stream"
