"""What the map is told once: the network, who is where, the clocks, the colours."""

from __future__ import annotations

import base64
from collections.abc import Mapping
from dataclasses import asdict
from typing import Any

import numpy as np
import polars as pl
from numpy.typing import NDArray

from dashboards import theme
from dashboards.feeder.frames import (
    EV_UNIT_KW,
    LEAST_KW,
    LEVELS,
    LOADING_UNIT,
    TOTALS,
    V_UNIT,
    pace,
    rows_at_once,
    totals,
)
from twin.analysis.case import Case
from twin.analysis.network import Network

KINDS = ("line", "transformer", "switch", "other")


def network_words(
    case: Case, network: Network, at: Mapping[str, str]
) -> Mapping[str, Any]:
    """All that does not change from instant to instant, for ``feeder.js``."""
    return {
        "key": f"{at.get('scenario')}/{at.get('run_id')}",
        "pace": pace(case),
        "kind": network.kind,
        "sites": _sites(case, network),
        "spans": _spans(case, network),
        "roots": network.roots.tolist(),
        "customers": _customers(case, network),
        "transformers": _transformers(case, network),
        "evs": _evs(case),
        "time": times(case),
        "chunk": rows_at_once(case, network),
        "totals": list(TOTALS),
        "units": {
            "v": V_UNIT,
            "loading": LOADING_UNIT,
            "ev_kw": EV_UNIT_KW,
            "levels": LEVELS,
            "least_kw": LEAST_KW,
        },
        "limits": [case.limits.low_pu, case.limits.high_pu],
        "colours": {"light": asdict(theme.LIGHT), "dark": asdict(theme.DARK)},
    }


def _sites(case: Case, network: Network) -> Mapping[str, Any]:
    nodes = case.nodes[network.node]
    return {
        "x": _packed(network.x),
        "y": _packed(network.y),
        "node": network.node.tolist(),
        "name": nodes["bus"].to_list(),
        "kv": nodes["v_base_kv"].round(4).to_list(),
        "aux": np.flatnonzero(nodes["auxiliary"].to_numpy()).tolist(),
    }


def _spans(case: Case, network: Network) -> Mapping[str, Any]:
    branches = case.branches[network.branch]
    kinds = [KINDS.index(k) if k in KINDS else 3 for k in branches["kind"].to_list()]
    lanes = np.flatnonzero(network.lane)
    return {
        "from": network.from_site.tolist(),
        "to": network.to_site.tolist(),
        "branch": network.branch.tolist(),
        "name": branches["name"].to_list(),
        "kind": kinds,
        "rating_a": [_known(value, 1) for value in branches["normal_a"].to_list()],
        "lanes": [[int(span), float(network.lane[span])] for span in lanes],
    }


def _customers(case: Case, network: Network) -> Mapping[str, Any]:
    nodes = case.customers["node"].to_numpy().astype(np.int64)
    return {
        "site": network.site[nodes].tolist(),
        "name": case.customers["name"].to_list(),
    }


def _transformers(case: Case, network: Network) -> Mapping[str, Any]:
    of = case.transformers
    spans = [
        int(network.span[rows[0]]) if len(rows) else -1
        for rows in case.transformer_branches
    ]
    return {
        "name": of["name"].to_list(),
        "span": spans,
        "kva": [_known(value, 0) for value in of["rating_kva"].to_list()],
    }


def _evs(case: Case) -> Mapping[str, Any]:
    return {
        "customer": case.evs["customer"].fill_null(-1).to_list(),
        "model": case.evs["model"].to_list(),
    }


def times(case: Case) -> Mapping[str, Any]:
    """UTC instants in minutes, and from which row on the clocks differ by how much."""
    known = totals(case)
    minutes = known["time"].dt.epoch("s").to_numpy() // 60
    zoned = pl.col("time").dt.convert_time_zone(str(case.zone))
    shift = known.select(
        minutes=(zoned.dt.base_utc_offset() + zoned.dt.dst_offset()).dt.total_minutes(),
        name=zoned.dt.strftime("%Z"),
    )
    turns = np.flatnonzero(np.diff(shift["minutes"].to_numpy(), prepend=-9999))
    gaps = np.unique(np.diff(minutes))
    even = len(gaps) <= 1
    return {
        "first": int(minutes[0]),
        "step": int(gaps[0]) if len(gaps) else 15,
        "rows": known.height,
        "uneven": None if even else minutes.tolist(),
        "clocks": [[int(row), *shift.row(int(row))] for row in turns],
        "load": extreme(known["grid_kw"], 1),
        "low": extreme(known["v_min_pu"], -1),
        "per_hour": max(1, round(1 / case.step_h)) if pace(case) != "days" else 1,
        "per_day": max(1, round(24 / case.step_h)) if pace(case) != "days" else 1,
    }


def extreme(values: pl.Series, sign: int) -> int | None:
    """The row of the highest value, or with sign -1 of the lowest; None if unknown."""
    return (sign * values.fill_nan(None)).arg_max()


def _known(value: float | None, digits: int) -> float | None:
    if value is None or not np.isfinite(value):
        return None
    return round(float(value), digits)


def _packed(values: NDArray[np.float64]) -> str:
    return base64.b64encode(values.astype("<f4").tobytes()).decode()
