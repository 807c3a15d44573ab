"""Lives the days before a run's first, so that it begins as lived, not as assumed."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass

import simpy

from twin.fleet.start import go_on
from twin.grid.controls import Regulated
from twin.grid.flow import Flow, PowerFlow
from twin.grid.newton import Newton
from twin.grid.powerflow import FixedPoint
from twin.grid.switching import Switched
from twin.simulation.build import Plan, Start, build
from twin.simulation.dimming import Dimming
from twin.simulation.envelopes import Envelopes
from twin.simulation.operator import GridOperator
from twin.simulation.regulation import Logbook
from twin.simulation.world import World
from twin.surroundings.surroundings import Given

WITHIN_THE_SECOND = 0.5


@dataclass
class Leading(World):
    """A world that is left when its lead-in days have passed, nothing decided beyond.

    until  the first interval that counts
    last   what the one before was measured at
    """

    until: int = 0
    last: tuple[Given, Flow] | None = None

    def decide(self, k: int, given: Given | None, flow: Flow | None) -> None:
        """As any world, save that the first day's decision is another's."""
        if k == self.until and given is not None and flow is not None:
            self.last = given, flow
            return
        super().decide(k, given, flow)


def led_in(
    planned: Plan, on_day: Callable[[int, int], None] | None = None
) -> Start | None:
    """Live a plan's lead-in days; how its world is to start then. None: it has none.

    The days are those of a run that starts so much earlier, and nothing of them is
    written. What is handed on is all that the future depends on: cars and batteries,
    taps, whom the operator dims, what the outlook has measured. What counts, books,
    totals, stays at a plug, begins on the first day; so does a user's own policy.

    on_day  told after each of them: how many have passed, of how many
    """
    if planned.before is None:
        return None
    lead = _lived(planned.before, on_day)

    def start(plan: Plan, world: World) -> None:
        _hand_on(lead, world)

    return start


def _lived(earlier: Plan, on_day: Callable[[int, int], None] | None) -> Leading:
    lead = build(earlier, kind=Leading)
    assert isinstance(lead, Leading)
    days, timeline = earlier.timeline.lead_in_days, earlier.timeline
    end_s = timeline.midnight(days)
    lead.until = end_s // timeline.step_s
    if on_day is not None:
        lead.recorder.on_day = lambda day: on_day(day + 1, days)
    env = simpy.Environment()
    lead.begin(env)
    env.run(until=end_s + WITHIN_THE_SECOND)
    return lead


def _hand_on(lead: Leading, world: World) -> None:
    """Give a world at its start what the lead-in has left, then let it decide."""
    assert lead.last is not None
    now, then = world.guests, lead.guests
    earlier_s = lead.until * lead.timeline.step_s
    world.know_trips(0)
    go_on(world.fleet.state, lead.fleet.state, earlier_s)
    if now.shadow is not None and then.shadow is not None:
        now.shadow.go_on_from(then.shadow, earlier_s)
    world.outlook.go_on_from(lead.outlook, lead.until)
    if now.storage is not None and then.storage is not None:
        now.storage.go_on_from(then.storage, lead.until)
    _take_over_voltages(world.powerflow, lead.powerflow, earlier_s)
    whole = _whole(world.powerflow)
    if isinstance(whole, Regulated):
        world.recorder.logbook = Logbook(whole)
    _take_over_holding(now.operator, then.operator, lead.until, earlier_s)
    world.decide(0, *lead.last)


def _take_over_holding(
    now: GridOperator | None, before: GridOperator | None, n_steps: int, earlier_s: int
) -> None:
    if isinstance(now, Dimming) and isinstance(before, Dimming):
        now.go_on_from(before, n_steps)
    if isinstance(now, Envelopes) and isinstance(before, Envelopes):
        now.effects = before.effects
        _take_over_voltages(now.powerflow, before.powerflow, earlier_s)


def _take_over_voltages(now: PowerFlow, before: PowerFlow, earlier_s: int) -> None:
    """Taps and capacitors as they stand, and the voltages that a solve starts from."""
    mine, theirs = _whole(now), _whole(before)
    if isinstance(mine, Regulated) and isinstance(theirs, Regulated):
        mine.state = theirs.state.set_back(earlier_s)
    if isinstance(mine, FixedPoint | Newton) and isinstance(
        theirs, FixedPoint | Newton
    ):
        mine.state = theirs.state.copy()


def _whole(flow: PowerFlow) -> PowerFlow:
    return flow.whole if isinstance(flow, Switched) else flow
