"""Has the OpenDSS engine solve given steps of a circuit, in a process of its own.

``python -m twin.grid.opendss_solver MASTER ROOT FOLDER SECONDS`` compiles a circuit as
``twin.grid.opendss_engine`` does, lets its controls come to rest, and then solves each
step that ``asked.npz`` in the folder asks (``twin.grid.opendss_steps`` writes it), as
long as there is time. ``answer.npz`` holds:

    v           voltages, V, NaN where a step has no solution       [n_solved, n_node]
    tolerance   tightest at which the engine converged, NaN         [n_solved]
    iterations  at that tolerance                                   [n_solved]
    words       JSON text of: nodes ("bus.node"), engine (its name and version)
"""

from __future__ import annotations

import json
import sys
import time
from pathlib import Path
from typing import Any

import numpy as np

from twin.arrays import Complexes, Floats
from twin.errors import InputError
from twin.grid import opendss_elements as ask
from twin.grid.opendss_engine import PUSHING, Answer, guarded, own_solution, switch_off
from twin.grid.opendss_language import Flattened
from twin.grid.opendss_parser import Word

ASKED = "asked.npz"
LADDER = (1e-6, 1e-7, 1e-8, 1e-9, 1e-10, 1e-11, 1e-12)
MOST_ITERATIONS = 100
WIDE = "model=1 vlowpu=0 vminpu=0.01 vmaxpu=100"


def main(master: str, root: str, folder: str, seconds: str) -> int:
    """Solve the steps asked of one circuit; what is wrong goes to ``problems.json``."""
    return guarded(solved, master, root, folder, seconds)


def solved(dss: Any, script: Flattened, folder: Path) -> Answer:
    """Words and arrays by name: the answer to all steps that time allows."""
    with np.load(folder / ASKED, allow_pickle=False) as file:
        asked = {name: file[name] for name in file.files}
    words = json.loads(str(asked["words"]))
    if words["digest"] != script.digest:
        raise InputError.of(
            "the circuit's files are not what they were when the run began",
            key="feeder.source",
        )
    own_solution(dss)
    steps = Steps(dss, words)
    voltages, tolerances, iterations = [], [], []
    for k in range(len(asked["own_kw"])):
        if k >= words["always"] and time.monotonic() > words["until_s"]:
            break
        steps.set(words["positions"][k])
        steps.draw({name: asked[name][k] for name in POWERS})
        v, tolerance, spent = _tightest(dss)
        voltages.append(v)
        tolerances.append(tolerance)
        iterations.append(spent)
    version = str(dss.Basic.Version()).split(" revision")[0]
    told = {
        "nodes": [str(name) for name in dss.Circuit.YNodeOrder()],
        "engine": f"OpenDSS ({version.replace(' Library version', '')})",
    }
    return told, {
        "v": np.array(voltages, dtype=np.complex128),
        "tolerance": np.array(tolerances),
        "iterations": np.array(iterations),
    }


POWERS = ("own_kw", "own_kvar", "port_kw", "port_kvar")


class Steps:
    """The circuit with its plants out, and loads whose power is set step by step.

    Own loads are the file's, edited in place; those that a step cannot ask for by one
    number are replaced, and whatever else draws or gives is added, by one-phase loads
    (`ports`) between two nodes of a bus.
    """

    def __init__(self, dss: Any, words: dict[str, Any]) -> None:
        self._dss, self._own = dss, words["own"]
        switch_off(dss, PUSHING)
        dss.Text.Command("set loadmult=1 year=0")
        for name in set(ask.enabled(dss, "Load")) - set(self._own):
            ask.activate(dss, "Load", name)
            dss.CktElement.Enabled(False)
        if words["constant_power"]:
            dss.Text.Command(f"batchedit load..* {WIDE}")
        for name, factor in words["sources"].items():
            dss.Vsources.Name(name)
            dss.Vsources.PU(dss.Vsources.PU() * factor)
        self._ports = self._added(words["ports"])

    def _added(self, ports: list[dict[str, Any]]) -> list[str]:
        known = {name.lower() for name in ask.names(self._dss, "Load")}
        stem = "twin"
        while any(name.startswith(stem) for name in known):
            stem += "_"
        for k, port in enumerate(ports):
            bus = Word("bus1", f"{port['bus']}.{port['a']}.{port['b']}", '"').written()
            self._dss.Text.Command(
                f"new load.{stem}{k} phases=1 conn=wye {bus} kv={port['kv']!r} "
                f"kw=0 kvar=0 {port['law'] or WIDE}"
            )
        return [f"{stem}{k}" for k in range(len(ports))]

    def set(self, positions: list[list[Any]]) -> None:
        """Taps of windings, and which steps of capacitors are closed.

        A bank of one step may stand open at its terminal: a control opens it there.
        """
        for kind, name, values in positions:
            if kind == "transformer":
                self._dss.Transformers.Name(name)
                for winding, tap in values:
                    self._dss.Transformers.Wdg(winding)
                    self._dss.Transformers.Tap(tap)
            else:
                self._dss.Capacitors.Name(name)
                self._dss.Capacitors.Close()
                self._dss.Capacitors.States(values)

    def draw(self, power: dict[str, Floats]) -> None:
        """What every load draws at its rated voltage, kW and kvar."""
        loads = self._dss.Loads
        for names, kw, kvar in (
            (self._own, power["own_kw"], power["own_kvar"]),
            (self._ports, power["port_kw"], power["port_kvar"]),
        ):
            for name, p, q in zip(names, kw.tolist(), kvar.tolist(), strict=True):
                loads.Name(name)
                loads.kW(p)
                loads.kvar(q)


def _tightest(dss: Any) -> tuple[Complexes, float, int]:
    """Voltages at the tightest tolerance that converges, it, and iterations there."""
    v, reached, spent = np.empty(0, dtype=np.complex128), float("nan"), 0
    for tolerance in LADDER:
        dss.Text.Command(f"set maxiterations={MOST_ITERATIONS} tolerance={tolerance}")
        dss.Solution.Solve()
        found = ask.complexes(dss.YMatrix.getV())[1:].copy()
        if not dss.Solution.Converged() or not np.all(np.isfinite(found)):
            break
        v, reached, spent = found, tolerance, int(dss.Solution.Iterations())
    return v if len(v) else np.full(len(found), np.nan), reached, spent


if __name__ == "__main__":
    sys.exit(main(*sys.argv[1:5]))
