"""`evipro`: Californian days of one outing each, from EVI-Pro's home plug-in events."""

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

FILE = DATA / "evipro" / "home_days.parquet"
KWH_PER_MILE, CHARGING_EFFICIENCY = 0.325, 0.90  # EVI-Pro's own
EVENT_DAYS_SHARE = 0.2  # EVI-Pro's: days with a home event, level 2, 70 kWh and more
IDLE_SHARE, IDLE_PERSISTENCE = 0.25, 0.3
HOUR_PERSISTENCE = 0.6
DAILY_SIGMA = 0.75  # assumed: lognormal of daily distances
SPEED_KMH = 45.0
WORK_STAY_MIN = 300.0
WEEKEND_EARLIER_MIN, WEEKEND_AWAY = 38.0, 0.78


class EviProTravel:
    """Each day out once and home once, at the hours of a plug-in event drawn by key."""

    name = "evipro"

    def __init__(self, seed: int) -> None:
        self.seed = seed
        self.inputs: tuple[Path, ...] = (FILE,)
        days = pl.read_parquet(FILE)
        self._depart = days["depart"].to_numpy().astype(np.float64)
        self._arrive = days["arrive"].to_numpy().astype(np.float64)
        driven = days["kwh_x100"].to_numpy() / 100 * CHARGING_EFFICIENCY
        self._mean_km = (
            driven / KWH_PER_MILE * KM_PER_MILE * EVENT_DAYS_SHARE / (1 - IDLE_SHARE)
        )
        self.effective_sample = days.n_unique()
        self._distinct = (
            days.select(pl.struct(pl.all()).rank("dense").cast(pl.Int64) - 1)
            .to_series()
            .to_numpy()
        )
        self.notes = (
            f"{self.effective_sample} distinct days, of 15,257 level-2 events of one "
            "modelled 117.6 kWh SUV (EVI-Pro on the California survey)",
            "one outing a day; the source knows arrival and stay, not the stops",
            "distance from energy at 0.325 kWh a mile and 0.90, an event every fifth "
            f"day, lognormal from day to day (sigma {DAILY_SIGMA}, assumed)",
            f"idle days assumed: {IDLE_SHARE:.0%}",
            "only weekdays in the source: weekends come home 38 min earlier and stay "
            "out 0.78 as long, after EVI-Pro's published means",
        )

    def day(self, date: Date, cars: Ints) -> DayTrips:
        """Trips of ``cars`` on the travel day that starts at 04:00 of ``date``."""
        cars = np.asarray(cars, dtype=np.int64)
        rows, hour, far = self._drawn(date, cars)
        trips = self._outing(self._event(hour), far, date.weekday() < 5)
        return spread(rows, len(cars), trips)

    def histories(self, date: Date, cars: Ints) -> tuple[Ints, Ints]:
        """Which distinct day of the source gives each car its hours; -1: idle."""
        cars = np.asarray(cars, dtype=np.int64)
        rows, hour, _ = self._drawn(date, cars)
        whose = np.full(len(cars), -1, dtype=np.int64)
        whose[rows] = self._distinct[self._event(hour)]
        return whose, np.where(whose < 0, -1, 0)

    def _drawn(self, date: Date, cars: Ints) -> tuple[Ints, Floats, Floats]:
        """Of cars that drive: their rows, and draws of their hours and distance."""
        when = date.toordinal()
        z = normal_scores(
            uniform(self.seed, Purpose.TRAVEL_TRAIT, cars[:, None], 0, np.arange(3))
        )
        u = uniform(self.seed, Purpose.TRAVEL_DAY, cars[:, None], when, np.arange(3))
        usage = persisting(z[:, 0], u[:, 0], IDLE_PERSISTENCE)
        rows = np.flatnonzero(usage >= IDLE_SHARE)
        hour = persisting(z[rows, 1], u[rows, 1], HOUR_PERSISTENCE)
        far = persisting(z[rows, 2], u[rows, 2], IDLE_PERSISTENCE)
        return rows, hour, far

    def _event(self, hour: Floats) -> Ints:
        """The event at each share of all events, in the source's order."""
        event: Ints = (hour * (len(self._arrive) - 1e-6)).astype(np.int64)
        return event

    def _outing(self, event: Ints, far: Floats, weekday: bool) -> DayTrips:
        depart, arrive = self._depart[event], self._arrive[event]
        if not weekday:
            away = (arrive - depart) * WEEKEND_AWAY
            arrive = arrive - WEEKEND_EARLIER_MIN
            depart = arrive - away
        drawn = np.exp(DAILY_SIGMA * normal_scores(far) - DAILY_SIGMA**2 / 2)
        km = self._mean_km[event] * drawn / 2
        minutes = np.minimum(km / SPEED_KMH * 60, (arrive - depart) / 2)
        stay = arrive - depart - 2 * minutes
        works = weekday & (stay >= WORK_STAY_MIN)
        out = np.where(works, int(TripPurpose.WORK), int(TripPurpose.OTHER))
        return laid_out(
            n=np.full(len(event), 2),
            wish_min=np.stack([depart, arrive - minutes], axis=1),
            minutes=np.stack([minutes, minutes], axis=1),
            km=np.stack([km, km], axis=1),
            purpose=np.stack([out, np.zeros_like(out)], axis=1),
        )
