"""Laws of stationary batteries: energy at the grid and in each, bounds, bytes."""

from __future__ import annotations

import random
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from numpy.testing import assert_allclose, assert_array_equal

from tests.simulation.circuit import regulated
from tests.worlds import (
    BRANCHES,
    DORFNETZ,
    FEW_WORLDS,
    FOUR_BUS,
    LANDNETZ,
    Diary,
    interrupted_life,
    scenario,
    scenarios,
    world,
)
from twin.scenario.spec import Scenario
from twin.scenario.storage_words import Battery
from twin.simulation.plan import plan
from twin.simulation.run import simulate
from twin.simulation.storage import Storage
from twin.simulation.world import World

pytestmark = pytest.mark.long

TRANSFORMER = {
    LANDNETZ: "trafo 1",
    DORFNETZ: "trafo 1",
    BRANCHES: "trafo 0",
    FOUR_BUS: "transformer",
}
OUTAGE: dict[str, Any] = {"kind": "outage", "start": "2026-01-12T18:07", "hours": 3.25}


@st.composite
def storages(draw: st.DrawFn, source: str) -> list[Battery]:
    """One to three batteries of any make, at a transformer or at any bus."""
    at = [{"transformer": TRANSFORMER[source]}, {"bus": draw(st.integers(0, 3))}]
    low, high = draw(st.sampled_from(((0.0, 1.0), (0.1, 0.9), (0.4, 0.5))))
    return [
        Battery(
            name=f"b{number}",
            **draw(st.sampled_from(at)),
            kw=draw(st.sampled_from((2.0, 20.0, 200.0))),
            kwh=draw(st.sampled_from((5.0, 50.0, 500.0))),
            round_trip_efficiency=draw(st.sampled_from((0.5, 0.85, 1.0))),
            standby_kw=draw(st.sampled_from((0.0, 0.2))),
            soc_window=[low, high],
            initial_soc=draw(st.sampled_from((None, low, high))),
            target_kw=draw(st.sampled_from((None, 5.0, 30.0))),
        )
        for number in range(draw(st.integers(1, 3)))
    ]


@st.composite
def with_storage(draw: st.DrawFn, **fixed: Any) -> Scenario:
    """Any small scenario with batteries at a transformer."""
    said = draw(scenarios(**fixed))
    batteries = draw(storages(said.feeder.source))
    return said.model_copy(update={"storage": batteries})


def _of(buses: list[str]) -> st.SearchStrategy[str]:
    return st.sampled_from(buses)


class Kept(Diary):
    """A diary of the batteries, too."""

    def __init__(self, watched: World) -> None:
        super().__init__(watched)
        assert watched.guests.storage is not None
        self.storage: Storage = watched.guests.storage

    def _look(self, k, given, taken, demand, flow, fleet) -> None:
        super()._look(k, given, taken, demand, flow, fleet)
        storage = self.storage
        self.rows[-1] |= {
            "storage_kw": storage.kw.copy(),
            "store_kwh": storage.batteries.store_kwh.copy(),
            "dead": demand.dead is not None,
        }


def lived(said: Scenario) -> Kept:
    born = world(said)
    diary = Kept(born)
    simulate(born)
    return diary


@FEW_WORLDS
@given(with_storage())
def test_energy_is_kept_at_the_grid_and_in_each_battery(said: Scenario) -> None:
    diary = lived(said)
    load, pv, charge, give = (
        diary.column(name).sum(axis=1)
        for name in ("load_kw", "pv_kw", "charge_kw", "give_kw")
    )
    kw = diary.column("storage_kw")
    stored, released = np.maximum(kw, 0.0).sum(axis=1), np.maximum(-kw, 0.0).sum(axis=1)
    grid_kw, losses = diary.column("grid_kw"), diary.column("losses_kw")
    own_kw = diary.world.customers.fixed_kw.sum()
    asked = load + own_kw - pv + charge - give + stored - released + losses
    through = np.abs(grid_kw) + load + pv + charge + give + losses + stored + released
    assert (np.abs(grid_kw - asked) / through).max() <= 1e-6
    assert diary.world.recorder.worst_residual <= 1e-6
    _each_battery_balances(diary)


