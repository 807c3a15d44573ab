"""Temperature and sunshine of a region, by the day."""

from __future__ import annotations

from datetime import date
from functools import lru_cache
from pathlib import Path
from typing import Protocol

import numpy as np
import polars as pl

from twin.arrays import Floats, Ints
from twin.errors import InputError, nearest
from twin.randomness import Purpose, normal, uniform
from twin.surroundings.sun import Site, Sun, sun_at
from twin.surroundings.wallclock import standard_hours
from twin.timeline import Timeline

DATA = Path(__file__).parents[1] / "data" / "weather"
SAN_DIEGO_FILE = DATA / "san_diego_tmy.csv"
SOUTH_WEST_FILE = DATA / "south_west_germany_climate.csv"
REGIONS = ("US", "DE")

ANOMALY_DEGC = 3.5
ANOMALY_DAYS = 3


class Weather(Protocol):
    """What the sky does; a pure function of the date (and seed)."""

    timeline: Timeline

    @property
    def name(self) -> str:
        """The data set's name."""

    @property
    def notes(self) -> tuple[str, ...]:
        """What a reader must know of the data."""

    @property
    def inputs(self) -> tuple[Path, ...]:
        """The data files used."""

    def temperature_degc(self, day: int) -> Floats:
        """Air temperature in each interval of a local day [steps]."""

    def irradiance_wm2(self, day: int) -> Floats:
        """Global horizontal irradiance in each interval of a local day [steps]."""

    def sun(self, day: int) -> Sun:
        """Where the sun stands in the middle of each interval of a local day."""


def weather(region: str, timeline: Timeline, seed: int = 1) -> Weather:
    """The weather of a region: US (San Diego's typical year) or DE (synthetic)."""
    if region == "US":
        return TypicalYear(timeline)
    if region == "DE":
        return SyntheticGermany(timeline, seed)
    raise InputError.of(
        f"no weather for region '{region}'; allowed: {', '.join(REGIONS)}"
        f"{nearest(region, REGIONS)}",
        key="weather",
    )


class TypicalYear:
    """San Diego's typical meteorological year, each date with the same day's values.

    Hourly values stand for the hour that begins; between the middles of hours they
    are interpolated linearly. 29 February repeats the 28th.
    """

    name = "san_diego_tmy"
    inputs = (SAN_DIEGO_FILE,)
    notes = (
        "weather: San Diego typical meteorological year (TMY3, real hours of several "
        "years put together); the same on the same date of every year",
    )
    site = Site(latitude_deg=32.73, longitude_deg=-117.17, meridian_deg=-120)

    def __init__(self, timeline: Timeline) -> None:
        """Bind the year to a calendar."""
        self.timeline = timeline

    def temperature_degc(self, day: int) -> Floats:
        """Air temperature in each interval of a local day [steps]."""
        return self._interpolated(day, 0)

    def irradiance_wm2(self, day: int) -> Floats:
        """Global horizontal irradiance in each interval of a local day [steps]."""
        return self._interpolated(day, 1)

    def sun(self, day: int) -> Sun:
        """Where the sun stands in the middle of each interval of a local day."""
        return sun_at(self.site, *_common_hours(self.timeline, day))

    def _interpolated(self, day: int, column: int) -> Floats:
        day_of_year, hour = _common_hours(self.timeline, day)
        hours = day_of_year * 24 + hour - 0.5
        year = _san_diego()[:, column]
        values: Floats = np.interp(hours, np.arange(-1, 8761), np.pad(year, 1, "wrap"))
        return values


