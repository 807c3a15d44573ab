"""Households who buy year by year and look at their neighbours: a Mesa model."""

from __future__ import annotations

import heapq
from collections.abc import Mapping
from dataclasses import dataclass

import mesa
import networkx as nx
import numpy as np

from twin.agents.counted import all_counted
from twin.arrays import Bools, Floats, Ints
from twin.errors import InputError
from twin.randomness import Purpose, uniform

MOST_EVS = 16
EV, PV, HEAT_PUMP = "ev", "pv", "heat_pump"
ENROLLED = "enrolled"
DRAWN_FOR = {
    EV: Purpose.BUYS_EV,
    PV: Purpose.BUYS_PV,
    HEAT_PUMP: Purpose.BUYS_HEAT_PUMP,
}


@dataclass(frozen=True)
class Traits:
    """What households are, once for all years [n_home].

    cars          of any kind: nobody owns more EVs
    ev_appetite   hazard of buying an EV, relative to others, by income and parking
    appetite      the same for PV and heat pumps, by income
    known_evs     in the first year, as a utility's list says; -1 where it says nothing
    has_pv        before the first year
    """

    cars: Ints
    ev_appetite: Floats
    appetite: Floats
    known_evs: Ints
    has_pv: Bools

    def __len__(self) -> int:
        return len(self.cars)


@dataclass(frozen=True)
class Habits:
    """How all households behave."""

    peer_effect: float
    further_car: float
    car_years: float
    enrolment_per_year: float
    enrolled_at_start: float


@dataclass(frozen=True)
class Owned:
    """Who owns what at the end of a year.

    home, ordinal      of each EV                                       [n_ev]
    bought, replaced   year of purchase; how many EVs it has followed   [n_ev]
    pv, heat_pump      homes that have one                            [n_home]
    enrolled           homes in a programme                           [n_home]
    pull               by thing: by how much all hazards were scaled this year
    """

    year: int
    home: Ints
    ordinal: Ints
    bought: Ints
    replaced: Ints
    pv: Bools
    heat_pump: Bools
    enrolled: Bools
    pull: Mapping[str, float]

    def __len__(self) -> int:
        return len(self.home)


@dataclass(frozen=True)
class Car:
    """An EV: when it was bought, until when it is kept, how many it has followed."""

    bought: int
    until: int
    replaced: int = 0


class Household(mesa.Agent):
    """A home that looks at its neighbours and may buy."""

    def __init__(self, model: Adoption, home: int) -> None:
        super().__init__(model)
        self.home = home
        self.neighbours: list[Household] = []
        self.evs: list[Car] = []
        self.things: set[str] = set()
        self.seen: dict[str, float] = {}

    def look(self) -> None:
        """What share of the neighbours owns each thing, as the year begins."""
        count = max(1, len(self.neighbours))
        for thing in (EV, PV, HEAT_PUMP, ENROLLED):
            having = sum(thing in other.things for other in self.neighbours)
            self.seen[thing] = having / count

    def swayed(self, thing: str) -> float:
        """How much likelier it acts than one whose neighbours own none."""
        swayed: float = 1.0 + self.model.habits.peer_effect * self.seen[thing]
        return swayed

    def weight(self, thing: str) -> float:
        """Its hazard of buying a thing this year, relative to others."""
        traits, habits = self.model.traits, self.model.habits
        appetite = traits.ev_appetite if thing == EV else traits.appetite
        further = habits.further_car if thing == EV and self.evs else 1.0
        return float(appetite[self.home]) * further * self.swayed(thing)

    def has_room(self, thing: str) -> bool:
        """Whether it could own one more."""
        if thing == EV:
            cars = int(self.model.traits.cars[self.home])
            return len(self.evs) < min(cars, MOST_EVS)
        return thing not in self.things

    def acquire(self, thing: str, year: int) -> None:
        """Own one more."""
        self.things.add(thing)
        if thing == EV:
            self.evs.append(self.model.car(self.home, len(self.evs), year))

    def replace_worn(self, year: int) -> None:
        """Each EV at its end is followed by another EV."""
        for ordinal, car in enumerate(self.evs):
            if car.until <= year:
                followed = car.replaced + 1
                self.evs[ordinal] = self.model.car(self.home, ordinal, year, followed)

    def enrol(self, hazard: float) -> None:
        """Join a programme, for good, once there is an EV."""
        if self.evs and ENROLLED not in self.things:
            drawn = self.model.enrolment_draw[self.home]
            if drawn < 1.0 - np.exp(-hazard * self.swayed(ENROLLED)):
                self.things.add(ENROLLED)


