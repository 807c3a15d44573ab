"""What ``run.json`` says of a run: before it, and after."""

from __future__ import annotations

from collections import Counter
from pathlib import Path
from typing import Any

import numpy as np

from twin.arrays import Floats
from twin.fleet.fleet import Fleet
from twin.results.durable import sha256_of
from twin.scenario.check import notes as scenario_notes
from twin.simulation.build import Plan
from twin.simulation.feeder_head import lines
from twin.simulation.recorder import Recorder
from twin.simulation.world import World


def known_beforehand(planned: Plan, versions: dict[str, str]) -> dict[str, Any]:
    scenario, feeder, limits = planned.scenario, planned.grid.feeder, planned.limits
    resolved = scenario.resolved()
    return {
        "name": scenario.name,
        "scenario": resolved,
        "seed": scenario.seed,
        "versions": versions,
        "inputs": _checksums(planned.inputs),
        **told(planned),
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
            **_made(planned),
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


def _made(planned: Plan) -> dict[str, Any]:
    """What the scenario changed in the grid, where it did."""
    made = [one.plain() for one in planned.grid.made]
    return {"changes": made} if made else {}


def told(planned: Plan, recorder: Recorder | None = None) -> dict[str, Any]:
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
    if recorder is not None and recorder.guests.operator is not None:
        noted = recorder.guests.operator.told()
    else:
        noted = []
    return {
        "warnings": [*said, *met, *planned.warnings],
        "notes": [*said, *met, *noted, *planned.notes],
    }


def known_afterwards(world: World, soc_start: Floats) -> dict[str, Any]:
    recorder, logbook = world.recorder, world.recorder.logbook
    inverters, responses = world.inverters, world.guests.responses
    allocated = recorder.allocated
    storage, operator = world.guests.storage, world.guests.operator
    return {
        "balance": {
            "largest_relative_residual": recorder.worst_residual,
            "fleet_residual_kwh": _fleet_residual_kwh(world.fleet, soc_start),
            **({} if storage is None else {"storage_residual_kwh": storage.residual()}),
        },
        "steps_failed": recorder.steps_failed,
        **({} if logbook is None else {"controls": logbook.summary()}),
        **({} if inverters is None else {"inverters": inverters.summary()}),
        **({} if responses is None else {"stress": responses.summary()}),
        **({} if allocated is None else {"allocation": allocated.summary()}),
        **({} if operator is None else {"operator": operator.summary()}),
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
