from __future__ import annotations

from datetime import UTC, datetime, timedelta

import polars as pl
import pytest

from dashboards.fleet.car_choice import (
    car_of,
    moved,
    next_short,
    span_of,
    week_around,
    worst_car,
    zoomed,
)
from dashboards.fleet.car_figure import life_figure
from dashboards.fleet.car_life import life_of, place_of
from dashboards.fleet.courses import courses_of
from dashboards.fleet.departures import short_departures
from twin.analysis import kept as keeping
from twin.analysis.case import Case
from twin.errors import InputError

MIDNIGHT = datetime(2026, 1, 12, tzinfo=UTC)


class Told:
    """Twelve hours of one car with 50 kWh, told by hand; no zone but UTC."""

    policy, step_h = "valley", 1.0

    def __init__(self, trips, stays, course=None):
        self.steps = pl.DataFrame({"time": [at(hour) for hour in range(12)]})
        self.evs = pl.DataFrame(
            {"ev": [0], "capacity_kwh": [50.0], "charge_kw": [10.0], "soc_start": [0.8]}
        )
        self.tables = {"evs": self.evs}
        if trips is not None:
            self.tables["trips"] = rows(trip, trips, (1, 2, "work", 5.0))
        if stays is not None:
            self.tables["sessions"] = rows(stay, stays, (1, 2, 0.5, 0.6))
        if course is not None:
            self.tables["ev_steps"] = course
        self.run = self
        self.zone = type("Zone", (), {"key": "UTC"})

    def has(self, table):
        return table in self.tables

    def scan(self, table):
        return self.tables[table].lazy()

    def one(self, table, ev, *columns):
        return self.tables[table].select("time", *columns)


def rows(make, told, usual):
    """A table of those rows; ``usual`` gives a table without rows its columns."""
    return pl.DataFrame([make(*one) for one in (*told, usual)]).head(len(told))


def at(hour):
    return MIDNIGHT + timedelta(hours=hour)


def trip(depart, arrive, purpose, kwh, short=0.0):
    return {
        "ev": 0,
        "depart": at(depart),
        "arrive": at(arrive),
        "distance_km": 5.0 * kwh,
        "energy_kwh": kwh,
        "purpose": purpose,
        "short_kwh": short,
    }


def stay(plug_in, plug_out, soc_in, soc_out):
    return {
        "ev": 0,
        "plug_in": at(plug_in),
        "plug_out": None if plug_out is None else at(plug_out),
        "declared": at(plug_out or 13),
        "soc_in": soc_in,
        "soc_out": soc_out,
        "soc_target": 0.9,
        "charged_kwh": 5.0,
        "discharged_kwh": 0.0,
        "shortfall_kwh": 0.0,
    }


def course(kw, state, place):
    return pl.DataFrame(
        {
            "time": [at(hour) for hour in range(12)],
            "kw": kw,
            "soc": [0.5] * 12,
            "state": state,
            "place": place,
        }
    )


def told(case):
    life = life_of(case, 0, short_departures_of_nobody())
    hours = [
        ((begin - life.begin).total_seconds() / 3600, doing)
        for begin, doing in life.spells.select("begin", "doing").iter_rows()
    ]
    return life, hours


def short_departures_of_nobody():
    return pl.DataFrame({"ev": []})


WORKDAY = [(1, 2, "work", 5.0), (5, 5.5, "home", 5.0)]


def test_a_life_is_cut_wherever_the_car_does_something_else():
    life, hours = told(Told(WORKDAY, [(5.5, None, 0.6, 0.7)]))
    assert hours == [
        (0.0, "home"),
        (1.0, "driving"),
        (2.0, "work"),
        (5.0, "driving"),
        (5.5, "plugged"),
    ]
    assert (life.end - life.begin).total_seconds() == 12 * 3600
    assert life.spells["note"][1] == "to work, 25.0 km, 5.0 kWh"


