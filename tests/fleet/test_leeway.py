"""What a car at a plug could do for an hour: by hand, and by the battery's own laws."""

from __future__ import annotations

from types import SimpleNamespace

import numpy as np
import pytest

from tests.fleet.test_charging import car
from twin.fleet.charging import charge, charging_efficiency, give
from twin.fleet.leeway import Leeway, leeway
from twin.fleet.state import NEVER_S, Phase, state

HOUR_S = 3600


def of(soc: float, left_h: float, **said: float) -> Leeway:
    """The leeway of one plugged car that is due in so many hours."""
    own = car(**said)
    own["efficiency"] = charging_efficiency(own)
    rows = state(1)
    rows["phase"], rows["soc"] = Phase.PLUGGED, soc
    fleet = SimpleNamespace(
        traits=own,
        state=rows,
        plugged=np.array([True]),
        due_s=np.array([NEVER_S if left_h > 1e6 else round(left_h * HOUR_S)]),
    )
    return leeway(fleet, 0)  # type: ignore[arg-type]


def test_a_half_full_car_that_stays_can_do_everything() -> None:
    own = of(0.5, 12.0)
    assert own.able[0]
    assert (own.most_kw[0], own.must_kw[0], own.give_kw[0]) == (11.0, 0.0, 11.0)


@pytest.mark.parametrize("left_h", [0.0, 0.99])
def test_a_car_that_leaves_within_the_hour_can_do_nothing(left_h: float) -> None:
    own = of(0.5, left_h)
    assert not own.able[0]
    assert (own.most_kw[0], own.must_kw[0], own.give_kw[0]) == (0.0, 0.0, 0.0)


def test_what_cannot_wait_has_to_be_drawn_now() -> None:
    """60 kWh at 0.9, due full in 1.5 h: half an hour's charging less than missing."""
    own, eta = of(0.9, 1.5), float(charging_efficiency(car())[0])
    missing_kwh = 0.1 * 60.0 / eta
    assert own.must_kw[0] == pytest.approx(missing_kwh - 0.5 * 11.0)
    assert own.give_kw[0] == 0.0


def test_giving_leaves_what_can_be_charged_again_in_time() -> None:
    """Full, due in 2 h: an hour at full power brings back what was given, no more."""
    own = of(1.0, 2.0)
    after, given_kwh, *_ = give(1.0, float(own.give_kw[0]), 1.0, car()[0])
    eta = float(charging_efficiency(car())[0])
    assert given_kwh == pytest.approx(own.give_kw[0])
    assert after == pytest.approx(1.0 - eta * 11.0 / 60.0, abs=1e-6)


@pytest.mark.parametrize("soc", [0.3, 0.79, 0.85, 0.9, 0.93, 0.949])
def test_the_most_is_drawn_all_through_the_hour(soc: float) -> None:
    own = of(soc, 20.0)
    kw = float(own.most_kw[0])
    _, drawn_kwh, _ = charge(soc, kw, 1.0, car()[0])
    assert drawn_kwh == pytest.approx(kw, abs=1e-9)


@pytest.mark.parametrize("soc", [0.11, 0.2, 0.25, 0.3, 0.9])
def test_giving_lasts_the_hour_and_ends_above_the_reserve(soc: float) -> None:
    own = of(soc, 1e9)
    kw = float(own.give_kw[0])
    after, given_kwh, *_ = give(soc, kw, 1.0, car()[0])
    assert given_kwh == pytest.approx(kw, abs=1e-9)
    assert after >= 0.1 - 1e-9


def test_below_its_reserve_a_car_goes_on_charging() -> None:
    own = of(0.3, 20.0, floor_soc=0.5)
    assert own.must_kw[0] == 11.0
    assert own.give_kw[0] == 0.0


def test_no_less_than_the_charger_can() -> None:
    assert of(0.94, 20.0).most_kw[0] == 0.0
    assert of(0.11, 20.0).give_kw[0] == 0.0


def test_a_one_way_car_gives_nothing() -> None:
    own = of(0.8, 20.0, give_kw=0.0)
    assert own.give_kw[0] == 0.0
