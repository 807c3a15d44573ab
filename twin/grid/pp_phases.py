"""Turns a pandapower network into a Feeder of three phases, by its own sequences."""

from __future__ import annotations

from dataclasses import replace

import numpy as np
from scipy.sparse import csc_matrix

from twin.arrays import Complexes
from twin.grid.feeder import Branches, Feeder, Generators, Nodes, Transformers
from twin.grid.pp_branches import branch_labels, branch_lengths, branches_of
from twin.grid.pp_nodes import nodes_of
from twin.grid.pp_phase_branches import Behind, behind, phase_branches, widened
from twin.grid.pp_phase_rules import refuse, without_refused
from twin.grid.pp_phase_terminals import phase_terminals
from twin.grid.pp_sequences import Sequences, convert_sequences
from twin.grid.ppc import Network, called
from twin.grid.sequence import TO_PHASES, phase_matrix
from twin.grid.topology import distances
from twin.grid.zero_sequence import ZeroSequence, completed

ANGLES = np.deg2rad([0.0, -120.0, 120.0])
BASE_MVA = 1.0


def to_three_phase(
    net: Network,
    name: str,
    source: str,
    zero_sequence: ZeroSequence | None = None,
) -> Feeder:
    """All of a pandapower network that an unbalanced power flow knows, as a Feeder.

    Three nodes a bus, to neutral, which is earth: what returns by the neutral is in
    the zero sequence of lines. Zero-sequence data that the network does not give
    follow `zero_sequence`. Loads keep their voltage dependence and storage its power
    (pandapower's `runpp_3ph` makes all loads constant power and ignores storage).
    """
    refuse(net)
    full, assumed = completed(net, zero_sequence or ZeroSequence())
    without_refused(full)
    full["sn_mva"] = BASE_MVA
    sequences = convert_sequences(full)
    found, sources = sequences.positive, behind(sequences)
    base, nodes, node_of_bus, dead = _balanced(full, sequences)
    names = _source_names(full, sequences)
    branches, transformers = phase_branches(sequences, base, sources, names)
    terminals, notes = phase_terminals(full, found)
    y_bus = (
        widened(phase_matrix(*sequences.y_bus), (sources.n_node, sources.n_node))
        + sources.y
    )
    none = np.zeros(4 * len(names), dtype=np.complex128)
    return Feeder(
        name=name,
        source=source,
        model="three_phase",
        region="us" if float(net.f_hz) == 60.0 else "eu",
        s_base_kva=1000.0 * sequences.base_mva,
        nodes=_nodes(nodes, sources, names),
        y_bus=csc_matrix(y_bus),
        shunt_y=np.append(sequences.shunt.repeat(3), none),
        source_node=sources.node.ravel(),
        source_v=_source_volts(sequences),
        generators=Generators([], *(np.empty(0, dtype=t) for t in "iffff")),
        branches=branches,
        transformers=transformers,
        terminals=terminals,
        node_of_bus={bus: 3 * node for bus, node in node_of_bus.items()},
        dead_buses=tuple(dead),
        notes=[*assumed, *notes],
    )


def _balanced(
    net: Network, sequences: Sequences
) -> tuple[tuple[Branches, Transformers], Nodes, dict[str, int], list[str]]:
    """Branches and nodes of the positive sequence, which the phases are made of."""
    found = sequences.positive
    labels, elements = branch_labels(net, found)
    lengths = branch_lengths(net, found)
    first, second = found.branch[:, :2].real.astype(np.int64).T
    impedance = np.abs(found.branch[:, 2].real + 1j * found.branch[:, 3].real)
    n_bus, at = len(found.bus), sequences.source
    far_away = distances(n_bus, first, second, impedance, at)
    along_km = distances(n_bus, first, second, lengths, at)
    ends = (sequences.y_from[1], sequences.y_to[1])
    base = branches_of(net, found, labels, elements, lengths, ends, far_away)
    nodes, node_of_bus, dead = nodes_of(net, found, labels, along_km)
    return base, nodes, node_of_bus, dead


def _source_names(net: Network, sequences: Sequences) -> list[str]:
    """The external grid at each source's bus."""
    lookup = sequences.positive.bus_lookup
    at: dict[int, str] = {}
    for row in np.flatnonzero(sequences.positive.active["ext_grid"]):
        bus = int(lookup[int(net.ext_grid["bus"].iloc[row])])
        at.setdefault(bus, called(net.ext_grid, "ext_grid", int(row)))
    return [at[bus] for bus in sequences.source.tolist()]


def _source_volts(sequences: Sequences) -> Complexes:
    """Balanced voltages of each source, pu. [3 n_source]"""
    from pandapower.pypower.idx_bus import VA, VM

    bus = sequences.positive.bus[sequences.source]
    volts = bus[:, VM] * np.exp(1j * np.deg2rad(bus[:, VA]))
    balanced: Complexes = np.outer(volts, TO_PHASES[:, 1]).ravel()
    return balanced


def _nodes(balanced: Nodes, sources: Behind, names: list[str]) -> Nodes:
    """Three nodes a bus, then the sources' three each, then their inner nodes."""
    at = sources.bus[:, 0] // 3
    of = np.concatenate((np.arange(len(balanced)).repeat(3), at.repeat(3), at))
    n_source = len(at)
    phase = np.append(
        np.tile([1, 2, 3], len(balanced) + n_source), np.ones(n_source, dtype=np.int64)
    )
    made_up = np.arange(len(of)) >= 3 * len(balanced)
    outer = [
        f"{balanced.bus[k]} (behind {name})" for k, name in zip(at, names, strict=True)
    ]
    inner = [
        f"{balanced.bus[k]} (inside {name})" for k, name in zip(at, names, strict=True)
    ]
    return replace(
        balanced,
        bus=[balanced.bus[k] for k in of[~made_up]]
        + [b for b in outer for _ in "abc"]
        + inner,
        phase=phase.astype(np.int64),
        v_base_kv=balanced.v_base_kv[of] / np.sqrt(3.0),
        distance_km=balanced.distance_km[of],
        x=balanced.x[of],
        y=balanced.y[of],
        angle_rad=balanced.angle_rad[of] + ANGLES[phase - 1],
        auxiliary=balanced.auxiliary[of] | made_up,
    )
