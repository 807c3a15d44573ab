"""Voltage regulators: line regulators and on-load tap changers, as OpenDSS moves them.

A regulator reads a voltage through its transformer, less what a model of the line
beyond takes: V - (R + jX) I / I_ct. Outside its band for longer than its delay, it
moves its tap, which winds a share `tap` of the rated turns.
Source: OpenDSS, RegControl.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, field
from enum import IntEnum
from typing import NamedTuple

import numpy as np

from twin.arrays import Bools, Complexes, Floats, Ints

NEUTRAL = 1.0
STATIC_SHARE = 0.7
AT_NEUTRAL = 1e-12
MOST_INVERSE = 10.0


class Phase(IntEnum):
    """Which phase is read; 1, 2, 3 are phases of the winding."""

    HIGHEST = -3
    LOWEST = -2
    MEAN = -1


class Readings(NamedTuple):
    """What instruments see, primary: volts [n_node + 1], amps and VA [n_conductor].

    The last voltage is the ground's, 0; currents and powers are those INTO an element.
    """

    volts: Complexes
    amps: Complexes
    va: Complexes


class Operation(NamedTuple):
    """A tap, or a capacitor's closed steps, moved from `before` to `after`."""

    time_s: float
    device: str
    before: int
    after: int
    reason: str
    kind: str = "tap"


@dataclass(frozen=True)
class Regulator:
    """One control of one winding. Voltages V, seconds, taps as shares of rated turns.

    read       nodes a and b that each phase is between            [2, n_phase]
    through    conductors of the winding read, by phase            [n_phase]
    terminal   all conductors of the winding read
    moved      conductors of the winding tapped
    opposite   the winding tapped is another than the one read
    remote     the voltage is that of a bus elsewhere: never reversed, no line model
    rated_v    of the winding read, as its voltage is read
    local      nodes of the winding read, for `v_limit` (0: none)
    rev_holds  in reverse the same winding is held, not the other side
    """

    name: str
    read: Ints
    through: Ints
    terminal: Ints
    moved: Ints
    tap: float
    tap_step: float
    tap_low: float
    tap_high: float
    rated_v: float
    v_set: float
    band: float
    pt_ratio: float = 1.0
    opposite: bool = False
    remote: bool = False
    remote_pt_ratio: float = 1.0
    phase: int = 1
    ct_rating_a: float = 300.0
    r: float = 0.0
    x: float = 0.0
    delay_s: float = 15.0
    tap_delay_s: float = 2.0
    inverse_time: bool = False
    most_taps: int = 16
    v_limit: float = 0.0
    local: tuple[int, int] = (-1, -1)
    reversible: bool = False
    rev_v_set: float = 120.0
    rev_band: float = 3.0
    rev_r: float = 0.0
    rev_x: float = 0.0
    rev_delay_s: float = 60.0
    rev_threshold_w: float = 100e3
    rev_neutral: bool = False
    rev_holds: bool = False
    tap_zero: float | None = None

    def number(self, tap: float) -> int:
        """Tap position: 0 at `tap_zero`, in the middle of the range where none is."""
        middle = 0.5 * (self.tap_low + self.tap_high)
        zero = middle if self.tap_zero is None else self.tap_zero
        return round((tap - zero) / self.tap_step)


@dataclass
class RegulatorState:
    """What regulators remember. All [n_regulator]; `due_s` is inf where nothing is.

    pending    change of tap that is on its way
    reversing  a change of direction is on its way, at `turn_s`
    """

    tap: Floats
    pending: Floats
    armed: Bools
    due_s: Floats
    reverse: Bools
    reversing: Bools
    turn_s: Floats

    @classmethod
    def initial(cls, regulators: Sequence[Regulator]) -> RegulatorState:
        """At the taps that the regulators start with, at rest."""
        n = len(regulators)
        return cls(
            tap=np.array([one.tap for one in regulators], dtype=float),
            pending=np.zeros(n),
            armed=np.zeros(n, dtype=bool),
            due_s=np.full(n, np.inf),
            reverse=np.zeros(n, dtype=bool),
            reversing=np.zeros(n, dtype=bool),
            turn_s=np.full(n, np.inf),
        )


