"""Hours, depth and weeks at customers' services, by hand-made voltages.

bus street, phases 1, 2, 3:  customer 0 on phase 1, customer 1 on all, 2 on phase 2
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import replace

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from tests.simulation.phases import LEGS, street
from twin.customers.spread import Spread, spread_of_groups
from twin.grid.feeder import Feeder
from twin.simulation.service_voltage import Services, ServiceVoltage, service_nodes

FEEDER = street(
    [("one", 0, 0, 1.0, 0.0)]
    + [("three", 1, place, 1.0, 0.0) for place in range(3)]
    + [("two", 2, 1, 1.0, 0.0)]
)
DRAWN = FEEDER.terminals.p_kw
SPREAD = spread_of_groups(np.array([0, 1, 1, 1, 2]), DRAWN, 0 * DRAWN)
SERVICES = Services.of(FEEDER, SPREAD, ["street"])
NONE = np.empty((0, 1), np.float32)


def day(phases: list[tuple[float, float, float]], minutes: int) -> Mapping:
    """The columns of a day whose intervals have these voltages on the street."""
    return judged(minutes).day(
        0, volts(phases), np.full((len(phases), 1), np.nan, "f4")
    )


def judged(minutes: int, services: Services = SERVICES) -> ServiceVoltage:
    return ServiceVoltage(services, 60 * minutes)


def volts(phases: list[tuple[float, float, float]]) -> np.ndarray:
    street = np.array(phases, np.float32)
    return np.concatenate([np.ones_like(street), street], axis=1)


def shares(values: list[float]) -> np.ndarray:
    return np.array(values, np.float32)[:, None]


def test_who_is_judged_where():
    owner, node = service_nodes(FEEDER, SPREAD)
    assert owner.tolist() == [0, 1, 1, 1, 2]
    assert node.tolist() == [3, 3, 4, 5, 4]
    assert SERVICES.bus.tolist() == [0, 0, 0]


def test_a_neutral_is_not_judged():
    """A load between phase 1 and the neutral, here the node of phase 3."""
    neutral = np.arange(FEEDER.n_node) == 5
    nodes = replace(FEEDER.nodes, auxiliary=neutral)
    terminals = replace(FEEDER.terminals, node_b=np.full(5, 5))
    feeder = replace(FEEDER, nodes=nodes, terminals=terminals)
    owner, node = service_nodes(feeder, Spread.single(np.array([0])))
    assert (owner.tolist(), node.tolist()) == ([0], [3])


def test_hours_and_depth_outside_the_ranges():
    """Phase 1 at 0.94 (A), 0.91 (B); phase 2 at 1.06 beside the first of these."""
    found = day([(0.94, 1.06, 1.0), (0.91, 1.0, 1.0), (1.0, 1.0, 1.0)], 60)
    assert found["a_below_h"].tolist() == [2.0, 2.0, 0.0]
    assert found["a_above_h"].tolist() == [0.0, 1.0, 1.0]
    assert found["a_outside_h"].tolist() == [2.0, 2.0, 1.0]
    assert found["a_depth_pu_h"] == pytest.approx([0.05, 0.05, 0.01], abs=1e-6)
    far, above = 110 / 120 - 0.91, 1.06 - 127 / 120
    assert found["b_below_h"].tolist() == [1.0, 1.0, 0.0]
    assert found["b_above_h"].tolist() == [0.0, 1.0, 1.0]
    assert found["b_outside_h"].tolist() == [1.0, 2.0, 1.0]
    want = [far, far + above, above]
    assert found["b_depth_pu_h"] == pytest.approx(want, abs=1e-6)
    assert found["known_h"].tolist() == [3.0] * 3
    assert found["worst_pu"] == pytest.approx([0.91, 0.91, 1.06])
    assert found["worst_phase"].tolist() == [1, 1, 2]


def test_limits_themselves_are_inside():
    found = day([(0.95, 1.05, 0.95)], 60)
    assert found["a_outside_h"].tolist() == [0.0] * 3
    found = day([(0.85, 1.1, 0.9)], 60)
    assert found["beyond_h"].tolist() == [0.0] * 3
    assert found["week_outside"].tolist() == [1.0, 1.0, 0.0]


def test_what_is_never_allowed():
    found = day([(0.84, 1.0, 1.0), (1.0, 1.11, 1.0)], 10)
    assert found["beyond_h"] == pytest.approx([1 / 6, 2 / 6, 1 / 6])


def test_minutes_are_judged_by_ten():
    """Five minutes at 0.90 and five at 0.985 are 0.9435: ten minutes outside."""
    found = day([(0.90, 1.0, 1.0), (0.985, 1.0, 1.0)] * 5, 1)
    assert found["a_outside_h"] == pytest.approx([1 / 6, 1 / 6, 0])


def test_above_600_v_ranges_are_narrower():
    high = street([("one", 0, 0, 1.0, 0.0)])
    high = _at(high, 7.2)
    services = Services.of(high, Spread.single(np.array([0])), [])
    found = judged(60, services).day(
        0, volts([(0.96, 1, 1), (1.055, 1, 1)]), NONE[:, :0]
    )
    assert found["a_outside_h"].tolist() == [2.0]
    assert found["b_outside_h"].tolist() == [0.0]


def test_both_legs_of_a_service_are_judged():
    """The load between is at 240 V; a leg at 112 V is outside range A."""
    legs = street([("leg 1", 0, 0, 1.0, 0.0), ("leg 2", 1, 1, 1.0, 0.0)], LEGS)
    spread = spread_of_groups(np.array([0, 0]), legs.terminals.p_kw, np.zeros(2))
    services = Services.of(legs, spread, [])
    v = np.array([[1.0, 1.0, 1.02, 112 / 120]], np.float32)
    found = judged(60, services).day(0, v, NONE[:, :0])
    assert found["a_below_h"].tolist() == [1.0]
    assert found["worst_phase"].tolist() == [2.0]


def test_a_week_is_judged_on_each_phase_by_itself():
    """8 of 144 on one phase, 7 on another: 5.6 % on the worst, though 15 in all."""
    phases = [(0.89, 1.0, 1.0)] * 8 + [(1.0, 1.11, 1.0)] * 7 + [(1.0,) * 3] * 129
    found = day(phases, 10)
    assert found["week_outside"] == pytest.approx([8 / 144, 8 / 144, 7 / 144])


def test_weeks_begin_anew_every_seven_days():
    service = judged(60)
    bad, good = volts([(0.8, 1.0, 1.0)]), volts([(1.0, 1.0, 1.0)])
    told = [
        service.day(k, bad if k in (0, 8) else good, shares([0.04 if k == 7 else 0.01]))
        for k in range(14)
    ]
    outside = [one["week_outside"][0] for one in told]
    want = [1 / n for n in range(1, 8)] + [0.0] + [1 / n for n in range(2, 8)]
    assert outside == pytest.approx(want)
    assert [one["week_vuf_p95"][0] for one in told[:7]] == pytest.approx([0.01] * 7)
    assert told[13]["week_vuf_p95"][0] == pytest.approx(0.04)


def test_the_95th_percentile_of_unbalance_is_of_the_week_so_far():
    service = judged(10)
    first = service.day(0, volts([(1, 1, 1)] * 20), shares([0.01] * 19 + [0.03]))
    assert first["week_vuf_p95"] == pytest.approx([0.01] * 3)
    second = service.day(1, volts([(1, 1, 1)] * 2), shares([0.03, 0.03]))
    assert second["week_vuf_p95"] == pytest.approx([0.03] * 3)


def test_a_bus_without_three_phases_has_no_unbalance():
    services = Services.of(FEEDER, SPREAD, [])
    found = judged(60, services).day(0, volts([(1, 1, 1)]), NONE[:, :0])
    assert np.isnan(found["week_vuf_p95"]).all()


def test_what_is_not_known_counts_nowhere():
    nothing = (np.nan,) * 3
    found = day([nothing, (0.89, 1.0, 1.0)], 60)
    assert found["known_h"].tolist() == [1.0] * 3
    assert found["a_outside_h"].tolist() == [1.0, 1.0, 0.0]
    assert found["week_outside"].tolist() == [1.0, 1.0, 0.0]
    whole = day([nothing], 60)
    assert np.isnan(whole["worst_pu"]).all()
    assert whole["week_outside"].tolist() == [0.0] * 3


@given(
    st.lists(st.tuples(*[st.floats(0.8, 1.2)] * 3), min_size=1, max_size=12),
    st.floats(-0.02, 0.02),
)
def test_lower_voltages_are_below_no_shorter(phases, up):
    lower = [tuple(v - abs(up) for v in row) for row in phases]
    before, after = day(phases, 60), day(lower, 60)
    assert (after["a_below_h"] >= before["a_below_h"]).all()
    assert (after["a_above_h"] <= before["a_above_h"]).all()


@given(st.lists(st.tuples(*[st.floats(0.8, 1.2)] * 3), min_size=1, max_size=12))
def test_the_order_of_customers_changes_nothing(phases):
    turned = np.array([2, 1, 1, 1, 0])
    spread = spread_of_groups(turned, DRAWN, 0 * DRAWN)
    other = Services.of(FEEDER, spread, ["street"])
    v, vuf = volts(phases), np.full((len(phases), 1), 0.01, np.float32)
    mine, theirs = (judged(60, one).day(0, v, vuf) for one in (SERVICES, other))
    for key, values in mine.items():
        np.testing.assert_array_equal(values, theirs[key][[2, 1, 0]])


def _at(feeder: Feeder, kv: float) -> Feeder:
    kvs = np.full(feeder.n_node, kv)
    return replace(feeder, nodes=replace(feeder.nodes, v_base_kv=kvs))
