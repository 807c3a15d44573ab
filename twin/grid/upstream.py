"""What is measured between the sources and each node, element by element."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass

import numpy as np

from twin.arrays import Bools, Floats, Ints
from twin.grid.feeder import Feeder
from twin.grid.topology import walk


@dataclass(frozen=True)
class Measured:
    """Elements [n_element] with a rating, all phases of one together.

    ::

        source --- A ---+--- B --- home 1      home 1 is behind A and B
                        +--- C --- home 2      home 2 is behind A and C

    of_branch  [n_branch] the element that a branch is part of, -1 where none is judged
    above      [n_node] the elements on the way from the sources to each node
    """

    name: tuple[str, ...]
    of_branch: Ints
    above: tuple[frozenset[int], ...]

    @classmethod
    def of(cls, feeder: Feeder, transformers_only: bool = False) -> Measured:
        """Every rated transformer and, unless they only, every other rated branch."""
        branches = feeder.branches
        rated = np.isfinite(branches.rating_near_a) | np.isfinite(branches.rating_far_a)
        if transformers_only:
            rated &= branches.transformer >= 0
        keys = list(zip(branches.kind, branches.element.tolist(), strict=True))
        number: dict[tuple[str, int], int] = {}
        of_branch = np.full(len(branches), -1, dtype=np.int64)
        names = []
        for row in np.flatnonzero(rated).tolist():
            if keys[row] not in number:
                number[keys[row]] = len(number)
                names.append(f"{branches.kind[row]} {branches.name[row]}")
            of_branch[row] = number[keys[row]]
        return cls(tuple(names), of_branch, _above(feeder, of_branch))

    def __len__(self) -> int:
        return len(self.name)

    def loading(self, of_branches: Floats) -> Floats:
        """Of each element, the highest of its phases [n_element]; NaN: not measured."""
        found = np.full(len(self), np.nan)
        rows = np.flatnonzero(self.of_branch >= 0)
        np.fmax.at(found, self.of_branch[rows], of_branches[rows])
        return found

    def behind(self, owner: Iterable[int], node: Iterable[int], n: int) -> Bools:
        """Which of n owners has any of its nodes behind each element [n_element, n]."""
        found = np.zeros((len(self), n), dtype=np.bool_)
        for who, where in zip(owner, node, strict=True):
            found[list(self.above[where]), who] = True
        return found


def _above(feeder: Feeder, of_branch: Ints) -> tuple[frozenset[int], ...]:
    none: frozenset[int] = frozenset()
    above = [none] * feeder.n_node
    for node, branch in walk(feeder):
        ends = feeder.branches.near[branch], feeder.branches.far[branch]
        before = above[int(ends[0] + ends[1] - node)]
        own = int(of_branch[branch])
        above[node] = before if own < 0 else before | {own}
    return tuple(above)
