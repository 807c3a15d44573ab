"""Where chargers are: on a keyed phase, on three, between the legs of a service."""

from __future__ import annotations

import numpy as np
import pytest
from numpy.testing import assert_allclose, assert_array_equal

from tests.simulation.phases import LEGS, street
from tests.worlds import scenario
from twin.grid.added_terminals import KIND, with_terminals
from twin.grid.feeder import Feeder
from twin.grid.flow import Demand
from twin.grid.powerflow import FixedPoint
from twin.simulation.cars import cars
from twin.simulation.households import households
from twin.simulation.plugs import Plugs, on_phases, plugs
from twin.simulation.services import hot_legs, services

THREE = [("shop", 0, place, kw, 1.0) for place, kw in enumerate((4.0, 2.0, 2.0))]
SINGLE = ("flat", 1, 1, 2.0, 0.5)
TWO_LEGS = [("a", 0, 0, 3.0, 0.5), ("b", 1, 1, 1.0, 0.5)]


def placed(feeder: Feeder, **words: object) -> tuple[Plugs, np.ndarray]:
    said = scenario(fleet__ev_count=60, **words)
    homes = households(said, feeder)
    fleet = cars(said, homes)
    return plugs(feeder, homes, fleet, said.seed), fleet.traits["customer"]


def test_an_element_on_three_phases_is_one_customer() -> None:
    said = scenario(customers__homes_per_load=2)
    homes = households(said, street([*THREE, SINGLE]))
    assert homes.name == ("shop#1", "shop#2", "flat#1", "flat#2")
    assert_array_equal(homes.phase, [0, 0, 2, 2])
    assert_allclose(homes.peak_kw, [4.0, 4.0, 1.0, 1.0])
    assert_allclose(homes.spread.share[:3], [0.5, 0.25, 0.25])


def test_three_phase_chargers_take_three_phases_where_the_home_has_them() -> None:
    place, home = placed(
        street([*THREE, SINGLE]),
        customers__homes_per_load=20,
        fleet__charger_kw=11.0,
        fleet__models={"toyota_bz4x_eu": 1.0},
    )
    assert_array_equal(place.spread.count, np.where(home < 20, 3, 1))
    assert_array_equal(place.phase, np.where(home < 20, 0, 2))
    assert_allclose(place.spread.share[:3], 1.0 / 3.0)


def test_a_charger_of_one_phase_sits_on_a_keyed_one_of_its_home() -> None:
    words = {"customers__homes_per_load": 30, "fleet__charger_kw": 3.7}
    place, home = placed(street([*THREE, SINGLE]), **words)
    on_shop = place.phase[home < 30]
    assert set(on_shop.tolist()) == {1, 2, 3}
    assert set(place.phase[home >= 30].tolist()) == {2}
    again, _ = placed(street([*THREE, SINGLE]), **words)
    assert_array_equal(place.phase, again.phase)
    other, _ = placed(street([*THREE, SINGLE]), seed=2, **words)
    assert not np.array_equal(place.phase, other.phase)


@pytest.mark.parametrize("kw, phases", [(4.6, 1), (4.7, 3)])
def test_germany_allows_4_6_kva_on_one_phase(kw: float, phases: int) -> None:
    said = scenario(fleet__charger_kw=kw, fleet__models={"toyota_bz4x": 1.0})
    fleet = cars(said, households(said, street(THREE)))
    assert_array_equal(fleet.phases, phases)


def test_a_car_of_one_phase_stays_on_one_of_a_charger_of_three() -> None:
    place, _ = placed(
        street(THREE),
        customers__homes_per_load=20,
        fleet__charger_kw=11.0,
        fleet__models={"toyota_bz4x": 1.0},
    )
    assert_array_equal(place.spread.count, 1)
    assert set(place.phase.tolist()) == {1, 2, 3}


def test_loads_on_the_legs_of_a_service_are_one_customer() -> None:
    feeder = street(TWO_LEGS, LEGS)
    assert_array_equal(services(feeder), [0, 0])
    assert hot_legs(feeder, services(feeder)) == {0: (2, 3)}
    assert_array_equal(services(street(TWO_LEGS)), [0, 1])


def test_its_cars_charge_between_the_legs() -> None:
    feeder = street(TWO_LEGS, LEGS)
    place, _ = placed(feeder, customers__homes_per_load=20)
    terminals = place.feeder.terminals
    assert terminals.kind[2:] == [KIND]
    assert (terminals.node_a[2], terminals.node_b[2]) == (2, 3)
    assert_array_equal(place.spread.terminal, np.full(60, 2))
    assert_array_equal(place.phase, 0)
    assert_allclose(terminals.v_rated_pu[2], 2.0)


def test_between_the_legs_is_half_on_each_phase() -> None:
    feeder = street(TWO_LEGS, LEGS)
    said = scenario(fleet__ev_count=3)
    homes = households(said, feeder)
    fleet = cars(said, homes)
    place = plugs(feeder, homes, fleet, said.seed)
    found = on_phases(place.feeder, homes, fleet, place.spread)
    assert_array_equal(found.owner, [0, 0, 1, 1, 2, 2])
    assert_array_equal(found.terminal, [0, 1] * 3)
    assert_allclose(found.share, 0.5)


def test_a_car_on_its_homes_phases_stays_there() -> None:
    feeder = street([*THREE, SINGLE])
    said = scenario(fleet__ev_count=2)
    homes = households(said, feeder)
    fleet = cars(said, homes)
    place = plugs(feeder, homes, fleet, said.seed)
    found = on_phases(place.feeder, homes, fleet, place.spread)
    assert_array_equal(found.terminal, place.spread.terminal)
    assert_array_equal(found.share, place.spread.share)


def test_power_between_the_legs_is_drawn_from_both() -> None:
    feeder = with_terminals(street(TWO_LEGS, LEGS), [(2, 3)])
    none = np.zeros(3)
    flow = FixedPoint(feeder, 1e-12).solve(
        Demand(none, none, np.array([0.0, 0.0, 7.2]), none)
    )
    assert_allclose(flow.source_kw[0], flow.source_kw[1])
    assert_allclose(flow.grid_kw - flow.losses_kw, 7.2, rtol=1e-9)
    assert_allclose(np.abs(flow.v[2] - flow.v[3]) * flow.i_a[0] * 0.23, 7.2, rtol=1e-9)
