"""Rules of voltage quality by customer, from hand-made days of two customers."""

from __future__ import annotations

from typing import Any

import numpy as np
import pytest

from twin.analysis.case import Case
from twin.analysis.compare import text
from twin.analysis.comparison import Comparison
from twin.analysis.metrics import headline
from twin.analysis.quality_section import pairs_of, voltage_quality
from twin.analysis.verdict import cautions, no_verdict
from twin.analysis.voltage_quality import RERUN, bounds, judged, told_apart, written
from twin.grid.voltage_rules import RULE_OF

NAN = float("nan")
ONE_PHASE = {"counts": {"one_phase_chargers": 2}}
BROKEN = {
    "known_h": [[4, 4], [4, 4]],
    "a_outside_h": [[1, 0], [0.5, 0]],
    "a_below_h": [[1, 0], [0.5, 0]],
    "a_depth_pu_h": [[0.01, 0], [0.02, 0]],
    "worst_pu": [[0.93, 0.99], [0.94, 1.02]],
    "worst_phase": [[2, 0], [1, 3]],
    "week_outside": [[0.25, 0.0], [0.0625, 0.05]],
    "week_vuf_p95": [[0.03, NAN], [0.021, NAN]],
    "rapid_changes": [[2, 1], [0, 1]],
    "rapid_by_cars": [[1, 0], [0, 0]],
    "rapid_largest_pu": [[0.05, 0.04], [0.01, 0.04]],
    "rapid_instants": [[2], [1]],
    "rapid_instants_by_cars": [[1], [0]],
}
GOOD = {"known_h": [[4, 4], [4, 4]], "week_vuf_p95": [[0.01, NAN], [0.01, NAN]]}


def test_sums_worst_values_and_weeks(make_run):
    quality = Case(make_run(quality=BROKEN)).quality
    assert quality.a_outside_h.tolist() == [1.5, 0.0]
    assert quality.a_depth_pu_h == pytest.approx([0.03, 0.0])
    assert quality.worst_pu == pytest.approx([0.93, 1.02])
    assert quality.worst_phase.tolist() == [2.0, 3.0]
    assert quality.week_days.tolist() == [2]
    assert quality.worst_week == pytest.approx([0.0625, 0.05])
    assert quality.vuf_p95[0] == pytest.approx(0.021)
    assert np.isnan(quality.vuf_p95[1])
    assert quality.rapid_largest_pu == pytest.approx([0.05, 0.04])


def test_which_customers_break_which_rule(make_run):
    found = judged(Case(make_run(quality=BROKEN)))
    broken = {key: one.broken.tolist() for key, one in found.items()}
    assert broken == {
        "range_a": [True, False],
        "range_b": [False, False],
        "en_week": [True, False],  # 5 % of a week are allowed
        "en_always": [False, False],
        "unbalance": [True, False],
        "rapid_change": [True, True],
    }
    assert found["unbalance"].known == 1
    assert found["range_a"].worst == 1.5


def test_the_limit_of_unbalance_is_the_runs_own(make_run):
    record = {"limits": {"standard": "ansi_c84_1", "unbalance": 0.03}}
    found = judged(Case(make_run(quality=BROKEN, record=record)))
    assert found["unbalance"].count == 0


def test_headlines(make_run):
    found = headline(make_run(quality=BROKEN))
    assert found["customers_outside_a"] == 1
    assert found["customers_outside_b"] == 0
    assert found["customers_noncompliant"] == 1
    assert found["customers_unbalanced"] == 1
    assert found["customers_rapid_change"] == 2
    assert (found["rapid_changes"], found["rapid_by_cars"]) == (3, 1)


@pytest.mark.parametrize("level", ["all", "summary"])
def test_a_summary_knows_the_same(make_run, level):
    found = headline(make_run(quality=BROKEN, level=level))
    assert found["customers_outside_a"] == 1
    assert found["customers_noncompliant"] == 1


