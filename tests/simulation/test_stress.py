"""A day that is not perfect: who gives all the same, and what is written of it."""

from __future__ import annotations

import json
import random
from functools import cache
from pathlib import Path
from typing import Any

import numpy as np
import polars as pl
import pytest
from pydantic import ValidationError

from tests.laws.test_bytes import (
    _rebuilt_after_every_event,
    _rebuilt_at_every_step,
    _shuffled,
    written,
)
from tests.worlds import Diary, lived, scenario
from twin.agents.compliance import Response
from twin.scenario.notes import notes
from twin.simulation.run import run, simulate

pytestmark = pytest.mark.long

ALL = {
    "stress__non_response_share": 0.1,
    "stress__opt_out_share": 0.2,
    "stress__communication_loss_share": 0.1,
}


def said(**more: Any):
    return scenario(
        policy={"name": "v2g_peak", "target_share": 0.4},
        fleet__ev_count=24,
        fleet__bidirectional_share=1.0,
        **more,
    )


@cache
def perfect() -> Diary:
    return lived(said())


def test_a_perfect_day_needs_no_words_and_stress_of_nobody_changes_nothing():
    assert "stress" not in said().resolved()
    nobody = lived(said(stress={}))
    for name in ("give_kw", "charge_kw", "soc", "grid_kw"):
        assert (nobody.column(name) == perfect().column(name)).all()


def test_where_everybody_opts_out_nobody_gives_and_all_charge():
    out = lived(said(stress__opt_out_share=1.0))
    assert perfect().column("give_kw").sum() > 10.0
    assert out.column("give_kw").sum() == 0.0
    assert out.column("charge_kw").sum() > 0.0


def test_cars_without_an_answer_charge_as_uncontrolled_ones_do():
    deaf = lived(said(stress__non_response_share=1.0))
    plain = lived(scenario(fleet__ev_count=24, fleet__bidirectional_share=1.0))
    assert deaf.column("charge_kw").sum(axis=1) == pytest.approx(
        plain.column("charge_kw").sum(axis=1), abs=1e-9
    )
    assert deaf.column("give_kw").sum() == 0.0


def test_trips_are_the_same_whoever_follows():
    trips = lived(said(**ALL)).trips
    for name in ("ev", "depart_s", "arrive_s", "distance_km", "energy_kwh"):
        assert (trips[name] == perfect().trips[name]).all()


@pytest.mark.parametrize(
    "live", [_rebuilt_at_every_step, _rebuilt_after_every_event, None]
)
def test_a_stressed_life_rebuilt_or_shuffled_writes_the_same_bytes(live):
    lives = live or (lambda world: _shuffled(world, random.Random(5)))
    straight = written(said(**ALL), simulate)
    assert "responses" in straight
    assert written(said(**ALL), lives) == straight


def test_the_first_day_of_a_longer_life_is_the_same():
    short = lived(said(time__days=1, **ALL))
    long = lived(said(time__days=2, **ALL))
    n = len(short)
    for name in ("charge_kw", "give_kw", "soc"):
        assert (long.column(name)[:n] == short.column(name)).all()


def test_what_was_asked_in_vain_is_written_down(tmp_path: Path):
    folder = run(said(**ALL), tmp_path)
    rows = pl.read_parquet(folder / "responses.parquet")
    cars = pl.read_parquet(folder / "ev_steps.parquet")
    response, kw = rows["response"].to_numpy(), cars["kw"].to_numpy()
    silent = response != Response.FOLLOWS
    assert silent.any()
    assert (kw[silent] >= 0.0).all()
    told = json.loads((folder / "run.json").read_text())["stress"]
    asked_kwh = rows["asked_give_kw"].sum() * 0.25
    assert told["asked_give_kwh"] == pytest.approx(asked_kwh)
    assert 0.0 < told["not_followed_give_kwh"] < told["asked_give_kwh"]
    given_kwh = np.maximum(-kw, 0.0).sum() * 0.25
    assert given_kwh <= told["asked_give_kwh"] - told["not_followed_give_kwh"] + 1e-3
    assert told["unasked_charge_kwh"] > 0.0


def test_a_perfect_run_has_no_table_of_responses(tmp_path: Path):
    folder = run(said(time__days=1), tmp_path)
    assert not (folder / "responses.parquet").exists()
    assert "stress" not in json.loads((folder / "run.json").read_text())


def test_what_cannot_be_is_refused_and_what_does_nothing_is_told():
    with pytest.raises(ValidationError):
        said(stress__communication_loss_share=1.0)
    told = notes(scenario(stress__opt_out_share=0.1))
    assert "stress has no effect: uncontrolled asks nothing of any car" in told
