"""The grid operator who dims: what is measured, who is behind it, what came of it."""

from __future__ import annotations

from dataclasses import dataclass, field, replace

import numpy as np
import polars as pl

from twin.agents.dimming import Dimmed, DimmingRule
from twin.agents.observation import Observation
from twin.arrays import Bools, Floats, Ints
from twin.fleet.fleet import Fleet, Taken
from twin.grid.flow import Flow
from twin.grid.upstream import Measured
from twin.scenario.operator_words import Operator
from twin.simulation.happenings import instants
from twin.simulation.held_back import Array, HeldBack
from twin.simulation.metering import Held
from twin.simulation.plan import Plan
from twin.simulation.violations import nothing
from twin.surroundings.surroundings import Given
from twin.timeline import Timeline


@dataclass
class Spell:
    """An element's dimming: from when, until when, the highest loading, whom."""

    element: int
    begin_s: int
    loading: float
    cars: int
    end_s: int | None = None


@dataclass
class Dimming:
    """Holds cars behind what was measured overloaded in the interval before.

    ``behind`` [n_element, n_ev]; ``dimmed`` and ``held`` are of the interval under way.
    """

    rule: DimmingRule
    measured: Measured
    behind: Bools
    min_kw: Floats
    home: Ints
    n_home: int
    timeline: Timeline
    book: HeldBack
    dimmed: Dimmed
    held: Held | None = None
    spells: list[Spell] = field(default_factory=list)
    hours: Floats = field(default_factory=lambda: np.empty(0))
    any_h: float = 0.0
    _under_way: dict[int, Spell] = field(default_factory=dict)
    _elements: list[int] = field(default_factory=list)

    @classmethod
    def of(cls, plan: Plan, said: Operator) -> Dimming:
        """As a scenario says; cars are where their plugs are."""
        words, feeder, timeline = said.settled, plan.grid.feeder, plan.timeline
        rule = DimmingRule(
            words["least_kw"],
            words["begin_loading"],
            words["end_loading"],
            max(1, round(words["least_min"] * 60 / timeline.step_s)),
            words["control"] == "ems",
        )
        measured = Measured.of(feeder, words["measured"] == "transformers")
        spread, terminals = plan.plugs.spread, feeder.terminals
        a, b = (side[spread.terminal] for side in (terminals.node_a, terminals.node_b))
        n_ev, n = len(plan.cars), len(measured)
        behind = measured.behind(spread.owner.tolist(), a.tolist(), n_ev)
        two = np.flatnonzero(b >= 0)
        behind |= measured.behind(spread.owner[two].tolist(), b[two].tolist(), n_ev)
        return cls(
            rule,
            measured,
            behind,
            plan.cars.traits["min_kw"],
            plan.cars.traits["customer"],
            len(plan.households),
            timeline,
            HeldBack.of(n_ev, timeline.step_h),
            Dimmed.none(n),
            hours=np.zeros(n),
        )

    def go_on_from(self, before: Dimming, n_steps: int) -> None:
        """Who is dimmed still; told from the first interval on, the other's last."""
        self.dimmed = Dimmed(before.dimmed.on, before.dimmed.since - n_steps)
        for element, spell in before._under_way.items():
            mine = replace(spell, begin_s=0)
            self.spells.append(mine)
            self._under_way[element] = mine

    def open(
        self, k: int, seen: Observation, given: Given | None, flow: Flow | None
    ) -> None:
        """Decide who is held in interval k, by what the one before was measured at."""
        if k >= self.timeline.n_steps:
            return
        if flow is not None:
            loading = self.measured.loading(flow.loading)
            after = self.rule.after(self.dimmed, k, loading)
            self._tell(k, after, loading)
            self.dimmed = after
        held: Bools = np.logical_or.reduce(self.behind[self.dimmed.on], axis=0)
        self.held = self._held(held) if held.any() else None

    def write(self, taken: Taken, given: Given, fleet: Fleet) -> None:
        """Note an interval that has ended."""
        self.book.write(taken, fleet)
        on = self.dimmed.on
        self.hours[on] += self.timeline.step_h
        self.any_h += self.timeline.step_h * bool(on.any())
        self._elements.append(int(on.sum()))

    def day(self, level: str) -> dict[str, dict[str, Array]]:
        """Columns of the tables that have a row an interval, since the last call."""
        counts, self._elements = self._elements, []
        return {"operator_steps": self.book.columns(counts)}

    def _held(self, held: Bools) -> Held:
        free = np.full(self.n_home, np.inf)
        car_kw = self.rule.car_kw(held, self.min_kw)
        return Held(car_kw, self.rule.home_kw(held, self.home, self.n_home), free, free)

    def _tell(self, k: int, after: Dimmed, loading: Floats) -> None:
        now_s = k * self.timeline.step_s
        for element in np.flatnonzero(after.on & ~self.dimmed.on).tolist():
            cars = int(self.behind[element].sum())
            spell = Spell(element, now_s, float(loading[element]), cars)
            self.spells.append(spell)
            self._under_way[element] = spell
        for element in np.flatnonzero(self.dimmed.on).tolist():
            spell = self._under_way[element]
            spell.loading = float(np.fmax(spell.loading, loading[element]))
            if not after.on[element]:
                spell.end_s = now_s
                del self._under_way[element]

    def events(self, day: int) -> pl.DataFrame:
        """Rows of ``events``: spells that ended on a local day, or at the run's end."""
        first_s, end_s = self.timeline.midnight_s[day : day + 2]
        last = day == self.timeline.days - 1
        told = [
            one
            for one in self.spells
            if (one.end_s is None and last)
            or (one.end_s is not None and first_s <= one.end_s < end_s)
        ]
        first, n = self.timeline.first_instant, len(told)
        ends = np.array([one.end_s or 0 for one in told], dtype=np.int64)
        open_ = pl.Series([one.end_s is None for one in told], dtype=pl.Boolean)
        begins = np.array([one.begin_s for one in told], dtype=np.int64)
        rows = {
            "time": instants(begins, first),
            "until": instants(ends, first).set(open_, None),
            "kind": ["dimming"] * n,
            "entity": [self.measured.name[one.element] for one in told],
            "value": [one.loading for one in told],
            "reason": [self._reason(one) for one in told],
        }
        return pl.DataFrame(rows, schema=nothing().schema)

    def _reason(self, spell: Spell) -> str:
        limit = self.rule.begin_loading
        return (
            f"measured above {100 * limit:g} % of its rating; the {spell.cars} cars "
            f"behind it held to {self.rule.least_kw:g} kW"
            f"{', by home' if self.rule.by_home else ' each'}"
        )

    def told(self) -> list[str]:
        """What came of it, in words."""
        if not self.spells:
            limit = 100 * self.rule.begin_loading
            return [f"nothing was measured above {limit:g} %: nobody was dimmed"]
        return [
            f"dimmed for {self.any_h:g} h in {len(self.spells)} spells: "
            f"{self.book.told()}"
        ]

    def summary(self) -> dict[str, object]:
        """What came of it, for ``run.json``; longest dimming first."""
        order = [row for row in np.argsort(-self.hours) if self.hours[row] > 0.0]
        count = np.bincount(
            np.array([one.element for one in self.spells], dtype=np.int64),
            minlength=len(self.measured),
        )
        elements = [
            {
                "element": self.measured.name[row],
                "hours": float(self.hours[row]),
                "spells": int(count[row]),
                "cars": int(self.behind[row].sum()),
            }
            for row in order
        ]
        return {
            "method": "dimming",
            "hours": self.any_h,
            "spells": len(self.spells),
            **self.book.summary(),
            "elements": elements,
        }
