"""Dependable kW by hand: a call an hour, and what is left of it stage by stage."""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path
from types import SimpleNamespace
from typing import Any

import numpy as np
import polars as pl
import pytest

from tests.simulation.test_participants import FULL
from tests.worlds import scenario
from twin.analysis.case import Case
from twin.analysis.metrics import headline
from twin.analysis.participation import at_call, dependable, loses_most
from twin.analysis.participation import headline as words
from twin.fleet.charging import give, sustained_kw
from twin.fleet.participation import Known
from twin.fleet.state import Phase, state, traits
from twin.results.export import export
from twin.results.record import Run
from twin.scenario.participation_words import Participation
from twin.simulation.funnel import ORDER, Funnel
from twin.simulation.participants import STAGES, Participants
from twin.simulation.run import run

GIVES = np.array([10.0, 10.0, 10.0, 10.0, 5.0])
NOBODY = np.zeros(5, dtype=np.bool_)


@dataclass
class Parked:
    """As much of a fleet as a funnel looks at."""

    traits: np.ndarray
    state: np.ndarray

    @property
    def plugged(self) -> np.ndarray:
        return self.state["phase"] == Phase.PLUGGED


def car_traits(n: int = 5) -> np.ndarray:
    """Cars of 50 kWh without losses, floor at 0.2, least power 1 kW."""
    rows = traits(n)
    rows["capacity_kwh"], rows["floor_soc"], rows["min_kw"] = 50.0, 0.2, 1.0
    rows["give_kw"] = GIVES[:n]
    rows["rated_kw"], rows["battery_efficiency"] = 10.0, 1.0
    return rows


