"""Voltages that jump from one interval to the next, and what the cars did just then."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass

import numpy as np
import polars as pl
from numpy.typing import NDArray

from twin.arrays import Bools, Floats, Ints, totals
from twin.grid.voltage_rules import Single
from twin.simulation.service_voltage import Services
from twin.simulation.violations import Times, nothing

Array = NDArray[np.float32] | Ints
SWITCHED_KW = 0.5
KIND = "rapid_change"


@dataclass(frozen=True)
class Behind:
    """Who is behind which transformer, or on which supply's head.

    customer    zone of each customer, then of each stationary battery
    car         zone of each car               [n_ev]
    head        the head of each zone's supply [n_zone]
    """

    customer: Ints
    car: Ints
    head: Ints

    @property
    def heads(self) -> Bools:
        """Which zones are a supply's head [n_zone]."""
        heads: Bools = self.head == np.arange(len(self.head))
        return heads

    def by_zone(self, of: Ints, kw: Floats) -> Floats:
        """Sums by zone; of a head that of its whole supply. [n_zone]"""
        n = len(self.head)
        whole = totals(self.head[of], kw, n)
        return np.where(self.heads, whole, totals(of, kw, n))


@dataclass(frozen=True)
class DayOf:
    """What a day was like, an interval a row.

    v_pu      voltages                         [n_step, n_node]
    cars_kw   what each car drew less gave       [n_step, n_ev]
    base_kw   each meter's power without cars, then each stationary battery's
    """

    v_pu: Single
    cars_kw: Single
    base_kw: Single


@dataclass(frozen=True)
class Found:
    """A day's columns of ``quality_daily`` and rows of ``events``."""

    columns: Mapping[str, Array]
    events: pl.DataFrame


@dataclass(frozen=True)
class Moved:
    """What changed with one interval, by zone. [n_zone] each"""

    cars_kw: Floats
    base_kw: Floats
    switched: Floats

    def by_cars(self, rise: Bools) -> Bools:
        """Whether cars pushed that way, at least as strongly as all else."""
        pushed: Bools = np.where(rise, self.cars_kw < 0, self.cars_kw > 0)
        return pushed & (np.abs(self.cars_kw) >= np.abs(self.base_kw))


class RapidChanges:
    """Finds changes beyond a limit between successive intervals that are solved.

    Keeps a day's last interval for the first change of the next. What is kept as a
    mean of an interval hides what happens within it, so the count is a lower bound.
    Source: IEC 61000-4-30:2015, 5.11 (rapid voltage changes between steady states).
    """

    def __init__(
        self, services: Services, behind: Behind, names: list[str], limit_pu: float
    ) -> None:
        self.services, self.behind, self.names = services, behind, names
        self.limit_pu = np.float32(limit_pu)
        self._before: DayOf | None = None

    def day(self, times: Times, today: DayOf) -> Found:
        """What changed too much in a day; its first interval against the one before."""
        whole = self._joined(today)
        self._before = DayOf(*(part[-1:] for part in _parts(today)))
        services = self.services
        change = np.diff(whole.v_pu[:, services.node], axis=0)
        over = np.abs(change) > self.limit_pu
        count = np.zeros(services.n_customer, dtype=np.float32)
        by_cars, rows = count.copy(), []
        instants = np.flatnonzero(over.any(axis=1)).tolist()
        n_by_cars = 0
        late = len(times) - len(change)
        for k in instants:
            moved = self._moved(whole, k)
            theirs = self._count(change[k], over[k], moved, count, by_cars)
            n_by_cars += int(theirs.any())
            rows += list(self._rows(times[k + late], change[k], over[k], moved))
        largest = services.largest(_highest(np.abs(change)))
        columns = {
            "rapid_changes": count,
            "rapid_by_cars": by_cars,
            "rapid_largest_pu": services.spread(largest, np.nan),
            "rapid_instants": np.array(len(instants)),
            "rapid_instants_by_cars": np.array(n_by_cars),
        }
        return Found(columns, _frame(rows))

    def _joined(self, today: DayOf) -> DayOf:
        """With the last interval of the day before in front, if there was one."""
        if self._before is None:
            return today
        pairs = zip(_parts(self._before), _parts(today), strict=True)
        return DayOf(*(np.concatenate(pair) for pair in pairs))

    def _moved(self, whole: DayOf, k: int) -> Moved:
        """What cars and all else changed by when interval ``k + 1`` began."""
        behind = self.behind
        cars = np.diff(whole.cars_kw[k : k + 2], axis=0)[0].astype(np.float64)
        base = np.diff(whole.base_kw[k : k + 2], axis=0)[0].astype(np.float64)
        switched = (np.abs(cars) > SWITCHED_KW).astype(np.float64)
        return Moved(
            behind.by_zone(behind.car, cars),
            behind.by_zone(behind.customer, base),
            behind.by_zone(behind.car, switched),
        )

    def _count(
        self, change: Single, over: Bools, moved: Moved, count: Single, by_cars: Single
    ) -> Bools:
        """Add an instant to the counts; which customers' change was by cars."""
        services = self.services
        zone = self.behind.customer[services.owner]
        n = len(self.behind.head)
        rise, fall = np.ones(n, bool), np.zeros(n, bool)
        theirs = np.where(
            change > 0, moved.by_cars(rise)[zone], moved.by_cars(fall)[zone]
        )
        here, caused = services.any(over), services.any(over & theirs)
        count[services.customer[here]] += 1
        by_cars[services.customer[caused]] += 1
        return caused

    def _rows(
        self, time: np.datetime64, change: Single, over: Bools, moved: Moved
    ) -> Iterator[dict[str, object]]:
        """A row of ``events`` for each transformer: its worst node, and how many."""
        services = self.services
        zone = self.behind.customer[services.owner]
        for one in np.unique(zone[over]).tolist():
            rows = np.flatnonzero(over & (zone == one))
            worst = rows[np.abs(change[rows]).argmax()]
            n = len(np.unique(services.owner[rows]))
            yield {
                "time": time.item(),
                "entity": f"node {self.names[services.node[worst]]}",
                "value": float(change[worst]),
                "reason": self._words(float(change[worst]), n, moved, one),
            }

    def _words(self, change: float, n: int, moved: Moved, zone: int) -> str:
        where = "on the feeder" if self.behind.heads[zone] else "behind its transformer"
        cars, base = moved.cars_kw[zone], moved.base_kw[zone]
        switched = int(moved.switched[zone])
        return (
            f"voltage {'rose' if change > 0 else 'fell'} by more than "
            f"{100 * self.limit_pu:g} % at once at {n} customer{'' if n == 1 else 's'};"
            f" {where} {switched} car{'' if switched == 1 else 's'} switched "
            f"({cars:+.1f} kW), all else changed by {base:+.1f} kW"
        )


def _parts(day: DayOf) -> tuple[Single, Single, Single]:
    return day.v_pu, day.cars_kw, day.base_kw


def _highest(values: Single) -> Single:
    found: Single = np.fmax.reduce(values, axis=0, initial=np.nan)
    return found


def _frame(rows: list[dict[str, object]]) -> pl.DataFrame:
    if not rows:
        return nothing()
    schema = nothing().schema
    fixed = {"until": None, "kind": KIND}
    return pl.DataFrame(
        [{name: (row | fixed)[name] for name in schema} for row in rows], schema=schema
    )
