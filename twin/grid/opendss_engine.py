"""Asks the OpenDSS engine what a circuit is, and writes the answer as plain arrays.

Runs in a process of its own: ``python -m twin.grid.opendss_engine MASTER OUT``. The
circuit is solved once as its file says, controls and all; then loads, generators,
solar and storage are switched off and what is left, with the taps and capacitors as
they came to rest, is the linear network that is handed on.
"""

from __future__ import annotations

import json
import sys
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray

PC_KINDS = ("Load", "Generator", "PVSystem", "Storage")
PD_KINDS = ("Line", "Transformer", "AutoTrans", "Capacitor", "Reactor", "Fault")
CONTROLS = ("RegControl", "CapControl")
SILENT = (
    "EnergyMeter",
    "Monitor",
    "Sensor",
    "Vsource",
    *PC_KINDS,
    *PD_KINDS,
    *CONTROLS,
)
MOST_ITERATIONS, TOLERANCE = 1000, 1e-9


def main(master: str, out: str) -> int:
    """Convert one circuit; errors of the engine go to stderr, as it words them."""
    import opendssdirect as dss

    try:
        words, arrays = circuit(dss, master)
    except dss.DSSException as error:
        print(f"{error.args[-1]}", file=sys.stderr)
        return 2
    with Path(out).open("wb") as file:
        np.savez(file, **arrays, words=np.array(json.dumps(words)))
    return 0


def circuit(dss: Any, master: str) -> tuple[dict[str, Any], dict[str, NDArray[Any]]]:
    """Words by name, and arrays by name, of the circuit in a master file."""
    dss.Basic.AllowForms(False)
    dss.Basic.AllowEditor(False)
    dss.Basic.AllowChangeDir(False)
    _say(dss, "clear")
    _say(dss, f'compile "{master}"')
    _say(dss, f"set maxiterations={MOST_ITERATIONS} maxcontroliter=200")
    _say(dss, f"set tolerance={TOLERANCE}")
    dss.Solution.Solve()
    solved = bool(dss.Solution.Converged())
    _say(dss, "set controlmode=off")
    dss.Solution.Solve()
    own = _own_solution(dss)
    loads, plants = _loads(dss), _plants(dss)
    left_out = _left_out(dss)
    for kind in PC_KINDS:
        if dss.Circuit.SetActiveClass(kind) >= 0 and dss.ActiveClass.Count():
            _say(dss, f"batchedit {kind}..* enabled=no")
    dss.Solution.Solve()
    order = [str(name) for name in dss.Circuit.YNodeOrder()]
    values, rows, pointers = dss.YMatrix.getYsparse(factor=False)
    elements, yprim = _elements(dss)
    words = {
        "name": str(dss.Circuit.Name()),
        "frequency_hz": float(dss.Solution.Frequency()),
        "converged": solved,
        "nodes": order,
        "buses": _buses(dss),
        "elements": elements,
        "loads": loads,
        "plants": plants,
        "left_out": left_out,
        "own_nodes": own[0],
        "own_losses_kw": own[2],
        "own_power_kw": own[3],
    }
    arrays = {
        "y_values": _complex(values),
        "y_rows": np.asarray(rows, dtype=np.int64),
        "y_pointers": np.asarray(pointers, dtype=np.int64),
        "v_no_load": _complex(dss.YMatrix.getV())[1:],
        "own_v": own[1],
        "yprim": yprim,
    }
    return words, arrays


def _say(dss: Any, words: str) -> None:
    dss.Text.Command(words)


def _own_solution(
    dss: Any,
) -> tuple[list[str], NDArray[Any], list[float], list[float]]:
    """Node names, voltages (V), losses (kW, kvar) and power taken (kW, kvar)."""
    order = [str(name) for name in dss.Circuit.YNodeOrder()]
    losses = [float(one) / 1000.0 for one in _parts(dss.Circuit.Losses())]
    power = [-float(one) for one in _parts(dss.Circuit.TotalPower())]
    return order, _complex(dss.YMatrix.getV())[1:], losses, power


def _loads(dss: Any) -> list[dict[str, Any]]:
    found = []
    more = dss.Loads.First()
    while more:
        name = str(dss.Loads.Name())
        dss.Circuit.SetActiveElement(f"Load.{name}")
        if dss.CktElement.Enabled():
            found.append(
                {
                    **_place(dss, name),
                    "delta": bool(dss.Loads.IsDelta()),
                    "kv": float(dss.Loads.kV()),
                    "kw": float(dss.Loads.kW()),
                    "kvar": float(dss.Loads.kvar()),
                    "model": int(dss.Loads.Model()),
                    "v_low_pu": float(dss.Loads.Vminpu()),
                    "v_high_pu": float(dss.Loads.Vmaxpu()),
                    "v_lowest_pu": _property(dss, "Vlowpu", 0.5),
                    "cvr": [float(dss.Loads.CVRwatts()), float(dss.Loads.CVRvars())],
                    "zipv": [float(one) for one in dss.Loads.ZipV()],
                    "class": int(dss.Loads.Class()),
                    "customers": int(dss.Loads.NumCust()),
                    "shape": str(dss.Loads.Yearly() or dss.Loads.Daily() or ""),
                }
            )
        more = dss.Loads.Next()
    return found


