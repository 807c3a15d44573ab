"""What a tap changes, and what a regulator reads and does, by hand and by reference."""

from __future__ import annotations

from dataclasses import replace

import numpy as np
import pytest

from tests.grid.engine_controls import Case
from tests.grid.opendss_circuits import sizes, unpacked
from twin.errors import InputError
from twin.grid.controls import Mode, Regulated
from twin.grid.conversion import to_feeder
from twin.grid.flow import Demand
from twin.grid.pair_newton import PairNewton
from twin.grid.powerflow import FixedPoint
from twin.grid.pp_regulation import TapRule, regulation_of
from twin.grid.regulators import Readings, Regulator, RegulatorBank, control_v
from twin.grid.taps import Tapped

PUBLISHED = (10, 8, 11)


@pytest.fixture(scope="module")
def ieee13(tmp_path_factory: pytest.TempPathFactory) -> Case:
    return Case(*unpacked("ieee13", tmp_path_factory.mktemp("regulators")))


def by_hand(**more: object) -> Regulator:
    """120 V through 20:1 of 2400 V, 2 V wide; conductor 1 is moved, 0 to 1 per unit."""
    settings: dict[str, object] = {
        "name": "r", "read": np.array([[0], [-1]]), "through": np.array([0]),
        "terminal": np.array([0]), "moved": np.array([0]), "tap": 1.0,
        "tap_step": 0.00625, "tap_low": 0.9, "tap_high": 1.1, "rated_v": 2400.0,
        "v_set": 120.0, "band": 2.0, "pt_ratio": 20.0,
    }  # fmt: skip
    return Regulator(**{**settings, **more})  # type: ignore[arg-type]


def seen(v_secondary: float, amps: complex = 0.0) -> Readings:
    volts = np.array([20.0 * v_secondary, 0.0], dtype=complex)
    currents = np.array([amps])
    return Readings(volts, currents, volts[:1] * np.conj(currents))


@pytest.mark.parametrize("amps", [-350.0, -350.0j, 0.0])
def test_a_line_beyond_is_taken_off(amps: complex) -> None:
    one = by_hand(r=3.0, x=9.0, ct_rating_a=700.0)
    volts = control_v(one, seen(122.0, amps))
    assert volts == pytest.approx(abs(122.0 + (3.0 + 9.0j) * amps / 700.0), rel=1e-12)


def test_a_tap_waits_its_delay_and_moves_one_at_a_time() -> None:
    bank = RegulatorBank([by_hand(delay_s=30.0, tap_delay_s=2.0)])
    bank.sample(seen(117.0), 0.0)
    assert bank.next_s == 30.0
    assert bank.act(29.0, 29.0, at_once=False) == []
    assert [one.after for one in bank.act(30.0, 30.0, at_once=False)] == [1]
    assert bank.next_s == 32.0
    bank.sample(seen(120.0), 32.0)
    assert bank.next_s == np.inf


def test_at_once_goes_seven_tenths_of_the_way_within_most_taps() -> None:
    bank = RegulatorBank([by_hand(), by_hand(most_taps=2)])
    bank.sample(seen(112.0), 0.0)
    assert [one.after for one in bank.act(15.0, 0.0, at_once=True)] == [7, 2]


def test_a_tap_stops_at_its_end() -> None:
    bank = RegulatorBank([by_hand(tap=1.1)])
    bank.sample(seen(110.0), 0.0)
    assert bank.next_s == np.inf
    bank.sample(seen(130.0), 0.0)
    assert bank.next_s == 15.0


def test_within_the_band_nothing_moves() -> None:
    bank = RegulatorBank([by_hand()])
    for volts in (119.01, 120.99):
        bank.sample(seen(volts), 0.0)
        assert bank.next_s == np.inf


def test_published_taps_give_the_published_voltages(ieee13: Case) -> None:
    flow = Tapped(ieee13.feeder, ieee13.moves.elements)
    scale = ieee13.moves.elements.scale.copy()
    for one, tap in zip(ieee13.moves.regulators, PUBLISHED, strict=True):
        scale[one.moved] = 1.0 / (1.0 + 0.00625 * tap)
    flow.adjust(scale)
    solved = flow.solve(ieee13.demand(1.0))
    ours, theirs = sizes(ieee13.circuit, ieee13.feeder, solved, "ieee13_published_taps")
    assert np.max(np.abs(ours - theirs)) < 2e-5, "the engine's usual tolerance"


@pytest.mark.parametrize("seed", range(3))
def test_the_end_of_the_factors_is_all_that_a_tap_changes(
    seed: int, ieee13: Case
) -> None:
    draw, elements = np.random.default_rng(seed), ieee13.moves.elements
    flow, scale = Tapped(ieee13.feeder, elements, 1e-12), elements.scale.copy()
    for one in ieee13.moves.regulators:
        scale[one.moved] = 1.0 / (1.0 + 0.00625 * draw.integers(-16, 17))
    flow.adjust(scale)
    ours = flow.solve(ieee13.demand(1.0))
    anew = FixedPoint(flow.present(), 1e-12).solve(ieee13.demand(1.0))
    newton = PairNewton(flow.present()).solve(ieee13.demand(1.0))
    assert np.max(np.abs(ours.v - anew.v)) < 1e-11
    assert np.max(np.abs(ours.v - newton.v)) < 1e-8
    assert np.nanmax(np.abs(ours.p_kw - anew.p_kw)) < 1e-5
    assert ours.grid_kw == pytest.approx(anew.grid_kw, abs=1e-5)
    balance = ours.grid_kw - ours.losses_kw - ours.served_kw - ours.shunt_kw
    assert abs(balance) < 1e-5


