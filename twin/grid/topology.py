"""What is joined to what: distance, islands, what hangs below a transformer."""

from __future__ import annotations

import networkx as nx
import numpy as np
from scipy.sparse import csr_matrix
from scipy.sparse.csgraph import dijkstra

from twin.arrays import Floats, Ints
from twin.grid.feeder import Feeder

SMALLEST = 1e-9


def graph(feeder: Feeder) -> nx.MultiGraph:
    """Nodes and branches of the feeder; an edge's key is its branch."""
    joined = nx.MultiGraph()
    joined.add_nodes_from(range(feeder.n_node))
    branches = feeder.branches
    for branch in range(len(branches)):
        near, far = int(branches.near[branch]), int(branches.far[branch])
        joined.add_edge(near, far, key=branch, length_km=branches.length_km[branch])
    return joined


def islands(feeder: Feeder) -> Ints:
    """Which connected part each node belongs to, numbered from 0 [n_node]."""
    part = np.full(feeder.n_node, -1, dtype=np.int64)
    for number, nodes in enumerate(nx.connected_components(graph(feeder))):
        part[list(nodes)] = number
    return part


def downstream(feeder: Feeder, branch: int) -> Ints:
    """Nodes that lose their supply when this branch opens, ascending."""
    joined = graph(feeder)
    near, far = int(feeder.branches.near[branch]), int(feeder.branches.far[branch])
    joined.remove_edge(near, far, key=branch)
    supplied: set[int] = set()
    for source in feeder.source_node.tolist():
        supplied |= nx.node_connected_component(joined, source)
    lost = [node for node in range(feeder.n_node) if node not in supplied]
    return np.array(lost, dtype=np.int64)


def walk(feeder: Feeder) -> list[tuple[int, int]]:
    """Every node but the sources, outwards, with the branch that it is reached by."""
    joined = graph(feeder)
    seen = set(feeder.source_node.tolist())
    front, walked = sorted(seen), []
    while front:
        ahead = []
        for node in front:
            for _, other, branch in sorted(joined.edges(node, keys=True)):
                if other not in seen:
                    seen.add(other)
                    ahead.append(other)
                    walked.append((other, branch))
        front = ahead
    return walked


def distances(
    n_node: int, first: Ints, second: Ints, length: Floats, sources: Ints
) -> Floats:
    """Shortest way from the nearest source to each node [n_node].

    A branch without length counts a nano-unit, so that it still has a direction.
    """
    cost = np.maximum(np.abs(length), SMALLEST)
    low, high = np.minimum(first, second), np.maximum(first, second)
    order = np.lexsort((-cost, high, low))
    shortest = {
        (int(low[k]), int(high[k])): float(cost[k]) for k in order if low[k] != high[k]
    }
    pairs = np.array(list(shortest), dtype=np.int64).reshape(-1, 2)
    ways = csr_matrix(
        (np.array(list(shortest.values())), (pairs[:, 0], pairs[:, 1])),
        shape=(n_node, n_node),
    )
    way: Floats = dijkstra(ways, directed=False, indices=sources, min_only=True)
    return way
