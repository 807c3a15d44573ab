"""What the map shows at the instants of a chunk, packed for the browser."""

from __future__ import annotations

import json
from collections import OrderedDict
from collections.abc import Callable, Hashable, Mapping
from threading import Lock
from typing import Any, Literal

import numpy as np
import polars as pl
from numpy.typing import NDArray

from twin.analysis.case import Case
from twin.analysis.digest import NOISE_KW, Limits, chunks
from twin.analysis.network import Network
from twin.arrays import Floats, Ints
from twin.errors import InputError

Pace = Literal["steps", "days", "none"]
Array = NDArray[Any]
ROWS = (96, 48, 24, 12, 4, 1)
MOST_CHUNK_BYTES = 3_000_000
MOST_KEPT_BYTES = 96_000_000
UNKNOWN = -32768
UNKNOWN_STATE = 255
V_UNIT, LOADING_UNIT, EV_UNIT_KW, SOC_UNIT = 1e-4, 1e-3, 1e-2, 1e-2
LEVELS, LEAST_KW = 1290.0, 0.01
TOTALS = (
    "grid_kw",
    "homes_kw",
    "pv_kw",
    "ev_charge_kw",
    "ev_discharge_kw",
    "ev_plugged",
    "ev_driving",
    "v_min_pu",
    "v_max_pu",
)


def pace(case: Case) -> Pace:
    """Whether the elements are known each interval, each day, or never."""
    if case.run.has("voltages") or case.run.has("flows"):
        return "steps"
    if case.run.has("nodes_daily") or case.run.has("branches_daily"):
        return "days"
    return "none"


def totals(case: Case) -> pl.DataFrame:
    """Time and the run's totals of every row that can be shown; NaN if unknown."""
    steps = case.steps.select(
        "time", *(pl.col(name).cast(pl.Float64).fill_null(np.nan) for name in TOTALS)
    )
    if pace(case) != "days":
        return steps
    table = "nodes_daily" if case.run.has("nodes_daily") else "branches_daily"
    days = case.run.scan(table).select("time").collect()["time"]
    day = np.searchsorted(days.to_numpy(), steps["time"].to_numpy(), "right") - 1
    known = pl.all().exclude("time", "v_min_pu").fill_nan(None).max()
    return (
        steps.with_columns(day=pl.Series(day))
        .filter(pl.col("day") >= 0)
        .group_by("day", maintain_order=True)
        .agg(pl.col("time").first(), known, pl.col("v_min_pu").fill_nan(None).min())
        .select("time", *(pl.col(name).fill_null(np.nan) for name in TOTALS))
    )


def rows_at_once(case: Case, network: Network) -> int:
    """How many rows make a chunk that a browser takes in at once."""
    row_bytes = 2 * len(network.node) + 4 * len(network.branch) + 4 * case.n_ev
    fitting = (rows for rows in ROWS if rows * row_bytes <= MOST_CHUNK_BYTES)
    return next(fitting, ROWS[-1])


def frames(case: Case, network: Network, chunk: int) -> bytes:
    """A chunk: a header that names the arrays, then the arrays."""
    known, rows = totals(case), rows_at_once(case, network)
    first = chunk * rows
    if not 0 <= first < known.height:
        raise InputError.of(f"there is no chunk {chunk} of this run's instants")
    part = known.slice(first, rows)
    shown: dict[str, Array] = {
        "totals": part.select(TOTALS).to_numpy().astype("<f4"),
        **_elements(case, network, first, part.height),
    }
    return packed(shown, first)


def packed(arrays: Mapping[str, Array], first: int) -> bytes:
    """Length of the header, the header, the arrays; each begins at a multiple of 4."""
    bodies = {name: _padded(array.tobytes()) for name, array in arrays.items()}
    listed = [
        {"name": name, "type": array.dtype.str[1:], "shape": list(array.shape)}
        for name, array in arrays.items()
    ]
    head = json.dumps({"first": first, "arrays": listed}).encode()
    head += b" " * (-len(head) % 4)
    return len(head).to_bytes(4, "little") + head + b"".join(bodies.values())


def most_reverse_row(case: Case) -> int | None:
    """The row with the most power towards the source, over all branches; or none."""
    table, name = {
        "steps": ("flows", "p_kw"),
        "days": ("branches_daily", "p_min_kw"),
        "none": ("", ""),
    }[pace(case)]
    if not table or not case.run.has(table):
        return None
    found = [np.empty(0)]
    for _, (p_kw,) in chunks(case.run, table, name):
        found.append(np.where(p_kw < -NOISE_KW, -p_kw, 0.0).sum(axis=1))
    reverse = np.concatenate(found)
    return int(reverse.argmax()) if reverse.max(initial=0.0) > 0 else None


