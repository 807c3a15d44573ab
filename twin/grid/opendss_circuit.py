"""What the OpenDSS engine said of a circuit: words by name, arrays by name."""

from __future__ import annotations

import json
from dataclasses import dataclass
from functools import cached_property
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray
from scipy.sparse import csc_matrix
from scipy.sparse.csgraph import connected_components

from twin.arrays import Bools, Complexes, Ints
from twin.grid.feeder import REFERENCE

DEAD = -2


@dataclass(frozen=True)
class Circuit:
    """The answer of the converting process (``twin.grid.opendss_engine`` lists it).

    Places count the nodes that a source reaches; REFERENCE is ground, and DEAD a node
    that nothing supplies.
    """

    words: dict[str, Any]
    arrays: dict[str, NDArray[Any]]

    @classmethod
    def read(cls, path: Path) -> Circuit:
        """From the file that the converting process wrote."""
        with np.load(path, allow_pickle=False) as file:
            arrays = {name: file[name] for name in file.files}
        words = json.loads(str(arrays.pop("words")))
        return cls(words, arrays)

    @cached_property
    def elements(self) -> list[dict[str, Any]]:
        """Everything that carries current, sources first."""
        found: list[dict[str, Any]] = self.words["elements"]
        return found

    @cached_property
    def sources(self) -> list[dict[str, Any]]:
        """Voltage sources."""
        return [one for one in self.elements if one["kind"] == "vsource"]

    @cached_property
    def nodes(self) -> list[tuple[str, int]]:
        """Bus and node number of every supplied node."""
        alive = np.flatnonzero(self._alive).tolist()
        return [_split(self.words["nodes"][k]) for k in alive]

    @cached_property
    def dead(self) -> list[tuple[str, int]]:
        """Bus and node number of every node that no source reaches."""
        dead = np.flatnonzero(~self._alive).tolist()
        return [_split(self.words["nodes"][k]) for k in dead]

    @cached_property
    def place_of(self) -> dict[tuple[str, int], int]:
        """Place of every supplied node."""
        return {node: place for place, node in enumerate(self.nodes)}

    @cached_property
    def system(self) -> csc_matrix:
        """Admittances of all that is linear, S, between supplied nodes."""
        alive = np.flatnonzero(self._alive)
        return csc_matrix(self._whole[alive][:, alive])

    @cached_property
    def v_no_load(self) -> Complexes:
        """Voltages (V) with nothing drawn, of supplied nodes."""
        v: Complexes = self.arrays["v_no_load"][self._alive]
        return v

    def yprim(self, element: dict[str, Any]) -> Complexes:
        """An element's own admittances, S, by conductor of all its terminals."""
        size = int(element["size"])
        flat = self.arrays["yprim"][element["at"] : element["at"] + size**2]
        return flat.reshape(size, size)

    def places(self, element: dict[str, Any]) -> Ints:
        """Place of every conductor of every terminal."""
        named = zip(bus_of_each(element), element["nodes"], strict=True)
        found = [self._place(bus, node) for bus, node in named]
        return np.array(found, dtype=np.int64)

    def _place(self, bus: str, node: int) -> int:
        return REFERENCE if node == 0 else self.place_of.get((bus, node), DEAD)

    @cached_property
    def _whole(self) -> csc_matrix:
        arrays, n = self.arrays, len(self.words["nodes"])
        parts = (arrays["y_values"], arrays["y_rows"], arrays["y_pointers"])
        matrix = csc_matrix(parts, shape=(n, n))
        matrix.eliminate_zeros()
        return matrix

    @cached_property
    def _alive(self) -> Bools:
        """Which nodes of the matrix are joined to a source."""
        pattern = self._whole.astype(bool)
        _, part = connected_components(pattern, directed=False)
        place = {_split(name): k for k, name in enumerate(self.words["nodes"])}
        fed = {
            int(part[place[bus, node]])
            for one in self.sources
            for bus, node in zip(bus_of_each(one), one["nodes"], strict=True)
            if (bus, node) in place
        }
        alive: Bools = np.isin(part, sorted(fed))
        return alive


def _split(name: str) -> tuple[str, int]:
    bus, _, node = name.lower().rpartition(".")
    return bus, int(node)


def bus_of_each(element: dict[str, Any]) -> list[str]:
    """Bus of every conductor of every terminal."""
    each = int(element["conductors"])
    of = element.get("bus_of") or [k // each for k in range(len(element["nodes"]))]
    return [element["buses"][k] for k in of]
