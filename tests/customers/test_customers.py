"""Meters by hand: what cars at one connection may take and give.

home 0: cars 0, 1      home 1: car 2      home 2: none
"""

from __future__ import annotations

from typing import Any

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from numpy.testing import assert_allclose

from twin.customers.customers import Customers
from twin.customers.spread import Spread


def customers(car_customer: tuple[int, ...] = (0, 0, 1), **said: Any) -> Customers:
    words: dict[str, Any] = {
        "name": ("a", "b", "c"),
        "kind": ("home", "home", "other"),
        "spread": Spread.single(np.array([1, 1, 0])),
        "zone": np.array([0, 0, 1]),
        "annual_kwh": np.full(3, 3500.0),
        "kvar_per_kw": np.array([0.25, 0.5, 0.0]),
        "pv_kwp": np.array([0.0, 5.0, 0.0]),
        "import_limit_kw": np.array([12.0, 12.0, np.inf]),
        "export_limit_kw": np.array([5.0, 0.0, 0.0]),
        "car_customer": np.array(car_customer, dtype=np.int64),
        "fixed_kw": np.array([0.0, -3.0]),
        "fixed_kvar": np.array([0.0, 1.0]),
        "n_zone": 2,
    }
    return Customers(**(words | said))


LOAD, SUN = np.array([2.0, 1.0, 7.0]), np.array([0.0, 4.0, 0.0])


def test_terminals_draw_what_their_customers_do() -> None:
    load_kw, load_kvar, fixed_kw, fixed_kvar = customers().net(
        LOAD, SUN, np.array([3.0, -1.0, 2.0])
    )
    assert_allclose(load_kw, [7.0, 3.0])
    assert_allclose(load_kvar, [0.0, 1.0])
    assert_allclose(fixed_kw, [0.0, -3.0 + 4.0 - 4.0])
    assert_allclose(fixed_kvar, [0.0, 1.0])


def by_phase(limit_kw: float, rows: list[tuple[int, int, float]]) -> Customers:
    """Home 0 on terminals 0 to 2; its cars on rows of car, terminal, share."""
    third = np.full(3, 1.0 / 3.0)
    owner, terminal, share = (np.array(column) for column in zip(*rows, strict=True))
    return customers(
        (0, 0),
        name=("a",),
        spread=Spread(np.zeros(3, dtype=np.int64), np.arange(3), third, third),
        zone=np.array([0]),
        fixed_kw=np.zeros(3),
        fixed_kvar=np.zeros(3),
        car_spread=Spread(owner, terminal, share, share),
        phase_limit_kw=limit_kw,
    )


THIRD = 1.0 / 3.0
ONE_AND_THREE = [(0, 1, 1.0), (1, 0, THIRD), (1, 1, THIRD), (1, 2, THIRD)]


@pytest.mark.parametrize(
    "allowed, left",
    [
        ([-2.0, -3.0], [-2.0, -3.0]),
        ([-4.0, -6.0], [-8.0 / 3.0, -4.0]),
        ([0.0, -15.0], [0.0, -12.0]),
        ([5.0, -15.0], [5.0, -12.0]),
        ([-8.0, 6.0], [-4.0, 6.0]),
        ([-11.0, -1.5], [-11.0 * 4.0 / 11.5, 0.0]),
    ],
)
def test_no_phase_is_fed_beyond_its_limit(
    allowed: list[float], left: list[float]
) -> None:
    """3 kW a phase and 1 kW of load on each: 4 kW on phase 1 for both cars."""
    people = by_phase(3.0, ONE_AND_THREE)
    found = people.within_phases(
        np.array(allowed), np.full(2, 1.38), np.array([3.0]), np.zeros(1)
    )
    assert_allclose(found, left)


def test_sun_beyond_the_limit_leaves_a_phase_nothing() -> None:
    people = by_phase(3.0, ONE_AND_THREE)
    found = people.within_phases(
        np.array([-4.0, -6.0]), np.full(2, 1.38), np.array([3.0]), np.array([12.0])
    )
    assert_allclose(found, 0.0)


def test_cars_that_may_not_lean_have_what_load_and_sun_leave() -> None:
    wanted = [20.0, -15.0, 0.0]
    leaning = room(customers(), wanted)
    alone = room(customers(cars_may_lean=False), wanted)
    assert_allclose(leaning, [20.0, -15.0, 0.0])
    assert_allclose(alone, [10.0, -10.0, 0.0])


def test_sums_by_meter_and_zone() -> None:
    people = customers()
    assert_allclose(people.cars_kw(np.array([3.0, -1.0, 2.0])), [2.0, 2.0, 0.0])
    assert_allclose(people.by_zone(LOAD), [3.0, 7.0])


def test_rooms_are_what_load_and_sun_leave() -> None:
    people = customers()
    assert_allclose(people.import_room_kw(LOAD, SUN), [10.0, 15.0, np.inf])
    assert_allclose(people.export_room_kw(LOAD, SUN), [7.0, 0.0, 7.0])
    heavy = np.array([20.0, 1.0, 0.0])
    assert_allclose(people.import_room_kw(heavy, SUN)[0], 0.0)


