"""Calls of a scenario: when they are, and what came of them."""

from __future__ import annotations

from dataclasses import dataclass, field
from datetime import date, datetime

import numpy as np
import polars as pl

from twin.agents.calls import Call
from twin.agents.observation import Observation
from twin.arrays import Bools
from twin.errors import InputError
from twin.fleet.fleet import Taken
from twin.scenario.outage_words import Event
from twin.scenario.spec import Scenario
from twin.simulation.happenings import instants
from twin.simulation.violations import nothing
from twin.surroundings.realtime import Realtime
from twin.surroundings.tariffs import Prices
from twin.timeline import Timeline

DAY_AHEAD_H = 24.0
TARIFF_RETURN_MIN = 60.0
REBOUND_S = 6 * 3600


@dataclass
class Outcome:
    """What came of one call so far."""

    enrolled: int = 0
    plugged: int = 0
    opted_out: int = 0
    can_give_kw: float = 0.0
    hours: float = 0.0
    given_kwh: float = 0.0
    charged_kwh: float = 0.0
    peak_kw: float = np.nan
    rebound_kw: float = np.nan
    rebound_s: int = 0
    begun: bool = False


@dataclass
class Calls:
    """A run's calls, who is enrolled [n_ev], and their outcomes."""

    calls: tuple[Call, ...]
    enrolled: Bools
    timeline: Timeline
    outcomes: list[Outcome] = field(default_factory=list)

    def __post_init__(self) -> None:
        """An outcome for each call."""
        self.outcomes = [Outcome() for _ in self.calls]

    def known(self, now_s: int) -> tuple[Call, ...]:
        """The calls that anybody may act on at an instant."""
        return tuple(call for call in self.calls if call.concerns(now_s))

    def begin(self, seen: Observation) -> None:
        """Note who is there as a call begins."""
        for call, outcome in zip(self.calls, self.outcomes, strict=True):
            if outcome.begun or not call.is_under_way(seen.now_s):
                continue
            here = seen.enrolled & seen.plugged
            outcome.begun = True
            outcome.enrolled = int(seen.enrolled.sum())
            outcome.plugged = int(here.sum())
            outcome.opted_out = int((here & seen.opted_out).sum())
            outcome.can_give_kw = float(seen.give_kw[here].sum())

    def write(self, begin_s: int, taken: Taken, grid_kw: float) -> None:
        """Note an interval that has ended, by where it began."""
        step_h = self.timeline.step_h
        for call, outcome in zip(self.calls, self.outcomes, strict=True):
            if call.is_under_way(begin_s):
                outcome.hours += step_h
                outcome.given_kwh += float(taken.give_kw.sum()) * step_h
                outcome.charged_kwh += float(taken.charge_kw.sum()) * step_h
                outcome.peak_kw = float(np.fmax(outcome.peak_kw, grid_kw))
            elif call.end_s <= begin_s < call.end_s + REBOUND_S and not (
                grid_kw <= outcome.rebound_kw or np.isnan(grid_kw)
            ):
                outcome.rebound_kw, outcome.rebound_s = grid_kw, begin_s

    def events(self, day: int) -> pl.DataFrame:
        """Rows of ``events``: the calls that ended on a local day."""
        first_s, end_s = self.timeline.midnight_s[day : day + 2]
        ended = [
            (call, outcome)
            for call, outcome in zip(self.calls, self.outcomes, strict=True)
            if outcome.begun and first_s < call.end_s <= end_s
        ]
        spans = np.array([(c.begin_s, c.end_s) for c, _ in ended], dtype=np.int64)
        spans = spans.reshape(-1, 2)
        first = self.timeline.first_instant
        rows = {
            "time": instants(spans[:, 0], first),
            "until": instants(spans[:, 1], first),
            "kind": ["call"] * len(ended),
            "entity": ["feeder"] * len(ended),
            "value": [_mean_kw(outcome) for _, outcome in ended],
            "reason": [
                f"{one.plugged} of {one.enrolled} enrolled cars at a plug, "
                f"{one.opted_out} of these opted out"
                for _, one in ended
            ],
        }
        return pl.DataFrame(rows, schema=nothing().schema)

    def table(self) -> pl.DataFrame:
        """Rows of ``calls``."""
        first, found = self.timeline.first_instant, self.outcomes
        times = np.array(
            [(c.announced_s, c.begin_s, c.end_s) for c in self.calls], dtype=np.int64
        )
        rebound_s = np.array([one.rebound_s for one in found], dtype=np.int64)
        back = instants(rebound_s, first)
        missing = pl.Series([bool(np.isnan(one.rebound_kw)) for one in found])
        return pl.DataFrame(
            {
                "call": np.arange(len(found)),
                "announced": instants(times[:, 0], first),
                "start": instants(times[:, 1], first),
                "until": instants(times[:, 2], first),
                "enrolled": [one.enrolled for one in found],
                "plugged": [one.plugged for one in found],
                "opted_out": [one.opted_out for one in found],
                "can_give_kw": [one.can_give_kw for one in found],
                "given_kwh": [one.given_kwh for one in found],
                "given_kw": [_mean_kw(one) for one in found],
                "charged_kwh": [one.charged_kwh for one in found],
                "peak_kw": [one.peak_kw for one in found],
                "rebound_kw": [one.rebound_kw for one in found],
                "rebound_time": back.set(missing, None),
            }
        )