def test_at_the_plug_its_intervals_tell_what_it_does():
    kw = [0.0] * 6 + [4.0, 6.0, 0.0, -3.0, 0.0, 0.0]
    steps = course(kw, [0, 1, 0, 0, 0, 2] + [2] * 6, [0, 1, 1, 1, 1, 0] + [0] * 6)
    life, hours = told(Told(WORKDAY, [(5.5, None, 0.6, 0.7)], steps))
    assert hours[4:] == [
        (5.5, "idle"),
        (6.0, "charging"),
        (8.0, "idle"),
        (9.0, "giving"),
        (10.0, "idle"),
    ]
    notes = life.spells["note"].to_list()
    assert notes[5:8] == ["charging, mean 5.0 kW", "idle", "giving, mean 3.0 kW"]


def test_a_trip_that_has_not_ended_lasts_to_the_end():
    steps = course([0.0] * 12, [2] * 9 + [1] * 3, [0] * 12)
    _, hours = told(Told([], [(0, 9.25, 0.8, 0.9)], steps))
    assert hours == [(0.0, "idle"), (9.25, "driving")]


def test_it_was_away_at_the_start_if_its_first_trip_goes_home():
    _, hours = told(Told([(3, 4, "home", 5.0)], []))
    assert hours == [(0.0, "other"), (3.0, "driving"), (4.0, "home")]


def test_charge_follows_from_trips_and_stays():
    life, _ = told(
        Told([*WORKDAY, (7, 8, "shopping", 40.0, 4.0)], [(5.5, 7, 0.6, 0.7)])
    )
    known = [
        ((time - life.begin).total_seconds() / 3600, round(soc, 3))
        for time, soc in life.charge.iter_rows()
    ]
    assert known == [
        (0.0, 0.8),
        (1.0, 0.8),
        (2.0, 0.7),
        (5.0, 0.7),
        (5.5, 0.6),
        (5.5, 0.6),
        (7.0, 0.7),
        (7.0, 0.7),
        (8.0, 0.0),
        (12.0, 0.0),
    ]


def test_every_event_has_its_reason():
    trips = [*WORKDAY, (5.7, 6, "errands", 3.0), (6.5, 7, "home", 40.0, 13.0)]
    life, _ = told(Told(trips, [(0, 1, 0.8, 0.9), (7, None, 0.0, 0.1)]))
    told_of = {what: why for what, why in life.events.select("what", "why").iter_rows()}
    assert told_of["trip to work"] == "its charge sufficed"
    assert told_of["trip to home"] == (
        "needed 40.0 kWh, held 27.0: 13.0 kWh bought on the way"
    )
    assert told_of["home, not plugged"] == "home for 12 min; a plug-in needs 15"
    plugged = life.events.filter(pl.col("what") == "at the plug")["why"].to_list()
    assert plugged[0] == "target reached; left as declared"
    assert plugged[1] == "still plugged in at the end of the record"
    assert life.events["short"].sum() == 1


def test_a_stay_at_home_without_a_plug_had_charge_enough():
    life, _ = told(Told(WORKDAY, []))
    why = life.events.filter(pl.col("what") == "home, not plugged")["why"].to_list()
    assert why == ["charge sufficed for the day ahead, as its driver saw it"] * 2


def test_the_last_purpose_is_where_it_stands():
    assert [place_of(x) for x in ("home", "work", "escort")] == [
        "home",
        "work",
        "other",
    ]


def test_a_short_departure_tells_its_reason_and_is_marked(make_run):
    case = Case(make_run())
    life = life_of(case, 0, short_departures(case))
    assert life.stays["reason"].drop_nulls().len() == 2
    why = life.events.filter("short")["why"][0]
    assert why.startswith("2.0 kWh short: ")
    figure = life_figure(life, life.begin, life.end, 1.0, "light")
    marked = next(trace for trace in figure.data if trace.name == "departed short")
    assert list(marked.y) == [86.0, 86.0]
    assert figure.layout.xaxis.range == (life.begin, life.end)


def test_what_is_exported_of_a_spell_is_when_it_began_and_ended(make_run):
    case = Case(make_run())
    life = life_of(case, 1, short_departures(case))
    figure = life_figure(life, life.begin, life.end, 1.0, "light")
    driven = [trace for trace in figure.data if trace.name == "driving"]
    bars = [trace for trace in driven if trace.type == "bar"]
    assert [trace.meta for trace in bars] == ["not exported"]
    begin = driven[1].x[0]
    assert (begin, driven[1].y[0]) == (life.begin, "driving")
    assert bars[0].x[0] == (driven[1].x[1] - begin).total_seconds() * 1000


