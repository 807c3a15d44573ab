"""`mid`: German travel days drawn from the tables of Mobilitaet in Deutschland.

Trips a day, departure by destination and distance by duration are the survey's; who
commutes, how a day's trips follow one another and what persists from day to day are
assumptions, each a constant below.
"""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date as Date  # noqa: N812
from pathlib import Path

import numpy as np
import polars as pl

from twin.arrays import Bools, Floats, Ints
from twin.fleet.travel import (
    DATA,
    DAY_START_MIN,
    DayTrips,
    TripPurpose,
    laid_out,
    normal_scores,
    persisting,
    spread,
)
from twin.randomness import Purpose, uniform

FOLDER = DATA / "mid"
MID_HOUSEHOLDS = 156_420  # sample behind the tables (MiD 2017)
MOST_TRIPS = 5
STAY_MIN = 15  # emobpy's rule: no stop is shorter

COMMUTER_SHARE = 0.5
LATEST_START = 32  # half hours from 04:00: no shift starts after 20:00
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
SHORTEST_KM = 0.3

_ANY = -1
_H, _W = int(TripPurpose.HOME), int(TripPurpose.WORK)
_DESTINATIONS = {
    "shopping": TripPurpose.SHOPPING,
    "leisure": TripPurpose.LEISURE,
    "errands": TripPurpose.ERRANDS,
    "escort": TripPurpose.ESCORT,
}
# trips a day -> the orders in which they may come, each with its share
_FREE_DAY: dict[int, list[tuple[float, tuple[int, ...]]]] = {
    2: [(1.0, (_ANY, _H))],
    3: [(1.0, (_ANY, _ANY, _H))],
    4: [(0.8, (_ANY, _H, _ANY, _H)), (0.2, (_ANY, _ANY, _ANY, _H))],
    5: [
        (0.4, (_ANY, _H, _ANY, _ANY, _H)),
        (0.4, (_ANY, _ANY, _H, _ANY, _H)),
        (0.2, (_ANY, _ANY, _ANY, _ANY, _H)),
    ],
}
_WORK_DAY: dict[int, list[tuple[float, tuple[int, ...]]]] = {
    2: [(1.0, (_W, _H))],
    3: [(0.75, (_W, _ANY, _H)), (0.25, (_ANY, _W, _H))],
    4: [(0.75, (_W, _H, _ANY, _H)), (0.25, (_ANY, _W, _ANY, _H))],
    5: [(0.6, (_W, _H, _ANY, _ANY, _H)), (0.4, (_W, _ANY, _H, _ANY, _H))],
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
        self._clock = _Clock.read(FOLDER / "departures.csv")
        self._legs = _Legs.read(FOLDER / "distances.csv")
        self._count_cdf = _count_cdf(FOLDER / "trips_per_day.csv")

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


@dataclass(frozen=True)
class _Clock:
    """Departure times by destination, from 04:00 on in half hours."""

    edges_min: Floats  # [49]
    all_cdf: Floats  # [3, 49] weekdays, saturday, sunday
    work_cdf: Floats  # [33]
    choice_cdf: Floats  # [3, 48, 4] non-home destinations by half hour

    @classmethod
    def read(cls, file: Path) -> _Clock:
        table = pl.read_csv(file).sort(
            "group", "days", (pl.col("time") - DAY_START_MIN / 60) % 24
        )
        names = [*_DESTINATIONS, "workplace", "home"]

        def shares(group: str, days: str) -> Floats:
            rows = table.filter((pl.col("group") == group) & (pl.col("days") == days))
            return rows.select(names).to_numpy()

        free = np.stack([shares("free", d) for d in ("weekdays", "saturday", "sunday")])
        others = free[..., :4] + 1e-12
        return cls(
            edges_min=DAY_START_MIN + 30.0 * np.arange(49, dtype=np.float64),
            all_cdf=np.stack([_cdf(day.sum(axis=1)) for day in free]),
            work_cdf=_cdf(shares("worker", "weekdays")[:LATEST_START, 4]),
            choice_cdf=np.cumsum(others / others.sum(axis=-1, keepdims=True), axis=-1),
        )

    def departures(
        self, date: Date, u: Floats, later_than: Floats | float = DAY_START_MIN
    ) -> Floats:
        """Departure minutes of uniforms ``u``, given that they lie ``later_than``."""
        cdf = self.all_cdf[_kind(date)]
        low = np.interp(later_than, self.edges_min, cdf)
        drawn: Floats = np.interp(low + u * (1 - low), cdf, self.edges_min)
        return drawn

    def to_work(self, u: Floats) -> Floats:
        drawn: Floats = np.interp(u, self.work_cdf, self.edges_min[: LATEST_START + 1])
        return drawn

    def destinations(
        self, date: Date, wish_min: Floats, order: Ints, u: Floats
    ) -> tuple[Ints, Floats]:
        """Purpose of each trip, and what is left of ``u`` as a fresh uniform."""
        slot = np.clip((wish_min - DAY_START_MIN) // 30, 0, 47).astype(np.int64)
        cdf = self.choice_cdf[_kind(date)][slot]
        pick = np.minimum((u[..., None] >= cdf).sum(axis=-1), 3)
        high = np.take_along_axis(cdf, pick[..., None], -1)[..., 0]
        before = np.take_along_axis(cdf, np.maximum(pick - 1, 0)[..., None], -1)[..., 0]
        low = np.where(pick > 0, before, 0.0)
        rest = (u - low) / np.maximum(high - low, 1e-12)
        purposes = np.array([int(p) for p in _DESTINATIONS.values()])
        return np.where(order == _ANY, purposes[pick], order), rest


@dataclass(frozen=True)
class _Legs:
    """Distance by duration: cells of the survey's table, uniform inside each."""

    cdf: Floats  # [n_cell + 1]
    commute_cdf: Floats
    km: Floats  # [n_cell, 2] from, to
    minutes: Floats

    @classmethod
    def read(cls, file: Path) -> _Legs:
        table = pl.read_csv(file)
        share = table["share"].to_numpy()
        up_km, up_min = table["up_to_km"].to_numpy(), table["up_to_min"].to_numpy()
        commute = np.where((up_km > 2) & (up_km < 400), share, 0.0)
        return cls(
            cdf=_cdf(share),
            commute_cdf=_cdf(commute),
            km=_bins(up_km, {1: SHORTEST_KM}),
            minutes=_bins(up_min, {10: 3.0, 45: 20.0}),
        )

    def drawn(self, u: Floats, commute: bool = False) -> tuple[Floats, Floats]:
        """Distance in km and duration in minutes of uniforms ``u``."""
        cdf = self.commute_cdf if commute else self.cdf
        cell = np.clip(np.searchsorted(cdf, u, side="right") - 1, 0, len(cdf) - 2)
        width = np.maximum(cdf[cell + 1] - cdf[cell], 1e-12)
        within = np.clip((u - cdf[cell]) / width, 0.0, 1.0)
        (km0, km1), (min0, min1) = self.km[cell].T, self.minutes[cell].T
        within = within.T
        km, minutes = km0 + within * (km1 - km0), min0 + within * (min1 - min0)
        return km.T, minutes.T


def _bins(upper: Ints, first: dict[int, float]) -> Floats:
    """From and to of each bin; ``first`` overrides where a bin starts."""
    edges = np.unique(upper)
    below = dict(zip(edges.tolist(), [0, *edges.tolist()], strict=False)) | first
    return np.array([(below[int(value)], value) for value in upper], dtype=float)


def _count_cdf(file: Path) -> Floats:
    """Cumulated shares of 0..4 trips: weekday others, weekday commuters, weekend."""
    table = pl.read_csv(file)
    weekday, weekend = table["weekday"].to_numpy(), table["weekend"].to_numpy()
    idle = (weekday[0] - COMMUTER_SHARE * COMMUTER_IDLE) / (1 - COMMUTER_SHARE)
    moving = weekday[1:] / weekday[1:].sum()
    rows = [
        [idle, *(1 - idle) * moving],
        [COMMUTER_IDLE, *(1 - COMMUTER_IDLE) * moving],
        weekend,
    ]
    return np.cumsum(np.array(rows), axis=1)[:, :-1]


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


def _cdf(shares: Floats) -> Floats:
    steps = np.concatenate([[0.0], np.cumsum(shares)])
    cumulated: Floats = steps / steps[-1]
    return cumulated


def _kind(date: Date) -> int:
    return {5: 1, 6: 2}.get(date.weekday(), 0)
