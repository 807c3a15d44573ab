"""Switched capacitors: by voltage, reactive power, current, power factor or the clock.

Source: OpenDSS, CapControl.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, field
from enum import IntEnum

import numpy as np

from twin.arrays import Bools, Floats, Ints
from twin.grid.regulators import Operation, Phase, Readings

KINDS = ("voltage", "kvar", "current", "time", "pf")
HOURS = 24.0


class Pending(IntEnum):
    """What a control is about to do."""

    NOTHING = 0
    OPEN = 1
    CLOSE = 2


@dataclass(frozen=True)
class Capacitor:
    """One control of one bank. V and A are divided by the ratios, seconds, hours.

    kind       one of KINDS; `on`, `off`: V, kvar, A, hour of the day, power factor
    read       nodes a and b that each phase of the voltage is between   [2, n_phase]
    through    conductors that current is read in                        [n_phase]
    terminal   conductors that power is read in
    moved      the bank's conductors
    share      of the bank's kvar with 0, 1, 2 ... steps closed          [n_step + 1]
    watch      as `read`, of the voltage that overrides (none: no override)
    """

    name: str
    kind: str
    on: float
    off: float
    read: Ints
    through: Ints
    terminal: Ints
    moved: Ints
    share: Floats
    kvar: float
    closed: int
    phase: int = 1
    ct_phase: int = 1
    pt_ratio: float = 60.0
    ct_ratio: float = 60.0
    delay_on_s: float = 15.0
    delay_off_s: float = 15.0
    dead_time_s: float = 300.0
    v_override: bool = False
    v_min: float = 115.0
    v_max: float = 126.0
    least_kvar_share: float = 0.5
    watch: Ints | None = None

    @property
    def steps(self) -> int:
        """How many steps the bank has."""
        return len(self.share) - 1


@dataclass
class CapacitorState:
    """What the controls remember. All [n_capacitor]; `due_s` inf where nothing is."""

    closed: Ints
    pending: Ints
    armed: Bools
    due_s: Floats
    opened_s: Floats

    @classmethod
    def initial(cls, capacitors: Sequence[Capacitor]) -> CapacitorState:
        """With the steps closed that are closed at the start, at rest."""
        n = len(capacitors)
        return cls(
            closed=np.array([one.closed for one in capacitors], dtype=np.int64),
            pending=np.zeros(n, dtype=np.int64),
            armed=np.zeros(n, dtype=bool),
            due_s=np.full(n, np.inf),
            opened_s=np.array([-one.dead_time_s for one in capacitors], dtype=float),
        )


@dataclass
class CapacitorBank:
    """All switched capacitors of a feeder and where they stand."""

    capacitors: Sequence[Capacitor]
    state: CapacitorState = field(init=False)

    def __post_init__(self) -> None:
        self.state = CapacitorState.initial(self.capacitors)

    def set_scale(self, scale: Floats) -> None:
        """Write the root of the share closed into the banks' scale [n_conductor]."""
        for k, one in enumerate(self.capacitors):
            scale[one.moved] = np.sqrt(one.share[self.state.closed[k]])

    def sample(self, readings: Readings, now_s: float) -> None:
        """Let every control look, arm itself or rest."""
        state = self.state
        for k, one in enumerate(self.capacitors):
            wanted = self._wanted(k, one, readings, now_s)
            if wanted is not None:
                state.pending[k] = wanted
            switch = wanted in (Pending.OPEN, Pending.CLOSE)
            if switch and not state.armed[k]:
                state.armed[k] = True
                state.due_s[k] = now_s + self._delay_s(k, one, now_s)
            if state.armed[k] and state.pending[k] == Pending.NOTHING:
                state.armed[k], state.due_s[k] = False, np.inf

    def act(self, until_s: float, now_s: float) -> list[Operation]:
        """Do what is due, a step a time."""
        state, done = self.state, []
        for k in np.flatnonzero(state.due_s <= until_s).tolist():
            one, before = self.capacitors[k], int(state.closed[k])
            change = (0, -1, 1)[state.pending[k]]
            after = min(max(before + change, 0), one.steps)
            state.closed[k] = after
            state.armed[k], state.due_s[k] = False, np.inf
            if after < before and one.steps == 1:
                state.opened_s[k] = now_s
            if after != before:
                why = f"{one.kind} control"
                done.append(Operation(now_s, one.name, before, after, why, "capacitor"))
        return done

    @property
    def next_s(self) -> float:
        """When something is next due; inf where nothing is."""
        return float(self.state.due_s.min(initial=np.inf))

    def _delay_s(self, k: int, one: Capacitor, now_s: float) -> float:
        """A bank that has just been opened is not closed within its dead time."""
        if self.state.pending[k] == Pending.OPEN:
            return one.delay_off_s
        since = now_s - float(self.state.opened_s[k])
        if since < one.dead_time_s:
            return max(one.delay_on_s, one.dead_time_s + one.delay_on_s - since)
        return one.delay_on_s

    def _wanted(
        self, k: int, one: Capacitor, readings: Readings, now_s: float
    ) -> Pending | None:
        """What the control wants; none: what it wanted before."""
        closed = int(self.state.closed[k])
        if one.v_override and one.kind != "voltage" and one.watch is not None:
            v = _volts(one, one.watch, readings)
            if closed == 0 and v < one.v_min:
                return Pending.CLOSE
            if closed > 0 and v > one.v_max:
                return Pending.OPEN
        on, off, more = _tests(one, readings, now_s)
        if closed == 0:
            return Pending.CLOSE if on else Pending.NOTHING
        if off:
            return Pending.OPEN
        if closed < one.steps:
            held = Pending.NOTHING if one.kind == "voltage" else None
            return Pending.CLOSE if more else held
        return Pending.NOTHING


