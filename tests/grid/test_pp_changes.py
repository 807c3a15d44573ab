"""Changes of a pandapower network, by hand-made numbers."""

from __future__ import annotations

import json
from copy import deepcopy

import numpy as np
import pandapower as pp
import pytest

from twin.errors import InputError
from twin.grid.changes import Change, Wanted
from twin.grid.engines import power_flow
from twin.grid.flow import Demand
from twin.grid.pandapower import feeder_of
from twin.grid.pp_changes import change
from twin.grid.reference import PandapowerEngine

SIZES = (100.0, 250.0, 400.0, 630.0)


def network(load_kw=100.0):
    """10 kV, a 250 kVA transformer, 0.2 km of cable of 0.5 + j 0.1 ohm/km, a load."""
    net = pp.create_empty_network()
    high, low, end = (pp.create_bus(net, kv) for kv in (10.0, 0.4, 0.4))
    pp.create_ext_grid(net, high)
    pp.create_transformer_from_parameters(
        net, high, low, 0.25, 10.0, 0.4, 1.2, 6.0, 0.8, 0.32, name="T",
        tap_side="hv", tap_neutral=0, tap_min=-2, tap_max=2, tap_step_percent=2.5,
        tap_pos=0, tap_changer_type="Ratio",
    )  # fmt: skip
    pp.create_line_from_parameters(net, low, end, 0.2, 0.5, 0.1, 0.0, 0.2, name="L")
    pp.create_load(net, end, load_kw / 1000.0, 0.0, name="home")
    return net


def asked(*rows):
    changes = [
        Change(what, name, do, to, f"feeder.changes.{k}")
        for k, (what, name, do, to) in enumerate(rows)
    ]
    return Wanted(tuple(changes), SIZES)


def changed(net, *rows):
    made = change(net, asked(*rows))
    return feeder_of(net, "json:made"), made


def solved(feeder):
    return power_flow(feeder, None).solve(Demand.own(feeder))


def drop_over_transformer(kva, load_kw):
    """By hand: R = 1.2 %, X = sqrt(6^2 - 1.2^2) % of V^2 / S; V2 solved as a quadratic.

    |V2|^4 + (2 (R P + X Q) - |V1|^2) |V2|^2 + (R^2 + X^2)(P^2 + Q^2) = 0, per unit on
    the transformer's rating, without the no-load branch; line losses are P's.
    """
    r, x = 0.012, np.sqrt(0.06**2 - 0.012**2)
    p = load_kw / kva
    b, c = 2 * r * p - 1.0, (r**2 + x**2) * p**2
    return float(np.sqrt((-b + np.sqrt(b**2 - 4 * c)) / 2))


@pytest.mark.parametrize("to", [400.0, "next"])
def test_the_voltage_behind_a_swapped_transformer_is_that_by_hand(to):
    net = network()
    net.line["r_ohm_per_km"] = net.line["x_ohm_per_km"] = 1e-6
    net.trafo["pfe_kw"] = net.trafo["i0_percent"] = 0.0
    feeder, made = changed(net, ("transformer", "T", "rating_kva", to))
    v = solved(feeder).v_pu[feeder.node_of_bus["1"]]
    assert v == pytest.approx(drop_over_transformer(400, 100.0), abs=1e-6)
    assert v != pytest.approx(drop_over_transformer(250, 100.0), abs=1e-3)
    assert feeder.transformers.rating_kva.tolist() == [400.0]
    assert made[0].words == "transformer T: 400 kVA in place of 250 kVA"
    assert made[0].kva == 400.0


def test_losses_without_load_grow_with_the_rating():
    net = network(0.0)
    before = solved(feeder_of(deepcopy(net), "json:made")).losses_kw
    after = solved(changed(net, ("transformer", "T", "rating_kva", 400.0))[0]).losses_kw
    assert after / before == pytest.approx(400 / 250, rel=1e-6)
    assert before == pytest.approx(0.8, rel=1e-3)


def test_two_lines_side_by_side_have_half_the_impedance_and_twice_the_rating():
    net = network()
    old = feeder_of(deepcopy(net), "json:made")
    feeder, made = changed(net, ("line", "L", "parallel", 2))
    line = feeder.branches.name.index("L")
    y_old, y_new = (
        one.branches.y_near[line, one.branches.near[line]] for one in (old, feeder)
    )
    assert y_new / y_old == pytest.approx(2.0)
    assert feeder.branches.rating_a[line] == 2 * old.branches.rating_a[line] == 400.0
    assert (made[0].km, made[0].count) == (0.2, 1)
    assert made[0].words == "line L (200 m): 2 side by side in place of 1"


