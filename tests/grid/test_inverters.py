"""Inverters in the power flow: by hand, one engine against another, and by law.

source ---- z ---- house with an inverter
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace
from typing import Any

import numpy as np
import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from numpy.testing import assert_allclose

from tests.simulation.phases import street
from twin.grid.feeder import Feeder
from twin.grid.flow import Demand, Flow, PowerFlow
from twin.grid.inverter_law import Asking, InverterLaw, inverter_law
from twin.grid.inverter_presets import PRESETS
from twin.grid.inverters import Inverters
from twin.grid.newton import Newton
from twin.grid.pair_newton import PairNewton
from twin.grid.powerflow import FixedPoint

VAR = PRESETS["ieee1547_b"].volt_var
WATT = ((1.06, 1.0), (1.10, 0.2))
BOTH = inverter_law(VAR, WATT)
STEEP = ((1.05, 1.0), (1.055, 0.0))


def fitted(
    feeder: Feeder, law: InverterLaw, rows: Sequence[Sequence[int]] | None = None
) -> Feeder:
    """The feeder with an inverter on each terminal, or on each group of them."""
    groups = rows or [[t] for t in range(len(feeder.terminals))]
    first = np.cumsum([0, *(len(group) for group in groups)])
    terminal = np.concatenate([np.array(group) for group in groups])
    inverters = Inverters(first, terminal, np.ones(len(terminal)), law)
    return replace(feeder, inverters=inverters)


def asked(feeder: Feeder, kw: Any, kva: Any = None, load_kw: float = 0.0) -> Demand:
    kw = np.asarray(kw, dtype=float)
    kva = np.abs(kw) if kva is None else np.broadcast_to(float(kva), kw.shape).copy()
    none = np.zeros(len(feeder.terminals))
    return Demand(none + load_kw, none, none, none, Asking(kw, kva, kva, kva))


def engines(feeder: Feeder) -> list[PowerFlow]:
    return [
        FixedPoint(feeder, 1e-10),
        FixedPoint(feeder, 1e-10, np.array([], dtype=np.int64)),
        Newton(feeder, 1e-12),
        PairNewton(feeder, 1e-12),
    ]


def held_to_its_law(feeder: Feeder, demand: Demand, flow: Flow) -> None:
    """What inverters draw is what their voltages ask, and the books balance."""
    inverters, terminals = feeder.inverters, feeder.terminals
    assert inverters is not None
    v = np.append(flow.v, 0.0)
    at = inverters.terminal
    across = v[terminals.node_a[at]] - v[terminals.node_b[at]]
    done = inverters.done(across, demand.inverters)
    assert_allclose(flow.inverter_kw, done.real, atol=1e-4)
    assert_allclose(flow.inverter_kvar, done.imag, atol=1e-4)
    drawn = flow.served_kw + flow.inverter_kw.sum() + demand.fixed_kw.sum()
    through = abs(flow.grid_kw) + np.abs(flow.inverter_kw).sum()
    assert abs(flow.grid_kw - drawn - flow.losses_kw) <= 1e-6 * through


@pytest.mark.parametrize("number", range(4))
def test_volt_watt_at_the_end_of_a_resistance(grid: Any, number: int) -> None:
    """1.08^2 - 1.08 = 0.0864 = 0.36 x 0.24: of 400 kW 60 % is given, at 1.08 pu."""
    feeder = fitted(grid.pair(0.36 + 0j), inverter_law((), WATT))
    flow = engines(feeder)[number].solve(asked(feeder, [-400.0]))
    assert_allclose(flow.v_pu, [1.0, 1.08], atol=1e-9)
    assert_allclose(flow.inverter_kw, -240.0, atol=1e-4)
    assert_allclose(flow.grid_kw, -240.0 / 1.08, atol=1e-4)
    assert_allclose(flow.losses_kw, 0.24**2 / 1.08**2 * 0.36 * 1000.0, atol=1e-4)


@pytest.mark.parametrize("number", range(4))
def test_volt_var_at_the_end_of_a_reactance(grid: Any, number: int) -> None:
    """1.05 (1.06 - 1.05) / x = 0.022: at 1.05 pu 22 of 100 kVA are absorbed."""
    feeder = fitted(grid.pair(1j * 0.0105 / 0.022, 1.06), inverter_law(VAR))
    flow = engines(feeder)[number].solve(asked(feeder, [0.0], 100.0))
    assert_allclose(flow.v_pu, [1.06, 1.05], atol=1e-9)
    assert_allclose(flow.inverter_kvar, 22.0, atol=1e-4)
    assert_allclose(flow.inverter_kw, 0.0)
    assert_allclose(flow.grid_kvar, 22.0 * 1.06 / 1.05, atol=1e-4)


@pytest.mark.parametrize("number", range(4))
def test_a_steep_droop_comes_to_rest(grid: Any, number: int) -> None:
    """Slope 200 over a line that lifts by 0.36: a plain iteration goes to and fro."""
    feeder = fitted(grid.pair(0.36 + 0j), inverter_law((), STEEP))
    demand = asked(feeder, [-400.0])
    flow = engines(feeder)[number].solve(demand)
    assert flow.converged
    assert 1.05 < flow.v_pu[1] < 1.055
    share = (1.055 - flow.v_pu[1]) / 0.005
    assert_allclose(flow.v_pu[1] ** 2 - flow.v_pu[1], 0.36 * 0.4 * share, atol=2e-8)


def test_an_inverter_of_three_phases_goes_by_their_mean() -> None:
    shop = [("shop", 0, place, kw, 0.0) for place, kw in enumerate((20.0, 0.0, 0.0))]
    feeder = fitted(street(shop), BOTH, [[0, 1, 2]])
    demand = Demand.own(feeder)._replace(inverters=asked(feeder, [-90.0]).inverters)
    flows = [
        engine.solve(demand) for engine in (engines(feeder)[0], engines(feeder)[3])
    ]
    for flow in flows:
        held_to_its_law(feeder, demand, flow)
        spread = np.ptp(flow.v_pu[3:])
        assert spread > 1e-3
    assert np.abs(flows[0].v - flows[1].v).max() <= 1e-8


def test_nothing_asked_is_nothing_done(grid: Any) -> None:
    feeder = fitted(grid.pair(0.36 + 0j, 1.07), BOTH)
    for engine in engines(feeder):
        flow = engine.solve(Demand.own(feeder))
        assert_allclose(flow.v_pu, 1.07)
        assert_allclose([flow.inverter_kw, flow.inverter_kvar], 0.0)


def test_a_failed_step_says_nothing_of_inverters(grid: Any) -> None:
    feeder = fitted(grid.pair(0.36 + 0.1j), BOTH)
    flow = FixedPoint(feeder).solve(asked(feeder, [1e5]))
    assert not flow.converged
    assert np.isnan(flow.inverter_kw).all()


curves = st.sampled_from(
    [
        BOTH,
        inverter_law(PRESETS["ieee1547_a"].volt_var, PRESETS["ieee1547_a"].volt_watt),
        inverter_law(PRESETS["rule21_phase1"].volt_var),
        inverter_law((), WATT),
        inverter_law(
            ((0.97, 0.6), (1.0, 0.0), (1.01, -0.6)), ((1.02, 1.0), (1.04, 0.0))
        ),
        inverter_law(((0.99, 0.9), (1.01, -0.9))),
        inverter_law(tangent=0.3),
        inverter_law(tangent=-0.3),
    ]
)
GRIDS = settings(
    max_examples=60, suppress_health_check=[HealthCheck.function_scoped_fixture]
)


@GRIDS
@given(law=curves, seed=st.integers(0, 2**32 - 1), source=st.floats(0.95, 1.06))
def test_the_fixed_point_is_newtons(
    grid: Any, law: InverterLaw, seed: int, source: float
) -> None:
    rng = np.random.default_rng(seed)
    n = int(rng.integers(1, 12))
    parent = [int(rng.integers(0, k + 1)) for k in range(n)]
    z = rng.uniform(0.005, 0.08, n) + 1j * rng.uniform(0.0, 0.05, n)
    feeder = fitted(grid.radial(parent, z.tolist(), source), law)
    kw = rng.uniform(-150.0, 60.0, n)
    demand = asked(feeder, kw, None, float(rng.uniform(0.0, 10.0)))
    flows = [engine.solve(demand) for engine in engines(feeder)]
    for flow in flows:
        assert flow.converged
        held_to_its_law(feeder, demand, flow)
        assert np.abs(flow.v - flows[3].v).max() <= 1e-8
    assert flows[0].method == flows[1].method == "fixed point"


@GRIDS
@given(law=curves, seed=st.integers(0, 2**32 - 1))
def test_so_it_is_by_phase(law: InverterLaw, seed: int) -> None:
    rng = np.random.default_rng(seed)
    drawers = [
        ("home", k, place, float(rng.uniform(0.0, 6.0)), float(rng.uniform(0.0, 2.0)))
        for k in range(3)
        for place in range(3)
    ]
    feeder = street(drawers)
    feeder = replace(feeder, source_v=feeder.source_v * rng.uniform(0.95, 1.06))
    feeder = fitted(feeder, law, [[0, 1, 2], [3], [7], [8]])
    asking = asked(feeder, rng.uniform(-50.0, 20.0, 4)).inverters
    demand = Demand.own(feeder)._replace(inverters=asking)
    fast, exact = engines(feeder)[0].solve(demand), engines(feeder)[3].solve(demand)
    assert fast.converged
    assert exact.converged
    held_to_its_law(feeder, demand, fast)
    assert np.abs(fast.v - exact.v).max() <= 1e-8