class FrameShelf:
    """Keeps the chunks that were packed last, up to so many bytes; for any thread."""

    def __init__(self, most_bytes: int = MOST_KEPT_BYTES) -> None:
        self.held_bytes = 0
        self._most, self._lock = most_bytes, Lock()
        self._kept: OrderedDict[Hashable, bytes] = OrderedDict()

    def get(self, key: Hashable, make: Callable[[], bytes]) -> bytes:
        """What is kept under a key; made if it is not."""
        with self._lock:
            if key in self._kept:
                self._kept.move_to_end(key)
                return self._kept[key]
        made = make()
        with self._lock:
            self.held_bytes += len(made) - len(self._kept.pop(key, b""))
            self._kept[key] = made
            while self.held_bytes > self._most and self._kept:
                self.held_bytes -= len(self._kept.popitem(last=False)[1])
        return made


def worst_of(low: Floats, high: Floats, limits: Limits) -> Floats:
    """The lowest voltage; the highest where only the upper limit is broken."""
    return np.where((high > limits.high_pu) & ~(low < limits.low_pu), high, low)


def counted(values: Array, unit: float) -> Array:
    """Numbers as whole counts of a unit in 16 bits; the ends hold what is beyond."""
    counts = np.clip(np.round(np.nan_to_num(values, nan=0.0) / unit), -32767, 32767)
    return np.where(np.isnan(values), UNKNOWN, counts).astype("<i2")


def levels(kw: Array) -> Array:
    """Signed powers on a logarithmic scale in 16 bits, 0.1 % fine, from 10 W up."""
    size = np.log1p(np.abs(np.nan_to_num(kw, nan=0.0)) / LEAST_KW) * LEVELS
    return counted(np.where(np.isnan(kw), np.nan, np.sign(kw) * size), 1.0)


def _elements(case: Case, network: Network, first: int, rows: int) -> dict[str, Array]:
    """Voltages, flows and cars of those rows, as far as the run has them."""
    if pace(case) == "days":
        return _days(case, network, first, rows)
    found: dict[str, Array] = {}
    if case.run.has("voltages"):
        (v_pu,) = _read(case, "voltages", first, rows, "v_pu")
        by_site = (
            _joined(np.fmin, v_pu, network.site),
            _joined(np.fmax, v_pu, network.site),
        )
        found["v"] = counted(worst_of(*by_site, case.limits), V_UNIT)
    if case.run.has("flows"):
        p_kw, loading = _read(case, "flows", first, rows, "p_kw", "loading")
        found["p"] = levels(_joined(np.add, p_kw, network.span))
        found["loading"] = counted(
            _joined(np.fmax, loading, network.span), LOADING_UNIT
        )
    if case.run.has("ev_steps"):
        kw, soc, state, place = _read(
            case, "ev_steps", first, rows, "kw", "soc", "state", "place"
        )
        lost = np.isnan(kw)
        found["ev_kw"] = counted(kw, EV_UNIT_KW)
        found["ev_soc"] = np.nan_to_num(soc / SOC_UNIT, nan=UNKNOWN_STATE).astype("u1")
        whole = np.nan_to_num(state + 4 * place).astype("u1")
        found["ev_state"] = np.where(lost, UNKNOWN_STATE, whole).astype("u1")
    return found


def _days(case: Case, network: Network, first: int, rows: int) -> dict[str, Array]:
    found: dict[str, Array] = {}
    if case.run.has("nodes_daily"):
        low, high = _read(case, "nodes_daily", first, rows, "v_min_pu", "v_max_pu")
        low = _joined(np.fmin, low, network.site)
        high = _joined(np.fmax, high, network.site)
        found["v"] = counted(worst_of(low, high, case.limits), V_UNIT)
    if case.run.has("branches_daily"):
        names = ("p_min_kw", "p_max_kw", "loading_max")
        low, high, loading = _read(case, "branches_daily", first, rows, *names)
        p_kw = np.where(low < -LEAST_KW, low, high)
        found["p"] = levels(_joined(np.add, p_kw, network.span))
        found["loading"] = counted(
            _joined(np.fmax, loading, network.span), LOADING_UNIT
        )
    return found


def _read(
    case: Case, table: str, first: int, rows: int, *columns: str
) -> list[NDArray[np.float64]]:
    """Rows of a table's arrays; NaN where it ends earlier than the totals do."""
    part = case.run.scan(table).slice(first, rows).select(columns).collect()
    found = []
    for name in columns:
        values = part[name].to_numpy()
        whole = np.full((rows, values.shape[1]), np.nan, np.float32)
        whole[: len(values)] = values
        found.append(whole)
    return found


def _joined(join: np.ufunc, values: Array, group: Ints) -> Array:
    """Columns of one group joined, in the order of the groups. [n_row, n_group]"""
    n_group = int(group.max(initial=-1)) + 1
    if n_group == len(group):
        return values
    order = np.argsort(group, kind="stable")
    begins = np.searchsorted(group[order], np.arange(n_group))
    return np.asarray(join.reduceat(values[:, order], begins, axis=1))


def _padded(body: bytes) -> bytes:
    return body + b"\0" * (-len(body) % 4)