def _tests(one: Capacitor, readings: Readings, now_s: float) -> tuple[bool, bool, bool]:
    """Whether to close the first step, to open one, to close one more."""
    if one.kind == "time":
        on, off = _by_clock(one, now_s)
        return on, off, on
    if one.kind == "voltage":
        v = _volts(one, one.read, readings)
        return v < one.on, v > one.off, v < one.on
    if one.kind == "current":
        amps = _chosen(one.ct_phase, np.abs(readings.amps[one.through]))
        amps /= one.ct_ratio
        return amps > one.on, amps < one.off, amps > one.on
    s = complex(readings.va[one.terminal].sum()) / 1000.0
    if one.kind == "kvar":
        return s.imag > one.on, s.imag < one.off, s.imag > one.on
    factor = power_factor(s)
    low = factor < one.on
    return (
        low and s.imag > one.kvar * one.least_kvar_share,
        factor > one.off,
        low and s.imag > 0.5 * one.kvar / one.steps,
    )


def power_factor(s: complex) -> float:
    """|P| / |S|, and 2 - that where S leads."""
    factor = abs(s.real) / abs(s) if s != 0.0 else 1.0
    return 2.0 - factor if s.imag < 0.0 else factor


def _by_clock(one: Capacitor, now_s: float) -> tuple[bool, bool]:
    hour = now_s / 3600.0 % HOURS
    if one.off > one.on:
        within = one.on <= hour < one.off
        return within, not within
    return hour >= one.on, one.off <= hour < one.on


def _volts(one: Capacitor, read: Ints, readings: Readings) -> float:
    across = np.abs(readings.volts[read[0]] - readings.volts[read[1]])
    return _chosen(one.phase, across) / one.pt_ratio


def _chosen(phase: int, sizes: Floats) -> float:
    if phase == Phase.HIGHEST:
        return float(sizes.max())
    if phase == Phase.LOWEST:
        return float(sizes.min())
    if phase == Phase.MEAN:
        return float(sizes.mean())
    return float(sizes[phase - 1] if phase <= len(sizes) else sizes[0])
