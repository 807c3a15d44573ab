"""What carries current in an OpenDSS circuit: a row per conductor, by own matrices."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

import numpy as np
from scipy.sparse import csr_matrix

from twin.arrays import Complexes, Floats, Ints
from twin.grid.feeder import Branches, Transformers
from twin.grid.opendss_circuit import Circuit
from twin.grid.opendss_nodes import Behind, per_unit

KM_PER_UNIT = {
    1: 1.609344,
    2: 0.3048,
    3: 1.0,
    4: 0.001,
    5: 0.0003048,
    6: 2.54e-5,
    7: 1e-5,
    8: 1e-6,
}
TRANSFORMERS = ("transformer", "autotrans")
STIFF_OHM = 1e-6
Row = tuple[Ints, Complexes]


@dataclass(frozen=True)
class Part:
    """One conductor of an element: the currents into it at either end.

    y_first, y_second   node places and admittances (S) that give these currents
    ohm                 how far it is from one end to the other, electrically
    """

    name: str
    kind: str
    element: int
    phase: int
    ends: tuple[int, int]
    y_first: Row
    y_second: Row
    rating_a: tuple[float, float]
    emergency: float
    rating_kva: float
    length_km: float
    ohm: float


def parts(circuit: Circuit, sources: Behind) -> list[Part]:
    """All conductors: those of the sources' impedances first."""
    found = [_source_part(sources, k) for k in range(len(sources.node))]
    for index, element in enumerate(circuit.elements):
        if element["kind"] != "vsource":
            found += _element_parts(circuit, element, index)
    return found


def _source_part(sources: Behind, k: int) -> Part:
    places = np.concatenate([sources.node, sources.at])
    y = np.concatenate([sources.y[k], -sources.y[k]])
    return Part(
        name=sources.name[k],
        kind="source impedance",
        element=k,
        phase=int(sources.phase[k]),
        ends=(int(sources.node[k]), int(sources.at[k])),
        y_first=(places, y),
        y_second=(places, -y),
        rating_a=(np.nan, np.nan),
        emergency=np.nan,
        rating_kva=np.nan,
        length_km=0.0,
        ohm=STIFF_OHM,
    )


