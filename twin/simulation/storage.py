"""Stationary batteries in a run's step: what they see, decide, draw and give."""

from __future__ import annotations

from dataclasses import dataclass, field, replace

import numpy as np

from twin.agents.headroom import USABLE_RATING
from twin.agents.observation import Observation
from twin.agents.storage import Battery as Able
from twin.agents.storage import shaving_course_kw
from twin.arrays import Floats, Ints, totals
from twin.customers.batteries import Batteries
from twin.customers.spread import Spread
from twin.grid.flow import Demand
from twin.grid.zones import Zones
from twin.scenario.storage_words import Battery
from twin.simulation.battery_places import Places
from twin.surroundings.outlook import Outlook
from twin.timeline import Timeline


@dataclass
class Storage:
    """The grid operator's batteries [n_battery] on the feeder, one after another.

    They decide before the cars do, from the outlook's forecast of customers, the
    network's own plants ``plants_kw`` [n_zone], and a forecast of cars that is
    yesterday's course, corrected by the last hour. ``kw`` is what each did in the
    interval that was closed last. The state is data: the batteries' columns, ``kw`` and
    the rings of ``cars``.
    """

    names: tuple[str, ...]
    batteries: Batteries
    spread: Spread
    node: Ints
    zone: Ints
    car_zone: Ints
    target_kw: Floats
    plants_kw: Floats
    cars: Outlook
    step_h: float
    start_kwh: Floats
    kw: Floats = field(default_factory=lambda: np.empty(0))

    def __post_init__(self) -> None:
        self.kw = np.zeros(len(self))

    def __len__(self) -> int:
        return len(self.names)

    def go_on_from(self, before: Storage, n_steps: int) -> None:
        """Begin as others end, whose interval ``n_steps`` is the first."""
        self.batteries.store_kwh = before.batteries.store_kwh.copy()
        self.start_kwh = self.batteries.store_kwh.copy()
        self.kw = before.kw.copy()
        self.cars.go_on_from(before.cars, n_steps)

    def settle(self, demand: Demand) -> Demand:
        """Live through the interval; its demand with what the batteries drew.

        A battery of which any node is dead stands still.
        """
        n = len(self)
        alive = np.ones(n, dtype=np.bool_)
        if demand.dead is not None:
            out = demand.dead[self.node].astype(np.float64)
            alive = totals(self.spread.owner, out, n) == 0.0
        self.kw = self.batteries.settle(alive, self.step_h)
        at = self.spread.at_terminals(self.kw, len(demand.fixed_kw))
        return demand._replace(fixed_kw=demand.fixed_kw + at)

    def meter(self, k: int, cars_kw: Floats) -> None:
        """Remember what cars drew of the grid in interval k [n_ev]."""
        n_zone = self.cars.measured_kw.shape[1]
        self.cars.learn(k, totals(self.car_zone, cars_kw, n_zone))

    def decide(self, seen: Observation) -> Observation:
        """Set every battery for the interval; what the cars' policy sees with it."""
        ahead_kw = seen.ahead_kw + self.cars.ahead(seen.step) + self.plants_kw
        forecast = replace(seen, ahead_kw=ahead_kw).passing_kw.copy()
        wanted_kw = np.zeros(len(self))
        for one in self._order(seen).tolist():
            course_kw = self._course_kw(one, forecast[:, self.zone[one]])
            above = seen.path[self.zone[one]]
            above = above[above >= 0]
            room_kw = USABLE_RATING * seen.rating_kw[above]
            course_kw[0] = min(course_kw[0], _least(room_kw - forecast[0, above]))
            course_kw[0] = max(course_kw[0], -_least(room_kw + forecast[0, above]))
            forecast[:, above] += course_kw[:, None]
            wanted_kw[one] = course_kw[0]
        self.batteries.set(wanted_kw, self.step_h)
        return self._seen_by_cars(seen)

    def residual(self) -> float:
        """Change of store less what went in and out of it, kWh; 0 but for rounding."""
        own = self.batteries
        flows_kwh = own.drawn_kwh - own.given_kwh - own.lost_kwh - own.standby_kwh
        missing_kwh = own.store_kwh - self.start_kwh - flows_kwh
        return float(np.abs(missing_kwh).max())

    def _seen_by_cars(self, seen: Observation) -> Observation:
        """Loads with what batteries drew just now, and will in this interval."""
        was_kw = totals(self.zone, self.kw, seen.n_zone)
        ahead_kw = seen.ahead_kw.copy()
        ahead_kw[0] += totals(self.zone, self.batteries.set_kw, seen.n_zone)
        return replace(seen, base_kw=seen.base_kw + was_kw, ahead_kw=ahead_kw)

    def _course_kw(self, one: int, load_kw: Floats) -> Floats:
        own = self.batteries
        able = Able(
            float(own.low_kwh[one]),
            float(own.high_kwh[one]),
            float(own.kw[one]),
            float(own.one_way[one]),
            float(own.standby_kw[one]),
        )
        course_kw: Floats = shaving_course_kw(
            np.ascontiguousarray(load_kw),
            float(self.target_kw[one]),
            float(own.store_kwh[one]),
            able,
            self.step_h,
        )
        return course_kw

    def _order(self, seen: Observation) -> Ints:
        """The lowest zones first, then as the scenario names them [n_battery]."""
        return np.argsort(-seen.depth[self.zone], kind="stable")


