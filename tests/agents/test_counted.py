"""A world that was lived in is let go: a study runs a thousand of them."""

from __future__ import annotations

import gc
import weakref

import networkx as nx

from tests.agents.test_adoption import HABITS, evs, traits
from tests.worlds import scenario, world
from twin.agents.adoption import Adoption, Habits, lived
from twin.simulation.run import simulate


def test_a_world_is_let_go_once_it_was_lived_in() -> None:
    born = world(scenario(fleet__ev_share=1.0))
    simulate(born)
    kept = weakref.ref(born), weakref.ref(born.population)
    del born
    gc.collect()
    assert [one() for one in kept] == [None, None]


def test_households_of_the_years_ahead_are_let_go() -> None:
    grown = Adoption(traits(4), nx.cycle_graph(4), Habits(**HABITS), 1)
    lived(grown, evs(1, 2))
    kept = weakref.ref(grown)
    del grown
    gc.collect()
    assert kept() is None