@pytest.mark.parametrize("tap", [0.9, 0.95, 1.00625, 1.1])
def test_a_tap_scales_the_engine_s_own_matrix(tap: float, ieee13: Case) -> None:
    elements = ieee13.moves.elements
    dss = ieee13.engine()
    for k, one in enumerate(ieee13.moves.regulators):
        dss.Transformers.Name(one.name)
        dss.Transformers.Wdg(2)
        dss.Transformers.Tap(tap)
        dss.Text.Command("set controlmode=off")
        dss.Solution.Solve()
        dss.Circuit.SetActiveElement(f"Transformer.{one.name}")
        y = np.asarray(dss.CktElement.YPrim()).ravel()
        whole = (y if np.iscomplexobj(y) else y.view(complex)).reshape(4, 4)
        theirs = whole[np.ix_([0, 2], [0, 2])]
        mine = elements.conductors(k)
        scale = np.where(np.isin(mine, one.moved), 1.0 / tap, 1.0)
        base = 1000.0 * ieee13.feeder.nodes.v_base_kv[elements.node[mine]]
        own = elements.y[mine][:, mine].toarray() * np.outer(scale, scale)
        own = own * 1e6 / np.outer(base, base)
        assert np.max(np.abs(own - theirs)) < 1e-9 * np.max(np.abs(theirs))


@pytest.mark.parametrize("side", ["hv", "lv"])
@pytest.mark.parametrize("position", [-2, 0, 2])
def test_pandapower_s_taps_are_its_own_conversion_s(side: str, position: int) -> None:
    net = network(side)
    feeder = to_feeder(net, "taps", "test")
    moves = regulation_of(net, feeder, [TapRule("0", 1.0, 0.04, 30.0)])
    flow, scale = Tapped(feeder, moves.elements, 1e-12), moves.elements.scale.copy()
    scale[moves.regulators[0].moved] = 1.0 / (1.0 + 0.025 * position)
    flow.adjust(scale)
    net.trafo["tap_pos"] = position
    other = to_feeder(net, "taps", "test")
    ours = flow.solve(Demand.own(feeder))
    theirs = FixedPoint(other, 1e-12).solve(Demand.own(other))
    assert np.max(np.abs(ours.v - theirs.v)) < 1e-11
    assert ours.grid_kw == pytest.approx(theirs.grid_kw, abs=1e-6)
    assert ours.losses_kw == pytest.approx(theirs.losses_kw, abs=1e-6)


@pytest.mark.parametrize(("side", "v_set_pu"), [("hv", 1.02), ("lv", 0.96)])
def test_a_pandapower_tap_changer_brings_its_voltage_into_the_band(
    side: str, v_set_pu: float
) -> None:
    net = network(side)
    feeder = to_feeder(net, "taps", "test")
    moves = regulation_of(net, feeder, [TapRule("0", v_set_pu, 0.03, 30.0)])
    run = Regulated(Tapped(feeder, moves.elements), moves.regulators, (), 900.0)
    assert run.mode is Mode.STATIC
    flow = run.solve(Demand.own(feeder))
    node = int(moves.regulators[0].read[0, 0])
    assert abs(abs(flow.v[node]) - v_set_pu) < 0.015
    first, last = run.operations[0], run.operations[-1]
    assert first.before == 1
    assert last.after < 1


@pytest.mark.parametrize(
    ("column", "value", "said"),
    [
        ("tap_side", None, "no tap_side"),
        ("tap_step_degree", 30.0, "shift the phase"),
        ("tap_step_percent", -1.0, "not above 0"),
    ],
)
def test_what_can_t_be_regulated_says_why(
    column: str, value: object, said: str
) -> None:
    net = network("hv")
    net.trafo[column] = value
    feeder = to_feeder(network("hv"), "taps", "test")
    with pytest.raises(InputError, match=said):
        regulation_of(net, feeder, [TapRule("0", 1.0, 0.05, 30.0)])


def test_a_wrong_name_or_a_narrow_band_is_told() -> None:
    net = network("hv")
    feeder, rule = to_feeder(net, "taps", "test"), TapRule("0", 1.0, 0.05, 30.0)
    with pytest.raises(InputError, match="no transformer is called 'nine'"):
        regulation_of(net, feeder, [replace(rule, trafo="nine")])
    with pytest.raises(InputError, match="would hunt"):
        regulation_of(net, feeder, [replace(rule, band_pu=0.01)])


def network(side: str):  # type: ignore[no-untyped-def]
    """Source, transformer with taps on this side, line, load."""
    import pandapower as pp

    net = pp.create_empty_network()
    high, low, end = (pp.create_bus(net, kv) for kv in (20.0, 0.4, 0.4))
    pp.create_ext_grid(net, high)
    pp.create_transformer(net, high, low, "0.4 MVA 20/0.4 kV")
    net.trafo["tap_side"], net.trafo["tap_pos"] = side, 1
    net.trafo["tap_step_percent"] = 2.5
    pp.create_line(net, low, end, 0.1, "NAYY 4x150 SE")
    pp.create_load(net, end, 0.15, 0.04)
    return net
