"""Three phases beside PowerFactory, runpp_3ph and the positive sequence, net by net."""

from __future__ import annotations

import numpy as np
import pandapower.networks as networks
import pytest

from tests.grid import references_pandapower as references
from tests.grid.held import keep
from twin.grid.conversion import to_feeder
from twin.grid.pair_newton import PairNewton
from twin.grid.pandapower import seeded
from twin.grid.powerflow import Demand, FixedPoint

pytestmark = pytest.mark.long


@pytest.mark.parametrize("group", references.GROUPS)
def test_powerfactorys_network(group):
    """Within 1e-5 pu, as far as PowerFactory and its numbers' data agree."""
    keep(references.beside_powerfactory(group))


@pytest.mark.parametrize("minute", references.MINUTES)
def test_the_european_feeder_equals_runpp_3ph_and_newton(minute):
    keep([references.beside_runpp_3ph(minute)])
    feeder, flow = references.solved(references.european(minute))
    newton = PairNewton(feeder).solve(Demand.own(feeder))
    np.testing.assert_allclose(flow.v, newton.v, atol=1e-9)
    assert len(feeder.terminals) == 55


def test_a_service_as_a_balanced_network():
    keep(references.beside_equivalent())


@pytest.mark.parametrize("name", references.BALANCED)
def test_balanced_loads_give_the_positive_sequence(name):
    keep(references.beside_positive_sequence(name))


@pytest.mark.parametrize("name", references.BALANCED)
def test_balanced_loads_give_the_flows_of_the_positive_sequence(name):
    with seeded(0):
        net = getattr(networks, name)()
    _, flow = references.solved(net)
    one = to_feeder(net, name, "test")
    single = FixedPoint(one, 1e-11).solve(Demand.own(one))
    n = 3 * len(one.branches)
    np.testing.assert_allclose(flow.i_a[:n], single.i_a.repeat(3), atol=1e-5)
    np.testing.assert_allclose(
        flow.p_kw[:n].reshape(-1, 3).sum(axis=1), single.p_kw, atol=1e-5
    )
    np.testing.assert_allclose(flow.loading[:n], single.loading.repeat(3), atol=1e-8)
    assert flow.iterations <= single.iterations + 1
