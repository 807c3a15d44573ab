"""Dimming in a run: whom it holds, by what was measured, and what it comes to."""

from __future__ import annotations

from functools import cache
from pathlib import Path
from typing import Any

import numpy as np
import polars as pl
import pytest

from tests.worlds import DORFNETZ, Diary, lived, planned, scenario
from twin.agents.dimming import Dimmed, DimmingRule
from twin.analysis.metrics import headline
from twin.errors import InputError
from twin.fleet.fleet import Taken
from twin.results.record import Run
from twin.scenario.read import scenario_of
from twin.simulation.build import build
from twin.simulation.held_back import HeldBack
from twin.simulation.run import run, simulate

RULE = {"method": "dimming", "begin_loading": 0.2, "end_loading": 0.15}


def said(**more: Any):
    words = {"feeder__source": DORFNETZ, "fleet__ev_share": 1.0}
    if more.get("operator", RULE) is not None:
        words["operator"] = RULE
    more = {key: value for key, value in more.items() if value is not None}
    return scenario(**(words | more))


class Look(Diary):
    """A diary that notes what was measured and who was dimmed, too."""

    def __init__(self, watched) -> None:
        super().__init__(watched)
        self.on: list[np.ndarray] = []
        self.loading: list[np.ndarray] = []
        self.set_kw: list[np.ndarray] = []
        self._inner = watched.recorder.write
        watched.recorder.write = self._note  # type: ignore[method-assign]

    def _note(self, k, given, taken, demand, flow, fleet) -> None:
        operator = self.world.guests.operator
        self.on.append(operator.dimmed.on.copy())
        self.loading.append(operator.measured.loading(flow.loading))
        self._inner(k, given, taken, demand, flow, fleet)


@cache
def dimmed(**more: Any) -> Look:
    words = {
        key: dict(value) if isinstance(value, tuple) else value
        for key, value in more.items()
    }
    look = Look(build(planned(said(**words))))
    simulate(look.world)
    return look


@cache
def free() -> Diary:
    return lived(said(operator=None))


def test_whoever_is_dimmed_was_measured_above_the_limit_the_interval_before():
    look = dimmed()
    on, loading = np.array(look.on), np.array(look.loading)
    begins = on[1:] & ~on[:-1]
    assert begins.sum() > 2
    assert (loading[:-1][begins] > 0.2).all()
    missed = ~on[1:] & ~on[:-1] & (loading[:-1] > 0.2)
    assert not missed.any()
    ends = on[:-1] & ~on[1:]
    assert (loading[:-1][ends] < 0.15).all()


def test_a_dimmed_car_never_charges_more_and_others_may():
    look = dimmed()
    behind = look.world.guests.operator.behind
    held = np.array([behind[on].any(axis=0) for on in look.on])
    charge_kw = look.column("charge_kw")
    assert held.any() and not held.all()
    assert charge_kw[held].max() == pytest.approx(4.2)
    assert charge_kw[~held].max() > 10.0


def test_before_the_first_dimming_nothing_differs():
    look = dimmed()
    first = int(np.flatnonzero(np.array(look.on).any(axis=1))[0])
    assert first > 10
    for name in ("charge_kw", "soc", "grid_kw"):
        assert np.array_equal(look.column(name)[:first], free().column(name)[:first])


def test_homes_and_trips_are_left_alone():
    assert np.array_equal(dimmed().trips, free().trips)


class TwoCars:
    """Two cars of 50 kWh and 11 kW at a plug: 33 and 11 kWh are missing."""

    def __init__(self) -> None:
        two = np.ones(2)
        self.traits = {
            "capacity_kwh": 50.0 * two, "efficiency": two, "target_soc": two
        }  # fmt: skip
        self.state = {"soc": np.array([0.34, 0.78]), "plug_in_s": np.zeros(2)}
        self.plugged = np.ones(2, dtype=np.bool_)