@dataclass
class RegulatorBank:
    """All regulators of a feeder and where they stand."""

    regulators: Sequence[Regulator]
    state: RegulatorState = field(init=False)

    def __post_init__(self) -> None:
        self.state = RegulatorState.initial(self.regulators)

    def set_scale(self, scale: Floats) -> None:
        """Write 1 / tap into the scale of the conductors tapped [n_conductor]."""
        for k, one in enumerate(self.regulators):
            scale[one.moved] = 1.0 / self.state.tap[k]

    def sample(self, readings: Readings, now_s: float) -> None:
        """Let every regulator look, arm itself or rest."""
        for k, one in enumerate(self.regulators):
            if one.most_taps == 0:
                self.state.pending[k] = 0.0
            elif not self._turned(k, one, readings, now_s):
                self._look(k, one, readings, now_s)

    def act(self, until_s: float, now_s: float, at_once: bool) -> list[Operation]:
        """Do what is due: all pending taps but a share (`at_once`), or one a time."""
        state, done = self.state, []
        for k in np.flatnonzero(state.turn_s <= until_s).tolist():
            state.turn_s[k] = np.inf
            state.reverse[k] ^= state.reversing[k]
            state.reversing[k] = False
        for k in np.flatnonzero(state.due_s <= until_s).tolist():
            state.due_s[k] = np.inf
            moved = self._move(k, self.regulators[k], now_s, at_once)
            done += [moved] if moved else []
        return done

    @property
    def next_s(self) -> float:
        """When something is next due; inf where nothing is."""
        state = self.state
        return float(
            min(state.due_s.min(initial=np.inf), state.turn_s.min(initial=np.inf))
        )

    def _turned(self, k: int, one: Regulator, readings: Readings, now_s: float) -> bool:
        """Watch the direction of power; whether that is all there is to do."""
        if one.remote or not one.reversible:
            return False
        state, forward_w = self.state, -float(readings.va[one.terminal].real.sum())
        if state.reverse[k]:
            forward_w = -forward_w
        against = forward_w < -one.rev_threshold_w
        if against and not state.reversing[k]:
            state.turn_s[k] = now_s + one.rev_delay_s
        elif not against:
            state.turn_s[k] = np.inf
        state.reversing[k] = against
        if not (state.reverse[k] and one.rev_neutral):
            return False
        self._head_for_neutral(k, one, now_s)
        return True

    def _head_for_neutral(self, k: int, one: Regulator, now_s: float) -> None:
        state = self.state
        if state.armed[k]:
            return
        away = NEUTRAL - state.tap[k]
        near = abs(away) <= AT_NEUTRAL
        state.pending[k] = 0.0 if near else round(away / one.tap_step) * one.tap_step
        if state.pending[k] != 0.0:
            state.armed[k], state.due_s[k] = True, now_s + one.tap_delay_s

    def _look(self, k: int, one: Regulator, readings: Readings, now_s: float) -> None:
        """Compare the voltage with the band, and arm or rest."""
        state = self.state
        reverse = bool(state.reverse[k])
        volts = control_v(one, readings, reverse)
        v_set, band = (
            (one.rev_v_set, one.rev_band) if reverse else (one.v_set, one.band)
        )
        turned = reverse and not one.rev_holds
        if turned:
            volts /= state.tap[k]
        missing = v_set - volts
        over = _over_limit(one, readings)
        if over <= 0.0 and abs(missing) <= 0.5 * band:
            state.pending[k], state.armed[k], state.due_s[k] = 0.0, False, np.inf
            return
        boost = (-over if over > 0.0 else missing) * one.pt_ratio / one.rated_v
        change = round(boost / one.tap_step) * one.tap_step
        if one.opposite or turned:
            change = -change
        state.pending[k] = change
        tap = state.tap[k]
        room = tap < one.tap_high if change > 0.0 else tap > one.tap_low
        if change != 0.0 and room and not state.armed[k]:
            state.armed[k] = True
            state.due_s[k] = now_s + _delay_s(one, volts)

    def _move(
        self, k: int, one: Regulator, now_s: float, at_once: bool
    ) -> Operation | None:
        state = self.state
        pending, before = float(state.pending[k]), float(state.tap[k])
        if pending == 0.0:
            state.armed[k] = False
            return None
        taps = int(STATIC_SHARE * abs(pending) / one.tap_step) if at_once else 1
        change = np.sign(pending) * min(max(taps, 1), one.most_taps) * one.tap_step
        state.tap[k] = min(max(before + change, one.tap_low), one.tap_high)
        left = 0.0 if at_once else pending - change
        state.pending[k] = 0.0 if abs(left) < 0.9 * one.tap_step else left
        state.armed[k] = state.pending[k] != 0.0
        if state.armed[k]:
            state.due_s[k] = now_s + one.tap_delay_s
        return self._operation(k, one, before, now_s)

    def _operation(
        self, k: int, one: Regulator, before: float, now_s: float
    ) -> Operation | None:
        tap, reverse = float(self.state.tap[k]), bool(self.state.reverse[k])
        if tap == before:
            return None
        raised = (tap > before) != one.opposite
        reason = "voltage low" if raised else "voltage high"
        if reverse and one.rev_holds and not one.rev_neutral:
            reason += ", reverse power"
        elif reverse:
            reason = "reverse power, to neutral" if one.rev_neutral else "reverse power"
        return Operation(now_s, one.name, one.number(before), one.number(tap), reason)


def control_v(one: Regulator, readings: Readings, reverse: bool = False) -> float:
    """The voltage that a regulator goes by, V secondary.

    |V / n_pt + (R + jX) I / I_ct| with I into the winding. Source: OpenDSS.
    """
    across = readings.volts[one.read[0]] - readings.volts[one.read[1]]
    at = _chosen(one.phase, np.abs(across))
    if one.remote:
        return float(abs(across[at])) / one.remote_pt_ratio
    v = across[at] / one.pt_ratio
    line = complex(one.rev_r, one.rev_x) if reverse else complex(one.r, one.x)
    if one.r != 0.0 or one.x != 0.0 or (one.rev_holds and reverse):
        v = v + line * readings.amps[one.through[at]] / one.ct_rating_a
    return float(abs(v))


def _chosen(phase: int, sizes: Floats) -> int:
    if phase == Phase.HIGHEST:
        return int(np.argmax(sizes))
    if phase == Phase.LOWEST:
        return int(np.argmin(sizes))
    return min(phase, len(sizes)) - 1 if phase <= len(sizes) else 0


def _over_limit(one: Regulator, readings: Readings) -> float:
    """How far the winding's own voltage is above its limit, V secondary."""
    if one.v_limit <= 0.0:
        return -np.inf
    a, b = one.local if one.remote else one.read
    across = np.abs(np.atleast_1d(readings.volts[a] - readings.volts[b]))
    return float(across[_chosen(one.phase, across)]) / one.pt_ratio - one.v_limit


def _delay_s(one: Regulator, volts: float) -> float:
    if not one.inverse_time:
        return one.delay_s
    times = 2.0 * abs(one.v_set - volts) / one.band
    return one.delay_s / min(MOST_INVERSE, times)
