"""Tap changers and capacitors of pandapower networks beside pandapower's own.

source ==trafo, taps== low --- line --- end
                                         |  load, capacitor of three steps
"""

from __future__ import annotations

from copy import deepcopy
from typing import Any

import numpy as np
import pandapower as pp
import pandapower.networks
import pytest
from pandapower.control import DiscreteTapControl

from twin.errors import InputError
from twin.grid.controls import Regulated
from twin.grid.conversion import to_feeder
from twin.grid.feeder import Feeder
from twin.grid.flow import Demand
from twin.grid.powerflow import FixedPoint
from twin.grid.pp_controllers import other_controllers, own_rules
from twin.grid.pp_phases import to_three_phase
from twin.grid.pp_regulation import regulation_of
from twin.grid.pp_rules import CapacitorRule, Drop, Reverse, TapRule
from twin.grid.reference import PandapowerEngine
from twin.grid.taps import Tapped

CIGRE_TAPS = {
    "tap_side": "hv", "tap_neutral": 0, "tap_min": -8, "tap_max": 8, "tap_pos": 0,
    "tap_step_percent": 1.25, "tap_step_degree": 0.0, "tap_changer_type": "Ratio",
}  # fmt: skip


def network(side: str = "hv", position: int = 1, step: int = 1) -> Any:
    net = pp.create_empty_network()
    high, low, end = (pp.create_bus(net, kv) for kv in (20.0, 0.4, 0.4))
    pp.create_ext_grid(
        net, high, s_sc_max_mva=1000, rx_max=0.1, x0x_max=1.0, r0x0_max=0.1
    )
    pp.create_transformer(net, high, low, "0.4 MVA 20/0.4 kV", name="T1")
    net.trafo["tap_side"], net.trafo["tap_pos"] = side, position
    net.trafo["tap_step_percent"], net.trafo["vector_group"] = 2.5, "Dyn"
    pp.create_line(net, low, end, 0.1, "NAYY 4x150 SE", name="street")
    pp.create_load(net, end, 0.15, 0.04)
    pp.create_shunt(
        net, end, q_mvar=-0.03, vn_kv=0.41, step=step, max_step=3, name="C1"
    )
    return net


def converted(net: Any, by_phase: bool) -> Feeder:
    return to_three_phase(net, "n", "n") if by_phase else to_feeder(net, "n", "n")


def regulated(
    net: Any, *rules: TapRule, banks: tuple[CapacitorRule, ...] = ()
) -> Regulated:
    feeder = to_feeder(net, "n", "n")
    moves = regulation_of(net, feeder, rules, banks)
    flow = Tapped(feeder, moves.elements, 1e-10)
    return Regulated(flow, moves.regulators, moves.capacitors, 900.0)


@pytest.mark.parametrize("by_phase", [False, True])
@pytest.mark.parametrize(
    ("side", "position", "step"), [("hv", -2, 0), ("lv", 2, 3), ("lv", -1, 2)]
)
def test_taps_and_steps_are_the_conversion_s_own(
    by_phase: bool, side: str, position: int, step: int
) -> None:
    net = network(side)
    feeder = converted(net, by_phase)
    bank = CapacitorRule("C1", "kvar", 40.0, -30.0)
    moves = regulation_of(net, feeder, [TapRule("T1", 1.0)], [bank])
    flow, scale = Tapped(feeder, moves.elements, 1e-12), moves.elements.scale.copy()
    scale[moves.regulators[0].moved] = 1.0 / (1.0 + 0.025 * position)
    scale[moves.capacitors[0].moved] = np.sqrt(step / 3.0)
    flow.adjust(scale)
    other = converted(network(side, position, step), by_phase)
    ours = flow.solve(Demand.own(feeder))
    theirs = FixedPoint(other, 1e-12).solve(Demand.own(other))
    assert np.max(np.abs(ours.v - theirs.v)) < 2e-9
    assert ours.grid_kw == pytest.approx(theirs.grid_kw, abs=1e-6)
    assert ours.grid_kvar == pytest.approx(theirs.grid_kvar, abs=1e-6)


def known(name: str) -> Any:
    net = getattr(pandapower.networks, name)()
    if name == "mv_oberrhein":
        net.load["scaling"] = 0.6
    if name == "create_cigre_network_mv":
        for column, value in CIGRE_TAPS.items():
            net.trafo[column] = value
    return net


