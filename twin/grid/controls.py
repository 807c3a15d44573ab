"""Lets regulators and capacitors act within a step, as OpenDSS's control queue does.

    solve -> all look, arm or rest -> those that are due act -> solve ... until none is

Source: Dugan, "Reference Guide: The Open Distribution System Simulator", control
queue; modes STATIC and TIME are the engine's. One difference: a regulator that comes
back into its band forgets its next tap; in TIME the engine keeps it where it is not
the first, and may do it later without a delay.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable, Sequence
from copy import deepcopy
from dataclasses import dataclass
from enum import Enum

import numpy as np

from twin.arrays import Complexes, Floats, Ints
from twin.errors import InputError
from twin.grid.capacitors import Capacitor, CapacitorBank, CapacitorState
from twin.grid.feeder import Feeder
from twin.grid.flow import Demand, Flow
from twin.grid.regulators import (
    Operation,
    Readings,
    Regulator,
    RegulatorBank,
    RegulatorState,
)
from twin.grid.taps import Elements, Tapped

MOST_ROUNDS = 200
FINEST_S = 60.0
SAME_TIME_S = 1e-6


class Mode(Enum):
    """How time passes for controls.

    STATIC   the shortest delay acts first, each as many taps as it needs, to rest
    TIME     what is due by the step's time acts at that time, one tap each
    EVENT    what is due within the step acts at its own second, one tap each
    """

    STATIC = "static"
    TIME = "time"
    EVENT = "event"


@dataclass(frozen=True)
class Regulation:
    """What moves in a feeder; `left_out` says what is held, by name and why."""

    elements: Elements
    regulators: tuple[Regulator, ...]
    capacitors: tuple[Capacitor, ...] = ()
    left_out: tuple[str, ...] = ()


@dataclass
class ControlState:
    """All that the controls' future depends on.

    now_s   the present step's time from the start
    v       voltages that the next solve starts from [n_node]
    """

    now_s: float
    v: Complexes
    regulators: RegulatorState
    capacitors: CapacitorState

    def set_back(self, seconds: float) -> ControlState:
        """The same, told by a clock that starts so much later."""
        told = deepcopy(self)
        told.now_s -= seconds
        told.regulators.due_s -= seconds
        told.regulators.turn_s -= seconds
        told.capacitors.due_s -= seconds
        told.capacitors.opened_s -= seconds
        return told


class Regulated:
    """A power flow whose taps and capacitors are moved by their controls.

    Each solve closes a step of `step_s`, at whose end controls look. `operations`
    are all that was moved, oldest first; `unsettled` counts the steps at whose end
    something still wanted to move.
    """

    def __init__(
        self,
        flow: Tapped,
        regulators: Sequence[Regulator],
        capacitors: Sequence[Capacitor],
        step_s: float,
        mode: Mode | None = None,
        start_s: float = 0.0,
    ) -> None:
        self._flow, self.step_s = flow, step_s
        self.mode = mode or (Mode.TIME if step_s <= FINEST_S else Mode.STATIC)
        self.regulators = RegulatorBank(regulators)
        self.capacitors = CapacitorBank(capacitors)
        self._now_s = start_s
        self.operations: list[Operation] = []
        self.unsettled = 0
        nodes = flow.feeder.nodes
        self._base_v = 1000.0 * nodes.v_base_kv
        self._base_a = flow.feeder.i_base_a[flow.elements.node]
        self._adjust()

    @property
    def state(self) -> ControlState:
        """A copy of where everything stands."""
        parts = (self.regulators.state, self.capacitors.state)
        return deepcopy(ControlState(self._now_s, self._flow.state, *parts))

    @state.setter
    def state(self, state: ControlState) -> None:
        state = deepcopy(state)
        self._now_s, self._flow.state = state.now_s, state.v
        self.regulators.state = state.regulators
        self.capacitors.state = state.capacitors
        self._adjust()

    @property
    def scale(self) -> Floats:
        """How the elements stand that the last answer was found with [n_conductor]."""
        return self._flow.scale

    @property
    def node(self) -> Ints:
        """Nodes of all that moves or is watched [n_conductor]."""
        return self._flow.elements.node

    def pass_by(self) -> None:
        """Let a step go by in which nothing that moves has a voltage."""
        self._now_s += self.step_s

    def feeder_at(self, scale: Floats) -> Feeder:
        """The feeder with its elements as they stood; they stand as before after."""
        present = self.scale
        self._flow.adjust(scale)
        feeder = self._flow.present()
        self._flow.adjust(present)
        return feeder

    def positions(self) -> dict[str, dict[str, int]]:
        """Taps of regulators and closed steps of capacitors, by name."""
        taps = zip(self.regulators.regulators, self.regulators.state.tap, strict=True)
        banks = zip(
            self.capacitors.capacitors, self.capacitors.state.closed, strict=True
        )
        return {
            "tap": {one.name: one.number(float(tap)) for one, tap in taps},
            "capacitor": {one.name: int(closed) for one, closed in banks},
        }

    def solve(self, demand: Demand) -> Flow:
        """Solve the next step, controls at rest or what they do in time done."""
        begin_s, self._now_s = self._now_s, self._now_s + self.step_s
        clock_s = begin_s if self.mode is Mode.EVENT else self._now_s
        iterations = 0
        for _ in range(MOST_ROUNDS):
            flow = self._flow.solve(demand)
            iterations += flow.iterations
            flow.iterations = iterations
            if not flow.converged:
                return flow
            due_s = self._due_s(flow, clock_s)
            if due_s is None:
                return flow
            clock_s = due_s if self.mode is Mode.EVENT else clock_s
            self._act(due_s, clock_s)
        self.unsettled += 1
        return self._flow.solve(demand)

    def readings(self, v: Complexes) -> Readings:
        """What instruments see at these voltages [n_node]."""
        elements = self._flow.elements
        volts = np.append(v * self._base_v, 0.0)
        amps = elements.currents(v, self._flow.scale) * self._base_a
        return Readings(volts, amps, volts[elements.node] * np.conj(amps))

    def _due_s(self, flow: Flow, clock_s: float) -> float | None:
        """Let all look; until when to act now, none where nothing is due."""
        readings = self.readings(flow.v)
        self.regulators.sample(readings, clock_s)
        self.capacitors.sample(readings, clock_s)
        next_s = min(self.regulators.next_s, self.capacitors.next_s)
        last_s = np.inf if self.mode is Mode.STATIC else self._now_s
        if next_s == np.inf or next_s > last_s:
            return None
        return self._now_s if self.mode is Mode.TIME else next_s

    def _act(self, until_s: float, clock_s: float) -> None:
        until_s += SAME_TIME_S
        at_once = self.mode is Mode.STATIC
        self.operations += self.regulators.act(until_s, clock_s, at_once)
        self.operations += self.capacitors.act(until_s, clock_s)
        self._adjust()

    def _adjust(self) -> None:
        scale = self._flow.elements.scale.copy()
        self.regulators.set_scale(scale)
        self.capacitors.set_scale(scale)
        self._flow.adjust(scale)


def operation_counts(operations: Iterable[Operation], step_s: float) -> Counter[str]:
    """Taps or steps moved by device; refused where steps are too coarse to tell."""
    if step_s > FINEST_S:
        raise InputError.of(
            f"operations are counted from steps of at most {FINEST_S:g} s, not of "
            f"{step_s:g} s: coarser steps miss what moves to and fro within them",
            key="time.step_min",
        )
    counts: Counter[str] = Counter()
    for one in operations:
        counts[one.device] += abs(one.after - one.before)
    return counts
