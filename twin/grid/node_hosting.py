"""How much more one connection alone may draw, or give, before a limit binds."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from functools import cached_property
from typing import NamedTuple

import numpy as np
from scipy.sparse import csr_matrix, vstack

from twin.arrays import Bools, Complexes, Floats, Ints
from twin.grid.feeder import Feeder
from twin.grid.flow import Demand, Flow, PowerFlow
from twin.grid.limits import Limits
from twin.grid.pair_newton import incidence
from twin.grid.sensitivity import Sensitivity

WORSE_PU, WORSE_SHARE = 0.001, 0.01
FIRST_KW, MOST_KW = 1.0, 65_536.0
HALVINGS = 14
OWN_ITERATIONS = 12
SETTLED_PU = 1e-6
NUMBERS_AT_ONCE = 4_000_000


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
        """Limit, element and phase of a place in ``excess``."""
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

    `place` is that of `Bounds.excess`, -1 where nothing binds up to `MOST_KW`.
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
    """By full power flows at each connection, the kW halved in between.

    ``sign``: 1 draws, -1 gives. `kw` is feasible, and within one part in 10,000 of what
    is not.
    """
    kw, place = np.zeros(len(connections)), np.full(len(connections), -1)
    for row, connection in enumerate(connections):

        def beyond(more_kw: Floats, at: Connection = connection) -> Floats:
            fixed = demand.fixed_kw.copy()
            np.add.at(fixed, at.terminal, sign * float(more_kw[0]) * at.share)
            flow = powerflow.solve(demand._replace(fixed_kw=fixed))
            return bounds.excess(flow.v_pu[bounds.node], flow.loading[bounds.branch])[
                None
            ]

        found = largest(beyond, 1)
        kw[row], place[row] = found.kw[0], found.place[0]
    return Room(kw, place)


class Screen:
    """The same of all connections at once, by sensitivities of one solution.

    The current of the power that is added is solved at the connection's own terminals
    with all else along its tangent, so that only the other loads' answer is linear:

        U = U_0 + Z i,  i = conj(s / U),  V = V_0 + T i
    """

    def __init__(
        self, feeder: Feeder, demand: Demand, flow: Flow, bounds: Bounds
    ) -> None:
        self.feeder, self.bounds = feeder, bounds
        self._v = flow.v
        self._tangent = Sensitivity(feeder, demand, flow.v)
        self._rows = seen_rows(feeder, bounds)
        self._own = csr_matrix(incidence(feeder))

    @cached_property
    def _scale(self) -> Floats:
        return loading_per_pu(self.feeder, self.bounds.branch)

    def room(self, connections: Sequence[Connection], sign: float) -> Room:
        """kW that each connection may add; ``sign``: 1 draws, -1 gives."""
        kw, place = np.zeros(len(connections)), np.full(len(connections), -1)
        widths = np.array([len(one.terminal) for one in connections])
        for width in np.unique(widths):
            rows = np.flatnonzero(widths == width)
            many = max(1, NUMBERS_AT_ONCE // (self._rows.shape[0] * 2 * int(width)))
            for first in range(0, len(rows), many):
                some = rows[first : first + many]
                found = self._block([connections[k] for k in some], sign)
                kw[some], place[some] = found.kw, found.place
        return Room(kw, place)

    def _block(self, connections: Sequence[Connection], sign: float) -> Room:
        """Connections with as many terminals each, m; arrays lead with [n]."""
        terminal = np.stack([one.terminal for one in connections])
        share = np.stack([one.share for one in connections])
        n, m = terminal.shape
        own = self._own[terminal.ravel()]
        rows = csr_matrix(vstack([self._rows, own]))
        change = self._tangent.by_current(terminal.ravel(), rows)
        change = change.reshape(-1, n, m, 2)
        n_seen = self._rows.shape[0]
        seen = change[:n_seen].transpose(1, 0, 2, 3).reshape(n, n_seen, 2 * m)
        by_own = change[n_seen:].reshape(n, m, n, m, 2)
        each = np.arange(n)
        z = by_own[each, :, each].reshape(n, m, 2 * m)
        base = self._rows @ self._v
        u_0: Complexes = np.asarray(own @ self._v, dtype=np.complex128).reshape(n, m)
        per_kw = sign * share / self.feeder.s_base_kva

        def beyond(kw: Floats) -> Floats:
            i, settled = currents(kw[:, None] * per_kw, u_0, z)
            value = np.abs(base + (seen @ i[:, :, None])[:, :, 0])
            value[~settled] = np.nan
            return self._excess(value)

        return largest(beyond, n)

    def _excess(self, value: Floats) -> Floats:
        n, n_rated = len(self.bounds.node), len(self.bounds.branch)
        loading = value[:, n:] * self._scale
        larger = np.maximum(loading[:, :n_rated], loading[:, n_rated:])
        return self.bounds.excess(value[:, :n], larger)


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


def currents(s_pu: Floats, u_0: Complexes, z: Complexes) -> tuple[Floats, Bools]:
    """Currents of constant power behind an impedance, real and imaginary [n, 2 m].

    ``z`` [n, m, 2 m] by real and imaginary parts of the currents at the m terminals.
    """
    u, change = u_0, np.full(len(u_0), np.inf)
    i = np.zeros((*u_0.shape, 2))
    for _ in range(OWN_ITERATIONS):
        drawn = np.conj(s_pu / u)
        i = np.stack([drawn.real, drawn.imag], axis=-1)
        after = u_0 + (z @ i.reshape(len(u_0), -1, 1))[:, :, 0]
        change, u = np.abs(after - u).max(axis=1), after
    settled: Bools = change < SETTLED_PU
    return i.reshape(len(u_0), -1), settled


def largest(beyond: Callable[[Floats], Floats], n: int) -> Room:
    """The largest kW without excess, by doubling, then halving what is between."""
    low, high = np.zeros(n), np.full(n, FIRST_KW)
    open_ = np.ones(n, dtype=np.bool_)
    while open_.any() and high.max() <= MOST_KW:
        fine: Bools = ~(beyond(high) > 0.0).any(axis=1) & open_
        low[fine] = high[fine]
        high[fine] *= 2.0
        open_ = fine
    for _ in range(HALVINGS):
        middle = 0.5 * (low + high)
        well = (beyond(middle) <= 0.0).all(axis=1)
        low, high = np.where(well, middle, low), np.where(well, high, middle)
    place = beyond(high).argmax(axis=1)
    return Room(np.where(open_, MOST_KW, low), np.where(open_, -1, place))
