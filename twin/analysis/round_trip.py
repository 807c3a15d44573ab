"""Reads what a run's cars lost in charging and in giving: one pass over their steps."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
import polars as pl
from numpy.typing import NDArray

from twin.accounts.round_trip import Throughput, nothing_yet, plus
from twin.analysis.digest import Times, chunks
from twin.arrays import Bools, Floats, Ints
from twin.results.record import Run

PLUGGED = 2


def throughput_of(
    run: Run, soc_start: Floats, capacity_kwh: Floats, step_h: float
) -> Throughput:
    """Of intervals in which a car was at its plug from end to end.

    Left out are those within which it was plugged in or unplugged, or within which an
    outage began or ended: there it may have driven, or charged and given both.
    """
    sums, before_soc = nothing_yet(len(capacity_kwh)), soc_start
    plugged_before: Bools = np.zeros(len(capacity_kwh), np.bool_)
    cuts: _Cuts | None = None
    first = 0
    for time, (kw, soc, state) in chunks(run, "ev_steps", "kw", "soc", "state"):
        cuts = cuts or _Cuts.of(run, time[0], step_h)
        ends = np.vstack([before_soc[None, :], soc.astype(np.float64)])
        plugged = np.vstack([plugged_before[None, :], state == PLUGGED])
        whole = plugged[:-1] & plugged[1:] & cuts.none(first, state.shape)
        gain_kwh = np.diff(ends, axis=0) * capacity_kwh
        sums = plus(sums, kw, gain_kwh, whole, step_h)
        before_soc, plugged_before = ends[-1], plugged[-1]
        first += len(time)
    return sums


@dataclass(frozen=True, eq=False)
class _Cuts:
    """Intervals, counted from the run's start, that something cut in two.

    row, ev  a car was plugged in or unplugged in them
    common   an outage began or ended in them
    """

    row: Ints
    ev: Ints
    common: Ints

    @classmethod
    def of(cls, run: Run, start: np.datetime64, step_h: float) -> _Cuts:
        """Those of a run."""
        stays = run.scan("sessions").select("ev", "plug_in", "plug_out").collect()
        ev = np.tile(stays["ev"].to_numpy().astype(np.int64), 2)
        row = _within(pl.concat([stays["plug_in"], stays["plug_out"]]), start, step_h)
        common = np.zeros(0, np.int64)
        if run.has("events"):
            rows = run.scan("events").filter(pl.col("kind") == "outage").collect()
            common = _within(pl.concat([rows["time"], rows["until"]]), start, step_h)
        cut = row >= 0
        return cls(row[cut], ev[cut], common[common >= 0])

    def none(self, first: int, shape: tuple[int, ...]) -> Bools:
        """Where nothing did, from a row on. [n_step, n_ev]"""
        clear = np.ones(shape, np.bool_)
        here = (self.row >= first) & (self.row < first + len(clear))
        clear[self.row[here] - first, self.ev[here]] = False
        common = self.common[
            (self.common >= first) & (self.common < first + len(clear))
        ]
        clear[common - first] = False
        return clear


def _within(instants: pl.Series, start: np.datetime64, step_h: float) -> Ints:
    """The interval that an instant lies within; -1: on an edge, or unknown."""
    step_us = round(step_h * 3.6e9)
    known: Times = instants.drop_nulls().to_numpy()
    since: NDArray[np.int64] = (
        (known - start).astype("timedelta64[us]").astype(np.int64)
    )
    found = np.full(len(instants), -1, np.int64)
    inside = since % step_us != 0
    found[np.flatnonzero(instants.is_not_null().to_numpy())] = np.where(
        inside, since // step_us, -1
    )
    return found
