"""Public holidays by rule: Germany's nationwide ones and a US utility's."""

from __future__ import annotations

from datetime import date, timedelta
from functools import lru_cache


@lru_cache(maxsize=64)
def german_holidays(year: int) -> frozenset[date]:
    """The nine holidays of all German states (Laender differ in further ones)."""
    easter = easter_sunday(year)
    movable = {easter + timedelta(days=d) for d in (-2, 1, 39, 50)}
    fixed = {date(year, m, d) for m, d in ((1, 1), (5, 1), (10, 3), (12, 25), (12, 26))}
    return frozenset(movable | fixed)


@lru_cache(maxsize=64)
def us_utility_holidays(year: int) -> frozenset[date]:
    """Holidays with off-peak hours in Californian tariffs; a Sunday's moves to Monday.

    New Year, Presidents' Day, Memorial Day, Independence Day, Labor Day, Veterans Day,
    Thanksgiving, Christmas.
    """
    fixed = [date(year, m, d) for m, d in ((1, 1), (7, 4), (11, 11), (12, 25))]
    observed = [d + timedelta(days=1) if d.weekday() == 6 else d for d in fixed]
    movable = [
        _nth_weekday(year, 2, 0, 3),
        _nth_weekday(year, 6, 0, 1) - timedelta(days=7),
        _nth_weekday(year, 9, 0, 1),
        _nth_weekday(year, 11, 3, 4),
    ]
    return frozenset(observed + movable)


def easter_sunday(year: int) -> date:
    """Gregorian Easter. Source: Meeus, Astronomical Algorithms (1991), chapter 8."""
    a, b, c = year % 19, year // 100, year % 100
    d, e = b // 4, b % 4
    g = (8 * b + 13) // 25
    h = (19 * a + b - d - g + 15) % 30
    i, k = c // 4, c % 4
    weekday = (32 + 2 * e + 2 * i - h - k) % 7
    m = (a + 11 * h + 22 * weekday) // 451
    month, day = divmod(h + weekday - 7 * m + 114, 31)
    return date(year, month, day + 1)


def _nth_weekday(year: int, month: int, weekday: int, nth: int) -> date:
    first = date(year, month, 1)
    return first + timedelta(days=(weekday - first.weekday()) % 7 + 7 * (nth - 1))
