"""Turns an OpenDSS circuit into a Feeder: its own system matrix, its own elements."""

from __future__ import annotations

import json
from dataclasses import dataclass
from functools import cached_property
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray
from scipy.sparse import coo_matrix, csc_matrix, csr_matrix

from twin.arrays import Complexes, Floats, Ints
from twin.grid.feeder import (
    REFERENCE,
    Branches,
    Feeder,
    Generators,
    Nodes,
    Terminals,
    Transformers,
)
from twin.grid.laws import N_LAW, opendss_law
from twin.grid.topology import distances

S_BASE_KVA = 1000.0
KM_PER_UNIT = {1: 1.609344, 2: 0.3048, 3: 1.0, 4: 0.001, 5: 0.0003048}
CONSTANT_POWER = 1
LAW_TOLERANCE = 1e-12


@dataclass(frozen=True)
class Circuit:
    """What the engine said: words by name, and arrays by name."""

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
    def node_of(self) -> dict[str, int]:
        """Place of every node, named ``bus.phase`` in small letters."""
        return {name.lower(): k for k, name in enumerate(self.words["nodes"])}

    @cached_property
    def sources(self) -> list[dict[str, Any]]:
        """Voltage sources."""
        return [one for one in self.words["elements"] if one["kind"] == "vsource"]

    def yprim(self, element: dict[str, Any]) -> Complexes:
        """An element's own admittances, S, by conductor of all its terminals."""
        size = int(element["size"])
        flat = self.arrays["yprim"][element["at"] : element["at"] + size**2]
        return flat.reshape(size, size)

    def places(self, element: dict[str, Any]) -> list[Ints]:
        """Places of each terminal's conductors, -1 where one is grounded."""
        each = int(element["conductors"])
        nodes = element["nodes"]
        found = []
        for terminal, bus in enumerate(element["buses"]):
            mine = nodes[terminal * each : (terminal + 1) * each]
            at = [self.node_of.get(f"{bus}.{node}", REFERENCE) for node in mine]
            found.append(np.array(at, dtype=np.int64))
        return found


def to_feeder(circuit: Circuit, source: str, constant_power: bool = False) -> Feeder:
    """The circuit's nodes, matrix, branches, transformers and terminals, per unit."""
    size = len(circuit.words["nodes"])
    behind = _sources(circuit, size)
    base_kv = np.concatenate([_base_kv(circuit), behind.base_kv])
    n = size + len(behind.node)
    y_bus = _matrix(circuit, behind, base_kv)
    parts = _parts(circuit, behind, n)
    first = np.array([part.ends[0] for part in parts], dtype=np.int64)
    second = np.array([part.ends[1] for part in parts], dtype=np.int64)
    hops = np.array([part.ohm for part in parts])
    length = np.array([part.length_km for part in parts])
    away = distances(n, first, second, hops, behind.node)
    along_km = distances(n, first, second, length, behind.node)
    branches, transformers = _branches(parts, away, base_kv, n)
    return Feeder(
        name=str(circuit.words["name"]),
        source=source,
        model="three_phase",
        region="us" if circuit.words["frequency_hz"] == 60.0 else "eu",
        s_base_kva=S_BASE_KVA,
        nodes=_nodes(circuit, behind, base_kv, along_km),
        y_bus=y_bus,
        shunt_y=np.zeros(n, dtype=np.complex128),
        source_node=behind.node,
        source_v=behind.volts / (1000.0 * behind.base_kv),
        generators=Generators([], *(np.empty(0, dtype=t) for t in "iffff")),
        branches=branches,
        transformers=transformers,
        terminals=_terminals(circuit, base_kv, constant_power),
        node_of_bus=_first_node(circuit),
        notes=_notes(circuit),
    )


