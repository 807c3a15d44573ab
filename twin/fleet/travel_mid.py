"""`mid`: German travel days drawn from the tables of Mobilitaet in Deutschland.

Trips a day, departure by destination and distance by duration are the survey's; who
commutes, how a day's trips follow one another and what persists from day to day are
assumptions, each a constant below.
"""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date as Date  # noqa: N812
from functools import lru_cache
from pathlib import Path

import numpy as np

from twin.arrays import Bools, Floats, Ints
from twin.fleet.travel import (
    DayTrips,
    TripPurpose,
    laid_out,
    normal_scores,
    persisting,
    spread,
)
from twin.fleet.travel_mid_tables import (
    ANY,
    FOLDER,
    SHORTEST_KM,
    Clock,
    Legs,
    count_cdf,
)
from twin.randomness import Purpose, uniform

MID_HOUSEHOLDS = 156_420  # sample behind the tables (MiD 2017)
MOST_TRIPS = 5
STAY_MIN = 15  # emobpy's rule: no stop is shorter

COMMUTER_SHARE = 0.5
COMMUTER_IDLE = 0.20  # weekdays; the others' idle share keeps the survey's mean
COMMUTES_WHEN_MOVING = 0.8
FULL_TIME_SHARE = 0.7
FULL_TIME_MIN, PART_TIME_MIN, WORK_SPREAD_MIN = 510.0, 290.0, 35.0
LATE_MIN, SHORT_SHIFT_MIN = 1290.0, 180.0  # shifts from noon on end by 21:30
ESCORT_BEFORE_MIN = 25.0
USAGE_PERSISTENCE = 0.3  # share of a day's variance that belongs to the car
HOUR_PERSISTENCE = 0.9
MILEAGE_SIGMA = 0.4
MILEAGE_MEAN = 1.122  # brings the mean year to KBA's 12,320 km (2023)

_H, _W = int(TripPurpose.HOME), int(TripPurpose.WORK)
# trips a day -> the orders in which they may come, each with its share
_FREE_DAY: dict[int, list[tuple[float, tuple[int, ...]]]] = {
    2: [(1.0, (ANY, _H))],
    3: [(1.0, (ANY, ANY, _H))],
    4: [(0.8, (ANY, _H, ANY, _H)), (0.2, (ANY, ANY, ANY, _H))],
    5: [
        (0.4, (ANY, _H, ANY, ANY, _H)),
        (0.4, (ANY, ANY, _H, ANY, _H)),
        (0.2, (ANY, ANY, ANY, ANY, _H)),
    ],
}
_WORK_DAY: dict[int, list[tuple[float, tuple[int, ...]]]] = {
    2: [(1.0, (_W, _H))],
    3: [(0.75, (_W, ANY, _H)), (0.25, (ANY, _W, _H))],
    4: [(0.75, (_W, _H, ANY, _H)), (0.25, (ANY, _W, ANY, _H))],
    5: [(0.6, (_W, _H, ANY, ANY, _H)), (0.4, (_W, ANY, _H, ANY, _H))],
}


@dataclass(frozen=True)
class _Traits:
    """What a car keeps from day to day; all [n_ev]."""

    commuter: Bools
    usage: Floats  # standard normal
    hour: Floats  # standard normal
    work_min: Floats
    commute_km: Floats
    commute_min: Floats
    mileage: Floats