@pytest.mark.parametrize(
    ("name", "v_pu", "half"),
    [
        ("mv_oberrhein", 0.96, 0.012),
        ("mv_oberrhein", 1.05, 0.02),
        ("create_cigre_network_mv", 1.03, 0.01),
        ("lv_schutterwald", 0.97, 0.02),
    ],
)
def test_taps_end_where_pandapower_s_own_control_ends(
    name: str, v_pu: float, half: float
) -> None:
    net = known(name)
    for index in net.trafo.index[net.trafo.in_service]:
        DiscreteTapControl(net, int(index), v_pu - half, v_pu + half)
    first = net.trafo.tap_pos.copy()
    run = regulated(net, *own_rules(net))
    feeder, moves = run._flow.feeder, run.regulators.regulators
    flow = run.solve(Demand.own(feeder))
    pp.runpp(net, run_control=True, calculate_voltage_angles=True, tolerance_mva=1e-10)
    names = dict(zip(net.trafo["name"], net.trafo["tap_pos"], strict=True))
    assert run.positions()["tap"] == {one.name: int(names[one.name]) for one in moves}
    assert not net.trafo.tap_pos.equals(first), "something had to move"
    alive = [bus for bus in net.bus.index if str(bus) in feeder.node_of_bus]
    nodes = [feeder.node_of_bus[str(bus)] for bus in alive]
    theirs = net.res_bus.vm_pu.loc[alive].to_numpy()
    assert np.max(np.abs(flow.v_pu[nodes] - theirs)) < 1e-8


def test_the_reference_stands_as_the_taps_and_steps_stood() -> None:
    net = network()
    feeder = to_feeder(net, "n", "n")
    bank = CapacitorRule("C1", "voltage", 1.05, 1.2)
    moves = regulation_of(net, feeder, [TapRule("T1", 1.02, 0.03)], [bank])
    run = Regulated(
        Tapped(feeder, moves.elements, 1e-10), moves.regulators, moves.capacitors, 900.0
    )
    flow = run.solve(Demand.own(feeder))
    assert run.positions()["capacitor"] == {"C1": 3}
    engine = PandapowerEngine(net, feeder).standing(moves, run.scale)
    answer = engine.solve(Demand.own(feeder))
    assert np.max(np.abs(flow.v - answer.v)) < 1e-8
    assert net.trafo.tap_pos.tolist() == [1], "the network stays as it was"


def test_a_capacitor_reads_the_transformer_above_it_or_the_branch_named() -> None:
    """Two steps of 30 kvar beside a load of 40: it leads until one is opened."""
    for at in (None, "street", "T1"):
        banks = (CapacitorRule("*", "kvar", 36.0, 2.0, at=at),)
        run = regulated(network(step=2), TapRule("T1", 1.0, 0.05), banks=banks)
        flow = run.solve(Demand.own(run._flow.feeder))
        read = run.capacitors.capacitors[0].through
        kvar = float(run.readings(flow.v).va[read].sum().imag) / 1000.0
        assert run.positions()["capacitor"]["C1"] == 1, at
        assert 2.0 < kvar < 36.0


def test_a_line_beyond_raises_what_is_held_at_the_terminals() -> None:
    """r = 5 % at rated current: about 150 of 400 kW lift the terminals by 1.9 %."""
    plain = regulated(network("lv"), TapRule("T1", 1.0, 0.025))
    lifted = regulated(network("lv"), TapRule("T1", 1.0, 0.025, drop=Drop(r_pu=0.05)))
    v = []
    for run in (plain, lifted):
        flow = run.solve(Demand.own(run._flow.feeder))
        v.append(flow.v_pu[int(run.regulators.regulators[0].read[0, 0])])
    share = 0.15 / 0.4
    assert abs(v[0] - 1.0) < 0.0125
    assert abs(v[1] - 1.0 - 0.05 * share) < 0.0125 + 0.003


