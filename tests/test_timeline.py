"""Local days, their steps and instants, where clocks change and where not."""

from __future__ import annotations

from datetime import UTC, date, datetime, timedelta
from zoneinfo import ZoneInfo

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from numpy.testing import assert_array_equal

from twin.timeline import Timeline

BERLIN = "Europe/Berlin"
SPRING, AUTUMN = date(2026, 3, 28), date(2026, 10, 24)


def test_an_ordinary_week() -> None:
    line = Timeline(date(2026, 1, 12), 7, 15, BERLIN)
    assert (line.n_steps, line.step_s, line.step_h) == (672, 900, 0.25)
    assert line.steps_of_day(2) == range(192, 288)
    assert line.day_of_step[[0, 95, 96, 671]].tolist() == [0, 0, 1, 6]
    assert line.minute_of_day[[0, 1, 95, 96]].tolist() == [0, 15, 1425, 0]
    assert line.date_of(6) == date(2026, 1, 18)
    assert line.date_of(-1) == date(2026, 1, 11)
    assert line.utc(0) == datetime(2026, 1, 11, 23, tzinfo=UTC)


@pytest.mark.parametrize("step_min, in_hour", [(15, 4), (60, 1), (5, 12)])
@pytest.mark.parametrize("saturday, hours", [(SPRING, 23), (AUTUMN, 25)])
def test_the_day_on_which_clocks_change(
    step_min: int, in_hour: int, saturday: date, hours: int
) -> None:
    line = Timeline(saturday, 3, step_min, BERLIN)
    assert [len(line.steps_of_day(day)) for day in range(3)] == [
        24 * in_hour, hours * in_hour, 24 * in_hour,
    ]  # fmt: skip
    assert line.n_steps == (48 + hours) * in_hour
    assert line.midnight_s.tolist() == [
        0, 86_400, 86_400 + 3600 * hours, 172_800 + 3600 * hours,
    ]  # fmt: skip
    assert [line.midnight(day) for day in range(4)] == line.midnight_s.tolist()


def test_wall_clock_minutes_of_the_short_and_the_long_day() -> None:
    spring, autumn = (Timeline(day, 2, 60, BERLIN) for day in (SPRING, AUTUMN))
    sunday = spring.minute_of_day[24:] // 60
    assert sunday.tolist() == [0, 1, *range(3, 24)]
    sunday = autumn.minute_of_day[24:] // 60
    assert sunday.tolist() == [0, 1, 2, 2, *range(3, 24)]


def test_seconds_of_wall_clock_minutes() -> None:
    line = Timeline(SPRING, 3, 15, BERLIN)
    days = np.array([0, 0, 1, 1, 1, 2, -1])
    minutes = np.array([0, 1439, 60, 180, 480, 0, 720])
    expected = [0, 86_340, 90_000, 93_600, 111_600, 169_200, -43_200]
    assert_array_equal(line.seconds(days, minutes), expected)


def test_minutes_beyond_a_day_belong_to_its_neighbours() -> None:
    line = Timeline(SPRING, 3, 15, BERLIN)
    assert int(line.seconds(0, 1440 + 480)) == int(line.seconds(1, 480))
    assert int(line.seconds(2, -60)) == int(line.seconds(1, 1380))
    assert line.seconds(0, np.arange(4)).tolist() == [0, 60, 120, 180]


def test_skipped_and_repeated_minutes() -> None:
    """02:30 does not exist in spring: as if from the hour before; twice in autumn."""
    assert int(Timeline(SPRING, 2, 15, BERLIN).seconds(1, 150)) == 86_400 + 9000
    assert int(Timeline(AUTUMN, 2, 15, BERLIN).seconds(1, 150)) == 86_400 + 9000
    assert int(Timeline(AUTUMN, 2, 15, BERLIN).seconds(1, 180)) == 86_400 + 4 * 3600


def test_times_are_utc_and_without_gaps() -> None:
    line = Timeline(AUTUMN, 2, 15, BERLIN)
    times = line.utc_times()
    assert times[0] == np.datetime64("2026-10-23T22:00:00")
    assert (np.diff(times) == np.timedelta64(900, "s")).all()
    assert times[-1] + np.timedelta64(900, "s") == np.datetime64("2026-10-25T23:00:00")


def test_the_wall_clock_beyond_the_end() -> None:
    line = Timeline(SPRING, 1, 60, BERLIN)
    assert line.wall_clock(0) == (0, 0)
    assert line.wall_clock(23) == (0, 1380)
    assert line.wall_clock(24) == (1, 0)
    assert line.wall_clock(26) == (1, 180)
    assert line.wall_clock(47) == (2, 0)


@given(
    st.dates(date(2020, 1, 1), date(2040, 1, 1)),
    st.sampled_from((BERLIN, "America/Los_Angeles", "UTC", "Australia/Sydney")),
    st.integers(0, 20),
    st.integers(0, 1439),
)
def test_an_instant_is_that_of_the_zones_own_rules(
    start: date, zone: str, day: int, minute: int
) -> None:
    line = Timeline(start, 21, 15, zone)
    wall = datetime.combine(start, datetime.min.time()) + timedelta(
        days=day, minutes=minute
    )
    instant = wall.replace(tzinfo=ZoneInfo(zone)).astimezone(UTC)
    assert line.utc(int(line.seconds(day, minute))) == instant


@given(
    st.dates(date(2020, 1, 1), date(2040, 1, 1)),
    st.sampled_from((BERLIN, "America/Los_Angeles", "Australia/Sydney")),
    st.sampled_from((15, 60)),
)
def test_days_and_steps_tile_the_run(start: date, zone: str, step_min: int) -> None:
    line = Timeline(start, 8, step_min, zone)
    steps = [k for day in range(8) for k in line.steps_of_day(day)]
    assert steps == list(range(line.n_steps))
    assert all(line.day_of_step[k] == d for d in range(8) for k in line.steps_of_day(d))
    assert [line.wall_clock(k) for k in range(0, line.n_steps, 7)] == [
        (int(line.day_of_step[k]), int(line.minute_of_day[k]))
        for k in range(0, line.n_steps, 7)
    ]
