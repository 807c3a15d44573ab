"""Calls in a run: who answers, what is written, and that nothing else moves."""

from __future__ import annotations

import random
from functools import cache
from pathlib import Path
from typing import Any

import numpy as np
import polars as pl
import pytest

from tests.laws.test_bytes import _rebuilt_after_every_event, _shuffled, written
from tests.simulation.test_participants import FULL
from tests.worlds import DORFNETZ, Diary, lived, planned, scenario
from twin.analysis.metrics import headline
from twin.errors import InputError
from twin.results.record import Run
from twin.scenario.notes import notes
from twin.scenario.outage_rules import outages
from twin.scenario.read import scenario_of
from twin.simulation.build import build
from twin.simulation.run import run, simulate

pytestmark = pytest.mark.long

CALL = {"kind": "call", "start": "2026-01-12T18:00", "hours": 2.0}
IN_CALL, AFTER = slice(72, 80), slice(80, 96)


def said(**more: Any):
    words = {
        "feeder__source": DORFNETZ,
        "fleet__ev_share": 1.0,
        "fleet__bidirectional_share": 1.0,
        "policy__name": "emergency",
        "events": [CALL],
    }
    return scenario(**(words | more))


@cache
def answered() -> Diary:
    return lived(said())


@cache
def unanswered() -> Diary:
    return lived(said(policy__name="valley"))


def test_an_answered_call_takes_charging_away_and_gives():
    for diary in (answered(), unanswered()):
        assert (diary.column("give_kw")[: IN_CALL.start] == 0.0).all()
    given = answered().column("give_kw")[IN_CALL].sum(axis=1)
    assert given.min() > 50.0
    assert answered().column("give_kw")[AFTER].sum() == 0.0
    peak = answered().column("grid_kw")[IN_CALL].max()
    assert peak < unanswered().column("grid_kw")[IN_CALL].max() - 50.0


def test_nobody_falls_below_the_reserve_by_giving():
    diary = answered()
    gave = diary.column("give_kw")[IN_CALL] > 0.0
    assert diary.column("soc")[IN_CALL][gave].min() >= 0.3 - 1e-9


def test_cars_return_in_turn_and_the_rebound_is_lower():
    """Uncontrolled cars after a call would come at once; the return spreads them."""
    at_once = lived(said(events=[CALL | {"return_min": 0.0}]))
    in_turn = lived(said(events=[CALL | {"return_min": 120.0}]))
    first = slice(80, 82)
    early = at_once.column("charge_kw")[first].sum()
    assert in_turn.column("charge_kw")[first].sum() < 0.8 * early
    assert in_turn.column("soc")[-1].mean() == pytest.approx(
        at_once.column("soc")[-1].mean(), abs=0.05
    )


def test_nobody_is_steered_before_the_call_is_announced():
    late = lived(said(events=[CALL | {"notice_h": 1.0}]))
    before = slice(0, 68)
    kw = late.column("charge_kw")[before]
    assert (kw == unanswered().column("charge_kw")[before]).all()


def test_who_opts_out_or_is_not_enrolled_is_left_alone():
    for more in ({"stress": {"opt_out_share": 1.0}}, {"participation": FULL | NOBODY}):
        left = lived(said(**more))
        assert left.column("give_kw").sum() == 0.0
        for name in ("charge_kw", "soc"):
            assert (left.column(name) == unanswered().column(name)).all()


NOBODY = {"enrolled_share": 0.0}


def test_a_life_with_calls_rebuilt_or_shuffled_writes_the_same_bytes():
    words = said(
        fleet__ev_share=0.4,
        stress={"non_response_share": 0.1, "opt_out_share": 0.1},
        participation=FULL | {"enrolled_share": 0.7},
    )
    straight = written(words, simulate)
    assert written(words, _rebuilt_after_every_event) == straight
    shuffled = lambda world: _shuffled(world, random.Random(2))  # noqa: E731
    assert written(words, shuffled) == straight


