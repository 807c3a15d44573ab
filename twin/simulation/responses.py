"""What was asked of cars and not done, interval by interval and in sum."""

from __future__ import annotations

from dataclasses import dataclass, field
from datetime import timedelta
from typing import Any

import numpy as np
from numpy.typing import NDArray

from twin.agents.compliance import DAY_S, Compliance, Response, followed_kw
from twin.agents.observation import Observation
from twin.arrays import Floats, Ints
from twin.fleet.fleet import Taken
from twin.scenario.stress_words import Stress
from twin.timeline import Timeline

Array = NDArray[np.float64] | NDArray[np.uint8] | Ints
ENERGIES = (
    "asked_give_kw",
    "not_followed_give_kw",
    "opted_out_kw",
    "asked_charge_kw",
    "unasked_charge_kw",
)
COUNTS = ("opted_out", "no_response", "no_link")


@dataclass
class Responses:
    """Cars that do not act, applied to what a policy asks, and written down.

    ``asked_kw`` and ``response`` [n_ev] are of the interval under way.
    """

    compliance: Compliance
    step_h: float
    asked_kw: Floats
    response: Ints
    plugged: NDArray[np.bool_]
    give_kw: Floats
    totals: dict[str, float] = field(
        default_factory=lambda: dict.fromkeys((*ENERGIES, *COUNTS), 0.0)
    )
    _rows: list[dict[str, Any]] = field(default_factory=list)

    def heard(self, seen: Observation, asked_kw: Floats) -> Floats:
        """What cars make of a request for the interval that begins [n_ev]."""
        self.asked_kw, self.plugged = asked_kw, seen.plugged
        self.response = self.compliance.responses(seen)
        return followed_kw(seen, asked_kw, self.response)

    def write(self, taken: Taken) -> None:
        """Note the interval that has ended."""
        row = self._row(taken)
        self._rows.append(row)
        for name in ENERGIES:
            self.totals[name] += row[name] * self.step_h
        for name in COUNTS:
            self.totals[name] += row[name]

    def day(self) -> dict[str, Array]:
        """The rows since the last call, as columns of ``responses``."""
        rows, self._rows = self._rows, []
        return {
            **{name: np.array([row[name] for row in rows]) for name in ENERGIES},
            **{name: np.array([row[name] for row in rows]) for name in COUNTS},
            "response": np.stack([row["response"] for row in rows]),
        }

    def summary(self) -> dict[str, float]:
        """Sums of the run for ``run.json``: kWh, and cars at a plug times hours."""
        kwh = {name.replace("_kw", "_kwh"): self.totals[name] for name in ENERGIES}
        car_h = {f"{name}_car_h": self.totals[name] * self.step_h for name in COUNTS}
        return kwh | car_h

    def _row(self, taken: Taken) -> dict[str, Any]:
        asked, here = self.asked_kw, self.plugged
        deaf = here & (self.response >= int(Response.NO_RESPONSE))
        gives, takes = np.maximum(-asked, 0.0), np.maximum(asked, 0.0)
        out = here & (self.response == int(Response.OPTED_OUT))
        more_kw = np.maximum(taken.charge_kw - takes, 0.0)
        return {
            "asked_give_kw": float(gives[here].sum()),
            "not_followed_give_kw": float(gives[deaf].sum()),
            "opted_out_kw": float(self.give_kw[out].sum()),
            "asked_charge_kw": float(takes[here].sum()),
            "unasked_charge_kw": float(more_kw[deaf].sum()),
            "opted_out": int(out.sum()),
            "no_response": self._count(Response.NO_RESPONSE),
            "no_link": self._count(Response.NO_LINK),
            "response": self.response.astype(np.uint8),
        }

    def _count(self, response: Response) -> int:
        return int((self.plugged & (self.response == int(response))).sum())


def responses_of(
    stress: Stress | None, seed: int, timeline: Timeline, give_kw: Floats
) -> Responses | None:
    """What a scenario's stress comes to; none where everybody does as asked."""
    if stress is None:
        return None
    first = timeline.first_instant
    into_s = timedelta(hours=first.hour, minutes=first.minute, seconds=first.second)
    compliance = Compliance(
        seed,
        stress.non_response_share,
        stress.opt_out_share,
        stress.communication_loss_share,
        stress.communication_loss_h,
        DAY_S * first.toordinal() + int(into_s.total_seconds()),
    )
    n = len(give_kw)
    return Responses(
        compliance,
        timeline.step_h,
        np.zeros(n),
        np.zeros(n, dtype=np.int64),
        np.zeros(n, dtype=np.bool_),
        give_kw,
    )
