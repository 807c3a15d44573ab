"""Runs of eight hours with numbers made by hand, on the smallest feeder with all parts.

::

    source 0 ==T1 (100 kVA)== 1 ---L1 (50 A)--- 2 ---L2 (50 A)--- 3
                                                 home A, car 1     home B, car 0 (V2G)

    distance km               0                 0.1               0.3
"""

from __future__ import annotations

import hashlib
from collections.abc import Callable, Mapping
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

import numpy as np
import polars as pl
import pytest

from twin.results.record import Run
from twin.results.store import RunWriter
from twin.tables import TABLES

START = datetime(2026, 1, 12, 17, tzinfo=UTC)
HOURS = 8
GRID_KW = (10.0, 20.0, 50.0, 40.0, 30.0, 10.0, -5.0, -2.0)
HOMES_KW = (8.0, 10.0, 20.0, 16.0, 12.0, 8.0, 4.0, 2.0)
CHARGE_KW = (0.0, 8.0, 28.0, 22.0, 16.0, 0.0, 0.0, 0.0)
DISCHARGE_KW = (0.0, 0.0, 0.0, 0.0, 0.0, 0.0, 10.0, 5.0)
V_PU = (
    (1.0, 0.99, 0.97, 0.96),
    (1.0, 0.98, 0.94, 0.91),
    (1.0, 0.97, 0.89, 0.84),
    (1.0, 0.97, 0.91, 0.88),
    (1.0, 0.98, 0.92, 0.905),
    (1.0, 0.99, 0.97, 0.95),
    (1.0, 1.01, 1.05, 1.11),
    (1.0, 1.00, 1.02, 1.03),
)
LOADING = (
    (0.1, 0.2, 0.2),
    (0.3, 0.4, 0.4),
    (1.3, 1.1, 0.9),
    (1.1, 0.8, 0.9),
    (0.9, 0.6, 0.5),
    (1.05, 0.2, 0.1),
    (0.1, 0.1, 0.1),
    (0.1, 0.1, 0.1),
)

MakeRun = Callable[..., Run]


@pytest.fixture
def make_run(tmp_path: Path) -> MakeRun:
    """``make_run(policy="valley", seed=2, grid_kw=[...])``: a finished run."""

    def make(**changed: Any) -> Run:
        return write_run(tmp_path / "results", **changed)

    return make


@pytest.fixture(scope="session")
def written() -> MakeRun:
    """The same with the results folder given, for what tests may share."""
    return write_run


def write_run(
    out: Path,
    *,
    name: str = "hand_made",
    policy: str = "v2g_peak",
    seed: int = 1,
    grid_kw: Any = GRID_KW,
    v_pu: Any = V_PU,
    loading: Any = LOADING,
    converged: Any = (True,) * HOURS,
    level: str = "all",
    cars: bool = True,
    names: tuple[str, str] = ("home A", "home B"),
    record: Mapping[str, Any] | None = None,
    phases: Mapping[str, Any] | None = None,
    quality: Mapping[str, Any] | None = None,
) -> Run:
    question = repr(
        (name, policy, seed, grid_kw, v_pu, level, cars, names, record, phases, quality)
    )
    run_id = hashlib.sha256(question.encode()).hexdigest()[:16]
    grid, volts = np.array(grid_kw, float), np.array(v_pu, float)
    with RunWriter.open(out, name, run_id) as writer:
        _static(writer, cars, names)
        for day in (0, 1):
            rows = slice(4 * day, 4 * day + 4)
            steps = _steps(grid, volts, np.array(converged), cars)
            steps |= {key: np.array(value) for key, value in (phases or {}).items()}
            writer.day("steps", day, {key: value[rows] for key, value in steps.items()})
            if level == "all":
                _all(writer, day, rows, volts, np.array(loading, float), cars)
            else:
                _summary(writer, day, rows, volts, np.array(loading, float))
            if quality is not None:
                writer.day("quality_daily", day, _quality(day, quality))
            _rows(writer, day, cars)
        folder = writer.finish(_record(name, policy, seed, level, record))
    return Run.open(folder)