@dataclass
class _Waiting:
    """How much hazard each home can still bear before it buys [n_home]."""

    left: Floats
    pull: float = 0.0


class Adoption(mesa.Model):
    """Households on a network of neighbours; control totals say how many buy.

    Each home buys its next thing when the hazard that it has borne since the last
    exceeds a number drawn once, exponential of mean 1. The hazard of a year is

        h_i = s w_i,   w_i = appetite_i further_i (1 + peer_effect share_i)

    where share_i of its neighbours own one as the year begins, and s is the number at
    which exactly as many homes buy as the year's total says.
    """

    def __init__(
        self, traits: Traits, neighbours: nx.Graph, habits: Habits, seed: int
    ) -> None:
        super().__init__(rng=0)
        self.traits, self.habits, self.seed = traits, habits, seed
        self.homes = [Household(self, home) for home in range(len(traits))]
        all_counted(self)
        for one in self.homes:
            one.neighbours = [self.homes[k] for k in sorted(neighbours[one.home])]
        self.first_year: int | None = None
        self.enrolment_draw: Floats = np.zeros(len(traits))
        self._waiting = {thing: self._drawn(thing) for thing in DRAWN_FOR}
        for home in np.flatnonzero(traits.has_pv).tolist():
            self.homes[home].things.add(PV)

    def live(self, year: int, totals: Mapping[str, int]) -> Owned:
        """One year: look, replace, buy up to the totals, join."""
        first = self.first_year is None
        self.first_year = self.first_year or year
        if first:
            self._take_known(year)
        self.agents.do("look")
        self.agents.do("replace_worn", year)
        for thing, total in totals.items():
            self._buy(thing, total, year)
        homes = np.arange(len(self.traits))
        self.enrolment_draw = uniform(self.seed, Purpose.ENROLS, homes, year)
        share = self.habits.enrolled_at_start
        start = -np.log1p(-share) if share < 1.0 else np.inf
        self.agents.do("enrol", start if first else self.habits.enrolment_per_year)
        return self._owned(year)

    def car(self, home: int, ordinal: int, year: int, replaced: int = 0) -> Car:
        """An EV bought in a year; one that was there at the start has an age."""
        entity, mean = home * MOST_EVS + ordinal, self.habits.car_years
        drawn = uniform(self.seed, Purpose.CAR_YEARS, entity, [0, 1], replaced)
        years = max(1, round(mean * (0.5 + float(drawn[0]))))
        age = int(years * drawn[1]) if year == self.first_year and not replaced else 0
        return Car(year - age, year - age + years, replaced)

    def _take_known(self, year: int) -> None:
        for home in np.flatnonzero(self.traits.known_evs > 0).tolist():
            for _ in range(int(self.traits.known_evs[home])):
                self.homes[home].acquire(EV, year)

    def _buy(self, thing: str, total: int, year: int) -> None:
        """Homes whose hazard runs out first buy, until there are as many as said."""
        have = sum(self._count(one, thing) for one in self.homes)
        if have > total:
            raise InputError.of(
                f"{year}: {total:,} {WORDS[thing]}, but {have:,} are there already "
                f"({KNOWN_BY[thing]})",
                key="adoption.totals",
            )
        self._race(thing, total - have, year)
        have = sum(self._count(one, thing) for one in self.homes)
        if have < total:
            raise InputError.of(
                f"{year}: {total:,} {WORDS[thing]}, but these homes take at most "
                f"{have:,}{LIMITED_BY[thing]}",
                key="adoption.totals",
            )

    def _race(self, thing: str, wanted: int, year: int) -> None:
        """Homes in the order in which their hazard runs out, until so many bought.

        One that buys may do so again, from then on with a number drawn anew.
        """
        waiting = self._waiting[thing]
        waiting.pull = 0.0
        due = {
            one.home: self._due(thing, one, 0.0)
            for one in self.homes
            if self._may_buy(one, thing, year)
        }
        queue = [(when, home) for home, when in due.items()]
        heapq.heapify(queue)
        while queue and wanted:
            when, home = heapq.heappop(queue)
            waiting.pull = when if when < np.inf else waiting.pull
            one, wanted = self.homes[home], wanted - 1
            one.acquire(thing, year)
            waiting.left[home] = self._next_draw(thing, one)
            if one.has_room(thing):
                due[home] = self._due(thing, one, when)
                heapq.heappush(queue, (due[home], home))
        for when, home in queue:
            if when < np.inf:
                weight = self.homes[home].weight(thing)
                waiting.left[home] = max(0.0, (when - waiting.pull) * weight)

    def _due(self, thing: str, one: Household, now: float) -> float:
        """When a home's hazard runs out, by the scale s that all hazards share."""
        weight = one.weight(thing)
        left = float(self._waiting[thing].left[one.home])
        return now + left / weight if weight > 0.0 else np.inf

    def _may_buy(self, one: Household, thing: str, year: int) -> bool:
        """Homes whose EVs in the first year are known get no others then."""
        known = thing == EV and self.traits.known_evs[one.home] >= 0
        return one.has_room(thing) and not (known and year == self.first_year)

    def _count(self, one: Household, thing: str) -> int:
        return len(one.evs) if thing == EV else int(thing in one.things)

    def _next_draw(self, thing: str, one: Household) -> float:
        entity = one.home * MOST_EVS + min(self._count(one, thing), MOST_EVS - 1)
        return float(_exponential(self.seed, DRAWN_FOR[thing], np.array([entity]))[0])

    def _drawn(self, thing: str) -> _Waiting:
        """Each home's first number; of one that owns EVs already, that of its next."""
        known = np.maximum(0, self.traits.known_evs) if thing == EV else 0
        entity = np.arange(len(self.traits)) * MOST_EVS + np.minimum(
            known, MOST_EVS - 1
        )
        return _Waiting(_exponential(self.seed, DRAWN_FOR[thing], entity))

    def _owned(self, year: int) -> Owned:
        rows = [
            (one.home, ordinal, car.bought, car.replaced)
            for one in self.homes
            for ordinal, car in enumerate(one.evs)
        ]
        table = np.array(rows, dtype=np.int64).reshape(len(rows), 4)
        pull = {thing: waiting.pull for thing, waiting in self._waiting.items()}
        return Owned(
            year=year,
            home=table[:, 0],
            ordinal=table[:, 1],
            bought=table[:, 2],
            replaced=table[:, 3],
            pv=self._having(PV),
            heat_pump=self._having(HEAT_PUMP),
            enrolled=self._having(ENROLLED),
            pull=pull,
        )

    def _having(self, thing: str) -> Bools:
        return np.array([thing in one.things for one in self.homes], dtype=np.bool_)


WORDS = {EV: "EVs", PV: "homes with PV", HEAT_PUMP: "heat pumps"}
KNOWN_BY = {
    EV: "customers.file knows them",
    PV: "customers.file or customers.pv_share says so",
    HEAT_PUMP: "",
}
LIMITED_BY = {
    EV: ": as many cars of any kind as they own (twin/data/adoption)",
    PV: "",
    HEAT_PUMP: "",
}


def lived(
    model: Adoption, totals: Mapping[int, Mapping[str, int]]
) -> tuple[Owned, ...]:
    """Every year in turn."""
    return tuple(model.live(year, totals[year]) for year in sorted(totals))


def _exponential(seed: int, purpose: Purpose, entity: Ints) -> Floats:
    """Exponential numbers of mean 1, keyed."""
    drawn: Floats = -np.log1p(-uniform(seed, purpose, entity))
    return drawn
