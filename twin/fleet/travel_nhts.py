"""`nhts`: whole vehicle-days drawn by weight from a user's NHTS ``tripv2pub.csv``."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date as Date  # noqa: N812
from pathlib import Path

import numpy as np
import polars as pl

from twin.arrays import Floats, Ints
from twin.errors import InputError, Problem, nearest
from twin.fleet.travel import (
    DAY_END_MIN,
    DAY_START_MIN,
    FASTEST_KMH,
    KM_PER_MILE,
    DayTrips,
    TripPurpose,
    laid_out,
    normal_scores,
    persisting,
    spread,
)
from twin.randomness import Purpose, uniform
from twin.surroundings.csv_rows import refuse_other_separator

COLUMNS = (
    "HOUSEID",
    "VEHCASEID",
    "STRTTIME",
    "ENDTIME",
    "TRPMILES",
    "VMT_MILE",
    "WHYFROM",
    "WHYTO",
    "TRAVDAY",
    "DRVR_FLG",
    "WTTRDFIN",
)
IDLE_SHARE, USAGE_PERSISTENCE = 0.25, 0.3
MOST_TRIPS = 12
SUNDAY, SATURDAY = 1.0, 7.0

_HOME_CODES = (1, 2)
_PURPOSES = (
    dict.fromkeys(_HOME_CODES, TripPurpose.HOME)
    | dict.fromkeys((3, 4, 5), TripPurpose.WORK)
    | dict.fromkeys((12, 15, 16, 17, 18, 19), TripPurpose.LEISURE)
    | dict.fromkeys((7, 10), TripPurpose.ESCORT)
    | {13: TripPurpose.SHOPPING, 11: TripPurpose.ERRANDS, 14: TripPurpose.ERRANDS}
)


class NhtsTravel:
    """Vehicle-days of the survey: by weekday or weekend, by weight, by key."""

    name = "nhts"

    def __init__(self, seed: int, file: Path) -> None:
        self.seed = seed
        self.inputs: tuple[Path, ...] = (file,)
        trips, faults = _gated(_read(file))
        if trips.is_empty():
            raise InputError.of(
                "no vehicle-day passes the gates; " + "; ".join(faults),
                key="fleet.travel",
                where=str(file),
            )
        weekend = trips["TRAVDAY"].is_in([SUNDAY, SATURDAY])
        self._weekday = _Days.of(trips.filter(~weekend), file, "weekday")
        self._weekend = _Days.of(trips.filter(weekend), file, "weekend")
        self.effective_sample = round(self._weekday.kish)
        self.notes = (
            f"{len(self._weekday.n)} weekdays and {len(self._weekend.n)} weekend days "
            f"of vehicles; effective {self._weekday.kish:.0f} and "
            f"{self._weekend.kish:.0f} (Kish)",
            *faults,
            f"idle days assumed: {IDLE_SHARE:.0%}; the trip file knows none",
        )

    def day(self, date: Date, cars: Ints) -> DayTrips:
        """Trips of ``cars`` on the travel day that starts at 04:00 of ``date``."""
        cars = np.asarray(cars, dtype=np.int64)
        rows, at = self._drawn(date, cars)
        return spread(rows, len(cars), self._days(date).trips(at))

    def histories(self, date: Date, cars: Ints) -> tuple[Ints, Ints]:
        """Which vehicle-day each car drives, of weekdays (0) or weekends (1)."""
        cars = np.asarray(cars, dtype=np.int64)
        rows, at = self._drawn(date, cars)
        whose, which = np.full((2, len(cars)), -1, dtype=np.int64)
        whose[rows], which[rows] = at, int(date.weekday() >= 5)
        return whose, which

    def _drawn(self, date: Date, cars: Ints) -> tuple[Ints, Ints]:
        """Of cars that drive: their rows, and the vehicle-days that they drive."""
        trait = uniform(self.seed, Purpose.TRAVEL_TRAIT, cars, 0, 0)
        today = uniform(self.seed, Purpose.TRAVEL_DAY, cars, date.toordinal(), 0)
        usage = persisting(normal_scores(trait), today, USAGE_PERSISTENCE)
        rows = np.flatnonzero(usage >= IDLE_SHARE)
        moved = (usage[rows] - IDLE_SHARE) / (1 - IDLE_SHARE)
        return rows, self._days(date).at(moved)

    def _days(self, date: Date) -> _Days:
        return self._weekday if date.weekday() < 5 else self._weekend


@dataclass(frozen=True)
class _Days:
    """Vehicle-days sorted by distance, with the cumulated weights to draw them by."""

    cdf: Floats  # [n_day]
    kish: float
    n: Ints  # [n_day]
    laid: DayTrips  # one row per day

    @classmethod
    def of(cls, trips: pl.DataFrame, file: Path, what: str) -> _Days:
        if trips.is_empty():
            raise InputError.of(
                f"no {what} of a vehicle passes the gates",
                key="TRAVDAY",
                where=str(file),
            )
        days = (
            trips.sort("depart")
            .group_by("HOUSEID", "VEHCASEID", maintain_order=True)
            .agg(
                pl.col("depart", "arrive", "km", "purpose"),
                pl.col("WTTRDFIN").mean().alias("weight"),
                pl.col("km").sum().alias("far"),
            )
            .sort("far", "HOUSEID", "VEHCASEID")
        )
        weight = days["weight"].to_numpy()
        n = days["depart"].list.len().cast(pl.Int64).to_numpy()
        depart, arrive = _table(days, "depart"), _table(days, "arrive")
        purpose = _table(days, "purpose").astype(np.int64)
        laid = laid_out(n, depart, arrive - depart, _table(days, "km"), purpose)
        kish = float(weight.sum() ** 2 / (weight**2).sum())
        return cls(np.cumsum(weight) / weight.sum(), kish, n, laid)

    def at(self, u: Floats) -> Ints:
        """The vehicle-days at the weighted quantiles ``u``."""
        return np.minimum(np.searchsorted(self.cdf, u), len(self.n) - 1)

    def trips(self, at: Ints) -> DayTrips:
        """The trips of these vehicle-days."""
        laid = self.laid
        return DayTrips(
            laid.n[at],
            laid.depart_min[at],
            laid.arrive_min[at],
            laid.distance_km[at],
            laid.purpose[at],
        )


def _read(file: Path) -> pl.DataFrame:
    """The needed columns as numbers, or every problem of the file at once."""
    if not file.is_file():
        raise InputError.of("no such file", key="fleet.travel", where=str(file))
    refuse_other_separator(file, "fleet.travel_file")
    try:
        text = pl.read_csv(file, infer_schema=False)
    except (pl.exceptions.PolarsError, OSError, UnicodeDecodeError) as error:
        raise InputError.of(
            f"not readable as CSV: {str(error).splitlines()[0]}", where=str(file)
        ) from error
    missing = [name for name in COLUMNS if name not in text.columns]
    if missing:
        raise InputError(
            [
                Problem(
                    f"{file}:1",
                    name,
                    "column missing" + nearest(name, text.columns),
                )
                for name in missing
            ]
        )
    return _numbers(text.select(COLUMNS), file)


def _numbers(text: pl.DataFrame, file: Path) -> pl.DataFrame:
    parsed = text.select(
        pl.col(COLUMNS).str.strip_chars().cast(pl.Float64, strict=False)
    )
    problems = []
    for name in COLUMNS:
        bad = (parsed[name].is_null() & text[name].is_not_null()).arg_true()
        if len(bad):
            row = int(bad[0])
            more = f" (and {len(bad) - 1} more lines)" if len(bad) > 1 else ""
            problems.append(
                Problem(
                    f"{file}:{row + 2}:{text.columns.index(name) + 1}",
                    name,
                    f"not a number: '{text[name][row]}'{more}",
                )
            )
    if problems:
        raise InputError(problems)
    return parsed


def _gated(rows: pl.DataFrame) -> tuple[pl.DataFrame, tuple[str, ...]]:
    """Drivers' trips in household vehicles, whole sane days only, and what was lost."""
    driven = rows.filter(
        (pl.col("DRVR_FLG") == 1) & (pl.col("VEHCASEID") > 0)
    ).with_columns(
        depart=_minute("STRTTIME"),
        arrive=_minute("ENDTIME"),
        km=KM_PER_MILE
        * pl.when(pl.col("VMT_MILE") > 0).then("VMT_MILE").otherwise("TRPMILES"),
        purpose=pl.col("WHYTO")
        .cast(pl.Int64, strict=False)
        .replace_strict(
            {code: int(purpose) for code, purpose in _PURPOSES.items()},
            default=int(TripPurpose.OTHER),
        ),
    )
    vehicle = ("HOUSEID", "VEHCASEID")
    hours = (pl.col("arrive") - pl.col("depart")) / 60
    faults = {
        "a time is missing or ends before it starts": ~(
            (pl.col("arrive") > pl.col("depart")).fill_null(False)
        ),
        "no distance, or no weight": ~(
            ((pl.col("km") > 0) & (pl.col("WTTRDFIN") > 0)).fill_null(False)
        ),
        "faster than 130 km/h": (pl.col("km") > FASTEST_KMH * hours).fill_null(False),
        "two trips at once": (
            pl.col("depart") < pl.col("arrive").shift(1).over(vehicle)
        ).fill_null(False),
        "the day starts or ends away from home": ~(
            _home("WHYFROM").first().over(vehicle) & _home("WHYTO").last().over(vehicle)
        ),
        f"more than {MOST_TRIPS} trips": pl.len().over(vehicle) > MOST_TRIPS,
    }
    return _without(driven.sort(*vehicle, "depart"), faults)