def test_a_life_without_intervals_shows_charge_where_it_is_known(make_run):
    case = Case(make_run(level="summary"))
    life = life_of(case, 0, short_departures(case))
    figure = life_figure(life, life.begin, life.end, 1.0, "dark")
    names = {trace.name for trace in figure.data}
    assert "state of charge [%], not recorded in between" in names
    assert "yaxis3" not in figure.layout


def test_a_run_that_was_stopped_still_has_lives(interrupted):
    case = Case(interrupted)
    life = life_of(case, 1, short_departures(case))
    assert life.spells.height > 1
    assert (life.end - life.begin).total_seconds() == 4 * 3600


# ------------------------------------------------------------------- which part of it
def test_the_usual_time_is_the_week_of_the_worst_departure():
    life, _ = told(Told(WORKDAY, [(5.5, 9, 0.6, 0.7)]))
    assert span_of(life, None, None) == (life.begin, life.end)
    asked = span_of(life, "2026-01-12T06:00", "2026-01-12T02:00")
    assert [time.hour for time in asked] == [2, 6]
    assert span_of(life, "1700-01-01", "2500-01-01") == (life.begin, life.end)
    beyond = span_of(life, "2030-01-01", "2031-01-01")
    assert beyond == (life.end - timedelta(hours=1), life.end)


def test_buttons_move_within_the_run():
    life, _ = told(Told(WORKDAY, []))
    span = (life.begin, life.begin + timedelta(hours=4))
    later = moved(life, span, "later")
    assert later == (span[0] + timedelta(hours=2), span[1] + timedelta(hours=2))
    assert moved(life, span, "earlier") == span
    assert moved(life, later, "whole") == (life.begin, life.end)
    assert moved(life, span, "one-week") == (life.begin, life.end)


def test_the_next_short_car_is_the_one_that_lacked_less():
    short = pl.DataFrame({"ev": [4, 7, 4, 2], "shortfall_kwh": [1.0, 5.0, 6.0, 3.0]})
    assert [next_short(short, ev) for ev in (4, 7, 2, 0)] == [7, 2, 4, 4]
    assert next_short(short.clear(), 3) == 3


def test_a_week_begins_three_days_before_a_departure():
    assert week_around("2026-07-16T15:43:10") == (
        "2026-07-13T00:00",
        "2026-07-20T00:00",
    )
    assert week_around(None) == ("", "")


def test_a_zoom_is_told_to_the_minute(make_run):
    courses = courses_of(Case(make_run()))
    said = {
        "xaxis.range[0]": "2026-01-12 19:10:00.5",
        "xaxis.range[1]": "2026-01-12 20:30",
    }
    assert zoomed(said, courses) == ("2026-01-12T19:00", "2026-01-12T21:00")
    assert zoomed({"xaxis.autorange": True}, courses) == ("", "")


def test_only_a_car_of_this_run_can_be_asked_for(make_run):
    case = Case(make_run())
    assert car_of(case, "1") == car_of(case, 1) == 1
    assert worst_car(case) == 0
    for said in ("2", "-1", "x", None, "²", "9" * 40, ["0"]):
        with pytest.raises(InputError):
            car_of(case, said)


def test_the_life_that_is_shown_first_is_kept_as_it_is(make_run, monkeypatch):
    monkeypatch.setattr(keeping, "WORTH_KEEPING_BYTES", 0)
    case = Case(make_run())
    short = short_departures(case)
    plain, first = life_of(case, 1, short), life_of(case, 1, short, is_first=True)
    monkeypatch.setattr(type(case.run), "one", lambda *_: pytest.fail("read again"))
    kept = life_of(Case(case.run), 1, short, is_first=True)
    for part in ("spells", "course", "charge", "stays", "events"):
        assert getattr(first, part).equals(getattr(plain, part)), part
        assert getattr(kept, part).equals(getattr(plain, part)), part
