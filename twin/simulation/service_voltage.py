"""Voltage at each customer's service, judged a day at a time by every rule."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass

import numpy as np

from twin.arrays import Bools, Floats, Ints
from twin.customers.spread import Spread
from twin.grid.feeder import Feeder
from twin.grid.voltage_rules import (
    ALWAYS_PU,
    WEEK_DAYS,
    WEEKLY_PU,
    Ranges,
    Single,
    outside,
    percentile_95,
    root_means,
    steps_in_mean,
)

NO_BUS = -1


def service_nodes(feeder: Feeder, spread: Spread) -> tuple[Ints, Ints]:
    """Owners, ascending, and the nodes that their terminals touch. [n_row] each

    Neutrals excepted; of a service on two legs both, each to its neutral.
    """
    terminals, row = feeder.terminals, spread.terminal
    node = np.concatenate([terminals.node_a[row], terminals.node_b[row]])
    owner = np.tile(spread.owner, 2)
    judged = (node >= 0) & ~feeder.nodes.auxiliary[node]
    pairs = np.unique(np.stack([owner[judged], node[judged]]), axis=1)
    return pairs[0], pairs[1]


@dataclass(frozen=True)
class Services:
    """Which nodes are each customer's. Rows of a customer together, owners ascending.

    owner, node, phase  customer, its node and that node's phase              [n_row]
    customer            customers that have a node                          [n_known]
    first               where the rows of each of these begin                [n_known]
    ranges              of ANSI C84.1                                          [n_row]
    bus                 row of its bus among buses with three phases, or -1 [n_customer]
    """

    n_customer: int
    owner: Ints
    node: Ints
    phase: Ints
    customer: Ints
    first: Ints
    ranges: Ranges
    bus: Ints

    @classmethod
    def of(cls, feeder: Feeder, spread: Spread, buses: list[str]) -> Services:
        """``buses``: those with three phases whose unbalance is recorded, by name."""
        owner, node = service_nodes(feeder, spread)
        nodes = feeder.nodes
        phase, base_kv = nodes.phase[node], nodes.v_base_kv[node]
        line_kv = np.where(phase > 0, np.sqrt(3.0), 1.0) * base_kv
        customer, first = np.unique(owner, return_index=True)
        place = {name: row for row, name in enumerate(buses)}
        bus = np.full(len(spread.first), NO_BUS, dtype=np.int64)
        bus[customer] = [place.get(nodes.bus[n], NO_BUS) for n in node[first]]
        ranges = Ranges.of(line_kv)
        return cls(len(bus), owner, node, phase, customer, first, ranges, bus)

    def any(self, of_row: Bools) -> Bools:
        """Whether any row of each customer is so. [..., n_row] -> [..., n_known]"""
        return np.logical_or.reduceat(of_row, self.first, axis=-1)

    def largest(self, of_row: Single | Floats) -> Floats:
        """The largest of each customer's rows. [..., n_row] -> [..., n_known]"""
        found: Floats = np.fmax.reduceat(of_row, self.first, axis=-1)
        return found

    def part(self, customers: Bools) -> Services:
        """Some of the customers with a node. [n_known]"""
        count = np.diff(self.first, append=len(self.owner))
        rows = np.flatnonzero(np.repeat(customers, count))
        count = count[customers]
        return Services(
            self.n_customer,
            self.owner[rows],
            self.node[rows],
            self.phase[rows],
            self.customer[customers],
            np.cumsum(count) - count,
            self.ranges.at(rows),
            self.bus,
        )

    def spread(self, of_known: Floats | Ints, otherwise: float) -> Single:
        """Values of customers with a node, as those of all. [n_customer]"""
        whole = np.full(self.n_customer, otherwise, dtype=np.float32)
        whole[self.customer] = of_known
        return whole


