"""Which records a run's days come from: counted, and with what they came to."""

from __future__ import annotations

from datetime import timedelta

import numpy as np
import polars as pl
import pytest

from tests.worlds import DORFNETZ, planned, scenario
from twin.simulation.histories import histories
from twin.simulation.plan import Plan


def plan_of(travel: str, profiles: str) -> Plan:
    return planned(
        scenario(
            feeder__source=DORFNETZ,
            fleet__ev_share=1.0,
            fleet__travel=travel,
            customers__profiles=profiles,
        )
    )


SOURCES = [
    ("mid", "eulv_bdew"),
    ("switchbox", "fontana"),
    ("evipro", "network_constant"),
]


@pytest.mark.parametrize(("travel", "profiles"), SOURCES)
def test_every_day_of_every_car_and_home_is_counted_once(travel, profiles) -> None:
    said = plan_of(travel, profiles)
    frame = histories(said)
    draws = dict(frame.group_by("of").agg(pl.col("draws").sum()).iter_rows())
    assert draws == {"travel": 2 * len(said.cars), "load": 2 * said.households.n_home}
    records = frame.filter(pl.col("how") == "record")
    assert records.select("of", "whose", "which").is_unique().all()
    assert (records["whose"] >= 0).all()


@pytest.mark.parametrize(("travel", "profiles"), SOURCES)
def test_what_they_came_to_is_what_was_driven_and_asked_for(travel, profiles) -> None:
    said = plan_of(travel, profiles)
    total = dict(histories(said).group_by("of").agg(pl.col("total").sum()).iter_rows())
    dates = [said.timeline.start + timedelta(days=day) for day in range(2)]
    entity = said.cars.traits["entity"]
    km = sum(said.travel.day(date, entity).distance_km.sum() for date in dates)
    kwh = sum(said.profile.day_kw(day).sum() for day in range(2)) * 0.25
    assert total["travel"] == pytest.approx(km)
    assert total["load"] == pytest.approx(kwh)


def test_who_stands_idle_drives_nothing_and_is_nobodys_record() -> None:
    said = plan_of("switchbox", "fontana")
    frame = histories(said)
    (idle,) = frame.filter(pl.col("how") == "idle").iter_rows(named=True)
    assert (idle["whose"], idle["total"]) == (None, 0.0)
    trips = [
        said.travel.day(said.timeline.start + timedelta(days=d), _entity(said)).n
        for d in range(2)
    ]
    assert idle["draws"] == int((np.stack(trips) == 0).sum())


def test_cars_with_one_record_drive_alike() -> None:
    """Whose record it is says when a car drives: the same whole hours of departure."""
    said = plan_of("switchbox", "fontana")
    date = said.timeline.start
    whose, which = said.travel.histories(date, _entity(said))
    trips = said.travel.day(date, _entity(said))
    key = whose * 100 + which
    for one in np.unique(key[whose >= 0]):
        assert len(np.unique(trips.n[key == one])) == 1


def test_a_home_keeps_its_recorded_home_and_its_days_move_on() -> None:
    profile = plan_of("mid", "fontana").profile
    first, second = profile.histories(0), profile.histories(1)
    assert (first[0] == second[0]).all()
    assert (first[1] != second[1]).any()


def test_drawn_trips_and_constant_loads_are_no_records() -> None:
    how = histories(plan_of("mid", "network_constant"))["how"]
    assert how.to_list() == ["drawn", "constant"]


def _entity(said: Plan) -> np.ndarray:
    return said.cars.traits["entity"]