def room(
    people: Customers,
    wanted: list[float],
    take: float = 10.0,
    give: float = 10.0,
    plugged: bool | list[bool] = True,
    least: float = 0.0,
) -> np.ndarray:
    n_ev = len(people.car_customer)
    return people.room(
        np.array(wanted),
        np.full(n_ev, least),
        np.broadcast_to(plugged, n_ev),
        np.full(3, take),
        np.full(3, give),
    )


@pytest.mark.parametrize(
    "wanted, allowed",
    [
        ([4.0, 4.0, 4.0], [4.0, 4.0, 4.0]),
        ([8.0, 12.0, 12.0], [4.0, 6.0, 10.0]),
        ([-8.0, -12.0, -12.0], [-4.0, -6.0, -10.0]),
        ([15.0, -5.0, 0.0], [15.0, -5.0, 0.0]),
        ([18.0, -5.0, 0.0], [15.0, -5.0, 0.0]),
        ([5.0, -18.0, 0.0], [5.0, -15.0, 0.0]),
        ([40.0, -40.0, 0.0], [40.0, -40.0, 0.0]),
    ],
)
def test_cars_share_a_meter_in_proportion_after_netting(
    wanted: list[float], allowed: list[float]
) -> None:
    assert_allclose(room(customers(), wanted), allowed)


def test_without_room_nothing_flows() -> None:
    assert_allclose(room(customers(), [5.0, 3.0, 9.0], take=0.0), 0.0)
    assert_allclose(room(customers(), [-5.0, -3.0, -9.0], give=0.0), 0.0)


def test_less_than_a_chargers_minimum_is_nothing() -> None:
    assert_allclose(room(customers(), [8.0, 12.0, 1.0], least=4.5), [0.0, 10.0, 0.0])
    alone = customers(car_customer=(0, 1, 2))
    assert_allclose(room(alone, [1.0, -1.0, 2.0], least=1.5), [0.0, 0.0, 2.0])


def test_an_absent_car_leaves_its_share_to_the_other() -> None:
    shared = room(customers(), [8.0, 12.0, 12.0], plugged=[True, False, True])
    assert_allclose(shared, [8.0, 0.0, 10.0])


def test_a_car_that_is_alone_keeps_its_share_while_away() -> None:
    shared = room(customers(), [8.0, 12.0, 12.0], plugged=False)
    assert_allclose(shared, [0.0, 0.0, 10.0])
    alone = customers(car_customer=(0, 1, 2))
    assert_allclose(room(alone, [8.0, 12.0, -12.0], plugged=False), [8.0, 10.0, -10.0])


def test_who_has_a_meter_to_itself() -> None:
    people = customers()
    assert [people.shares_plug(car) for car in range(3)] == [True, True, False]
    assert_allclose(people.lone_room_kw(np.array([5.0, 6.0, 7.0])), [0.0, 0.0, 6.0])


@pytest.mark.parametrize(
    "wanted, plugged, held",
    [
        ([8.0, 6.0, -9.0], [True, True, True], [8.0, 6.0, -9.0]),
        ([8.0, -6.0, -9.0], [True, True, True], [3.0, -4.0, -9.0]),
        ([8.0, -6.0, -9.0], [True, False, True], [8.0, -6.0, -9.0]),
        ([2.0, -1.0, 9.0], [True, True, True], [2.0, -1.0, 9.0]),
    ],
)
def test_cars_of_opposite_signs_are_held_to_what_lasts(
    wanted: list[float], plugged: list[bool], held: list[float]
) -> None:
    lasting_kw = np.array([3.0, 1.0, 1.0]), np.array([1.0, 4.0, 1.0])
    found = customers().netted(np.array(wanted), np.array(plugged), lasting_kw)
    assert_allclose(found, held)


def test_who_shares_a_meter() -> None:
    assert customers().shares_any
    assert not customers(car_customer=(0, 1, 2)).shares_any


KW = st.floats(-30.0, 30.0)


@given(
    st.lists(st.tuples(st.integers(0, 2), KW, st.booleans()), min_size=1, max_size=9),
    st.lists(st.floats(0.0, 20.0), min_size=6, max_size=6),
    st.sampled_from((0.0, 1.5)),
)
def test_set_points_keep_within_every_meter(
    cars: list[tuple[int, float, bool]], rooms: list[float], least: float
) -> None:
    home, wanted, plugged = (np.array(column) for column in zip(*cars, strict=True))
    people = customers(car_customer=tuple(home))
    take, give = np.array(rooms[:3]), np.array(rooms[3:])
    allowed = people.room(wanted, np.full(len(home), least), plugged, take, give)
    together = people.cars_kw(allowed)
    assert (together <= take + 1e-9).all()
    assert (together >= -give - 1e-9).all()
    assert (np.abs(allowed) <= np.abs(wanted) + 1e-12).all()
    assert (allowed * wanted >= 0.0).all()