@pytest.mark.parametrize(
    ("reverse", "held_pu"),
    [
        (Reverse(neutral=True), None),
        (Reverse(v_set_pu=0.96, band_pu=0.026), 0.96),
        (Reverse(neutral=True, threshold_kw=200.0), 1.03),
    ],
)
def test_in_reverse_power_it_goes_to_neutral_or_holds_its_own_setpoint(
    reverse: Reverse, held_pu: float | None
) -> None:
    """150 kW come back: over a twentieth of 400 kVA, below 200 kW."""
    net = network(position=2)
    net.load["p_mw"] = -0.15
    run = regulated(net, TapRule("T1", 1.03, 0.03, reverse=reverse))
    flow = run.solve(Demand.own(run._flow.feeder))
    node = int(run.regulators.regulators[0].read[0, 0])
    if held_pu is None:
        assert run.positions()["tap"] == {"T1": 0}
        assert run.operations[-1].reason == "reverse power, to neutral"
    else:
        assert abs(flow.v_pu[node] - held_pu) < 0.015


def test_the_high_side_can_be_held() -> None:
    """Fed from below: the tap raises the voltage above it."""
    net = network("lv", position=0)
    net.ext_grid["bus"], net.load["bus"] = 2, 0
    run = regulated(net, TapRule("T1", 1.01, 0.03, side="hv"))
    flow = run.solve(Demand.own(run._flow.feeder))
    assert abs(flow.v_pu[run._flow.feeder.node_of_bus["0"]] - 1.01) < 0.015
    assert run.positions()["tap"]["T1"] < 0


def test_of_two_rules_the_later_counts_and_a_group_leaves_out_what_has_no_taps() -> (
    None
):
    net = network()
    pp.create_transformer(net, 0, 1, "0.4 MVA 20/0.4 kV", name="T2")
    net.trafo.loc[1, ["tap_side", "tap_pos"]] = None, np.nan
    feeder = to_feeder(net, "n", "n")
    rules = [TapRule("all", 1.0), TapRule("T1", 1.02)]
    moves = regulation_of(net, feeder, rules)
    assert [one.name for one in moves.regulators] == ["T1"]
    assert moves.regulators[0].v_set == pytest.approx(1.02 * 400.0)
    assert moves.regulators[0].band == pytest.approx(0.05 * 400.0)
    assert len(moves.left_out) == 1
    assert "transformer T2: no tap data: no tap_side" in moves.left_out[0]
    with pytest.raises(InputError, match="'T2' can't be regulated: no tap data"):
        regulation_of(net, feeder, [TapRule("T2", 1.0)])


def test_every_mistake_is_told_with_the_nearest_name() -> None:
    net = network()
    feeder = to_feeder(net, "n", "n")
    rules = [TapRule("T11", 1.0, key="regulation.transformers.0")]
    banks = [
        CapacitorRule("C11", "voltage", 0.9, 1.0),
        CapacitorRule("C1", "kvar", 9.0, 1.0, at="strete"),
    ]
    with pytest.raises(InputError) as told:
        regulation_of(net, feeder, rules, banks)
    text = str(told.value)
    assert "regulation.transformers.0: no transformer is called 'T11'" in text
    assert "did you mean 'T1'?" in text
    assert "no capacitor is called 'C11'; there are C1; did you mean 'C1'?" in text
    assert "no branch is called 'strete'" in text
    assert "did you mean 'street'?" in text


@pytest.mark.parametrize(
    ("column", "value", "said"),
    [
        ("q_mvar", 0.03, "not below 0"),
        ("p_mw", 0.001, "draws active power"),
        ("in_service", False, "out of service"),
    ],
)
def test_a_shunt_that_is_no_capacitor_says_why(
    column: str, value: object, said: str
) -> None:
    net = network()
    net.shunt[column] = value
    feeder = to_feeder(net, "n", "n")
    with pytest.raises(InputError, match=said):
        regulation_of(net, feeder, [], [CapacitorRule("C1", "voltage", 0.9, 1.0)])


def test_only_tap_controllers_are_followed() -> None:
    from pandapower.control import ContinuousTapControl

    net = network()
    DiscreteTapControl(net, 0, 0.98, 1.02, level=2)
    ContinuousTapControl(net, 0, 1.0)
    assert [one.startswith("controller 1") for one in other_controllers(net)] == [True]
    (rule,) = own_rules(net)
    assert (rule.v_set_pu, rule.delay_s) == (pytest.approx(1.0), 80.0)
    assert rule.band_pu == pytest.approx(0.04)
    off = deepcopy(net)
    off.controller["in_service"] = False
    assert own_rules(off) == other_controllers(off) == []
