"""pandapower's own bus-branch model of a network, as plain arrays."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np

from twin.arrays import Bools, Complexes, Floats, Ints

Network = Any


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
    found = gathered(net, ppc, ppci)
    auxiliary._clean_up(net, res=False)
    return found


def gathered(net: Network, ppc: Any, ppci: Any) -> Conversion:
    """What a conversion just made says, copied out of the network's caches."""
    lookups = net["_pd2ppc_lookups"]
    return Conversion(
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


def _gen_names(net: Network, ppci: Any, n_gen: int) -> list[str]:
    names = [""] * n_gen
    for kind, (start, stop) in net._gen_order.items():
        table = net[kind][net._is_elements[kind]]
        words = [called(table, kind, row) for row in range(len(table))]
        names[start:stop] = words
    on = np.flatnonzero(ppci["internal"]["gen_is"])
    return [names[row] for row in on]


def sources_of(found: Conversion) -> Ints:
    from pandapower.pypower.idx_bus import BUS_TYPE, REF

    return np.flatnonzero(found.bus[:, BUS_TYPE] == REF).astype(np.int64)


def found_base(found: Conversion, node: Ints) -> Floats:
    """Base voltage of nodes, kV."""
    from pandapower.pypower.idx_bus import BASE_KV

    base: Floats = found.bus[node, BASE_KV]
    return base


def rows_of(found: Conversion, kind: str) -> tuple[Ints, Ints]:
    """Branches of a kind: their places among those in service, and in the table."""
    if kind not in found.ranges:
        return np.array([], dtype=np.int64), np.array([], dtype=np.int64)
    start, stop = found.ranges[kind]
    here = np.flatnonzero((found.branch_row >= start) & (found.branch_row < stop))
    return here, found.branch_row[here] - start


def product(table: Any, columns: Sequence[str]) -> Floats:
    values = np.ones(len(table))
    for column in columns:
        values = values * table[column].to_numpy(dtype=float)
    return values


def called(table: Any, kind: str, row: int) -> str:
    """An element's own name, else its table and index."""
    name = table["name"].iloc[row] if "name" in table else None
    if isinstance(name, str) and name.strip():
        return name
    return f"{kind} {table.index[row]}"


def listed(words: Sequence[str], shown: int = 12) -> str:
    """Names, the first dozen and how many more."""
    more = f" and {len(words) - shown} more" if len(words) > shown else ""
    return ", ".join(words[:shown]) + more