def _without(
    days: pl.DataFrame, faults: dict[str, pl.Expr]
) -> tuple[pl.DataFrame, tuple[str, ...]]:
    """``days`` without those that have a fault, each told under its first one."""
    vehicle = ["HOUSEID", "VEHCASEID"]
    told = []
    for why, fault in faults.items():
        bad = days.select(fault.any().over(vehicle)).to_series()
        if lost := days.filter(bad).n_unique(subset=vehicle):
            told.append(f"{lost} vehicle-days left out: {why}")
        days = days.filter(~bad)
    return days, tuple(told)


def _home(name: str) -> pl.Expr:
    return pl.col(name).is_in([float(code) for code in _HOME_CODES]).fill_null(False)


def _minute(name: str) -> pl.Expr:
    """HHMM as minutes of the travel day 04:00..27:59; null where it is not a time."""
    hour, minute = pl.col(name) // 100, pl.col(name) % 100
    of_day = hour * 60 + minute
    sane = (pl.col(name) >= 0) & (hour < 24) & (minute < 60)
    wrapped = pl.when(of_day < DAY_START_MIN).then(of_day + 1440).otherwise(of_day)
    return pl.when(sane).then(wrapped.clip(DAY_START_MIN, DAY_END_MIN))


def _table(days: pl.DataFrame, name: str) -> Floats:
    """A list column as a table padded with zeros, [n_day, most]."""
    most = int(days["depart"].list.len().max() or 0)  # type: ignore[arg-type]
    padded = days.select(
        pl.concat_list(pl.col(name), pl.lit([0.0] * most))
        .list.head(most)
        .list.to_array(most)
    )
    return padded.to_series().to_numpy().astype(np.float64)
