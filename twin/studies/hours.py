"""Hosting by the hour: month by month, weekdays and weekends, node by node."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import date

import numpy as np
import polars as pl

from twin.arrays import Floats, Ints
from twin.errors import InputError, RunFailed, nearest
from twin.grid.engines import power_flow
from twin.grid.feeder import Feeder
from twin.grid.flow import Demand, Flow, PowerFlow
from twin.grid.node_hosting import (
    Bounds,
    Connection,
    Room,
    Screen,
    alike,
    iterated,
)
from twin.scenario.spec import Scenario
from twin.simulation.build import build, plan
from twin.simulation.plan import Plan
from twin.simulation.world import World
from twin.studies.screen import (
    WAYS,
    connections_of,
    judged_nodes,
    unrated_notes,
    who,
)

MONTHS, HOURS = 12, 24
DAY_TYPES = ("weekday", "weekend")
N_CLASS = MONTHS * len(DAY_TYPES) * HOURS
TANGENTS = 8
CHECKED = 12
MEAN = -1.0


@dataclass(frozen=True)
class Loads:
    """Load and PV of every customer in each class of hours [n_class, n_customer]."""

    load_kw: Floats
    pv_kw: Floats

    @property
    def net_kw(self) -> Floats:
        """Load less PV of all customers [n_class]."""
        net: Floats = (self.load_kw - self.pv_kw).sum(axis=1)
        return net


@dataclass(frozen=True, eq=False)
class Profile:
    """A row a connection and class of hours, what binds there, and how sure that is.

    ``optimism`` is the largest share by which the screen was above the full solution
    at the hours and connections that were checked, ``checked`` how many. ``feeder`` is
    its name.
    """

    table: pl.DataFrame
    optimism: float
    checked: int
    notes: tuple[str, ...]
    feeder: str


def profiled(
    scenario: Scenario,
    percentile: float | None = None,
    nodes: Sequence[str] = (),
    check: int = CHECKED,
) -> Profile:
    """Every connection with a customer, one at a time, in each of 576 classes.

    The base is the mean of each class, or the interval whose net load of the whole
    feeder is the ``percentile`` of its class for import, 100 less that for export.
    """
    planned = plan(year_of(scenario))
    world = build(planned)
    feeder = planned.grid.feeder
    first, connections = connections_of(planned)
    told = who(planned, first)
    which = _chosen(told, nodes)
    connections, like = alike(feeder, [connections[row] for row in which])
    flow = power_flow(feeder, planned.grid.net, scenario.power_flow.solver, 1e-10)
    judged = np.unique(judged_nodes(planned))
    loads = classes(world, percentile)
    frames, worst, n_checked = [], 0.0, 0
    for way, sign in WAYS.items():
        points = [_solved(planned, world, flow, loads[way], c) for c in range(N_CLASS)]
        bounds = [Bounds.of(feeder, f, judged, planned.limits) for _, f in points]
        rooms = _rooms(planned, connections, points, bounds, sign)
        frames.append(_frame(way, rooms, like, bounds[0], feeder))
        if check:
            found = _checked(flow, connections, points, bounds, rooms, sign, check)
            worst, n_checked = max(worst, found[0]), n_checked + found[1]
    head = told[which].select("bus", "customer", "transformer")
    table = _keys(head).hstack(frames[0]).hstack(frames[1])
    said = (
        *_base_words(percentile),
        *_controls_words(planned),
        *unrated_notes(planned),
    )
    return Profile(table, worst, n_checked, said, feeder.name)


def year_of(scenario: Scenario) -> Scenario:
    """The same without cars and events, from the first to the last of its year."""
    year = scenario.time.start.year
    days = (date(year + 1, 1, 1) - date(year, 1, 1)).days
    time = scenario.time.model_copy(update={"start": date(year, 1, 1), "days": days})
    return scenario.model_copy(update={"time": time, "events": []})


def class_of(day: date, minute: int) -> int:
    """The class of an instant by its local date and minute; holidays are weekdays."""
    weekend = int(day.weekday() >= 5)
    return ((day.month - 1) * len(DAY_TYPES) + weekend) * HOURS + min(minute // 60, 23)


def classes(world: World, percentile: float | None) -> Mapping[str, Loads]:
    """What customers draw and make in each class, for import and for export."""
    timeline = world.timeline
    n, n_customer = timeline.n_steps, len(world.customers)
    own = np.zeros(n, dtype=np.int64)
    net_kw = np.zeros(n)
    load, pv = np.zeros((N_CLASS, n_customer)), np.zeros((N_CLASS, n_customer))
    for k in range(n):
        day, minute = timeline.wall_clock(k)
        own[k] = class_of(timeline.date_of(day), minute)
        given = world.surroundings.during(k)
        net_kw[k] = float((given.load_kw - given.pv_kw).sum())
        load[own[k]] += given.load_kw
        pv[own[k]] += given.pv_kw
    if percentile is None:
        count = np.bincount(own, minlength=N_CLASS)[:, None]
        mean = Loads(load / count, pv / count)
        return {"import": mean, "export": mean}
    return {
        "import": _at(world, own, net_kw, percentile),
        "export": _at(world, own, net_kw, 100.0 - percentile),
    }


def _at(world: World, own: Ints, net_kw: Floats, percentile: float) -> Loads:
    """The interval of each class at a percentile of the feeder's net load."""
    rows = []
    for c in range(N_CLASS):
        steps = np.flatnonzero(own == c)
        ordered = steps[np.argsort(net_kw[steps], kind="stable")]
        rank = int(np.ceil(percentile / 100.0 * len(ordered))) - 1
        rows.append(int(ordered[max(rank, 0)]))
    given = [world.surroundings.during(k) for k in rows]
    return Loads(
        np.stack([one.load_kw for one in given]), np.stack([one.pv_kw for one in given])
    )


