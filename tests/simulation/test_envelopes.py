"""Envelopes in a run: what they let through, what they see, what is written."""

from __future__ import annotations

from functools import cache
from pathlib import Path
from typing import Any

import numpy as np
import pytest

from tests.worlds import DORFNETZ, Diary, lived, planned, scenario
from twin.results.record import Run
from twin.simulation.build import build
from twin.simulation.envelopes import IMPORT
from twin.simulation.run import run, simulate
from twin.simulation.world import World

pytestmark = pytest.mark.long

LIMITS = {"voltage_pu": [0.97, 1.05]}
METHOD = {"method": "envelopes"}
AMONG = ("connected", "unfinished")


def said(**more: Any):
    words: dict[str, Any] = {
        "feeder__source": DORFNETZ,
        "fleet__ev_share": 1.0,
        "customers__annual_kwh": 12000.0,
        "limits": LIMITS,
        "operator": METHOD,
    }
    words |= more
    return scenario(**{key: value for key, value in words.items() if value is not None})


class Told(Diary):
    """A diary that notes envelopes, too; with ``exact``, homes' load is known."""

    def __init__(self, watched, exact: bool = False) -> None:
        super().__init__(watched)
        self.import_kw: list[np.ndarray] = []
        self.export_kw: list[np.ndarray] = []
        self._inner = watched.recorder.write
        watched.recorder.write = self._note  # type: ignore[method-assign]
        if exact:
            watched.guests.operator._expected = self._exact
            watched.decide(0, None, None)

    def _exact(self, seen, given):
        now = self.world.surroundings.during(seen.step)
        return now.load_kw, now.pv_kw

    def _note(self, k, given, taken, demand, flow, fleet) -> None:
        held = self.world.guests.operator.held
        self.import_kw.append(held.import_kw.copy())
        self.export_kw.append(held.export_kw.copy())
        self._inner(k, given, taken, demand, flow, fleet)


@cache
def known(policy: str = "uncontrolled") -> Told:
    """Homes' load is known exactly."""
    words = {} if policy == "uncontrolled" else {"fleet__bidirectional_share": 1.0}
    look = Told(build(planned(said(policy__name=policy, **words))), exact=True)
    simulate(look.world)
    return look


@cache
def without_cars() -> Diary:
    return lived(said(fleet__ev_share=0.0, operator=None))


@cache
def free() -> Diary:
    return lived(said(operator=None))


def lowest(diary: Diary) -> np.ndarray:
    return diary.column("v_pu")[:, diary.world.recorder.watch.node].min(axis=1)


def test_cars_break_no_limit_where_homes_load_is_known():
    """But for the margins of what is broken already: 0.001 pu."""
    before, held, other = (lowest(x) for x in (without_cars(), known(), free()))
    assert ((other < 0.97) & (before >= 0.97)).sum() > 5
    assert not ((held < 0.97) & (before >= 0.97)).any()
    worst = before < 0.97
    assert (held[worst] >= before[worst] - 0.0015).all()


@pytest.mark.parametrize("policy", ["uncontrolled", "v2g_peak"])
def test_no_meter_is_driven_beyond_its_envelope_by_cars(policy):
    look = known(policy)
    home = look.world.fleet.traits["customer"]
    who = look.world.guests.operator.who
    net = look.column("load_kw") - look.column("pv_kw")
    cars = look.column("charge_kw") - look.column("give_kw")
    meter = net.copy()
    for row, kw in enumerate(cars):
        meter[row] += np.bincount(home, kw, net.shape[1])
    limit, feed = np.array(look.import_kw), np.array(look.export_kw)
    above = meter - np.maximum(limit, net)
    assert above[:, who].max() <= 1e-6
    below = -meter - np.maximum(feed, -net)
    assert below[:, who].max() <= 1e-6
    if policy == "v2g_peak":
        assert look.column("give_kw").sum() > 1.0


def test_customers_without_a_car_have_no_envelope():
    look = Told(build(planned(said(fleet__ev_share=None, fleet__ev_count=20))))
    simulate(look.world)
    without = np.setdiff1d(
        np.arange(len(look.world.customers)), look.world.guests.operator.who
    )
    assert np.isinf(np.array(look.import_kw)[:, without]).all()


def test_the_operator_never_looks_ahead():
    one, two = (Told(build(planned(said(time__days=days)))) for days in (1, 2))
    simulate(one.world)
    simulate(two.world)
    n = len(one)
    assert np.array_equal(np.array(one.import_kw), np.array(two.import_kw)[:n])
    assert np.array_equal(one.column("soc"), two.column("soc")[:n])


