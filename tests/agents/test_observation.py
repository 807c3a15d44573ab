"""What follows from a look: missing energy and time to spare, by hand."""

from __future__ import annotations

import dataclasses

import numpy as np
import pytest
from numpy.testing import assert_allclose

from tests.agents.views import N_AHEAD, seen
from tests.worlds import POLICIES, scenario, world
from twin.agents.observation import Observation


def test_missing_energy_is_counted_at_the_meter() -> None:
    look = seen(3, soc=[0.5, 0.9, 0.95], efficiency=0.8)
    assert_allclose(look.missing_kwh, [0.4 * 50.0 / 0.8, 0.0, 0.0])


def test_laxity_is_the_time_left_after_charging_at_once() -> None:
    look = seen(2, soc=[0.5, 1.0], time_left_h=[5.0, 5.0])
    assert_allclose(look.laxity_h, [3.0, 5.0])


def test_forecasts_cover_a_day() -> None:
    assert seen().n_ahead == N_AHEAD


def test_a_look_cannot_be_changed() -> None:
    with pytest.raises(dataclasses.FrozenInstanceError):
        seen().step = 3  # type: ignore[misc]


@pytest.mark.parametrize("name", POLICIES)
def test_a_look_at_a_world_knows_its_cars_and_not_its_future(name: str) -> None:
    born = world(scenario(policy__name=name, fleet__ev_share=1.0))
    look = born.observe(0, None, None)
    n_ev, n_zone = len(born.fleet), len(born.zones.rating_kw)
    per_car = {"plugged", "soc", "charge_kw", "zone", "time_left_h", "entity"}
    for field in dataclasses.fields(Observation):
        value = getattr(look, field.name)
        if field.name in per_car:
            assert value.shape == (n_ev,)
    assert look.ahead_kw.shape == (96, n_zone)
    assert look.price_usd_per_kwh.shape == (96,)
    assert_allclose(look.base_kw, look.ahead_kw[0])
    assert np.isinf(look.rating_kw[-1])
    declared_h = born.fleet.state["declared_s"] / 3600.0
    leaving = look.plugged & (declared_h < 1e6) & (look.soc >= look.floor_soc)
    silent = look.plugged & (declared_h > 1e6)
    assert leaving.any()
    assert_allclose(look.time_left_h[leaving], declared_h[leaving])
    assert_allclose(look.time_left_h[silent], 24.0)
    assert (look.time_left_h[~look.plugged] == 1e6).all()