@pytest.fixture
def interrupted(tmp_path: Path) -> Run:
    """A run stopped after its first day: what is written at the end is not there."""
    with RunWriter.open(tmp_path, "stopped", "0" * 16) as writer:
        counts = {"counts": {"customers": 2, "evs": 2, "bidirectional": 1}}
        writer.describe(_record("stopped", "valley", 1, "all", counts))
        _static(writer, True, ("home A", "home B"), whole=False)
        volts = np.array(V_PU)
        steps = _steps(np.array(GRID_KW), volts, np.ones(HOURS, bool), True)
        writer.day("steps", 0, {key: value[:4] for key, value in steps.items()})
        _all(writer, 0, slice(0, 4), volts, np.array(LOADING), True)
        _rows(writer, 0, True)
        writer.interrupted()
    return Run.open(writer.folder)


def _record(
    name: str, policy: str, seed: int, level: str, more: Mapping[str, Any] | None
) -> dict[str, Any]:
    return {
        "seed": seed,
        "scenario": {
            "name": name,
            "seed": seed,
            "time": {
                "start": "2026-01-12",
                "days": 2,
                "step_min": 60,
                "timezone": "Europe/Berlin",
            },
            "feeder": {"source": "pandapower:hand_made", "model": "balanced"},
            "fleet": {"ev_share": 1.0, "plug_in": "always", "charger_kw": 11.0},
            "policy": {"name": policy, "outlook": "persistence"},
            "output": {"level": level},
        },
        "limits": {
            "standard": "en50160",
            "low_pu": 0.9,
            "high_pu": 1.1,
            "outer_low_pu": 0.85,
            "outer_high_pu": 1.1,
        },
        "feeder": {"name": "hand-made", "region": "DE"},
        "versions": {"python": "3.11", "twin": "0.1.0"},
        "inputs": {"profiles/h25.csv": "ab" * 32},
        "audit": {"checked": 4, "largest_difference_pu": 2e-12},
        "balance": {"largest_residual_kw": 1e-9},
        "notes": ["loads are synthetic"],
        **(more or {}),
    }


def _static(
    writer: RunWriter, cars: bool, names: tuple[str, str], whole: bool = True
) -> None:
    writer.table(
        "nodes",
        _filled(
            "nodes",
            {
                "node": [0, 1, 2, 3],
                "bus": ["a", "b", "c", "d"],
                "phase": [0] * 4,
                "distance_km": [0.0, 0.0, 0.1, 0.3],
                "x": [8.0, 8.0, 8.001, 8.003],
                "y": [48.0, 48.0, 48.0, 48.001],
                "geographic": [True] * 4,
                "v_base_kv": [20.0, 0.4, 0.4, 0.4],
                "transformer": [None, 0, 0, 0],
            },
        ),
    )
    writer.table(
        "branches",
        _filled(
            "branches",
            {
                "branch": [0, 1, 2],
                "transformer": [0, None, None],
                "name": ["T1", "L1", "L2"],
                "kind": ["transformer", "line", "line"],
                "from_node": [0, 1, 2],
                "to_node": [1, 2, 3],
                "phase": [0, 0, 0],
                "length_km": [0.0, 0.1, 0.2],
                "normal_a": [100.0, 50.0, 50.0],
                "emergency_a": [120.0, float("nan"), float("nan")],
                "emergency_h": [2.0, float("nan"), float("nan")],
            },
        ),
    )
    writer.table(
        "transformers",
        pl.DataFrame(
            {
                "transformer": [0],
                "name": ["T1"],
                "branch": [0],
                "node": [1],
                "rating_kva": [100.0],
                "customers": [2],
                "evs": [2 if cars else 0],
            }
        ),
    )
    if not whole:
        return
    fill = {"import_kwh": 0.0, "export_kwh": 0.0, "pv_kwh": 0.0, "served_kwh": 40.0}
    writer.table(
        "customers",
        _filled(
            "customers",
            {
                "customer": [0, 1],
                "name": list(names),
                "kind": ["home", "home"],
                "node": [2, 3],
                "transformer": [0, 0],
                "phase": [0, 0],
                "evs": [1, 1] if cars else [0, 0],
                **{key: [value, value] for key, value in fill.items()},
            },
        ),
    )
    evs = _filled(
        "evs",
        {
            "ev": [0, 1],
            "model": ["leaf", "bz4x"],
            "customer": [1, 0],
            "transformer": [0, 0],
            "capacity_kwh": [50.0, 60.0],
            "charge_kw": [11.0, 11.0],
            "discharge_kw": [10.0, 0.0],
            "hypothetical": [True, False],
            "soc_start": [0.5, 0.8],
            "soc_end": [0.7, 0.9],
            "charged_kwh": [50.0, 24.0],
            "discharged_kwh": [15.0, 0.0],
            "public_kwh": [0.0, 2.0],
            "public_usd": [0.0, 1.0],
            "driven_kwh": [17.0, 17.0],
            "losses_kwh": [8.0, 3.0],
            "km": [10.0, 30.0],
            "full_cycles": [0.5, 0.2],
            "wear_usd": [0.6, 0.0],
        },
    )
    writer.table("evs", evs if cars else evs.clear())


