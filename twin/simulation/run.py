"""Runs a scenario from its first instant to its last, and writes it down."""

from __future__ import annotations

import gc
import time
from collections import Counter
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np

from twin.arrays import Floats
from twin.errors import RunFailed
from twin.fleet.fleet import Fleet
from twin.grid.controls import Regulated
from twin.grid.flow import PowerFlow
from twin.grid.newton import Newton as OwnNewton
from twin.grid.opendss_agreement import agreement_with_engine
from twin.grid.opendss_steps import Engine
from twin.grid.pair_newton import PairNewton
from twin.grid.reference import PandapowerEngine
from twin.grid.switching import Switched, isolated
from twin.results.durable import sha256_of
from twin.results.identity import run_id, versions_of
from twin.results.record import Run
from twin.results.store import RunWriter
from twin.scenario.check import notes as scenario_notes
from twin.scenario.spec import Scenario
from twin.simulation import statics
from twin.simulation.build import Grid, Plan, build, plan, refuse_absurd_head
from twin.simulation.feeder_head import lines
from twin.simulation.recorder import Recorder
from twin.simulation.references import (
    Kept,
    Newton,
    OpenDss,
    Pandapower,
    Reduced,
    Reference,
)
from twin.simulation.world import World

PACKAGE = Path(__file__).parents[1]
AUDIT_PU = 1e-11
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
) -> Path:
    """Run a scenario into ``<out>/<name>/<run id>``; a complete one is not repeated."""
    began = time.perf_counter()
    planned = plan(scenario, grid)
    refuse_absurd_head(planned)
    versions = versions_of(LIBRARIES)
    identity = run_id(
        scenario.resolved(), planned.inputs, PACKAGE, planned.policy_file, versions
    )
    out = Path(out)
    final = out / scenario.name / identity
    if not force and final.is_dir() and Run.open(final).is_complete:
        return final
    with RunWriter.open(out, scenario.name, identity) as writer:
        writer.describe(_known_beforehand(planned, versions))
        wall = {"read": time.perf_counter() - began}
        world = build(planned, writer)
        soc_start = world.fleet.state["soc"].copy()
        writer.table("nodes", statics.nodes(planned))
        writer.table("branches", statics.branches(planned))
        writer.table("transformers", statics.transformers(planned))
        wall["build"] = time.perf_counter() - began - wall["read"]
        simulated = simulate(world, _telling(planned, writer, watch))
        wall["simulate"] = simulated
        _refuse_nothing_solved(world)
        audit = _audit(planned, world, simulated)
        wall["audit"] = audit.pop("wall_s", 0.0)
        _write_totals(writer, planned, world, soc_start)
        return writer.finish(
            {
                "audit": audit,
                **_known_afterwards(world, soc_start),
                **_told(planned, world.recorder),
                "wall_time_s": {stage: round(s, 3) for stage, s in wall.items()},
            }
        )


def simulate(world: World, on_day: Callable[[int], None] | None = None) -> float:
    """Let a world live to its end; wall seconds that it took."""
    began = time.perf_counter()
    world.recorder.on_day = on_day
    gc.freeze()
    try:
        world.env.run(until=world.begin(world.env))
    finally:
        gc.unfreeze()
    return time.perf_counter() - began


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


def _audit(planned: Plan, world: World, run_s: float) -> dict[str, Any]:
    if isinstance(world.powerflow, PandapowerEngine):
        return {"engine": "none: every step was solved by pandapower itself"}
    began, feeder = time.perf_counter(), planned.grid.feeder
    times = [str(instant) for instant in planned.timeline.utc_times()]
    reference = reference_of(planned, world.powerflow)
    found = world.recorder.audit.run(reference, run_s, times, feeder.nodes)
    if feeder.model == "three_phase":
        found["rounding_pu"] = PairNewton(feeder, AUDIT_PU).rounding_pu()
    found |= _origin(planned)
    return {**found, "wall_s": time.perf_counter() - began}


def _origin(planned: Plan) -> dict[str, Any]:
    """How near an OpenDSS feeder is to the engine's own solution of its file.

    Only where it is solved as its file says: loads and source.
    """
    grid, words = planned.grid, planned.scenario.feeder
    as_in_file = words.loads == "as_in_file" and words.source_voltage_pu is None
    if grid.circuit is None or not as_in_file:
        return {}
    agreement = agreement_with_engine(grid.feeder, grid.circuit)
    return {
        "origin_engine": f"{agreement.engine}, at the file's own loads",
        "origin_difference_pu": agreement.difference_pu,
    }


def reference_of(planned: Plan, powerflow: PowerFlow) -> Reference:
    """Who solves a run's steps again; with dead nodes, the twin's own Newton."""
    if not isinstance(powerflow, Switched):
        return _reference_of(planned, powerflow)
    whole, feeder = powerflow.whole, powerflow.feeder

    def reduced(kept: Kept) -> PowerFlow:
        stood = feeder
        if isinstance(whole, Regulated) and kept.scale is not None:
            stood = whole.feeder_at(kept.scale)
        dead = kept.demand.dead
        if dead is None or powerflow.stays_connected(dead):
            return PairNewton(stood, AUDIT_PU)
        alive = isolated(stood, dead)
        held = OwnNewton if len(alive.generators) else PairNewton
        return held(alive, AUDIT_PU)

    return Reduced(_reference_of(planned, whole), reduced, AUDIT_PU)


