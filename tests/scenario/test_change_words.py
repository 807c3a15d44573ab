"""What a scenario may change in its grid, and what is told where it is wrong."""

import json
from pathlib import Path

import pytest

from twin.errors import InputError
from twin.scenario.read import read
from twin.scenario.study import is_study, read_study

ALLOWED = (
    "transformer with rating_kva or tap or like; line with parallel or like; customer "
    "with phase; load with phase; switch with closed; out alone"
)
HEAD = "schema: 1\nname: s\nbase: base.yaml\n"


def said(*changes, more=()):
    return read("base.yaml", [f"feeder.changes={json.dumps(changes)}", *more])


def told(*changes):
    with pytest.raises(InputError) as caught:
        said(*changes)
    return [(one.key, one.message) for one in caught.value.problems]


def test_what_is_not_said_is_not_in_the_resolved_scenario(folder):
    assert "changes" not in read("base.yaml").resolved()["feeder"]
    change = {"transformer": "T_idx_35", "rating_kva": "next"}
    assert said(change).resolved()["feeder"]["changes"] == [change]


def test_each_change_is_of_one_element_and_does_one_thing(folder):
    assert told({"transformer": "T"}) == [
        (
            "feeder.changes.0",
            "says nothing of transformer; allowed: rating_kva or tap or like",
        )
    ]
    assert told({"tap": 1}) == [
        ("feeder.changes.0", f"names no element; allowed, one a change: {ALLOWED}")
    ]
    assert told({"out": "L", "line": "L"}) == [
        (
            "feeder.changes.0",
            f"line and out at once; allowed, one a change: {ALLOWED}",
        )
    ]
    assert told({"line": "L", "tap": 1}) == [
        ("feeder.changes.0.tap", f"not of a line; allowed: {ALLOWED}")
    ]
    assert told({"transformer": "T", "tap": 1, "rating_kva": 400}) == [
        ("feeder.changes.0", "rating_kva and tap at once; say two changes")
    ]
    assert told({"transformer": "T", "tap": 0}) == [
        ("feeder.changes.0.tap", "got 0; a step up (+1) or down (-1) is wanted")
    ]


def test_values_out_of_range_are_told(folder):
    assert told({"transformer": "T", "rating_kva": -3}) == [
        (
            "feeder.changes.0.rating_kva",
            "got -3; allowed: a number above 0 and at most 1000000 or next",
        )
    ]
    assert told({"line": "L", "parallel": 1}) == [
        (
            "feeder.changes.0.parallel",
            "got 1; allowed: a whole number from 2 to 10",
        )
    ]


def test_a_balanced_grid_has_no_phases(folder):
    change = {"customer": "home", "phase": "b"}
    assert told(change) == [
        (
            "feeder.changes.0.phase",
            "a balanced model has no phases; say feeder.model: three_phase",
        )
    ]
    assert said(change, more=["feeder.model=three_phase"]).feeder.changes


def study_told(text):
    Path("s.yaml").write_text(HEAD + text)
    with pytest.raises(InputError) as caught:
        read_study(Path("s.yaml"))
    return [(one.key, one.message) for one in caught.value.problems]


def test_alternatives_need_a_baseline_and_price_known_variants(folder):
    assert study_told("variants: {a: {}}\nalternatives: {horizon_years: 20}\n") == [
        (
            "alternatives",
            "alternatives are weighed against a baseline; say baseline: <variant>",
        )
    ]
    text = (
        "variants: {timer: {}}\nbaseline: timer\n"
        "alternatives: {variants: {timed: {yearly_usd: 5}}}\n"
    )
    assert study_told(text) == [
        (
            "alternatives.variants.timed",
            "unknown variant; allowed: timer; did you mean 'timer'?",
        )
    ]
    assert is_study(Path("s.yaml"))
