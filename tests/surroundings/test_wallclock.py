from datetime import date

import numpy as np
import pytest

from twin.surroundings.wallclock import (
    interval_means,
    local_minutes,
    standard_hours,
    to_steps,
)
from twin.timeline import Timeline


@pytest.mark.parametrize(
    ("start", "steps"),
    [(date(2026, 3, 29), 92), (date(2026, 10, 25), 100), (date(2026, 1, 12), 96)],
)
def test_days_have_the_hours_that_the_clocks_give(start, steps):
    timeline = Timeline(start, 1, 15, "Europe/Berlin")
    minutes = local_minutes(timeline, 0)
    assert len(minutes) == steps
    assert (minutes == timeline.minute_of_day).all()


def test_days_beyond_the_run_exist():
    timeline = Timeline(date(2026, 3, 28), 1, 60, "Europe/Berlin")
    assert len(local_minutes(timeline, -1)) == 24
    assert local_minutes(timeline, 1).tolist()[:4] == [0, 60, 180, 240]


def test_standard_time_stays_behind_in_summer():
    timeline = Timeline(date(2026, 7, 1), 1, 60, "America/Los_Angeles")
    day_of_year, hour = standard_hours(timeline, 0)
    assert (day_of_year[0], hour[0]) == (180, 23.5)
    assert (day_of_year[1], hour[1]) == (181, 0.5)


def test_interval_means_repeat_the_hour_that_comes_twice():
    timeline = Timeline(date(2026, 10, 25), 1, 60, "Europe/Berlin")
    by_minute = np.repeat(np.arange(24.0), 60)
    assert interval_means(by_minute, timeline, 0)[:5].tolist() == [0, 1, 2, 2, 3]


def test_to_steps_means():
    assert to_steps(np.arange(1440.0), 20)[:2].tolist() == [9.5, 29.5]
