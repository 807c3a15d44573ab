"""Homes on their own car: handbook cases and rules, by hand."""

from __future__ import annotations

import numpy as np
import pytest

from twin.customers.backup import BackupRules, Cars, Why, backup_hours
from twin.fleet.charging import settle
from twin.fleet.state import Phase, state, traits


def test_backup_hours_of_the_handbook():
    """Case V2H: 31.5 h."""
    assert backup_hours(70.0, 0.8, 0.2, 0.9, 1.2) == pytest.approx(31.5)


def test_a_load_above_the_form_is_shed_as_in_the_handbook():
    """Case V2H: [1,1,1,11,3,2,2,1,1,1] kW hourly, P_form 9.6, 37.8 kWh: 22.6 of 24."""
    load_kw = np.array([1, 1, 1, 11, 3, 2, 2, 1, 1, 1], dtype=np.float64)
    rules = BackupRules(1.0, trips=False, reserve_soc=0.2)
    cars, own = state(1), traits(1)
    own["capacity_kwh"], own["give_kw"], own["rated_kw"] = 70.0, 9.6, 9.6
    own["battery_efficiency"] = 0.9
    cars["phase"], cars["soc"], cars["forming"] = Phase.PLUGGED, 0.8, 1
    cars["form_floor_soc"] = 0.2
    for hour, kw in enumerate(load_kw):
        seen = Cars(
            np.zeros(1, int),
            np.ones(1, bool),
            np.ones(1, bool),
            cars["soc"],
            own["give_kw"],
            own["charge_kw"],
            own["min_kw"],
        )
        islands = rules.islands(seen, np.ones(1, bool), np.array([kw]), np.zeros(1))
        cars["set_kw"] = -islands.kw
        settle(own, cars, 0, 3600 * (hour + 1))
    served_kwh = float(cars["island_kwh"][0])
    assert served_kwh == pytest.approx(22.6)
    assert served_kwh / load_kw.sum() == pytest.approx(0.941667, abs=1e-6)
    left_kwh = (cars["soc"][0] - 0.2) * 70.0 * 0.9
    assert left_kwh == pytest.approx(15.2)
    assert cars["island_s"][0] == pytest.approx(36_000.0)


NO_SUN = np.zeros(5)


def homes(**said) -> Cars:
    """Homes 0 to 4: no car; it cannot; it is away; at its reserve; ready."""
    columns = {
        "home": np.array([1, 2, 3, 4, 4]),
        "capable": np.array([False, True, True, True, True]),
        "plugged": np.array([True, False, True, True, True]),
        "soc": np.array([0.9, 0.9, 0.2, 0.5, 0.9]),
        "give_kw": np.full(5, 4.0),
        "charge_kw": np.full(5, 3.0),
        "min_kw": np.full(5, 1.4),
    }
    return Cars(**(columns | said))


def test_who_is_dark_and_why():
    out, load_kw = np.ones(5, bool), np.full(5, 5.0)
    found = BackupRules(0.4, False, 0.2).islands(homes(), out, load_kw, NO_SUN)
    assert found.car.tolist() == [-1, -1, -1, -1, 3]
    assert found.kw.tolist() == [0, 0, 0, 0, 2.0]
    assert found.why.tolist() == [
        Why.NO_CAR,
        Why.NO_BACKUP,
        Why.AWAY,
        Why.RESERVE,
        Why.NOT,
    ]


def test_above_its_power_a_home_sheds_or_trips():
    out, load_kw = np.ones(5, bool), np.full(5, 5.0)
    shed = BackupRules(1.0, False, 0.2).islands(homes(), out, load_kw, NO_SUN)
    trip = BackupRules(1.0, True, 0.2).islands(homes(), out, load_kw, NO_SUN)
    assert (shed.kw[4], shed.car[4]) == (4.0, 3)
    assert (trip.kw[4], trip.car[4], trip.why[4]) == (0.0, -1, Why.OVERLOAD)


def test_homes_with_supply_form_nothing():
    found = BackupRules(0.4, False, 0.2).islands(
        homes(), np.zeros(5, bool), np.ones(5), NO_SUN
    )
    assert (found.car == -1).all()
    assert not found.kw.any()
    assert (found.why == Why.NOT).all()