def test_what_two_cars_are_behind_by_is_counted_by_hand():
    """Measured 1.2, 0.95, 0.8: dimmed in the hours 0 and 1, free from hour 2 on.

    The first would have 11, 22, 33 kWh and has 4.2, 8.4, 19.4, 30.4, 33: it is behind
    by 6.8, 13.6, 13.6, 2.6, 0. The second would have its 11 kWh in an hour, has 4.2,
    8.4 and leaves in hour 1, 2.6 short.
    """
    rule = DimmingRule(4.2, 1.0, 0.9, 1, False)
    cars, book = TwoCars(), HeldBack.of(2, 1.0)
    now, none = Dimmed.none(1), np.zeros(2)
    took = [(4.2, 4.2), (4.2, 4.2), (11.0, 0.0), (11.0, 0.0), (2.6, 0.0)]
    for k, loading in enumerate((1.2, 0.95, 0.8, 0.5, 0.5)):
        now = rule.after(now, k, np.array([loading]))
        asked_kw = np.where(cars.plugged, 11.0, 0.0)
        allowed_kw = np.minimum(asked_kw, rule.car_kw(np.repeat(now.on, 2), none))
        book.begin(cars, asked_kw, allowed_kw)
        assert (np.array(took[k]) <= allowed_kw).all()
        cars.plugged = np.array([True, k < 1])
        book.write(Taken(np.array(took[k]), *4 * [none]), cars)
    rows, sums = book.columns([1, 1, 0, 0, 0]), book.summary()
    assert rows["behind_kwh"] == pytest.approx([13.6, 16.2, 13.6, 2.6, 0.0])
    assert rows["cut_evs"].tolist() == [2, 2, 0, 0, 0]
    assert rows["cut_kw"] == pytest.approx([13.6, 13.6, 0.0, 0.0, 0.0])
    assert sums["put_off_kwh"] == pytest.approx(13.6 + 6.8)
    assert (sums["cut_car_h"], sums["departures_short"]) == (4.0, 1)
    assert sums["short_kwh"] == pytest.approx(2.6)


def test_dimming_lifts_nobody_and_lowers_nobody_below_what_is_left_to_him():
    look = build(planned(said(policy__name="valley")))
    worst = []
    inner = look.guests.operator.book.begin

    def begin(fleet, asked_kw, allowed_kw):
        worst.append(np.max(allowed_kw - asked_kw, initial=0.0))
        floor = np.minimum(asked_kw, 4.2)
        worst.append(np.max(floor - allowed_kw, initial=0.0))
        inner(fleet, asked_kw, allowed_kw)

    look.guests.operator.book.begin = begin
    simulate(look)
    assert max(worst) <= 1e-9


def test_cars_of_one_home_share_by_its_manager():
    rule = RULE | {"control": "ems", "begin_loading": 0.01, "end_loading": 0.005}
    look = Look(
        build(planned(said(operator=rule, fleet__ev_share=None, fleet__ev_count=110)))
    )
    simulate(look.world)
    home = look.world.fleet.traits["customer"]
    cars = np.bincount(home, minlength=57)
    assert (cars == 2).any()
    charge = look.column("charge_kw")[4:]
    by_home = np.array([np.bincount(home, row, 60) for row in charge])
    assert by_home[:, np.flatnonzero(cars == 1)].max() <= 4.2 + 1e-9
    two = by_home[:, np.flatnonzero(cars == 2)]
    assert 4.3 < two.max() <= 1.8 * 4.2 + 1e-9


def test_the_operator_never_looks_ahead():
    """What it decides follows from the flow of the interval before alone."""
    whole = Look(build(planned(said())))
    simulate(whole.world)
    one = Look(build(planned(said(time__days=1))))
    simulate(one.world)
    n = len(one.on)
    assert np.array_equal(np.array(whole.on)[:n], np.array(one.on))


def test_a_run_writes_spells_and_sums(tmp_path: Path):
    folder = run(said(time__days=1), tmp_path)
    found = Run.open(folder)
    events = found.static("events").filter(pl.col("kind") == "dimming")
    assert events.height == found.record["operator"]["spells"]
    assert "cars behind it held to 4.2 kW each" in events["reason"][0]
    steps = found.static("operator_steps")
    assert steps.height == 96
    told = headline(found)
    assert told["held_h"] == (steps["binding"] > 0).sum() * 0.25
    assert told["put_off_kwh"] > 0.0
    assert any("kWh of charging put off" in note for note in found.record["notes"])
    assert found.record["scenario"]["operator"]["least_kw"] == 4.2


def test_without_an_operator_nothing_is_said_of_one(tmp_path: Path):
    assert "operator" not in said(operator=None).resolved()
    found = Run.open(run(said(operator=None, time__days=1), tmp_path))
    assert not found.has("operator_steps")
    assert "operator" not in found.record
    assert headline(found)["put_off_kwh"] is None


@pytest.mark.parametrize(
    ("words", "expected"),
    [
        (
            {"method": "dimming", "margin_pu": 0.01},
            "operator.margin_pu: is not of dimming; allowed: least_kw, begin_loading, "
            "end_loading, least_min, measured, control",
        ),
        (
            {"method": "dimming", "end_loading": 1.2},
            "operator: end_loading 1.2 must not be above begin_loading 1",
        ),
        (
            {"method": "diming"},
            "operator.method: got 'diming'; allowed: one of dimming, envelopes; did "
            "you mean 'dimming'?",
        ),
    ],
)
def test_mistakes_are_told(words, expected):
    tree = scenario().model_dump(mode="json", by_alias=True)
    data = {key: tree[key] for key in ("schema", "name", "time")} | {
        "feeder": {"source": DORFNETZ},
        "fleet": {"ev_share": 0.5},
        "operator": words,
    }
    with pytest.raises(InputError) as caught:
        scenario_of(data)
    assert expected in str(caught.value)