def calls_of(
    scenario: Scenario,
    timeline: Timeline,
    prices: Prices | Realtime,
    enrolled: Bools,
) -> Calls | None:
    """A run's calls: those of its events, else, for emergency, the tariff's days."""
    found = [
        _call(*_called(number, event, timeline), event.notice_h, event.return_min)
        for number, event in enumerate(scenario.events)
        if event.kind == "call"
    ]
    if not found and scenario.policy.name == "emergency":
        found = _of_tariff(timeline, prices)
    _refuse(found, prices)
    return Calls(tuple(found), enrolled, timeline) if found else None


def _called(number: int, event: Event, timeline: Timeline) -> tuple[int, int, int, int]:
    """Number, date, begin and end of a call at a local time."""
    assert event.start is not None and event.hours is not None
    at = datetime.fromisoformat(event.start)
    day = (at.date() - timeline.start).days
    begin_s = int(timeline.seconds(day, 60 * at.hour + at.minute)) + at.second
    return number, at.toordinal(), begin_s, begin_s + max(1, round(3600 * event.hours))


def _call(
    number: int,
    ordinal: int,
    begin_s: int,
    end_s: int,
    notice_h: float,
    return_min: float,
) -> Call:
    announced_s = begin_s - round(3600 * notice_h)
    returned_s = end_s + round(60 * return_min)
    return Call(number, ordinal, announced_s, begin_s, end_s, returned_s)


def _of_tariff(timeline: Timeline, prices: Prices | Realtime) -> list[Call]:
    """A call on each called day, in the programme's hours, else in the adder's."""
    if isinstance(prices, Realtime):
        return []
    found = []
    for day in range(timeline.days):
        today = timeline.date_of(day)
        if today not in prices.called:
            continue
        events = prices.tariff_on(today).charges.events
        span = prices.programme.span if prices.programme else events and events.span
        if span:
            begin_s, end_s = (int(timeline.seconds(day, minute)) for minute in span)
            key = (day, today.toordinal(), begin_s, end_s)
            found.append(_call(*key, DAY_AHEAD_H, TARIFF_RETURN_MIN))
    return found


def _refuse(found: list[Call], prices: Prices | Realtime) -> None:
    """A programme that pays for calls may not be called when it does not call."""
    if isinstance(prices, Realtime) or prices.programme is None or not found:
        return
    days = frozenset(date.fromordinal(call.date) for call in found)
    fault = prices.programme.refused(days)
    if fault:
        raise InputError.of(fault, key="events")


def _mean_kw(outcome: Outcome) -> float:
    return outcome.given_kwh / outcome.hours if outcome.hours else float("nan")
