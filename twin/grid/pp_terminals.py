"""Terminals of a pandapower network: every element that draws or gives power."""

from __future__ import annotations

from typing import Any

import numpy as np

from twin.arrays import Floats
from twin.grid.feeder import (
    REFERENCE,
    Terminals,
)
from twin.grid.ppc import Conversion, Network, called, product


def terminals_of(net: Network, found: Conversion) -> Terminals:
    rows: list[tuple[str, str, int, int, float, float]] = []
    shares: list[tuple[float, float, float, float]] = []
    for kind, values in _demands(net).items():
        table, on = net[kind], found.active[kind]
        for row in np.flatnonzero(on):
            node = int(found.bus_lookup[int(table["bus"].iloc[row])])
            p_mw, q_mvar = values[0][row], values[1][row]
            label = called(table, kind, int(row))
            index = int(table.index[row])
            rows.append((label, kind, index, node, 1000.0 * p_mw, 1000.0 * q_mvar))
            shares.append(
                shares_of(table, int(row)) if kind == "load" else (0, 0, 0, 0)
            )
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
        p_mw = sign * product(net[kind], ("p_mw", "scaling"))
        demands[kind] = (p_mw, sign * product(net[kind], ("q_mvar", "scaling")))
    demands["motor"] = _motors(net.motor)
    for kind in ("ward", "xward"):
        table = net[kind]
        demands[kind] = (product(table, ("ps_mw",)), product(table, ("qs_mvar",)))
    for kind, sign in (("asymmetric_load", 1.0), ("asymmetric_sgen", -1.0)):
        p_mw, q_mvar = np.zeros(len(net[kind])), np.zeros(len(net[kind]))
        for phase in "abc":
            p_mw = p_mw + sign * product(net[kind], (f"p_{phase}_mw", "scaling"))
            q_mvar = q_mvar + sign * product(net[kind], (f"q_{phase}_mvar", "scaling"))
        demands[kind] = (p_mw, q_mvar)
    return demands


def _motors(table: Any) -> tuple[Floats, Floats]:
    shaft = product(table, ("pn_mech_mw", "loading_percent", "scaling")) / 100.0
    p_mw = shaft / (table["efficiency_percent"].to_numpy(dtype=float) / 100.0)
    apparent = p_mw / table["cos_phi"].to_numpy(dtype=float)
    return p_mw, np.sqrt(apparent**2 - p_mw**2)


def shares_of(table: Any, row: int) -> tuple[float, float, float, float]:
    """Shares of a load that follow |V|^2 and |V|: of P, then of Q."""
    columns = (
        "const_z_p_percent", "const_i_p_percent",
        "const_z_q_percent", "const_i_q_percent",
    )  # fmt: skip
    values = [float(table[column].iloc[row]) / 100.0 for column in columns]
    return values[0], values[1], values[2], values[3]
