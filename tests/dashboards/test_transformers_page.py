"""The transformers page: what an address may say, what is drawn, what is missing."""

import json

import numpy as np
import polars as pl
import pytest

from dashboards.app import make
from dashboards.loading import courses
from dashboards.loading.answers import chosen, on_the_map
from dashboards.loading.blame import Split, members_of, split_of
from dashboards.loading.courses import Course, days_of
from dashboards.loading.figures import (
    course_figure,
    days_figure,
    duration_figure,
    split_figure,
    variants_figure,
)
from dashboards.loading.loadings import (
    line,
    transformer,
    transformer_rows,
    worst_line,
)
from dashboards.loading.tables import elements
from tests.analysis.conftest import GRID_KW, LOADING
from twin.analysis import kept as keeping
from twin.analysis.case import Case
from twin.errors import InputError


@pytest.fixture
def case(make_run):
    return Case(make_run())


@pytest.fixture
def ask(make_run):
    """The page of a run, as the server gives its layout to a browser."""

    def answer(query="", **changed):
        run = make_run(**changed)
        app = make(run.path.parent.parent)
        asked = {
            "output": "..layout..",
            "outputs": [
                {"id": "_pages_content", "property": "children"},
                {"id": "_pages_store", "property": "data"},
            ],
            "inputs": [
                {
                    "id": "_pages_location",
                    "property": "pathname",
                    "value": f"/run/hand_made/{run.run_id}/transformers",
                },
                {"id": "_pages_location", "property": "search", "value": query},
            ],
            "changedPropIds": ["_pages_location.pathname"],
        }
        outputs = [f"{x['id']}.{x['property']}" for x in asked["outputs"]]
        asked["output"] = f"..{'...'.join(outputs)}.."
        got = app.server.test_client().post("/_dash-update-component", json=asked)
        assert got.status_code == 200
        return got.get_json()

    return answer


def _prop(node, key, name):
    """A property of the component with an id, wherever on the page it is."""
    if isinstance(node, dict):
        if node.get("id") == key:
            return node.get(name)
        node = list(node.values())
    if isinstance(node, list):
        hits = (_prop(one, key, name) for one in node)
        return next((one for one in hits if one is not None), None)
    return None


def test_a_link_reopens_what_one_saw(ask):
    page = ask(
        "?show=lines&pick=0&line=2&t=2026-01-12T19:00&unit=power&span=week&find=L"
    )
    assert _prop(page, "transformers-show", "value") == "lines"
    assert _prop(page, "transformers-pick", "data") == "0"
    assert _prop(page, "transformers-line", "data") == "2"
    assert _prop(page, "transformers-t", "data") == "2026-01-12T19:00"
    assert _prop(page, "transformers-unit", "value") == "power"
    assert _prop(page, "transformers-span", "value") == "week"
    assert _prop(page, "transformers-find", "value") == "L"


def test_what_an_address_may_not_say_becomes_the_usual(ask):
    page = ask("?show=../..&t=<script>&unit=x&span=century")
    assert _prop(page, "transformers-show", "value") == "transformers"
    assert _prop(page, "transformers-t", "data") is None
    assert _prop(page, "transformers-unit", "value") == "loading"
    assert _prop(page, "transformers-span", "value") == "day"


@pytest.mark.parametrize("asked", ["pick=7", "pick=-1", "pick=x", "line=99", "pick=²"])
def test_a_pick_that_is_not_there_is_refused_in_words(ask, asked):
    page = json.dumps(ask(f"?{asked}"))
    assert "This cannot be shown" in page and "transformers-course" not in page


def test_alone_it_says_how_to_get_variants(ask):
    page = json.dumps(ask())
    assert "twin study" in page and "/whatif?from=hand_made/" in page


def test_at_summary_level_it_says_what_is_not_kept(ask):
    page = json.dumps(ask(level="summary"))
    assert "summary level" in page and "output.level: all" in page


def test_where_nothing_is_solved_it_says_so(ask):
    page = json.dumps(ask(converged=(False,) * 8))
    assert "Not one interval" in page and "twin inspect" in page


def test_the_worst_is_chosen_unless_another_is_picked(case):
    assert chosen(case, "transformers", None, None).name == "T1"
    assert chosen(case, "lines", None, None).name == "L1"
    assert chosen(case, "lines", None, "2").name == "L2"
    with pytest.raises(InputError):
        chosen(case, "transformers", "1", None)
    with pytest.raises(InputError):
        chosen(case, "lines", None, {"not": "text"})


def test_the_table_marks_what_is_picked(case):
    made = elements(transformer_rows(case), False, "0")
    assert [row["name"] for row in made.selectedRows] == ["T1"]


