"""The reference engine answers from pandapower's tables, for any demand."""

from __future__ import annotations

import numpy as np
import pandapower as pp
import pytest

from twin.grid.conversion import to_feeder
from twin.grid.engines import power_flow
from twin.grid.powerflow import Demand, FixedPoint
from twin.grid.ppc import convert
from twin.grid.reference import PandapowerEngine

pytestmark = pytest.mark.long


def branched():
    """20 kV -- transformer -- 1 -- 2 -- 3, two loads at 3, a roof at 2."""
    net = pp.create_empty_network()
    for kv in (20.0, 0.4, 0.4, 0.4):
        pp.create_bus(net, kv)
    pp.create_ext_grid(net, 0)
    pp.create_transformer(net, 0, 1, "0.25 MVA 20/0.4 kV")
    pp.create_line(net, 2, 1, 0.2, "NAYY 4x50 SE")
    pp.create_line(net, 2, 3, 0.3, "NAYY 4x50 SE")
    pp.create_load(net, 3, 0.02, 0.005, const_z_p_percent=100.0)
    pp.create_load(net, 3, 0.01, 0.002, const_i_q_percent=50.0)
    pp.create_sgen(net, 2, 0.015, 0.001)
    return net


FIELDS = (
    "v", "p_kw", "q_kvar", "i_a", "loading", "source_kw", "source_kvar", "losses_kw",
    "shunt_kw", "terminal_kw", "terminal_kvar", "generation_kw",
)  # fmt: skip


def agree(one, other):
    assert one.converged
    assert other.converged
    for field in FIELDS:
        np.testing.assert_allclose(
            getattr(one, field), getattr(other, field), rtol=2e-6, atol=1e-4,
            err_msg=field,
        )  # fmt: skip


def test_it_agrees_with_fast_for_any_mixture_at_a_bus():
    net = branched()
    feeder = to_feeder(net, "x", "x")
    fast, engine = FixedPoint(feeder), PandapowerEngine(net, feeder)
    rng = np.random.default_rng(3)
    for _ in range(3):
        demand = Demand(*(rng.uniform(-40.0, 40.0, 3) for _ in range(4)))
        agree(fast.solve(demand), engine.solve(demand))
    assert engine.tolerance_mva == 1e-11


def test_its_numbers_are_pandapowers_own_tables():
    net = branched()
    net.load[["const_z_p_percent", "const_i_q_percent"]] = 0.0
    feeder = to_feeder(net, "x", "x")
    flow = PandapowerEngine(net, feeder).solve(Demand.own(feeder))
    pp.runpp(net, calculate_voltage_angles=True, tolerance_mva=1e-11)
    lost = net.res_line.pl_mw.sum() + net.res_trafo.pl_mw.sum()
    assert flow.losses_kw == pytest.approx(1000.0 * lost, abs=1e-8)
    assert flow.grid_kw == pytest.approx(1000.0 * net.res_ext_grid.p_mw[0], abs=1e-8)
    assert flow.p_kw[0] == pytest.approx(1000.0 * net.res_line.p_to_mw[0], abs=1e-8)
    assert flow.p_kw[1] == pytest.approx(1000.0 * net.res_line.p_from_mw[1], abs=1e-8)
    assert flow.q_kvar[2] == pytest.approx(1000.0 * net.res_trafo.q_hv_mvar[0])
    assert flow.i_a[0] == pytest.approx(1000.0 * net.res_line.i_to_ka[0])
    assert 100.0 * flow.loading[1] == pytest.approx(net.res_line.loading_percent[1])
    assert 100.0 * flow.loading[2] == pytest.approx(net.res_trafo.loading_percent[0])


def test_the_same_grid_lies_under_both():
    net = branched()
    feeder = to_feeder(net, "x", "x")
    engine = PandapowerEngine(net, feeder)
    engine.solve(Demand.own(feeder))
    internal = engine._net._ppc["internal"]
    assert abs(internal["Ybus"] - feeder.y_bus).max() < 1e-9
    assert len(convert(engine._net).branch_row) == len(feeder.branches)


def test_the_users_network_is_not_touched():
    net = branched()
    feeder = to_feeder(net, "x", "x")
    loads = net.load.copy()
    engine = PandapowerEngine(net, feeder)
    engine.solve(Demand.own(feeder))
    assert net.load.equals(loads)
    assert not len(net.res_bus)


def test_an_earlier_answer_leaves_no_trace():
    net = branched()
    feeder = to_feeder(net, "x", "x")
    engine = PandapowerEngine(net, feeder)
    first = engine.solve(Demand.own(feeder))
    engine.solve(Demand(*(5.0 * column for column in Demand.own(feeder)[:4])))
    assert engine.solve(Demand.own(feeder)).v.tobytes() == first.v.tobytes()


def test_no_solution_is_nan_and_forgotten():
    net = branched()
    feeder = to_feeder(net, "x", "x")
    engine = PandapowerEngine(net, feeder, tolerance_mva=1e-8)
    failed = engine.solve(Demand(*(1e5 * column for column in Demand.own(feeder)[:4])))
    assert not failed.converged
    assert np.isnan(failed.v_pu).all()
    assert engine.solve(Demand.own(feeder)).converged


@pytest.mark.parametrize("limit", [0.002, 0.004])
def test_reactive_limits_are_kept_alike(limit):
    net = branched()
    pp.create_gen(net, 2, 0.005, vm_pu=0.97, min_q_mvar=-limit, max_q_mvar=limit)
    feeder = to_feeder(net, "x", "x")
    demand = Demand.own(feeder)
    flow = power_flow(feeder, net).solve(demand)
    reference = PandapowerEngine(net, feeder).solve(demand)
    assert abs(flow.generator_kvar[0]) == pytest.approx(1000.0 * limit, abs=1e-6)
    assert reference.generator_kvar[0] == pytest.approx(
        flow.generator_kvar[0], abs=1e-6
    )
    agree(flow, reference)


def test_a_slack_machine_is_a_source():
    net = branched()
    net.trafo["shift_degree"] = 0.0
    pp.create_gen(net, 3, 0.0, vm_pu=1.0, slack=True)
    feeder = to_feeder(net, "x", "x")
    assert len(feeder.source_node) == 2
    assert len(feeder.generators) == 0
    demand = Demand.own(feeder)
    agree(
        power_flow(feeder, net).solve(demand),
        PandapowerEngine(net, feeder).solve(demand),
    )


def test_only_want_of_a_solution_is_taken_for_one(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    """Far too much load is no solution; a fault of the engine's is heard."""
    net = branched()
    feeder = to_feeder(net, "branched", "test")
    engine, own = PandapowerEngine(net, feeder), Demand.own(feeder)
    much = own._replace(load_kw=own.load_kw + 1e5)
    assert not engine.solve(much).converged
    assert engine.solve(own).converged

    def broken(*_: object, **__: object) -> None:
        raise KeyError("a table that is gone")

    monkeypatch.setattr(pp, "runpp", broken)
    with pytest.raises(KeyError, match="a table that is gone"):
        engine.solve(own)
