from __future__ import annotations

from datetime import UTC, datetime

import numpy as np
import polars as pl
import pytest

from dashboards.fleet import courses as fleet
from dashboards.fleet.courses import (
    DOING,
    DOING_SUMMARY,
    Courses,
    average_day,
    columns_of,
    courses_of,
    doing_of,
    local_times,
    plug_hours,
    quantiles,
    soc_spread,
)
from dashboards.fleet.figures import doing_figure, fan_figure
from twin.analysis import kept as keeping
from twin.analysis.case import Case


def test_every_car_is_counted_once_by_what_it_does():
    kw = np.array([[-3.0, 7.0, 0.0, 0.0, 0.0, 0.0, 0.0]])
    state = np.array([[2, 2, 2, 0, 0, 0, 1]], np.uint8)
    place = np.array([[0, 0, 0, 0, 1, 2, 0]], np.uint8)
    assert doing_of(kw, state, place).tolist() == [[1.0] * 7]


def test_a_car_that_charged_and_then_left_counts_as_charging():
    found = doing_of(
        np.array([[5.0]]), np.array([[1]], np.uint8), np.array([[0]], np.uint8)
    )
    assert DOING[int(found.argmax())] == "charging"


def test_quantiles_are_of_the_cars_that_are_known():
    nan = np.nan
    values = np.array([[0.1, 0.2, 0.3, 0.4, 0.5], [nan, 0.6, nan, nan, 0.2], [nan] * 5])
    found = quantiles(values)
    np.testing.assert_allclose(found[0], np.quantile(values[0], _SHARES), rtol=1e-6)
    np.testing.assert_allclose(found[1], np.quantile([0.2, 0.6], _SHARES), rtol=1e-6)
    assert np.isnan(found[2]).all()


def test_a_run_is_counted_interval_by_interval_in_local_time(make_run):
    courses = courses_of(Case(make_run()))
    assert str(courses.time[0]) == "2026-01-12T18:00:00.000000"
    assert courses.cars.sum(axis=1).tolist() == [2.0] * 8
    charging = courses.cars[:, DOING.index("charging")]
    assert charging.tolist() == [0, 1, 1, 1, 1, 0, 0, 0]
    np.testing.assert_allclose(courses.soc[0, [0, 3, 6]], [0.5, 0.7, 0.9], rtol=1e-6)
    np.testing.assert_allclose(courses.soc_plugged[0], 0.5)


def test_without_the_cars_courses_the_totals_tell_less(make_run):
    courses = courses_of(Case(make_run(level="summary")))
    assert courses.doing == DOING_SUMMARY
    assert courses.soc is None
    assert courses.cars[0].tolist() == [0.0, 2.0, 0.0]


def test_many_intervals_become_hours_that_keep_the_extremes():
    courses = _quarters(8)
    columns = columns_of(courses, most=4)
    assert columns.each == "hour"
    assert [str(time)[11:16] for time in columns.time] == ["00:00", "01:00"]
    np.testing.assert_allclose(columns.cars[:, 0], [1.5, 5.5])
    np.testing.assert_allclose(columns.soc[:, 0], [0.0, 4.0])
    np.testing.assert_allclose(columns.soc[:, 3], [1.5, 5.5])
    np.testing.assert_allclose(columns.soc[:, 6], [3.0, 7.0])
    assert columns_of(courses, most=8).each == "interval"


def test_a_longer_course_becomes_days_and_then_weeks_from_monday():
    courses = _quarters(96 * 15)
    assert columns_of(courses, most=20).each == "day"
    weeks = columns_of(courses, most=3)
    assert weeks.each == "week"
    assert [str(time)[:10] for time in weeks.time] == [
        "2026-01-12",
        "2026-01-19",
        "2026-01-26",
    ]


def test_a_mean_passes_over_intervals_without_a_plugged_car():
    courses = _quarters(8)
    courses.soc_plugged[:3] = np.nan
    courses.soc_plugged[4:] = np.nan
    plugged = columns_of(courses, most=4).soc_plugged
    assert plugged[0, 3] == 3.0
    assert np.isnan(plugged[1]).all()