class MidTravel:
    """German travel days, by car: the same commute, daily errands of its own."""

    name = "mid"
    effective_sample = MID_HOUSEHOLDS
    notes = (
        "trips a day, departure times by destination and distance by duration: "
        "MiD tables as packaged by emobpy; resolution 2-5 h and 8 x 7 classes",
        "who commutes, how trips follow one another and what persists per car: assumed",
        "distances scaled per car (lognormal) to a mean of 12,320 km a year (KBA 2023)",
        "no holidays of the year: public holidays are driven like their weekday",
    )

    def __init__(self, seed: int) -> None:
        self.seed = seed
        self.inputs: tuple[Path, ...] = tuple(
            FOLDER / f"{name}.csv"
            for name in ("departures", "distances", "trips_per_day")
        )
        self._clock, self._legs, self._count_cdf = _survey()

    def histories(self, date: Date, cars: Ints) -> None:
        """None: every trip is drawn from the survey's tables."""

    def day(self, date: Date, cars: Ints) -> DayTrips:
        """Trips of ``cars`` on the travel day that starts at 04:00 of ``date``."""
        cars = np.asarray(cars, dtype=np.int64)
        when = date.toordinal()
        traits = self._traits(cars)
        today = uniform(self.seed, Purpose.TRAVEL_DAY, cars[:, None], when, range(5))
        n, commutes = self._plans(date, traits, today)
        rows = np.flatnonzero(n)
        traits, today = _picked(traits, rows), today[rows]
        draws = uniform(
            self.seed,
            Purpose.TRAVEL_TRIP,
            cars[rows, None, None],
            when,
            np.arange(3 * MOST_TRIPS).reshape(MOST_TRIPS, 3),
        )
        n, commutes = n[rows], commutes[rows]
        order = _orders(n, commutes, today[:, 2])
        wish = self._wishes(date, n, commutes, order, traits, today, draws[..., 0])
        purpose, angle = self._clock.destinations(date, wish, order, draws[..., 1])
        km, minutes = self._distances(purpose, angle, draws[..., 2], traits)
        trips = laid_out(n, wish, minutes, km, purpose, STAY_MIN)
        return spread(rows, len(cars), trips)

    def _traits(self, cars: Ints) -> _Traits:
        u = uniform(self.seed, Purpose.TRAVEL_TRAIT, cars[:, None], 0, range(6))
        km, minutes = self._legs.drawn(u[:, 3], commute=True)
        z = normal_scores(u)
        return _Traits(
            commuter=u[:, 0] < COMMUTER_SHARE,
            usage=z[:, 1],
            hour=z[:, 2],
            work_min=np.where(u[:, 4] < FULL_TIME_SHARE, FULL_TIME_MIN, PART_TIME_MIN),
            commute_km=km,
            commute_min=minutes,
            mileage=MILEAGE_MEAN
            * np.exp(MILEAGE_SIGMA * z[:, 5] - MILEAGE_SIGMA**2 / 2),
        )

    def _plans(self, date: Date, traits: _Traits, today: Floats) -> tuple[Ints, Bools]:
        weekday = date.weekday() < 5
        u = persisting(traits.usage, today[:, 0], USAGE_PERSISTENCE)
        group = np.where(traits.commuter, 1, 0) if weekday else 2
        n = (u[:, None] >= self._count_cdf[group]).sum(axis=1)
        works = weekday & traits.commuter & (today[:, 1] < COMMUTES_WHEN_MOVING)
        return n, works & (n > 0)

    def _wishes(
        self,
        date: Date,
        n: Ints,
        commutes: Bools,
        order: Ints,
        traits: _Traits,
        today: Floats,
        u: Floats,
    ) -> Floats:
        """Wished departures [n, m]: sorted draws; on a work day, around the shift."""
        live = np.arange(MOST_TRIPS) < n[:, None]
        free = _sorted(self._clock.departures(date, u), live)
        work = np.argmax(order == _W, axis=1)[:, None]
        go = self._clock.to_work(persisting(traits.hour, today[:, 3], HOUR_PERSISTENCE))
        shift = traits.work_min + WORK_SPREAD_MIN * normal_scores(today[:, 4])
        start = go + traits.commute_min
        left = np.maximum(LATE_MIN - start, SHORT_SHIFT_MIN)
        leave = (start + np.minimum(shift, left))[:, None]
        after = _sorted(self._clock.departures(date, u, later_than=leave), live)
        j = np.arange(MOST_TRIPS)
        around = np.select(
            [j < work, j == work, j == work + 1],
            [go[:, None] - ESCORT_BEFORE_MIN, go[:, None], leave],
            _later(after, work + 2),
        )
        return np.where(commutes[:, None], around, free)

    def _distances(
        self, purpose: Ints, angle: Floats, u: Floats, traits: _Traits
    ) -> tuple[Floats, Floats]:
        """Legs drawn from the table; the way home is the straight rest of the tour."""
        km, minutes = self._legs.drawn(u)
        to_work = purpose == _W
        km = np.where(to_work, traits.commute_km[:, None], km)
        minutes = np.where(to_work, traits.commute_min[:, None], minutes)
        home = purpose == _H
        place = np.zeros(len(km), dtype=np.complex128)
        driven, spent = np.zeros(len(km)), np.zeros(len(km))
        step = km * np.exp(2j * np.pi * angle)
        for j in range(MOST_TRIPS):
            back = np.maximum(np.abs(place), SHORTEST_KM)
            km[:, j] = np.where(home[:, j], back, km[:, j])
            pace = spent / np.maximum(driven, 1e-9)
            minutes[:, j] = np.where(home[:, j], back * pace, minutes[:, j])
            place = np.where(home[:, j], 0.0, place + step[:, j])
            driven = np.where(home[:, j], 0.0, driven + km[:, j])
            spent = np.where(home[:, j], 0.0, spent + minutes[:, j])
        scale = traits.mileage[:, None]
        return km * scale, minutes * np.sqrt(scale)


@lru_cache(maxsize=1)
def _survey() -> tuple[Clock, Legs, Floats]:
    counts = count_cdf(FOLDER / "trips_per_day.csv", COMMUTER_SHARE, COMMUTER_IDLE)
    departures, distances = FOLDER / "departures.csv", FOLDER / "distances.csv"
    return Clock.read(departures), Legs.read(distances), counts


def _orders(n: Ints, commutes: Bools, u: Floats) -> Ints:
    """What each trip is for, [n, m]: home, work, or anything else (-1)."""
    order = np.zeros((len(n), MOST_TRIPS), dtype=np.int64)
    for works, days in ((False, _FREE_DAY), (True, _WORK_DAY)):
        for count, options in days.items():
            at = (commutes == works) & (n == count)
            high = 0.0
            for share, pattern in options:
                low, high = high, high + share
                order[at & (u >= low) & (u < high + 1e-12), :count] = pattern
    return order


def _sorted(times: Floats, live: Bools) -> Floats:
    return np.sort(np.where(live, times, 1e6), axis=1)


def _later(times: Floats, start: Ints) -> Floats:
    """Sorted ``times`` read from the front, for trips from number ``start`` on."""
    j = np.maximum(np.arange(times.shape[1]) - start, 0)
    return np.take_along_axis(times, j, axis=1)


def _picked(traits: _Traits, rows: Ints) -> _Traits:
    return _Traits(**{key: column[rows] for key, column in vars(traits).items()})
