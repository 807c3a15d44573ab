"""How quick a step by phase is, beside OpenDSS's own and pandapower's ``runpp_3ph``.

Both solve the same load sets in one process, one thread, tolerance 1e-8, some steps
each in turns, CPU time; each turn's ratio counts, since a busy machine slows both.
OpenDSS solves twice: bare snapshots, and its own yearly mode along a load shape,
monitors and meters off, which also looks up shapes and keeps the time.
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
from twin.arrays import Floats
from twin.grid.flow import Demand
from twin.grid.opendss import load_opendss
from twin.grid.pandapower import load_feeder
from twin.grid.powerflow import FixedPoint
from twin.grid.pp_phases import to_three_phase

Step = Callable[[int], object]
CIRCUITS = ("european_lv", "ckt5", "ieee8500")
STEPS, TURN = 200, 10
SLOW_STEPS, SLOW_TURN = 8, 2


def main() -> None:
    """Print the best turn of each, and the lowest and the median ratio of turns."""
    print("| circuit | nodes | ours ms | other ms | ratio: least, median |")
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
    sets = [_times(own, factor) for factor in factors]
    _open(master)

    def bare(step: int) -> None:
        dss.Solution.LoadMult(float(factors[step]))
        dss.Solution.Solve()

    def ours(step: int) -> None:
        solver.solve(sets[step])

    _tell(f"{name} / OpenDSS, bare", feeder.n_node, ours, bare, STEPS, TURN)
    _yearly(factors)
    _tell(
        f"{name} / OpenDSS, yearly",
        feeder.n_node,
        ours,
        lambda step: dss.Solution.Solve(),
        STEPS,
        TURN,
    )


def _times(own: Demand, factor: float) -> Demand:
    return own._replace(load_kw=factor * own.load_kw, load_kvar=factor * own.load_kvar)


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


def _yearly(factors: Floats) -> None:
    mult = " ".join(repr(factor) for factor in factors.tolist())
    dss.Solution.LoadMult(1.0)
    for words in (
        f"new loadshape.bench npts={STEPS} interval=1 mult=[{mult}]",
        "batchedit load..* yearly=bench status=variable",
        "batchedit monitor..* enabled=no",
        "batchedit energymeter..* enabled=no",
        "set mode=yearly number=1 stepsize=1h",
    ):
        dss.Text.Command(words)


def _beside_pandapower() -> None:
    from pandapower import runpp_3ph

    _, net = load_feeder("pandapower:ieee_european_lv_asymmetric", {}, None)
    feeder = to_three_phase(net, "european_lv", "")
    solver, own = FixedPoint(feeder, 1e-8), Demand.own(feeder)
    at_first = net.asymmetric_load["scaling"].copy()
    factors = 1.0 + 0.1 * np.sin(np.arange(SLOW_STEPS))
    sets = [_times(own, factor) for factor in factors]

    def theirs(step: int) -> None:
        net.asymmetric_load["scaling"] = factors[step] * at_first
        runpp_3ph(net, tolerance_mva=1e-8)

    _tell(
        "european LV / runpp_3ph",
        feeder.n_node,
        lambda step: solver.solve(sets[step]),
        theirs,
        SLOW_STEPS,
        SLOW_TURN,
    )


def _tell(
    name: str, nodes: int, ours: Step, theirs: Step, steps: int, turn: int
) -> None:
    ours(0)
    spent = np.empty((2, steps // turn))
    for number in range(steps // turn):
        for place, run in enumerate((ours, theirs)):
            began = time.process_time()
            for step in range(number * turn, (number + 1) * turn):
                run(step)
            spent[place, number] = 1000.0 * (time.process_time() - began) / turn
    own, other = spent.min(axis=1)
    ratio = spent[1] / spent[0]
    print(
        f"| {name} | {nodes} | {own:.3f} | {other:.2f} |"
        f" {ratio.min():.1f}, {np.median(ratio):.1f} |",
        flush=True,
    )


if __name__ == "__main__":
    main()