@pytest.mark.parametrize("steps", [1, -2])
def test_a_tap_step_changes_the_ratio_by_its_percent(steps):
    net = network(0.0)
    net.trafo["pfe_kw"] = net.trafo["i0_percent"] = 0.0
    feeder, made = changed(net, ("transformer", "T", "tap", steps))
    v = solved(feeder).v_pu[feeder.node_of_bus["1"]]
    assert v == pytest.approx(1 / (1 + 0.025 * steps), abs=1e-9)
    assert made[0].words == (
        f"transformer T: tap {steps} in place of 0 (of -2 to 2), {2.5 * steps:+g} % "
        "turns at hv"
    )


def test_a_standard_type_brings_its_own_data():
    feeder, made = changed(
        network(),
        ("line", "L", "like", "NAYY 4x150 SE"),
        ("transformer", "T", "like", "0.4 MVA 10/0.4 kV"),
    )
    line = feeder.branches.name.index("L")
    assert feeder.branches.rating_a[line] == pytest.approx(270.0)
    assert feeder.transformers.rating_kva.tolist() == [400.0]
    assert made[0].words == "line L (200 m): NAYY 4x150 SE (270 A) in place of 200 A"


def test_a_line_is_made_like_another_line():
    net = network()
    pp.create_line_from_parameters(net, 1, 2, 0.3, 0.2, 0.08, 0.0, 0.3, name="thick")
    changed(net, ("line", "L", "like", "thick"))
    assert net.line["r_ohm_per_km"].tolist() == [0.2, 0.2]
    assert net.line["length_km"].tolist() == [0.2, 0.3]


def ring():
    """Two ways from the low side to the end, the second behind an open switch."""
    net = network()
    pp.create_line_from_parameters(net, 1, 2, 0.4, 0.5, 0.1, 0.0, 0.2, name="tie")
    pp.create_switch(net, 1, 1, "l", closed=False, name="S")
    return net


def test_a_tie_takes_over_what_is_out():
    feeder, made = changed(
        ring(), ("out", "L", "", None), ("switch", "S", "closed", True)
    )
    assert "L" not in feeder.branches.name
    assert np.isfinite(solved(feeder).v_pu).all()
    assert [one.words for one in made] == ["line L: out of service", "switch S: closed"]


def test_who_is_left_without_a_source_is_named():
    with pytest.raises(InputError) as told:
        changed(ring(), ("out", "L", "", None))
    assert str(told.value) == (
        "feeder.changes.0.out: no source reaches 1 load at 1 bus any more: bus 2; "
        "close a tie that supplies them another way (switch with closed: true), or say "
        "an outage in events"
    )


def test_changes_and_their_inverse_are_the_same_network_to_the_byte():
    net = ring()
    before = feeder_of(deepcopy(net), "json:made")
    after, _ = changed(
        net,
        ("transformer", "T", "tap", 1),
        ("transformer", "T", "rating_kva", 500.0),
        ("switch", "S", "closed", True),
        ("switch", "S", "closed", False),
        ("transformer", "T", "rating_kva", 250.0),
        ("transformer", "T", "tap", -1),
    )
    assert np.array_equal(before.y_bus.toarray(), after.y_bus.toarray())
    assert np.array_equal(before.branches.rating_a, after.branches.rating_a)
    assert np.array_equal(solved(before).v, solved(after).v)


def test_the_audits_engine_agrees_on_the_changed_network():
    net = ring()
    feeder, _ = changed(
        net,
        ("switch", "S", "closed", True),
        ("line", "L", "parallel", 3),
        ("transformer", "T", "rating_kva", "next"),
        ("transformer", "T", "tap", -1),
    )
    demand = Demand.own(feeder)
    reference = PandapowerEngine(net, feeder).solve(demand)
    assert np.abs(power_flow(feeder, None).solve(demand).v - reference.v).max() < 1e-8


