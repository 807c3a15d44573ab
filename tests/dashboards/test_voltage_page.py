"""The page about a run's voltage: what an address may say, and what is missing."""

import json

import numpy as np
import pytest
from dash.exceptions import PreventUpdate

from dashboards.voltage import answers, cards, figures
from dashboards.voltage.profiles import groups_of
from dashboards.voltage.sweeps import Sweeps, sweep_of
from tests.analysis.conftest import V_PU, MakeRun, interrupted  # noqa: F401
from tests.dashboards.test_voltage_sweeps import three_phases
from twin.analysis.case import Case

LOCAL = np.datetime64("2026-01-12T18:00", "us") + np.arange(8) * np.timedelta64(1, "h")


def _page(case: Case, **query: str) -> str:
    return json.dumps(cards.body(case, query).to_plotly_json(), default=_plain)


def _plain(component: object) -> object:
    known = getattr(component, "to_plotly_json", None)
    return known() if known else str(component)


def _prop(page: str, key: str, name: str) -> object:
    """A property of the component with an id, wherever on the page it is."""

    def found(node: object) -> object:
        if isinstance(node, dict):
            if node.get("id") == key:
                return node.get(name)
            node = list(node.values())
        if isinstance(node, list):
            hits = (found(one) for one in node)
            return next((one for one in hits if one is not None), None)
        return None

    return found(json.loads(page))


def test_a_link_reopens_what_one_saw(make_run):
    asked = {
        "t": "2026-01-12T19:00",
        "zone": "0",
        "span": "true",
        "rows": "transformer",
        "measure": "mean",
        "colours": "run",
        "window": "2026-01-12T18:00,2026-01-12T20:00",
        "customer": "1",
    }
    page = _page(Case(make_run()), **asked)
    assert _prop(page, "voltage-instant", "value") == "time"
    assert _prop(page, "voltage-t", "data") == asked["t"]
    assert _prop(page, "voltage-zone", "value") == "0"
    assert _prop(page, "voltage-span", "checked") is True
    assert _prop(page, "voltage-rows", "value") == "transformer"
    assert _prop(page, "voltage-measure", "value") == "mean"
    assert _prop(page, "voltage-colours", "value") == "run"
    assert _prop(page, "voltage-window", "data") == asked["window"]
    assert _prop(page, "voltage-customer", "value") == "1"
    assert _prop(page, "voltage-table", "selectedRows") == {"ids": ["1"]}


def test_what_an_address_may_not_say_is_left_out(make_run):
    asked = {
        "t": "<script>",
        "zone": "99",
        "rows": "../..",
        "measure": "x",
        "colours": "",
        "customer": "-1",
        "by": "moon",
    }
    page = _page(Case(make_run()), **asked)
    assert _prop(page, "voltage-instant", "value") == "lowest"
    assert _prop(page, "voltage-t", "data") == "lowest"
    assert _prop(page, "voltage-zone", "value") is None
    assert _prop(page, "voltage-rows", "value") == "distance"
    assert _prop(page, "voltage-measure", "value") == "lowest"
    assert _prop(page, "voltage-by", "value") == "transformer"
    assert _prop(page, "voltage-customer", "value") is None


def test_a_balanced_run_says_that_phases_are_not_shown(make_run):
    page = _page(Case(make_run()))
    assert "positive sequence" in page
    assert "single-phase charger" in page
    assert _prop(page, "voltage-phases", "id") is None


def test_a_run_of_three_phases_shows_them(make_run):
    case = three_phases(make_run)
    page = _page(case)
    assert _prop(page, "voltage-phases", "id") == "voltage-phases"
    words = answers.unbalance_words(case, sweep_of(case, groups_of(case, "phase")))
    assert "7.78 %" in words
    assert "2026-01-12 20:00" in words


def test_a_summary_says_what_is_not_kept(make_run):
    page = _page(Case(make_run(level="summary")))
    assert "output.level: all" in page
    options = _prop(page, "voltage-instant", "data")
    assert [one["value"] for one in options] == ["lowest", "highest"]


def test_failed_intervals_are_said(make_run):
    page = _page(Case(make_run(converged=(True, False, *(True,) * 6))))
    assert "1 of 8 intervals have no solution" in page


def test_a_run_without_a_solution_says_what_to_do(make_run):
    page = _page(Case(make_run(converged=(False,) * 8)))
    assert "twin inspect" in page
    assert "voltage-map" not in page


def test_a_stopped_run_shows_its_nodes(interrupted):  # noqa: F811
    page = _page(Case(interrupted))
    assert "stopped before it wrote its customers" in page
    assert _prop(page, "voltage-map", "id") == "voltage-map"


