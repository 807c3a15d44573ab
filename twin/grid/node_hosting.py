"""How much more one connection alone may draw, or give, before a limit binds."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from typing import NamedTuple

import numpy as np
from scipy.sparse import csr_matrix, vstack

from twin.arrays import Bools, Complexes, Floats, Ints
from twin.grid.edge import START, is_closed, told, trial_kw
from twin.grid.edge_kernels import NO_SOLUTION, NOTHING, Adding, Rows, edges
from twin.grid.feeder import Feeder
from twin.grid.flow import Demand, Flow, PowerFlow
from twin.grid.limits import Limits
from twin.grid.sensitivity import Sensitivity, seen_by

WORSE_PU, WORSE_SHARE = 0.001, 0.01
NUMBERS_AT_ONCE = 1_000_000


class Connection(NamedTuple):
    """Where a customer is connected: terminals, and the share of its kW at each."""

    terminal: Ints
    share: Floats


@dataclass(frozen=True)
class Bounds:
    """Within what voltages and loadings must stay, once more is drawn or given.

    node    judged nodes [n_judged], with their own `low_pu` and `high_pu`
    branch  rated branches [n_rated], with the loading allowed on each, `most`

    What is beyond a limit before may get worse by `WORSE_PU` or `WORSE_SHARE`, no more.
    """

    node: Ints
    low_pu: Floats
    high_pu: Floats
    branch: Ints
    most: Floats

    @classmethod
    def of(cls, feeder: Feeder, flow: Flow, node: Ints, limits: Limits) -> Bounds:
        """The limits, let out where the solution at hand is beyond them already."""
        rated = np.flatnonzero(np.isfinite(flow.loading))
        v_pu, loading = flow.v_pu[node], flow.loading[rated]
        low = np.where(v_pu < limits.low_pu, v_pu - WORSE_PU, limits.low_pu)
        high = np.where(v_pu > limits.high_pu, v_pu + WORSE_PU, limits.high_pu)
        most = np.where(loading > 1.0, loading + WORSE_SHARE, 1.0)
        return cls(node, low, high, rated, most)

    def excess(self, v_pu: Floats, loading: Floats) -> Floats:
        """How far each is beyond its limit, as a share of it.

        ``v_pu`` [.., n_judged], ``loading`` [.., n_rated]; low voltages, high ones and
        loadings one after the other [.., 2 n_judged + n_rated]; unknown is beyond.
        """
        found = np.concatenate(
            [
                1.0 - v_pu / self.low_pu,
                v_pu / self.high_pu - 1.0,
                loading / self.most - 1.0,
            ],
            axis=-1,
        )
        return np.where(np.isnan(found), np.inf, found)

    def name(self, place: int, feeder: Feeder) -> tuple[str, str, int]:
        """Limit, element and phase of a place in ``excess``, or of none."""
        if place < 0:
            return "no_solution" if place == NO_SOLUTION else "", "", 0
        n = len(self.node)
        if place < 2 * n:
            node = int(self.node[place % n])
            limit = "voltage_low" if place < n else "voltage_high"
            return limit, f"bus {feeder.nodes.bus[node]}", int(feeder.nodes.phase[node])
        row = int(self.branch[place - 2 * n])
        branches = feeder.branches
        element = f"{branches.kind[row]} {branches.name[row]}"
        return "thermal_normal", element, int(branches.phase[row])


@dataclass(frozen=True)
class Room:
    """What each connection may add alone, kW >= 0, and what binds then [n].

    `place` is that of `Bounds.excess`; `NOTHING` binds up to `MOST_KW`, or there is
    `NO_SOLUTION` with more.
    """

    kw: Floats
    place: Ints


def iterated(
    powerflow: PowerFlow,
    demand: Demand,
    connections: Sequence[Connection],
    bounds: Bounds,
    sign: float,
) -> Room:
    """By full power flows at each connection, the same search as the screen's.

    ``sign``: 1 draws, -1 gives. `kw` is feasible, and within one part in 10,000 of what
    is not.
    """
    kw, place = np.zeros(len(connections)), np.full(len(connections), NOTHING)
    for row, connection in enumerate(connections):
        bracket = START
        while not is_closed(bracket):
            at = trial_kw(bracket)
            fixed = demand.fixed_kw.copy()
            np.add.at(fixed, connection.terminal, sign * at * connection.share)
            flow = powerflow.solve(demand._replace(fixed_kw=fixed))
            worst, found = _worst(bounds, flow)
            bracket = told(bracket, at, worst)
            place[row] = found if worst > 0.0 else place[row]
        kw[row] = bracket.low_kw
    return Room(kw, place)


def _worst(bounds: Bounds, flow: Flow) -> tuple[float, int]:
    if not flow.converged:
        return np.inf, NO_SOLUTION
    excess = bounds.excess(flow.v_pu[bounds.node], flow.loading[bounds.branch])
    place = int(excess.argmax())
    return float(excess[place]), place


class Block(NamedTuple):
    """Connections with as many terminals each, m; arrays lead with [n].

    which   their places in the sequence they are from        [n]
    z       as in `Adding`                                    [n, m, m, 2]
    change  as in `Adding`                                    [n, m, 2, 2, n_row]
    """

    which: Ints
    node_a: Ints
    node_b: Ints
    share: Floats
    z: Complexes
    change: Floats


class Screen:
    """The same of all connections at once, by sensitivities of one solution.

    The current of the power that is added is solved at the connection's own terminals
    with all else along its tangent, so that only the other loads' answer is linear:

        U = U_0 + Z i,  i = conj(s / U),  V = V_0 + T i
    """

    def __init__(
        self, feeder: Feeder, demand: Demand, flow: Flow, bounds: Bounds
    ) -> None:
        self.feeder, self.bounds, self._flow = feeder, bounds, flow
        self._tangent = Sensitivity(feeder, demand, flow.v)
        self._seen = seen_rows(feeder, bounds)

    def room(self, connections: Sequence[Connection], sign: float) -> Room:
        """kW that each connection may add; ``sign``: 1 draws, -1 gives."""
        return self.rooms([(self._flow, self.bounds)], connections, sign)[0]

    def rooms(
        self,
        points: Sequence[tuple[Flow, Bounds]],
        connections: Sequence[Connection],
        sign: float,
    ) -> list[Room]:
        """The same at other solutions, with the change along this tangent.

        Nodes and branches of their bounds are those of the screen.
        """
        n = len(connections)
        found = [Room(np.zeros(n), np.full(n, NOTHING)) for _ in points]
        judged = [
            (np.append(flow.v, 0.0), self._judged(flow, bounds))
            for flow, bounds in points
        ]
        for block in self._blocks(connections):
            for room, (v, rows) in zip(found, judged, strict=True):
                adding = Adding(
                    per_kw=sign * block.share / self.feeder.s_base_kva,
                    u=v[block.node_a] - v[block.node_b],
                    z=block.z,
                    change=block.change,
                )
                kw, row, below = edges(rows, adding)
                room.kw[block.which] = kw
                room.place[block.which] = self._place(row, below)
        return found

    def _blocks(self, connections: Sequence[Connection]) -> Iterator[Block]:
        """What each connection's current changes, some connections at a time."""
        widths = np.array([len(one.terminal) for one in connections])
        for width in np.unique(widths):
            rows = np.flatnonzero(widths == width)
            many = max(1, NUMBERS_AT_ONCE // (self._seen.shape[0] * 2 * int(width)))
            for first in range(0, len(rows), many):
                some = rows[first : first + many]
                yield self._block(some, [connections[k] for k in some])

    def _block(self, which: Ints, connections: Sequence[Connection]) -> Block:
        terminal = np.stack([one.terminal for one in connections])
        n, m = terminal.shape
        terminals = self.feeder.terminals
        a, b = terminals.node_a[terminal], terminals.node_b[terminal]
        by = self._tangent.of_voltages(terminal.ravel())
        own = by.reshape(n, m, 2, -1)
        each, j, part = np.ogrid[:n, :m, :2]
        at = (each[:, None], j[:, None], part[:, None])
        z = own[*at, a[:, :, None, None]] - own[*at, b[:, :, None, None]]
        return Block(
            which=which,
            node_a=a,
            node_b=b,
            share=np.stack([one.share for one in connections]),
            z=z,
            change=seen_by(by, self._seen).reshape(n, m, 2, 2, -1),
        )

    def _judged(self, flow: Flow, bounds: Bounds) -> Rows:
        """The limits of all rows, as the search takes them."""
        base: Complexes = np.asarray(self._seen @ flow.v, dtype=np.complex128)
        scale = loading_per_pu(self.feeder, bounds.branch)
        most = np.concatenate([bounds.most, bounds.most])
        return Rows(
            base=np.array([base.real, base.imag]),
            per_most=np.concatenate([1.0 / bounds.high_pu, scale / most]),
            per_least=1.0 / bounds.low_pu,
        )

    def _place(self, row: Ints, below: Bools) -> Ints:
        """Places of ``Bounds.excess`` of rows that bind, low where from below."""
        n, n_rated = len(self.bounds.node), len(self.bounds.branch)
        of_branch = 2 * n + (row - n) % max(n_rated, 1)
        of_node = np.where(below, row, n + row)
        return np.where(row < 0, row, np.where(row < n, of_node, of_branch))


def alike(
    feeder: Feeder, connections: Sequence[Connection]
) -> tuple[list[Connection], Ints]:
    """One of each connection with the same nodes and shares, and which each is [n]."""
    a, b = feeder.terminals.node_a, feeder.terminals.node_b
    found: dict[tuple[tuple[int, int, float], ...], int] = {}
    first: list[Connection] = []
    which: list[int] = []
    for one in connections:
        ends = zip(one.terminal, one.share, strict=True)
        key = tuple(sorted((int(a[t]), int(b[t]), float(s)) for t, s in ends))
        if key not in found:
            found[key] = len(first)
            first.append(one)
        which.append(found[key])
    return first, np.array(which, dtype=np.int64)


def loading_per_pu(feeder: Feeder, row: Ints) -> Floats:
    """Loading per unit of current at branches' near, then far ends [2 n_rated]."""
    branches, base = feeder.branches, feeder.i_base_a
    near = base[branches.near[row]] / branches.rating_near_a[row]
    far = base[branches.far[row]] / branches.rating_far_a[row]
    scale: Floats = np.nan_to_num(np.concatenate([near, far]), nan=0.0)
    return scale


def seen_rows(feeder: Feeder, bounds: Bounds) -> csr_matrix:
    """Rows that give judged voltages, then currents at near and far ends."""
    branches, n = feeder.branches, len(bounds.node)
    judged = csr_matrix((np.ones(n), (np.arange(n), bounds.node)), (n, feeder.n_node))
    ends = (branches.y_near[bounds.branch], branches.y_far[bounds.branch])
    return csr_matrix(vstack([judged, *ends]))
