"""Where a feeder's places stand on the map: real coordinates, else a tree of lines."""

from __future__ import annotations

from collections import deque
from collections.abc import Hashable, Sequence
from dataclasses import dataclass
from typing import Literal

import numpy as np
import polars as pl

from twin.arrays import Bools, Floats, Ints

Kind = Literal["geographic", "plan", "schematic"]
KM_PER_DEGREE = 111.32
LEAST_KNOWN = 0.5
NOWHERE = -1


@dataclass(frozen=True, eq=False)
class Network:
    """Places and what joins them. The phases of one bus are one place.

    site, span          place of each node, joint of each branch  [n_node], [n_branch]
    node, branch        the first row of each                       [n_site], [n_span]
    x, y                km if geographic; else the network's own unit         [n_site]
    from_site, to_site  ends, the nearer to the source first                  [n_span]
    lane                0; of parallel joints -1, 1 and the like              [n_span]
    roots               places from which a source feeds                      [n_root]
    """

    kind: Kind
    site: Ints
    span: Ints
    node: Ints
    branch: Ints
    x: Floats
    y: Floats
    from_site: Ints
    to_site: Ints
    lane: Floats
    roots: Ints

    @classmethod
    def of(cls, nodes: pl.DataFrame, branches: pl.DataFrame) -> Network:
        """The network of a run's ``nodes`` and ``branches``."""
        site, node = _sites(nodes)
        span, branch = _spans(branches, site)
        ends = [branches[name].to_numpy()[branch] for name in ("from_node", "to_node")]
        near, far = (site[end.astype(np.int64)] for end in ends)
        length_km = branches["length_km"].to_numpy()[branch]
        kind, x, y = _coordinates(nodes[node], near, far, length_km)
        lane, roots = _lanes(near, far), _roots(len(node), near, far)
        return cls(kind, site, span, node, branch, x, y, near, far, lane, roots)


def schematic(
    n_site: int, near: Ints, far: Ints, length_km: Floats
) -> tuple[Floats, Floats]:
    """A tree from left to right: x along the lines, y by the leaves below a place."""
    parent, order = _tree(n_site, near, far)
    drawn = _drawn(length_km)
    x, leaves = np.zeros(n_site), np.zeros(n_site)
    children: list[list[int]] = [[] for _ in range(n_site)]
    for site in order:
        above, by = parent[site]
        if above != NOWHERE:
            x[site] = x[above] + drawn[by]
            children[above].append(site)
    for site in reversed(order):
        leaves[site] = max(1.0, sum(leaves[child] for child in children[site]))
    return x, _heights(order, parent, children, leaves)


def _heights(
    order: Sequence[int],
    parent: Sequence[tuple[int, int]],
    children: Sequence[list[int]],
    leaves: Floats,
) -> Floats:
    """Each place amid the room of its leaves; roots one below the other. [n_site]"""
    top, room = np.zeros(len(leaves)), 0.0
    for site in order:
        if parent[site][0] == NOWHERE:
            top[site], room = room, room + leaves[site]
        below = top[site]
        for child in sorted(children[site], key=lambda one: leaves[one]):
            top[child], below = below, below + leaves[child]
    heights: Floats = -(top + leaves / 2)
    return heights


def _tree(
    n_site: int, near: Ints, far: Ints
) -> tuple[list[tuple[int, int]], list[int]]:
    """Of each place the one before it and the joint; places in order of depth."""
    beside: list[list[tuple[int, int]]] = [[] for _ in range(n_site)]
    for span, (one, other) in enumerate(zip(near.tolist(), far.tolist(), strict=True)):
        beside[one].append((other, span))
        beside[other].append((one, span))
    parent = [(NOWHERE, NOWHERE)] * n_site
    seen, order = [False] * n_site, []
    connected = [site for site in range(n_site) if beside[site]]
    rest = [site for site in range(n_site) if not beside[site]]
    for start in [*_roots(n_site, near, far).tolist(), *connected, *rest]:
        waiting = deque([] if seen[start] else [start])
        seen[start] = True
        while waiting:
            site = waiting.popleft()
            order.append(site)
            for other, span in beside[site]:
                if not seen[other]:
                    seen[other], parent[other] = True, (site, span)
                    waiting.append(other)
    return parent, order