def _solved(
    planned: Plan, world: World, flow: PowerFlow, loads: Loads, c: int
) -> tuple[Demand, Flow]:
    cars = np.zeros(len(world.fleet))
    demand = Demand(*world.customers.net(loads.load_kw[c], loads.pv_kw[c], cars))
    solved = flow.solve(demand)
    if not solved.converged:
        month, day_type, hour = _named(c)
        raise RunFailed(
            f"no power flow solution without cars at {hour:02d}:00 on a {day_type} of "
            f"month {month}"
        )
    return demand, solved


def _rooms(
    planned: Plan,
    connections: Sequence[Connection],
    points: Sequence[tuple[Demand, Flow]],
    bounds: Sequence[Bounds],
    sign: float,
) -> list[Room]:
    """By a few tangents, each for the classes of like load."""
    load_kw = np.array([one.load_kw.sum() + one.fixed_kw.sum() for one, _ in points])
    order = np.argsort(load_kw, kind="stable")
    rooms: dict[int, Room] = {}
    for some in np.array_split(order, TANGENTS):
        demand, flow = points[int(some[len(some) // 2])]
        screen = Screen(planned.grid.feeder, demand, flow, bounds[int(some[0])])
        at = [(points[c][1], bounds[c]) for c in some.tolist()]
        found = screen.rooms(at, connections, sign)
        rooms.update(zip(some.tolist(), found, strict=True))
    return [rooms[c] for c in range(len(points))]


def _checked(
    flow: PowerFlow,
    connections: Sequence[Connection],
    points: Sequence[tuple[Demand, Flow]],
    bounds: Sequence[Bounds],
    rooms: Sequence[Room],
    sign: float,
    check: int,
) -> tuple[float, int]:
    """The largest optimism at a few classes: the fullest, the emptiest, in between.

    At each, the connection with the least room, that with the most, and in between.
    """
    kw = np.stack([room.kw for room in rooms])
    order = np.argsort(kw.min(axis=1), kind="stable")
    chosen = order[np.linspace(0, len(order) - 1, check).astype(int)]
    worst, n = 0.0, 0
    for c in np.unique(chosen).tolist():
        rank = np.argsort(kw[c], kind="stable")
        some = np.unique(rank[np.linspace(0, len(rank) - 1, 3).astype(int)])
        full = iterated(
            flow, points[c][0], [connections[r] for r in some], bounds[c], sign
        )
        known = full.kw > 0.0
        if known.any():
            off = kw[c][some][known] / full.kw[known] - 1.0
            worst, n = max(worst, float(off.max())), n + int(known.sum())
    return worst, n


def _chosen(told: pl.DataFrame, nodes: Sequence[str]) -> list[int]:
    """Rows of the buses that are asked for; all where none is."""
    if not nodes:
        return list(range(told.height))
    buses = told["bus"].to_list()
    for node in nodes:
        if node not in buses:
            raise InputError.of(
                f"no bus '{node}' with a customer; there are {len(set(buses))}"
                f"{nearest(node, buses)}",
                key="--node",
            )
    return [row for row, bus in enumerate(buses) if bus in set(nodes)]


def _named(c: int) -> tuple[int, str, int]:
    month, rest = divmod(c, len(DAY_TYPES) * HOURS)
    return month + 1, DAY_TYPES[rest // HOURS], rest % HOURS


def _keys(head: pl.DataFrame) -> pl.DataFrame:
    named = [_named(c) for c in range(N_CLASS)]
    month, day_type, hour = zip(*named, strict=True)
    hours = pl.DataFrame({"month": month, "day_type": day_type, "hour": hour})
    return hours.join(head, how="cross").select(
        "bus", "customer", "transformer", "month", "day_type", "hour"
    )


def _frame(
    way: str, rooms: Sequence[Room], like: Ints, bounds: Bounds, feeder: Feeder
) -> pl.DataFrame:
    """Rows class by class, connections within; `like` is the room that each has."""
    kw = np.concatenate([room.kw[like] for room in rooms])
    place = np.concatenate([room.place[like] for room in rooms])
    names = {one: bounds.name(one, feeder) for one in np.unique(place).tolist()}
    told = [names[one] for one in place.tolist()]
    return pl.DataFrame(
        {
            f"{way}_kw": kw.round(3),
            f"{way}_limit": [one[0] for one in told],
            f"{way}_element": [one[1] for one in told],
            f"{way}_phase": [one[2] for one in told],
        }
    )


def _controls_words(planned: Plan) -> tuple[str, ...]:
    if planned.moves is None:
        return ()
    return ("regulators and capacitors are held as they stand in the file",)


def _base_words(percentile: float | None) -> tuple[str, ...]:
    if percentile is None:
        return ("base: each customer's mean of the class, without cars",)
    return (
        f"base: the interval at the {percentile:g}th percentile of the feeder's net "
        f"load in the class for import, the {100 - percentile:g}th for export, "
        "without cars",
    )