def test_the_car_ends_at_its_reserve_and_after_the_transfer():
    cars, own = state(1), traits(1)
    own["capacity_kwh"], own["rated_kw"], own["battery_efficiency"] = 10.0, 5.0, 0.5
    cars["phase"], cars["soc"], cars["forming"] = Phase.PLUGGED, 0.6, 1
    cars["form_floor_soc"], cars["forms_from_s"], cars["set_kw"] = 0.5, 900, -2.0
    settle(own, cars, 0, 1800)
    assert cars["island_kwh"][0] == pytest.approx(0.5)
    assert cars["island_s"][0] == pytest.approx(900.0)
    assert cars["soc"][0] == 0.5


def lone(soc: float) -> Cars:
    """One home, one car that gives 4 and takes 3 kW, at least 1.4."""
    yes, zero = np.ones(1, bool), np.zeros(1, int)
    powers = (np.array([4.0]), np.array([3.0]), np.array([1.4]))
    return Cars(zero, yes, yes, np.array([soc]), *powers)


@pytest.mark.parametrize(
    ("soc", "load", "sun", "kw", "pv", "lit"),
    [
        (0.6, 2.0, 0.5, 1.5, 0.5, True),  # the sun first, the car the rest
        (0.6, 2.0, 2.0, 0.0, 2.0, True),
        (0.6, 2.0, 4.5, -2.5, 2.0, True),  # what is left charges the car
        (0.6, 2.0, 9.0, -3.0, 2.0, True),  # 4 kW of PV are curtailed
        (0.6, 2.0, 3.0, 0.0, 2.0, True),  # less than the charger's least
        (0.6, 9.0, 1.0, 4.0, 1.0, True),  # the rest is shed
        (0.2, 2.0, 4.5, -2.5, 2.0, True),  # at its reserve, held by the sun
        (0.2, 2.0, 1.9, 0.0, 0.0, False),
        (0.2, 0.0, 0.0, 0.0, 0.0, False),
    ],
)
def test_an_island_with_sun_by_hand(soc, load, sun, kw, pv, lit):
    rules = BackupRules(1.0, False, 0.2)
    found = rules.islands(
        lone(soc), np.ones(1, bool), np.array([load]), np.array([sun])
    )
    assert (found.kw[0], found.pv_kw[0]) == (pytest.approx(kw), pytest.approx(pv))
    assert (found.car[0] >= 0) == lit
    assert found.why[0] == (Why.NOT if lit else Why.RESERVE)


def test_the_sun_spares_an_overload():
    rules, out = BackupRules(1.0, True, 0.2), np.ones(1, bool)
    dark = rules.islands(lone(0.6), out, np.array([6.0]), np.array([1.0]))
    lit = rules.islands(lone(0.6), out, np.array([6.0]), np.array([2.5]))
    assert (dark.car[0], dark.why[0], dark.pv_kw[0]) == (-1, Why.OVERLOAD, 0.0)
    assert (lit.car[0], lit.kw[0]) == (0, pytest.approx(3.5))


def test_a_car_takes_what_pv_leaves_and_nothing_from_the_grid():
    """3 kW for two hours at 0.9 into 60 kWh: 6 kWh drawn, 5.4 stored."""
    cars, own = state(1), traits(1)
    own["capacity_kwh"], own["charge_kw"], own["rated_kw"] = 60.0, 3.0, 3.0
    own["battery_efficiency"], own["target_soc"], own["taper_soc"] = 0.9, 0.9, 0.95
    cars["phase"], cars["soc"], cars["forming"] = Phase.PLUGGED, 0.5, 1
    cars["set_kw"], cars["forms_from_s"] = 3.0, 1800
    settle(own, cars, 0, 9000)
    assert cars["soc"][0] == pytest.approx(0.5 + 5.4 / 60.0)
    assert cars["island_in_kwh"][0] == pytest.approx(6.0)
    assert cars["charged_kwh"][0] == pytest.approx(6.0)
    on_grid = cars["interval_in_kwh"] - cars["interval_out_kwh"]
    assert on_grid[0] + cars["interval_island_kwh"][0] == pytest.approx(0.0)
    assert cars["island_s"][0] == pytest.approx(7200.0)