def _least(room_kw: Floats) -> float:
    return max(0.0, float(room_kw.min()))


def storage_of(
    words: list[Battery],
    places: Places | None,
    timeline: Timeline,
    zones: Zones,
    plants_kw: Floats,
    car_zone: Ints,
) -> Storage | None:
    """The batteries of a scenario at their start; none where it has none.

    ``plants_kw`` [n_terminal] is what the network's own plants draw.
    """
    if places is None:
        return None
    batteries = batteries_of(words)
    n_step, n_zone = round(24 / timeline.step_h), len(zones)
    plant_zone = zones.of_node[places.feeder.terminals.node_a]
    cars = Outlook(
        "persistence",
        np.zeros((n_step, n_zone)),
        timeline.step_h,
        lambda k: np.zeros(n_zone),
        0.0,
        0,
        lambda k: 0,
        np.zeros(n_zone, dtype=np.int64),
    )
    return Storage(
        names=tuple(one.name for one in words),
        batteries=batteries,
        spread=places.spread,
        node=places.feeder.terminals.node_a[places.spread.terminal],
        zone=places.zone,
        car_zone=car_zone,
        target_kw=_targets_kw(words, zones.rating_kw[places.zone]),
        plants_kw=totals(plant_zone, plants_kw, n_zone),
        cars=cars,
        step_h=timeline.step_h,
        start_kwh=batteries.store_kwh.copy(),
    )


def batteries_of(words: list[Battery]) -> Batteries:
    """Their columns at the start."""
    kwh = np.array([one.kwh for one in words])
    low, high = np.array([one.soc_window for one in words]).T
    said = [one.initial_soc for one in words]
    middle = 0.5 * (low + high)
    initial = np.array(
        [m if s is None else s for s, m in zip(said, middle.tolist(), strict=True)]
    )
    return Batteries(
        kw=np.array([one.kw for one in words]),
        kwh=kwh,
        one_way=np.sqrt([one.round_trip_efficiency for one in words]),
        standby_kw=np.array([one.standby_kw for one in words]),
        low_kwh=low * kwh,
        high_kwh=high * kwh,
        store_kwh=initial * kwh,
    )


def _targets_kw(words: list[Battery], rating_kw: Floats) -> Floats:
    """The target that each is given; none: -inf, what the forecast lets it reach."""
    told = []
    for one, rating in zip(words, rating_kw.tolist(), strict=True):
        share = one.target_loading
        said = one.target_kw if share is None else share * rating
        told.append(-np.inf if said is None else said)
    return np.array(told)
