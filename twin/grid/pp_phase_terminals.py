"""Terminals of a pandapower network in three phases: by phase, to neutral or across."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any, NamedTuple

import numpy as np

from twin.grid.feeder import REFERENCE, Terminals
from twin.grid.pp_terminals import shares_of
from twin.grid.ppc import Conversion, Network, called, listed

SIGNS = {
    "load": 1.0, "sgen": -1.0, "storage": 1.0,
    "asymmetric_load": 1.0, "asymmetric_sgen": -1.0,
}  # fmt: skip
ROOT_3 = float(np.sqrt(3.0))


class Drawn(NamedTuple):
    """What one phase of an element draws, kW and kvar, between which nodes."""

    name: str
    kind: str
    element: int
    node_a: int
    node_b: int
    p_kw: float
    q_kvar: float
    shares: tuple[float, float, float, float]


def phase_terminals(net: Network, found: Conversion) -> tuple[Terminals, list[str]]:
    """Every element that draws or gives power, a row a phase; and what was assumed.

    Delta: phase a is between nodes a and b, b between b and c, c between c and a.
    """
    rows = [drawn for kind in SIGNS for drawn in _of_kind(net, found, kind)]
    shares = np.array([row.shares for row in rows], dtype=float).reshape(-1, 4)
    node_b = np.array([row.node_b for row in rows], dtype=np.int64)
    terminals = Terminals(
        name=[row.name for row in rows],
        kind=[row.kind for row in rows],
        element=np.array([row.element for row in rows], dtype=np.int64),
        node_a=np.array([row.node_a for row in rows], dtype=np.int64),
        node_b=node_b,
        p_kw=np.array([row.p_kw for row in rows], dtype=float),
        q_kvar=np.array([row.q_kvar for row in rows], dtype=float),
        p_z=shares[:, 0],
        p_i=shares[:, 1],
        q_z=shares[:, 2],
        q_i=shares[:, 3],
        v_rated_pu=np.where(node_b == REFERENCE, 1.0, ROOT_3),
    )
    return terminals, _notes(net, found)


def _of_kind(net: Network, found: Conversion, kind: str) -> Iterator[Drawn]:
    table = net[kind]
    for row in np.flatnonzero(found.active[kind][: len(table)]):
        first = 3 * int(found.bus_lookup[int(table["bus"].iloc[row])])
        powers = _powers(table, kind, int(row))
        used = [k for k in range(3) if powers[k] != 0.0] or [0, 1, 2]
        for k in used:
            across = first + (k + 1) % 3 if _delta(table, int(row)) else REFERENCE
            yield Drawn(
                name=called(table, kind, int(row)),
                kind=kind,
                element=int(table.index[row]),
                node_a=first + k,
                node_b=across,
                p_kw=powers[k].real,
                q_kvar=powers[k].imag,
                shares=shares_of(table, int(row)) if kind == "load" else (0, 0, 0, 0),
            )


def _powers(table: Any, kind: str, row: int) -> list[complex]:
    """P + jQ of phases a, b, c, kVA, consumption > 0."""
    scale = 1000.0 * SIGNS[kind] * float(table["scaling"].iloc[row])
    if not kind.startswith("asymmetric"):
        p, q = float(table["p_mw"].iloc[row]), float(table["q_mvar"].iloc[row])
        return [scale * complex(p, q) / 3.0] * 3
    return [
        scale
        * complex(table[f"p_{phase}_mw"].iloc[row], table[f"q_{phase}_mvar"].iloc[row])
        for phase in "abc"
    ]


def _delta(table: Any, row: int) -> bool:
    return _type(table, row).lower() == "delta"


def _type(table: Any, row: int) -> str:
    kind = table["type"].iloc[row] if "type" in table else None
    return kind.strip() if isinstance(kind, str) else ""


def _notes(net: Network, found: Conversion) -> list[str]:
    """What is not said of elements and so taken as star, and what is left out."""
    notes = []
    for kind in SIGNS:
        table, on = net[kind], found.active[kind][: len(net[kind])]
        off = [called(table, kind, int(row)) for row in np.flatnonzero(~on)]
        if off:
            notes.append(f"not supplied or out of service: {listed(off)}")
        unsaid = [
            called(table, kind, int(row))
            for row in np.flatnonzero(on)
            if kind != "storage" and _type(table, int(row)).lower() not in WINDINGS
        ]
        if unsaid:
            notes.append(
                f"{len(unsaid)} {kind} without type wye or delta taken as wye:"
                f" {listed(unsaid, 3)}"
            )
    return notes


WINDINGS = ("wye", "delta")
