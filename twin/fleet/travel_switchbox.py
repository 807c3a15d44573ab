"""`switchbox`: American travel days, chains of 178 vehicles sampled from NHTS 2022."""

from __future__ import annotations

from datetime import date as Date  # noqa: N812
from pathlib import Path

import numpy as np
import polars as pl

from twin.arrays import Floats, Ints
from twin.fleet.travel import (
    DATA,
    KM_PER_MILE,
    DayTrips,
    TripPurpose,
    laid_out,
    normal_scores,
    persisting,
    spread,
)
from twin.randomness import Purpose, uniform

FOLDER = DATA / "switchbox"
IDLE_SHARE = 0.25  # the source has none: every vehicle drives every day
IDLE_PERSISTENCE = 0.3
WORK_STAY_H = 5  # a weekday's stop as long as this is taken for work
BASE_MIN, MIN_PER_MILE = 5.0, 1.5
WEEKS = 12  # one week of each month


class SwitchboxTravel:
    """A car is one of 178 vehicles, its date the same weekday of a week of that one."""

    name = "switchbox"

    def __init__(self, seed: int) -> None:
        self.seed = seed
        self.inputs: tuple[Path, ...] = tuple(
            FOLDER / name
            for name in ("trips.parquet", "vehicles.csv", "annual_miles.csv")
        )
        trips = pl.read_parquet(self.inputs[0])
        source_miles = pl.read_csv(self.inputs[1])["source_annual_miles"].to_numpy()
        self._target_miles = pl.read_csv(self.inputs[2])["annual_miles"].to_numpy()
        self._source_miles = source_miles.astype(np.float64)
        self.effective_sample = len(source_miles)
        self._start, self._count = _days(trips, len(source_miles))
        self._from_min = trips["from_hour"].to_numpy() * 60.0
        self._to_min = trips["to_hour"].to_numpy() * 60.0
        self._miles = trips["miles_x100"].to_numpy() / 100
        self._purpose = _purposes(trips)
        self._most = int(self._count.max())
        self.notes = (
            f"{self.effective_sample} distinct trip chains (Maryland, modelled on NHTS "
            "2022), however many cars; no trip over 53 miles in the source",
            f"idle days assumed: {IDLE_SHARE:.0%}; the source drives every day",
            "whole hours in the source: departures jittered within them by key, "
            f"driving time {BASE_MIN:.0f} min + {MIN_PER_MILE} min a mile (assumed)",
            "annual mileage stretched to NHTS 2022 vehicles (weighted, household use, "
            "up to 50,000 miles: mean 8,067 miles)",
            "purposes are not in the source: long weekday stops are taken for work",
        )

    def day(self, date: Date, cars: Ints) -> DayTrips:
        """Trips of ``cars`` on the travel day that starts at 04:00 of ``date``."""
        cars = np.asarray(cars, dtype=np.int64)
        u, rows, vehicle, week = self._drawn(date, cars)
        j = np.arange(self._most)
        jitter = uniform(
            self.seed,
            Purpose.TRAVEL_TRIP,
            cars[rows, None],
            date.toordinal(),
            j[None, :],
        )
        trips = self._driven(vehicle, week, date.weekday(), self._scale(u), jitter)
        return spread(rows, len(cars), trips)

    def histories(self, date: Date, cars: Ints) -> tuple[Ints, Ints]:
        """Which vehicle each car is, and which of its 84 days this is; -1: idle."""
        cars = np.asarray(cars, dtype=np.int64)
        _, rows, vehicle, week = self._drawn(date, cars)
        whose, which = np.full((2, len(cars)), -1, dtype=np.int64)
        whose[rows], which[rows] = vehicle, week * 7 + date.weekday()
        return whose, which

    def _drawn(self, date: Date, cars: Ints) -> tuple[Floats, Ints, Ints, Ints]:
        """Of cars that drive: their own draws, rows, vehicles and weeks."""
        when = date.toordinal()
        u = uniform(self.seed, Purpose.TRAVEL_TRAIT, cars[:, None], 0, np.arange(2))
        today = uniform(self.seed, Purpose.TRAVEL_DAY, cars[:, None], when, range(2))
        usage = persisting(normal_scores(u[:, 1]), today[:, 0], IDLE_PERSISTENCE)
        rows = np.flatnonzero(usage >= IDLE_SHARE)
        vehicle = (u[rows, 0] * self.effective_sample).astype(np.int64)
        week = (today[rows, 1] * WEEKS).astype(np.int64)
        return u[rows], rows, vehicle, week

    def _scale(self, u: Floats) -> Floats:
        """Target over source mileage of each car, idle days counted, [n_ev]."""
        rank = (u[:, 0] * len(self._target_miles)).astype(np.int64)
        source = self._source_miles[(u[:, 0] * self.effective_sample).astype(np.int64)]
        scale: Floats = self._target_miles[rank] / (source * (1 - IDLE_SHARE))
        return scale

    def _driven(
        self, vehicle: Ints, week: Ints, weekday: int, scale: Floats, jitter: Floats
    ) -> DayTrips:
        n = self._count[vehicle, week, weekday]
        at = self._start[vehicle, week, weekday][:, None] + np.arange(self._most)
        at = np.minimum(at, len(self._miles) - 1)
        miles = self._miles[at] * scale[:, None]
        minutes = BASE_MIN + MIN_PER_MILE * miles
        slack = np.maximum(self._to_min[at] - self._from_min[at] - minutes, 0.0)
        wish = self._from_min[at] + jitter * slack
        return laid_out(n, wish, minutes, miles * KM_PER_MILE, self._purpose[at])


def _days(trips: pl.DataFrame, n_vehicles: int) -> tuple[Ints, Ints]:
    """First row and number of rows of each (vehicle, week, weekday)."""
    days = (
        trips.with_row_index("row")
        .group_by("vehicle", "week", "weekday", maintain_order=True)
        .agg(pl.col("row").first(), pl.len().alias("n"))
    )
    shape = (n_vehicles, WEEKS, 7)
    start, count = np.zeros(shape, dtype=np.int64), np.zeros(shape, dtype=np.int64)
    at = tuple(days[key].to_numpy() for key in ("vehicle", "week", "weekday"))
    start[at], count[at] = days["row"].to_numpy(), days["n"].to_numpy()
    return start, count


def _purposes(trips: pl.DataFrame) -> Ints:
    """Home at a tour's end, work where a weekday's stop is long, else other."""
    keys = ("vehicle", "week", "weekday")
    stay = pl.col("from_hour").cast(pl.Int64).shift(-1).over(keys) - pl.col("to_hour")
    works = ~pl.col("to_home") & (pl.col("weekday") < 5) & (stay >= WORK_STAY_H)
    purpose = (
        pl.when("to_home")
        .then(int(TripPurpose.HOME))
        .when(works)
        .then(int(TripPurpose.WORK))
        .otherwise(int(TripPurpose.OTHER))
    )
    return trips.select(purpose.cast(pl.Int64)).to_series().to_numpy()
