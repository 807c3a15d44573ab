"""The table of differences: intervals by hand, words, what is hidden."""

import math

import polars as pl
import pytest

from dashboards.contrast.table import (
    Interval,
    briefly,
    columns_of,
    paired_intervals,
    rows_of,
    safe,
    seeds_heading,
    words_of,
)
from twin.analysis.measures import MEASURES

PEAK, LOWEST = MEASURES["peak_kw"], MEASURES["v_min_pu"]
NONE = {"peak_kw": 100.0, "v_min_pu": 0.95, "n_ev": 4, "reverse_h": 0.0}
V2G = {"peak_kw": 80.0, "v_min_pu": 0.94, "n_ev": 4, "reverse_h": 0.0}


def test_an_interval_over_three_seeds_is_students():
    found = Interval.of([1.0, 2.0, 3.0])
    half = 4.302652729911275 / math.sqrt(3)  # t of 2 degrees of freedom, s = 1
    assert (found.n, found.mean, found.lowest, found.highest) == (3, 2, 1, 3)
    assert found.low == pytest.approx(2 - half)
    assert found.high == pytest.approx(2 + half)
    assert found.written(PEAK) == "+2.0 (−0.5 to +4.5)"
    assert found.kind == "95 % interval"


def test_two_seeds_have_extremes_and_no_interval():
    found = Interval.of([1.0, 2.0])
    assert (found.low, found.high, found.kind) == (None, None, "lowest to highest")
    assert found.written(PEAK) == "+1.5 (+1.0 to +2.0)"
    assert Interval.of([5.0]).written(PEAK) == "+5.0"
    assert Interval.of([]) is None


def test_intervals_are_paired_by_seed_and_need_both_values():
    figures = pl.DataFrame(
        {
            "run_id": ["a1", "a2", "a3", "b2", "b1"],
            "peak_kw": [10.0, 20.0, 99.0, 5.0, 9.0],
            "v_min_pu": [0.9, None, 0.9, 0.9, 0.8],
            "peak_time": ["x"] * 5,
        }
    )
    found = paired_intervals(
        figures, {1: "a1", 2: "a2", 3: "a3"}, {2: "b2", 1: "b1", 4: "gone"}
    )
    assert found["peak_kw"]["n"] == 2
    assert found["peak_kw"]["mean"] == 8.0  # (10 - 9 + 20 - 5) / 2
    assert found["v_min_pu"]["n"] == 1
    assert "peak_time" not in found


def test_better_and_worse_follow_the_measure():
    assert words_of(PEAK, -1.0) == "better"
    assert words_of(PEAK, 1.0) == "worse"
    assert words_of(LOWEST, -0.01) == "worse"
    assert words_of(MEASURES["n_ev"], 3) == ""
    assert words_of(PEAK, 0.01) == "no difference"  # not in what is written


def test_rows_tell_values_and_differences_in_the_units_shown():
    loads = [{"worst_transformer_loading": 0.5}, {"worst_transformer_loading": 0.75}]
    row = rows_of(loads, 0, {}, False)[1]
    assert row["name"] == "Most loaded transformer [%]"
    assert (row["v0"], row["v1"], row["d1"]) == (50.0, 75.0, 25.0)
    assert (row["d1_said"], row["m1"]) == ("+25.0 worse", "worse")
    assert "d0" not in row


def test_what_does_not_differ_is_hidden_until_asked_for():
    some = {row["key"] for row in rows_of([NONE, V2G], 0, {}, False)}
    every = {row["key"] for row in rows_of([NONE, V2G], 0, {}, True)}
    assert some == {"Substation", "peak_kw", "Voltage", "v_min_pu"}
    assert every - some == {"reverse_h", "Trust", "n_ev"}


def test_unknown_beside_zero_is_no_difference_but_beside_a_number_is():
    zero = rows_of([{"reverse_h": 0.0}, {"reverse_h": None}], 0, {}, False)
    number = rows_of([{"reverse_h": 2.0}, {"reverse_h": None}], 0, {}, False)
    assert zero == []
    assert number[1]["d1"] is None and number[1]["v1_said"] == "–"


def test_intervals_stand_beside_their_run():
    told = {"1": {"peak_kw": {"n": 2, "mean": -2.0, "lowest": -3.0, "highest": -1.0}}}
    row = rows_of([NONE, V2G], 0, told, False)[1]
    assert row["s1"] == "−2.0 (−3.0 to −1.0)"
    assert row["s1_n"] == 2 and row["s1_mean"] == -2.0
    assert "2 paired seeds" in row["s1_tip"]
    assert seeds_heading(told["1"]) == "mean of 2 seeds (lowest to highest)"


def test_the_baseline_comes_first_and_intervals_only_where_known():
    told = {"1": {"peak_kw": {"n": 1, "mean": 1.0, "lowest": 1.0, "highest": 1.0}}}
    columns = columns_of(["none", "v2g", "tou"], 2, told)
    assert [one["headerName"] for one in columns[2:]] == ["tou", "none", "v2g"]
    none, v2g = (one["children"][3] for one in columns[3:])
    assert (none["field"], none["hide"]) == ("s0", True)
    assert (v2g["field"], v2g["hide"]) == ("s1", False)


def test_a_spreadsheet_takes_no_name_for_a_formula():
    assert safe("=HYPERLINK(1)") == "'=HYPERLINK(1)"
    assert safe("T_idx_35") == "T_idx_35"
    worst = [{"worst_transformer": "=A1"}, {"worst_transformer": "T2"}]
    assert rows_of(worst, 0, {}, False)[1]["v0"] == "'=A1"


def test_in_short_leaves_out_what_is_zero_everywhere():
    head, base, v2g = briefly([NONE | {"customer_hours_below": 0.0}, V2G], 0)
    assert [words for words, _, _ in head] == ["Peak [kW]", "Lowest voltage [pu]"]
    assert base[0] == ("100.0", "", "")
    assert v2g[0] == ("80.0", "−20.0 better", "better")
