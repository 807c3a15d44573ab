"""What taps and capacitor steps change in a feeder, and how it is solved again.

An element's admittance between conductors i and j is scale_i scale_j y_ij, where scale
is 1 / tap on a winding's conductors and the root of the share of closed steps on a
capacitor's. Its nodes are eliminated last, so that a change touches the end of the
factors alone.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, replace

import numpy as np
from scipy.sparse import block_diag, coo_matrix, csc_matrix, csr_matrix

from twin.arrays import Bools, Complexes, Floats, Ints
from twin.grid.feeder import Feeder
from twin.grid.flow import Demand, Flow
from twin.grid.kernels import Sweep
from twin.grid.powerflow import FixedPoint
from twin.grid.schur import End


@dataclass(frozen=True)
class Element:
    """One element; its live conductors only. Arrays [n_conductor].

    kind, row  what `Branches.kind` and `Branches.element` call it
    terminal   from 0
    conductor  place within the terminal, from 0
    y          per unit, at scale 1                   [n_conductor, n_conductor]
    scale      as it stands in the feeder, > 0
    """

    name: str
    kind: str
    row: int
    movable: bool
    node: Ints
    terminal: Ints
    conductor: Ints
    y: Complexes
    scale: Floats


@dataclass(frozen=True)
class Elements:
    """Elements that move or are watched, conductor by conductor.

    first      where an element's conductors begin            [n_element + 1]
    y          block-diagonal, per unit, at scale 1           [n_conductor, n_conductor]
    scale      as it stands in the feeder                     [n_conductor]
    """

    name: list[str]
    kind: list[str]
    row: Ints
    movable: Bools
    first: Ints
    node: Ints
    terminal: Ints
    conductor: Ints
    y: csr_matrix
    scale: Floats

    @classmethod
    def of(cls, elements: Sequence[Element]) -> Elements:
        """Elements one after the other."""
        blocks = [one.y for one in elements]
        size = [len(one.node) for one in elements]

        def joined(columns: list[Ints]) -> Ints:
            whole: Ints = np.concatenate([*columns, np.empty(0)]).astype(np.int64)
            return whole

        return cls(
            name=[one.name for one in elements],
            kind=[one.kind for one in elements],
            row=np.array([one.row for one in elements], dtype=np.int64),
            movable=np.array([one.movable for one in elements], dtype=bool),
            first=np.concatenate([[0], np.cumsum(size)]).astype(np.int64),
            node=joined([one.node for one in elements]),
            terminal=joined([one.terminal for one in elements]),
            conductor=joined([one.conductor for one in elements]),
            y=csr_matrix(block_diag([csr_matrix(one) for one in blocks]))
            if blocks
            else csr_matrix((0, 0)),
            scale=np.concatenate([*(one.scale for one in elements), np.empty(0)]),
        )

    def conductors(self, element: int, terminal: int | None = None) -> Ints:
        """Places of an element's live conductors, of one terminal or of all."""
        places: Ints = np.arange(self.first[element], self.first[element + 1])
        if terminal is not None:
            places = places[self.terminal[places] == terminal]
        return places

    def place(self, element: int, terminal: int, conductor: int) -> int:
        """Place of one conductor, -1 where it is grounded."""
        mine = self.conductors(element, terminal)
        found = mine[self.conductor[mine] == conductor]
        return int(found[0]) if len(found) else -1

    def currents(self, v: Complexes, scale: Floats) -> Complexes:
        """Currents into all conductors, per unit on their nodes' bases."""
        into: Complexes = scale * (self.y @ (scale * v[self.node]))
        return into


