"""What is above its rating, on numbers made by hand."""

import polars as pl
import pytest

from tests.analysis.conftest import HOURS, LOADING
from twin.analysis import sections, wording
from twin.analysis.case import Case
from twin.analysis.comparison import Comparison
from twin.analysis.overloads import overloads_of


def test_each_asset_above_its_rating_with_its_hour_and_who_is_behind(make_run):
    found = overloads_of(Case(make_run()))
    assert found.select("kind", "name", "phase").rows() == [
        ("transformer", "T1", 0),
        ("line", "L1", 0),
    ]
    assert found["highest"].to_list() == pytest.approx([1.3, 1.1])
    assert found["time"].to_list() == ["2026-01-12 20:00"] * 2
    assert found["over_normal_h"].to_list() == [3.0, 1.0]
    assert found["customers"].to_list() == [2, 2]


def test_a_line_counts_only_those_behind_it(make_run):
    only_last = [(0.1, 0.1, 1.2 if row == 4 else 0.1) for row in range(len(LOADING))]
    found = overloads_of(Case(make_run(loading=only_last)))
    assert found.select("name", "time", "customers").rows() == [
        ("L2", "2026-01-12 22:00", 1)
    ]


def test_nothing_above_its_rating_is_no_row(make_run):
    calm = [(0.5, 0.5, 0.5)] * len(LOADING)
    assert overloads_of(Case(make_run(loading=calm))).is_empty()


def test_days_have_kept_the_hour(make_run):
    found = overloads_of(Case(make_run(level="summary")))
    assert found["time"].to_list() == ["2026-01-12 20:00"] * 2


def test_in_a_mesh_nobody_is_behind_one_line_alone(make_run):
    case = Case(make_run())
    ends = {
        "from_node": pl.Series([0, 1, 1], dtype=pl.Int32),
        "to_node": pl.Series([1, 2, 2], dtype=pl.Int32),
    }
    vars(case)["branches"] = case.branches.with_columns(**ends)
    found = overloads_of(case)
    assert found.filter(name="L1")["customers"].to_list() == [None]
    assert found.filter(name="T1")["customers"].to_list() == [1]


def test_the_phases_of_one_line_are_rows_of_their_own(make_run):
    case = Case(make_run())
    by_phase = case.branches.with_columns(
        name=pl.Series(["T1", "L", "L"]), phase=pl.Series([0, 1, 2], dtype=pl.Int32)
    )
    vars(case)["branches"] = by_phase
    found = overloads_of(case)
    assert found.filter(name="L")["phase"].to_list() == [1]


def test_a_line_overloaded_on_two_phases_is_one_line(make_run):
    """T1 and one line on both of its phases: two assets, three rows."""
    full = [(1.1, 1.2, 1.3)] * len(LOADING)
    comparison = Comparison.of([("one", make_run(loading=full))])
    case = comparison.first("one")
    assert "one, seed 1: 3 above their rating<" in sections.overloads(comparison)
    vars(case)["branches"] = case.branches.with_columns(
        name=pl.Series(["T1", "L", "L"]), phase=pl.Series([0, 1, 2], dtype=pl.Int32)
    )
    said = sections.overloads(comparison)
    assert "one, seed 1: 2 above their rating (3 rows by phase)<" in said


def test_a_long_seed_is_told_by_its_first_digits(make_run):
    short, long_ = (Case(make_run(seed=n)) for n in (7, 4471987654321098765))
    assert (short.called_seed, long_.called_seed) == ("7", "447198…")
    comparison = Comparison.of([("one", long_.run)])
    assert "one, seed 447198…: 2 above" in sections.overloads(comparison)


def test_what_there_is_without_cars_is_told_without_what_there_is_not(make_run):
    calm = [(1.0, 1.0, 1.0, 1.0)] * HOURS
    none = make_run(policy="uncontrolled", cars=False, v_pu=calm)
    comparison = Comparison.of([("none", none), ("v2g", make_run())], "none")
    said = "Without EVs there is already 1 transformer over normal rating."
    assert said in wording.headline(comparison)