@pytest.mark.parametrize(
    ("row", "words"),
    [
        (
            ("transformer", "T1", "tap", 1),
            "feeder.changes.0.transformer: no transformer is called 'T1'; there are T; "
            "did you mean 'T'?",
        ),
        (
            ("transformer", "T", "tap", 3),
            "feeder.changes.0.tap: got +3; the tap changer of 'T' stands at 0 of -2 to "
            "2; allowed: -2 to +2",
        ),
        (
            ("transformer", "T", "rating_kva", 250.0),
            "feeder.changes.0.rating_kva: 'T' has 250 kVA already",
        ),
        (
            ("transformer", "T", "like", "0.4 MVA 20/0.4 kV"),
            "feeder.changes.0.like: '0.4 MVA 20/0.4 kV' is of 20/0.4 kV, 'T' of 10/0.4 "
            "kV",
        ),
        (
            ("line", "L", "like", "NAYY 4x150"),
            "feeder.changes.0.like: no standard type or line is called 'NAYY 4x150'; ",
        ),
        (
            ("switch", "S", "closed", False),
            "feeder.changes.0.switch: no switch is called 'S': the network has no "
            "switches",
        ),
        (
            ("customer", "home", "phase", "b"),
            "feeder.changes.0.customer: 'home' draws on all three phases alike: it has "
            "no phase to change",
        ),
    ],
)
def test_mistakes_are_told_with_where_and_what_is_allowed(row, words):
    with pytest.raises(InputError) as told:
        changed(network(), row)
    assert str(told.value).startswith(words)


def test_the_nearest_name_is_one_that_is_shown():
    """Of many lines only a few are listed; aliases, as 'line 3', are not suggested."""
    net = network()
    for k in range(9):
        pp.create_line_from_parameters(
            net, 1, 2, 0.2, 0.5, 0.1, 0.0, 0.2, name=f"feeder {k}"
        )
    with pytest.raises(InputError) as told:
        changed(net, ("line", "Feeder8", "parallel", 2))
    assert str(told.value) == (
        "feeder.changes.0.line: no line is called 'Feeder8'; there are L, feeder 0, "
        "feeder 1, feeder 2, feeder 3, feeder 8 and 4 more; did you mean 'feeder 8'?"
    )
    with pytest.raises(InputError) as told:
        changed(net, ("line", "lin 33", "parallel", 2))
    assert "did you mean" not in str(told.value)


def test_two_of_a_name_are_told_apart_by_table_and_index():
    net = network()
    pp.create_line_from_parameters(net, 1, 2, 0.3, 0.2, 0.08, 0.0, 0.3, name="L")
    with pytest.raises(InputError, match=r"2 lines are called 'L'.*such as 'line 0'"):
        changed(net, ("line", "L", "parallel", 2))
    changed(net, ("line", "line 1", "parallel", 2))
    assert net.line["parallel"].tolist() == [1, 2]


def test_an_index_alone_names_an_element_of_its_only_table():
    net = network()
    changed(net, ("transformer", 0, "tap", 1), ("line", 0, "parallel", 2))
    assert (net.trafo["tap_pos"].item(), net.line["parallel"].item()) == (1, 2)


def test_no_size_beyond_the_largest():
    net = network()
    net.trafo["sn_mva"] = 0.63
    with pytest.raises(InputError, match="no standard size is above 630 kVA"):
        changed(net, ("transformer", "T", "rating_kva", "next"))


def unbalanced():
    net = network(0.0)
    pp.create_asymmetric_load(net, 2, p_a_mw=0.01, q_a_mvar=0.002, name="flat")
    return net


def test_a_phase_change_moves_all_of_a_loads_power():
    from twin.grid.pp_phases import to_three_phase

    net = unbalanced()
    made = change(net, asked(("customer", "flat", "phase", "c")))
    feeder = to_three_phase(net, "made", "json:made")
    row = feeder.terminals.name.index("flat")
    assert feeder.nodes.phase[feeder.terminals.node_a[row]] == 3
    assert feeder.terminals.p_kw[row] == pytest.approx(10.0)
    assert feeder.terminals.q_kvar[row] == pytest.approx(2.0)
    assert feeder.terminals.name.count("flat") == 1
    assert made[0].words == "customer flat: phase c in place of a"


def test_a_load_is_not_moved_where_it_is():
    with pytest.raises(InputError, match="'flat' is on phase a already"):
        change(unbalanced(), asked(("customer", "flat", "phase", "a")))


def test_changes_are_plain_for_a_record():
    made = change(network(), asked(("line", "L", "parallel", 2)))
    assert json.loads(json.dumps(made[0].plain())) == {
        "kind": "line",
        "name": "L",
        "words": "line L (200 m): 2 side by side in place of 1",
        "km": 0.2,
        "count": 1,
    }
