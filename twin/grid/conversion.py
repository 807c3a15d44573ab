"""Turns a pandapower network into a Feeder by pandapower's own conversion."""

from __future__ import annotations

import json
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np
from scipy.sparse import csc_matrix, csr_matrix

from twin.arrays import Bools, Complexes, Floats, Ints
from twin.grid.feeder import (
    REFERENCE,
    Branches,
    Feeder,
    Generators,
    Nodes,
    Terminals,
    Transformers,
)
from twin.grid.flow import apparent
from twin.grid.limits import emergency_factor
from twin.grid.topology import distances

Network = Any
BRANCH_TABLES = ("line", "trafo", "trafo3w", "impedance", "xward", "switch")
FACTS = ("svc", "tcsc", "ssc", "vsc", "vsc_stacked", "vsc_bipolar")
DIRECT_CURRENT = ("line_dc", "load_dc", "source_dc")
Q_UNLIMITED_MVAR = 1e8


@dataclass(frozen=True)
class Conversion:
    """What pandapower's conversion says of a network, in its internal numbering."""

    base_mva: float
    bus: Floats
    gen: Floats
    branch: Complexes
    branch_row: Ints
    bus_lookup: Ints
    aux: dict[str, Ints]
    ranges: dict[str, tuple[int, int]]
    active: dict[str, Bools]
    gen_names: list[str]
    line_gens: int


def convert(net: Network) -> Conversion:
    """Run pandapower's conversion to its bus-branch model, without solving it."""
    import pandapower.auxiliary as auxiliary
    from pandapower.pd2ppc import _pd2ppc

    auxiliary._init_runpp_options(
        net, algorithm="nr", calculate_voltage_angles=True, init="flat",
        max_iteration="auto", tolerance_mva=1e-8, trafo_model="t",
        trafo_loading="current", enforce_p_lims=False, enforce_q_lims=True,
        check_connectivity=True, voltage_depend_loads=True,
        consider_line_temperature=False,
        passed_parameters={"calculate_voltage_angles": True},
    )  # fmt: skip
    auxiliary._add_auxiliary_elements(net)
    empty = np.array([], dtype=np.int64)
    kinds = ("bus", "bus_dc", "ext_grid", "gen", "branch", "branch_dc")
    net["_pd2ppc_lookups"] = {kind: empty for kind in kinds}
    ppc, ppci = _pd2ppc(net)
    lookups = net["_pd2ppc_lookups"]
    found = Conversion(
        base_mva=float(ppci["baseMVA"]),
        bus=ppci["bus"].copy(),
        gen=ppci["gen"].copy(),
        branch=ppci["branch"].copy(),
        branch_row=np.flatnonzero(ppci["internal"]["branch_is"]),
        bus_lookup=lookups["bus"].copy(),
        aux={key: rows.copy() for key, rows in lookups.get("aux", {}).items()},
        ranges=dict(lookups["branch"]) if len(lookups["branch"]) else {},
        active={key: np.asarray(on) for key, on in net["_is_elements"].items()},
        gen_names=_gen_names(net, ppci, len(ppc["gen"])),
        line_gens=2 * len(net.dcline),
    )
    auxiliary._clean_up(net, res=False)
    return found


def to_feeder(net: Network, name: str, source: str) -> Feeder:
    """All of a pandapower network that a balanced power flow knows, as a Feeder."""
    from pandapower.pypower.makeYbus import makeYbus

    found = convert(net)
    notes = _notes(net, found)
    y_bus, y_from, y_to = makeYbus(found.base_mva, found.bus, found.branch)
    sources = _sources(found)
    labels, elements = _branch_labels(net, found)
    lengths = _branch_lengths(net, found)
    first, second = found.branch[:, :2].real.astype(np.int64).T
    impedance = np.abs(found.branch[:, 2].real + 1j * found.branch[:, 3].real)
    far_away = distances(len(found.bus), first, second, impedance, sources)
    along_km = distances(len(found.bus), first, second, lengths, sources)
    branches, transformers = _branches(
        net, found, labels, elements, lengths, (csr_matrix(y_from), csr_matrix(y_to)),
        far_away,
    )  # fmt: skip
    nodes, node_of_bus, dead = _nodes(net, found, labels, along_km)
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
        terminals=_terminals(net, found),
        node_of_bus=node_of_bus,
        dead_buses=tuple(dead),
        unsolvable=tuple(_unsolvable(net)),
        notes=notes,
    )


