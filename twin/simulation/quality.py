"""What phases do to each other: unbalance of voltages, current in the neutral."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
import polars as pl

from twin.arrays import Complexes, Floats, Ints
from twin.grid.feeder import Feeder
from twin.grid.flow import Flow
from twin.grid.sequence import (
    MISSING,
    branch_places,
    bus_places,
    current_a,
    neutral_a,
    unbalance,
)
from twin.grid.voltage_rules import Single, root_means, steps_in_mean
from twin.simulation.violations import Times, frame, nothing, spells


@dataclass(frozen=True)
class Phases:
    """Where a feeder has three phases; nothing in the positive sequence.

    buses      their nodes of phases 1, 2, 3, customers' buses first     [n_bus, 3]
    judged     names of customers' buses
    lines      branches of phases 1, 2, 3                                [n_line, 3]
    limit      of the unbalance at customers, a share
    """

    feeder: Feeder
    buses: Ints
    judged: list[str]
    lines: Ints
    limit: float

    @classmethod
    def of(cls, feeder: Feeder, customer_node: Ints, limit: float) -> Phases:
        """Real buses and lines that have all three."""
        names, places = bus_places(feeder)
        whole = (places != MISSING).all(axis=1)
        whole &= ~feeder.nodes.auxiliary[places].any(axis=1)
        judged = whole & np.isin(places, customer_node).any(axis=1)
        rows = np.concatenate([np.flatnonzero(judged), np.flatnonzero(whole & ~judged)])
        return cls(
            feeder,
            places[rows],
            [f"bus {names[row]}" for row in np.flatnonzero(judged)],
            _lines(feeder),
            limit,
        )

    def unbalance(self, v: Complexes) -> Floats:
        """|V_2| / |V_1| of every bus with three phases. [n_bus]"""
        return unbalance(v, self.buses) if len(self.buses) else np.empty(0)

    def neutral_a(self, flow: Flow) -> float:
        """The largest sum of a line's three phase currents, A; NaN without phases."""
        if not len(self.lines):
            return float("nan")
        amps = current_a(self.feeder, flow, self.lines.ravel())
        return largest(neutral_a(amps, np.arange(len(amps)).reshape(-1, 3)))

    def rows(self, times: Times, step: np.timedelta64, shares: Single) -> pl.DataFrame:
        """Spells of a day above the limit, by 10-minute means [n_step, n_judged].

        A longer interval is its own mean. Source: IEC 61000-4-30, aggregation (the
        root of mean squares); EN 50160, 4.2.4.
        """
        per = steps_in_mean(int(step / np.timedelta64(1, "s")))
        first = np.arange(0, len(shares), per)
        means = root_means(shares, per)
        found = spells(means > self.limit, means)
        if not len(found.first):
            return nothing()
        reason = f"unbalance above {100.0 * self.limit:g} %"
        told = frame(found, self.judged, reason, times[first], per * step)
        return told.sort("time", "entity")


def largest(values: Floats) -> float:
    """The largest of those that are known; NaN where none is."""
    return float(np.fmax.reduce(values, initial=np.nan))


def _lines(feeder: Feeder) -> Ints:
    rows, places = branch_places(feeder)
    kind = np.array(feeder.branches.kind)[rows]
    lines: Ints = places[(kind == "line") & (places != MISSING).all(axis=1)]
    return lines
