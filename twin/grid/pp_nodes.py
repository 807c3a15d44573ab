"""Electrical nodes of a pandapower network: names, places, angles."""

from __future__ import annotations

import json
from collections.abc import Iterable

import numpy as np

from twin.arrays import Floats
from twin.grid.feeder import (
    Nodes,
)
from twin.grid.ppc import Conversion, Network, called, found_base, rows_of, sources_of


def nodes_of(
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
    sources = sources_of(found)
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
                names[node] = f"{called(net[kind], kind, row)} {words.get(kind, kind)}"
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
    here, row = rows_of(found, "line")
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