def _drawn(length_km: Floats) -> Floats:
    """Lengths as drawn: what is short or has none gets a little, to be seen."""
    known = np.nan_to_num(length_km, nan=0.0, posinf=0.0, neginf=0.0)
    if not (known > 0).any():
        return np.ones(len(known))
    usual = float(np.median(known[known > 0]))
    return np.where(known > 0, np.maximum(known, 0.2 * usual), 2 * usual)


def _sites(nodes: pl.DataFrame) -> tuple[Ints, Ints]:
    if not (nodes["phase"] > 0).any():
        return np.arange(nodes.height), np.arange(nodes.height)
    return _first_seen(nodes["bus"].to_list())


def _spans(branches: pl.DataFrame, site: Ints) -> tuple[Ints, Ints]:
    if not (branches["phase"] > 0).any():
        return np.arange(branches.height), np.arange(branches.height)
    ends = [site[branches[name].to_numpy()] for name in ("from_node", "to_node")]
    words = (branches["name"].to_list(), branches["kind"].to_list())
    return _first_seen(list(zip(*words, *(end.tolist() for end in ends), strict=True)))


def _first_seen(keys: Sequence[Hashable]) -> tuple[Ints, Ints]:
    """The group of each row, in the order of first appearance; each group's first."""
    places: dict[Hashable, int] = {}
    group = np.array([places.setdefault(key, len(places)) for key in keys], np.int64)
    first = np.unique(group, return_index=True)[1]
    return group, first.astype(np.int64)


def _coordinates(
    nodes: pl.DataFrame, near: Ints, far: Ints, length_km: Floats
) -> tuple[Kind, Floats, Floats]:
    x, y = (
        nodes[name].fill_null(np.nan).to_numpy().astype(np.float64) for name in "xy"
    )
    known = np.isfinite(x) & np.isfinite(y)
    if not _is_drawable(x, y, known):
        return "schematic", *schematic(nodes.height, near, far, length_km)
    degrees = bool(nodes["geographic"].to_numpy()[known].all())
    if degrees:
        x = x * KM_PER_DEGREE * np.cos(np.radians(y[known].mean()))
        y = y * KM_PER_DEGREE
    x, y = x - x[known].min(), y - y[known].min()
    _settle(x, y, known, near, far)
    return "geographic" if degrees else "plan", x, y


def _is_drawable(x: Floats, y: Floats, known: Bools) -> bool:
    if not len(known) or known.mean() < LEAST_KNOWN:
        return False
    return bool(np.ptp(x[known]) > 0 or np.ptp(y[known]) > 0)


def _settle(x: Floats, y: Floats, known: Bools, near: Ints, far: Ints) -> None:
    """Put places without coordinates where the neighbours that have some are."""
    pairs = np.concatenate([np.stack([near, far]), np.stack([far, near])], axis=1)
    placed = known.copy()
    while not placed.all():
        usable = placed[pairs[0]] & ~placed[pairs[1]]
        if not usable.any():
            break
        given, taken = pairs[:, usable]
        count = np.bincount(taken, minlength=len(x))
        fresh = count > 0
        for values in (x, y):
            total = np.bincount(taken, values[given], len(x))
            values[fresh] = total[fresh] / count[fresh]
        placed |= fresh
    for values in (x, y):
        values[~placed] = values[placed].min()


def _lanes(near: Ints, far: Ints) -> Floats:
    """Parallel joints side by side, symmetric about the straight one. [n_span]"""
    pair = np.stack([np.minimum(near, far), np.maximum(near, far)], axis=1)
    lane = np.zeros(len(near))
    if not len(near):
        return lane
    _, group, count = np.unique(pair, axis=0, return_inverse=True, return_counts=True)
    for one in np.flatnonzero(count > 1):
        rows = np.flatnonzero(group.reshape(-1) == one)
        turned = np.where(near[rows] <= far[rows], 1.0, -1.0)
        lane[rows] = turned * (np.arange(len(rows)) - (len(rows) - 1) / 2)
    return lane


def _roots(n_site: int, near: Ints, far: Ints) -> Ints:
    """Places that feed and are not fed; where there is none, the first place."""
    fed, feeds = np.zeros(n_site, bool), np.zeros(n_site, bool)
    fed[far], feeds[near] = True, True
    roots = np.flatnonzero(feeds & ~fed)
    return roots if len(roots) else np.arange(min(n_site, 1))