def _sources(found: Conversion) -> Ints:
    from pandapower.pypower.idx_bus import BUS_TYPE, REF

    return np.flatnonzero(found.bus[:, BUS_TYPE] == REF).astype(np.int64)


def _gen_names(net: Network, ppci: Any, n_gen: int) -> list[str]:
    names = [""] * n_gen
    for kind, (start, stop) in net._gen_order.items():
        table = net[kind][net._is_elements[kind]]
        words = [_called(table, kind, row) for row in range(len(table))]
        names[start:stop] = words
    on = np.flatnonzero(ppci["internal"]["gen_is"])
    return [names[row] for row in on]


def machine_names(net: Network) -> list[str]:
    """What each row of the table of machines is called."""
    return [_called(net.gen, "gen", row) for row in range(len(net.gen))]


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


def _branch_labels(net: Network, found: Conversion) -> tuple[list[str], Ints]:
    """What each row of pandapower's branch matrix is called, and its table's index."""
    rows = max((stop for _, stop in found.ranges.values()), default=0)
    names, elements = [""] * rows, np.full(rows, -1, dtype=np.int64)
    for kind, (start, stop) in found.ranges.items():
        table = net[kind]
        if kind == "switch":
            table = table[net._impedance_bb_switches]
        for offset in range(stop - start):
            row = offset % len(table)
            side = f" {('hv', 'mv', 'lv')[offset // len(table)]}"
            suffix = side if kind == "trafo3w" else ""
            names[start + offset] = _called(table, kind, row) + suffix
            elements[start + offset] = int(table.index[row])
    return [names[row] for row in found.branch_row], elements[found.branch_row]


def _rows_of(found: Conversion, kind: str) -> tuple[Ints, Ints]:
    """Branches of a kind: their places among those in service, and in the table."""
    if kind not in found.ranges:
        return np.array([], dtype=np.int64), np.array([], dtype=np.int64)
    start, stop = found.ranges[kind]
    here = np.flatnonzero((found.branch_row >= start) & (found.branch_row < stop))
    return here, found.branch_row[here] - start


def _branch_lengths(net: Network, found: Conversion) -> Floats:
    lengths = np.zeros(len(found.branch_row))
    here, row = _rows_of(found, "line")
    lengths[here] = net.line["length_km"].to_numpy(dtype=float)[row]
    return lengths


def _branches(
    net: Network,
    found: Conversion,
    labels: list[str],
    elements: Ints,
    lengths: Floats,
    ends: tuple[csr_matrix, csr_matrix],
    far_away: Floats,
) -> tuple[Branches, Transformers]:
    n_branch = len(labels)
    kinds = _kinds(found)
    first, second = found.branch[:, :2].real.astype(np.int64).T
    rating_first, rating_second, rating_kva = _ratings(net, found)
    flip = far_away[second] < far_away[first]
    order = np.flatnonzero(rating_kva > 0.0)
    transformer = np.full(n_branch, -1, dtype=np.int64)
    transformer[order] = np.arange(len(order))
    emergency = np.array([emergency_factor(kind) for kind in kinds])
    low = np.where(found_base(found, second) <= found_base(found, first), second, first)
    branches = Branches(
        name=labels,
        kind=kinds,
        element=elements,
        near=np.where(flip, second, first),
        far=np.where(flip, first, second),
        phase=np.zeros(n_branch, dtype=np.int64),
        y_near=_choose(flip, ends[1], ends[0]),
        y_far=_choose(flip, ends[0], ends[1]),
        near_is_first=~flip,
        rating_near_a=np.where(flip, rating_second, rating_first),
        rating_far_a=np.where(flip, rating_first, rating_second),
        emergency_factor=emergency,
        rating_kva=np.where(rating_kva > 0.0, rating_kva, np.nan),
        length_km=lengths,
        transformer=transformer,
    )
    transformers = Transformers(
        name=[labels[row] for row in order],
        branch=order.astype(np.int64),
        rating_kva=rating_kva[order],
        emergency_factor=emergency[order],
        node_lv=low[order],
    )
    return branches, transformers


