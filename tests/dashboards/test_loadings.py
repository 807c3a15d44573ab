"""Loadings against the hand-made run's own numbers, and what little runs leave out."""

import numpy as np
import polars as pl
import pytest

from dashboards.loading.courses import Course, around, days_of
from dashboards.loading.loadings import (
    line,
    line_rows,
    lines,
    transformer,
    transformer_rows,
    who,
    worst_line,
    worst_transformer,
)
from tests.analysis.conftest import GRID_KW, LOADING, interrupted  # noqa: F401
from twin.analysis.case import Case
from twin.errors import InputError

OF_T1 = [row[0] for row in LOADING]


def _with(case, **tables):
    """The same case with a table of its own."""
    for name, frame in tables.items():
        case.__dict__[name] = frame
    return case


@pytest.fixture
def case(make_run):
    return Case(make_run())


def test_the_worst_transformer_is_told_with_its_time_and_hours(case):
    assert worst_transformer(case) == 0
    assert who(case) == (
        "T1 is in trouble: 130.0 % of 100 kVA at 2026-01-12 20:00, and above its "
        "rating for 3.0 h. 1 of 1 transformers exceeds its rating at times."
    )


def test_a_transformer_within_its_rating_is_said_to_be(make_run):
    calm = Case(make_run(loading=0.5 * np.array(LOADING)))
    assert who(calm) == (
        "T1 is never above its rating: at most 65.0 % of 100 kVA at 2026-01-12 20:00."
    )


def test_the_table_holds_what_the_flows_say(case):
    (row,) = transformer_rows(case)
    assert row["loading"] == pytest.approx(130)
    assert row["when"] == "2026-01-12 20:00"
    assert row["over_h"] == 3 and row["emergency_h"] == 1 and row["longest_h"] == 2
    assert row["reverse_h"] == 2
    assert (row["rating"], row["customers"], row["evs"]) == (100, 2, 2)


def test_lines_are_sorted_by_loading_and_found_by_name(case):
    rows, count = line_rows(case)
    assert [row["name"] for row in rows] == ["L1", "L2"] and count == 2
    assert [row["loading"] for row in rows] == pytest.approx([110, 90])
    assert [row["over_h"] for row in rows] == [1, 0]
    assert [row["length_m"] for row in rows] == [100, 200]
    assert {row["behind"] for row in rows} == {"T1"}
    rows, count = line_rows(case, " l2")
    assert [row["name"] for row in rows] == ["L2"] and count == 1
    assert line_rows(case, "(") == ([], 0)


def test_phases_of_a_line_are_one_line_and_the_highest_counts(make_run):
    case = Case(make_run())
    three = case.branches.with_columns(
        phase=pl.Series([1, 1, 2], dtype=pl.Int32), name=pl.Series(["T1", "L", "L"])
    )
    found = lines(_with(case, branches=three))
    assert found["branches"].to_list() == [[1, 2]]
    assert found["loading"][0] == pytest.approx(1.1)
    assert line(case, 1).branches.tolist() == [1, 2]
    course = Course.of(case, line(case, 1))
    assert course.p_kw.tolist() == [2 * kw for kw in GRID_KW]
    assert course.loading[3] == pytest.approx(0.9)


def test_a_rating_that_no_line_has_is_no_rating(make_run):
    case = Case(make_run())
    unrated = case.branches.with_columns(normal_a=pl.lit(99_999_000.0))
    found = _with(case, branches=unrated)
    assert line_rows(found)[0][0]["loading"] is None
    course = Course.of(found, line(found, worst_line(found)))
    assert np.isnan(course.loading).all()
    assert course.peak == GRID_KW.index(max(GRID_KW))


def test_a_course_is_what_the_flows_hold_in_local_time(case):
    course = Course.of(case, transformer(case, 0))
    assert course.loading == pytest.approx(OF_T1)
    assert course.p_kw.tolist() == list(GRID_KW)
    assert course.s_kva == pytest.approx(np.abs(GRID_KW))
    assert course.words(0) == "2026-01-12 18:00"
    assert course.peak == 2
    assert course.falling[[0, -1]] == pytest.approx([1.3, 0.1])


def test_an_instant_is_the_interval_that_holds_it(case):
    course = Course.of(case, transformer(case, 0))
    assert course.row("2026-01-12T19:00") == 1
    assert course.row("2026-01-12 19:59") == 1
    assert course.row("1999-01-01") == 0
    assert course.row("2999-01-01") == 7
    assert course.row("<script>") == course.row(None) == course.peak


def test_a_day_is_the_local_one_and_a_week_stays_within_the_run(case):
    course = Course.of(case, transformer(case, 0))
    assert around(course, 2, "day") == (0, 6)
    assert around(course, 6, "day") == (6, 8)
    assert around(course, 2, "week") == (0, 8)


def test_steps_without_a_solution_are_gaps_not_peaks(make_run):
    broken = np.array(LOADING)
    broken[2] = np.nan
    case = Case(make_run(loading=broken, converged=(True, True, False) + (True,) * 5))
    course = Course.of(case, transformer(case, 0))
    assert np.isnan(course.loading[2]) and course.peak == 3


def test_at_summary_level_days_are_all_there_is(make_run):
    case = Case(make_run(level="summary"))
    assert Course.of(case, transformer(case, 0)) is None
    days = days_of(case, transformer(case, 0))
    assert days["loading_max"].to_list() == pytest.approx([1.3, 1.05])
    assert days["over_normal_h"].to_list() == [2, 1]
    assert "130.0 % of 100 kVA on 2026-01-12," in who(case)
    (row,) = transformer_rows(case)
    assert row["when"] == "2026-01-12" and row["longest_h"] is None


def test_without_transformers_lines_are_told(make_run):
    case = Case(make_run())
    none = case.transformers.clear()
    bare = _with(
        case,
        transformers=none,
        branches=case.branches.with_columns(transformer=pl.lit(None, pl.Int32)),
    )
    assert worst_transformer(bare) is None
    assert who(bare).startswith("This network has no transformers. T1 is the most")


def test_a_half_written_run_tells_of_its_first_day(interrupted):  # noqa: F811
    case = Case(interrupted)
    assert len(Course.of(case, transformer(case, 0)).time) == 4
    assert worst_transformer(case) == 0


@pytest.mark.parametrize("index", [-1, 1, 99])
def test_a_transformer_that_is_not_there_is_refused(case, index):
    with pytest.raises(InputError, match=f"no transformer {index}"):
        transformer(case, index)


def test_a_transformer_is_no_line(case):
    with pytest.raises(InputError, match="no line 0"):
        line(case, 0)
