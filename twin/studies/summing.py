"""Puts a territory's feeders together as their runs come in, in one order always."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field
from typing import NamedTuple

import numpy as np
from numpy.typing import NDArray

from twin.accounts.territory import Tally, Together
from twin.analysis.metrics import Answer
from twin.errors import RunFailed
from twin.studies.asked import Asked
from twin.studies.courses import COUNTED, Courses, Source
from twin.studies.job import Outcome

BROKEN = (
    "transformers_over_normal",
    "transformers_over_emergency",
    "lines_over_normal",
    "customers_beyond",
)
HIGHEST = ("worst_transformer_loading", "worst_line_loading", "v_max_pu")
LOWEST = ("v_min_pu",)


class Key(NamedTuple):
    """What is put together: a member under a variant at a point, for a study's seed."""

    label: str
    seed: int
    member: str


@dataclass
class Records:
    """Draws of one data set: of each record and form of it, and from none."""

    draws: Counter[tuple[int, int]] = field(default_factory=Counter)
    tallies: dict[int, Tally] = field(default_factory=dict)
    otherwise: dict[str, Tally] = field(default_factory=dict)

    def add(self, source: Source) -> None:
        """One feeder's draws."""
        for how, tally in source.otherwise.items():
            self.otherwise.setdefault(how, Tally()).add(*tally)
        rows = zip(
            source.whose.tolist(),
            source.which.tolist(),
            source.draws.tolist(),
            source.total.tolist(),
            source.squares.tolist(),
            strict=True,
        )
        for whose, which, draws, total, squares in rows:
            self.draws[whose, which] += draws
            self.tallies.setdefault(whose, Tally()).add(draws, total, squares)

    def join(self, other: Records) -> None:
        """All of another's draws."""
        self.draws.update(other.draws)
        for whose, tally in other.tallies.items():
            mine = self.tallies.setdefault(whose, Tally())
            mine.add(tally.n, tally.total, tally.squares)
        for how, tally in other.otherwise.items():
            mine = self.otherwise.setdefault(how, Tally())
            mine.add(tally.n, tally.total, tally.squares)


@dataclass
class Part:
    """A member's feeders put together.

    feeders  how many have at least one element beyond each limit, by figure
    elements  how many elements these are
    worst    the worst of all feeders, by figure
    """

    first: Asked
    together: Together
    counts: Counter[str] = field(default_factory=Counter)
    feeders: Counter[str] = field(default_factory=Counter)
    elements: Counter[str] = field(default_factory=Counter)
    unknown: Counter[str] = field(default_factory=Counter)
    worst: dict[str, float] = field(default_factory=dict)
    sources: dict[tuple[str, str], Records] = field(default_factory=dict)

    def add(self, outcome: Outcome, courses: Courses) -> None:
        """One feeder more."""
        self.together.add(courses.kw)
        self.counts.update({name: courses.counts[name] for name in COUNTED})
        for source in courses.sources:
            self.sources.setdefault((source.of, source.name), Records()).add(source)
        for name in BROKEN:
            self._count(name, outcome.figures.get(name))
        for name in HIGHEST + LOWEST:
            self._compare(name, outcome.figures.get(name))

    def _count(self, name: str, value: Answer) -> None:
        if not isinstance(value, int | float):
            self.unknown[name] += 1
        elif value > 0:
            self.feeders[name] += 1
            self.elements[name] += int(value)

    def _compare(self, name: str, value: Answer) -> None:
        if isinstance(value, int | float) and np.isfinite(value):
            choose = min if name in LOWEST else max
            self.worst[name] = choose(self.worst.get(name, float(value)), float(value))


class Summing:
    """The parts of a territory; without feeders it has nothing to do.

    Runs are added in the order in which the study asks for them, whoever is ready
    first: floating-point sums depend on it. Who comes too early waits.
    """

    def __init__(self, asked: Sequence[Asked]) -> None:
        self.parts: dict[Key, Part] = {}
        self.missing: Counter[Key] = Counter()
        self.time: NDArray[np.datetime64] | None = None
        self._rows: dict[str, list[Asked]] = {}
        self._waiting: dict[str, Outcome] = {}
        for one in asked:
            if one.copy is not None and one.run_id:
                self._rows.setdefault(one.run_id, []).append(one)
            elif one.copy is not None:
                self.missing[_key(one)] += 1
        self._order = iter(list(self._rows))
        self._next = next(self._order, None)

    def came(self, outcome: Outcome) -> None:
        """A run came in, or failed."""
        if outcome.run_id not in self._rows:
            return
        self._waiting[outcome.run_id] = outcome
        for ready in self._ready():
            for one in self._rows[ready.run_id]:
                self._add(one, ready)

    def _ready(self) -> Iterator[Outcome]:
        while self._next is not None and self._next in self._waiting:
            yield self._waiting.pop(self._next)
            self._next = next(self._order, None)

    def _add(self, one: Asked, outcome: Outcome) -> None:
        key, courses = _key(one), outcome.courses
        if courses is None:
            self.missing[key] += 1
            return
        if self.time is None:
            self.time = courses.time
        if not np.array_equal(self.time, courses.time):
            raise RunFailed(f"{one.name}: its intervals are not those of the others")
        if key not in self.parts:
            self.parts[key] = Part(one, Together.empty(len(courses.time)))
        self.parts[key].add(outcome, courses)


def _key(one: Asked) -> Key:
    assert one.copy is not None
    return Key(one.label, one.of_seed, one.copy.member)
