"""How quick a step by phase is, beside OpenDSS's own and pandapower's ``runpp_3ph``.

Every pair solves the same load sets in one process, one thread, tolerance 1e-8.
"""

from __future__ import annotations

import os
import sys
import tempfile
import time
from collections.abc import Callable
from pathlib import Path

for threads in ("POLARS_MAX_THREADS", "NUMBA_NUM_THREADS", "OMP_NUM_THREADS"):
    os.environ.setdefault(threads, "1")
sys.path.insert(0, str(Path(__file__).parents[2]))

import numpy as np
import opendssdirect as dss

from tests.grid.opendss_circuits import unpacked
from twin.grid.flow import Demand
from twin.grid.opendss import load_opendss
from twin.grid.pandapower import load_feeder
from twin.grid.powerflow import FixedPoint
from twin.grid.pp_phases import to_three_phase

CIRCUITS = ("european_lv", "ckt5", "ieee8500")
ROUNDS, STEPS, SLOW_STEPS = 5, 40, 4


def main() -> None:
    """Print every ratio: the best round of each, taken in turns."""
    print("| circuit | nodes | ours ms/step | other ms/step | ratio |")
    print("|---|---|---|---|---|")
    with tempfile.TemporaryDirectory() as folder:
        for name in CIRCUITS:
            _beside_opendss(name, Path(folder))
    _beside_pandapower()


def _beside_opendss(name: str, folder: Path) -> None:
    master, root = unpacked(name, folder)
    feeder = load_opendss(master, root, False)
    solver, own = FixedPoint(feeder, 1e-8), Demand.own(feeder)
    factors = 1.0 + 0.1 * np.sin(np.arange(STEPS))
    sets = [
        own._replace(load_kw=f * own.load_kw, load_kvar=f * own.load_kvar)
        for f in factors
    ]
    _open(master)

    def ours() -> None:
        for one in sets:
            solver.solve(one)

    def engines() -> None:
        for factor in factors.tolist():
            dss.Solution.LoadMult(factor)
            dss.Solution.Solve()

    _tell(f"{name} / OpenDSS", feeder.n_node, ours, engines, STEPS, STEPS)


def _open(master: Path) -> None:
    dss.Basic.AllowForms(False)
    dss.Basic.AllowChangeDir(False)
    for words in (
        "clear",
        f'compile "{master}"',
        "set maxiterations=1000 maxcontroliter=200 tolerance=1e-8",
        "solve",
        "set controlmode=off",
    ):
        dss.Text.Command(words)


def _beside_pandapower() -> None:
    from pandapower import runpp_3ph

    _, net = load_feeder("pandapower:ieee_european_lv_asymmetric", {}, None)
    feeder = to_three_phase(net, "european_lv", "")
    solver, own = FixedPoint(feeder, 1e-8), Demand.own(feeder)
    at_first = net.asymmetric_load["scaling"].copy()
    factors = 1.0 + 0.1 * np.sin(np.arange(SLOW_STEPS))
    sets = [
        own._replace(load_kw=f * own.load_kw, load_kvar=f * own.load_kvar)
        for f in factors
    ]

    def ours() -> None:
        for one in sets:
            solver.solve(one)

    def theirs() -> None:
        for factor in factors.tolist():
            net.asymmetric_load["scaling"] = factor * at_first
            runpp_3ph(net, tolerance_mva=1e-8)

    _tell(
        "european LV / runpp_3ph", feeder.n_node, ours, theirs, SLOW_STEPS, SLOW_STEPS
    )


def _tell(
    name: str,
    nodes: int,
    ours: Callable[[], None],
    theirs: Callable[[], None],
    n_ours: int,
    n_theirs: int,
) -> None:
    best = [np.inf, np.inf]
    ours()
    theirs()
    for _ in range(ROUNDS):
        for place, (run, n) in enumerate(((ours, n_ours), (theirs, n_theirs))):
            began = time.process_time()
            run()
            best[place] = min(best[place], 1000 * (time.process_time() - began) / n)
    ratio = best[1] / best[0]
    print(f"| {name} | {nodes} | {best[0]:.3f} | {best[1]:.2f} | {ratio:.1f} |")


if __name__ == "__main__":
    main()
