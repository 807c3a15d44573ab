"""Chooses steps of a run to be solved again, and keeps the largest difference."""

from __future__ import annotations

import time
from collections.abc import Callable, Sequence
from dataclasses import dataclass, field
from typing import Any

import numpy as np

from twin.arrays import Bools, Floats
from twin.grid.feeder import Nodes
from twin.grid.flow import Demand, Flow
from twin.randomness import Purpose, uniform
from twin.simulation.references import Answer, Kept, Reference

RANDOM_STEPS = 48
SHARE_OF_RUN = 0.10
IN_OUTAGE, AFTER_OUTAGE = "first of an outage", "first after an outage"
FIRST, SWITCHED, RANDOM = "first step", "first after a switching", "random"


@dataclass
class Audit:
    """Chooses steps while the run goes on; solves them again when it is over.

    Always: the steps of lowest and highest voltage, of highest import and export, the
    first, the first at which taps or capacitors stand otherwise than in the interval
    before, and the first with nodes cut off by an outage and after it. Then keyed
    random ones, as long as the audit takes less than a tenth of the run's time. The
    run's own warm start is not touched. Where taps move, `standing` says how they
    stand.
    """

    seed: int
    n_steps: int
    standing: Callable[[], Floats] | None = None
    extremes: dict[str, Kept] = field(default_factory=dict)
    random: list[Kept] = field(default_factory=list)

    def __post_init__(self) -> None:
        draw = uniform(self.seed, Purpose.AUDIT, np.arange(self.n_steps))
        order = np.argsort(draw, kind="stable")[:RANDOM_STEPS]
        self._rank = {int(k): rank for rank, k in enumerate(order)}
        self._stood: Floats | None = None
        self._dead: Bools | None = None

    def look(
        self, k: int, demand: Demand, flow: Flow, v_min_pu: float, v_max_pu: float
    ) -> None:
        """Keep this step if it is the most extreme so far, or drawn."""
        switched, turned = self._switched(), self._turned(demand)
        if not flow.converged:
            return
        if not self.extremes:
            self._keep(k, FIRST, 0.0, demand, flow)
        if switched:
            self._keep(k, SWITCHED, 0.0, demand, flow)
        if turned and turned not in self.extremes:
            self._keep(k, turned, 0.0, demand, flow)
        grid_kw = flow.grid_kw
        for reason, value in (
            ("lowest voltage", -v_min_pu),
            ("highest voltage", v_max_pu),
            ("highest import", grid_kw),
            ("highest export", -grid_kw),
        ):
            known = self.extremes.get(reason)
            if np.isnan(value):
                continue
            if known is None or value > known.value:
                self._keep(k, reason, value, demand, flow)
        if k in self._rank:
            self.random.append(self._kept(k, RANDOM, 0.0, demand, flow))

    def run(
        self, reference: Reference, run_s: float, times: Sequence[str], nodes: Nodes
    ) -> dict[str, Any]:
        """Have the kept steps solved again; what ``run.json`` states."""
        until_s = time.monotonic() + SHARE_OF_RUN * run_s
        always = list(self.extremes.values())
        queue = [*always, *sorted(self.random, key=self._order)]
        answers = list(reference.answers(queue, len(always), until_s))
        steps = [
            compared(kept, answer, nodes, times)
            for kept, answer in zip(queue, answers, strict=False)
        ]
        solved = [one for one in steps if one["difference_pu"] is not None]
        worst = max(solved, key=lambda one: one["difference_pu"], default=None)
        return {
            "engine": _engines(answers),
            **_loosest(answers),
            "largest_difference_pu": worst["difference_pu"] if worst else None,
            "largest_at": worst["time"] if worst else "",
            "largest_where": worst["where"] if worst else "",
            "steps": solved,
            "unsolved_by_reference": [
                one["time"] for one in steps if one["difference_pu"] is None
            ],
        }

    def _switched(self) -> bool:
        """Whether this is the first interval whose taps are not those before it."""
        if self.standing is None or SWITCHED in self.extremes:
            return False
        before, self._stood = self._stood, self.standing().copy()
        return before is not None and not np.array_equal(before, self._stood)

    def _turned(self, demand: Demand) -> str:
        """Why this is the first interval of its kind, if outages make it so."""
        before, self._dead = self._dead, demand.dead
        if demand.dead is None:
            return AFTER_OUTAGE if before is not None else ""
        same = before is not None and np.array_equal(before, demand.dead)
        return "" if same else IN_OUTAGE

    def _keep(
        self, k: int, reason: str, value: float, demand: Demand, flow: Flow
    ) -> None:
        self.extremes[reason] = self._kept(k, reason, value, demand, flow)

    def _kept(
        self, k: int, reason: str, value: float, demand: Demand, flow: Flow
    ) -> Kept:
        scale = None if self.standing is None else self.standing().copy()
        reacting = flow.inverter_kw + 1j * flow.inverter_kvar
        return Kept(k, reason, value, demand, flow.v, scale, reacting)

    def _order(self, kept: Kept) -> int:
        return self._rank[kept.k]


def compared(
    kept: Kept, answer: Answer, nodes: Nodes, times: Sequence[str]
) -> dict[str, Any]:
    """A step, why it was kept, and how far its voltages are from an engine's.

    |V - V_engine| of complex voltages, per unit, and the node where it is largest.
    """
    told: dict[str, Any] = {
        "time": times[kept.k],
        "reason": kept.reason,
        "difference_pu": None,
        "where": "",
        "tolerance": answer.tolerance,
    }
    if answer.v is not None:
        apart = np.nan_to_num(np.abs(answer.v - kept.v[: len(answer.v)]))
        at = int(np.argmax(apart))
        told |= {"difference_pu": float(apart[at]), "where": label(nodes, at)}
    if answer.why_not:
        told |= {"engine": answer.engine, "why_not": answer.why_not}
    return told


def label(nodes: Nodes, node: int) -> str:
    """A node as bus and phase; the bus alone where it stands for all phases."""
    phase = int(nodes.phase[node])
    return f"{nodes.bus[node]}.{phase}" if phase else nodes.bus[node]


def _engines(answers: Sequence[Answer]) -> str:
    """Whose answers these are: the first asked, then others with their numbers."""
    first = [one.engine for one in answers if not one.why_not]
    other = [one.engine for one in answers if one.why_not]
    if not other:
        return first[0] if first else "none: no step was kept"
    stand_in = f"{other[0]} ({len(other)} of {len(answers)} steps)"
    return f"{first[0]}; {stand_in}" if first else stand_in


def _loosest(answers: Sequence[Answer]) -> dict[str, float | None]:
    """The loosest tolerance that was needed, in either unit."""

    def of(unit: str) -> float | None:
        found = [one.tolerance for one in answers if one.unit == unit]
        found = [one for one in found if np.isfinite(one)]
        return max(found, default=None)

    return {"loosest_tolerance_mva": of("MVA"), "tolerance_pu": of("pu")}
