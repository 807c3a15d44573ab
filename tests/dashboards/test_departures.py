from __future__ import annotations

from datetime import UTC, datetime, timedelta
from pathlib import Path

import numpy as np
import polars as pl
import pytest

from dashboards.fleet import departures
from dashboards.fleet.departures import (
    EFFICIENCY,
    because,
    departures_of,
    ended_stays,
    in_words,
    short_departures,
)
from twin.analysis import kept as keeping
from twin.analysis.case import Case
from twin.analysis.metrics import headline_of
from twin.fleet.charging import BATTERY_EFFICIENCY, CONVERTER, charging_efficiency
from twin.fleet.state import traits

NOON = datetime(2026, 1, 12, 17, tzinfo=UTC)


class Told:
    """A run of one car with 10 kW and 50 kWh, and its stays and intervals."""

    def __init__(self, stay, kw=None, soc=None, policy="valley"):
        usual = {
            "ev": 0,
            "customer": 0,
            "plug_in": NOON,
            "plug_out": NOON + timedelta(hours=4),
            "declared": NOON + timedelta(hours=4),
            "soc_in": 0.5,
            "soc_out": 0.8,
            "soc_target": 0.9,
            "charged_kwh": 16.0,
            "discharged_kwh": 0.0,
            "shortfall_kwh": 5.0,
        }
        self.policy, self.step_h = policy, 1.0
        self.evs = pl.DataFrame(
            {
                "ev": [0],
                "model": ["one"],
                "capacity_kwh": [50.0],
                "charge_kw": [10.0],
            },
            schema_overrides={"ev": pl.Int64},
        )
        hours = [NOON + timedelta(hours=hour) for hour in range(4)]
        self.steps = pl.DataFrame({"time": hours})
        self.tables = {"sessions": pl.DataFrame([{**usual, **stay}]), "evs": self.evs}
        if kw is not None:
            columns = {"kw": [[x] for x in kw], "soc": [[x] for x in soc]}
            self.tables["ev_steps"] = pl.DataFrame(
                {"time": hours, **columns},
                schema_overrides={
                    name: pl.Array(pl.Float32, 1) for name in ("kw", "soc")
                },
            )
        self.run, self.path = self, Path("nowhere")

    def has(self, table):
        return table in self.tables

    def scan(self, table):
        return self.tables[table].lazy()


def reason(stay, *course, policy="valley"):
    return short_departures(Told(stay, *course, policy=policy))["reason"].to_list()


IDLE = (0.0, 0.0, 6.0, 10.0), (0.5, 0.5, 0.61, 0.8)
SLOW = (4.0, 4.0, 4.0, 4.0), (0.57, 0.65, 0.72, 0.8)


def test_a_stay_is_too_short_if_full_power_could_not_have_stored_it():
    stay = {"soc_in": 0.1, "soc_out": 0.7, "shortfall_kwh": 10.0}
    assert reason(stay) == ["too short"]
    enough = 0.9 - 0.999 * 4 * 10 * EFFICIENCY / 50
    assert reason({"soc_in": enough}, *IDLE) != ["too short"]


def test_the_declared_departure_says_how_long_the_stay_was_to_be():
    left = {"plug_out": NOON + timedelta(hours=2), "soc_in": 0.5, "charged_kwh": 5.0}
    declared = {"declared": NOON + timedelta(hours=2, minutes=1)}
    assert reason(left | declared) == ["too short"]
    later = {"declared": NOON + timedelta(hours=4)}
    assert reason(left | later) == ["left early"]


def test_leaving_early_explains_only_what_would_have_fitted():
    early = {"plug_out": NOON + timedelta(hours=3, minutes=30), "charged_kwh": 10.0}
    assert reason(early | {"shortfall_kwh": 4.5}) == ["left early"]
    assert reason(early | {"shortfall_kwh": 4.7}) == ["not told"]


