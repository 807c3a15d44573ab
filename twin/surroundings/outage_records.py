"""Outages that happened: when in the day they began and how long they lasted."""

from __future__ import annotations

from dataclasses import dataclass
from functools import cache
from pathlib import Path

import numpy as np
import polars as pl

from twin.arrays import Floats, Ints

DATA = Path(__file__).parents[1] / "data" / "outages"


@dataclass(frozen=True)
class OutageRecords:
    """Records of equal weight in customer interruptions.

    minute  of the local day at which each began    [n]
    hours   how long it lasted                      [n]
    """

    minute: Ints
    hours: Floats

    def __len__(self) -> int:
        return len(self.minute)

    def drawn(self, draw: float) -> tuple[int, float]:
        """Minute and hours of one record, by a uniform draw: both of the same one."""
        row = int(draw * len(self))
        return int(self.minute[row]), float(self.hours[row])


def records_file(name: str) -> Path:
    """Where the records of that name lie."""
    return DATA / f"{name}.csv"


@cache
def outage_records(name: str) -> OutageRecords:
    """Records that ship with the twin."""
    rows = pl.read_csv(records_file(name), try_parse_dates=True)
    start = rows["start"].dt
    minute = 60 * start.hour().cast(pl.Int64) + start.minute().cast(pl.Int64)
    return OutageRecords(minute.to_numpy(), rows["hours"].to_numpy().astype(np.float64))
