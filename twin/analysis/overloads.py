"""What is above its rating: which asset, on which phase, when, and who is behind it."""

from __future__ import annotations

import numpy as np
import polars as pl
from scipy.sparse import coo_array
from scipy.sparse.csgraph import connected_components

from twin.analysis.case import Case
from twin.analysis.instants import LOADING, instants
from twin.arrays import Bools, Ints

COLUMNS = {
    "asset": pl.Int64,
    "kind": pl.String,
    "name": pl.String,
    "phase": pl.Int64,
    "highest": pl.Float64,
    "time": pl.String,
    "over_normal_h": pl.Float64,
    "customers": pl.Int64,
    "evs": pl.Int64,
}


def overloads_of(case: Case) -> pl.DataFrame:
    """A row for each phase of an asset ever above its rating, the fullest first.

    asset           its first row in ``branches``: the same for all its phases
    phase           0 where the grid is solved as balanced
    time            local, when it was fullest; null where that is not recorded
    customers, evs  those without a way to a source but through the asset; null where
                    it is part of a mesh
    """
    if case.loadings is None:
        return pl.DataFrame(schema=COLUMNS)
    highest, hours = case.loadings.highest, case.loadings.over_normal_h
    over = np.flatnonzero(hours > 0.0)
    over = over[np.argsort(-highest[over], kind="stable")]
    times = [
        None if np.isnat(instant) else case.local(instant)
        for instant in instants(case, LOADING, over)
    ]
    known = case.branches.select("kind", "name", "phase")
    behind: dict[int, tuple[int | None, int | None]] = {}
    rows = []
    for branch, time in zip(over.tolist(), times, strict=True):
        asset = _asset(case, branch)
        first = int(asset[0])
        if first not in behind:
            behind[first] = _behind(case, asset)
        numbers = float(highest[branch]), time, float(hours[branch])
        rows.append((first, *known.row(branch), *numbers, *behind[first]))
    return pl.DataFrame(rows, schema=COLUMNS, orient="row")


def _asset(case: Case, branch: int) -> Ints:
    """The rows in ``branches`` of all phases of the asset that a row is part of."""
    row = case.branches.row(branch, named=True)
    if row["transformer"] is not None:
        of_transformer: Ints = case.transformer_branches[row["transformer"]]
        return of_transformer
    if not row["phase"]:
        return np.array([branch], dtype=np.int64)
    same = (pl.col("name") == row["name"]) & (pl.col("kind") == row["kind"])
    found = case.branches.filter(same & (pl.col("phase") > 0))["branch"]
    rows: Ints = found.to_numpy().astype(np.int64)
    return rows


def _behind(case: Case, asset: Ints) -> tuple[int | None, int | None]:
    """Customers and cars that nothing but the asset joins to a source."""
    first, second = (
        case.branches[end].to_numpy().astype(np.int64)
        for end in ("from_node", "to_node")
    )
    keep = np.ones(len(first), dtype=bool)
    keep[asset] = False
    part = _parts(case.nodes.height, first[keep], second[keep])
    far = np.unique(part[second[asset]])
    if np.isin(part[first[asset]], far).any():
        return None, None
    node = case.customers["node"].to_numpy().astype(np.int64)
    at: Bools = np.isin(part[node], far)
    return int(at.sum()), int(case.customers["evs"].fill_null(0).to_numpy()[at].sum())


def _parts(n_node: int, first: Ints, second: Ints) -> Ints:
    """Which connected part each node is in; the phases of a bus are apart."""
    joined = coo_array((np.ones(len(first)), (first, second)), shape=(n_node, n_node))
    _, part = connected_components(joined, directed=False)
    found: Ints = part.astype(np.int64)
    return found