def _each_battery_balances(diary: Kept) -> None:
    own, hours = diary.storage.batteries, diary.world.timeline.step_h
    kw = diary.column("storage_kw")
    drawn = np.maximum(kw, 0.0).sum(axis=0) * hours
    given_out = np.maximum(-kw, 0.0).sum(axis=0) * hours
    moved = drawn * own.one_way - given_out / own.one_way
    change = own.store_kwh - diary.storage.start_kwh
    assert_allclose(change, moved - own.standby_kwh, atol=1e-9)
    assert_allclose(drawn - given_out - moved, own.lost_kwh, atol=1e-9)
    assert_allclose((drawn, given_out), (own.drawn_kwh, own.given_kwh), atol=1e-9)
    most = own.standby_kw * hours * len(kw)
    assert (own.standby_kwh <= most + 1e-9).all()
    assert diary.storage.residual() <= 1e-9


@FEW_WORLDS
@given(with_storage())
def test_no_battery_passes_its_kw_or_leaves_its_window(said: Scenario) -> None:
    diary = lived(said)
    own, store = diary.storage.batteries, diary.column("store_kwh")
    assert (np.abs(diary.column("storage_kw")) <= own.kw).all()
    assert (store <= own.high_kwh + 1e-9).all()
    assert (store >= own.low_kwh - 1e-9).all()


@FEW_WORLDS
@given(with_storage(), st.randoms(use_true_random=False))
def test_a_rebuilt_life_is_the_same(said: Scenario, chance: random.Random) -> None:
    straight, born = lived(said), world(said)
    diary = Kept(born)
    interrupted_life(born, [chance.randrange(2, 400) for _ in range(8)])
    for name in ("storage_kw", "store_kwh", "grid_kw", "charge_kw"):
        assert_array_equal(diary.column(name), straight.column(name))


@pytest.mark.parametrize("policy", ["uncontrolled", "v2g_peak"])
def test_the_first_day_does_not_know_how_many_follow(policy: str) -> None:
    long, short = (
        lived(_said(time__days=days, policy__name=policy)) for days in (3, 1)
    )
    n = len(short)
    for name in ("storage_kw", "store_kwh", "grid_kw", "charge_kw", "give_kw"):
        assert_array_equal(long.column(name)[:n], short.column(name))


def test_a_battery_stands_still_while_its_node_is_dead() -> None:
    diary = lived(_said(events=[OUTAGE], **{"fleet__ev_share": 1.0}))
    dead, kw = diary.column("dead"), diary.column("storage_kw")
    assert dead.sum() >= 12 and not dead.all()
    assert (kw[dead] == 0.0).all() and (kw[~dead] != 0.0).any()
    assert diary.world.recorder.worst_residual <= 1e-6
    drained = np.diff(diary.column("store_kwh")[dead][:, 0])
    assert_allclose(drained, -0.25 * 0.1)


def test_phases_taps_and_a_battery_close_the_balance(tmp_path: Path) -> None:
    said = scenario(
        feeder__source=f"opendss:{regulated(tmp_path)}",
        time__days=1,
        time__timezone="America/Los_Angeles",
        fleet__ev_count=3,
    )
    bus = _far_bus(said)
    battery = Battery(name="b", bus=bus, kw=20.0, kwh=40.0)
    diary = lived(said.model_copy(update={"storage": [battery]}))
    assert np.abs(diary.column("storage_kw")).max() > 1.0
    assert diary.world.recorder.worst_residual <= 1e-6
    assert len(diary.storage.node) > 1


def _far_bus(said: Scenario) -> str:
    nodes = plan(said).grid.feeder.nodes
    return nodes.bus[int(np.argmax(nodes.distance_km))]


def _said(**changes: Any) -> Scenario:
    words: dict[str, Any] = {
        "feeder__source": FOUR_BUS,
        "fleet__ev_count": 8,
        "fleet__bidirectional_share": 1.0,
        "storage": [
            {
                "name": "b1",
                "transformer": "transformer",
                "kw": 10.0,
                "kwh": 20.0,
                "standby_kw": 0.1,
            }
        ],
    }
    return scenario(**(words | changes))