def found_base(found: Conversion, node: Ints) -> Floats:
    """Base voltage of nodes, kV."""
    from pandapower.pypower.idx_bus import BASE_KV

    base: Floats = found.bus[node, BASE_KV]
    return base


def _kinds(found: Conversion) -> list[str]:
    words = {"trafo": "transformer", "trafo3w": "transformer3w"}
    kinds = [""] * len(found.branch_row)
    for table in BRANCH_TABLES:
        for row in _rows_of(found, table)[0]:
            kinds[row] = words.get(table, table)
    return kinds


def _choose(first: Bools, yes: csr_matrix, no: csr_matrix) -> csr_matrix:
    """Rows of `yes` where `first`, else rows of `no`."""
    from scipy.sparse import diags_array

    pick = diags_array(first.astype(float))
    keep = diags_array((~first).astype(float))
    chosen = csr_matrix(pick @ yes + keep @ no)
    chosen.eliminate_zeros()
    chosen.sort_indices()
    return chosen


def _ratings(net: Network, found: Conversion) -> tuple[Floats, Floats, Floats]:
    """Rated currents at the first and second end, A, and rated powers, kVA."""
    n_branch = len(found.branch_row)
    first, second = np.full(n_branch, np.nan), np.full(n_branch, np.nan)
    kva = np.zeros(n_branch)
    here, row = _rows_of(found, "line")
    if here.size:
        ampere = 1000.0 * _product(net.line, ("max_i_ka", "df", "parallel"))[row]
        first[here] = second[here] = ampere
    here, row = _rows_of(found, "trafo")
    if here.size:
        kva[here] = 1000.0 * _product(net.trafo, ("sn_mva", "parallel", "df"))[row]
        first[here] = _rated_a(kva[here], net.trafo["vn_hv_kv"].to_numpy()[row])
        second[here] = _rated_a(kva[here], net.trafo["vn_lv_kv"].to_numpy()[row])
    here, row = _rows_of(found, "trafo3w")
    for winding, side in enumerate(("hv", "mv", "lv")):
        table, n_table = net.trafo3w, len(net.trafo3w)
        mine = here[row // max(n_table, 1) == winding]
        at = row[row // max(n_table, 1) == winding] % max(n_table, 1)
        if mine.size:
            kva[mine] = 1000.0 * table[f"sn_{side}_mva"].to_numpy()[at]
            ampere = _rated_a(kva[mine], table[f"vn_{side}_kv"].to_numpy()[at])
            (first if side == "hv" else second)[mine] = ampere
    usable = (first > 0.0) | ~np.isfinite(first)
    return np.where(usable, first, np.nan), second, kva


def _product(table: Any, columns: Sequence[str]) -> Floats:
    values = np.ones(len(table))
    for column in columns:
        values = values * table[column].to_numpy(dtype=float)
    return values


def _rated_a(kva: Floats, kv: Floats) -> Floats:
    ampere: Floats = kva / (np.sqrt(3.0) * kv)
    return ampere


def _nodes(
    net: Network, found: Conversion, labels: list[str], along_km: Floats
) -> tuple[Nodes, dict[str, int], list[str]]:
    n_node = len(found.bus)
    names: list[str] = [""] * n_node
    x, y = np.full(n_node, np.nan), np.full(n_node, np.nan)
    node_of_bus, dead = {}, []
    energised = set(found.active["bus_is_idx"].tolist())
    for bus, geo in zip(net.bus.index.tolist(), _positions(net), strict=True):
        node = int(found.bus_lookup[bus])
        if bus not in energised or not 0 <= node < n_node:
            dead.append(str(bus))
            continue
        node_of_bus[str(bus)] = node
        if not names[node]:
            names[node] = str(bus)
        if np.isnan(x[node]):
            x[node], y[node] = geo
    auxiliary = np.array([not name for name in names])
    _name_auxiliary(net, found, labels, names)
    nodes = Nodes(
        bus=names,
        phase=np.zeros(n_node, dtype=np.int64),
        v_base_kv=found_base(found, np.arange(n_node)),
        distance_km=along_km,
        x=x,
        y=y,
        geographic=_geographic(net, found, x, y),
        angle_rad=_angles(found, along_km),
        auxiliary=auxiliary,
    )
    return nodes, node_of_bus, dead


def _angles(found: Conversion, along_km: Floats) -> Floats:
    """Angle of each node's voltage by phase shifts alone: far = near - shift."""
    from pandapower.pypower.idx_brch import SHIFT
    from pandapower.pypower.idx_bus import VA

    first, second = found.branch[:, :2].real.astype(np.int64).T
    shift = np.deg2rad(found.branch[:, SHIFT].real)
    sources = _sources(found)
    angle = np.full(len(found.bus), np.nan)
    angle[sources] = np.deg2rad(found.bus[sources, VA])
    order = np.argsort(np.minimum(along_km[first], along_km[second]), kind="stable")
    while np.isnan(angle).any():
        known = int(np.isnan(angle).sum())
        for row in order:
            a, b = first[row], second[row]
            if np.isnan(angle[b]) and not np.isnan(angle[a]):
                angle[b] = angle[a] - shift[row]
            elif np.isnan(angle[a]) and not np.isnan(angle[b]):
                angle[a] = angle[b] + shift[row]
        if int(np.isnan(angle).sum()) == known:
            break
    found_angle: Floats = np.nan_to_num(angle)
    return found_angle


def _name_auxiliary(
    net: Network, found: Conversion, labels: list[str], names: list[str]
) -> None:
    """Star points, internal sources and open ends have no bus: name them."""
    words = {"trafo3w": "star point", "xward": "internal source"}
    for kind, buses in found.aux.items():
        for row, bus in enumerate(buses):
            node = int(found.bus_lookup[bus])
            if 0 <= node < len(names) and not names[node]:
                names[node] = f"{_called(net[kind], kind, row)} {words.get(kind, kind)}"
    for label, ends in zip(labels, found.branch[:, :2].real.astype(int), strict=True):
        for node in ends:
            names[node] = names[node] or f"{label} open end"


def _positions(net: Network) -> Iterable[tuple[float, float]]:
    if "geo" not in net.bus:
        return [(np.nan, np.nan)] * len(net.bus)
    return [_position(text) for text in net.bus["geo"]]


def _position(text: object) -> tuple[float, float]:
    if not isinstance(text, str) or not text.strip():
        return np.nan, np.nan
    at = json.loads(text).get("coordinates", (np.nan, np.nan))
    return float(at[0]), float(at[1])


def _geographic(net: Network, found: Conversion, x: Floats, y: Floats) -> bool:
    """Whether x, y are degrees: lines are then as long as their ends are apart."""
    here, row = _rows_of(found, "line")
    if not here.size or not np.nanmax(np.abs(x), initial=0.0) <= 180.0:
        return False
    if not np.nanmax(np.abs(y), initial=0.0) <= 90.0:
        return False
    first, second = found.branch[here, :2].real.astype(np.int64).T
    north = 111.2 * (y[second] - y[first])
    east = 111.2 * (x[second] - x[first]) * np.cos(np.deg2rad(y[first]))
    apart = np.hypot(east, north)
    length = net.line["length_km"].to_numpy(dtype=float)[row]
    known = np.isfinite(apart) & (length > 0.0)
    if not known.any():
        return False
    return bool(0.2 < np.median(apart[known] / length[known]) < 1.5)


def _terminals(net: Network, found: Conversion) -> Terminals:
    rows: list[tuple[str, str, int, int, float, float]] = []
    shares: list[tuple[float, float, float, float]] = []
    for kind, values in _demands(net).items():
        table, on = net[kind], found.active[kind]
        for row in np.flatnonzero(on):
            node = int(found.bus_lookup[int(table["bus"].iloc[row])])
            p_mw, q_mvar = values[0][row], values[1][row]
            label = _called(table, kind, int(row))
            index = int(table.index[row])
            rows.append((label, kind, index, node, 1000.0 * p_mw, 1000.0 * q_mvar))
            shares.append(_shares(table, int(row)) if kind == "load" else (0, 0, 0, 0))
    zip_shares = np.array(shares, dtype=float).reshape(-1, 4)
    return Terminals(
        name=[row[0] for row in rows],
        kind=[row[1] for row in rows],
        element=np.array([row[2] for row in rows], dtype=np.int64),
        node_a=np.array([row[3] for row in rows], dtype=np.int64),
        node_b=np.full(len(rows), REFERENCE, dtype=np.int64),
        p_kw=np.array([row[4] for row in rows], dtype=float),
        q_kvar=np.array([row[5] for row in rows], dtype=float),
        p_z=zip_shares[:, 0],
        p_i=zip_shares[:, 1],
        q_z=zip_shares[:, 2],
        q_i=zip_shares[:, 3],
    )


def _demands(net: Network) -> dict[str, tuple[Floats, Floats]]:
    """P and Q of every element with a given power, MW and Mvar, consumption > 0."""
    demands = {}
    for kind, sign in (("load", 1.0), ("sgen", -1.0), ("storage", 1.0)):
        p_mw = sign * _product(net[kind], ("p_mw", "scaling"))
        demands[kind] = (p_mw, sign * _product(net[kind], ("q_mvar", "scaling")))
    demands["motor"] = _motors(net.motor)
    for kind in ("ward", "xward"):
        table = net[kind]
        demands[kind] = (_product(table, ("ps_mw",)), _product(table, ("qs_mvar",)))
    for kind, sign in (("asymmetric_load", 1.0), ("asymmetric_sgen", -1.0)):
        p_mw, q_mvar = np.zeros(len(net[kind])), np.zeros(len(net[kind]))
        for phase in "abc":
            p_mw = p_mw + sign * _product(net[kind], (f"p_{phase}_mw", "scaling"))
            q_mvar = q_mvar + sign * _product(net[kind], (f"q_{phase}_mvar", "scaling"))
        demands[kind] = (p_mw, q_mvar)
    return demands


def _motors(table: Any) -> tuple[Floats, Floats]:
    shaft = _product(table, ("pn_mech_mw", "loading_percent", "scaling")) / 100.0
    p_mw = shaft / (table["efficiency_percent"].to_numpy(dtype=float) / 100.0)
    apparent = p_mw / table["cos_phi"].to_numpy(dtype=float)
    return p_mw, np.sqrt(apparent**2 - p_mw**2)


def _shares(table: Any, row: int) -> tuple[float, float, float, float]:
    columns = (
        "const_z_p_percent", "const_i_p_percent",
        "const_z_q_percent", "const_i_q_percent",
    )  # fmt: skip
    values = [float(table[column].iloc[row]) / 100.0 for column in columns]
    return values[0], values[1], values[2], values[3]


def _called(table: Any, kind: str, row: int) -> str:
    """An element's own name, else its table and index."""
    name = table["name"].iloc[row] if "name" in table else None
    if isinstance(name, str) and name.strip():
        return name
    return f"{kind} {table.index[row]}"


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
    if len(net.controller):
        on = net.controller[net.controller["in_service"].astype(bool)]
        found += [f"controller {index} ({row.object})" for index, row in on.iterrows()]
    return found


def _notes(net: Network, found: Conversion) -> list[str]:
    """What is left out or taken differently, by element."""
    notes = []
    for kind in ("load", "sgen", "storage", "motor", "gen", "ext_grid", "shunt"):
        off = [
            _called(net[kind], kind, int(row))
            for row in np.flatnonzero(~found.active[kind][: len(net[kind])])
        ]
        if off:
            notes.append(f"not supplied or out of service: {_listed(off)}")
    for kind in ("asymmetric_load", "asymmetric_sgen"):
        if len(net[kind]):
            words = [_called(net[kind], kind, row) for row in range(len(net[kind]))]
            notes.append(f"three phases taken as balanced: {_listed(words)}")
    if len(net.dcline):
        words = [_called(net.dcline, "dcline", row) for row in range(len(net.dcline))]
        notes.append(
            "direct-current lines taken as two machines of given power:"
            f" {_listed(words)}"
        )
    return notes


def _listed(words: Sequence[str], shown: int = 12) -> str:
    """Names, the first dozen and how many more."""
    more = f" and {len(words) - shown} more" if len(words) > shown else ""
    return ", ".join(words[:shown]) + more
