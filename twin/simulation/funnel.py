"""From so many cars to dependable kW: calls as the run could have served them."""

from __future__ import annotations

from dataclasses import dataclass, field

import numpy as np
import polars as pl

from twin.agents.compliance import Response
from twin.arrays import Bools, Floats, Ints
from twin.fleet.charging import fleet_sustained_kw
from twin.fleet.fleet import Fleet
from twin.simulation.participants import STAGES, Participants
from twin.timeline import Timeline

CARS = "cars"
MOVING = ("plugged_in", "above_reserve", "not_opted_out", "follows")
ORDER = (CARS, *STAGES, *MOVING)
TITLES = {
    CARS: "cars",
    "carmaker": "carmaker committed to the standard",
    "vehicle": "vehicle can give",
    "charger": "charger is there and fits",
    "permit": "permit and interconnection",
    "enrolled": "enrolled",
    "plugged_in": "plugged in for the whole call",
    "above_reserve": "energy above the reserve",
    "not_opted_out": "not opted out",
    "follows": "follows",
}
DEPENDABLE_PERCENTILE = 10.0


@dataclass
class _Call:
    """A call that began at an interval, as its cars stand so far [n_ev]."""

    first: int
    hour: int
    kw: Floats
    plugged: Bools
    out: Bools
    heard: Ints


@dataclass
class Funnel:
    """Calls of the same length from every full local hour on, and what they would get.

    ``served`` has for each hour the (cars, kW) of each moving stage, a call a day.
    """

    participants: Participants
    could_kw: Floats
    fleet: Fleet
    timeline: Timeline
    served: dict[int, list[Floats]] = field(
        default_factory=lambda: {hour: [] for hour in range(24)}
    )
    _open: list[_Call] = field(default_factory=list)

    @property
    def n_call(self) -> int:
        """How many intervals a call lasts, begun ones counted whole."""
        return int(
            np.ceil(self.participants.words.call_h / self.timeline.step_h - 1e-9)
        )

    def look(self, k: int, opted_out: Bools, response: Ints | None) -> None:
        """The instant at which interval k begins, ``response`` being that of k."""
        plugged = self.fleet.plugged
        for call in self._open:
            call.plugged &= plugged
            if k - call.first >= self.n_call:
                self.served[call.hour].append(self._stages(call))
        self._open = [c for c in self._open if k - c.first < self.n_call]
        minute = self.timeline.wall_clock(k)[1]
        if minute % 60 == 0 and k + self.n_call <= self.timeline.n_steps:
            self._open.append(self._begun(k, minute // 60, plugged, opted_out))
        for call in self._open:
            call.heard += _hears(len(plugged), response)

    def frame(self) -> pl.DataFrame:
        """Rows of ``funnel``: every hour and stage."""
        still = self._still()
        rows = [row for hour in range(24) for row in self._of_hour(hour, still)]
        return pl.DataFrame(rows, infer_schema_length=None)

    def _begun(self, k: int, hour: int, plugged: Bools, opted_out: Bools) -> _Call:
        traits, soc = self.fleet.traits, self.fleet.state["soc"]
        hours = self.n_call * self.timeline.step_h
        kw = fleet_sustained_kw(traits, soc, hours)
        n = len(traits)
        return _Call(k, hour, kw, plugged.copy(), opted_out, np.zeros(n, np.int64))

    def _stages(self, call: _Call) -> Floats:
        """Cars and kW of each moving stage [2, n_moving]."""
        here = self.participants.takes_part & call.plugged
        above = here & (call.kw > 0.0)
        willing = above & ~call.out
        heard = call.heard / self.n_call
        give_kw = self.fleet.traits["give_kw"]
        cars = (here.sum(), above.sum(), willing.sum(), heard[willing].sum())
        kw = (
            give_kw[here].sum(),
            call.kw[above].sum(),
            call.kw[willing].sum(),
            (call.kw * heard)[willing].sum(),
        )
        return np.array([cars, kw], dtype=np.float64)

    def _still(self) -> Floats:
        """Cars and kW of all cars and each stage that does not move [2, n_stage]."""
        passed = np.logical_and.accumulate(self.participants.passes, axis=0)
        every = np.vstack([np.ones((1, passed.shape[1]), dtype=np.bool_), passed])
        counts = every.sum(axis=1)
        return np.array([counts, (every * self.could_kw).sum(axis=1)], dtype=np.float64)

    def _of_hour(self, hour: int, still: Floats) -> list[dict[str, object]]:
        calls = self.served[hour]
        if calls:
            days = np.stack(calls)
            median = np.median(days, axis=0)
            low = np.percentile(days, DEPENDABLE_PERCENTILE, axis=0)
        else:
            median = low = np.full((2, len(MOVING)), np.nan)
        middle, least = np.hstack([still, median]), np.hstack([still, low])
        lost = np.concatenate([[0.0], middle[1, :-1] - middle[1, 1:]])
        return [
            {
                "hour": hour,
                "stage": stage,
                "title": TITLES[stage],
                "days": len(calls),
                "cars": middle[0, k],
                "cars_p10": least[0, k],
                "kw": middle[1, k],
                "kw_p10": least[1, k],
                "lost_kw": lost[k],
                **self._basis(stage),
            }
            for k, stage in enumerate(ORDER)
        ]

    def _basis(self, stage: str) -> dict[str, object]:
        """The share that a stage rests on, how sure it is, and whose word."""
        if stage not in STAGES:
            return {"share": np.nan, "mark": "simulated", "source": "this run"}
        one = self.participants.known[STAGES.index(stage)]
        source = f"{one.source}, {one.source_date}" if one.source_date else one.source
        return {"share": one.share, "mark": one.mark, "source": source}


def funnel_of(
    participants: Participants | None,
    could_kw: Floats,
    fleet: Fleet,
    timeline: Timeline,
) -> Funnel | None:
    """A run's funnel at its start; none where a scenario says nothing of it."""
    if participants is None:
        return None
    return Funnel(participants, could_kw, fleet, timeline)


def _hears(n: int, response: Ints | None) -> Ints:
    if response is None:
        return np.ones(n, dtype=np.int64)
    return (response < int(Response.NO_RESPONSE)).astype(np.int64)
