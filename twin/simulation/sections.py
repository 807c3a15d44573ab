"""Sections of a feeder by name: what an outage cuts off."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from twin.arrays import Bools
from twin.errors import InputError, nearest
from twin.grid.feeder import Feeder
from twin.grid.switching import unsupplied
from twin.grid.topology import walk
from twin.simulation.households import Households

MOST_LISTED = 5


@dataclass(frozen=True)
class Section:
    """Nodes and customers without supply, and the branches that open for it.

    nodes [n_node], customers [n_customer], opened [n_branch]
    """

    nodes: Bools
    customers: Bools
    opened: Bools


def section_of(name: str, key: str, feeder: Feeder, people: Households) -> Section:
    """What a scenario calls feeder, transformer:<name>, branch:<name>, home:<name>."""
    kind, _, own = name.partition(":")
    if kind == "home":
        return _home(own, key, feeder, people)
    branches = feeder.branches
    opened = np.zeros(len(branches), dtype=np.bool_)
    if kind == "feeder":
        sources = np.isin(branches.near, feeder.source_node)
        opened = sources | np.isin(branches.far, feeder.source_node)
    elif kind == "transformer":
        row = rows_named(own, feeder.transformers.name, "transformer", key)
        opened = np.isin(branches.transformer, row)
    else:
        opened = np.isin(
            np.arange(len(branches)), rows_named(own, branches.name, kind, key)
        )
    nodes = unsupplied(feeder, opened)
    if kind != "feeder" and not nodes.any():
        raise InputError.of(
            f"'{name}' cuts nobody off: what it supplies has another way", key=key
        )
    customers = customers_at(nodes, feeder, people)
    if kind == "feeder":
        customers = np.ones(len(people), dtype=np.bool_)
    return Section(nodes, customers, opened)


def customers_at(nodes: Bools, feeder: Feeder, people: Households) -> Bools:
    """Customers with any terminal at these nodes [n_customer]."""
    terminals, spread = feeder.terminals, people.spread
    a, b = terminals.node_a[spread.terminal], terminals.node_b[spread.terminal]
    touched = nodes[a] | ((b >= 0) & nodes[b])
    found = np.zeros(len(people), dtype=np.bool_)
    found[spread.owner[touched]] = True
    return found


def way_to(nodes: Bools, feeder: Feeder) -> Bools:
    """All nodes on the ways from the sources to these [n_node]."""
    above: dict[int, int] = {}
    for node, branch in walk(feeder):
        ends = feeder.branches.near[branch], feeder.branches.far[branch]
        above[node] = int(ends[0] + ends[1] - node)
    way = nodes.copy()
    for node in np.flatnonzero(nodes).tolist():
        while node in above and not way[above[node]]:
            node = above[node]
            way[node] = True
    return way


def _home(own: str, key: str, feeder: Feeder, people: Households) -> Section:
    row = rows_named(own, people.name, "customer", key)
    customers = np.isin(np.arange(len(people)), row)
    none = np.zeros(feeder.n_node, dtype=np.bool_)
    return Section(none, customers, np.zeros(len(feeder.branches), dtype=np.bool_))


def rows_named(
    own: str, names: list[str] | tuple[str, ...], what: str, key: str
) -> list[int]:
    """The rows of a name, in any case; or the nearest names."""
    lower = own.lower()
    rows = [row for row, name in enumerate(names) if name.lower() == lower]
    if rows:
        return rows
    some = list(dict.fromkeys(names))
    listed = ", ".join(some[:MOST_LISTED]) + (
        ", ..." if len(some) > MOST_LISTED else ""
    )
    raise InputError.of(
        f"no {what} '{own}' here; there are {len(some)}: {listed}{nearest(own, some)}",
        key=key,
    )
