"""The grid operator of a run: who holds cars back, by what was measured before."""

from __future__ import annotations

from typing import Protocol

import polars as pl

from twin.agents.observation import Observation
from twin.arrays import Ints
from twin.customers.customers import Customers
from twin.fleet.fleet import Fleet, Taken
from twin.grid.flow import Flow
from twin.simulation.dimming import Dimming
from twin.simulation.envelopes import Envelopes
from twin.simulation.held_back import Array, HeldBack
from twin.simulation.metering import Held
from twin.simulation.plan import Plan
from twin.surroundings.surroundings import Given


class GridOperator(Protocol):
    """Leaves cars so much for an interval; ``held`` is of the one under way."""

    @property
    def held(self) -> Held | None:
        """What is left; none where everything is."""

    @property
    def book(self) -> HeldBack:
        """What the holding back comes to."""

    def open(
        self, k: int, seen: Observation, given: Given | None, flow: Flow | None
    ) -> None:
        """Decide for interval k, by what the one before was measured at."""

    def write(self, taken: Taken, given: Given, fleet: Fleet) -> None:
        """Note an interval that has ended."""

    def day(self, level: str) -> dict[str, dict[str, Array]]:
        """Rows since the last call, as columns by table."""

    def events(self, day: int) -> pl.DataFrame:
        """Rows of ``events`` of a local day."""

    def told(self) -> list[str]:
        """The same in words, for a run's notes."""

    def summary(self) -> dict[str, object]:
        """What came of it, for ``run.json``."""


def operator_of(
    plan: Plan, customers: Customers, fleet: Fleet, judged: Ints
) -> GridOperator | None:
    """As the scenario says; none where nobody holds anything back.

    ``judged``: the nodes at which voltages are.
    """
    said = plan.scenario.operator
    if said is None or not len(fleet):
        return None
    if said.method == "dimming":
        return Dimming.of(plan, said)
    return Envelopes.of(plan, said, customers, fleet, judged)