def test_loading_is_drawn_in_per_cent_with_both_ratings_and_the_instant(case):
    element = transformer(case, 0)
    course = Course.of(case, element)
    figure = course_figure(element, course, "loading", course.peak, (0, 8), "light")
    assert figure.data[0].y == pytest.approx([100 * row[0] for row in LOADING])
    assert figure.data[-1].x == ("2026-01-12 20:00",)
    said = [one.text for one in figure.layout.annotations]
    assert said == ["rating 100 %", "emergency rating 120 %"]
    assert sorted(one.y0 for one in figure.layout.shapes) == [100, pytest.approx(120)]


def test_power_is_drawn_in_kw_and_kva(case):
    element = transformer(case, 0)
    course = Course.of(case, element)
    figure = course_figure(element, course, "power", 0, (2, 6), "dark")
    assert figure.data[0].y == pytest.approx(GRID_KW[2:6])
    assert figure.layout.xaxis.range == ("2026-01-12 20:00", "2026-01-12 23:00")
    assert figure.layout.annotations[0].text == "rating 100 kVA"


def test_the_duration_curve_has_the_others_behind_it(case):
    element = transformer(case, 0)
    told = case.loadings.transformers
    two = pl.concat(
        [case.transformers, case.transformers.with_columns(name=pl.lit("B"))]
    )
    case.__dict__["transformers"] = two
    object.__setattr__(told, "curve", np.hstack([told.curve, 0.5 * told.curve]))
    figure = duration_figure(case, element, Course.of(case, element), "light")
    assert [one.name for one in figure.data] == ["B", "T1"]
    assert figure.data[0].y[0] == pytest.approx(65)
    assert figure.data[1].y[0] == pytest.approx(130)


def test_causes_stack_above_and_below_to_what_is_measured(case):
    course = Course.of(case, transformer(case, 0))
    ones = np.ones(8)
    split = Split(10 * ones, 3 * ones, 5 * ones, 4 * ones, ones, ones, np.full(8, 9.0))
    figure = split_figure(course.time, split, course.time[2], "light")
    stacked = [one for one in figure.data if one.stackgroup]
    assert sum(one.y[0] for one in stacked) == pytest.approx(9)
    assert {one.name for one in stacked if one.stackgroup == "below"} == {
        "PV",
        "EV discharging",
    }
    assert figure.data[-1].y[0] == 9


def test_without_customers_intervals_nothing_is_split(case):
    element = transformer(case, 0)
    course = Course.of(case, element)
    assert split_of(case, course, members_of(case, element), 0, 8) is None


def test_days_are_drawn_where_only_days_are_kept(make_run):
    case = Case(make_run(level="summary"))
    element = transformer(case, 0)
    figure = days_figure(element, days_of(case, element), "light")
    assert figure.data[0].y == pytest.approx([130, 105])


def test_names_are_text_whatever_they_hold(case):
    case.__dict__["transformers"] = case.transformers.with_columns(
        name=pl.lit("<b>T</b>")
    )
    element = transformer(case, 0)
    course = Course.of(case, element)
    for figure in (
        course_figure(element, course, "loading", 0, (0, 8), "light"),
        duration_figure(case, element, course, "light"),
        variants_figure(
            element,
            [("<i>a</i>", course.time, course.loading)],
            "<i>a</i>",
            course.time[0],
            "light",
        ),
    ):
        assert "<b>" not in str(figure.data[0].name)
        assert "<i>" not in str(figure.data[0].name)


def test_the_map_is_asked_for_the_same_element_and_instant(case):
    at = {"scenario": "hand_made", "run_id": "0123456789abcdef"}
    link = on_the_map(at, transformer(case, 0), "2026-01-12T17:30")
    assert link.href == (
        "/run/hand_made/0123456789abcdef/feeder?t=2026-01-12T17:30&pick=transformer:0"
    )
    of_line = on_the_map(at, line(case, worst_line(case)), "")
    assert of_line.href.endswith(f"/feeder?pick=branch:{worst_line(case)}")


def test_the_course_shown_unasked_is_kept_and_the_same(make_run, monkeypatch):
    monkeypatch.setattr(keeping, "WORTH_KEEPING_BYTES", 0)
    case = Case(make_run())
    element = transformer(case, 0)
    read, first = Course.of(case, element), Course.of(case, element, is_first=True)
    monkeypatch.setattr(courses, "_read", lambda *_: pytest.fail("read again"))
    again = Course.of(Case(case.run), element, is_first=True)
    for one in (first, again):
        assert one.time.tolist() == read.time.tolist()
        assert one.p_kw.tobytes() == read.p_kw.tobytes()
        assert one.loading.tobytes() == read.loading.tobytes()
    assert len(list(case.run.path.glob(".digest-through-transformer-*.npz"))) == 1