def test_a_call_is_a_row_an_event_and_a_headline(tmp_path: Path):
    folder = run(said(stress={"opt_out_share": 0.2}), tmp_path)
    done = Run.open(folder)
    row = done.static("calls").row(0, named=True)
    steps = done.static("steps")[IN_CALL]
    given_kwh = 0.25 * steps["ev_discharge_kw"].sum()
    assert row["given_kwh"] == pytest.approx(given_kwh)
    assert row["given_kw"] == pytest.approx(given_kwh / 2.0)
    assert row["charged_kwh"] == pytest.approx(0.25 * steps["ev_charge_kw"].sum())
    assert row["peak_kw"] == steps["grid_kw"].max()
    after = done.static("steps")[slice(80, 80 + 24)]
    assert row["rebound_kw"] == after["grid_kw"].max()
    assert row["rebound_time"] == after["time"][after["grid_kw"].arg_max()]
    assert 0 < row["opted_out"] < row["plugged"] <= row["enrolled"] == 57
    events = done.static("events").filter(pl.col("kind") == "call")
    assert events["value"].to_list() == pytest.approx([row["given_kw"]])
    assert events["reason"][0] == (
        f"{row['plugged']} of 57 enrolled cars at a plug, {row['opted_out']} of these "
        "opted out"
    )
    assert not done.has("outages")
    told = headline(done)
    assert told["calls"] == 1
    assert told["call_given_kw"] == pytest.approx(row["given_kw"])
    assert told["rebound_peak_kw"] == row["rebound_kw"]


def test_an_outage_beside_a_call_keeps_its_own_words():
    outage = {"kind": "outage", "start": "2026-01-12T18:30", "hours": 0.5}
    both = said(events=[CALL, outage])
    assert {"notice_h", "return_min"} <= set(both.resolved()["events"][0])
    assert "notice_h" not in both.resolved()["events"][1]
    assert "backup" in both.resolved() and "backup" not in said().resolved()
    world = build(planned(both))
    simulate(world)
    outages = world.guests.outages
    assert outages is not None and outages.table().height == 57
    assert np.isfinite(world.guests.calls.outcomes[0].given_kwh)


def test_a_tariffs_called_days_are_calls_in_the_programmes_hours():
    words = {
        "name": "flat",
        "programme": "elrp",
        "event_days": ["2026-07-13"],
    }
    july = said(
        time__start="2026-07-13",
        events=[],
        tariff=words,
        time__timezone="America/Los_Angeles",
        time__days=1,
    )
    world = build(planned(july))
    assert world.guests.calls is not None
    (call,) = world.guests.calls.calls
    assert (call.begin_s, call.end_s) == (16 * 3600, 21 * 3600)
    simulate(world)
    assert world.guests.calls.outcomes[0].given_kwh > 0.0


def test_a_programme_that_does_not_call_then_refuses():
    words = {"name": "flat", "programme": "elrp", "event_days": ["2026-07-13"]}
    winter = said(tariff=words)
    with pytest.raises(InputError, match="is in no month of elrp"):
        build(planned(winter))


@pytest.mark.parametrize(
    ("changed", "told"),
    [
        ({"start": None}, "call needs start"),
        ({"section": "feeder"}, "events.0.section: only for kind: outage or stoch"),
        ({"kind": "outage", "notice_h": 1.0}, "events.0.notice_h: only for kind: call"),
        ({"start": "2027-01-12T18:00"}, "the run is from 2026-01-12 to 2026-01-13"),
        ({"restored": [{"section": "feeder", "hours": 1.0}]}, "only for kind: outage"),
    ],
)
def test_what_a_call_cannot_be_is_told(changed: dict[str, Any], told: str):
    words = {key: value for key, value in (CALL | changed).items() if value}
    plain = {
        "schema": 1,
        "name": "a",
        "time": {"start": "2026-01-12", "days": 2},
        "feeder": {"source": DORFNETZ},
        "fleet": {"ev_count": 1},
        "events": [words],
    }
    with pytest.raises(InputError, match=told):
        scenario_of(plain)


def test_calls_that_overlap_are_refused_and_those_in_turn_are_not():
    later = {**CALL, "start": "2026-01-12T20:00"}
    within = {**CALL, "start": "2026-01-12T19:59"}
    assert not list(outages({"events": [CALL, later]}))
    assert list(outages({"events": [CALL, within]})) == [
        ("events.1.start", "overlaps another call; one at a time")
    ]


def test_a_call_that_nobody_answers_and_an_answer_to_nobody_are_told():
    assert any("only emergency answers" in x for x in notes(said(policy__name="tou")))
    assert any("nobody calls" in line for line in notes(said(events=[])))
    assert not any("nobody calls" in line for line in notes(said()))
