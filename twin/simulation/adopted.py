"""The years ahead on a feeder: its homes as households, neighbours, control totals."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, replace

import networkx as nx
import numpy as np
from scipy.spatial import cKDTree

from twin.agents.adoption import (
    EV,
    HEAT_PUMP,
    PV,
    Adoption,
    Habits,
    Owned,
    Traits,
    lived,
)
from twin.arrays import Floats, Ints
from twin.fleet.adoption import Ahead, ahead, totals_asked
from twin.fleet.participation import stages
from twin.grid.feeder import Feeder
from twin.randomness import Purpose, normal, uniform
from twin.scenario.adoption_words import Adoption as Words
from twin.scenario.spec import Scenario
from twin.simulation.households import Households
from twin.surroundings.control_totals import Totals

FEW_HOMES = 4
MOST_SIGMA = 3.0
M_PER_DEGREE = 111_320.0
APART_M = 1e-6


@dataclass(frozen=True)
class Adopted:
    """What the years up to that of the scenario have come to.

    years   every year from the first of the control totals
    """

    words: Words
    totals: Totals
    data: Ahead
    years: tuple[Owned, ...]
    traits: Traits
    neighbours: nx.Graph

    @property
    def owned(self) -> Owned:
        """Who owns what in the year that is simulated."""
        return self.years[-1]

    @property
    def load_factor(self) -> float:
        """By how much loads have grown since the scenario's own."""
        said = self.totals.at("load_factor", self.words.year)
        return 1.0 if said is None else said

    def on(self, people: Households, pv_kw: float, follows_pv: bool) -> Households:
        """The customers of that year: their PV, and loads that have grown.

        ``follows_pv``: what a connection may feed in is its PV's peak power.
        """
        added_kwp = np.zeros(len(people))
        added_kwp[: people.n_home] = np.where(self.owned.pv, pv_kw, 0.0)
        pv_kwp = np.where(people.pv_kwp > 0.0, people.pv_kwp, added_kwp)
        return replace(
            people,
            annual_kwh=people.annual_kwh * self.load_factor,
            peak_kw=people.peak_kw * self.load_factor,
            constant_kw=people.constant_kw * self.load_factor,
            pv_kwp=pv_kwp,
            export_limit_kw=pv_kwp if follows_pv else people.export_limit_kw,
        )

    @property
    def notes(self) -> list[str]:
        """Whose totals these are, and what of the years ahead is assumed."""
        last, n = self.owned, len(self.traits)
        whose = (
            f"adoption: totals are illustrative ({self.totals.source}); no forecast of "
            "anybody's, so read years and counts as an example"
            if self.totals.illustrative
            else f"adoption: control totals of {self.totals.source}, met exactly"
        )
        unsure = [key for key, mark in self.data.marks.items() if mark != "published"]
        return [
            whose,
            f"adoption: {len(last):,} EVs, {last.pv.sum():,} homes with PV and "
            f"{last.heat_pump.sum():,} with a heat pump among {n:,} homes in "
            f"{last.year}; loads {self.load_factor:g} times those of the scenario; "
            "dates, weather and prices are the scenario's",
            "adoption: recalled or assumed, not measured on this feeder: "
            f"{', '.join(unsure)} (twin/data/adoption/{self.data.file.name}), and "
            "adoption.* keys",
        ]


def adopted(
    scenario: Scenario, feeder: Feeder, people: Households, until: int | None = None
) -> Adopted | None:
    """Live the years up to the scenario's; None where it says nothing of them.

    ``until``: up to another year in its place.
    """
    words = scenario.adoption
    if words is None:
        return None
    data = ahead(scenario.region)
    totals = totals_asked(words, scenario.region)
    traits = traits_of(scenario, people, data)
    graph = neighbours_of(feeder, people, words.neighbours)
    habits = Habits(
        peer_effect=words.peer_effect,
        further_car=words.further_car,
        car_years=words.car_years,
        enrolment_per_year=words.enrolment_per_year,
        enrolled_at_start=stages(scenario.region).enrolled.share,
    )
    model = Adoption(traits, graph, habits, scenario.seed)
    asked = {
        year: _asked(totals, year, len(traits), scenario.customers.pv_kw)
        for year in range(totals.years[0], (until or words.year) + 1)
    }
    return Adopted(words, totals, data, lived(model, asked), traits, graph)


