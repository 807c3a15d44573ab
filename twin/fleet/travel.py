"""Where cars are: a day's trips of each car, as a pure function of (seed, car, date).

A travel day runs from 04:00 to 04:00, as travel surveys count it; every car starts and
ends it at home::

    04:00 --home--> depart_0 ==arrive_0 --work--> depart_1 ==arrive_1 --home--> 04:00
"""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date as Date  # noqa: N812
from enum import IntEnum
from pathlib import Path
from typing import Protocol

import numpy as np
from scipy.special import ndtr, ndtri

from twin.arrays import Bools, Floats, Ints

DAY_START_MIN, DAY_END_MIN = 240, 1679
SLOWEST_KMH, FASTEST_KMH = 5.0, 130.0
KM_PER_MILE = 1.609344
DATA = Path(__file__).parents[1] / "data" / "travel"


class Place(IntEnum):
    """Where a parked car stands."""

    HOME = 0
    WORK = 1
    OTHER = 2


class TripPurpose(IntEnum):
    """What a trip is driven for: its destination."""

    HOME = 0
    WORK = 1
    SHOPPING = 2
    LEISURE = 3
    ERRANDS = 4
    ESCORT = 5
    OTHER = 6


@dataclass(frozen=True)
class DayTrips:
    """One travel day of n_ev cars; row i holds n[i] trips, zeros behind them.

    n [n_ev]; depart_min, arrive_min [n_ev, m] minutes after local midnight of the date
    (240..1679); distance_km [n_ev, m]; purpose [n_ev, m] as TripPurpose.
    depart_j < arrive_j <= depart_j+1, and the last trip goes home.
    """

    n: Ints
    depart_min: Ints
    arrive_min: Ints
    distance_km: Floats
    purpose: Ints


class Travel(Protocol):
    """A source of trips."""

    @property
    def name(self) -> str: ...
    @property
    def effective_sample(self) -> int: ...
    @property
    def notes(self) -> tuple[str, ...]: ...
    @property
    def inputs(self) -> tuple[Path, ...]: ...

    def day(self, date: Date, cars: Ints) -> DayTrips:
        """The trips of these cars on this travel day; other cars change nothing."""

    def histories(self, date: Date, cars: Ints) -> tuple[Ints, Ints] | None:
        """Whose recorded day each car drives, and which of his; -1: it stands idle.

        None: trips are drawn from distributions, and there is no record. [n_ev]
        """


def laid_out(
    n: Ints,
    wish_min: Floats,
    minutes: Floats,
    km: Floats,
    purpose: Ints,
    stay_min: int = 1,
) -> DayTrips:
    """Trips that fit the day, as near to the wished departures as order allows.

    Durations are first brought to speeds of 5..130 km/h; a day that is too full is
    shortened in distance and duration alike.

    Args:
        n: trips of each car, [n_ev]
        wish_min: wished departures, minutes after midnight, [n_ev, m]
        minutes: driving times, [n_ev, m]
        km: distances, [n_ev, m]
        purpose: TripPurpose, [n_ev, m]
        stay_min: shortest stop between two trips, minutes
    """
    live = np.arange(wish_min.shape[1]) < n[:, None]
    km, whole = _sane(n, km, minutes, live, stay_min)
    depart = _ordered(np.rint(wish_min).astype(np.int64), whole, live, stay_min)
    return DayTrips(
        n=n,
        depart_min=np.where(live, depart, 0),
        arrive_min=np.where(live, depart + whole, 0),
        distance_km=np.where(live, km, 0.0),
        purpose=np.where(live, purpose, 0),
    )


def _sane(
    n: Ints, km: Floats, minutes: Floats, live: Bools, stay_min: int
) -> tuple[Floats, Ints]:
    minutes = np.clip(minutes, km * 60 / FASTEST_KMH, km * 60 / SLOWEST_KMH)
    minutes = np.where(live, np.maximum(minutes, 1.0), 0.0)
    room = DAY_END_MIN - DAY_START_MIN - n * (stay_min + 1)
    share = np.minimum(1.0, room / np.maximum(minutes.sum(axis=1), 1.0))[:, None]
    whole = np.ceil(minutes * share).astype(np.int64)
    return np.maximum(km * share, whole * SLOWEST_KMH / 60), whole


def _ordered(wish: Ints, whole: Ints, live: Bools, stay_min: int) -> Ints:
    depart = wish.copy()
    earliest = np.full(len(wish), DAY_START_MIN)
    for j in range(wish.shape[1]):
        depart[:, j] = np.maximum(wish[:, j], earliest)
        earliest = depart[:, j] + whole[:, j] + stay_min
    latest = np.full(len(wish), DAY_END_MIN)
    for j in reversed(range(wish.shape[1])):
        depart[:, j] = np.minimum(depart[:, j], latest - whole[:, j])
        latest = np.where(live[:, j], depart[:, j] - stay_min, latest)
    return depart


def spread(rows: Ints, size: int, trips: DayTrips) -> DayTrips:
    """The same trips, their rows placed at ``rows`` among ``size`` cars."""

    def placed(values: Ints) -> Ints:
        out = np.zeros((size, *values.shape[1:]), values.dtype)
        out[rows] = values
        return out

    km = np.zeros((size, trips.distance_km.shape[1]))
    km[rows] = trips.distance_km
    return DayTrips(
        placed(trips.n),
        placed(trips.depart_min),
        placed(trips.arrive_min),
        km,
        placed(trips.purpose),
    )


def persisting(trait: Floats, u: Floats, share: float) -> Floats:
    """A day's uniforms whose normal scores keep ``share`` of their variance by car.

    ``Phi(sqrt(share) * trait + sqrt(1 - share) * Phi^-1(u))``: over all cars still
    uniform, so that a table's shares stay as they are; for one car, like its trait.

    Args:
        trait: standard normal number of each car, [n_ev]
        u: the day's uniforms, [n_ev]
        share: 0 (every day anew) to 1 (every day alike)
    """
    noise = ndtri(np.clip(u, 2.0**-53, None))
    kept: Floats = ndtr(np.sqrt(share) * trait + np.sqrt(1 - share) * noise)
    return kept


def normal_scores(u: Floats) -> Floats:
    """Standard normal numbers of uniforms."""
    scores: Floats = ndtri(np.clip(u, 2.0**-53, None))
    return scores