class ServiceVoltage:
    """Judges each day's voltages; keeps of the week under way what a week needs."""

    def __init__(self, services: Services, step_s: int) -> None:
        self.services = services
        self.per = steps_in_mean(step_s)
        self.mean_h = self.per * step_s / 3600.0
        self._beyond: Ints
        self._known: Ints
        self._vuf: list[Single]
        self._begin_week()

    def day(self, day: int, v_pu: Single, vuf: Single) -> Mapping[str, Single]:
        """The columns of a day [n_customer] of v_pu [n_step, n_node].

        vuf  |V2| / |V1| of the buses with three phases, a share     [n_step, n_bus]
        """
        if day % WEEK_DAYS == 0:
            self._begin_week()
        services = self.services
        means = root_means(v_pu[:, services.node], self.per)
        self._beyond = self._beyond + (outside(means, *WEEKLY_PU) > 0).sum(0)
        self._known = self._known + (~np.isnan(means)).sum(axis=0)
        self._vuf.append(root_means(vuf, self.per))
        return {
            "known_h": self._known_h(means),
            **self._hours(means),
            **self._farthest(means),
            **self._week(),
        }

    def _begin_week(self) -> None:
        n = len(self.services.node)
        self._beyond = np.zeros(n, dtype=np.int64)
        self._known = np.zeros(n, dtype=np.int64)
        self._vuf = []

    def _known_h(self, means: Single) -> Single:
        count = (~np.isnan(means)).sum(axis=0) * self.mean_h
        return self.services.spread(self.services.largest(count), 0.0)

    def _hours(self, means: Single) -> dict[str, Single]:
        """Hours and depth outside the ranges, of customers who ever leave range A."""
        ranges = self.services.ranges
        low, high = _lowest(means), _highest(means)
        left = self.services.any((low < ranges.a_low) | (high > ranges.a_high))
        part = self.services.part(left)
        v = means[:, np.repeat(left, self._counts)]
        return {
            key: part.spread(sums, 0.0)
            for key, sums in _sums(part, v, self.mean_h).items()
        }

    @property
    def _counts(self) -> Ints:
        services = self.services
        return np.diff(services.first, append=len(services.owner))

    def _farthest(self, means: Single) -> dict[str, Single]:
        """The value farthest from nominal, and its phase."""
        low, high = _lowest(means), _highest(means)
        worst = np.where(1.0 - low > high - 1.0, low, high)
        order = np.lexsort((-np.abs(worst - 1.0), self.services.owner))
        row = order[self.services.first]
        return {
            "worst_pu": self.services.spread(worst[row], np.nan),
            "worst_phase": self.services.spread(self.services.phase[row], 0.0),
        }

    def _week(self) -> dict[str, Single]:
        """Of the week so far: the worst phase's share outside; the 95th percentile."""
        share = self._beyond / np.maximum(self._known, 1)
        vuf = np.append(percentile_95(np.concatenate(self._vuf)), np.nan)
        return {
            "week_outside": self.services.spread(self.services.largest(share), 0.0),
            "week_vuf_p95": vuf[self.services.bus].astype(np.float32),
        }


def _sums(part: Services, v: Single, hours: float) -> dict[str, Floats]:
    """Each customer's hours and pu-hours, any or the worst of its phases counting."""
    if not len(part.customer):
        return dict.fromkeys(HOURS, np.empty(0))
    band = part.ranges
    beyond = outside(v, *ALWAYS_PU) > 0
    far_a = part.largest(outside(v, band.a_low, band.a_high))
    far_b = part.largest(outside(v, band.b_low, band.b_high))
    counted = (
        part.any(v < band.a_low),
        part.any(v > band.a_high),
        far_a > 0,
        far_a,
        part.any(v < band.b_low),
        part.any(v > band.b_high),
        far_b > 0,
        far_b,
        part.any(beyond),
    )
    named = zip(HOURS, counted, strict=True)
    return {key: values.sum(axis=0, dtype=np.float64) * hours for key, values in named}


HOURS = (
    "a_below_h",
    "a_above_h",
    "a_outside_h",
    "a_depth_pu_h",
    "b_below_h",
    "b_above_h",
    "b_outside_h",
    "b_depth_pu_h",
    "beyond_h",
)


def _lowest(means: Single) -> Single:
    found: Single = np.fmin.reduce(means, axis=0)
    return found


def _highest(means: Single) -> Single:
    found: Single = np.fmax.reduce(means, axis=0)
    return found
