"""Node by node: how much more may be drawn or given, at peak and at lowest load."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from functools import partial
from typing import Literal
from zoneinfo import ZoneInfo

import numpy as np
import polars as pl

from twin.arrays import Floats, Ints
from twin.errors import RunFailed
from twin.grid.controls import Regulated
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
from twin.grid.opendss_elements import HELD
from twin.scenario.spec import Scenario
from twin.simulation.build import build, plan
from twin.simulation.plan import Plan
from twin.simulation.regulation import solver_of
from twin.simulation.world import World
from twin.studies.screen_check import (
    CHECKED_CONNECTIONS,
    Check,
    check_lines,
    checked,
)

Method = Literal["screen", "iterative"]
DRAWS, GIVES = 1.0, -1.0
TOLERANCE_PU = 1e-10
WAYS: Mapping[str, float] = {"import": DRAWS, "export": GIVES}


@dataclass(frozen=True)
class Point:
    """An interval of a scenario without cars, solved.

    `feeder` has regulators and capacitors as they come to rest there; `moved` of them
    stand otherwise than in the file.
    """

    interval: int
    local: str
    base_kw: float
    demand: Demand
    feeder: Feeder
    moved: int
    powerflow: PowerFlow
    flow: Flow


@dataclass(frozen=True, eq=False)
class Screened:
    """A row a connection: what it may add alone, and what binds then.

    Import is judged at `peak` load, export at the `lowest`. `checks` are the screen
    beside full solutions, by way, where that was asked for.
    """

    table: pl.DataFrame
    peak: Point
    lowest: Point
    notes: tuple[str, ...]
    checks: Mapping[str, Check]
    checked_bus: Sequence[str]


def screened(
    scenario: Scenario, method: Method, check: int = CHECKED_CONNECTIONS
) -> Screened:
    """Every connection with a customer, one at a time, by a method.

    `check` connections are solved in full as well where the method is the screen.
    """
    planned = plan(scenario)
    world = build(planned)
    base_kw = _base_kw(world)
    peak, lowest = (
        _point(planned, world, base_kw, int(k))
        for k in (base_kw.argmax(), base_kw.argmin())
    )
    first, connections = connections_of(planned)
    table = who(planned, first)
    some, like = alike(planned.grid.feeder, connections)
    judged = np.unique(judged_nodes(planned))
    checks = {}
    for way, sign in WAYS.items():
        point = peak if sign == DRAWS else lowest
        bounds = Bounds.of(point.feeder, point.flow, judged, planned.limits)
        full = partial(iterated, point.powerflow, point.demand)
        if method == "screen":
            screen = Screen(point.feeder, point.demand, point.flow, bounds)
            room = screen.room(some, sign)
            if check:
                checks[way] = checked(room, some, full, bounds, sign, check)
        else:
            room = full(some, bounds, sign)
        room = Room(room.kw[like], room.place[like])
        table = table.with_columns(**_columns(way, room, bounds, point.feeder))
    notes = (*controls_notes(planned, peak, lowest), *unrated_notes(planned))
    bus = table["bus"].to_list()
    names = [bus[row] for row in np.unique(like, return_index=True)[1]]
    return Screened(table, peak, lowest, notes, checks, names)


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


def _point(planned: Plan, world: World, base_kw: Floats, k: int) -> Point:
    given = world.surroundings.during(k)
    cars = np.zeros(len(world.fleet))
    demand = Demand(*world.customers.net(given.drawn_kw, given.pv_kw, cars))
    timeline = planned.timeline
    instant = timeline.utc(k * timeline.step_s).astimezone(ZoneInfo(timeline.timezone))
    local = f"{instant:%Y-%m-%d %H:%M}"
    feeder, moved = _at_rest(planned, demand)
    solver = planned.scenario.power_flow.solver
    powerflow = power_flow(feeder, planned.grid.net, solver, TOLERANCE_PU)
    flow = powerflow.solve(demand)
    if not flow.converged:
        raise RunFailed(f"no power flow solution without cars at {local}")
    return Point(k, local, float(base_kw[k]), demand, feeder, moved, powerflow, flow)


def _at_rest(planned: Plan, demand: Demand) -> tuple[Feeder, int]:
    """The feeder once its controls rest, from the file's positions; how many moved."""
    if planned.moves is None:
        return planned.grid.feeder, 0
    controls = solver_of(planned.scenario, planned.grid, planned.moves)
    if not isinstance(controls, Regulated):
        return planned.grid.feeder, 0
    before = controls.positions()
    controls.solve(demand)
    after = controls.positions()
    moved = sum(
        at != before[kind][name]
        for kind, all_ in after.items()
        for name, at in all_.items()
    )
    return controls.feeder_at(controls.scale), moved


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
    named = [bounds.name(int(place), feeder) for place in room.place]
    limit, element, phase = zip(*named, strict=True) if named else ((), (), ())
    return {
        f"{way}_kw": pl.Series(room.kw.round(3)),
        f"{way}_limit": pl.Series(limit, dtype=pl.String),
        f"{way}_element": pl.Series(element, dtype=pl.String),
        f"{way}_phase": pl.Series(phase, dtype=pl.Int64),
    }


def controls_notes(planned: Plan, peak: Point, lowest: Point) -> tuple[str, ...]:
    """Where regulators and capacitors stand while more is drawn or given."""
    moves = planned.moves
    if moves is None:
        return tuple(note for note in planned.grid.feeder.notes if HELD in note)
    n = len(moves.regulators) + len(moves.capacitors)
    return (
        f"{n} regulators and switched capacitors stand as they come to rest at each "
        f"load without cars (from where the file has them {peak.moved} move at the "
        f"highest, {lowest.moved} at the lowest), and are held there whatever is "
        "added, by either method",
        *(f"{HELD}: {name}" for name in moves.left_out),
    )


def unrated_notes(planned: Plan) -> tuple[str, ...]:
    """How many branches cannot bind."""
    unrated = int(np.isnan(planned.grid.feeder.branches.rating_near_a).sum())
    return (f"{unrated} branches have no rating and do not bind",) if unrated else ()


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
    buses = found.checked_bus
    parts += [
        line
        for way, check in found.checks.items()
        for line in check_lines(check, way, buses)
    ]
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
