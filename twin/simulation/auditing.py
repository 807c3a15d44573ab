"""Has steps that a run kept solved again, by the engine its feeder came from."""

from __future__ import annotations

import time
from collections.abc import Callable
from pathlib import Path
from typing import Any

from twin.arrays import Floats
from twin.grid.controls import Regulated
from twin.grid.flow import PowerFlow
from twin.grid.newton import Newton as OwnNewton
from twin.grid.opendss_agreement import agreement_with_engine
from twin.grid.opendss_steps import Engine
from twin.grid.pair_newton import PairNewton
from twin.grid.reference import PandapowerEngine
from twin.grid.switching import Switched, isolated
from twin.simulation.build import Plan
from twin.simulation.changes import wanted_of
from twin.simulation.references import (
    Kept,
    Newton,
    OpenDss,
    Pandapower,
    Reduced,
    Reference,
)
from twin.simulation.world import World

AUDIT_PU = 1e-11


def audited(planned: Plan, world: World, run_s: float) -> dict[str, Any]:
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
        wanted=wanted_of(words),
    )
    return OpenDss(opendss, newton, feeder.inverters)


def _standing_at(powerflow: PowerFlow) -> Callable[[Floats], PowerFlow] | None:
    """Newton-Raphson of the feeder with its taps as they stood, where they move."""
    if not isinstance(powerflow, Regulated):
        return None
    return lambda scale: PairNewton(powerflow.feeder_at(scale), AUDIT_PU)
