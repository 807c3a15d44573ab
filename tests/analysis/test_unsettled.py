"""Whether a run's batteries end where they began, and what is said if not."""

import pytest

from twin.analysis.comparison import Comparison
from twin.analysis.unsettled import unsettled


def said_of(*runs) -> list[str]:
    return unsettled(Comparison.of(list(runs), None))


def begun(**time):
    scenario = {"time": {"start": "2026-01-12", "days": 2, "timezone": "UTC"} | time}
    return {"scenario": scenario | {"policy": {"name": "valley"}, "feeder": {}}}


def test_what_batteries_gain_is_held_against_what_was_driven(make_run):
    """0.2 of 50 kWh and 0.1 of 60 kWh; taken: 74 + 2 - 15 - 16 kWh."""
    (words,) = said_of(("valley", make_run()))
    assert (
        "end with more than they began with (valley 36 % of what driving took)" in words
    )
    assert "time: {lead_in_days: 3}" in words


def test_variants_without_cars_say_nothing(make_run):
    assert said_of(("none", make_run(cars=False))) == []
    (words,) = said_of(("none", make_run(cars=False)), ("valley", make_run()))
    assert "(valley 36 %" in words


def test_the_most_come_first_and_the_rest_is_counted(make_run):
    runs = [(f"v{k}", make_run(seed=k)) for k in range(1, 7)]
    (words,) = said_of(*runs)
    assert "(v1 36 %, v2 36 %, v3 36 %, v4 36 % and 2 more of what" in words


@pytest.mark.parametrize(("days", "silent"), [(0, False), (2, False), (3, True)])
def test_days_that_were_lived_before_are_enough(make_run, days, silent):
    said = said_of(("valley", make_run(record=begun(lead_in_days=days))))
    assert (said == []) is silent


def test_an_outage_may_have_drawn_on_batteries(make_run):
    outage = {"kind": "outage", "start": "2026-01-12T18:00", "hours": 2}
    record = begun()
    record["scenario"]["events"] = [outage]
    assert said_of(("valley", make_run(record=record))) == []


def test_each_variant_is_asked_by_itself(make_run):
    outage = {"kind": "outage", "start": "2026-01-12T18:00", "hours": 2}
    dark = begun()
    dark["scenario"]["events"] = [outage]
    lived = begun(lead_in_days=3)
    runs = {"dark": make_run(record=dark), "lived": make_run(record=lived)}
    (words,) = said_of(*runs.items(), ("valley", make_run()))
    assert "(valley 36 % of what driving took)" in words
