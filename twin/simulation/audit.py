"""Re-solves steps of a run with Newton-Raphson and keeps the largest difference."""

from __future__ import annotations

import time
from collections.abc import Callable, Sequence
from dataclasses import dataclass, field
from typing import Any

import numpy as np

from twin.arrays import Complexes, Floats
from twin.grid.flow import Demand, Flow, PowerFlow
from twin.grid.pair_newton import PairNewton
from twin.randomness import Purpose, uniform

OWN = "the twin's own Newton-Raphson by phase, on the same admittances and load laws"
RANDOM_STEPS = 48
SHARE_OF_RUN = 0.10


@dataclass
class Kept:
    """A step to be solved again."""

    k: int
    reason: str
    value: float
    demand: Demand
    v: Complexes
    scale: Floats | None = None


@dataclass
class Audit:
    """Chooses steps while the run goes on; solves them again when it is over.

    Always: the steps of lowest and highest voltage, of highest import and export, and
    the first. Then keyed random ones, as long as the audit takes less than a tenth of
    the run's time. The run's own warm start is not touched. Where taps move, `standing`
    says how they stand.
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

    def look(
        self, k: int, demand: Demand, flow: Flow, v_min_pu: float, v_max_pu: float
    ) -> None:
        """Keep this step if it is the most extreme so far, or drawn."""
        if not flow.converged:
            return
        if not self.extremes:
            self._keep(k, "first step", 0.0, demand, flow)
        grid_kw = flow.grid_kw
        for reason, value in (
            ("lowest voltage", -v_min_pu),
            ("highest voltage", v_max_pu),
            ("highest import", grid_kw),
            ("highest export", -grid_kw),
        ):
            known = self.extremes.get(reason)
            if known is None or value > known.value:
                self._keep(k, reason, value, demand, flow)
        if k in self._rank:
            self.random.append(self._kept(k, "random", 0.0, demand, flow))

    def run(
        self,
        reference: PowerFlow,
        run_s: float,
        times: Sequence[str],
        standing_at: Callable[[Floats], PowerFlow] | None = None,
    ) -> dict[str, Any]:
        """Solve the kept steps with a reference engine; what ``run.json`` states.

        `standing_at` gives the engine of a feeder whose taps stood so.
        """
        began = time.perf_counter()
        worst, worst_at, steps = 0.0, "", []
        unsolved, loosest_mva = [], 0.0
        queue = [*self.extremes.values(), *sorted(self.random, key=self._order)]
        for kept in queue:
            spent = time.perf_counter() - began
            if kept.reason == "random" and spent > SHARE_OF_RUN * run_s:
                break
            if standing_at is not None and kept.scale is not None:
                reference = standing_at(kept.scale)
            answer = reference.solve(kept.demand)
            loosest_mva = max(loosest_mva, getattr(reference, "tolerance_mva", 0.0))
            if not answer.converged:
                unsolved.append(times[kept.k])
                continue
            difference = float(np.max(np.abs(answer.v_pu - np.abs(kept.v))))
            steps.append({"time": times[kept.k], "reason": kept.reason})
            if difference >= worst:
                worst, worst_at = difference, times[kept.k]
        by_phase = isinstance(reference, PairNewton)
        rounding = (
            reference.rounding_pu() if isinstance(reference, PairNewton) else None
        )
        return {
            "engine": OWN if by_phase else "pandapower Newton-Raphson",
            "loosest_tolerance_mva": None if by_phase else loosest_mva,
            "tolerance_pu": getattr(reference, "tolerance_pu", None),
            "rounding_pu": rounding,
            "largest_difference_pu": worst if steps else None,
            "largest_at": worst_at,
            "steps": steps,
            "unsolved_by_reference": unsolved,
        }

    def _keep(
        self, k: int, reason: str, value: float, demand: Demand, flow: Flow
    ) -> None:
        self.extremes[reason] = self._kept(k, reason, value, demand, flow)

    def _kept(
        self, k: int, reason: str, value: float, demand: Demand, flow: Flow
    ) -> Kept:
        scale = None if self.standing is None else self.standing().copy()
        return Kept(k, reason, value, demand, flow.v, scale)

    def _order(self, kept: Kept) -> int:
        return self._rank[kept.k]
