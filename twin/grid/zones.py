"""Zones of a grid: what hangs on which transformer, and transformers on each other."""

from __future__ import annotations

from dataclasses import dataclass

import networkx as nx
import numpy as np

from twin.arrays import Floats, Ints
from twin.grid.feeder import Feeder
from twin.grid.topology import islands, walk

NONE = -1


@dataclass(frozen=True)
class Zones:
    """A zone a transformer, in their order, then one a separate supply: its head.

    ::

        source --- head ---+--- T0 --- T1      parent: T0 -> head, T1 -> T0
                           +--- T2             parent: T2 -> head, head -> none

    of_node    [n_node] the zone that supplies a node from nearest
    parent     [n_zone] the zone that supplies a zone, -1 for a head
    rating_kw  [n_zone] the transformer's rating; infinite for a head
    """

    of_node: Ints
    parent: Ints
    rating_kw: Floats
    n_transformer: int

    def __len__(self) -> int:
        return len(self.parent)

    @property
    def head(self) -> Ints:
        """The head of the supply that each zone is in [n_zone]."""
        head = np.arange(len(self))
        while (self.parent[head] >= 0).any():
            head = np.where(self.parent[head] >= 0, self.parent[head], head)
        return head

    @property
    def transformer_of_node(self) -> Ints:
        """The nearest transformer upstream of each node, -1 for none [n_node]."""
        return np.where(self.of_node < self.n_transformer, self.of_node, NONE)


def zones_of(feeder: Feeder) -> Zones:
    """Each node's nearest transformer upstream, else its supply; and who is above."""
    n = len(feeder.transformers)
    supply = supplies(feeder)
    of_node = n + supply
    parent = np.full(n + supply.max(initial=-1) + 1, NONE, dtype=np.int64)
    parent[:n] = of_node[feeder.transformers.node_lv]
    reached = np.zeros(n, dtype=np.bool_)
    for node, branch in walk(feeder):
        ends = feeder.branches.near[branch], feeder.branches.far[branch]
        above = of_node[int(ends[0] + ends[1] - node)]
        own = int(feeder.branches.transformer[branch])
        if own >= 0 and not reached[own]:
            parent[own], reached[own] = above, True
        of_node[node] = own if own >= 0 else above
    infinite = np.full(len(parent) - n, np.inf)
    rating_kw = np.concatenate([feeder.transformers.rating_kva, infinite])
    return Zones(of_node, parent, rating_kw, n)


def supplies(feeder: Feeder) -> Ints:
    """Which separately supplied part each node is in, numbered from 0 [n_node].

    The phases of a bus are in one part.
    """
    part = islands(feeder)
    joined: nx.Graph[tuple[str, object]] = nx.Graph()
    joined.add_nodes_from(("part", one) for one in range(part.max(initial=-1) + 1))
    if feeder.model == "three_phase":
        for bus, one in zip(feeder.nodes.bus, part.tolist(), strict=True):
            joined.add_edge(("part", one), ("bus", bus))
    number = np.zeros(part.max(initial=-1) + 1, dtype=np.int64)
    for k, together in enumerate(nx.connected_components(joined)):
        number[[one for kind, one in together if kind == "part"]] = k
    return number[part]
