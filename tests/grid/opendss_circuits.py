"""The public OpenDSS test circuits, unpacked, and the engine's own answer to each."""

from __future__ import annotations

import lzma
import tarfile
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np
from scipy.sparse import coo_matrix, csc_matrix

import twin
from twin.arrays import Complexes, Floats
from twin.grid.feeder import Feeder
from twin.grid.flow import Flow
from twin.grid.opendss_circuit import Circuit

HERE = Path(__file__).parents[1] / "sources" / "opendss"
CKT5 = Path(twin.__file__).parent / "data" / "feeders" / "ckt5" / "Master_ckt5.dss"
CASES = "IEEETestCases"
MASTERS = {
    "ieee13": ("ieee13", f"{CASES}/13Bus/IEEE13Nodeckt.dss"),
    "ieee4_dy": ("ieee4", f"{CASES}/4Bus-DY-Bal/4Bus-DY-Bal.DSS"),
    "ieee4_yy": ("ieee4", f"{CASES}/4Bus-YY-Bal/4Bus-YY-Bal.DSS"),
    "ieee123": ("ieee123", f"{CASES}/123Bus/IEEE123Master.dss"),
    "european_lv": ("european_lv", f"{CASES}/LVTestCase/Master.dss"),
    "north_american_lv": (
        "north_american_lv",
        f"{CASES}/LVTestCaseNorthAmerican/Master.dss",
    ),
    "ckt5": ("", ""),
    "ieee8500": ("ieee8500", f"{CASES}/8500-Node/Master-unbal.dss"),
    "ieee8500_balanced": ("ieee8500", f"{CASES}/8500-Node/Master.dss"),
}
CONSTANT_POWER = "batchedit load..* model=1 vlowpu=0 vminpu=0.01 vmaxpu=100"


def unpacked(name: str, folder: Path) -> tuple[Path, Path]:
    """Master file and root of a circuit."""
    archive, master = MASTERS[name]
    if not archive:
        return CKT5, CKT5.parent
    root = folder / archive
    if not root.exists():
        with tarfile.open(HERE / f"{archive}.tar.xz") as file:
            file.extractall(root, filter="data")
    return root / master, root


@dataclass(frozen=True)
class Answer:
    """The engine's own solution: volts by (bus, node); kW and kvar."""

    v: dict[tuple[str, int], complex]
    losses_kw: float
    power: complex
    engine: Any


def solved(master: Path, *more: str) -> Answer:
    """By the engine at a tight tolerance: controls first, then held, then `more`."""
    import opendssdirect as dss

    dss.Basic.AllowChangeDir(False)
    for words in (
        "clear",
        f'compile "{master}"',
        "set maxiterations=1000 maxcontroliter=200 tolerance=1e-10",
        "solve",
        "set controlmode=off",
        *more,
        "solve",
    ):
        dss.Text.Command(words)
    return answered(dss)


def answered(dss: Any) -> Answer:
    """What the engine has just solved."""
    assert dss.Solution.Converged()
    names = [_split(name) for name in dss.Circuit.YNodeOrder()]
    volts = _complex(dss.YMatrix.getV())[1:]
    return Answer(
        v=dict(zip(names, volts.tolist(), strict=True)),
        losses_kw=float(_complex(dss.Circuit.Losses())[0].real) / 1000.0,
        power=-complex(_complex(dss.Circuit.TotalPower())[0]),
        engine=dss,
    )


def difference(
    circuit: Circuit, feeder: Feeder, flow: Flow, answer: dict[tuple[str, int], complex]
) -> float:
    """Largest difference of complex voltages over all supplied nodes, pu."""
    n = len(circuit.nodes)
    theirs = np.array([answer[node] for node in circuit.nodes])
    base = 1000.0 * feeder.nodes.v_base_kv[:n]
    return float(np.max(np.abs(flow.v[:n] - theirs / base)))


def residual(circuit: Circuit) -> float:
    """What the sum of all elements leaves of the system matrix, per its largest."""
    n, row, column, value = len(circuit.nodes), [], [], []
    for element in circuit.elements:
        places, y = circuit.places(element), circuit.yprim(element)
        live = np.flatnonzero(places >= 0)
        rows, columns = np.meshgrid(places[live], places[live], indexing="ij")
        row.append(rows.ravel())
        column.append(columns.ravel())
        value.append(y[np.ix_(live, live)].ravel())
    index = (np.concatenate(row), np.concatenate(column))
    whole = csc_matrix(coo_matrix((np.concatenate(value), index), shape=(n, n)))
    left = abs(whole - circuit.system)
    return float(left.max() / abs(circuit.system).max())


def behind_impedance(feeder: Feeder, flow: Flow) -> tuple[complex, float]:
    """Power (kW, kvar) after the sources' impedances, and what these lose (kW)."""
    branches = feeder.branches
    rows = [k for k, kind in enumerate(branches.kind) if kind == "source impedance"]
    into = flow.v[branches.far] * np.conj(branches.y_far @ flow.v)
    after = -complex(into[rows].sum()) * feeder.s_base_kva
    return after, flow.grid_kw - after.real


def reference(name: str) -> dict[tuple[str, int], complex]:
    """Published volts by bus and node; rounded to four decimals."""
    with lzma.open(HERE / "references" / f"{name}.csv.xz", "rt") as file:
        rows = [line.strip().split(",") for line in file][1:]
    return {
        (bus, int(node)): float(volts) * np.exp(1j * np.radians(float(degrees)))
        for bus, node, _, degrees, _, volts in rows
    }


def sizes(
    circuit: Circuit, feeder: Feeder, flow: Flow, name: str
) -> tuple[Floats, Floats]:
    """Magnitudes in pu of every supplied node: ours, and the published."""
    n = len(circuit.nodes)
    published = reference(name)
    theirs = np.array([abs(published[node]) for node in circuit.nodes])
    return np.abs(flow.v[:n]), theirs / (1000.0 * feeder.nodes.v_base_kv[:n])


def _split(name: str) -> tuple[str, int]:
    bus, _, node = str(name).lower().rpartition(".")
    return bus, int(node)


def _complex(values: Any) -> Complexes:
    flat = np.asarray(values).ravel()
    if np.iscomplexobj(flat):
        return flat.astype(np.complex128)
    return np.ascontiguousarray(flat, dtype=np.float64).view(np.complex128)
