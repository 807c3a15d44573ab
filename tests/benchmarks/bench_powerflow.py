"""Speed of the power flow, beside pandapower's and power-grid-model's.

Ratios are taken in one process: each block of load sets goes through every engine in
turn, and the medians of the blocks' ratios are printed. Run as a script.
"""

from __future__ import annotations

import sys
import time
import warnings
from collections.abc import Callable
from pathlib import Path

sys.path.insert(0, str(Path(__file__).resolve().parents[2]))
warnings.filterwarnings("ignore")

import numpy as np
import pandapower as pp
from power_grid_model import (
    CalculationMethod,
    ComponentType,
    DatasetType,
    PowerGridModel,
    initialize_array,
)
from power_grid_model_io.converters import PandaPowerConverter

from twin.grid.pandapower import load_feeder, load_network
from twin.grid.powerflow import Demand, FixedPoint

KERBER = "pandapower:create_kerber_vorstadtnetz_kabel_1"
VILLAGE = "pandapower:lv_schutterwald"
N_SETS, N_BLOCKS = 1000, 10
RECYCLE = {"bus_pq": True, "trafo": False, "gen": False}


def main() -> None:
    """Print everything."""
    race()
    village()


def race() -> None:
    """The same 1,000 load sets through every engine."""
    feeder, net = load_feeder(KERBER, {})
    kw, kvar = load_sets(len(feeder.terminals))
    none = np.zeros(len(feeder.terminals))
    fast = FixedPoint(feeder)
    demands = [Demand(p, q, none, none) for p, q in zip(kw, kvar, strict=True)]
    blocks = np.split(np.arange(N_SETS), N_BLOCKS)
    recycled, by_pgm = recycler(net, kw, kvar), pgm_batches(kw, kvar)
    found = np.empty((N_SETS, feeder.n_node), dtype=complex)

    def run_fast(rows: np.ndarray) -> None:
        for row in rows:
            flow = fast.solve(demands[row])
            assert flow.converged
            found[row] = flow.v

    engines: dict[str, Callable[[np.ndarray], object]] = {
        "fast": run_fast,
        "pandapower, recycled": recycled,
        **by_pgm,
    }
    for run in engines.values():
        run(blocks[0][:10])
    spent = {name: np.empty(N_BLOCKS) for name in engines}
    for number, rows in enumerate(blocks):
        for name, run in engines.items():
            began = time.perf_counter()
            run(rows)
            spent[name][number] = (time.perf_counter() - began) / len(rows)
    print(f"{KERBER}: {feeder.n_node} nodes, {N_SETS} load sets")
    print(f"{'engine':34} {'us a step':>10} {'fast is x times':>16}")
    for name, seconds in spent.items():
        ratio = np.median(seconds / spent["fast"])
        print(f"{name:34} {1e6 * np.median(seconds):10.1f} {ratio:16.1f}")
    print("largest |dV| of fast to Newton-Raphson at 1e-11 MVA, all sets:",
          f"{agreement(net, kw, kvar, found):.1e} pu")  # fmt: skip
    print("largest d|V| of power-grid-model to fast:",
          f"{pgm_agreement(net, kw, kvar, found):.1e} pu\n")  # fmt: skip


def load_sets(n: int) -> tuple[np.ndarray, np.ndarray]:
    """Powers that a suburb could draw or give, kW and kvar [N_SETS, n]."""
    rng = np.random.default_rng(1)
    kw = rng.uniform(-1.0, 5.0, (N_SETS, n))
    return kw, 0.25 * np.abs(kw)


def recycler(net, kw, kvar) -> Callable[[np.ndarray], object]:
    """Time series as pandapower recommends: the matrix is kept, loads change."""
    pp.runpp(net, calculate_voltage_angles=True, lightsim2grid=False)

    def run(rows: np.ndarray) -> None:
        for row in rows:
            net.load["p_mw"] = kw[row] / 1000.0
            net.load["q_mvar"] = kvar[row] / 1000.0
            pp.runpp(net, recycle=RECYCLE, init="results")
            assert net.converged

    return run