def _plants(dss: Any) -> list[dict[str, Any]]:
    """Generators, solar and storage with what each conductor drew in the solution."""
    found = []
    for kind in PC_KINDS[1:]:
        for name in _names(dss, kind):
            dss.Circuit.SetActiveElement(f"{kind}.{name}")
            if not dss.CktElement.Enabled():
                continue
            power = _complex(dss.CktElement.Powers())
            found.append(
                {
                    **_place(dss, name),
                    "kind": kind.lower(),
                    "kw": [float(one) for one in power.real],
                    "kvar": [float(one) for one in power.imag],
                }
            )
    return found


def _elements(dss: Any) -> tuple[list[dict[str, Any]], NDArray[Any]]:
    """Every source and every element that carries current, with its own admittances."""
    found, flat = [], []
    for kind in ("Vsource", *PD_KINDS):
        for name in _names(dss, kind):
            dss.Circuit.SetActiveElement(f"{kind}.{name}")
            if not dss.CktElement.Enabled():
                continue
            y = _complex(dss.CktElement.YPrim()).ravel()
            row = {
                **_place(dss, name),
                "kind": kind.lower(),
                "normal_a": float(dss.CktElement.NormalAmps()),
                "emergency_a": float(dss.CktElement.EmergAmps()),
                "open": _open(dss),
                "at": sum(len(one) for one in flat),
                "size": round(len(y) ** 0.5),
            }
            flat.append(y)
            if kind == "Line":
                dss.Lines.Name(name)
                row["length"] = float(dss.Lines.Length())
                row["units"] = int(dss.Lines.Units())
                row["switch"] = bool(dss.Lines.IsSwitch())
            if kind == "Transformer":
                row["windings"] = _windings(dss, name)
            found.append(row)
    return found, np.concatenate(flat) if flat else np.empty(0, dtype=complex)


def _windings(dss: Any, name: str) -> list[dict[str, Any]]:
    dss.Transformers.Name(name)
    found = []
    for winding in range(1, dss.Transformers.NumWindings() + 1):
        dss.Transformers.Wdg(winding)
        found.append(
            {
                "kv": float(dss.Transformers.kV()),
                "kva": float(dss.Transformers.kVA()),
                "delta": bool(dss.Transformers.IsDelta()),
                "tap": float(dss.Transformers.Tap()),
                "tap_low": float(dss.Transformers.MinTap()),
                "tap_high": float(dss.Transformers.MaxTap()),
                "taps": int(dss.Transformers.NumTaps()),
            }
        )
    return found


def _place(dss: Any, name: str) -> dict[str, Any]:
    """Where the active element is: buses, and the node of every conductor."""
    return {
        "name": name,
        "buses": [
            str(one).partition(".")[0].lower() for one in dss.CktElement.BusNames()
        ],
        "conductors": int(dss.CktElement.NumConductors()),
        "phases": int(dss.CktElement.NumPhases()),
        "nodes": [int(one) for one in dss.CktElement.NodeOrder()],
    }


def _open(dss: Any) -> bool:
    terminals = range(1, dss.CktElement.NumTerminals() + 1)
    return any(bool(dss.CktElement.IsOpen(one, 0)) for one in terminals)


def _buses(dss: Any) -> dict[str, list[float | None]]:
    """Base voltage to neutral (kV), x and y of every bus; none where unknown."""
    found: dict[str, list[float | None]] = {}
    for name in dss.Circuit.AllBusNames():
        dss.Circuit.SetActiveBus(name)
        known = bool(dss.Bus.Coorddefined())
        place = [float(dss.Bus.X()), float(dss.Bus.Y())] if known else [None, None]
        found[str(name).lower()] = [float(dss.Bus.kVBase()), *place]
    return found


def _left_out(dss: Any) -> list[str]:
    """Enabled elements that nothing here stands for, and controls held as they are."""
    found = []
    for full in dss.Circuit.AllElementNames():
        kind, _, name = str(full).partition(".")
        dss.Circuit.SetActiveElement(str(full))
        if kind not in SILENT and dss.CktElement.Enabled():
            found.append(f"{kind}.{name}")
    return found


def _names(dss: Any, kind: str) -> list[str]:
    if dss.Circuit.SetActiveClass(kind) < 0 or not dss.ActiveClass.Count():
        return []
    return [
        str(one) for one in dss.ActiveClass.AllNames() if str(one).lower() != "none"
    ]


def _property(dss: Any, name: str, usual: float) -> float:
    try:
        return float(dss.Properties.Value(name))
    except ValueError:
        return usual


def _parts(value: Any) -> list[float]:
    """Real and imaginary part, however the engine hands over a complex number."""
    flat = np.asarray(value).ravel()
    if np.iscomplexobj(flat):
        return [float(flat[0].real), float(flat[0].imag)]
    return [float(flat[0]), float(flat[1])]


def _complex(values: Any) -> NDArray[Any]:
    flat = np.asarray(values).ravel()
    if np.iscomplexobj(flat):
        return flat.astype(np.complex128)
    return np.ascontiguousarray(flat, dtype=np.float64).view(np.complex128)


if __name__ == "__main__":
    sys.exit(main(sys.argv[1], sys.argv[2]))
