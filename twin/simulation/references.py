"""Who solves a run's steps again: pandapower, the OpenDSS engine, the twin's Newton."""

from __future__ import annotations

import time
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass, field, replace
from pathlib import Path
from typing import Protocol

import numpy as np

from twin.arrays import Complexes, Floats
from twin.errors import InputError
from twin.grid.controls import Regulation
from twin.grid.flow import Demand, PowerFlow
from twin.grid.inverters import Inverters
from twin.grid.opendss_steps import Engine, Step
from twin.grid.reference import PandapowerEngine

OWN = "the twin's own Newton-Raphson by phase, on the same admittances and load laws"
PANDAPOWER = "pandapower Newton-Raphson"
CUT_OFF = "a part of the feeder has no supply"
NO_TOLERANCE = "it converges at no tolerance up to 1e-6"


@dataclass
class Kept:
    """A step to be solved again.

    v         what the run found                             [n_node]
    scale     how taps and capacitors stood [n_conductor]; None where none move
    reacting  what inverters drew at these voltages, kVA [n_inverter]
    """

    k: int
    reason: str
    value: float
    demand: Demand
    v: Complexes
    scale: Floats | None = None
    reacting: Complexes = field(default_factory=lambda: np.empty(0, dtype=complex))


@dataclass(frozen=True)
class Answer:
    """A kept step's voltages [n_node or fewer, in the feeder's order], None if none.

    tolerance   at which it converged, `unit` its unit
    why_not     why the first engine asked is not the one that answered
    """

    v: Complexes | None
    engine: str
    tolerance: float = float("nan")
    unit: str = "pu"
    why_not: str = ""


class Reference(Protocol):
    """An engine that solves kept steps again."""

    def answers(
        self, kept: Sequence[Kept], always: int, until_s: float
    ) -> Iterator[Answer]:
        """One after the other: the first `always`, the others until `until_s`.

        `until_s` is an instant of time.monotonic().
        """
        ...


@dataclass
class Pandapower:
    """pandapower's own Newton-Raphson, of a balanced network; what moves in it."""

    engine: PandapowerEngine
    moves: Regulation | None = None

    def answers(
        self, kept: Sequence[Kept], always: int, until_s: float
    ) -> Iterator[Answer]:
        """Each at the tightest tolerance that converges."""
        for one in in_time(kept, always, until_s):
            if self.moves is not None and one.scale is not None:
                self.engine.standing(self.moves, one.scale)
            flow = self.engine.solve(one.demand)
            v = flow.v if flow.converged else None
            yield Answer(v, PANDAPOWER, self.engine.tolerance_mva, "MVA")


@dataclass
class Newton:
    """The twin's own Newton-Raphson by phase; `standing_at` where taps move."""

    solver: PowerFlow
    tolerance_pu: float
    standing_at: Callable[[Floats], PowerFlow] | None = None

    def answers(
        self, kept: Sequence[Kept], always: int, until_s: float
    ) -> Iterator[Answer]:
        """Each with the taps of its step."""
        for one in in_time(kept, always, until_s):
            solver = self.solver
            if self.standing_at is not None and one.scale is not None:
                solver = self.standing_at(one.scale)
            flow = solver.solve(one.demand)
            v = flow.v if flow.converged else None
            yield Answer(v, OWN, self.tolerance_pu)


@dataclass
class OpenDss:
    """The OpenDSS engine; where it cannot follow, the twin's own Newton-Raphson."""

    engine: Engine
    second: Newton
    inverters: Inverters | None = None

    def answers(
        self, kept: Sequence[Kept], always: int, until_s: float
    ) -> Iterator[Answer]:
        """All in one process of the engine's own, compiled once."""
        try:
            steps = [step_of(one, self.inverters) for one in kept]
            solved = self.engine.solve(steps, always, until_s)
        except InputError as error:
            yield from self._otherwise(kept[:always], self._why(error))
            return
        for one, v, tolerance in zip(kept, solved.v, solved.tolerance, strict=False):
            if np.isfinite(tolerance):
                yield Answer(v, solved.engine, float(tolerance))
            else:
                yield from self._otherwise([one], NO_TOLERANCE)

    def _why(self, error: InputError) -> str:
        """What went wrong, by file and line but without the folder."""
        said = [f"{Path(one.where).name}: {one.message}" for one in error.problems]
        return "; ".join(said).replace(str(self.engine.root), "feeder.root")

    def _otherwise(self, kept: Sequence[Kept], why: str) -> Iterator[Answer]:
        for answer in self.second.answers(kept, len(kept), time.monotonic()):
            yield replace(answer, why_not=why)


@dataclass
class Reduced:
    """Steps with dead nodes by the twin's own Newton-Raphson of what is left alive.

    `reduced` gives it for a step; all other steps are `whole`'s.
    """

    whole: Reference
    reduced: Callable[[Kept], PowerFlow]
    tolerance_pu: float

    def answers(
        self, kept: Sequence[Kept], always: int, until_s: float
    ) -> Iterator[Answer]:
        """In the order of the steps kept."""
        supplied = [one for one in kept if one.demand.dead is None]
        first = sum(one.demand.dead is None for one in kept[:always])
        others = self.whole.answers(supplied, first, until_s) if supplied else iter(())
        for k, one in enumerate(kept):
            if one.demand.dead is not None:
                if k >= always and time.monotonic() > until_s:
                    return
                flow = self.reduced(one).solve(one.demand)
                v = flow.v if flow.converged else None
                yield Answer(v, OWN, self.tolerance_pu, why_not=CUT_OFF)
                continue
            answer = next(others, None)
            if answer is None:
                return
            yield answer


def step_of(kept: Kept, inverters: Inverters | None = None) -> Step:
    """What the OpenDSS engine is asked of a kept step.

    What follows the voltage by the load's law goes as such; all else as the power that
    it was at the voltages found.
    """
    demand = kept.demand
    kw, kvar = demand.fixed_kw, demand.fixed_kvar
    if inverters is not None and demand.inverters is not None:
        n = len(kw)
        kw = kw + inverters.at_terminals(kept.reacting.real, n)
        kvar = kvar + inverters.at_terminals(kept.reacting.imag, n)
    return Step(
        load_kw=demand.load_kw,
        load_kvar=demand.load_kvar,
        constant_kw=kw,
        constant_kvar=kvar,
        scale=kept.scale,
    )


def in_time(kept: Sequence[Kept], always: int, until_s: float) -> Iterator[Kept]:
    """The first `always`, then others while there is time."""
    for k, one in enumerate(kept):
        if k >= always and time.monotonic() > until_s:
            return
        yield one