@dataclass(frozen=True)
class Behind:
    """Ideal sources behind the impedance of every voltage source. [n_source]

    node      its place, after all nodes of the circuit
    at        the node of the circuit that it feeds
    y         admittances of the impedance between both           [n_source, n_source]
    """

    node: Ints
    at: Ints
    y: Complexes
    volts: Complexes
    base_kv: Floats
    name: list[str]
    bus: list[str]
    phase: Ints


def _sources(circuit: Circuit, size: int) -> Behind:
    matrix = _system(circuit)
    injected = matrix @ circuit.arrays["v_no_load"]
    blocks, at, name, bus, phase = [], [], [], [], []
    for one in circuit.sources:
        ends, y = circuit.places(one)[0], circuit.yprim(one)
        kept = np.flatnonzero(ends >= 0)
        blocks.append(y[np.ix_(kept, kept)])
        at += ends[kept].tolist()
        name += [one["name"]] * len(kept)
        bus += [f"{one['buses'][0]} (behind {one['name']})"] * len(kept)
        phase += [one["nodes"][k] for k in kept]
    y_all = np.zeros((len(at), len(at)), dtype=np.complex128)
    done = 0
    for block in blocks:
        y_all[done : done + len(block), done : done + len(block)] = block
        done += len(block)
    place = np.array(at, dtype=np.int64)
    volts = np.linalg.solve(y_all, injected[place])
    return Behind(
        node=size + np.arange(len(at)),
        at=place,
        y=y_all,
        volts=volts,
        base_kv=_base_kv(circuit)[place],
        name=name,
        bus=bus,
        phase=np.array(phase, dtype=np.int64),
    )


def _system(circuit: Circuit) -> csc_matrix:
    arrays, n = circuit.arrays, len(circuit.words["nodes"])
    parts = (arrays["y_values"], arrays["y_rows"], arrays["y_pointers"])
    return csc_matrix(parts, shape=(n, n))


def _base_kv(circuit: Circuit) -> Floats:
    """Base voltage to neutral of every node; its no-load voltage where none is set."""
    buses = circuit.words["buses"]
    nodes = [name.lower().rpartition(".")[0] for name in circuit.words["nodes"]]
    base = np.array([float(buses[bus][0] or 0.0) for bus in nodes])
    own = np.abs(circuit.arrays["v_no_load"]) / 1000.0
    return np.where(base > 0.0, base, np.maximum(own, 1e-3))


def _matrix(circuit: Circuit, behind: Behind, base_kv: Floats) -> csc_matrix:
    """The engine's own matrix, sources behind their impedances added, per unit."""
    system = coo_matrix(_system(circuit))
    size, n = system.shape[0], len(base_kv)
    rows, columns = np.meshgrid(behind.node, behind.node, indexing="ij")
    _, at = np.meshgrid(behind.node, behind.at, indexing="ij")
    y = behind.y
    row = np.concatenate([system.row, rows.ravel(), rows.ravel(), at.T.ravel()])
    column = np.concatenate([system.col, columns.ravel(), at.ravel(), columns.ravel()])
    value = np.concatenate([system.data, y.ravel(), -y.ravel(), -y.ravel()])
    assert size + len(behind.node) == n
    scaled = value * _per_unit(base_kv, row, column)
    return csc_matrix(coo_matrix((scaled, (row, column)), shape=(n, n)))


def _per_unit(base_kv: Floats, row: Ints, column: Ints) -> Floats:
    """Siemens to per unit: I_pu = I V_base / S_base, V = v V_base."""
    return base_kv[row] * base_kv[column] * 1000.0 / S_BASE_KVA


@dataclass(frozen=True)
class Part:
    """One conductor of an element: the currents into it at either end.

    y_first, y_second   node places and admittances (S) that give these currents
    """

    name: str
    kind: str
    element: int
    phase: int
    ends: tuple[int, int]
    y_first: tuple[Ints, Complexes]
    y_second: tuple[Ints, Complexes]
    rating_a: tuple[float, float]
    emergency: float
    rating_kva: float
    length_km: float
    ohm: float
    lv: int


