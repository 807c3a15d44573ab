"""The 95 % interval of a mean, and differences paired by seed and point, by hand."""

import math

import polars as pl
import pytest

from twin.analysis.interval import t_interval
from twin.analysis.paired import differences

T_2 = 4.302652729911275  # Student's t, 2 degrees of freedom, 97.5 %: printed tables
T_1 = 12.706204736432095


def test_three_values_by_hand():
    found = t_interval([1.0, 2.0, 3.0])
    assert (found.n, found.mean) == (3, 2.0)
    assert found.low == pytest.approx(2 - T_2 / math.sqrt(3), rel=1e-8)
    assert found.high == pytest.approx(2 + T_2 / math.sqrt(3), rel=1e-8)
    assert not found.is_clear


def test_one_value_has_no_interval_and_none_no_mean():
    assert t_interval([5.0]).mean == 5.0
    assert t_interval([5.0]).low is None
    assert not t_interval([5.0]).is_clear
    assert t_interval([]).mean is None


def test_an_interval_is_clear_where_zero_is_outside():
    assert t_interval([1.0, 1.1, 0.9]).is_clear
    assert t_interval([-1.0, -1.1, -0.9]).is_clear


def frame(*rows):
    names = ("variant", "seed", "run_id", "baseline", "fleet.ev_share", "peak_kw")
    return pl.DataFrame(rows, schema=names, orient="row")


def test_each_seed_is_set_against_the_baseline_of_its_seed_and_point():
    found = differences(
        frame(
            ("none", 1, "a", True, 0.2, 10.0),
            ("none", 2, "b", True, 0.2, 20.0),
            ("v2g", 1, "c", False, 0.2, 13.0),
            ("v2g", 2, "d", False, 0.2, 21.0),
            ("none", 1, "e", True, 0.4, 100.0),
            ("v2g", 1, "f", False, 0.4, 99.0),
        ),
        ["fleet.ev_share"],
    )
    assert found["fleet.ev_share"].to_list() == [0.2, 0.4]
    assert found["against"].to_list() == ["none", "none"]
    assert found["n"].to_list() == [2, 1]
    assert found["mean"].to_list() == [2.0, -1.0]
    half = T_1 * math.sqrt(2) / math.sqrt(2)
    assert found["high_95"][0] == pytest.approx(2 + half, rel=1e-8)
    assert found["low_95"][1] is None


def test_a_baseline_at_one_point_is_against_all():
    found = differences(
        frame(
            ("none", 1, "a", True, 0.0, 10.0),
            ("none", 1, "a", True, 0.0, 10.0),
            ("v2g", 1, "c", False, 0.2, 13.0),
            ("v2g", 1, "d", False, 0.4, 15.0),
        ),
        ["fleet.ev_share"],
    )
    assert found["mean"].to_list() == [3.0, 5.0]


def test_a_seed_that_one_of_them_lacks_is_not_counted():
    found = differences(
        frame(
            ("none", 1, "a", True, 0.2, 10.0),
            ("v2g", 1, "c", False, 0.2, 13.0),
            ("v2g", 2, "d", False, 0.2, 21.0),
        ),
        ["fleet.ev_share"],
    )
    assert (found["n"][0], found["mean"][0]) == (1, 3.0)


def test_without_a_baseline_nothing_is_set_against_anything():
    found = differences(frame(("v2g", 1, "c", False, 0.2, 13.0)), ["fleet.ev_share"])
    assert found.height == 0
