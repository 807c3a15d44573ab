"""One transformer in the variants of a study, and what is said of V2G."""

import json

import numpy as np
import polars as pl
import pytest

from dashboards.data import Library
from dashboards.loading.courses import Course
from dashboards.loading.loadings import line, transformer
from dashboards.loading.rivals import (
    Rival,
    pair,
    rivals,
    same_in,
    shown_first,
    verdict,
)
from tests.analysis.conftest import LOADING, write_run
from twin.analysis.case import Case
from twin.analysis.study import STUDY_FILE


@pytest.fixture
def study(tmp_path):
    """Uncontrolled at 130 %, V2G at 65 %, and V2G with another seed."""
    runs = {
        ("uncontrolled", 1): write_run(tmp_path, policy="uncontrolled"),
        ("v2g_peak", 1): write_run(tmp_path, loading=0.5 * np.array(LOADING)),
        ("v2g_peak", 2): write_run(tmp_path, seed=2),
    }
    folder = tmp_path / "studies" / "adoption" / ("0" * 16)
    folder.mkdir(parents=True)
    rows = [
        {"label": label, "seed": seed, "path": f"hand_made/{run.run_id}"}
        for (label, seed), run in runs.items()
    ]
    gone = {"label": "valley", "seed": 1, "path": f"hand_made/{'f' * 16}"}
    (folder / STUDY_FILE).write_text(json.dumps({"runs": [*rows, gone]}))
    return Library(tmp_path), [run.run_id for run in runs.values()]


def _found(study, mine, at=None):
    library, ids = study
    beside = library.same_seed("hand_made", ids[mine])
    case = library.case("hand_made", ids[mine])
    return rivals(library, beside, transformer(case, 0), at, Course.of)


def _rival(label, policy, highest, **more):
    return Rival(label, "a", label, policy, 9, 0, highest, **more)


def test_variants_are_those_of_the_same_seed(study):
    library, ids = study
    assert [x.label for x in library.same_seed("hand_made", ids[0])] == [
        "uncontrolled",
        "v2g_peak",
        "valley",
    ]
    assert [x.run_id for x in library.same_seed("hand_made", ids[2])] == [ids[2]]
    assert library.same_seed("hand_made", "a" * 16) == ()


def test_every_variant_is_measured_and_a_lost_one_says_so(study):
    worst, v2g, gone = _found(study, 0, "2026-01-12T19:30")
    assert worst.highest_pct == pytest.approx(130) and worst.over_h == 3
    assert v2g.highest_pct == pytest.approx(65) and v2g.over_h == 0
    assert worst.time == "2026-01-12 20:00"
    assert worst.then == "2026-01-12 19:00"
    assert worst.then_pct == pytest.approx(30) and v2g.then_pct == pytest.approx(15)
    assert "there is no run" in gone.problem and gone.highest_pct is None


def test_the_verdict_compares_with_this_run_or_with_careless_charging(study):
    words = (
        "V2G (v2g_peak) lowers its highest loading from 130.0 % (uncontrolled) to "
        "65.0 %."
    )
    _, ids = study
    for mine in (0, 1):
        assert verdict(_found(study, mine), f"hand_made/{ids[mine]}") == words


def test_the_verdict_tells_clever_charging_and_what_cars_do_then():
    found = [
        _rival("uncontrolled", "uncontrolled", 57.5, then_charge_kw=85.0),
        _rival("valley", "valley", 43.0),
        _rival(
            "v2g_peak",
            "v2g_peak",
            37.4,
            then="2026-01-15 19:15",
            then_charge_kw=4.0,
            then_give_kw=26.0,
        ),
    ]
    assert verdict(found, "a/uncontrolled") == (
        "V2G (v2g_peak) lowers its highest loading from 57.5 % (uncontrolled) to "
        "37.4 %; charging cleverly one way (valley) comes to 43.0 %. At 2026-01-15 "
        "19:15 its cars then charge with 4 kW and give 26 kW, instead of charging "
        "with 85 kW."
    )


def test_the_verdict_is_honest_where_v2g_does_harm_or_nothing():
    found = [
        _rival("uncontrolled", "uncontrolled", 50.0),
        _rival("v2g_price", "v2g_price", 80.0),
    ]
    assert "raises its highest loading from 50.0 %" in verdict(found, "a/uncontrolled")
    found[1] = _rival("v2g_price", "v2g_price", 50.0)
    assert "leaves its highest loading at 50.0 %" in verdict(found, "a/uncontrolled")
    assert verdict(found[:1], "a/uncontrolled").startswith("No variant")
    assert verdict(found, "a/elsewhere") == ""


def test_only_variants_at_the_same_point_are_set_against_each_other():
    found = [
        _rival("uncontrolled, 20 %", "uncontrolled", 50.0),
        _rival("v2g_peak, 20 %", "v2g_peak", 45.0),
        _rival("v2g_peak, 80 %", "v2g_peak", 10.0),
    ]
    v2g, against = pair(found, "a/uncontrolled, 20 %")
    assert v2g is found[1] and against is found[0]


def test_a_figure_begins_with_this_point_and_v2g():
    course = object()
    found = [
        _rival("tou", "tou", 1.0, course=course),
        _rival("valley", "valley", 1.0, course=course),
        _rival("uncontrolled", "uncontrolled", 1.0, course=course),
        _rival("v2g_peak", "v2g_peak", 1.0, course=course),
        _rival("v2g_peak, 80 %", "v2g_peak", 1.0, course=course),
        _rival("lost", "valley", 1.0),
    ]
    assert shown_first(found, "a/tou") == [
        "a/v2g_peak",
        "a/uncontrolled",
        "a/valley",
        "a/v2g_peak, 80 %",
    ]


def test_an_element_is_found_by_its_name(make_run):
    here, there = Case(make_run()), Case(make_run(seed=2))
    assert same_in(there, line(here, 2)).name == "L2"
    there.__dict__["transformers"] = there.transformers.with_columns(name=pl.lit("T9"))
    assert same_in(there, transformer(here, 0)) is None
