"""Turns an OpenDSS circuit into a Feeder: its own system matrix, its own elements."""

from __future__ import annotations

from pathlib import Path

import numpy as np

from twin.grid.feeder import Feeder, Generators
from twin.grid.opendss_branches import branches, parts
from twin.grid.opendss_circuit import Circuit
from twin.grid.opendss_nodes import (
    S_BASE_KVA,
    base_voltages,
    behind,
    first_nodes,
    matrix,
    nodes,
)
from twin.grid.opendss_process import converted
from twin.grid.opendss_terminals import terminals
from twin.grid.topology import distances


def load_opendss(
    master: Path, root: Path | None = None, constant_power: bool = False
) -> Feeder:
    """The feeder in an OpenDSS master file, whose files all lie below `root`.

    `root` is the master file's own folder where none is given. Loads follow their
    voltage as the file says, or draw `constant_power`.
    """
    circuit = converted(master, root)
    return to_feeder(circuit, f"opendss:{master}", constant_power)


def to_feeder(circuit: Circuit, source: str, constant_power: bool = False) -> Feeder:
    """The circuit's nodes, matrix, branches, transformers and terminals, per unit."""
    own_kv = base_voltages(circuit)
    sources = behind(circuit, own_kv)
    base_kv = np.concatenate([own_kv, sources.base_kv])
    n = len(base_kv)
    found = parts(circuit, sources)
    first, second = np.array([part.ends for part in found], dtype=np.int64).T
    ohm = np.array([part.ohm for part in found])
    km = np.array([part.length_km for part in found])
    away = distances(n, first, second, ohm, sources.node)
    made, transformers = branches(found, away, base_kv, n)
    drawn, notes = terminals(circuit, base_kv, constant_power)
    distance_km = distances(n, first, second, km, sources.node)
    return Feeder(
        name=str(circuit.words["name"]),
        source=source,
        model="three_phase",
        region="us" if circuit.words["frequency_hz"] == 60.0 else "eu",
        s_base_kva=S_BASE_KVA,
        nodes=nodes(circuit, sources, base_kv, distance_km),
        y_bus=matrix(circuit, sources, base_kv),
        shunt_y=np.zeros(n, dtype=np.complex128),
        source_node=sources.node,
        source_v=sources.volts / (1000.0 * sources.base_kv),
        generators=Generators([], *(np.empty(0, dtype=kind) for kind in "iffff")),
        branches=made,
        transformers=transformers,
        terminals=drawn,
        node_of_bus=first_nodes(circuit),
        dead_buses=_dead_buses(circuit),
        notes=[*circuit.words["notes"], *notes],
    )


def _dead_buses(circuit: Circuit) -> tuple[str, ...]:
    alive = {bus for bus, _ in circuit.nodes}
    return tuple(dict.fromkeys(bus for bus, _ in circuit.dead if bus not in alive))
