"""Inverters in the power flow: by hand, one engine against the other, and by law."""

from __future__ import annotations

from dataclasses import replace

import numpy as np

from twin.grid.flow import Demand
from twin.grid.inverter_law import Asking, inverter_law
from twin.grid.inverters import Inverters
from twin.grid.newton import Newton
from twin.grid.pair_newton import PairNewton
from twin.grid.powerflow import FixedPoint

B_VAR = [[0.92, 0.44], [0.98, 0.0], [1.02, 0.0], [1.08, -0.44]]
WATT = [[1.06, 1.0], [1.10, 0.2]]


def fitted(feeder, law, rows=None):
    rows = rows or [[t] for t in range(len(feeder.terminals))]
    first = np.concatenate([[0], np.cumsum([len(r) for r in rows])])
    terminal = np.concatenate([np.array(r) for r in rows])
    inverters = Inverters(first, terminal, np.ones(len(terminal)), law)
    return replace(feeder, inverters=inverters)


def asked(feeder, kw, kva=None):
    n = len(feeder.terminals)
    kw = np.asarray(kw, dtype=float)
    kva = np.abs(kw) if kva is None else np.asarray(kva, dtype=float)
    none = np.zeros(n)
    return Demand(none, none, none, none, Asking(kw, kva, kva, kva))


def test_smoke(grid):
    feeder = fitted(grid.radial([0, 1, 2], [0.3 + 0.1j] * 3), inverter_law(B_VAR, WATT))
    demand = asked(feeder, [-120.0, -200.0, -200.0])
    flow = FixedPoint(feeder).solve(demand)
    print(flow.iterations, flow.method, flow.v_pu, flow.inverter_kw, flow.inverter_kvar)
    for engine in (Newton(feeder, 1e-12), PairNewton(feeder, 1e-12)):
        other = engine.solve(demand)
        print(
            other.iterations, other.method, other.v_pu, np.abs(other.v - flow.v).max()
        )
