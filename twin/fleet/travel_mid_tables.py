"""Tables of Mobilitaet in Deutschland that `mid` draws from, as inverse functions."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date as Date  # noqa: N812
from pathlib import Path

import numpy as np
import polars as pl

from twin.arrays import Floats, Ints
from twin.fleet.travel import DATA, DAY_START_MIN, TripPurpose

FOLDER = DATA / "mid"
LATEST_START = 32  # half hours from 04:00: no shift starts after 20:00
SHORTEST_KM = 0.3
ANY = -1  # a trip that goes neither home nor to work

_DESTINATIONS = {
    "shopping": TripPurpose.SHOPPING,
    "leisure": TripPurpose.LEISURE,
    "errands": TripPurpose.ERRANDS,
    "escort": TripPurpose.ESCORT,
}


@dataclass(frozen=True)
class Clock:
    """Departure times by destination, from 04:00 on in half hours."""

    edges_min: Floats  # [49]
    all_cdf: Floats  # [3, 49] weekdays, saturday, sunday
    work_cdf: Floats  # [33]
    choice_cdf: Floats  # [3, 48, 4] non-home destinations by half hour

    @classmethod
    def read(cls, file: Path) -> Clock:
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
        return np.where(order == ANY, purposes[pick], order), rest


@dataclass(frozen=True)
class Legs:
    """Distance by duration: cells of the survey's table, uniform inside each."""

    cdf: Floats  # [n_cell + 1]
    commute_cdf: Floats
    km: Floats  # [n_cell, 2] from, to
    minutes: Floats

    @classmethod
    def read(cls, file: Path) -> Legs:
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


def count_cdf(file: Path, commuters: float, commuters_idle: float) -> Floats:
    """Cumulated shares of 0..4 trips: weekday others, weekday commuters, weekend."""
    table = pl.read_csv(file)
    weekday, weekend = table["weekday"].to_numpy(), table["weekend"].to_numpy()
    idle = (weekday[0] - commuters * commuters_idle) / (1 - commuters)
    moving = weekday[1:] / weekday[1:].sum()
    rows = [
        [idle, *(1 - idle) * moving],
        [commuters_idle, *(1 - commuters_idle) * moving],
        weekend,
    ]
    return np.cumsum(np.array(rows), axis=1)[:, :-1]


def _cdf(shares: Floats) -> Floats:
    steps = np.concatenate([[0.0], np.cumsum(shares)])
    cumulated: Floats = steps / steps[-1]
    return cumulated


def _kind(date: Date) -> int:
    return {5: 1, 6: 2}.get(date.weekday(), 0)
