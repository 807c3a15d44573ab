"""Branches of a pandapower network: names, admittances, ratings, transformers."""

from __future__ import annotations

import numpy as np
from scipy.sparse import csr_matrix

from twin.arrays import Bools, Floats, Ints
from twin.grid.feeder import (
    Branches,
    Transformers,
)
from twin.grid.limits import emergency_factor
from twin.grid.ppc import Conversion, Network, called, found_base, product, rows_of

BRANCH_TABLES = ("line", "trafo", "trafo3w", "impedance", "xward", "switch")


def branches_of(
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
        y_near=choose(flip, ends[1], ends[0]),
        y_far=choose(flip, ends[0], ends[1]),
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


def branch_labels(net: Network, found: Conversion) -> tuple[list[str], Ints]:
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
            names[start + offset] = called(table, kind, row) + suffix
            elements[start + offset] = int(table.index[row])
    return [names[row] for row in found.branch_row], elements[found.branch_row]


def branch_lengths(net: Network, found: Conversion) -> Floats:
    lengths = np.zeros(len(found.branch_row))
    here, row = rows_of(found, "line")
    lengths[here] = net.line["length_km"].to_numpy(dtype=float)[row]
    return lengths


def _kinds(found: Conversion) -> list[str]:
    words = {"trafo": "transformer", "trafo3w": "transformer3w"}
    kinds = [""] * len(found.branch_row)
    for table in BRANCH_TABLES:
        for row in rows_of(found, table)[0]:
            kinds[row] = words.get(table, table)
    return kinds


def choose(first: Bools, yes: csr_matrix, no: csr_matrix) -> csr_matrix:
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
    here, row = rows_of(found, "line")
    if here.size:
        ampere = 1000.0 * product(net.line, ("max_i_ka", "df", "parallel"))[row]
        first[here] = second[here] = ampere
    here, row = rows_of(found, "trafo")
    if here.size:
        kva[here] = 1000.0 * product(net.trafo, ("sn_mva", "parallel", "df"))[row]
        first[here] = _rated_a(kva[here], net.trafo["vn_hv_kv"].to_numpy()[row])
        second[here] = _rated_a(kva[here], net.trafo["vn_lv_kv"].to_numpy()[row])
    here, row = rows_of(found, "trafo3w")
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


def _rated_a(kva: Floats, kv: Floats) -> Floats:
    ampere: Floats = kva / (np.sqrt(3.0) * kv)
    return ampere
