"""Runs a scenario from its first instant to its last, and writes it down."""

from __future__ import annotations

import gc
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path

from twin.arrays import Floats
from twin.errors import RunFailed
from twin.results.identity import Code, run_id_by
from twin.results.record import Run
from twin.results.store import RunWriter
from twin.scenario.spec import Scenario
from twin.simulation import statics
from twin.simulation.auditing import audited
from twin.simulation.build import Grid, Plan, build, plan, refuse_absurd_head
from twin.simulation.histories import histories
from twin.simulation.lead_in import led_in
from twin.simulation.telling import known_afterwards, known_beforehand, told
from twin.simulation.world import World

PACKAGE = Path(__file__).parents[1]
LIBRARIES = (
    "simpy",
    "mesa",
    "pandapower",
    "pandas",
    "networkx",
    "numpy",
    "scipy",
    "numba",
    "llvmlite",
    "polars",
)


@dataclass(frozen=True)
class Progress:
    """How far a run is, told after each simulated day."""

    day: int
    days: int
    date: str
    steps_per_s: float
    left_s: float


Watch = Callable[[Progress], None]


def run(
    scenario: Scenario,
    out: Path | str,
    grid: Grid | None = None,
    watch: Watch | None = None,
    force: bool = False,
    code: Code | None = None,
) -> Path:
    """Run a scenario into ``<out>/<name>/<run id>``; a complete one is not repeated.

    Who runs many hands in the ``grid`` and the ``code``, read once.
    """
    began = time.perf_counter()
    planned = plan(scenario, grid)
    refuse_absurd_head(planned)
    code = code or this_code()
    identity = run_id_by(code, scenario.resolved(), planned.inputs, planned.policy_file)
    out = Path(out)
    final = out / scenario.name / identity
    if not force and final.is_dir() and Run.open(final).is_complete:
        return final
    with RunWriter.open(out, scenario.name, identity) as writer:
        writer.describe(known_beforehand(planned, dict(code.versions)))
        wall = {"read": time.perf_counter() - began}
        start = led_in(planned, _leading(planned, writer))
        if start is not None:
            wall["lead_in"] = time.perf_counter() - began - wall["read"]
        world = build(planned, writer, start)
        soc_start = world.fleet.state["soc"].copy()
        writer.table("nodes", statics.nodes(planned))
        writer.table("branches", statics.branches(planned))
        writer.table("transformers", statics.transformers(planned))
        wall["build"] = time.perf_counter() - began - sum(wall.values())
        simulated = simulate(world, _telling(planned, writer, watch))
        wall["simulate"] = simulated
        _refuse_nothing_solved(world)
        audit = audited(planned, world, simulated)
        wall["audit"] = audit.pop("wall_s", 0.0)
        _write_totals(writer, planned, world, soc_start)
        return writer.finish(
            {
                "audit": audit,
                **known_afterwards(world, soc_start),
                **told(planned, world.recorder),
                "wall_time_s": {stage: round(s, 3) for stage, s in wall.items()},
            }
        )


def this_code() -> Code:
    """The sources and libraries that runs are made by."""
    return Code.of(PACKAGE, LIBRARIES)


def simulate(world: World, on_day: Callable[[int], None] | None = None) -> float:
    """Let a world live to its end; wall seconds that it took."""
    began = time.perf_counter()
    world.recorder.on_day = on_day
    with _collector_spared():
        world.env.run(until=world.begin(world.env))
    return time.perf_counter() - began


@contextmanager
def _collector_spared() -> Iterator[None]:
    """What is there already is not searched for garbage while a world lives.

    A worker that has frozen its libraries for all its runs is left as it is.
    """
    if gc.get_freeze_count():
        yield
        return
    gc.freeze()
    try:
        yield
    finally:
        gc.unfreeze()


def _refuse_nothing_solved(world: World) -> None:
    if world.recorder.steps_failed == world.timeline.n_steps:
        raise RunFailed(
            "no step has a power flow solution: the loads are far beyond what this "
            "feeder can carry; 'twin inspect' shows its own load, customers.* yours"
        )


def _telling(
    planned: Plan, writer: RunWriter, watch: Watch | None
) -> Callable[[int], None]:
    timeline, began = planned.timeline, time.perf_counter()

    def tell(day: int) -> None:
        done = int(timeline.midnight_s[day + 1]) // timeline.step_s
        speed = done / max(time.perf_counter() - began, 1e-9)
        fraction = done / timeline.n_steps
        instant = timeline.utc(int(timeline.midnight_s[day + 1]))
        writer.progress(instant, fraction, speed)
        if watch is not None:
            left_s = (timeline.n_steps - done) / speed
            date = timeline.date_of(day).isoformat()
            watch(Progress(day + 1, timeline.days, date, speed, left_s))

    return tell


def _leading(planned: Plan, writer: RunWriter) -> Callable[[int, int], None]:
    """Tells whoever watches that a run lives, though nothing is recorded yet."""
    began, per_day = time.perf_counter(), 24 / planned.timeline.step_h

    def tell(day: int, days: int) -> None:
        speed = day * per_day / max(time.perf_counter() - began, 1e-9)
        instant = planned.timeline.utc(planned.timeline.midnight(day - days))
        writer.progress(instant, 0.0, speed)

    return tell


def _write_totals(
    writer: RunWriter, planned: Plan, world: World, soc_start: Floats
) -> None:
    writer.table("customers", statics.customers(planned, world))
    writer.table("evs", statics.evs(planned, world, soc_start))
    writer.table("histories", histories(planned, world.fleet.itinerary.driven_km))
    if world.guests.shadow is not None:
        writer.table("shadow_evs", statics.shadow_evs(planned, world.guests.shadow))
    if world.guests.storage is not None:
        writer.table("storage", statics.storage(planned, world.guests.storage))
    if world.guests.outages is not None:
        writer.table("outages", world.guests.outages.table())
    if world.guests.calls is not None:
        writer.table("calls", world.guests.calls.table())
    if world.funnel is not None:
        part = world.funnel.participants
        writer.table("participants", part.frame(planned.cars.could_kw))
        writer.table("funnel", world.funnel.frame())
