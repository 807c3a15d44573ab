"""How much each connection may add, at many solutions by one tangent."""

from __future__ import annotations

from collections.abc import Iterator, Sequence

import numpy as np
from scipy.sparse import csr_matrix, vstack

from twin.arrays import Bools, Complexes, Floats, Ints
from twin.grid.feeder import Feeder
from twin.grid.flow import Demand, Flow
from twin.grid.node_hosting import (
    Bounds,
    Connection,
    Room,
    currents,
    largest,
    loading_per_pu,
    seen_rows,
)
from twin.grid.pair_newton import incidence
from twin.grid.sensitivity import Sensitivity

Block = tuple[Ints, Ints, Floats, Complexes, Complexes]
CANDIDATES = 12
NUMBERS_AT_ONCE = 8_000_000


class Tangent:
    """What current at each connection changes everywhere, near one solution.

    Asked about another solution it takes that one's voltages, and its own change:

        V = V' + T i,  i = conj(s / U),  U = U' + Z i

    Where s ends is looked for among the few nodes and branches that a straight line in
    s meets first, and then tried on all; where another binds, among all.
    """

    def __init__(
        self,
        feeder: Feeder,
        demand: Demand,
        flow: Flow,
        bounds: Bounds,
        connections: Sequence[Connection],
    ) -> None:
        self.feeder, self.connections = feeder, connections
        self._node, self._branch = bounds.node, bounds.branch
        self._sensitivity = Sensitivity(feeder, demand, flow.v)
        self._own = csr_matrix(incidence(feeder))
        self._rows = seen_rows(feeder, bounds)
        self._scale = loading_per_pu(feeder, bounds.branch)
        self._blocks = list(self._all_blocks())

    def room(self, flow: Flow, bounds: Bounds, sign: float) -> Room:
        """kW that each connection may add at a solution; 1 draws, -1 gives."""
        n = len(self.connections)
        kw, place = np.zeros(n), np.full(n, -1)
        base: Complexes = np.asarray(self._rows @ flow.v, dtype=np.complex128)
        across: Complexes = np.asarray(self._own @ flow.v, dtype=np.complex128)
        for which, terminal, share, seen, z in self._blocks:
            per_kw = sign * share / self.feeder.s_base_kva
            found = self._block(base, across[terminal], per_kw, seen, z, bounds)
            kw[which], place[which] = found.kw, found.place
        return Room(kw, place)

    def _block(
        self,
        base: Complexes,
        u_0: Complexes,
        per_kw: Floats,
        seen: Complexes,
        z: Complexes,
        bounds: Bounds,
    ) -> Room:
        n = len(u_0)
        i, _ = currents(per_kw, u_0, z)
        slope = (seen @ i[:, :, None])[:, :, 0]
        node, branch = self._candidates(base, slope, bounds)
        few = _chosen(seen, node, branch, len(self._node), len(self._branch))

        def beyond(kw: Floats, every: bool = False) -> Floats:
            i, settled = currents(kw[:, None] * per_kw, u_0, z)
            matrix = seen if every else few
            change = (matrix @ i[:, :, None])[:, :, 0]
            at = base[None] if every else _chosen_base(base, node, branch, self)
            value = np.abs(at + change)
            value[~settled] = np.nan
            if every:
                return self._excess(value, bounds, slice(None), slice(None))
            return self._excess(value, bounds, node, branch)

        found = largest(beyond, n)
        over = (beyond(found.kw, True) > 1e-9).any(axis=1)
        if over.any():
            every = largest(lambda kw: beyond(kw, True), n)
            return every
        return Room(found.kw, self._place(found.place, node, branch))

    def _place(self, place: Ints, node: Ints, branch: Ints) -> Ints:
        """Places among candidates as those of all."""
        each, few = np.arange(len(place)), node.shape[1]
        n = len(self._node)
        low, high = place < few, (place >= few) & (place < 2 * few)
        at = np.maximum(place, 0)
        of_low = node[each, np.minimum(at, few - 1)]
        of_high = n + node[each, np.clip(at - few, 0, few - 1)]
        last = max(branch.shape[1] - 1, 0)
        of_branch = 2 * n + (
            branch[each, np.clip(at - 2 * few, 0, last)] if branch.shape[1] else 0
        )
        found = np.where(low, of_low, np.where(high, of_high, of_branch))
        return np.where(place < 0, -1, found)

    def _candidates(
        self, base: Complexes, slope: Complexes, bounds: Bounds
    ) -> tuple[Ints, Ints]:
        """Nodes and branches that a straight line meets first [n, few]."""
        n, m = len(self._node), len(self._branch)
        v, dv = base[None, :n], slope[:, :n]
        at = np.minimum(crossing(v, dv, bounds.low_pu), crossing(v, dv, bounds.high_pu))
        most = np.concatenate([bounds.most, bounds.most])
        limit = np.divide(
            most, self._scale, out=np.full(2 * m, np.inf), where=self._scale > 0.0
        )
        ends = crossing(base[None, n:], slope[:, n:], limit)
        over = np.minimum(ends[:, :m], ends[:, m:])
        return _first(at, CANDIDATES), _first(over, CANDIDATES)

    def _excess(
        self, value: Floats, bounds: Bounds, node: Ints | slice, branch: Ints | slice
    ) -> Floats:
        m = value.shape[1]
        n_branch = len(self._branch) if isinstance(branch, slice) else branch.shape[1]
        n_node = m - 2 * n_branch
        near, far = self._scale[: len(self._branch)], self._scale[len(self._branch) :]
        larger = np.maximum(
            value[:, n_node : n_node + n_branch] * near[branch],
            value[:, n_node + n_branch :] * far[branch],
        )
        some = Bounds(
            bounds.node,
            bounds.low_pu[node],
            bounds.high_pu[node],
            bounds.branch,
            bounds.most[branch],
        )
        return some.excess(value[:, :n_node], larger)

    def _all_blocks(self) -> Iterator[Block]:
        widths = np.array([len(one.terminal) for one in self.connections])
        for width in np.unique(widths):
            rows = np.flatnonzero(widths == width)
            many = max(1, NUMBERS_AT_ONCE // (self._rows.shape[0] * 2 * int(width)))
            for first in range(0, len(rows), many):
                yield self._made(rows[first : first + many])

    def _made(self, which: Ints) -> Block:
        """Connections with as many terminals each, m: T [n, n_row, 2 m], Z."""
        some = [self.connections[k] for k in which]
        terminal = np.stack([one.terminal for one in some])
        share = np.stack([one.share for one in some])
        n, m = terminal.shape
        rows = csr_matrix(vstack([self._rows, self._own[terminal.ravel()]]))
        change = self._sensitivity.by_current(terminal.ravel(), rows)
        change = change.reshape(-1, n, m, 2)
        n_seen = self._rows.shape[0]
        seen = change[:n_seen].transpose(1, 0, 2, 3).reshape(n, n_seen, 2 * m)
        by_own = change[n_seen:].reshape(n, m, n, m, 2)
        each = np.arange(n)
        z = by_own[each, :, each].reshape(n, m, 2 * m)
        return which, terminal, share, np.ascontiguousarray(seen), z


def crossing(value: Complexes, slope: Complexes, limit: Floats) -> Floats:
    """The least t >= 0 at which |value + t slope| reaches a limit; inf if never.

    From above or from below; a limit that is reached already is met at once.

        |v|^2 + 2 t Re(v* d) + t^2 |d|^2 = limit^2
    """
    a = np.maximum(np.abs(slope) ** 2, 1e-300)
    b = (np.conj(value) * slope).real
    with np.errstate(invalid="ignore", over="ignore"):
        c = np.abs(value) ** 2 - limit**2
        root = np.sqrt(np.maximum(b * b - a * c, 0.0))
        inner, outer = (-b - root) / a, (-b + root) / a
        t = np.where(c > 0.0, np.where(b < 0.0, inner, np.inf), outer)
        reached: Bools = b * b >= a * c
    found: Floats = np.where(reached & np.isfinite(t), np.maximum(t, 0.0), np.inf)
    return found


def _first(at: Floats, few: int) -> Ints:
    n = at.shape[1]
    if n <= few:
        return np.broadcast_to(np.arange(n), at.shape).copy()
    found: Ints = np.argpartition(at, few - 1, axis=1)[:, :few]
    return found


def _chosen(seen: Complexes, node: Ints, branch: Ints, n: int, m: int) -> Complexes:
    rows = np.concatenate([node, n + branch, n + m + branch], axis=1)
    chosen: Complexes = np.take_along_axis(seen, rows[:, :, None], axis=1)
    return chosen


def _chosen_base(
    base: Complexes, node: Ints, branch: Ints, tangent: Tangent
) -> Complexes:
    n, m = len(tangent._node), len(tangent._branch)
    rows = np.concatenate([node, n + branch, n + m + branch], axis=1)
    found: Complexes = base[rows]
    return found
