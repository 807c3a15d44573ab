"""Runs against a baseline: common time and step, differences, what is unfair."""

import numpy as np
import polars as pl
import pytest

from dashboards.contrast.differences import (
    QUANTITIES,
    Contrast,
    Span,
    course_of,
    cut,
    differing,
    duration,
    feeder_gap,
    ladder,
    leaves,
    local_times,
    lowest_voltages,
    names_of,
    span_of,
    unfair,
)
from dashboards.contrast.figures import (
    class_name,
    class_of,
    difference_over_time,
    duration_curves,
    joined,
    over_time,
    shown_transformers,
    transformer_dots,
    voltage_differences,
)
from dashboards.data import Sibling
from tests.analysis import conftest as hand_made
from tests.analysis.conftest import GRID_KW, START, V_PU
from twin.analysis.case import Case
from twin.analysis.metrics import headline_of

POWER, LOW, HIGH = (QUANTITIES[key] for key in ("grid_kw", "v_min_pu", "v_max_pu"))
BEGIN = np.datetime64(START.replace(tzinfo=None), "us")
HOUR = np.timedelta64(1, "h")
interrupted = hand_made.interrupted


@pytest.fixture
def pair(make_run):
    """The usual run, and one that draws 3 kW more in the third hour only."""
    more = [value + 3.0 * (hour == 2) for hour, value in enumerate(GRID_KW)]
    raised = np.array(V_PU)
    raised[2, 3] += 0.03
    runs = make_run(policy="valley"), make_run(grid_kw=more, v_pu=raised)
    return Contrast(tuple(map(Case, runs)), ("valley", "v2g"), 0)


def changed(run, **keys):
    """The run with other words in its scenario."""
    case = Case(run)
    scenario = {**run.record["scenario"], **keys}
    case.__dict__["scenario"] = scenario
    return case


def test_a_difference_is_taken_at_the_same_instant(pair):
    found = pair.difference(1, POWER)
    assert found.values.tolist() == [0, 0, 3, 0, 0, 0, 0, 0]
    assert found.time[2] == BEGIN + 2 * HOUR


def test_the_common_time_is_what_all_have_recorded(pair, interrupted):
    short = Case(interrupted)
    both = Contrast((pair.cases[0], short), ("whole", "short"), 0)
    assert both.span == Span(BEGIN, BEGIN + 4 * HOUR)
    assert not both.is_whole and pair.is_whole
    assert both.span.hours == 4
    assert len(both.difference(1, POWER).values) == 4
    assert any("common time only" in words for words in unfair(both))


def test_runs_of_other_days_have_no_difference(pair):
    late = pair.cases[1]
    moved = late.steps.with_columns(pl.col("time").dt.offset_by("30d"))
    late.__dict__["steps"] = moved
    apart = Contrast((pair.cases[0], late), ("now", "later"), 0)
    assert apart.span is None
    assert len(apart.difference(1, POWER).values) == 0
    assert any("no time in common" in words for words in unfair(apart))
    hours = over_time(apart, POWER, "light").data[1].x
    assert hours[0] == 0 and hours[-1] == 7


def test_longer_intervals_join_means_lows_and_highs(pair):
    case = pair.cases[0]
    span = span_of(case)
    assert course_of(case, POWER, span, 120).values.tolist() == [15, 45, 20, -3.5]
    low = course_of(case, LOW, span, 120)
    assert low.values.tolist() == [0.91, 0.84, 0.905, 1.0]
    assert low.time.tolist() == [(BEGIN + n * HOUR).item() for n in (0, 2, 4, 6)]
    assert course_of(case, HIGH, span, 120).values.tolist() == [1, 1, 1, 1.11]


def test_runs_of_other_steps_are_compared_over_the_longer_one(pair):
    coarse = pair.cases[1]
    coarse.__dict__["step_h"] = 2.0
    coarse.__dict__["steps"] = coarse.steps.gather_every(2)
    both = Contrast((pair.cases[0], coarse), ("fine", "coarse"), 0)
    assert both.step_min == 120
    expected = np.array([10, 53, 30, -5.0]) - [15, 45, 20, -3.5]
    assert both.difference(1, POWER).values.tolist() == expected.tolist()
    assert any("(60, 120 minutes)" in words for words in unfair(both))


def test_a_cut_run_answers_for_its_span_only(pair):
    short = cut(pair.cases[0], Span(BEGIN, BEGIN + 2 * HOUR))
    found = headline_of(short)
    assert found["peak_kw"] == 20 and found["min_kw"] == 10
    assert lowest_voltages(short).min() == pytest.approx(0.91, abs=1e-6)
    assert found["trips"] is None and found["shortfall_kwh"] is None
    assert short.n_customers == 2


def test_a_cut_run_counts_whole_days_only(make_run):
    daily = Case(make_run(level="summary"))
    whole = Span(BEGIN, BEGIN + 28 * HOUR)
    assert len(cut(daily, whole).voltages.time) == 2
    assert len(cut(daily, Span(BEGIN, BEGIN + 24 * HOUR)).voltages.time) == 1


def test_a_duration_curve_falls_over_the_known_values():
    share, values = duration(np.array([1.0, 4.0, np.nan, 2.0, 3.0]))
    assert values.tolist() == [4, 3, 2, 1]
    assert share.tolist() == [25, 50, 75, 100]
    share, values = duration(np.arange(10_000.0), most=100)
    assert (len(values), values[0], values[-1], share[-1]) == (100, 9999, 0, 100)
    assert len(duration(np.array([np.nan]))[1]) == 0


