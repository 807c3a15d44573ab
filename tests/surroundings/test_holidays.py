from datetime import date

import pytest

from twin.surroundings.holidays import (
    easter_sunday,
    german_holidays,
    us_utility_holidays,
)


@pytest.mark.parametrize(
    ("year", "month", "day"),
    [(2000, 4, 23), (2024, 3, 31), (2025, 4, 20), (2026, 4, 5), (2038, 4, 25)],
)
def test_easter(year, month, day):
    assert easter_sunday(year) == date(year, month, day)


def test_german_holidays_of_2026():
    expected = [(1, 1), (4, 3), (4, 6), (5, 1), (5, 14), (5, 25), (10, 3), (12, 25)]
    expected.append((12, 26))
    assert german_holidays(2026) == {date(2026, m, d) for m, d in expected}


def test_us_holidays_of_2026_and_a_sunday_moved():
    expected = [(1, 1), (2, 16), (5, 25), (7, 4), (9, 7), (11, 11), (11, 26), (12, 25)]
    assert us_utility_holidays(2026) == {date(2026, m, d) for m, d in expected}
    assert date(2027, 7, 5) in us_utility_holidays(2027)
    assert date(2027, 7, 4) not in us_utility_holidays(2027)