def _element_parts(circuit: Circuit, element: dict[str, Any], index: int) -> list[Part]:
    """A row a conductor: first terminal's live conductors against all the others'."""
    y, places = circuit.yprim(element), circuit.places(element)
    live = np.flatnonzero(places >= 0)
    each = int(element["conductors"])
    of = element.get("bus_of") or [k // each for k in range(len(places))]
    near = [[k] for k in live.tolist() if of[k] == 0]
    far = _together([k for k in live.tolist() if of[k] > 0], places, of)
    ratings, emergency = ratings_a(element)
    found = []
    for row in range(max(len(near), len(far))):
        one = near[row] if row < len(near) else None
        other = far[row] if row < len(far) else None
        here = one if one is not None else near[0] if near else far[0]
        there = other if other is not None else far[0] if far else near[0]
        found.append(
            Part(
                name=str(element["name"]),
                kind=str(element["kind"]),
                element=index,
                phase=int(element["nodes"][here[0]]),
                ends=(int(places[here[0]]), int(places[there[0]])),
                y_first=_row(y, places, live, one),
                y_second=_row(y, places, live, other),
                rating_a=(
                    np.nan if one is None else ratings[0],
                    np.nan if other is None else ratings[of[other[0]]],
                ),
                emergency=emergency,
                rating_kva=_rating_kva(element),
                length_km=_length_km(element),
                ohm=_ohm(y, one, other),
            )
        )
    return found


def _together(far: list[int], places: Ints, of: list[int]) -> list[list[int]]:
    """Conductors of one terminal at the same place: an autotransformer's windings."""
    groups: dict[tuple[int, int], list[int]] = {}
    for k in far:
        groups.setdefault((of[k], int(places[k])), []).append(k)
    return list(groups.values())


def _row(y: Complexes, places: Ints, live: Ints, conductors: list[int] | None) -> Row:
    if conductors is None:
        return np.empty(0, dtype=np.int64), np.empty(0, dtype=np.complex128)
    return places[live], y[conductors][:, live].sum(axis=0)


def ratings_a(element: dict[str, Any]) -> tuple[list[float], float]:
    """Ampere of a conductor of each terminal; the emergency rating as a multiple.

    A winding's is its kVA at its kV (of one phase, to neutral where it has several).
    """
    normal, emergency = float(element["normal_a"]), float(element["emergency_a"])
    ratings = [normal or np.nan] * len(element["buses"])
    if "windings" in element:
        phases = int(element["phases"])
        ratings = [_winding_a(one, phases) for one in element["windings"]]
    known = emergency > 0.0 and ratings[0] > 0.0
    return ratings, emergency / ratings[0] if known else np.nan


def _winding_a(winding: dict[str, Any], phases: int) -> float:
    kva, kv = float(winding["kva"]) / phases, float(winding["kv"])
    if phases > 1:
        kv /= np.sqrt(3.0)
    return kva / kv if kv > 0.0 and kva > 0.0 else float("nan")


def _rating_kva(element: dict[str, Any]) -> float:
    return float(element["windings"][0]["kva"]) if "windings" in element else np.nan


def _length_km(element: dict[str, Any]) -> float:
    if element.get("switch"):
        return 0.0
    per_unit_km = KM_PER_UNIT.get(int(element.get("units", 0)), 0.0)
    return float(element.get("length", 0.0)) * per_unit_km


def _ohm(y: Complexes, one: list[int] | None, other: list[int] | None) -> float:
    if one is None or other is None:
        return STIFF_OHM
    across = abs(complex(y[one][:, other].sum()))
    return 1.0 / across if across > 0.0 else STIFF_OHM


def branches(
    found: list[Part], away: Floats, base_kv: Floats, n: int
) -> tuple[Branches, Transformers]:
    """Rows turned so that `near` is the end less far away [n_node] from a source."""
    ends = np.array([part.ends for part in found], dtype=np.int64).reshape(-1, 2)
    turned = away[ends[:, 0]] > away[ends[:, 1]]
    near, far = np.where(turned[:, None], ends[:, ::-1], ends).T
    ratings = np.array([part.rating_a for part in found]).reshape(-1, 2)
    rating_near, rating_far = np.where(turned[:, None], ratings[:, ::-1], ratings).T
    rows = [(part.y_first, part.y_second) for part in found]
    order = list(zip(rows, turned.tolist(), strict=True))
    at = _first_rows(found)
    number = {element: k for k, element in enumerate(at)}
    made = Branches(
        name=[part.name for part in found],
        kind=[part.kind for part in found],
        element=np.array([part.element for part in found], dtype=np.int64),
        near=near,
        far=far,
        phase=np.array([part.phase for part in found], dtype=np.int64),
        y_near=_rows([row[int(flip)] for row, flip in order], near, base_kv, n),
        y_far=_rows([row[1 - int(flip)] for row, flip in order], far, base_kv, n),
        near_is_first=~turned,
        rating_near_a=rating_near,
        rating_far_a=rating_far,
        emergency_factor=np.array([part.emergency for part in found]),
        rating_kva=np.array([part.rating_kva for part in found]),
        length_km=np.array([part.length_km for part in found]),
        transformer=np.array(
            [_transformer(part, number) for part in found], dtype=np.int64
        ),
    )
    return made, _transformers(found, np.array(list(at.values()), dtype=np.int64), far)


def _first_rows(found: list[Part]) -> dict[int, int]:
    """The first row of every transformer, by element."""
    at: dict[int, int] = {}
    for row, part in enumerate(found):
        if part.kind in TRANSFORMERS:
            at.setdefault(part.element, row)
    return at


def _transformer(part: Part, number: dict[int, int]) -> int:
    return number[part.element] if part.kind in TRANSFORMERS else -1


def _transformers(found: list[Part], at: Ints, far: Ints) -> Transformers:
    chosen = [found[row] for row in at.tolist()]
    return Transformers(
        name=[part.name for part in chosen],
        branch=at,
        rating_kva=np.array([part.rating_kva for part in chosen]),
        emergency_factor=np.array([part.emergency for part in chosen]),
        node_lv=far[at],
    )


def _rows(rows: list[Row], at: Ints, base_kv: Floats, n: int) -> csr_matrix:
    """Currents by node voltages, per unit on the base of the end they flow in at."""
    counts = [len(places) for places, _ in rows]
    row = np.repeat(np.arange(len(rows)), counts)
    column = np.concatenate([places for places, _ in rows]).astype(np.int64)
    value = np.concatenate([values for _, values in rows])
    scaled = value * per_unit(base_kv, at[row], column)
    return csr_matrix((scaled, (row, column)), shape=(len(rows), n))
