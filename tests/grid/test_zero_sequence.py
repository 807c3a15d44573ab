"""What stands in for zero-sequence data, and what a scenario may say of it."""

from __future__ import annotations

import numpy as np
import pandapower as pp
import pytest

from twin.errors import InputError
from twin.grid.zero_sequence import ZeroSequence, completed


def bare():
    """A street without a word on zero sequence."""
    net = pp.create_empty_network()
    for kv in (20.0, 0.4, 0.4):
        pp.create_bus(net, kv)
    pp.create_ext_grid(net, 0, name="grid")
    pp.create_transformer(net, 0, 1, "0.25 MVA 20/0.4 kV", name="T")
    pp.create_line(net, 1, 2, 0.2, "NAYY 4x50 SE", name="cable")
    net.trafo = net.trafo.drop(columns="vector_group")
    return net


def test_defaults_fill_what_is_missing_and_say_so():
    net = bare()
    full, notes = completed(net, ZeroSequence())
    line, trafo, grid = full.line.iloc[0], full.trafo.iloc[0], full.ext_grid.iloc[0]
    assert line.r0_ohm_per_km == pytest.approx(4.0 * line.r_ohm_per_km)
    assert line.x0_ohm_per_km == pytest.approx(4.0 * line.x_ohm_per_km)
    assert line.c0_nf_per_km == pytest.approx(line.c_nf_per_km)
    assert trafo.vector_group == "Dyn"
    assert trafo.vk0_percent == pytest.approx(trafo.vk_percent)
    assert trafo.vkr0_percent == pytest.approx(trafo.vkr_percent)
    assert trafo.mag0_percent == 10_000.0
    assert (trafo.mag0_rx, trafo.si0_hv_partial) == (0.0, 0.9)
    assert (grid.s_sc_max_mva, grid.rx_max) == (1000.0, 0.1)
    assert (grid.x0x_max, grid.r0x0_max) == (1.0, 0.1)
    assert "r0_ohm_per_km" not in net.line
    said = "\n".join(notes)
    assert "1 of 1 in line (cable): r0_ohm_per_km = 4.0 x r_ohm_per_km" in said
    assert "1 of 1 in trafo (T)" in said
    assert "1 of 1 in ext_grid (grid): s_sc_max_mva = 1000.0" in said


def test_given_numbers_stay_and_only_gaps_are_filled():
    net = bare()
    pp.create_line(net, 1, 2, 0.1, "NAYY 4x50 SE", name="other")
    net.line["r0_ohm_per_km"] = [1.5, np.nan]
    full, notes = completed(net, ZeroSequence(line_r0_per_r1=3.0))
    r = net.line.r_ohm_per_km
    assert full.line.r0_ohm_per_km.tolist() == pytest.approx([1.5, 3.0 * r[1]])
    assert any("1 of 2 in line (other): r0_ohm_per_km = 3.0" in note for note in notes)


def test_a_clock_number_is_no_part_of_the_vector_group():
    net = bare()
    net.trafo["vector_group"] = "DYN11"
    full, notes = completed(net, ZeroSequence())
    assert full.trafo.vector_group.tolist() == ["Dyn"]
    assert not any("vector_group" in note for note in notes)


def test_a_magnetising_impedance_that_no_core_has_is_pointed_out():
    net = bare()
    net.trafo["mag0_percent"] = 100.0
    full, notes = completed(net, ZeroSequence())
    assert full.trafo.mag0_percent.tolist() == [100.0]
    assert any("mag0_percent of 1 of 1 in trafo (T)" in note for note in notes)


def test_a_scenario_may_give_its_own_rule():
    rule = ZeroSequence.of({"line_r0_per_r1": 2, "trafo_vector_group": "YNyn0"})
    full, _ = completed(bare(), rule)
    assert full.line.r0_ohm_per_km[0] == pytest.approx(2 * full.line.r_ohm_per_km[0])
    assert full.trafo.vector_group.tolist() == ["YNyn"]


@pytest.mark.parametrize(
    ("given", "said"),
    [
        ({"line_r0_per_r": 4}, "did you mean 'line_r0_per_r1'"),
        ({"line_r0_per_r1": 0}, "got 0"),
        ({"line_r0_per_r1": "four"}, "got 'four'"),
        ({"source_s_sc_mva": float("inf")}, "got inf"),
        ({"trafo_vector_group": "Dd"}, "YNyn, Dyn, Yzn"),
    ],
)
def test_what_is_no_rule_is_refused(given, said):
    with pytest.raises(InputError, match=said):
        ZeroSequence.of(given)