def test_sharing_among_those_who_are_not_full_puts_less_off():
    worlds = [lived(said(operator=METHOD | {"among": among})).world for among in AMONG]
    all_, some = (world.guests.operator.book.summary() for world in worlds)
    assert some["put_off_kwh"] < all_["put_off_kwh"]
    assert all_["put_off_kwh"] > 10.0


@cache
def at_first(among: str) -> World:
    """First envelopes are issued; every other car is full, and all may give."""
    words = {"policy__name": "v2g_peak", "fleet__bidirectional_share": 1.0}
    world = build(planned(said(operator=METHOD | {"among": among}, **words)))
    world.fleet.state["soc"][::2] = world.fleet.traits["target_soc"][::2]
    world.fleet.state["soc"][1::2] = 0.5
    world.decide(0, None, None)
    return world


def test_a_full_car_may_give_as_much_whoever_shares_import():
    """What it may give is as it is among all; what it leaves of import others get."""
    all_, some = (at_first(among).guests.operator.held for among in AMONG)
    fleet = at_first("unfinished").fleet
    full = fleet.state["soc"] >= fleet.traits["target_soc"]
    home, here = fleet.traits["customer"], fleet.plugged
    assert np.array_equal(all_.export_kw, some.export_kw)
    more_kw = (some.import_kw - all_.import_kw)[home]
    assert more_kw[here & ~full].sum() > 5.0
    assert more_kw[here & full].sum() < -5.0


def test_a_car_that_gave_has_its_part_in_import_again():
    """At its target it is left out; as soon as it is below, it is as the others."""
    world = at_first("unfinished")
    fleet, operator = world.fleet, world.guests.operator
    net_kw = np.zeros(len(world.customers))
    full = fleet.plugged & (fleet.state["soc"] >= fleet.traits["target_soc"])
    car = int(np.flatnonzero(full)[0])
    row = int(np.flatnonzero(operator.who == fleet.traits["customer"][car])[0])
    soc = fleet.state["soc"][car]
    assert operator._wanted(net_kw, IMPORT)[0][row] == 0.0
    fleet.state["soc"][car] = soc - 0.01
    try:
        wanted_kw = operator._wanted(net_kw, IMPORT)[0][row]
    finally:
        fleet.state["soc"][car] = soc
    assert wanted_kw == pytest.approx(fleet.traits["charge_kw"][car])


def test_what_is_not_said_is_shared_among_those_who_are_not_full():
    assert said().operator.settled["among"] == "unfinished"


@pytest.mark.parametrize("level", ["all", "summary"])
def test_a_run_writes_envelopes(tmp_path: Path, level):
    folder = run(said(time__days=1, output__level=level), tmp_path)
    found = Run.open(folder)
    assert found.record["operator"]["voltage_h"] > 0.0
    assert any("envelopes bound in" in note for note in found.record["notes"])
    steps = found.static("operator_steps")
    assert steps.height == 96
    if level == "all":
        table = found.static("envelopes")
        kw = table["import_kw"].to_numpy()
        assert kw.shape[0] == 96
        bound = (table["thermal"] + table["voltage"] > 0).sum()
        assert bound * 0.25 == found.record["operator"]["bound_h"]
        assert (steps["binding"] == table["thermal"] + table["voltage"]).all()
        assert np.isnan(kw).any() and np.isfinite(kw).any()
    else:
        day = found.static("envelopes_daily")
        least, mean = (day[f"import_{x}_kw"].to_numpy()[0] for x in ("min", "mean"))
        there = np.isfinite(least)
        assert there.any()
        assert (least[there] <= mean[there] + 1e-6).all()


def test_where_there_is_room_for_all_nobody_waits():
    """20 cars of 11 kW behind 400 kVA, homes as expected: who plugs in starts at once.

    Where a home draws more than was expected, its car waits for that much.
    """
    room = {"fleet__ev_share": None, "fleet__ev_count": 20, "limits": None}
    words = said(customers__annual_kwh=2000.0, **room)
    quiet = Told(build(planned(words)), exact=True)
    simulate(quiet.world)
    book = quiet.world.guests.operator.book.summary()
    assert book["put_off_kwh"] == pytest.approx(0.0, abs=1e-9)
    surprised = lived(words).world.guests.operator.book.summary()
    assert 0.0 < surprised["put_off_kwh"] < 5.0
    assert surprised["departures_short"] == 0
