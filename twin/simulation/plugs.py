"""At which terminals each car's charger is: on a phase, on three, between hot legs."""

from __future__ import annotations

from typing import NamedTuple

import numpy as np

from twin.arrays import Ints
from twin.customers.spread import Spread
from twin.grid.added_terminals import KIND, with_terminals
from twin.grid.feeder import REFERENCE, Feeder
from twin.randomness import Purpose, uniform
from twin.simulation.cars import Cars
from twin.simulation.households import Households
from twin.simulation.services import hot_legs, services


class Plugs(NamedTuple):
    """The feeder with the chargers' own terminals, and cars [n_ev] on terminals.

    ``phase`` [n_ev] is the one that a car's charger is on; 0 on several, between two,
    or in the positive sequence.
    """

    feeder: Feeder
    spread: Spread
    phase: Ints


def plugs(feeder: Feeder, homes: Households, cars: Cars, seed: int) -> Plugs:
    """Every car at the terminals of its home that its charger takes.

    A charger of three phases takes all the phases that its home has, one of one phase
    a keyed one of them; of a service given as two legs, it takes the 240 V between.
    """
    at_home = homes.spread.of(cars.traits["customer"])
    if not (feeder.nodes.phase > 0).any():
        return Plugs(feeder, at_home, np.zeros(len(cars), dtype=np.int64))
    legs = hot_legs(feeder, services(feeder))
    service = homes.service[cars.traits["customer"]]
    pairs = {one: legs[one] for one in np.unique(service).tolist() if one in legs}
    place = {one: len(feeder.terminals) + k for k, one in enumerate(pairs)}
    added = np.array([place.get(one, -1) for one in service.tolist()], dtype=np.int64)
    feeder = with_terminals(feeder, list(pairs.values()))
    spread = _chosen(at_home, cars, seed, added)
    return Plugs(feeder, spread, _phases(feeder, spread))


def on_phases(feeder: Feeder, homes: Households, cars: Cars, spread: Spread) -> Spread:
    """The cars at their homes' own terminals: half on each leg what is between two."""
    between = np.array(feeder.terminals.kind)[spread.first] == KIND
    at_home = homes.spread.of(cars.traits["customer"])
    keep_home, keep_own = between[at_home.owner], ~between[spread.owner]
    owner = np.concatenate([at_home.owner[keep_home], spread.owner[keep_own]])
    terminal = np.concatenate([at_home.terminal[keep_home], spread.terminal[keep_own]])
    share = 1.0 / at_home.count[at_home.owner[keep_home]]
    share = np.concatenate([share, spread.share[keep_own]])
    order = np.argsort(owner, kind="stable")
    return Spread(owner[order], terminal[order], share[order], share[order])


def _chosen(at_home: Spread, cars: Cars, seed: int, added: Ints) -> Spread:
    """All rows of cars on three phases, a keyed one of the others; or the added."""
    draw = uniform(seed, Purpose.CHARGER_PHASE, cars.traits["entity"])
    keyed = np.floor(draw * at_home.count).astype(np.int64)
    owner = at_home.owner
    rank = np.arange(len(owner)) - at_home.first_row[owner]
    three = (cars.phases == 3) & (at_home.count == 3) & (added < 0)
    kept = np.where(three[owner], True, rank == keyed[owner])
    owner, share = owner[kept], np.where(three, 1.0 / 3.0, 1.0)[owner[kept]]
    terminal = np.where(added[owner] >= 0, added[owner], at_home.terminal[kept])
    return Spread(owner, terminal, share, share)


def _phases(feeder: Feeder, spread: Spread) -> Ints:
    terminals, first = feeder.terminals, spread.first
    alone = (spread.count == 1) & (terminals.node_b[first] == REFERENCE)
    return np.where(alone, feeder.nodes.phase[terminals.node_a[first]], 0)
