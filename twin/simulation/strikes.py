"""From a scenario's events to who has supply when."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime

import numpy as np
from scipy.stats import poisson

from twin.arrays import Bools, Ints
from twin.customers.supply import Supply
from twin.errors import InputError
from twin.grid.feeder import Feeder
from twin.grid.switching import unsupplied
from twin.randomness import Purpose, normal, uniform
from twin.scenario.outage_words import Event
from twin.scenario.spec import Scenario
from twin.simulation.households import Households
from twin.simulation.sections import Section, customers_at, section_of, way_to
from twin.surroundings.outage_records import OutageRecords, outage_records
from twin.timeline import Timeline

DAYS_OF_YEAR = 365.25
LENGTH_SPREAD = 1.0
NONE = -1


@dataclass(frozen=True)
class Strike:
    """One outage: of what, from when to when, in seconds from the start.

    ``restored`` are parts of it and when they have their supply back. From
    ``forecast_s`` on it is forecast; its begin where nobody knew.
    """

    name: str
    section: Section
    begin_s: int
    end_s: int
    forecast_s: int
    restored: tuple[tuple[int, Section], ...] = ()


@dataclass(frozen=True)
class Struck:
    """All outages of a run, and who has supply when."""

    strikes: tuple[Strike, ...]
    supply: Supply


def struck(
    scenario: Scenario, timeline: Timeline, feeder: Feeder, people: Households
) -> Struck | None:
    """What a scenario's events come to; none where there are none."""
    if not scenario.has_outages:
        return None
    strikes: list[Strike] = []
    for number, event in enumerate(scenario.events):
        if event.kind == "call":
            continue
        key = f"events.{number}"
        section = section_of(event.section, f"{key}.section", feeder, people)
        spans = _spans(scenario, number, event, timeline)
        strikes += [
            Strike(
                event.section,
                section,
                begin_s,
                end_s,
                begin_s - round(3600 * event.forecast_h),
                _restored(event, key, begin_s, section, feeder, people),
            )
            for begin_s, end_s in spans
        ]
    strikes.sort(key=lambda one: one.begin_s)
    supply = supply_of(strikes, scenario.restoration.return_delay_s, feeder, people)
    return Struck(tuple(strikes), supply)


def supply_of(
    strikes: list[Strike], delay_s: int, feeder: Feeder, people: Households
) -> Supply:
    """Who is out in each period between the instants of all strikes."""
    instants = {0}
    for one in strikes:
        instants |= {one.begin_s, one.end_s, *(at_s for at_s, _ in one.restored)}
    begins = np.array(sorted(instants), dtype=np.int64)
    found = [_period(int(at_s), strikes, feeder, people) for at_s in begins]
    out, dead, by = (np.array(column) for column in zip(*found, strict=True))
    return Supply.of(begins, out, dead, by, delay_s)


def _period(
    now_s: int, strikes: list[Strike], feeder: Feeder, people: Households
) -> tuple[Bools, Bools, Ints]:
    """Customers out, nodes dead, and by which strike, from an instant on.

    A node is dead where a strike cuts it off that has not restored it, or where what
    all have opened together leaves it no way to a source. A way that is closed for a
    part restored is alive again; who hangs on it waits.
    """
    out, by = np.zeros(len(people), dtype=np.bool_), np.full(len(people), NONE)
    dead, lost = (np.zeros(feeder.n_node, dtype=np.bool_) for _ in range(2))
    opened = np.zeros(len(feeder.branches), dtype=np.bool_)
    for number, one in enumerate(strikes):
        if not one.begin_s <= now_s < one.end_s:
            continue
        back = [part for at_s, part in one.restored if at_s <= now_s]
        theirs, nodes = one.section.customers.copy(), one.section.nodes.copy()
        for part in back:
            theirs &= ~part.customers
            nodes &= ~part.nodes
        if back:
            reached = np.logical_or.reduce([_nodes_of(p, feeder, people) for p in back])
            nodes &= ~way_to(reached, feeder)
        by[theirs & ~out] = number
        out |= theirs
        dead, lost = dead | nodes, lost | one.section.nodes
        opened |= one.section.opened
    dead |= unsupplied(feeder, opened) & ~lost
    dead = unsupplied(feeder, np.zeros_like(opened), dead) | dead
    behind = customers_at(dead, feeder, people)
    by[behind & ~out] = max(
        (k for k, one in enumerate(strikes) if one.begin_s <= now_s < one.end_s),
        default=NONE,
    )
    return out | behind, dead, by


