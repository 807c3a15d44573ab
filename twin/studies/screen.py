"""Node by node: how much more may be drawn or given, at peak and at lowest load."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Literal
from zoneinfo import ZoneInfo

import numpy as np
import polars as pl

from twin.arrays import Floats, Ints
from twin.errors import RunFailed
from twin.grid.engines import power_flow
from twin.grid.feeder import Feeder
from twin.grid.flow import Demand, Flow, PowerFlow
from twin.grid.node_hosting import Bounds, Connection, Room, Screen, iterated
from twin.scenario.spec import Scenario
from twin.simulation.build import build, plan
from twin.simulation.plan import Plan
from twin.simulation.world import World

Method = Literal["screen", "iterative"]
DRAWS, GIVES = 1.0, -1.0
WAYS: Mapping[str, float] = {"import": DRAWS, "export": GIVES}


@dataclass(frozen=True)
class Point:
    """An interval of a scenario without cars, solved."""

    interval: int
    local: str
    base_kw: float
    demand: Demand
    flow: Flow


@dataclass(frozen=True, eq=False)
class Screened:
    """A row a connection: what it may add alone, and what binds then.

    Import is judged at `peak` load, export at the `lowest`.
    """

    table: pl.DataFrame
    peak: Point
    lowest: Point
    notes: tuple[str, ...]


def screened(scenario: Scenario, method: Method) -> Screened:
    """Every connection with a customer, one at a time, by a method."""
    planned = plan(scenario)
    world = build(planned)
    feeder = planned.grid.feeder
    flow = power_flow(feeder, planned.grid.net, scenario.power_flow.solver, 1e-10)
    base_kw = _base_kw(world)
    peak, lowest = (
        _point(planned, world, flow, base_kw, int(k))
        for k in (base_kw.argmax(), base_kw.argmin())
    )
    first, connections = connections_of(planned)
    table = who(planned, first)
    judged = np.unique(judged_nodes(planned))
    for way, sign in WAYS.items():
        point = peak if sign == DRAWS else lowest
        bounds = Bounds.of(feeder, point.flow, judged, planned.limits)
        if method == "screen":
            tangent = Screen(feeder, point.demand, point.flow, bounds)
            room = tangent.room(connections, sign)
        else:
            room = iterated(flow, point.demand, connections, bounds, sign)
        table = table.with_columns(**_columns(way, room, bounds, feeder))
    return Screened(table, peak, lowest, notes_of(planned))


def connections_of(planned: Plan) -> tuple[Ints, list[Connection]]:
    """Customers behind one service share a connection: its first customer, and it."""
    people = planned.households
    _, first = np.unique(people.service, return_index=True)
    spread = people.spread
    found = []
    for customer in first.tolist():
        begin = spread.first_row[customer]
        rows = slice(begin, begin + spread.count[customer])
        found.append(Connection(spread.terminal[rows], spread.share[rows]))
    return first, found


def _base_kw(world: World) -> Floats:
    """Load less generation of all customers, interval by interval."""
    n = world.timeline.n_steps
    return np.array([world.surroundings.base_kw(k).sum() for k in range(n)])


def _point(
    planned: Plan, world: World, flow: PowerFlow, base_kw: Floats, k: int
) -> Point:
    given = world.surroundings.during(k)
    cars = np.zeros(len(world.fleet))
    demand = Demand(*world.customers.net(given.drawn_kw, given.pv_kw, cars))
    solved = flow.solve(demand)
    timeline = planned.timeline
    instant = timeline.utc(k * timeline.step_s).astimezone(ZoneInfo(timeline.timezone))
    local = f"{instant:%Y-%m-%d %H:%M}"
    if not solved.converged:
        raise RunFailed(f"no power flow solution without cars at {local}")
    return Point(k, local, float(base_kw[k]), demand, solved)


def judged_nodes(planned: Plan) -> Ints:
    spread = planned.households.spread
    return planned.grid.feeder.terminals.node_a[spread.terminal]


def who(planned: Plan, first: Ints) -> pl.DataFrame:
    people, feeder = planned.households, planned.grid.feeder
    n_transformer = len(feeder.transformers)
    names = np.array([*feeder.transformers.name, ""], dtype=object)
    zone = np.minimum(people.zone[first], n_transformer)
    count = np.bincount(people.service)[people.service[first]]
    return pl.DataFrame(
        {
            "bus": [feeder.nodes.bus[node] for node in people.node[first]],
            "phase": people.phase[first],
            "customer": [people.name[row] for row in first],
            "customers": count,
            "transformer": [str(name) for name in names[zone]],
        }
    )


def _columns(
    way: str, room: Room, bounds: Bounds, feeder: Feeder
) -> dict[str, pl.Series]:
    named = [
        ("", "", 0) if place < 0 else bounds.name(int(place), feeder)
        for place in room.place
    ]
    limit, element, phase = zip(*named, strict=True) if named else ((), (), ())
    return {
        f"{way}_kw": pl.Series(room.kw.round(3)),
        f"{way}_limit": pl.Series(limit, dtype=pl.String),
        f"{way}_element": pl.Series(element, dtype=pl.String),
        f"{way}_phase": pl.Series(phase, dtype=pl.Int64),
    }


def notes_of(planned: Plan) -> tuple[str, ...]:
    said = []
    if planned.moves is not None:
        said.append("regulators and capacitors are held as they stand in the file")
    unrated = int(np.isnan(planned.grid.feeder.branches.rating_near_a).sum())
    if unrated:
        said.append(f"{unrated} branches have no rating and do not bind")
    return tuple(said)


def lines(found: Screened, way: str) -> list[str]:
    """What a way comes to, in words."""
    kw = found.table[f"{way}_kw"].to_numpy()
    at = found.peak if way == "import" else found.lowest
    when = "highest" if way == "import" else "lowest"
    p10, p50, p90 = np.quantile(kw, (0.1, 0.5, 0.9), method="inverted_cdf")
    by_limit = found.table[f"{way}_limit"].value_counts(sort=True).rows()
    bound = ", ".join(f"{limit or 'nothing'} {n}" for limit, n in by_limit)
    return [
        f"{way}: P10 {p10:,.1f}, P50 {p50:,.1f}, P90 {p90:,.1f} kW more at one "
        f"connection alone, at the {when} load without cars ({at.local}, "
        f"{at.base_kw:,.0f} kW)",
        f"  binding: {bound}",
    ]


def text(found: Screened) -> str:
    """A summary for a terminal, with the tightest connections."""
    parts = [line for way in WAYS for line in lines(found, way)]
    parts += [f"note: {note}" for note in found.notes]
    tight = found.table.sort("import_kw", "bus").head(5)
    parts.append("least import:")
    for row in tight.iter_rows(named=True):
        parts.append(
            f"  bus {row['bus']}: {row['import_kw']:,.1f} kW "
            f"({row['import_limit']} of {row['import_element']}), "
            f"export {row['export_kw']:,.1f} kW"
        )
    return "\n".join(parts)
