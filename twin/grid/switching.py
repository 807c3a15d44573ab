"""Takes parts of a feeder out of the power flow: what has no supply, and the rest.

source ---o--- / ---o---o        the branches that touch a dead node are open,
          |         dead  dead   what is left alive is solved by itself
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, field, replace
from typing import Protocol

import numpy as np
from scipy.sparse import csc_matrix, csr_matrix, diags_array
from scipy.sparse.csgraph import connected_components

from twin.arrays import Bools, Complexes, Ints
from twin.grid.controls import Regulated
from twin.grid.feeder import Branches, Feeder, Generators
from twin.grid.flow import Demand, Flow, PowerFlow


def unsupplied(feeder: Feeder, opened: Bools, dead: Bools | None = None) -> Bools:
    """Nodes that no source reaches through closed branches and live nodes [n_node].

    `opened` [n_branch] are open; `dead` [n_node] pass nothing on. Neutrals and star
    points that no branch joins to a source are dead with their bus; where their bus
    has no other node, with all that they are coupled to.
    """
    closed = ~opened
    if dead is not None:
        branches = feeder.branches
        closed = closed & ~dead[branches.near] & ~dead[branches.far]
    lost = _unreached(feeder, closed)
    apart = _unreached(feeder, np.ones_like(closed))
    if not apart.any():
        return lost
    names = np.unique(np.array(feeder.nodes.bus), return_inverse=True)[1]
    of_bus = np.bincount(names[~apart], minlength=int(names.max()) + 1)
    alive = np.bincount(names[~apart & ~lost], minlength=len(of_bus))
    coupled = abs(csr_matrix(feeder.y_bus)) @ (~apart & ~lost).astype(np.float64) > 0.0
    follows = np.where(of_bus[names] > 0, alive[names] > 0, coupled)
    return np.where(apart, ~follows, lost)


def _unreached(feeder: Feeder, closed: Bools) -> Bools:
    branches, n = feeder.branches, feeder.n_node
    near, far = branches.near[closed], branches.far[closed]
    ways = csr_matrix((np.ones(len(near)), (near, far)), shape=(n, n))
    _, part = connected_components(ways, directed=False)
    return ~np.isin(part, part[feeder.source_node])


def isolated(feeder: Feeder, dead: Bools) -> Feeder:
    """The feeder without its dead nodes [n_node] and the branches that touch them.

    Every array keeps its length. A dead node's row of Y says V = its no-load angle at
    1 pu, whatever else happens, so that the matrix can be factorised; nothing alive
    sees it. Machines there are gone.
    """
    branches = feeder.branches
    out = dead[branches.near] | dead[branches.far]
    y = csr_matrix(feeder.y_bus) - _of_branches(branches, out, feeder.n_node)
    alive = diags_array((~dead).astype(np.float64))
    first = int(feeder.source_node[0])
    turned = np.exp(1j * feeder.nodes.angle_rad[dead]) / feeder.source_v[0]
    at = np.flatnonzero(dead)
    tied = csr_matrix(
        (
            np.concatenate([np.ones(len(at)), -turned]),
            (np.tile(at, 2), np.concatenate([at, np.full(len(at), first)])),
        ),
        shape=y.shape,
    )
    closed = diags_array((~out).astype(np.float64))
    machines = feeder.generators
    return replace(
        feeder,
        y_bus=csc_matrix(alive @ y @ alive + tied),
        shunt_y=np.where(dead, 0.0, feeder.shunt_y),
        generators=_chosen(machines, ~dead[machines.node]),
        branches=replace(
            branches,
            y_near=csr_matrix(closed @ branches.y_near),
            y_far=csr_matrix(closed @ branches.y_far),
        ),
    )


def _of_branches(branches: Branches, which: Bools, n_node: int) -> csr_matrix:
    """What these branches add to the admittance matrix."""
    rows = np.flatnonzero(which)

    def at(node: Ints, y: csr_matrix) -> csr_matrix:
        ones = (np.ones(len(rows)), (node[rows], np.arange(len(rows))))
        place = csr_matrix(ones, shape=(n_node, len(rows)))
        return csr_matrix(place @ csr_matrix(y)[rows])

    return csr_matrix(
        at(branches.near, branches.y_near) + at(branches.far, branches.y_far)
    )


def _chosen(machines: Generators, which: Bools) -> Generators:
    return Generators(
        [name for name, kept in zip(machines.name, which, strict=True) if kept],
        machines.node[which],
        machines.v_set_pu[which],
        machines.p_kw[which],
        machines.q_min_kvar[which],
        machines.q_max_kvar[which],
    )


class Solver(PowerFlow, Protocol):
    """A power flow that starts from voltages that can be set; `flat`: without load."""

    state: Complexes

    @property
    def flat(self) -> Complexes:
        """Where a start knows nothing [n_node]."""
        ...


Factorise = Callable[[Feeder], Solver]


@dataclass
class Switched:
    """A power flow of a feeder whose parts may be without supply.

    `demand.dead` says which nodes are; none: `whole` solves it. Reduced feeders are
    factorised once each and kept. Voltages of dead nodes are NaN, what their branches
    carry is 0.

    Where taps and capacitors move (`whole` is Regulated), the reduced feeder is only
    solved if none of them is left alive; else the dead part stays connected without
    its loads, so that the controls of the rest go on: its no-load losses and fixed
    capacitors stay in the feeder's balance.
    """

    whole: Solver | Regulated
    feeder: Feeder
    factorise: Factorise
    _reduced: dict[bytes, Solver] = field(default_factory=dict)

    def solve(self, demand: Demand) -> Flow:
        """Solve one instant."""
        dead = demand.dead
        if dead is None:
            return self.whole.solve(demand)
        if isinstance(self.whole, Regulated):
            flow = self._regulated(self.whole, demand, dead)
        else:
            flow = self._cut_off(self.whole, demand, dead)
        return self._without(flow, dead)

    def stays_connected(self, dead: Bools) -> bool:
        """Whether dead parts are unloaded instead: something alive moves."""
        whole = self.whole
        return isinstance(whole, Regulated) and not bool(dead[whole.node].all())

    def _regulated(self, whole: Regulated, demand: Demand, dead: Bools) -> Flow:
        if self.stays_connected(dead):
            return whole.solve(demand)
        standing = whole.scale.tobytes()
        solver = self._solver(dead, lambda: whole.feeder_at(whole.scale), standing)
        whole.pass_by()
        return solver.solve(demand)

    def _cut_off(self, whole: Solver, demand: Demand, dead: Bools) -> Flow:
        """The part alive, from its voltages before; the rest starts anew after it."""
        solver = self._solver(dead, lambda: self.feeder)
        solver.state = np.where(dead, solver.flat, whole.state)
        flow = solver.solve(demand)
        if flow.converged:
            whole.state = np.where(dead, whole.flat, flow.v)
        return flow

    def _solver(
        self, dead: Bools, feeder: Callable[[], Feeder], standing: bytes = b""
    ) -> Solver:
        key = np.packbits(dead).tobytes() + standing
        if key not in self._reduced:
            self._reduced[key] = self.factorise(isolated(feeder(), dead))
        return self._reduced[key]

    def _without(self, flow: Flow, dead: Bools) -> Flow:
        if not flow.converged:
            return flow
        v = flow.v.copy()
        v[dead] = complex(np.nan, np.nan)
        branches = self.feeder.branches
        out = dead[branches.near] | dead[branches.far]
        flow.v = v
        for column in (flow.p_kw, flow.q_kvar, flow.i_a):
            column[out] = 0.0
        flow.loading = np.where(out & ~np.isnan(flow.loading), 0.0, flow.loading)
        return flow
