"""The nodes of an OpenDSS circuit: bases, ideal sources, the matrix per unit."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from scipy.sparse import coo_matrix, csc_matrix

from twin.arrays import Complexes, Floats, Ints
from twin.errors import InputError
from twin.grid.feeder import Nodes
from twin.grid.opendss_circuit import Circuit

S_BASE_KVA = 1000.0
SMALLEST_KV = 1e-3
NEUTRAL_PU = 0.1


@dataclass(frozen=True)
class Behind:
    """Ideal sources behind the impedance of every voltage source. [n_source]

    node      its place, after all nodes of the circuit
    at        the node of the circuit that it feeds
    y         admittances of the impedance between both, S        [n_source, n_source]
    volts     voltage of the ideal source, V
    """

    node: Ints
    at: Ints
    y: Complexes
    volts: Complexes
    base_kv: Floats
    name: list[str]
    bus: list[str]
    phase: Ints


def behind(circuit: Circuit, base_kv: Floats) -> Behind:
    """Every source's Thevenin voltage E = V - Z I, from its own currents at no load."""
    currents, v = circuit.arrays["source_currents"], circuit.v_no_load
    blocks, at, volts, name, bus, phase = [], [], [], [], [], []
    done = 0
    for one in circuit.sources:
        places, y = circuit.places(one), circuit.yprim(one)
        own = np.flatnonzero(places >= 0)
        into = currents[done : done + len(y)][own]
        done += len(y)
        if np.any(own >= int(one["conductors"])):
            raise InputError.of(
                f"Vsource.{one['name']} lies between two buses; only sources to ground "
                "can be represented",
                key="feeder.source",
            )
        blocks.append(y[np.ix_(own, own)])
        at += places[own].tolist()
        volts += (v[places[own]] - np.linalg.solve(blocks[-1], into)).tolist()
        name += [one["name"]] * len(own)
        bus += [f"{one['buses'][0]} (behind {one['name']})"] * len(own)
        phase += [one["nodes"][k] for k in own]
    place = np.array(at, dtype=np.int64)
    return Behind(
        node=len(v) + np.arange(len(at)),
        at=place,
        y=_block_diagonal(blocks),
        volts=np.array(volts, dtype=np.complex128),
        base_kv=base_kv[place],
        name=name,
        bus=bus,
        phase=np.array(phase, dtype=np.int64),
    )


def base_voltages(circuit: Circuit) -> Floats:
    """Base voltage to neutral of every node, kV; at no load where none is set."""
    buses = circuit.words["buses"]
    base = np.array([float(buses[bus][0] or 0.0) for bus, _ in circuit.nodes])
    own = np.abs(circuit.v_no_load) / 1000.0
    return np.where(base > 0.0, base, np.maximum(own, SMALLEST_KV))


def matrix(circuit: Circuit, sources: Behind, base_kv: Floats) -> csc_matrix:
    """The engine's own matrix, sources behind their impedances added, per unit."""
    system = coo_matrix(circuit.system)
    n, y = len(base_kv), sources.y
    rows, columns = np.meshgrid(sources.node, sources.node, indexing="ij")
    at_row, at_column = np.meshgrid(sources.at, sources.at, indexing="ij")
    row = np.concatenate([system.row, rows.ravel(), rows.ravel(), at_row.ravel()])
    column = np.concatenate(
        [system.col, columns.ravel(), at_column.ravel(), columns.ravel()]
    )
    value = np.concatenate([system.data, y.ravel(), -y.ravel(), -y.ravel()])
    scaled = value * per_unit(base_kv, row, column)
    return csc_matrix(coo_matrix((scaled, (row, column)), shape=(n, n)))


def per_unit(base_kv: Floats, row: Ints, column: Ints) -> Floats:
    """Siemens to per unit: I_pu = I V_base / S_base, V = v V_base."""
    return base_kv[row] * base_kv[column] * 1000.0 / S_BASE_KVA


def nodes(
    circuit: Circuit, sources: Behind, base_kv: Floats, distance_km: Floats
) -> Nodes:
    """Names, bases and positions of the circuit's nodes, then of the ideal sources.

    Neutrals, which have next to no voltage without load, are auxiliary.
    """
    buses = circuit.words["buses"]
    place = np.array(
        [buses[bus][1:3] for bus, _ in circuit.nodes], dtype=float
    ).reshape(-1, 2)
    x, y = np.concatenate([place, place[sources.at]]).T
    v = circuit.v_no_load
    own = np.array([node for _, node in circuit.nodes], dtype=np.int64)
    return Nodes(
        bus=[bus for bus, _ in circuit.nodes] + sources.bus,
        phase=np.concatenate([own, sources.phase]),
        v_base_kv=base_kv,
        distance_km=distance_km,
        x=x,
        y=y,
        geographic=geographic(x, y),
        angle_rad=np.concatenate([np.angle(v), np.angle(sources.volts)]),
        auxiliary=np.append(
            np.abs(v) < NEUTRAL_PU * 1000.0 * base_kv[: len(v)],
            np.ones(len(sources.node), dtype=np.bool_),
        ),
    )


def geographic(x: Floats, y: Floats) -> bool:
    """Whether positions look like degrees of longitude and latitude of one place."""
    known = np.isfinite(x) & np.isfinite(y)
    if not known.any():
        return False
    x, y = x[known], y[known]
    inside = bool(np.all(np.abs(x) <= 180.0) and np.all(np.abs(y) <= 90.0))
    span = max(float(np.ptp(x)), float(np.ptp(y)))
    whole = bool(np.all(x == np.round(x)) and np.all(y == np.round(y)))
    at_zero = float(np.max(np.abs(x))) < 1.0 or float(np.max(np.abs(y))) < 1.0
    return inside and span < 5.0 and not whole and not at_zero


def _block_diagonal(blocks: list[Complexes]) -> Complexes:
    n, done = sum(len(block) for block in blocks), 0
    whole = np.zeros((n, n), dtype=np.complex128)
    for block in blocks:
        end = done + len(block)
        whole[done:end, done:end] = block
        done = end
    return whole


def first_nodes(circuit: Circuit) -> dict[str, int]:
    """The first node of every supplied bus."""
    found: dict[str, int] = {}
    for place, (bus, _) in enumerate(circuit.nodes):
        found.setdefault(bus, place)
    return found
