"""Turns a pandapower network into a Feeder by pandapower's own conversion."""

from __future__ import annotations

import numpy as np
from scipy.sparse import csc_matrix, csr_matrix

from twin.arrays import Ints
from twin.grid.feeder import (
    Feeder,
    Generators,
)
from twin.grid.flow import apparent
from twin.grid.pp_branches import branch_labels, branch_lengths, branches_of
from twin.grid.pp_controllers import other_controllers
from twin.grid.pp_nodes import nodes_of
from twin.grid.pp_terminals import terminals_of
from twin.grid.ppc import Conversion, Network, called, convert, listed, sources_of
from twin.grid.topology import distances

FACTS = ("svc", "tcsc", "ssc", "vsc", "vsc_stacked", "vsc_bipolar")
DIRECT_CURRENT = ("line_dc", "load_dc", "source_dc")
Q_UNLIMITED_MVAR = 1e8


def to_feeder(net: Network, name: str, source: str) -> Feeder:
    """All of a pandapower network that a balanced power flow knows, as a Feeder."""
    from pandapower.pypower.makeYbus import makeYbus

    found = convert(net)
    notes = _notes(net, found)
    y_bus, y_from, y_to = makeYbus(found.base_mva, found.bus, found.branch)
    sources = sources_of(found)
    labels, elements = branch_labels(net, found)
    lengths = branch_lengths(net, found)
    first, second = found.branch[:, :2].real.astype(np.int64).T
    impedance = np.abs(found.branch[:, 2].real + 1j * found.branch[:, 3].real)
    far_away = distances(len(found.bus), first, second, impedance, sources)
    along_km = distances(len(found.bus), first, second, lengths, sources)
    branches, transformers = branches_of(
        net, found, labels, elements, lengths, (csr_matrix(y_from), csr_matrix(y_to)),
        far_away,
    )  # fmt: skip
    nodes, node_of_bus, dead = nodes_of(net, found, labels, along_km)
    from pandapower.pypower.idx_bus import BS, GS, VA, VM

    volts = found.bus[sources, VM] * np.exp(1j * np.deg2rad(found.bus[sources, VA]))
    return Feeder(
        name=name,
        source=source,
        model="balanced",
        region="us" if float(net.f_hz) == 60.0 else "eu",
        s_base_kva=1000.0 * found.base_mva,
        nodes=nodes,
        y_bus=csc_matrix(y_bus),
        shunt_y=apparent(found.bus[:, GS], found.bus[:, BS]) / found.base_mva,
        source_node=sources,
        source_v=volts,
        generators=_generators(found, sources),
        branches=branches,
        transformers=transformers,
        terminals=terminals_of(net, found),
        node_of_bus=node_of_bus,
        dead_buses=tuple(dead),
        unsolvable=tuple(_unsolvable(net)),
        notes=notes,
    )


def machine_names(net: Network) -> list[str]:
    """What each row of the table of machines is called."""
    return [called(net.gen, "gen", row) for row in range(len(net.gen))]


def _generators(found: Conversion, sources: Ints) -> Generators:
    """Machines holding a voltage; those at a source only add their power."""
    from pandapower.pypower.idx_gen import GEN_BUS, PG, QMAX, QMIN, VG

    kept = [
        row
        for row in range(len(found.gen))
        if int(found.gen[row, GEN_BUS]) not in set(sources.tolist())
        or found.gen[row, PG] != 0.0
    ]
    gen = found.gen[kept]
    low, high = 1000.0 * gen[:, QMIN], 1000.0 * gen[:, QMAX]
    unlimited = 1000.0 * Q_UNLIMITED_MVAR
    return Generators(
        name=[found.gen_names[row] for row in kept],
        node=gen[:, GEN_BUS].astype(np.int64),
        v_set_pu=gen[:, VG].copy(),
        p_kw=1000.0 * gen[:, PG],
        q_min_kvar=np.where(low <= -unlimited, -np.inf, low),
        q_max_kvar=np.where(high >= unlimited, np.inf, high),
    )


def _unsolvable(net: Network) -> list[str]:
    """Elements that only pandapower's own engine can hold."""
    found = []
    for kind in (*FACTS, *DIRECT_CURRENT):
        if kind not in net or not len(net[kind]):
            continue
        table = net[kind]
        found += [
            f"{kind} {index}"
            for index, on in zip(table.index, table["in_service"], strict=True)
            if on
        ]
    return found + other_controllers(net)


def _notes(net: Network, found: Conversion) -> list[str]:
    """What is left out or taken differently, by element."""
    notes = []
    for kind in ("load", "sgen", "storage", "motor", "gen", "ext_grid", "shunt"):
        off = [
            called(net[kind], kind, int(row))
            for row in np.flatnonzero(~found.active[kind][: len(net[kind])])
        ]
        if off:
            notes.append(f"not supplied or out of service: {listed(off)}")
    for kind in ("asymmetric_load", "asymmetric_sgen"):
        if len(net[kind]):
            words = [called(net[kind], kind, row) for row in range(len(net[kind]))]
            notes.append(f"three phases taken as balanced: {listed(words)}")
    if len(net.dcline):
        words = [called(net.dcline, "dcline", row) for row in range(len(net.dcline))]
        notes.append(
            "direct-current lines taken as two machines of given power:"
            f" {listed(words)}"
        )
    return notes
