"""What draws power in an OpenDSS circuit: loads by their laws, plants as they were."""

from __future__ import annotations

from typing import Any, NamedTuple

import numpy as np

from twin.arrays import Floats, Ints
from twin.grid.feeder import REFERENCE, Terminals
from twin.grid.laws import N_LAW, opendss_law
from twin.grid.opendss_circuit import DEAD, Circuit

Pair = tuple[int, int]


class Drawer(NamedTuple):
    """One terminal: what it draws between two places, and by which law."""

    name: str
    kind: str
    element: int
    a: int
    b: int
    kw: float
    kvar: float
    rated_pu: float
    law: int


def terminals(
    circuit: Circuit, base_kv: Floats, constant_power: bool
) -> tuple[Terminals, list[str]]:
    """A terminal for each phase of each load and conductor of each plant; notes."""
    rows: list[Drawer] = []
    laws: list[Floats] = []
    notes = []
    for index, load in enumerate(circuit.words["loads"]):
        law = -1
        if not constant_power:
            law = len(laws)
            laws.append(_law(load))
        pairs = _pairs(circuit.places(load), load)
        if any(DEAD in pair for pair in pairs):
            notes.append(_told(load, pairs))
        rows += _load_rows(load, index, pairs, law, base_kv)
    for index, plant in enumerate(circuit.words["plants"]):
        rows += _plant_rows(circuit, plant, index)
    return _columns(rows, laws), notes


def _load_rows(
    load: dict[str, Any], index: int, pairs: list[Pair], law: int, base_kv: Floats
) -> list[Drawer]:
    """Its phases that are supplied; a neutral joined to nothing is taken as ground."""
    kw, kvar = load["kw"] / len(pairs), load["kvar"] / len(pairs)
    found = []
    for one, other in pairs:
        a, b = (other, one) if one < 0 else (one, other)
        if a >= 0:
            rated = rated_kv(load) / base_kv[a]
            b = max(b, REFERENCE)
            found.append(
                Drawer(load["name"], "load", index, a, b, kw, kvar, rated, law)
            )
    return found


def _told(load: dict[str, Any], pairs: list[Pair]) -> str:
    if all(max(pair) < 0 for pair in pairs):
        return f"Load.{load['name']} is not supplied"
    return f"Load.{load['name']}: its neutral is joined to nothing, taken as ground"


def _law(load: dict[str, Any]) -> Floats:
    band = (load["v_lowest_pu"], load["v_low_pu"], load["v_high_pu"])
    shares = tuple(load["zipv"]) or (0.0,) * 7
    return opendss_law(load["model"], band, tuple(load["cvr"]), shares)


def _pairs(places: Ints, load: dict[str, Any]) -> list[Pair]:
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


def rated_kv(load: dict[str, Any]) -> float:
    """Voltage across one phase of a load at which it draws what it says."""
    to_neutral = not load["delta"] and int(load["phases"]) > 1
    return float(load["kv"]) / (np.sqrt(3.0) if to_neutral else 1.0)


def _plant_rows(circuit: Circuit, plant: dict[str, Any], index: int) -> list[Drawer]:
    """What a plant drew in its own solution, as constant power to its neutral."""
    places, each = circuit.places(plant), int(plant["conductors"])
    beside = each == int(plant["phases"]) + 1
    found = []
    for k, at in enumerate(places.tolist()):
        neutral = int(places[k // each * each + each - 1]) if beside else REFERENCE
        kw, kvar = float(plant["kw"][k]), float(plant["kvar"][k])
        if at >= 0 and at != neutral:
            b = max(neutral, REFERENCE)
            found.append(
                Drawer(plant["name"], plant["kind"], index, at, b, kw, kvar, 1.0, -1)
            )
    return found


def _columns(rows: list[Drawer], laws: list[Floats]) -> Terminals:
    none = np.zeros(len(rows))
    return Terminals(
        name=[row.name for row in rows],
        kind=[row.kind for row in rows],
        element=np.array([row.element for row in rows], dtype=np.int64),
        node_a=np.array([row.a for row in rows], dtype=np.int64),
        node_b=np.array([row.b for row in rows], dtype=np.int64),
        p_kw=np.array([row.kw for row in rows], dtype=float),
        q_kvar=np.array([row.kvar for row in rows], dtype=float),
        p_z=none,
        p_i=none,
        q_z=none,
        q_i=none,
        v_rated_pu=np.array([row.rated_pu for row in rows], dtype=float),
        law=np.array([row.law for row in rows], dtype=np.int64),
        laws=np.array(laws).reshape(-1, N_LAW),
    )