def _steps(grid: Any, volts: Any, converged: Any, cars: bool) -> dict[str, Any]:
    share = 1.0 if cars else 0.0
    time = [
        (START + timedelta(hours=hour)).replace(tzinfo=None) for hour in range(HOURS)
    ]
    zero, whole = np.zeros(HOURS), np.zeros(HOURS, np.int32)
    known = {
        "time": np.array(time, "datetime64[us]"),
        "grid_kw": grid,
        "grid_kvar": zero,
        "losses_kw": np.array((1.0, 1.0, 2.0, 2.0, 2.0, 1.0, 0.5, 0.5)),
        "homes_kw": np.array(HOMES_KW),
        "unserved_kw": zero,
        "pv_kw": zero,
        "generation_kw": zero,
        "ev_charge_kw": share * np.array(CHARGE_KW),
        "ev_discharge_kw": share * np.array(DISCHARGE_KW),
        "ev_plugged": whole,
        "ev_driving": whole,
        "v_min_pu": np.fmin.reduce(volts, axis=1),
        "v_max_pu": np.fmax.reduce(volts, axis=1),
        "vuf_max": zero + np.nan,
        "neutral_max_a": zero + np.nan,
        "temperature_degc": zero + 1.0,
        "price_usd_per_kwh": zero + 0.3,
        "export_price_usd_per_kwh": zero,
        "iterations": whole + 5,
        "converged": converged,
        "residual_kw": zero,
    }
    columns = TABLES["steps"].columns
    names = (column.name for column in columns if not column.optional)
    return {name: known.get(name, zero) for name in names}


def _all(
    writer: RunWriter, day: int, rows: slice, volts: Any, loading: Any, cars: bool
) -> None:
    steps = _steps(np.array(GRID_KW), volts, np.ones(HOURS, bool), cars)
    time = {"time": steps["time"][rows]}
    writer.day("voltages", day, {**time, "v_pu": volts[rows].astype("f4")})
    flow = np.tile(np.array(GRID_KW)[:, None], (1, 3))
    writer.day(
        "flows",
        day,
        {
            **time,
            "p_kw": flow[rows].astype("f4"),
            "q_kvar": np.zeros((4, 3), "f4"),
            "i_a": np.zeros((4, 3), "f4"),
            "loading": loading[rows].astype("f4"),
        },
    )
    if cars:
        given = np.array([(0.0, -10.0), (0.0, -5.0)] + [(0.0, 0.0)] * 6)
        taken = np.stack([np.array(CHARGE_KW), np.zeros(HOURS)], axis=1)
        kw = taken - given[::-1][:, ::-1] * -1
        state = np.tile(np.array([2, 1], "u1"), (HOURS, 1))
        writer.day(
            "ev_steps",
            day,
            {
                **time,
                "kw": kw[rows].astype("f4"),
                "kvar": np.zeros((4, 2), "f4"),
                "soc": np.tile(np.array([0.5, 0.9], "f4"), (4, 1)),
                "state": state[rows],
                "place": np.zeros((4, 2), "u1"),
            },
        )


