"""The German standard household profile H25: mean load by month, day type and time."""

from __future__ import annotations

import csv
from datetime import date, timedelta
from enum import IntEnum
from functools import lru_cache
from pathlib import Path

import numpy as np

from twin.arrays import Floats
from twin.surroundings.holidays import german_holidays

H25_FILE = Path(__file__).parents[1] / "data" / "profiles" / "bdew" / "h25.csv"


class DayType(IntEnum):
    """The three kinds of day that the profile knows, in the order of its columns."""

    SATURDAY = 0
    HOLIDAY = 1
    WORKDAY = 2


def day_type(day: date) -> DayType:
    """Sundays and nationwide holidays; Saturdays; 24 and 31 December as Saturdays.

    Source: VDEW, Anwendung der repraesentativen Lastprofile step-by-step (2000).
    """
    if day.weekday() == 6 or day in german_holidays(day.year):
        return DayType.HOLIDAY
    if day.weekday() == 5 or (day.month, day.day) in ((12, 24), (12, 31)):
        return DayType.SATURDAY
    return DayType.WORKDAY


def quarter_hours_kw(month: int, kind: DayType) -> Floats:
    """Table value in kW [96] for 1 GWh a year, before the dynamisation."""
    return h25_kwh()[:, month - 1, kind] * 4


def dynamisation(day: date) -> float:
    """The factor that a date has on the table's values, t = 1 on 1 January.

    ``F(t) = -3.92e-10 t^4 + 3.20e-7 t^3 - 7.02e-5 t^2 + 2.10e-3 t + 1.24``
    Source: BDEW, Standardlastprofile Strom (2025); the same as VDEW's of 1999 for H0.
    """
    t = day.timetuple().tm_yday
    return -3.92e-10 * t**4 + 3.20e-7 * t**3 - 7.02e-5 * t**2 + 2.10e-3 * t + 1.24


@lru_cache(maxsize=64)
def per_annual_kwh(year: int) -> float:
    """What turns table values times dynamisation into kW per kWh of that year.

    The table sums to 1 GWh only within 1 %, by the year's calendar; this makes each
    calendar year sum exactly to the home's annual consumption.
    """
    days = (date(year, 12, 31) - date(year, 1, 1)).days + 1
    dates = [date(year, 1, 1) + timedelta(days=d) for d in range(days)]
    daily = h25_kwh().sum(axis=0)
    total = sum(daily[d.month - 1, day_type(d)] * dynamisation(d) for d in dates)
    return 1.0 / float(total)


@lru_cache(maxsize=1)
def h25_kwh() -> Floats:
    """Energy in each quarter hour, kWh for 1 GWh a year [96, month, day type]."""
    with H25_FILE.open(encoding="utf-8", newline="") as file:
        rows = list(csv.reader(file))[2:]
    table: Floats = np.array([[float(cell) for cell in row[1:]] for row in rows])
    table = table.reshape(96, 12, 3)
    table.setflags(write=False)
    return table
