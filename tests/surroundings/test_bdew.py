from datetime import date, timedelta

import numpy as np
import pytest

from twin.surroundings import bdew
from twin.surroundings.bdew import DayType


def test_first_table_values_are_those_of_the_publication():
    assert bdew.h25_kwh()[0, 0].tolist() == [22.152, 23.148, 20.126]
    assert bdew.quarter_hours_kw(1, DayType.WORKDAY)[0] == pytest.approx(4 * 20.126)


def test_day_types():
    assert bdew.day_type(date(2026, 1, 12)) is DayType.WORKDAY
    assert bdew.day_type(date(2026, 1, 17)) is DayType.SATURDAY
    assert bdew.day_type(date(2026, 1, 18)) is DayType.HOLIDAY
    assert bdew.day_type(date(2026, 4, 6)) is DayType.HOLIDAY  # Easter Monday
    assert bdew.day_type(date(2026, 12, 24)) is DayType.SATURDAY
    assert bdew.day_type(date(2026, 12, 31)) is DayType.SATURDAY
    assert bdew.day_type(date(2026, 12, 30)) is DayType.WORKDAY
    assert bdew.day_type(date(2023, 12, 24)) is DayType.HOLIDAY  # a Sunday
    assert bdew.day_type(date(2026, 10, 3)) is DayType.HOLIDAY  # a Saturday


def test_dynamisation_by_hand():
    assert bdew.dynamisation(date(2026, 1, 1)) == pytest.approx(1.24203, abs=1e-5)
    # t = 182: -0.43009 + 1.92914 - 2.32530 + 0.3822 + 1.24
    assert bdew.dynamisation(date(2026, 7, 1)) == pytest.approx(0.79595, abs=1e-4)


@pytest.mark.parametrize("year", [2024, 2025, 2026])
def test_a_calendar_year_sums_to_the_annual_consumption(year):
    days = 366 if year == 2024 else 365
    total_kwh = 0.0
    for d in range(days):
        today = date(year, 1, 1) + timedelta(days=d)
        table = bdew.quarter_hours_kw(today.month, bdew.day_type(today))
        total_kwh += table.sum() / 4 * bdew.dynamisation(today)
    assert total_kwh * bdew.per_annual_kwh(year) == pytest.approx(1.0, rel=1e-12)


def test_winter_workday_has_a_third_more_than_summer():
    def energy(day):
        table = bdew.quarter_hours_kw(day.month, bdew.day_type(day))
        return table.sum() * bdew.dynamisation(day)

    ratio = energy(date(2026, 1, 14)) / energy(date(2026, 7, 15))
    assert 1.25 < ratio < 1.45


def test_table_is_not_to_be_changed():
    with pytest.raises(ValueError, match="read-only"):
        bdew.h25_kwh()[0, 0, 0] = 1.0
    assert np.isfinite(bdew.h25_kwh()).all()