def test_a_zoom_cuts_every_course_alike():
    part = _quarters(8).between("2026-01-12T00:30", "2026-01-12T01:00")
    assert part.cars[:, 0].tolist() == [2.0, 3.0, 4.0]
    assert len(part.time) == len(part.soc) == len(part.soc_plugged) == 3
    assert len(_quarters(8).between("nonsense", None).time) == 8


def test_the_clocks_change_as_the_feeders_do(make_run):
    case = Case(make_run())
    utc = pl.Series([datetime(2026, 3, 29, 0, 30, tzinfo=UTC)] * 2).dt.offset_by("1h")
    told = local_times(case, utc.cast(pl.Datetime("us", "UTC")))
    assert str(told[0])[:16] == "2026-03-29T03:30"


def test_the_average_day_is_per_car_and_by_local_time(make_run):
    day = average_day(Case(make_run()))
    assert day["weekend"].unique().to_list() == [False]
    by_hour = {minute // 60: (c, g) for _, minute, c, g in day.iter_rows()}
    assert by_hour[20] == (14.0, 0.0)
    assert by_hour[0] == (0.0, 5.0)
    assert len(by_hour) == 8


def test_plug_hours_leave_out_what_was_there_at_the_start(make_run):
    hours = plug_hours(Case(make_run()))
    came = dict(zip(hours["hour"], hours["plugged_in"], strict=True))
    assert {hour: share for hour, share in came.items() if share} == pytest.approx(
        {19: 0.25, 22: 0.5, 23: 0.25}
    )
    left = dict(zip(hours["hour"], hours["departed"], strict=True))
    assert {hour: share for hour, share in left.items() if share} == pytest.approx(
        {21: 0.25, 22: 0.25, 1: 0.25, 2: 0.25}
    )


def test_the_spread_counts_an_edge_above_it(make_run):
    spread = soc_spread(Case(make_run()))
    at = {round(soc, 2): (a, b) for soc, a, b in spread.iter_rows()}
    assert at[0.5][0] == pytest.approx(0.6)
    assert at[0.8][0] == pytest.approx(0.4)
    assert at[0.85][1] == pytest.approx(1.0)
    assert spread["at_plug_in"].sum() == pytest.approx(1)


def test_the_figure_of_shares_fills_the_whole_and_names_what_it_shows():
    figure = doing_figure(_quarters(8), "share", 10, "light")
    assert [trace.name for trace in figure.data] == ["giving", "charging"]
    assert figure.data[0].y[3] == 30.0
    assert figure.layout.yaxis.range == (0, 100)
    assert doing_figure(_quarters(8), "cars", 10, "dark").data[0].y[3] == 3.0


def test_the_fan_marks_the_levels_that_the_scenario_names():
    figure = fan_figure(_quarters(8), "all", {"reserve": 0.3}, "light")
    assert figure.layout.shapes[0].y0 == 30
    median = next(trace for trace in figure.data if trace.name == "median")
    assert median.y[1] == 100.0


_SHARES = (0.0, 0.05, 0.25, 0.5, 0.75, 0.95, 1.0)


def _quarters(count: int) -> Courses:
    """Quarter hours from a Monday's midnight, numbered in every column."""
    start = np.datetime64("2026-01-12T00:00", "us")
    time = start + np.arange(count) * np.timedelta64(15, "m")
    number = np.arange(count, dtype="f4")
    return Courses(
        time,
        ("giving", "charging"),
        np.tile(number[:, None], (1, 2)),
        np.tile(number[:, None], (1, 7)),
        np.tile(number[:, None], (1, 7)),
    )


def test_the_courses_of_a_long_run_are_kept_beside_it(make_run, monkeypatch):
    monkeypatch.setattr(keeping, "WORTH_KEEPING_BYTES", 0)
    case = Case(make_run())
    made = courses_of(case)
    monkeypatch.setattr(fleet, "chunks", lambda *_: pytest.fail("read again"))
    found = courses_of(Case(case.run))
    assert found.doing == made.doing
    for part in ("time", "cars", "soc", "soc_plugged"):
        np.testing.assert_array_equal(getattr(found, part), getattr(made, part))