def _summary(
    writer: RunWriter, day: int, rows: slice, volts: Any, loading: Any
) -> None:
    v, load = volts[rows], loading[rows]
    head = {
        "day": np.array([day], np.int32),
        "time": np.array(
            [START.replace(tzinfo=None) + timedelta(hours=4 * day)], "M8[us]"
        ),
    }

    def row(values: Any) -> Any:
        return np.asarray(values, "f4")[None, :]

    writer.day(
        "nodes_daily",
        day,
        {
            **head,
            "v_min_pu": row(v.min(axis=0)),
            "v_p05_pu": row(np.percentile(v, 5, axis=0)),
            "v_p50_pu": row(np.percentile(v, 50, axis=0)),
            "v_p95_pu": row(np.percentile(v, 95, axis=0)),
            "v_max_pu": row(v.max(axis=0)),
            "below_h": row((v < 0.9).sum(axis=0)),
            "above_h": row((v > 1.1).sum(axis=0)),
            "v_min_at_h": row(v.argmin(axis=0)),
            "v_max_at_h": row(v.argmax(axis=0)),
        },
    )
    writer.day(
        "branches_daily",
        day,
        {
            **head,
            "p_min_kw": row(np.zeros(3)),
            "p_max_kw": row(np.zeros(3)),
            "loading_p95": row(np.percentile(load, 95, axis=0)),
            "loading_max": row(load.max(axis=0)),
            "over_normal_h": row((load > 1).sum(axis=0)),
            "over_emergency_h": row((load > [1.2, np.inf, np.inf]).sum(axis=0)),
            "longest_over_normal_h": row((load > 1).sum(axis=0)),
            "loading_max_at_h": row(load.argmax(axis=0)),
            "p_min_at_h": row(np.zeros(3)),
        },
    )


def _quality(day: int, said: Mapping[str, Any]) -> dict[str, Any]:
    """A day of what is said [2 days, 2 customers], every other column at zero."""
    columns: dict[str, Any] = {}
    for column in TABLES["quality_daily"].columns:
        whole = np.array(said.get(column.name, np.zeros((2, 2))), float)
        if not column.per:
            whole = whole.reshape(2, -1)[:, 0].astype(np.int32)
        columns[column.name] = whole[day : day + 1]
    time = START.replace(tzinfo=None) + timedelta(hours=4 * day)
    head = {"day": np.array([day], np.int32), "time": np.array([time], "M8[us]")}
    return columns | head


def _rows(writer: RunWriter, day: int, cars: bool) -> None:
    """Car 0 leaves 2 kWh short of target; car 1 leaves 0.3 kWh (0.5 %) short."""
    at = START + timedelta(hours=4 * day)
    sessions = _filled(
        "sessions",
        {
            "ev": [0, 1],
            "customer": [1, None],
            "plug_in": [at, at + timedelta(hours=1)],
            "plug_out": [at + timedelta(hours=3), at + timedelta(hours=4)],
            "declared": [at + timedelta(hours=3), at + timedelta(hours=4)],
            "soc_in": [0.5, 0.8],
            "soc_out": [0.86, 0.895],
            "soc_target": [0.9, 0.9],
            "charged_kwh": [20.0, 5.0],
            "discharged_kwh": [0.0, 0.0],
            "shortfall_kwh": [2.0, 0.3],
        },
    )
    open_stay = sessions.head(1).with_columns(
        plug_out=pl.lit(None, dtype=pl.Datetime("us", "UTC")), shortfall_kwh=30.0
    )
    frame = pl.concat([sessions, open_stay]) if day else sessions
    writer.rows("sessions", day, frame if cars else frame.clear())
    trips = pl.DataFrame(
        {
            "ev": [0, 1],
            "depart": [at, at],
            "arrive": [at + timedelta(minutes=30)] * 2,
            "distance_km": [5.0, 15.0],
            "energy_kwh": [1.0, 3.0],
            "purpose": ["work", "shop"],
            "short_kwh": [0.0, 1.0],
        }
    )
    writer.rows("trips", day, trips if cars else trips.clear())


def _filled(table: str, columns: Mapping[str, Any]) -> pl.DataFrame:
    """The columns given, every other one at zero."""
    height = len(next(iter(columns.values())))
    return pl.DataFrame(
        {
            column.name: columns.get(column.name, [0] * height)
            for column in TABLES[table].columns
        }
    )