def agreement(net, kw, kvar, found) -> float:
    """Every set again, to 1e-11 MVA."""
    pp.runpp(net, calculate_voltage_angles=True, tolerance_mva=1e-11,
             lightsim2grid=False)  # fmt: skip
    worst = 0.0
    for row in range(N_SETS):
        net.load["p_mw"], net.load["q_mvar"] = kw[row] / 1e3, kvar[row] / 1e3
        pp.runpp(net, recycle=RECYCLE, init="results")
        v = net._ppc["internal"]["V"]
        worst = max(worst, float(np.abs(v - found[row]).max()))
    return worst


class Batch:
    """power-grid-model on the same network; constant-power loads only."""

    def __init__(self) -> None:
        net = load_network(KERBER, {})
        data, _ = PandaPowerConverter().load_input_data(net, make_extra_info=False)
        loads = data[ComponentType.sym_load]
        data[ComponentType.sym_load] = loads[loads["type"] == 0]
        self.ids = data[ComponentType.sym_load]["id"]
        self.nodes = data[ComponentType.node]["id"]
        self.model = PowerGridModel(data)

    def update(self, kw, kvar) -> dict:
        shape = kw.shape
        loads = initialize_array(DatasetType.update, ComponentType.sym_load, shape)
        loads["id"] = self.ids
        loads["p_specified"], loads["q_specified"] = 1000.0 * kw, 1000.0 * kvar
        return {ComponentType.sym_load: loads}

    def solve(self, update, method, outputs) -> dict:
        return self.model.calculate_power_flow(
            update_data=update,
            threading=-1,
            calculation_method=method,
            error_tolerance=1e-8,
            output_component_types=outputs,
        )


FLOWS = {ComponentType.node, ComponentType.line, ComponentType.transformer,
         ComponentType.source}  # fmt: skip


def pgm_batches(kw, kvar) -> dict[str, Callable[[np.ndarray], object]]:
    """Its Newton-Raphson and its iterative current, one thread, with all flows."""
    batch = Batch()
    update = batch.update(kw, kvar)[ComponentType.sym_load]

    def runner(method) -> Callable[[np.ndarray], object]:
        def run(rows: np.ndarray) -> object:
            part = {ComponentType.sym_load: np.ascontiguousarray(update[rows])}
            return batch.solve(part, method, FLOWS)

        return run

    return {
        "power-grid-model, Newton": runner(CalculationMethod.newton_raphson),
        "power-grid-model, iterative": runner(CalculationMethod.iterative_current),
    }


def pgm_agreement(net, kw, kvar, found) -> float:
    """Voltages of its Newton-Raphson beside ours, by bus."""
    batch = Batch()
    update = batch.update(kw[:50], kvar[:50])
    method = CalculationMethod.newton_raphson
    out = batch.solve(update, method, {ComponentType.node})[ComponentType.node]
    v = np.sort(out["u_pu"], axis=1)
    return float(np.abs(v - np.sort(np.abs(found[:50]), axis=1)).max())


def village() -> None:
    """A step of the whole village."""
    feeder, _ = load_feeder(VILLAGE, {}, 1.02)
    fast = FixedPoint(feeder)
    own, rng = Demand.own(feeder), np.random.default_rng(2)
    none = np.zeros(len(feeder.terminals))
    demands = [
        Demand(own.load_kw * rng.uniform(0.2, 1.2, len(none)), own.load_kvar,
               rng.uniform(-3.0, 3.0, len(none)), none)
        for _ in range(200)
    ]  # fmt: skip
    flows = [fast.solve(demand) for demand in demands]
    assert all(flow.converged for flow in flows)
    best = np.inf
    for _ in range(10):
        began = time.perf_counter()
        for demand in demands:
            fast.solve(demand)
        best = min(best, (time.perf_counter() - began) / len(demands))
    mean = np.mean([flow.iterations for flow in flows])
    print(f"{VILLAGE}: {feeder.n_node} nodes, {1e6 * best:.0f} us a step,"
          f" {mean:.1f} iterations\n")  # fmt: skip


if __name__ == "__main__":
    main()
