"""How far a fleet could move a feeder's load: within meters, permits and itself."""

from __future__ import annotations

from functools import cache
from typing import Any

import numpy as np
import pytest

from tests.worlds import DORFNETZ, Diary, lived, scenario
from twin.fleet.fleet import Taken
from twin.simulation.leeway import Reach, reach
from twin.simulation.recorder import SCALARS
from twin.simulation.world import World


@cache
def diary(**changes: Any) -> Diary:
    words: dict[str, Any] = {
        "feeder__source": DORFNETZ,
        "time__days": 1,
        "fleet__ev_share": 1.0,
        "fleet__bidirectional_share": 1.0,
        "policy__name": "valley",
    }
    return lived(scenario(**(words | changes)))


def at_the_end(world: World, net_kw: np.ndarray | None = None) -> Reach:
    n = len(world.fleet)
    net = np.zeros(n) if net_kw is None else net_kw
    none = np.zeros(n)
    taken = Taken(np.maximum(net, 0.0), np.maximum(-net, 0.0), none, none, none)
    given = world.given(world.timeline.n_steps - 1)
    return reach(world.customers, world.fleet, given, taken, world.now_s)


def test_it_is_recorded_of_every_interval() -> None:
    watched = diary(policy__name="v2g_peak")
    last, recorder = watched.rows[-1], watched.world.recorder
    found = at_the_end(watched.world, last["charge_kw"] - last["give_kw"])
    written = recorder._scalars[-1]
    names = ("ev_could_draw_kw", "ev_could_shed_kw", "ev_could_give_kw")
    assert [written[SCALARS.index(name)] for name in names] == pytest.approx(found)
    assert found.give_kw > 0.0


def test_a_fleet_that_charges_could_stop_and_one_that_stands_could_not() -> None:
    world = diary().world
    resting = at_the_end(world)
    assert resting.shed_kw == 0.0
    full_kw = np.where(world.fleet.plugged, 2.0, 0.0)
    charging = at_the_end(world, full_kw)
    assert 0.0 < charging.shed_kw <= full_kw.sum()
    assert charging.draw_kw <= resting.draw_kw


def test_nobody_without_a_permit_gives_more_than_his_home_draws() -> None:
    world = diary(fleet__export_permit=False).world
    given = world.given(world.timeline.n_steps - 1)
    at_home = np.zeros(len(world.customers))
    at_home[world.customers.car_customer[world.fleet.plugged]] = 1.0
    most = float((given.load_kw * at_home).sum())
    found = at_the_end(world)
    assert 0.0 <= found.give_kw <= most + 1e-9
    assert found.give_kw < at_the_end(diary().world).give_kw


def test_a_small_connection_leaves_less_to_draw() -> None:
    wide = diary(policy__name="v2g_peak", customers__import_limit_kw=100.0)
    narrow = diary(policy__name="v2g_peak", customers__import_limit_kw=5.0)
    room = narrow.world.customers.import_room_kw(
        *narrow.world.given(narrow.world.timeline.n_steps - 1)[:2]
    )
    assert at_the_end(narrow.world).draw_kw <= room.sum() + 1e-9
    assert at_the_end(narrow.world).draw_kw <= at_the_end(wide.world).draw_kw


def test_one_way_cars_give_nothing() -> None:
    world = diary(fleet__bidirectional_share=0.0).world
    assert not world.fleet.traits["give_kw"].any()
    assert at_the_end(world).give_kw == 0.0
