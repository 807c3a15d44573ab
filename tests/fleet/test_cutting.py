"""What an inverter held back is in the battery again, and nowhere else."""

from __future__ import annotations

import numpy as np
import pytest
from numpy.testing import assert_allclose, assert_array_equal

from tests.fleet.test_fleet import fleet
from twin.fleet.fleet import Fleet, Taken

LOSSES = {"loss_constant": 0.01, "loss_linear": 0.02, "loss_quadratic": 0.03}
TOTALS = ("charged_kwh", "discharged_kwh", "loss_kwh", "standby_kwh")


def held(set_kw: float, share: float, **said: float) -> tuple[Fleet, Taken, Taken]:
    """One car at a set-point for a quarter of an hour, then cut to a share."""
    cars = fleet(1, **said)
    cars.keeps_held = True
    cars.begin()
    cars.state["set_kw"] = set_kw
    taken = cars.settle(900)
    assert cars.held is not None
    return cars, taken, cars.cut(taken, cars.held, np.array([share]), 900)


@pytest.mark.parametrize("set_kw", [8.0, -6.0])
@pytest.mark.parametrize("share", [0.9, 0.5, 0.25])
def test_a_cut_car_is_as_if_it_had_been_asked_less(set_kw: float, share: float) -> None:
    cut, _, taken = held(set_kw, share, **LOSSES)
    less, only, _ = held(share * set_kw, 1.0, **LOSSES)
    for name in (*TOTALS, "soc", "session_in_kwh", "session_out_kwh"):
        assert_allclose(cut.state[name], less.state[name], rtol=1e-12, err_msg=name)
    assert_allclose(taken.net_kw, only.net_kw, rtol=1e-12)
    assert_allclose(taken.held_back_kw, max(0.0, -set_kw) * (1.0 - share))


def test_by_hand() -> None:
    """6 kW for 15 min, half let through: L(6) = .01 + .02 x .6 + .03 x .36 of 10 kW."""
    cars, before, after = held(-6.0, 0.5, **LOSSES, rated_kw=10.0)
    assert_allclose([before.give_kw, after.give_kw], [[6.0], [3.0]])
    eta = cars.traits["battery_efficiency"]
    standby = cars.traits["standby_kw"]
    lost = 10.0 * (0.01 + 0.02 * 0.3 + 0.03 * 0.09)
    drained_kwh = 0.25 * ((3.0 + lost) / eta + standby)
    soc = 0.5 - drained_kwh / cars.traits["capacity_kwh"]
    assert_allclose(cars.state["soc"], soc, rtol=1e-12)
    assert_allclose(cars.state["discharged_kwh"], 0.75)


def test_nothing_let_through_leaves_only_standby() -> None:
    cars, _, taken = held(-6.0, 0.0, **LOSSES)
    assert_array_equal(taken.give_kw, 0.0)
    standby_kwh = 0.25 * cars.traits["standby_kw"]
    assert_allclose(
        (0.5 - cars.state["soc"]) * cars.traits["capacity_kwh"], standby_kwh, atol=1e-12
    )
    assert_allclose(cars.state["loss_kwh"], 0.0, atol=1e-12)


def test_what_was_settled_before_within_the_interval_stands() -> None:
    cars = fleet(1)
    cars.keeps_held = True
    cars.begin()
    cars.state["set_kw"] = -6.0
    cars.settle_cars(np.array([0]), 300)
    cars.state["set_kw"] = -3.0
    taken = cars.settle(900)
    assert cars.held is not None
    assert_allclose(cars.held.hours, 600 / 3600)
    assert_allclose(cars.held.ac_kwh, -0.5)
    after = cars.cut(taken, cars.held, np.array([0.5]), 900)
    assert_allclose(after.give_kw, (0.5 + 0.25) / 0.25)


def test_a_car_cut_below_its_target_is_not_full() -> None:
    cars, *_ = held(8.0, 0.5, target_soc=0.51)
    assert cars.state["soc"][0] < 0.51
    assert cars.state["full_s"][0] == 0
    kept, *_ = held(8.0, 1.0, target_soc=0.51)
    assert kept.state["full_s"][0] == 900