def test_the_controls_agree_on_the_instant(make_run):
    case, sweeps = Case(make_run()), Sweeps()
    assert answers.chosen(case, "lowest", sweeps) == (
        "lowest",
        2,
        "2026-01-12 20:00:00",
        "lowest",
    )
    assert answers.chosen(case, "row 6", sweeps) == (
        "time",
        6,
        "2026-01-13 00:00:00",
        "2026-01-13T00:00",
    )
    assert answers.chosen(case, "2026-01-12 21:05:00", sweeps)[1] == 3
    assert answers.chosen(case, "row 8", sweeps)[1] == 0
    assert answers.chosen(case, "nonsense", sweeps)[3] == "lowest"


@pytest.mark.parametrize(
    ("relayout", "words"),
    [
        (
            {
                "xaxis.range[0]": "2026-01-12 18:00",
                "xaxis.range[1]": "2026-01-12 20:30",
            },
            "2026-01-12T18:00,2026-01-12T20:30",
        ),
        (
            {"xaxis.range": ["2026-01-12", "2026-01-13"]},
            "2026-01-12T00:00,2026-01-13T00:00",
        ),
        ({"xaxis.autorange": True}, ""),
        ({"xaxis.range": ["x", "y"]}, ""),
        ({"xaxis.range": "x"}, ""),
    ],
)
def test_a_zoom_becomes_a_window(relayout, words):
    assert answers.window_words(relayout) == words


@pytest.mark.parametrize("relayout", [None, {"autosize": True}, {"yaxis.range[0]": 1}])
def test_what_is_no_zoom_of_time_changes_nothing(relayout):
    with pytest.raises(PreventUpdate):
        answers.window_words(relayout)


def test_a_click_tells_its_time():
    assert answers.clicked({"points": [{"x": "2026-01-12 20:00"}]}) == (
        "2026-01-12 20:00"
    )
    for nothing in (None, {}, {"points": []}, {"points": "x"}, {"points": [1]}):
        assert answers.clicked(nothing) == ""


def test_rows_of_a_window_have_a_neighbour_on_either_side():
    rows, shown = answers.rows_shown(LOCAL, "2026-01-12T20:00,2026-01-12T22:00")
    assert (rows.start, rows.stop) == (2, 5)
    assert shown is not None
    for nothing in ("", None, "a,b", "2026-01-13,2026-01-12", 5):
        assert answers.rows_shown(LOCAL, nothing) == (slice(0, 8), None)


@pytest.mark.parametrize("asked", ["-1", "2", "1.0", "٣", "9" * 30, None, "", {"a": 1}])
def test_a_row_that_there_is_not_is_none(asked):
    assert answers.index_of(asked, 2) is None


def test_a_map_of_a_broken_limit_reaches_past_it(make_run):
    case = Case(make_run())
    sweep = sweep_of(case, groups_of(case, "distance"))
    figure, words = answers.map_over_time(case, sweep, "lowest", ("", True), "light")
    assert figure.data[0].zmax - 1 == pytest.approx(0.16, abs=1e-6)
    assert figure.data[0].z.shape == (3, 8)
    assert "1 h a column" in words
    window = "2026-01-12T20:00,2026-01-12T21:00"
    figure, _ = answers.map_over_time(case, sweep, "lowest", (window, True), "light")
    assert figure.data[0].z.shape[1] < 8
    assert figure.data[0].zmax - 1 == pytest.approx(0.16, abs=1e-6)


def test_a_profile_says_when_and_where(make_run):
    case = Case(make_run())
    drawn = figures.Drawn(groups_of(case, "transformer"))
    figure, words = answers.profile(case, "lowest", drawn, Sweeps(), "light")
    assert words.startswith("Mon 12 Jan 2026 20:00 local time")
    assert "Lowest 0.8400 pu at node d (T1)" in words
    assert len(figure.data) > 1


def test_a_profile_of_a_failed_interval_says_so(make_run):
    volts = np.array(V_PU)
    volts[3] = float("nan")
    case = Case(make_run(v_pu=volts, converged=(True,) * 3 + (False,) + (True,) * 4))
    drawn = figures.Drawn(groups_of(case, "transformer"))
    figure, _ = answers.profile(case, "2026-01-12T21:00", drawn, Sweeps(), "light")
    assert "no solution" in figure.layout.annotations[0].text


def test_a_customers_course_begins_with_the_worst(make_run):
    case, sweeps = Case(make_run()), Sweeps()
    _, words = answers.course(case, None, "", sweeps, "light")
    assert words.startswith("home B, the worst of all: 0.8400 to 1.1100 pu")
    _, words = answers.course(case, 0, "", sweeps, "light")
    assert words.startswith("home A: 0.8900 to 1.0500 pu")


def test_the_slider_is_marked_by_days_or_by_months():
    quarter = np.timedelta64(15, "m")
    week = np.datetime64("2026-01-12", "us") + np.arange(672) * quarter
    marks = cards.marks(week)
    assert marks[0] == {"value": 96, "label": "Tue 13 Jan"}
    assert len(marks) == 6
    year = np.datetime64("2026-01-01", "us") + np.arange(35_040) * quarter
    labels = [one["label"] for one in cards.marks(year)]
    assert labels[:2] == ["Feb 2026", "Apr 2026"]
    assert len(labels) <= cards.MOST_MARKS