class SyntheticGermany:
    """A made-up but climatologically faithful year of south-west Germany.

    Temperature: monthly means (smooth between mid-months), a daily swing coldest at 5
    and warmest at 15 hours standard time, and an anomaly of 3.5 K from day to day that
    takes about three days to fade: a weighted sum of keyed normals of the days around.
    Sunshine: Haurwitz' clear sky times the month's ratio to the long-term sum, times a
    keyed share of the day, uniform about that ratio.
    """

    name = "south_west_germany_synthetic"
    inputs = (SOUTH_WEST_FILE,)
    notes = (
        "weather: synthetic, an assumption: rounded long-term monthly means of "
        "south-west Germany with keyed day-to-day variation; no measured day",
    )
    site = Site(latitude_deg=48.5, longitude_deg=7.9, meridian_deg=15)

    def __init__(self, timeline: Timeline, seed: int) -> None:
        """Bind the climate to a calendar and a seed."""
        self.timeline, self.seed = timeline, seed

    def temperature_degc(self, day: int) -> Floats:
        """Air temperature in each interval of a local day [steps]."""
        day_of_year, hour = standard_hours(self.timeline, day)
        mean = _by_month("temperature_degc", day_of_year)
        swing = _by_month("half_swing_degc", day_of_year)
        noons = np.array([-12.0, 12.0, 36.0])
        today = self.timeline.date_of(day).toordinal()
        anomaly = np.interp(hour, noons, self._anomaly_degc(today + np.arange(-1, 2)))
        degc: Floats = mean + swing * _daily_wave(hour) + anomaly
        return degc

    def irradiance_wm2(self, day: int) -> Floats:
        """Global horizontal irradiance in each interval of a local day [steps]."""
        ratio = clear_sky_ratio(self.site)[self.timeline.date_of(day).month - 1]
        reach = min(ratio - 0.1, 1.0 - ratio)
        ordinal = self.timeline.date_of(day).toordinal()
        drawn = uniform(self.seed, Purpose.CLOUD, 0, ordinal)
        share = ratio + reach * (2 * drawn - 1)
        light: Floats = self.sun(day).clear_sky_wm2() * share
        return light

    def sun(self, day: int) -> Sun:
        """Where the sun stands in the middle of each interval of a local day."""
        return sun_at(self.site, *standard_hours(self.timeline, day))

    def _anomaly_degc(self, ordinals: Ints) -> Floats:
        lags = np.arange(-2 * ANOMALY_DAYS, 2 * ANOMALY_DAYS + 1)
        weights = np.exp(-np.abs(lags) / ANOMALY_DAYS)
        days = ordinals[:, None] + lags
        drawn = normal(self.seed, Purpose.TEMPERATURE, 0, days)
        anomaly: Floats = ANOMALY_DEGC * drawn @ weights / np.sqrt((weights**2).sum())
        return anomaly


def clear_sky_ratio(site: Site) -> Floats:
    """Long-term irradiation of each month over that of clear skies [12]."""
    return _clear_sky_ratio(site)


@lru_cache(maxsize=4)
def _clear_sky_ratio(site: Site) -> Floats:
    day_of_year, hour = np.divmod(np.arange(365 * 24) + 0.5, 24)
    sun = sun_at(site, day_of_year.astype(np.int64), hour)
    months = np.array([date.fromordinal(int(d) + 1).month for d in day_of_year])
    clear_kwh = np.bincount(months, sun.clear_sky_wm2())[1:] / 1000
    ratio: Floats = _climate()["irradiation_kwh_m2"] / clear_kwh
    return ratio


def _daily_wave(hour: Floats) -> Floats:
    """-1 at 5 hours, +1 at 15 hours, cosines between; its mean is not far from 0."""
    rising = np.cos(np.pi * (hour - 15) / 10)
    falling = np.cos(np.pi * ((hour - 15) % 24) / 14)
    return np.where((hour > 5) & (hour < 15), rising, falling)


def _by_month(column: str, day_of_year: Ints) -> Floats:
    """A monthly value, linear between the middles of months [steps]."""
    middles = (np.arange(-1, 13) + 0.5) * 365.25 / 12
    values = np.pad(_climate()[column], 1, "wrap")
    smooth: Floats = np.interp(day_of_year, middles, values)
    return smooth


def _common_hours(timeline: Timeline, day: int) -> tuple[Ints, Floats]:
    """Standard time in a year of 365 days: from 29 February on one day is taken off."""
    day_of_year, hour = standard_hours(timeline, day)
    year = timeline.date_of(day).year
    leap = date(year, 12, 31).timetuple().tm_yday == 366
    late = day_of_year - (leap & (day_of_year >= 59))
    return np.minimum(late, 364), hour


@lru_cache(maxsize=1)
def _san_diego() -> Floats:
    columns = ["temperature_degc", "irradiance_wm2"]
    year = pl.read_csv(SAN_DIEGO_FILE).select(columns).to_numpy().astype(np.float64)
    year.setflags(write=False)
    return year


@lru_cache(maxsize=1)
def _climate() -> dict[str, Floats]:
    table = pl.read_csv(SOUTH_WEST_FILE)
    return {name: table[name].to_numpy().astype(np.float64) for name in table.columns}