def test_a_run_from_before_says_so(make_run):
    case = Case(make_run())
    assert judged(case) == {}
    assert headline(case.run)["customers_outside_a"] is None
    assert bounds(case) == [RERUN]
    assert RERUN in voltage_quality(Comparison.of([("old", case.run)]))


def test_nothing_counted_is_not_zero_where_steps_failed(make_run):
    run = make_run(quality=GOOD, converged=(True, False, *(True,) * 6))
    assert headline(run)["customers_outside_a"] is None


def test_there_before_caused_and_cured(make_run):
    none = Case(make_run(quality=BROKEN, cars=False, seed=3))
    worse: dict[str, Any] = BROKEN | {
        "a_outside_h": [[0, 2], [0, 0]],
        "rapid_changes": [[1, 3], [0, 0]],
    }
    found = told_apart(Case(make_run(quality=worse, seed=3)), none)
    said = {
        one.rule.key: (one.already, one.worse, one.eased, one.caused, one.cured)
        for one in found
    }
    assert said == {
        "range_a": (0, 0, 0, 1, 1),
        "range_b": (0, 0, 0, 0, 0),
        "en_week": (1, 0, 0, 0, 0),
        "en_always": (0, 0, 0, 0, 0),
        "unbalance": (1, 0, 0, 0, 0),
        "rapid_change": (2, 1, 1, 0, 0),
    }


def test_customers_are_paired_by_name(make_run):
    """The same two customers in the other order."""
    turned = {
        key: [row[::-1] for row in rows] if len(rows[0]) == 2 else rows
        for key, rows in BROKEN.items()
    }
    one = Case(make_run(quality=BROKEN))
    other = Case(make_run(quality=turned, names=("home B", "home A")))
    for apart in told_apart(one, other):
        assert (apart.worse, apart.caused, apart.cured) == (0, 0, 0)


def test_a_policy_is_set_against_uncontrolled_charging_too(make_run):
    runs = [
        ("none", make_run(cars=False, policy="uncontrolled", quality=GOOD)),
        ("free", make_run(policy="uncontrolled", quality=BROKEN)),
        ("v2g", make_run(policy="v2g_peak", quality=GOOD)),
    ]
    comparison = Comparison.of(runs, "none")
    names = [(pair.variant, pair.against) for pair in pairs_of(comparison)]
    assert names == [("free", "none"), ("v2g", "none"), ("v2g", "free")]
    html = voltage_quality(comparison)
    assert "v2g against free (uncontrolled)" in html
    assert "free against none (no EVs)" in html
    assert "home A" in html


def test_what_to_know_of_the_verdicts(make_run):
    said = " ".join(bounds(Case(make_run(quality=BROKEN))))
    assert "means of 60 min, not of 10: what EN 50160 says is indicative" in said
    assert "No weeks of 7 days; the last has 2 only" in said
    assert "lower bounds" in said
    assert "from memory (M)" in said


@pytest.mark.parametrize(
    ("rule", "value", "words"),
    [("en_week", 0.0625, "6.2"), ("unbalance", 0.021026, "2.10"),
     ("range_a", 1.5, "1.50"), ("rapid_change", 3.0, "3"), ("range_b", NAN, "–")],
)  # fmt: skip
def test_values_in_words(rule, value, words):
    assert written(RULE_OF[rule], value) == words


def test_a_balanced_run_allows_no_verdict(make_run):
    words = no_verdict(Case(make_run(record=ONE_PHASE)))
    assert words.startswith("No verdict on voltage: the grid was solved as balanced")
    assert "2 of 2 chargers on one phase" in words
    assert no_verdict(Case(make_run(cars=False))) == ""
    assert (
        no_verdict(Case(make_run(record={"counts": {"one_phase_chargers": 0}}))) == ""
    )


def test_compare_and_report_say_so(make_run):
    runs = [("none", make_run(cars=False)), ("free", make_run(record=ONE_PHASE))]
    said = cautions(Comparison.of(runs, "none"))
    assert len(said) == 1
    assert said[0].startswith("free: no verdict on voltage")
    assert "no verdict on voltage" in " ".join(text(runs, "none", 60).split())