def _parts(circuit: Circuit, behind: Behind, n: int) -> list[Part]:
    found = [_source_part(behind, k) for k in range(len(behind.node))]
    for index, element in enumerate(circuit.words["elements"]):
        if element["kind"] != "vsource":
            found += _element_parts(circuit, element, index)
    return found


def _source_part(behind: Behind, k: int) -> Part:
    places = np.concatenate([behind.node, behind.at])
    y = np.concatenate([behind.y[k], -behind.y[k]])
    return Part(
        name=behind.name[k],
        kind="source impedance",
        element=k,
        phase=int(behind.phase[k]),
        ends=(int(behind.node[k]), int(behind.at[k])),
        y_first=(places, y),
        y_second=(places, -y),
        rating_a=(np.nan, np.nan),
        emergency=np.nan,
        rating_kva=np.nan,
        length_km=0.0,
        ohm=1e-6,
        lv=-1,
    )


def _element_parts(circuit: Circuit, element: dict[str, Any], index: int) -> list[Part]:
    """A row a conductor: first terminal's live conductors against all the others'."""
    ends = circuit.places(element)
    y = circuit.yprim(element)
    places = np.concatenate(ends)[: len(y)]
    live = np.flatnonzero(places >= 0)
    each = int(element["conductors"])
    near = [k for k in live.tolist() if k < each]
    far = [k for k in live.tolist() if k >= each]
    ratings = _ratings(element)
    found = []
    for row in range(max(len(near), len(far))):
        one = near[row] if row < len(near) else None
        other = far[row] if row < len(far) else None
        here = places[one if one is not None else near[0] if near else far[0]]
        there = places[other if other is not None else far[0] if far else near[0]]
        node = element["nodes"][one if one is not None else other or 0]
        found.append(
            Part(
                name=str(element["name"]),
                kind=str(element["kind"]),
                element=index,
                phase=int(node),
                ends=(int(here), int(there)),
                y_first=_row(y, places, live, one),
                y_second=_row(y, places, live, other),
                rating_a=(
                    ratings[0] if one is not None else np.nan,
                    ratings[1 + (other or 0) // each - 1]
                    if other is not None
                    else np.nan,
                ),
                emergency=_emergency(element),
                rating_kva=_rating_kva(element),
                length_km=_length_km(element),
                ohm=_ohm(y, one, other),
                lv=int(there),
            )
        )
    return found


def _row(
    y: Complexes, places: Ints, live: Ints, conductor: int | None
) -> tuple[Ints, Complexes]:
    if conductor is None:
        return np.empty(0, dtype=np.int64), np.empty(0, dtype=np.complex128)
    return places[live], y[conductor, live]


def _ratings(element: dict[str, Any]) -> list[float]:
    """Normal ampere of the conductors of each terminal."""
    if "windings" not in element:
        normal = float(element["normal_a"]) or np.nan
        return [normal] * len(element["buses"])
    phases = int(element["phases"])
    return [_winding_a(one, phases) for one in element["windings"]]


def _winding_a(winding: dict[str, Any], phases: int) -> float:
    kva, kv = float(winding["kva"]) / phases, float(winding["kv"])
    if phases > 1:
        kv /= np.sqrt(3.0)
    return kva / kv if kv else float("nan")


def _rating_kva(element: dict[str, Any]) -> float:
    return float(element["windings"][0]["kva"]) if "windings" in element else np.nan


def _emergency(element: dict[str, Any]) -> float:
    normal, emergency = float(element["normal_a"]), float(element["emergency_a"])
    return emergency / normal if normal > 0.0 and emergency > 0.0 else np.nan


def _length_km(element: dict[str, Any]) -> float:
    if element.get("switch"):
        return 0.0
    return float(element.get("length", 0.0)) * KM_PER_UNIT.get(
        element.get("units"), 0.0
    )


def _ohm(y: Complexes, one: int | None, other: int | None) -> float:
    if one is None or other is None or y[one, other] == 0.0:
        return 1e-6
    return float(1.0 / abs(y[one, other]))


def _branches(
    parts: list[Part], away: Floats, base_kv: Floats, n: int
) -> tuple[Branches, Transformers]:
    first_is_near = np.array([away[p.ends[0]] <= away[p.ends[1]] for p in parts])
    near = np.array([p.ends[0 if f else 1] for p, f in _pairs(parts, first_is_near)])
    far = np.array([p.ends[1 if f else 0] for p, f in _pairs(parts, first_is_near)])
    y_near = [p.y_first if f else p.y_second for p, f in _pairs(parts, first_is_near)]
    y_far = [p.y_second if f else p.y_first for p, f in _pairs(parts, first_is_near)]
    at = {}
    for row, part in enumerate(parts):
        if part.kind in ("transformer", "autotrans"):
            at.setdefault(part.element, row)
    number = {element: k for k, element in enumerate(at)}
    order = [
        p.rating_a if f else p.rating_a[::-1] for p, f in _pairs(parts, first_is_near)
    ]
    ratings = np.array(order).reshape(-1, 2)
    branches = Branches(
        name=[p.name for p in parts],
        kind=[p.kind for p in parts],
        element=np.array([p.element for p in parts], dtype=np.int64),
        near=near.astype(np.int64),
        far=far.astype(np.int64),
        phase=np.array([p.phase for p in parts], dtype=np.int64),
        y_near=_rows(y_near, near, base_kv, n),
        y_far=_rows(y_far, far, base_kv, n),
        near_is_first=first_is_near,
        rating_near_a=ratings[:, 0],
        rating_far_a=ratings[:, 1],
        emergency_factor=np.array([p.emergency for p in parts]),
        rating_kva=np.array([p.rating_kva for p in parts]),
        length_km=np.array([p.length_km for p in parts]),
        transformer=np.array(
            [
                number.get(p.element, -1)
                if p.kind in ("transformer", "autotrans")
                else -1
                for p in parts
            ],
            dtype=np.int64,
        ),
    )
    chosen = [parts[row] for row in at.values()]
    transformers = Transformers(
        name=[p.name for p in chosen],
        branch=np.array(list(at.values()), dtype=np.int64),
        rating_kva=np.array([p.rating_kva for p in chosen]),
        emergency_factor=np.array([p.emergency for p in chosen]),
        node_lv=far[list(at.values())].astype(np.int64),
    )
    return branches, transformers


def _pairs(parts: list[Part], first_is_near: NDArray[Any]) -> list[tuple[Part, bool]]:
    return list(zip(parts, first_is_near.tolist(), strict=True))


def _rows(
    rows: list[tuple[Ints, Complexes]], at: Ints, base_kv: Floats, n: int
) -> csr_matrix:
    """Currents by node voltages, per unit on the base of the end they flow in at."""
    counts = [len(places) for places, _ in rows]
    row = np.repeat(np.arange(len(rows)), counts)
    column = np.concatenate([places for places, _ in rows]).astype(np.int64)
    value = np.concatenate([values for _, values in rows])
    scaled = value * _per_unit(base_kv, at[row].astype(np.int64), column)
    return csr_matrix((scaled, (row, column)), shape=(len(rows), n))


def _terminals(circuit: Circuit, base_kv: Floats, constant_power: bool) -> Terminals:
    rows: list[tuple[str, str, int, int, int, float, float, float, int]] = []
    laws: list[Floats] = []
    for index, load in enumerate(circuit.words["loads"]):
        law = -1
        if not constant_power:
            law = len(laws)
            laws.append(_law(load))
        pairs = _pairs_of(circuit.places(load)[0], load)
        kv = _rated_kv(load)
        for a, b in pairs:
            rated = kv / base_kv[a if a >= 0 else b]
            share = (load["kw"] / len(pairs), load["kvar"] / len(pairs))
            rows.append((load["name"], "load", index, a, b, *share, rated, law))
    for index, plant in enumerate(circuit.words["plants"]):
        rows += _plant_rows(circuit, plant, index)
    columns = list(zip(*rows, strict=True)) or [()] * 9
    none = np.zeros(len(rows))
    node_a, node_b = (np.array(columns[k], dtype=np.int64) for k in (3, 4))
    swapped = node_a < 0
    return Terminals(
        name=list(columns[0]),
        kind=list(columns[1]),
        element=np.array(columns[2], dtype=np.int64),
        node_a=np.where(swapped, node_b, node_a),
        node_b=np.where(swapped, node_a, node_b),
        p_kw=np.array(columns[5], dtype=float),
        q_kvar=np.array(columns[6], dtype=float),
        p_z=none,
        p_i=none,
        q_z=none,
        q_i=none,
        v_rated_pu=np.array(columns[7], dtype=float),
        law=np.array(columns[8], dtype=np.int64),
        laws=np.array(laws).reshape(-1, N_LAW),
    )


def _law(load: dict[str, Any]) -> Floats:
    band = (load["v_lowest_pu"], load["v_low_pu"], load["v_high_pu"])
    return opendss_law(
        load["model"], band, tuple(load["cvr"]), tuple(load["zipv"] or (0.0,) * 7)
    )


def _pairs_of(places: Ints, load: dict[str, Any]) -> list[tuple[int, int]]:
    """Between which conductors a load's phases are."""
    phases, at = int(load["phases"]), places.tolist()
    if not load["delta"]:
        neutral = at[phases] if len(at) > phases else REFERENCE
        return [(at[k], neutral) for k in range(phases)]
    if phases == 1:
        return [(at[0], at[1])]
    if phases == 2:
        return [(at[0], at[1]), (at[1], at[2])]
    return [(at[k], at[(k + 1) % phases]) for k in range(phases)]


def _rated_kv(load: dict[str, Any]) -> float:
    """Voltage across one phase of a load at which it draws what it says."""
    to_neutral = not load["delta"] and int(load["phases"]) > 1
    return float(load["kv"]) / (np.sqrt(3.0) if to_neutral else 1.0)


def _plant_rows(
    circuit: Circuit, plant: dict[str, Any], index: int
) -> list[tuple[str, str, int, int, int, float, float, float, int]]:
    """What a plant drew at each conductor of its own solution, as constant power."""
    return [
        (plant["name"], plant["kind"], index, at, REFERENCE, kw, kvar, 1.0, -1)
        for at, kw, kvar in zip(
            circuit.places(plant)[0].tolist(), plant["kw"], plant["kvar"], strict=False
        )
        if at >= 0
    ]


def _nodes(
    circuit: Circuit, behind: Behind, base_kv: Floats, along_km: Floats
) -> Nodes:
    names = [name.lower().rpartition(".") for name in circuit.words["nodes"]]
    buses = circuit.words["buses"]
    at = behind.at.tolist()
    bus = [name[0] for name in names] + behind.bus
    x, y = (
        np.array([buses[name[0]][k] for name in names], dtype=float) for k in (1, 2)
    )
    v = circuit.arrays["v_no_load"]
    return Nodes(
        bus=bus,
        phase=np.array([*(int(n[2]) for n in names), *behind.phase], dtype=np.int64),
        v_base_kv=base_kv,
        distance_km=along_km,
        x=np.concatenate([x, x[at]]),
        y=np.concatenate([y, y[at]]),
        geographic=False,
        angle_rad=np.concatenate([np.angle(v), np.angle(behind.volts)]),
        auxiliary=np.arange(len(bus)) >= len(names),
    )


def _first_node(circuit: Circuit) -> dict[str, int]:
    found: dict[str, int] = {}
    for place, name in enumerate(circuit.words["nodes"]):
        found.setdefault(name.lower().rpartition(".")[0], place)
    return found


def _notes(circuit: Circuit) -> list[str]:
    left_out = circuit.words["left_out"]
    return [f"not represented: {', '.join(left_out)}"] if left_out else []
