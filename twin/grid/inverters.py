"""Inverters at terminals of a feeder, and how the fixed point finds what they do.

A steep droop is a feedback: voltage up, power down, voltage down. So what inverters do
is moved toward what their voltages ask, x <- x + w (g(V) - x), with w from the last two
differences r = g(V) - x:  w <- -w <r_0, r - r_0> / |r - r_0|^2, kept within bounds.

Source: Irons, Tuck, "A version of the Aitken accelerator for computer iteration", Int.
J. Numerical Methods in Engineering 1 (1969), for vectors.
"""

from __future__ import annotations

from dataclasses import dataclass
from functools import cached_property
from typing import NamedTuple

import numpy as np

from twin.arrays import Complexes, Floats, Ints, compiled, totals
from twin.grid.inverter_law import Asking, InverterLaw, answer, answers

LEAST_STEP = 0.02


@dataclass(frozen=True)
class Inverters:
    """Inverters [n_inverter] on rows [n_row] of terminals; a row is one of its phases.

    An inverter measures the mean of its rows' voltages and splits its power evenly
    over them. `nominal_pu` is what 1 pu is across a row's terminal.
    """

    first: Ints
    terminal: Ints
    nominal_pu: Floats
    law: InverterLaw

    def __len__(self) -> int:
        return len(self.first) - 1

    @cached_property
    def owner(self) -> Ints:
        """Which inverter a row is of [n_row]."""
        return np.repeat(np.arange(len(self)), np.diff(self.first))

    @cached_property
    def weight(self) -> Floats:
        """Share of its inverter that a row is [n_row]."""
        weight: Floats = 1.0 / np.diff(self.first)[self.owner]
        return weight

    def at_terminals(self, drawn: Floats, n_terminal: int) -> Floats:
        """What they draw, by terminal [n_terminal]."""
        return totals(self.terminal, drawn[self.owner] * self.weight, n_terminal)

    def volts(self, across: Complexes | Floats) -> Floats:
        """What inverters measure of the voltages across their rows [n_inverter]."""
        measured = np.abs(across) / self.nominal_pu * self.weight
        return totals(self.owner, measured, len(self))

    def done(self, across: Complexes | Floats, asking: Asking | None) -> Complexes:
        """What they draw at voltages across their rows, in the units asked in."""
        if asking is None:
            return np.zeros(len(self), dtype=np.complex128)
        found = answers(self.volts(across), asking, self.law)
        drawn: Complexes = found[0] + 1j * found[1]
        return drawn

    def slopes(self, across: Complexes | Floats, asking: Asking | None) -> Complexes:
        """Derivatives of the same by the voltages that they measure."""
        if asking is None:
            return np.zeros(len(self), dtype=np.complex128)
        found = answers(self.volts(across), asking, self.law)
        slopes: Complexes = found[2] + 1j * found[3]
        return slopes


class Wired(NamedTuple):
    """What an iteration needs of inverters: places as in `Sweep.ports` [4, n_row].

    asked [4, n_inverter]: as `Asking`, pu; done [n_inverter]: what they draw; missing:
    by how much that was off; step [1]: how far it was moved.
    """

    first: Ints
    places: Ints
    nominal: Floats
    law: InverterLaw
    asked: Floats
    done: Complexes
    missing: Complexes
    step: Floats


def wired(inverters: Inverters, places: Ints) -> Wired:
    """Nothing asked yet."""
    n = len(inverters)
    return Wired(
        first=inverters.first.astype(np.int64),
        places=np.ascontiguousarray(places),
        nominal=inverters.nominal_pu.astype(np.float64),
        law=inverters.law,
        asked=np.zeros((4, n)),
        done=np.zeros(n, dtype=np.complex128),
        missing=np.zeros(n, dtype=np.complex128),
        step=np.ones(1),
    )


def ask(wires: Wired, asking: Asking | None, per_kva: float) -> None:
    """Write down what the next solve asks; nothing where nothing is asked."""
    if asking is None:
        wires.asked[:] = 0.0
        return
    for row, column in enumerate(asking):
        wires.asked[row] = column * per_kva


class Relaxation:
    """The same steps outside the fixed point, for an engine that is not ours."""

    def __init__(self, n: int) -> None:
        self._before, self._step = np.zeros(n, dtype=np.complex128), 1.0

    def toward(self, missing: Complexes) -> Complexes:
        """By how much to move what is off by `missing`."""
        change, before = missing - self._before, self._before
        turned = float(np.vdot(before, change).real)
        if turned != 0.0:
            moved = float(np.vdot(change, change).real)
            self._step = min(max(-self._step * turned / moved, LEAST_STEP), 1.0)
        self._before = missing
        move: Complexes = self._step * missing
        return move


@compiled
def adapt(wires: Wired, x: Complexes, begin: bool) -> float:
    """Move what inverters do toward what voltages x ask; the step taken, 0 to 1."""
    read_a, read_b = wires.places[0], wires.places[1]
    done, missing, asked = wires.done, wires.missing, wires.asked
    turned, moved = 0.0, 0.0
    for k in range(len(done)):
        v, rows = 0.0, wires.first[k + 1] - wires.first[k]
        for row in range(wires.first[k], wires.first[k + 1]):
            v += abs(x[read_a[row]] - x[read_b[row]]) / wires.nominal[row]
        p, q, _, _ = answer(
            v / rows, asked[0, k], asked[1, k], asked[2, k], asked[3, k], wires.law
        )
        if begin:
            done[k], missing[k] = complex(p, q), 0j
            continue
        now = complex(p, q) - done[k]
        change = now - missing[k]
        turned += missing[k].real * change.real + missing[k].imag * change.imag
        moved += change.real * change.real + change.imag * change.imag
        missing[k] = now
    if begin or moved == 0.0 or turned == 0.0:
        wires.step[0] = 1.0 if begin else wires.step[0]
    else:
        wires.step[0] = min(max(-wires.step[0] * turned / moved, LEAST_STEP), 1.0)
    for k in range(len(done)):
        done[k] += wires.step[0] * missing[k]
    return float(wires.step[0])


@compiled
def inject_inverters(wires: Wired, x: Complexes, y: Complexes) -> bool:
    """Take the currents conj(S / V) of inverters from y; false where V vanished."""
    read_a, read_b, push_a, push_b = wires.places
    for k in range(len(wires.done)):
        s = wires.done[k]
        if s.real == 0.0 and s.imag == 0.0:
            continue
        s /= wires.first[k + 1] - wires.first[k]
        for row in range(wires.first[k], wires.first[k + 1]):
            v = x[read_a[row]] - x[read_b[row]]
            square = v.real * v.real + v.imag * v.imag
            if not square > 0.0:
                return False
            current = np.conj(s) * v / square
            y[push_a[row]] -= current
            y[push_b[row]] += current
    return True