def _nodes_of(part: Section, feeder: Feeder, people: Households) -> Bools:
    """A section's nodes; of a single home those that it hangs on."""
    nodes = part.nodes.copy()
    if not nodes.any():
        terminals, spread = feeder.terminals, people.spread
        at = spread.terminal[part.customers[spread.owner]]
        nodes[terminals.node_a[at]] = True
    return nodes


def _restored(
    event: Event,
    key: str,
    begin_s: int,
    whole: Section,
    feeder: Feeder,
    people: Households,
) -> tuple[tuple[int, Section], ...]:
    parts = []
    for number, part in enumerate(event.restored):
        own = f"{key}.restored.{number}.section"
        section = section_of(part.section, own, feeder, people)
        if (section.customers & ~whole.customers).any():
            raise InputError.of(
                f"'{part.section}' is not a part of {event.section}", key=own
            )
        parts.append((begin_s + round(3600 * part.hours), section))
    return tuple(parts)


def _spans(
    scenario: Scenario, number: int, event: Event, timeline: Timeline
) -> list[tuple[int, int]]:
    """From when to when, in seconds from the start."""
    if event.kind == "stochastic":
        return _drawn(scenario, number, event, timeline)
    start = datetime.fromisoformat(event.start or "")
    minute = 60 * start.hour + start.minute
    day = (start.date() - timeline.start).days
    begin_s = int(timeline.seconds(day, minute)) + start.second
    return [(begin_s, begin_s + max(1, round(3600 * (event.hours or 0.0))))]


def _drawn(
    scenario: Scenario, number: int, event: Event, timeline: Timeline
) -> list[tuple[int, int]]:
    """Outages drawn day by day, keyed by date: their number, starts and lengths.

    N ~ Poisson(SAIFI / 365.25); start uniform and ln length ~ Normal with mean CAIDI,
    or both those of one record.

    Source: docs/model.md "Outages and V2H".
    """
    spans, seed = [], scenario.seed
    said = event.records
    known = None if said is None else outage_records(said, f"events.{number}.records")
    for day in range(timeline.days):
        date = timeline.date_of(day).toordinal()
        draw = float(uniform(seed, Purpose.OUTAGE_COUNT, number, date))
        for index in range(int(poisson.ppf(draw, (event.saifi or 0.0) / DAYS_OF_YEAR))):
            key = (number, date, index)
            begin_s, hours = _one_drawn(seed, event, known, timeline, day, key)
            spans.append((begin_s, begin_s + max(1, round(3600 * hours))))
    return spans


def _one_drawn(
    seed: int,
    event: Event,
    records: OutageRecords | None,
    timeline: Timeline,
    day: int,
    key: tuple[int, int, int],
) -> tuple[int, float]:
    """When an outage of a day begins, in seconds from the start, and its hours."""
    at = float(uniform(seed, Purpose.OUTAGE_START, *key))
    if records is not None:
        minute, hours = records.drawn(at)
        return int(timeline.seconds(day, minute)), hours
    z = float(normal(seed, Purpose.OUTAGE_LENGTH, *key))
    hours = (event.caidi_h or 0.0) * np.exp(LENGTH_SPREAD * z - LENGTH_SPREAD**2 / 2)
    length_s = int(timeline.midnight_s[day + 1] - timeline.midnight_s[day])
    return int(timeline.midnight_s[day]) + int(at * length_s), float(hours)
