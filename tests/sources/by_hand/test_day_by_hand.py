"""One line, one home, one car: a day worked by hand in the README beside this file."""

from __future__ import annotations

from dataclasses import replace
from datetime import date

import numpy as np
import pandapower as pp
import pytest
from numpy.testing import assert_allclose

from tests.worlds import Diary, scenario
from twin.fleet.state import Phase
from twin.fleet.travel import DayTrips, TripPurpose
from twin.simulation.build import build, load_grid, plan
from twin.simulation.run import simulate

ALONE, CHARGING, EIGHTH = slice(0, 70), slice(70, 77), 77


class Commute:
    """20 km to work at 08:00, 20 km home at 17:00, half an hour each."""

    name, effective_sample, notes, inputs = "commute", 1, (), ()

    def day(self, date: date, cars: np.ndarray) -> DayTrips:
        return DayTrips(
            n=np.array([2]),
            depart_min=np.array([[480, 1020]]),
            arrive_min=np.array([[510, 1050]]),
            distance_km=np.array([[20.0, 20.0]]),
            purpose=np.array([[TripPurpose.WORK, TripPurpose.HOME]]),
        )


class OneKilowatt:
    name, notes, inputs = "constant", (), ()

    def day_kw(self, day: int) -> np.ndarray:
        return np.ones((96, 1))

    mean_kw = day_kw


class Mild:
    notes, inputs = (), ()

    def temperature_degc(self, day: int) -> np.ndarray:
        return np.full(96, 20.0)


def network() -> pp.pandapowerNet:
    """source ===(0.05 + j 0.02 ohm)=== home"""
    net = pp.create_empty_network()
    source, home = (pp.create_bus(net, 0.4) for _ in range(2))
    pp.create_ext_grid(net, source, vm_pu=1.0)
    pp.create_line_from_parameters(
        net, source, home, length_km=0.1, r_ohm_per_km=0.5, x_ohm_per_km=0.2,
        c_nf_per_km=0.0, max_i_ka=0.2,
    )  # fmt: skip
    pp.create_load(net, home, p_mw=0.001, name="home")
    return net


@pytest.fixture(scope="module")
def day(tmp_path_factory: pytest.TempPathFactory) -> Diary:
    file = tmp_path_factory.mktemp("net") / "line.json"
    pp.to_json(network(), str(file))
    said = scenario(
        feeder__source=f"json:{file}",
        time__days=1,
        time__timezone="Europe/Berlin",
        customers__profiles="network_constant",
        customers__power_factor=1.0,
        fleet__ev_count=1,
        fleet__departure_error_min=0.0,
    )
    run = plan(said, load_grid(said))
    own = run.cars.traits.copy()
    own["capacity_kwh"], own["charge_kw"], own["rated_kw"] = 50.0, 5.0, 5.0
    own["battery_efficiency"], own["consumption_kwh_per_km"] = 0.9, 0.2
    own["loss_constant"] = own["loss_linear"] = own["loss_quadratic"] = 0.0
    run = replace(
        run,
        cars=replace(run.cars, traits=own),
        profile=OneKilowatt(),
        travel=Commute(),
        weather=Mild(),
    )
    diary = Diary(build(run))
    simulate(diary.world)
    return diary


def test_the_car_is_where_the_commute_has_it(day: Diary) -> None:
    phase = day.column("phase")[:, 0]
    assert (phase[:31] == Phase.PLUGGED).all()
    assert (phase[31:33] == Phase.DRIVING).all()
    assert (phase[33:67] == Phase.PARKED).all()
    assert (phase[67:69] == Phase.DRIVING).all()
    assert (phase[69:] == Phase.PLUGGED).all()


def test_the_battery(day: Diary) -> None:
    soc = day.column("soc")[:, 0]
    assert day.soc_start[0] == 0.9
    assert_allclose(soc[[30, 33, 69]], [0.9, 0.82, 0.74], atol=1e-12)
    assert soc[-1] == pytest.approx(0.9, abs=1e-12)
    assert soc[70] == pytest.approx(0.74 + 5 * 0.25 * 0.9 / 50, abs=1e-12)


def test_the_plug(day: Diary) -> None:
    charge_kw = day.column("charge_kw")[:, 0]
    assert_allclose(charge_kw[CHARGING], 5.0, atol=1e-12)
    assert charge_kw[EIGHTH] == pytest.approx(0.555556, abs=5e-7)
    assert charge_kw[ALONE].max() == 0.0
    assert charge_kw[EIGHTH + 1 :].max() == 0.0
    assert 0.25 * charge_kw.sum() == pytest.approx(8.888889, abs=5e-7)
    assert day.column("give_kw").max() == 0.0


def test_the_line(day: Diary) -> None:
    v_pu, losses_w = day.column("v_pu").min(axis=1), 1000 * day.column("losses_kw")
    for rows, volts, watts in (
        (ALONE, 0.9996874, 0.312695),
        (CHARGING, 0.9981212, 11.292393),
        (slice(EIGHTH, EIGHTH + 1), 0.9995136, 0.756909),
        (slice(EIGHTH + 1, 96), 0.9996874, 0.312695),
    ):
        assert_allclose(v_pu[rows], volts, atol=6e-8)
        assert_allclose(losses_w[rows], watts, atol=2e-6)


def test_the_source(day: Diary) -> None:
    grid_kw = day.column("grid_kw")
    assert grid_kw.max() == pytest.approx(6.011292, abs=5e-7)
    assert 0.25 * grid_kw.sum() == pytest.approx(32.915719, abs=1e-6)
    assert 250 * day.column("losses_kw").sum() == pytest.approx(26.8302, abs=1e-4)


def test_the_stays(day: Diary) -> None:
    (night,) = day.sessions
    assert (night["plug_in_s"], night["plug_out_s"]) == (0, 8 * 3600)
    assert night["charged_kwh"] == 0.0
    (evening,) = day.world.fleet.open_sessions()
    assert evening["plug_in_s"] == 17.5 * 3600
    assert evening["charged_kwh"] == pytest.approx(8.888889, abs=5e-7)
    assert evening["declared_s"] == (24 + 8) * 3600


def test_the_trips(day: Diary) -> None:
    assert_allclose(day.trips["energy_kwh"], [4.0, 4.0])
    assert day.trips["depart_s"].tolist() == [8 * 3600, 17 * 3600]
    assert day.trips["arrive_s"].tolist() == [8.5 * 3600, 17.5 * 3600]
