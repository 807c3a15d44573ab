"""What three phases cannot hold is refused by the element's own name."""

from __future__ import annotations

import pandapower as pp
import pandapower.networks as networks
import pytest

from twin.errors import InputError
from twin.grid.pp_phases import to_three_phase


@pytest.fixture
def net():
    made = networks.create_cigre_network_lv()
    made.trafo["vector_group"] = ["Dyn1", "YNyn0", "yzn5"]
    return made


def refused(net):
    with pytest.raises(InputError) as caught:
        to_three_phase(net, "net", "test")
    return str(caught.value)


def test_allowed_groups_are_taken_with_clock_numbers_in_any_case(net):
    assert to_three_phase(net, "net", "test").model == "three_phase"


@pytest.mark.parametrize("group", ["Dd0", "Yyn0", "YNd5", "Yy0", "Dzn0", "5"])
def test_every_other_group_is_refused(net, group):
    net.trafo["vector_group"] = ["Dyn1", group, "Dyn1"]
    said = refused(net)
    assert f"vector group {group} of Trafo I0-I1" in said
    assert "YNyn, Dyn, Yzn" in said


def test_everything_refused_is_told_at_once(net):
    pp.create_gen(net, 5, 0.01, name="diesel")
    pp.create_ward(net, 5, 0.01, 0, 0, 0, name="town")
    pp.create_xward(net, 5, 0.01, 0, 0, 0, 0.1, 0.1, 1.0, name="city")
    pp.create_motor(net, 5, 0.01, 0.9, name="pump")
    pp.create_impedance(net, 5, 6, 0.1, 0.1, 1.0, name="coil")
    pp.create_switch(net, 5, 6, "b", z_ohm=0.1, name="coupler")
    said = refused(net)
    for word in ("gen: diesel", "ward: town", "xward: city", "motor: pump",
                 "impedance: coil", "coupler"):  # fmt: skip
        assert word in said
    assert "allowed are bus, line, trafo" in said
    assert "asymmetric_load" in said


def test_what_is_out_of_service_is_no_reason_to_refuse(net):
    pp.create_gen(net, 5, 0.01, name="diesel", in_service=False)
    pp.create_switch(net, 5, 6, "b", z_ohm=0.1, closed=False)
    net.trafo.loc[1, ["vector_group", "in_service"]] = ["Dd0", False]
    feeder = to_three_phase(net, "net", "test")
    assert "Trafo I0-I1" not in feeder.branches.name


@pytest.mark.parametrize("column", ["xn_ohm", "rn_ohm"])
def test_star_points_earthed_through_an_impedance_are_refused(net, column):
    net.trafo[column] = [0.0, 2.0, None]
    said = refused(net)
    assert "earthed directly only: Trafo I0-I1" in said