def traits_of(scenario: Scenario, people: Households, data: Ahead) -> Traits:
    """Income, parking and cars of every home, drawn by key."""
    words, seed, n = scenario.adoption, scenario.seed, people.n_home
    assert words is not None
    home = np.arange(n)
    wealth = np.power(_income(people, data, seed), words.income_effect)
    count = np.bincount(people.service[:n])[people.service[:n]]
    kind = np.where(count == 1, 0, np.where(count <= FEW_HOMES, 1, 2))
    access = np.array(data.charger_access)[kind]
    parks = uniform(seed, Purpose.CHARGER_ACCESS, home) < access
    known = people.known_evs[:n]
    bounds = np.cumsum(data.cars_per_home)
    drawn = uniform(seed, Purpose.HOUSEHOLD_CARS, home) * bounds[-1]
    cars = np.searchsorted(bounds[:-1], drawn, side="right").astype(np.int64)
    return Traits(
        cars=np.maximum(cars, known),
        ev_appetite=wealth * np.where(parks, 1.0, words.without_charger),
        appetite=wealth,
        known_evs=known,
        has_pv=people.pv_kwp[:n] > 0.0,
    )


def _income(people: Households, data: Ahead, seed: int) -> Floats:
    """Of each home, relative to the median: alike behind one transformer. [n_home]"""
    n = people.n_home
    place = normal(seed, Purpose.PLACE_INCOME, people.zone[:n])
    own = normal(seed, Purpose.HOUSEHOLD_INCOME, np.arange(n))
    log_kwh = np.log(np.maximum(people.annual_kwh[:n], 1.0))
    spread = log_kwh.std()
    kwh = (log_kwh - log_kwh.mean()) / spread if spread > 1e-9 else np.zeros(n)
    kwh = np.clip(kwh, -MOST_SIGMA, MOST_SIGMA)
    of_place, of_kwh = data.income_place_share, data.income_kwh_share
    z = np.sqrt(of_place) * place + np.sqrt(of_kwh) * kwh
    z += np.sqrt(1.0 - of_place - of_kwh) * own
    income: Floats = np.exp(data.income_spread * z)
    return income


def neighbours_of(feeder: Feeder, people: Households, count: int) -> nx.Graph:
    """Each home joined to its nearest; without known positions, along the feeder."""
    n = people.n_home
    graph: nx.Graph = nx.Graph()
    graph.add_nodes_from(range(n))
    k = min(count, n - 1)
    if k > 0:
        place = _places_m(feeder, people.node[:n], people.zone[:n])
        found = np.asarray(cKDTree(place).query(place, k=k + 1)[1])
        for home, near in enumerate(found.tolist()):
            others = [other for other in near if other != home][:k]
            graph.add_edges_from((home, other) for other in others)
    return graph


def _places_m(feeder: Feeder, node: Ints, zone: Ints) -> Floats:
    """Where homes are; those at one node lie in a row, a hair apart. [n_home, 2]"""
    x, y = feeder.nodes.x[node], feeder.nodes.y[node]
    row = np.arange(len(node))
    if not (np.isfinite(x).all() and np.isfinite(y).all()):
        order = np.lexsort((row, feeder.nodes.distance_km[node], zone))
        rank = np.empty(len(node))
        rank[order] = row
        return np.column_stack([rank, np.zeros(len(node))])
    if feeder.nodes.geographic:
        x = x * M_PER_DEGREE * np.cos(np.radians(y.mean()))
        y = y * M_PER_DEGREE
    return np.column_stack([x + APART_M * row, y])


def _asked(totals: Totals, year: int, n_home: int, pv_kw: float) -> Mapping[str, int]:
    """How many there are of each thing that the totals speak of."""
    asked = {EV: totals.homes("evs", year, n_home)}
    if {"pv_kw", "pv_share"} & totals.columns.keys():
        asked[PV] = totals.homes("pv_kw", year, n_home, pv_kw)
    if {"heat_pumps", "heat_pump_share"} & totals.columns.keys():
        asked[HEAT_PUMP] = totals.homes("heat_pumps", year, n_home)
    return asked
