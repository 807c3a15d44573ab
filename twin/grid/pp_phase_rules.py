"""What of a pandapower network three phases cannot hold, refused by name."""

from __future__ import annotations

from typing import Any

import numpy as np

from twin.errors import InputError, Problem
from twin.grid.pp_controllers import other_controllers
from twin.grid.ppc import Network, called, listed
from twin.grid.zero_sequence import VECTOR_GROUPS, group_of

ALLOWED = (
    "bus", "line", "trafo", "switch", "ext_grid", "shunt", "load", "sgen", "storage",
    "asymmetric_load", "asymmetric_sgen",
)  # fmt: skip
REFUSED = (
    "trafo3w", "gen", "xward", "ward", "motor", "impedance", "dcline", "svc", "tcsc",
    "ssc", "vsc", "vsc_stacked", "vsc_bipolar", "line_dc", "load_dc", "source_dc",
    "bus_dc", "b2b_vsc",
)  # fmt: skip
KEY = "feeder.model"


def refuse(net: Network) -> None:
    """Raise InputError with every element that three phases cannot hold."""
    problems = [
        *_refused_kinds(net),
        *_refused_groups(net),
        *_refused_earthings(net),
        *_refused_switches(net),
    ]
    if problems:
        raise InputError(problems)


def without_refused(net: Network) -> None:
    """Empty the tables that hold nothing in service and that conversion stumbles on."""
    for kind in REFUSED:
        if kind in net and len(net[kind]):
            net[kind] = net[kind].iloc[:0]


def _refused_kinds(net: Network) -> list[Problem]:
    problems = []
    for kind in REFUSED:
        words = _in_service(net, kind)
        if words:
            said = (
                f"three_phase cannot hold {kind}: {listed(words)}; allowed are"
                f" {', '.join(ALLOWED)}"
            )
            problems.append(Problem("", KEY, said))
    words = other_controllers(net)
    if words:
        said = f"three_phase runs no controllers but tap controllers: {listed(words)}"
        problems.append(Problem("", KEY, said))
    return problems


def _in_service(net: Network, kind: str) -> list[str]:
    if kind not in net or not len(net[kind]):
        return []
    table = net[kind]
    on = np.ones(len(table), dtype=bool)
    if "in_service" in table:
        on = table["in_service"].to_numpy(dtype=bool)
    return [called(table, kind, int(row)) for row in np.flatnonzero(on)]


def _refused_groups(net: Network) -> list[Problem]:
    """A vector group that is given and is none of those that hold."""
    if "vector_group" not in net.trafo:
        return []
    problems = []
    for row, (group, on) in enumerate(
        zip(net.trafo["vector_group"], net.trafo["in_service"], strict=True)
    ):
        if not on or not isinstance(group, str) or not group or group_of(group):
            continue
        said = (
            f"vector group {group} of {called(net.trafo, 'trafo', row)} cannot be"
            f" solved in three phases; allowed: {', '.join(VECTOR_GROUPS)}"
        )
        problems.append(Problem("", KEY, said))
    return problems


def _refused_earthings(net: Network) -> list[Problem]:
    """Star points earthed through an impedance, which pandapower takes to a third."""
    table, earthed = net.trafo, np.zeros(len(net.trafo), dtype=bool)
    for column in ("xn_ohm", "rn_ohm"):
        if column in table:
            earthed |= table[column].fillna(0.0).to_numpy(dtype=float) != 0.0
    words = [called(table, "trafo", int(row)) for row in np.flatnonzero(earthed)]
    if not words:
        return []
    said = f"three_phase takes star points earthed directly only: {listed(words)}"
    return [Problem("", KEY, said)]


def _refused_switches(net: Network) -> list[Problem]:
    """Closed switches between buses that have an impedance of their own."""
    table: Any = net.switch
    if "z_ohm" not in table or not len(table):
        return []
    rows = (table["et"] == "b") & table["closed"].astype(bool) & (table["z_ohm"] > 0.0)
    words = [called(table, "switch", int(k)) for k in np.flatnonzero(rows.to_numpy())]
    if not words:
        return []
    said = (
        f"three_phase takes switches between buses without impedance (z_ohm 0) only:"
        f" {listed(words)}"
    )
    return [Problem("", KEY, said)]
