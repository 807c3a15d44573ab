"""Published and hand-worked numbers; see the README beside this file."""

from __future__ import annotations

import numpy as np
import pytest
from numpy.testing import assert_allclose

from tests.agents.views import seen
from tests.fleet.test_charging import car
from twin.agents.allocation import level_with_deadlines_kw, water_level_kw
from twin.agents.policies import PriceTrading
from twin.fleet.charging import charge, converter_loss_kw, give
from twin.fleet.consumption import temperature_factor

POWERS_KW = (0.5, 1.0, 2.0, 3.8, 5.7, 7.7, 9.6, 11.5)
CHARGING = (0.8405, 0.9080, 0.9394, 0.9503, 0.9505, 0.9476, 0.9436, 0.9390)
GIVING = (0.8624, 0.9157, 0.9429, 0.9526, 0.9529, 0.9502, 0.9466, 0.9425)
ROUND_TRIP = (0.7248, 0.8314, 0.8857, 0.9053, 0.9058, 0.9004, 0.8932, 0.8850)
LOSSES = (0.006, 0.02, 0.035)


def test_soc() -> None:
    """Case SOC."""
    plain = car(
        capacity_kwh=70.0, battery_efficiency=0.9, standby_kw=0.0,
        loss_constant=0.0, loss_linear=0.0, loss_quadratic=0.0,
    )[0]  # fmt: skip
    charged, _, _ = charge(0.5, 7.2, 0.25, plain)
    assert charged == pytest.approx(0.5231428571, abs=1e-10)
    left, _, _, _ = give(charged, 7.2, 0.25, plain)
    assert left == pytest.approx(0.4945714286, abs=1e-10)


@pytest.mark.parametrize(
    "kw, charging, giving, both",
    list(zip(POWERS_KW, CHARGING, GIVING, ROUND_TRIP, strict=True)),
)
def test_converter_efficiency(
    kw: float, charging: float, giving: float, both: float
) -> None:
    """Case ETA."""
    taken = (kw - converter_loss_kw(kw, 11.5, *LOSSES)) / kw
    given = kw / (kw + converter_loss_kw(-kw, 11.5, *LOSSES))
    assert taken == pytest.approx(charging, abs=5e-5)
    assert given == pytest.approx(giving, abs=5e-5)
    assert taken * given == pytest.approx(both, abs=5e-5)


def test_a_whole_round_trip() -> None:
    """Through converter and battery, there and back, without standby: 0.865."""
    own = car(rated_kw=11.5, charge_kw=11.5, standby_kw=0.0)[0]
    after, drawn_kwh, _ = charge(0.4, 7.7, 1.0, own)
    hours = 5.0
    _, given_kwh, _, _ = give(
        after, 7.7, hours, car(rated_kw=11.5, standby_kw=0.0, floor_soc=0.4)[0]
    )
    assert given_kwh / drawn_kwh == pytest.approx(0.865, abs=5e-4)
    assert given_kwh < 7.7 * hours


def test_filling_a_valley() -> None:
    """Case VF."""
    base_kw = np.array([1.0, 0.8, 0.7, 0.7, 0.8, 1.0])
    level_kw = water_level_kw(base_kw, 2.4, 1.0)
    assert level_kw == pytest.approx(1.233333, abs=5e-7)
    assert_allclose(
        level_kw - base_kw,
        [0.233333, 0.433333, 0.533333, 0.533333, 0.433333, 0.233333],
        atol=5e-7,
    )
    due_kwh = np.array([0.0, 0.0, 0.0, 0.0, 0.0, 2.4])
    assert level_with_deadlines_kw(base_kw, due_kwh, 1.0, 1) == level_kw


@pytest.mark.parametrize("pays, sells", [(0.2873, False), (0.2874, True)])
def test_break_even_of_a_round_trip(pays: float, sells: bool) -> None:
    look = seen(
        soc=0.9, efficiency=0.87**0.5, time_left_h=20.0,
        price_usd_per_kwh=[0.5] + [0.25] * 23,
        export_price_usd_per_kwh=[pays] + [0.0] * 23,
    )  # fmt: skip
    assert (PriceTrading(0.3, 0.0).decide(look)[0] < 0.0) == sells


def test_consumption_at_temperatures() -> None:
    degc = [-20, -10, 0, 10, 20, 25, 30, 35, 40, -5]
    factors = [1.80, 1.55, 1.32, 1.12, 1.0, 1.0, 1.04, 1.12, 1.22, 1.435]
    assert_allclose(temperature_factor(degc), factors)