class Tapped(FixedPoint):
    """Fixed-point power flow of a feeder whose elements' scales may change.

    `scale` [n_conductor] is what the feeder is solved with.
    """

    def __init__(
        self, feeder: Feeder, elements: Elements, tolerance_pu: float = 1e-8
    ) -> None:
        self.elements, self.scale = elements, elements.scale.copy()
        self._links = Links.of(elements)
        self._rows = Rows.of(feeder, elements, self._links)
        self._base = _with_room(feeder, self._links, self._rows)
        late = _late(self._base, self._links.nodes)
        super().__init__(self._base, tolerance_pu, late)
        self._patch = Patch.of(self._base, self._links, self._rows, self._sweep)
        self._drive = self._sweep.lines[0].copy()
        self._end = End.of(self._sweep, late, self._links.pairs)
        self._flows = self._meter.wiring.rows()
        self._flows_at_first = [values.copy() for values in self._flows]

    def adjust(self, scale: Floats) -> None:
        """Solve with these scales from now on."""
        if np.array_equal(scale, self.scale):
            return
        self.scale, self._newton = scale.copy(), None
        change = self._change()
        for values, first, spots in zip(
            self._flows, self._flows_at_first, self._patch.flows, strict=True
        ):
            values[:] = first
            np.add.at(values, spots.place, change[spots.link])
        if self._end is not None and self._end.refactorise(self._sweep, change):
            self._sweep.lines[0] = self._patch.driven(self._drive, change)
        else:
            self._end = None
            self._lay_out(self.present())

    def present(self) -> Feeder:
        """The feeder with its elements as they stand now."""
        base, branches = self._base, self._base.branches
        y_bus, near, far = base.y_bus.copy(), branches.y_near.copy(), branches.y_far
        spots = self._patch.bus
        np.add.at(y_bus.data, spots.place, self._change()[spots.link])
        near.data, far = self._flows[0].copy(), far.copy()
        far.data = self._flows[1].copy()
        return replace(
            base, y_bus=y_bus, branches=replace(branches, y_near=near, y_far=far)
        )

    def _change(self) -> Complexes:
        return self._links.change(self.scale, self.elements.scale)

    def _by_newton(self, demand: Demand) -> Flow:
        self.feeder = self.present()
        return super()._by_newton(demand)


@dataclass(frozen=True)
class Links:
    """Every pair of conductors of one movable element. Arrays [n_link].

    nodes   all that movable elements are at
    """

    i: Ints
    j: Ints
    node_i: Ints
    node_j: Ints
    y: Complexes
    nodes: Ints

    @classmethod
    def of(cls, elements: Elements) -> Links:
        """From the elements' own admittances, zeros and all."""
        pairs = []
        for element in np.flatnonzero(elements.movable).tolist():
            mine = elements.conductors(element)
            pairs.append(np.array(np.meshgrid(mine, mine, indexing="ij")))
        i, j = np.hstack([np.empty((2, 0), int), *(p.reshape(2, -1) for p in pairs)])
        y = np.asarray(elements.y[i, j]).ravel().astype(np.complex128)
        node_i, node_j = elements.node[i], elements.node[j]
        return cls(i, j, node_i, node_j, y, np.unique(node_i))

    @property
    def pairs(self) -> Ints:
        """Nodes of both conductors [2, n_link]."""
        return np.array((self.node_i, self.node_j))

    def change(self, scale: Floats, first: Floats) -> Complexes:
        """Admittances beside those at the first scales, per unit."""
        both = scale[self.i] * scale[self.j] - first[self.i] * first[self.j]
        changed: Complexes = self.y * both
        return changed


@dataclass(frozen=True)
class Rows:
    """Which links stand in which branch's row: [2, n] of branch and link each."""

    near: Ints
    far: Ints

    @classmethod
    def of(cls, feeder: Feeder, elements: Elements, links: Links) -> Rows:
        """A branch's row holds the links of the conductor at its own end."""
        branches = feeder.branches
        found: tuple[list[Ints], list[Ints]] = ([], [])
        movable = np.flatnonzero(elements.movable).tolist()
        element_of = {(elements.kind[e], int(elements.row[e])): e for e in movable}
        for branch in range(len(branches)):
            element = element_of.get(
                (branches.kind[branch], int(branches.element[branch]))
            )
            if element is None:
                continue
            mine = elements.conductors(element)
            for k, (end, y) in enumerate(
                ((branches.near, branches.y_near), (branches.far, branches.y_far))
            ):
                if y.indptr[branch] == y.indptr[branch + 1]:
                    continue
                conductor = mine[elements.node[mine] == end[branch]][0]
                at = np.flatnonzero(links.i == conductor)
                found[k].append(np.array((np.full(len(at), branch), at)))
        near, far = (np.hstack([np.empty((2, 0), int), *one]) for one in found)
        return cls(near, far)