def made(call_h: float = 2.0, n_steps: int = 48) -> Funnel:
    """Five cars in hourly steps; the last has not enrolled."""
    passes = np.ones((len(STAGES), 5), dtype=np.bool_)
    passes[-1, 4] = False
    known = tuple(Known(1.0, "assumed", "by hand", "") for _ in STAGES)
    part = Participants(
        ("a",) * 5, passes, known, "", Path(), Participation(call_h=call_h)
    )
    cars = car_traits()
    cars["give_kw"] = np.where(part.takes_part, GIVES, 0.0)
    rows = state(5)
    rows["soc"], rows["phase"] = [0.9, 0.4, 0.2, 0.9, 0.9], int(Phase.PLUGGED)
    fleet: Any = Parked(cars, rows)
    timeline: Any = SimpleNamespace(
        step_h=1.0, n_steps=n_steps, wall_clock=lambda k: (k // 24, 60 * (k % 24))
    )
    return Funnel(part, GIVES, fleet, timeline)


def live(funnel: Funnel, response: np.ndarray | None = None) -> pl.DataFrame:
    for k in range(funnel.timeline.n_steps + 1):
        funnel.look(k, NOBODY, response)
    return funnel.frame()


def kw_at(frame: pl.DataFrame, hour: int, column: str = "kw") -> dict[str, float]:
    rows = frame.filter(pl.col("hour") == hour)
    return dict(rows.select("stage", column).iter_rows())


def test_stages_by_hand():
    """Car 1 has 10 kWh above its floor: 5 kW for two hours; car 2 has none."""
    kw = kw_at(live(made()), 18)
    assert [kw[s] for s in ORDER[:6]] == [45.0, 45.0, 45.0, 45.0, 45.0, 40.0]
    assert kw["plugged_in"] == 40.0
    assert kw["above_reserve"] == pytest.approx(25.0)
    assert kw["not_opted_out"] == kw["follows"] == pytest.approx(25.0)
    cars = kw_at(live(made()), 18, "cars")
    assert [cars[s] for s in ORDER] == [5, 5, 5, 5, 5, 4, 4, 3, 3, 3]


def test_a_longer_call_gets_less_from_what_is_stored():
    kw = kw_at(live(made(call_h=5.0)), 8)
    assert kw["above_reserve"] == pytest.approx(35 / 5 + 10 / 5 + 35 / 5)


def test_a_car_that_leaves_in_the_call_does_not_count_and_the_call_before_does():
    funnel = made(n_steps=24)
    for k in range(25):
        funnel.fleet.state["phase"][0] = int(Phase.PLUGGED if k < 10 else Phase.DRIVING)
        funnel.look(k, NOBODY, None)
    frame = funnel.frame()
    assert kw_at(frame, 7)["plugged_in"] == 40.0
    assert kw_at(frame, 8)["plugged_in"] == 30.0


def test_who_opted_out_or_does_not_follow_is_left_out():
    funnel = made(n_steps=24)
    out = np.array([True, False, False, False, False])
    for k in range(25):
        deaf = np.array([0, 0, 0, 2 if k % 2 else 0, 0])
        funnel.look(k, out, deaf)
    kw = kw_at(funnel.frame(), 18)
    assert kw["above_reserve"] == pytest.approx(25.0)
    assert kw["not_opted_out"] == pytest.approx(15.0)
    assert kw["follows"] == pytest.approx(5.0 + 10.0 / 2)


def test_median_and_tenth_percentile_over_days():
    funnel = made(n_steps=24 * 11)
    for k in range(funnel.timeline.n_steps + 1):
        funnel.fleet.state["soc"] = 0.2 + 0.02 * (k // 24)
        funnel.look(k, NOBODY, None)
    row = dict(kw_at(funnel.frame(), 12)), dict(kw_at(funnel.frame(), 12, "kw_p10"))
    by_day = [4 * d * 0.5 if d * 0.5 >= 1.0 else 0.0 for d in range(11)]
    assert row[0]["follows"] == pytest.approx(np.median(by_day))
    assert row[1]["follows"] == pytest.approx(np.percentile(by_day, 10))
    assert kw_at(funnel.frame(), 12, "days")["follows"] == 11


def test_calls_that_outlast_the_run_are_not_counted():
    frame = live(made(n_steps=24))
    assert kw_at(frame, 22, "days")["follows"] == 1
    assert kw_at(frame, 23, "days")["follows"] == 0
    assert np.isnan(kw_at(frame, 23)["follows"])


@pytest.mark.parametrize("hours", [0.5, 2.0, 4.0])
@pytest.mark.parametrize("soc", [0.25, 0.5, 0.9])
def test_what_is_sustained_empties_the_battery_to_its_floor_just_in_time(hours, soc):
    """Held against the physics of giving, with losses and standby."""
    cars = car_traits(1)
    cars["loss_constant"], cars["loss_linear"] = 0.006, 0.02
    cars["loss_quadratic"], cars["standby_kw"] = 0.035, 0.15
    cars["battery_efficiency"] = 0.98
    kw = float(sustained_kw(cars[0], soc, hours, 0.2))
    if kw == 0.0:
        assert (soc - 0.2) * 50.0 / hours < 1.5
        return
    after, given_kwh, _, _ = give(soc, kw, hours, cars[0])
    assert given_kwh == pytest.approx(kw * hours)
    assert after >= 0.2 - 1e-9
    assert kw == pytest.approx(10.0) or after == pytest.approx(0.2, abs=1e-6)


def test_a_run_writes_its_funnel_and_reports_read_it(tmp_path: Path):
    said = scenario(
        fleet__ev_count=20,
        policy__name="valley",
        participation=FULL | {"enrolled_share": 0.5, "call_hour": 3},
        stress={"opt_out_share": 0.2},
    )
    folder = run(said, tmp_path)
    done = Run.open(folder)
    case = Case(done)
    rows, hours = at_call(case), dependable(case)
    assert rows is not None and hours is not None
    assert rows["kw"].is_sorted(descending=True)
    assert rows["kw_p10"].is_sorted(descending=True)
    assert (rows["kw_p10"] <= rows["kw"] + 1e-9).all()
    assert (
        rows.filter(pl.col("mark") != "simulated")["mark"].str.contains("ass")
    ).all()
    told = headline(done)
    assert told["participants"] == int(done.static("participants")["takes_part"].sum())
    assert 0.0 < told["dependable_kw"] <= told["dependable_median_kw"]
    assert told["funnel_loses_most"] == loses_most(rows)
    line = words(case)
    assert f"{told['participants']} take part" in line and "at 03:00, 2 h" in line
    gives = done.static("evs")["discharge_kw"] > 0.0
    assert (gives == done.static("participants")["takes_part"]).all()
    files = export(done, "csv", tmp_path / "csv")
    assert {"funnel.csv", "participants.csv"} <= {file.name for file in files}


def test_a_run_without_the_section_has_none_of_it(tmp_path: Path):
    folder = run(scenario(time__days=1, fleet__ev_count=4), tmp_path)
    assert not (folder / "funnel.parquet").exists()
    assert headline(Run.open(folder))["dependable_kw"] is None