def test_full_power_all_the_while_is_a_stay_too_short():
    assert reason({"charged_kwh": 38.0}) == ["too short"]
    assert reason({"charged_kwh": 37.9}) == ["not told"]


def test_what_it_gave_explains_what_it_lacks():
    assert reason({"discharged_kwh": 5.0}) == ["gave"]
    assert reason({"discharged_kwh": 4.9}) == ["not told"]


def test_idle_hours_below_target_are_the_policys_waiting():
    found = short_departures(Told({}, *IDLE)).row(0, named=True)
    assert found["reason"] == "waited"
    assert found["idle_h"] == pytest.approx(2.0)
    assert found["limited_kwh"] == pytest.approx(4.0)
    assert because(found) == "drew nothing below target for 2:00 h"


def test_a_car_that_nobody_controls_never_waits():
    assert reason({}, *IDLE, policy="uncontrolled") == ["no room"]


def test_less_than_full_power_is_no_room():
    found = short_departures(Told({}, *SLOW)).row(0, named=True)
    assert found["reason"] == "no room"
    assert found["limited_kwh"] == pytest.approx(24.0)


def test_only_the_part_of_an_interval_at_the_plug_counts():
    late = {"plug_in": NOON + timedelta(minutes=30)}
    found = short_departures(Told(late, *IDLE)).row(0, named=True)
    assert found["idle_h"] == pytest.approx(1.5)


def test_intervals_at_target_are_no_waiting():
    full = (0.0, 0.0, 6.0, 10.0), (0.9, 0.9, 0.61, 0.8)
    found = short_departures(Told({}, *full)).row(0, named=True)
    assert found["idle_h"] == 0.0


def test_one_per_cent_of_the_battery_is_not_short():
    assert short_departures(Told({"shortfall_kwh": 0.5})).height == 0
    assert short_departures(Told({"shortfall_kwh": 0.51})).height == 1


def test_departures_agree_with_the_headline(make_run):
    case = Case(make_run())
    ended = ended_stays(case).collect()
    told = headline_of(case)
    assert ended.height == told["departures"] == 4
    assert ended["short"].mean() == told["departures_short_share"] == 0.5
    assert short_departures(case)["ev"].to_list() == [0, 0]


def test_counts_are_those_of_the_stays_and_a_long_run_s_are_kept(make_run, monkeypatch):
    case = Case(make_run())
    monkeypatch.setattr(keeping, "WORTH_KEEPING_BYTES", 0)
    told, ended = departures_of(case), ended_stays(case).collect()
    assert told.by_car() == {
        ev: (stays.height, stays["short"].sum())
        for (ev,), stays in ended.group_by("ev")
    }
    left = ended["plug_out"].dt.convert_time_zone(case.zone.key).dt.hour()
    assert told.by_hour.tolist() == np.bincount(left.to_numpy(), minlength=24).tolist()
    assert told.worst.tolist() == short_departures(case)["ev"].head(1).to_list()
    monkeypatch.setattr(departures, "ended_stays", lambda _: pytest.fail("read again"))
    again = departures_of(Case(case.run))
    assert again.by_car() == told.by_car()
    assert again.worst.tolist() == told.worst.tolist()


def test_a_run_that_was_stopped_has_no_departures(interrupted):
    case = Case(interrupted)
    assert ended_stays(case).collect().height == short_departures(case).height == 0


def test_the_efficiency_is_the_twins_at_full_power():
    car = traits(1)
    car["charge_kw"] = car["rated_kw"] = 11.0
    car["battery_efficiency"] = BATTERY_EFFICIENCY
    car["loss_constant"], car["loss_linear"], car["loss_quadratic"] = CONVERTER
    assert charging_efficiency(car)[0] == pytest.approx(EFFICIENCY, abs=0.002)


def test_hours_in_words():
    assert in_words(0.7) == "0:42 h"
    assert in_words(25.0) == "25:00 h"