@dataclass(frozen=True)
class Spots:
    """Places among a matrix's numbers, and the links that change them."""

    place: Ints
    link: Ints


@dataclass(frozen=True)
class Patch:
    """What else follows from the links: matrices by place, and the sources' push.

    driven_*   links from a free node to a source, and where they push
    """

    bus: Spots
    flows: tuple[Spots, Spots, Spots]
    driven_at: Ints
    driven_v: Complexes
    driven_link: Ints

    @classmethod
    def of(cls, feeder: Feeder, links: Links, rows: Rows, sweep: Sweep) -> Patch:
        """Look up every link's places."""
        every, sources = np.arange(len(links.i)), feeder.source_node
        number = np.full(feeder.n_node, -1)
        number[sources] = np.arange(len(sources))
        k_i, k_j = number[links.node_i], number[links.node_j]
        beside = np.flatnonzero(k_i >= 0)
        own = csr_matrix(csr_matrix(feeder.y_bus)[sources])
        pushed = np.flatnonzero((k_i < 0) & (k_j >= 0))
        branches = feeder.branches
        return cls(
            bus=Spots(_places(feeder.y_bus, links.node_i, links.node_j), every),
            flows=(
                _spots(branches.y_near, rows.near, links),
                _spots(branches.y_far, rows.far, links),
                Spots(_places(own, k_i[beside], links.node_j[beside]), beside),
            ),
            driven_at=sweep.place[links.node_i[pushed]],
            driven_v=feeder.source_v[k_j[pushed]],
            driven_link=pushed,
        )

    def driven(self, drive: Complexes, change: Complexes) -> Complexes:
        """What the sources push, in the order of elimination [n]."""
        drive = drive.copy()
        pushed = change[self.driven_link] * self.driven_v
        np.subtract.at(drive, self.driven_at, pushed)
        return drive


def _late(feeder: Feeder, nodes: Ints) -> Ints:
    """Nodes that move, and those beside them that nothing holds once they are taken.

    A source's inner node has no admittance of its own: it follows its buses.
    """
    bare = np.flatnonzero(feeder.y_bus.diagonal() == 0.0)
    moved = np.zeros(feeder.n_node, dtype=bool)
    moved[nodes] = True
    links = coo_matrix(csr_matrix(feeder.y_bus)[bare])
    beside = np.unique(links.row[moved[links.col]])
    late: Ints = np.union1d(nodes, bare[beside])
    return late


def _with_room(feeder: Feeder, links: Links, rows: Rows) -> Feeder:
    """The same feeder, with a place in its matrices for every link."""
    branches = feeder.branches
    y_bus = csc_matrix(_roomy(feeder.y_bus, links.node_i, links.node_j))
    near, far = (
        csr_matrix(_roomy(y, at[0], links.node_j[at[1]]))
        for y, at in ((branches.y_near, rows.near), (branches.y_far, rows.far))
    )
    return replace(
        feeder, y_bus=y_bus, branches=replace(branches, y_near=near, y_far=far)
    )


def _roomy(matrix: csr_matrix | csc_matrix, row: Ints, column: Ints) -> coo_matrix:
    own = matrix.tocoo()
    return coo_matrix(
        (
            np.concatenate([own.data, np.zeros(len(row))]),
            (np.concatenate([own.row, row]), np.concatenate([own.col, column])),
        ),
        shape=matrix.shape,
    )


def _spots(matrix: csr_matrix, rows: Ints, links: Links) -> Spots:
    return Spots(_places(matrix, rows[0], links.node_j[rows[1]]), rows[1])


def _places(matrix: csr_matrix | csc_matrix, row: Ints, column: Ints) -> Ints:
    """Where a matrix keeps the numbers of these rows and columns."""
    if not len(row):
        return np.empty(0, dtype=np.int64)
    number = np.arange(1, len(matrix.data) + 1)
    numbered = type(matrix)((number, matrix.indices, matrix.indptr), matrix.shape)
    return np.asarray(numbered[row, column], dtype=np.int64).ravel() - 1