def _reference_of(planned: Plan, powerflow: PowerFlow) -> Reference:
    """The engine that the feeder came from; the twin's own where it has none by phase.

    OpenDSS for a circuit, pandapower for a balanced network.
    """
    grid, words = planned.grid, planned.scenario.feeder
    feeder = grid.feeder
    if feeder.model != "three_phase" and grid.net is not None:
        limited = words.enforce_q_limits
        engine = PandapowerEngine(
            grid.net, feeder, enforce_q_limits=limited, run_control=False
        )
        return Pandapower(engine, planned.moves)
    newton = Newton(PairNewton(feeder, AUDIT_PU), AUDIT_PU, _standing_at(powerflow))
    if grid.circuit is None:
        return newton
    master = Path(words.source.partition(":")[2])
    opendss = Engine(
        circuit=grid.circuit,
        feeder=feeder,
        master=master,
        root=words.root or master.parent,
        moves=planned.moves,
        constant_power=words.loads == "constant_power",
    )
    return OpenDss(opendss, newton, feeder.inverters)


def _standing_at(powerflow: PowerFlow) -> Callable[[Floats], PowerFlow] | None:
    """Newton-Raphson of the feeder with its taps as they stood, where they move."""
    if not isinstance(powerflow, Regulated):
        return None
    return lambda scale: PairNewton(powerflow.feeder_at(scale), AUDIT_PU)


def _write_totals(
    writer: RunWriter, planned: Plan, world: World, soc_start: Floats
) -> None:
    writer.table("customers", statics.customers(planned, world))
    writer.table("evs", statics.evs(planned, world, soc_start))
    if world.outages is not None:
        writer.table("outages", world.outages.table())


def _known_beforehand(planned: Plan, versions: dict[str, str]) -> dict[str, Any]:
    scenario, feeder, limits = planned.scenario, planned.grid.feeder, planned.limits
    resolved = scenario.resolved()
    return {
        "name": scenario.name,
        "scenario": resolved,
        "seed": scenario.seed,
        "versions": versions,
        "inputs": _checksums(planned.inputs),
        **_told(planned),
        "limits": {
            "standard": limits.name,
            "low_pu": limits.low_pu,
            "high_pu": limits.high_pu,
            "outer_low_pu": limits.outer_low_pu,
            "outer_high_pu": limits.outer_high_pu,
            "unbalance": limits.unbalance,
            "rapid_change_pu": limits.rapid_change_pu,
        },
        "feeder": {
            "name": feeder.name,
            "source": resolved["feeder"]["source"],
            "region": feeder.region,
            "geographic": bool(feeder.nodes.geographic),
        },
        "counts": {
            "steps": planned.timeline.n_steps,
            "nodes": feeder.n_node,
            "branches": len(feeder.branches),
            "transformers": len(feeder.transformers),
            "customers": len(planned.households),
            "homes": planned.households.n_home,
            "evs": len(planned.cars),
            "bidirectional": int(np.count_nonzero(planned.cars.traits["give_kw"])),
            "hypothetical": int(planned.cars.hypothetical.sum()),
            "one_phase_chargers": int((planned.cars.phases == 1).sum()),
            "travel_histories": planned.travel.effective_sample,
        },
    }


def _told(planned: Plan, recorder: Recorder | None = None) -> dict[str, Any]:
    """Warnings and notes; of a run that is done, what its steps have shown, too."""
    said = scenario_notes(planned.scenario)
    met = []
    if recorder is not None and recorder.steps_without_limits:
        met.append(
            "no solution keeps every machine within its reactive limits: "
            f"{recorder.steps_without_limits} steps are solved without them"
        )
    if recorder is not None and recorder.allocated is not None:
        met += lines(recorder.allocated.summary())
    return {
        "warnings": [*said, *met, *planned.warnings],
        "notes": [*said, *met, *planned.notes],
    }


def _known_afterwards(world: World, soc_start: Floats) -> dict[str, Any]:
    recorder, logbook = world.recorder, world.recorder.logbook
    inverters = world.inverters
    allocated = recorder.allocated
    return {
        "balance": {
            "largest_relative_residual": recorder.worst_residual,
            "fleet_residual_kwh": _fleet_residual_kwh(world.fleet, soc_start),
        },
        "steps_failed": recorder.steps_failed,
        **({} if logbook is None else {"controls": logbook.summary()}),
        **({} if inverters is None else {"inverters": inverters.summary()}),
        **({} if allocated is None else {"allocation": allocated.summary()}),
    }


def _fleet_residual_kwh(fleet: Fleet, soc_start: Floats) -> float:
    """Change of store less what went in and out of it; 0 but for rounding."""
    state = fleet.state
    stored = (state["soc"] - soc_start) * fleet.traits["capacity_kwh"]
    flows = (
        state["charged_kwh"]
        - state["discharged_kwh"]
        - state["loss_kwh"]
        - state["standby_kwh"]
        - state["driven_kwh"]
        + state["public_kwh"]
    )
    return float(np.abs(stored - flows).max(initial=0.0))


def _checksums(files: list[Path]) -> dict[str, str]:
    """By name; files of the same name by that of their folder, too."""
    names = Counter(file.name for file in files)
    return {
        file.name if names[file.name] == 1 else f"{file.parent.name}/{file.name}": (
            sha256_of(file)
        )
        for file in files
    }