def test_axes_show_the_feeders_own_clock(pair):
    assert local_times(np.array([BEGIN]), pair.cases[0])[0] == BEGIN + HOUR


def test_class_borders_are_round_and_hold_the_largest():
    assert ladder(0.037, 0.001) == pytest.approx([0.002, 0.005, 0.01, 0.02, 0.05])
    assert ladder(4.0, 1.0) == pytest.approx([1, 2, 5])
    assert ladder(0.0, 1.0) == pytest.approx([1, 2])


def test_classes_are_symmetric_about_zero():
    edges = np.array([1.0, 2.0, 5.0])
    given = np.array([0.9, -0.9, 1.0, -1.0, 4.9, -5.0, np.nan])
    assert class_of(given, edges).tolist() == [0, 0, 1, -1, 2, -2, 0]
    assert class_name(-2, edges, "%") == "−2 to −5"
    assert class_name(0, np.array([0.001]), "pu") == "below ±0.001"


def test_phases_of_a_place_are_joined():
    found = joined(np.fmin, np.array([0.9, np.nan, 0.8]), np.array([1, 1, 1]), 2)
    assert np.isnan(found[0]) and found[1] == 0.8


def test_keys_that_differ_are_told_with_each_value(make_run):
    one = changed(make_run(), fleet={"ev_share": 0.2, "plug_in": "always"})
    two = changed(make_run(), fleet={"ev_share": 0.4, "plug_in": "always"})
    assert differing([one, two]) == [("fleet.ev_share", ("0.2", "0.4"))]
    assert leaves({"name": "x", "a": {"b": 1, "c": {}}}) == {"a.b": 1, "a.c": {}}


def test_data_files_and_versions_that_differ_are_told(make_run):
    inputs = {"inputs": {"h25.csv": "cd" * 32}, "versions": {"python": "3.12"}}
    keys = dict(differing([Case(make_run(record=inputs)), Case(make_run())]))
    assert keys["data file h25.csv"][0] == "sha256 cdcdcdcd…"
    assert keys["version of python"] == ("3.12", "3.11")


def test_a_fair_pair_raises_no_warning(pair):
    assert unfair(pair) == []


def test_seeds_limits_and_failed_steps_are_warned_of(make_run):
    failed = make_run(seed=2, converged=(True,) * 7 + (False,))
    strict = changed(failed, limits={"standard": "ansi_c84_1"})
    words = " ".join(unfair(Contrast((Case(make_run()), strict), ("a", "b"), 0)))
    assert "Different seeds (1, 2)" in words
    assert "different limits" in words
    assert "b: 1 of 8" in words and "a: " not in words


def test_another_feeder_is_told_by_its_nodes(pair):
    case, base = pair.cases
    assert feeder_gap(case, base) == ""
    case.__dict__["nodes"] = base.nodes.head(3)
    assert "3 and 4 nodes" in feeder_gap(case, base)
    case.__dict__["nodes"] = base.nodes.with_columns(bus=pl.lit("z"))
    assert "though as many nodes" in feeder_gap(case, base)
    assert any("Not the same grid" in words for words in unfair(pair))


def test_names_tell_runs_apart_by_what_differs(make_run):
    def case(days, seed=1):
        run = make_run(seed=seed, record={"notes": [f"{days} {seed}"]})
        return changed(run, time={**run.record["scenario"]["time"], "days": days})

    cases = [case(2), case(3)]
    told = names_of(cases, [None, None])
    assert told == ("v2g_peak, days 2", "v2g_peak, days 3")
    known = [Sibling("none", "x", "0", 1), Sibling("v2g", "x", "1", 1)]
    assert names_of(cases, known) == ("none", "v2g")
    seeds = names_of([case(2), case(2, seed=5)], [None, None])
    assert seeds == ("v2g_peak, seed 1", "v2g_peak, seed 5")
    alike = [case(2), case(2)]
    ids = [one.run.run_id[:6] for one in alike]
    assert names_of(alike, [None, None]) == tuple(f"v2g_peak ({x})" for x in ids)


def test_lines_are_named_after_runs_and_their_difference(pair):
    lines = over_time(pair, POWER, "light").data
    assert [line.name for line in lines] == ["valley", "v2g"]
    assert list(lines[0].y) == list(GRID_KW)
    assert lines[0].line.color != lines[1].line.color
    (only,) = difference_over_time(pair, POWER, "light").data
    assert only.name == "v2g − valley" and max(only.y) == 3
    curve = duration_curves(pair, POWER, "light").data[1]
    assert list(curve.y) == sorted(curve.y, reverse=True)


def test_a_zoom_sends_what_it_shows_and_a_neighbour(pair):
    zoom = {"xaxis.range": ["2026-01-12 20:10", "2026-01-12 21:10"]}
    assert list(over_time(pair, POWER, "light", zoom).data[0].y) == [50, 40, 30]


def test_the_map_colours_only_what_differs(pair):
    figure = voltage_differences(pair, 1, "light")
    shown = {trace.name for trace in figure.data if trace.showlegend}
    assert shown == {"below ±0.002", "+0.020 to +0.050"}
    customers = figure.data[-1]
    assert customers.customdata[1] == pytest.approx([0.87, 0.84, 0.03], abs=1e-6)


def test_transformers_stand_by_trouble_with_those_unknown_left_out(pair):
    table = np.array([[10.0, np.nan, 50.0, 20.0], [90.0, np.nan, 40.0, 30.0]])
    assert shown_transformers(table).tolist() == [0, 2, 3]
    dots = transformer_dots(pair, "light").data[1:]
    assert [list(dot.x) for dot in dots] == [[130.0], [130.0]]
    assert dots[1].customdata[0] == [0, 1]
