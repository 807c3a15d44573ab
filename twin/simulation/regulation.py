"""Regulators and switched capacitors in a run: what moves, how it is told."""

from __future__ import annotations

from collections import Counter
from typing import Any

import numpy as np
import polars as pl
from numpy.typing import NDArray

from twin.grid.controls import FINEST_S, Mode, Regulated, Regulation
from twin.grid.engines import power_flow
from twin.grid.flow import PowerFlow
from twin.grid.opendss_elements import HELD
from twin.grid.opendss_regulation import regulation
from twin.grid.regulators import Operation
from twin.grid.taps import Tapped
from twin.scenario.spec import Scenario
from twin.simulation.grids import Grid
from twin.simulation.network_regulation import network_moves
from twin.simulation.violations import nothing

KINDS = {"tap": "regulator", "capacitor": "capacitor"}
SAME_STEP = 1e-9


def moves_of(scenario: Scenario, grid: Grid) -> Regulation | None:
    """What moves in the grid; none where nothing can, or nothing may."""
    circuit, net = grid.circuit, grid.net
    if scenario.power_flow.controls == "held":
        return None
    if net is not None:
        return network_moves(scenario, net, grid.feeder)
    if circuit is None or circuit.words.get("controls_off", False):
        return None
    found = regulation(circuit, grid.feeder)
    return found if found.regulators or found.capacitors else None


def solver_of(scenario: Scenario, grid: Grid, moves: Regulation | None) -> PowerFlow:
    """The engine for the grid; its controls come to rest in every step."""
    words, feeder = scenario.power_flow, grid.feeder
    if moves is None:
        limited = scenario.feeder.enforce_q_limits
        return power_flow(feeder, grid.net, words.solver, words.tolerance_pu, limited)
    flow = Tapped(feeder, moves.elements, words.tolerance_pu)
    step_s = 60.0 * scenario.time.step_min
    return Regulated(flow, moves.regulators, moves.capacitors, step_s, Mode.STATIC)


def held_notes(notes: list[str], moves: Regulation | None) -> list[str]:
    """A feeder's notes; of controls, only those that are held though others move."""
    if moves is None:
        return list(notes)
    others = [note for note in notes if not note.startswith(HELD)]
    return others + [f"{HELD}: {name}" for name in moves.left_out]


def told_of(moves: Regulation | None, step_s: float, of: str = "file") -> list[str]:
    """What a reader must know of the controls that move."""
    if moves is None:
        return []
    counts = {"regulators": moves.regulators, "switched capacitors": moves.capacitors}
    what = " and ".join(f"{len(all_)} {name}" for name, all_ in counts.items() if all_)
    told = [
        f"free to move from where the {of} has them: {what}; in every step they come "
        "to rest (OpenDSS: controlmode=static)"
    ]
    if step_s > FINEST_S:
        told.append(
            "operations of regulators and capacitors are not counted: steps longer "
            "than a minute miss what moves to and fro within them"
        )
    return told


class Logbook:
    """Writes down what the controls do, and counts it where steps are fine enough.

    The first interval is not counted: there all come to rest from the file's positions.
    """

    def __init__(self, controls: Regulated) -> None:
        self._controls = controls
        self._start = controls.positions()
        self._moved: Counter[str] = Counter()

    def rows(self, times: NDArray[np.datetime64], first: int) -> pl.DataFrame:
        """Operations since the last time, a row a device and interval.

        `times` are the starts of the intervals from number `first` on.
        """
        done, self._controls.operations = self._controls.operations, []
        net = [(k, one) for k, one in self._by_step(done) if one.after != one.before]
        for k, one in net:
            self._moved[one.kind] += abs(one.after - one.before) if k > 0 else 0
        return pl.DataFrame(
            {
                "time": times[[k - first for k, _ in net]],
                "until": [None] * len(net),
                "kind": [one.kind for _, one in net],
                "entity": [f"{KINDS[one.kind]} {one.device}" for _, one in net],
                "value": [float(one.after) for _, one in net],
                "reason": [one.reason for _, one in net],
            },
            schema=nothing().schema,
        )

    def summary(self) -> dict[str, Any]:
        """What ``run.json`` states; counts are None where steps are too coarse."""
        counted = self._controls.step_s <= FINEST_S
        return {
            "mode": self._controls.mode.value,
            "start": self._start,
            "end": self._controls.positions(),
            "tap_operations": self._moved["tap"] if counted else None,
            "capacitor_operations": self._moved["capacitor"] if counted else None,
            "unsettled_steps": self._controls.unsettled,
        }

    def _by_step(self, done: list[Operation]) -> list[tuple[int, Operation]]:
        """From where a device stood before an interval to where it came to rest."""
        found: dict[tuple[int, str, str], Operation] = {}
        for one in done:
            k = int(np.ceil(one.time_s / self._controls.step_s - SAME_STEP)) - 1
            key = (k, one.kind, one.device)
            before = found[key].before if key in found else one.before
            found[key] = one._replace(before=before)
        return [(k, one) for (k, *_), one in found.items()]
