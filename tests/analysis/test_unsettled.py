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
    """0.2 of 50 kWh and 0.1 of 60 kWh, of 2 x 17 kWh: 16 / 34."""
    (words,) = said_of(("valley", make_run()))
    assert (
        "end with more than they began with (valley 47 % of what was driven)" in words
    )
    assert "time: {lead_in_days: 3}" in words


def test_variants_without_cars_say_nothing(make_run):
    assert said_of(("none", make_run(cars=False))) == []
    (words,) = said_of(("none", make_run(cars=False)), ("valley", make_run()))
    assert "(valley 47 %" in words


def test_the_most_come_first_and_the_rest_is_counted(make_run):
    runs = [(f"v{k}", make_run(seed=k)) for k in range(1, 7)]
    (words,) = said_of(*runs)
    assert "(v1 47 %, v2 47 %, v3 47 %, v4 47 % and 2 more of what" in words


@pytest.mark.parametrize(("days", "silent"), [(0, False), (2, False), (3, True)])
def test_days_that_were_lived_before_are_enough(make_run, days, silent):
    said = said_of(("valley", make_run(record=begun(lead_in_days=days))))
    assert (said == []) is silent


def test_an_outage_may_have_drawn_on_batteries(make_run):
    outage = {"kind": "outage", "start": "2026-01-12T18:00", "hours": 2}
    record = begun()
    record["scenario"]["events"] = [outage]
    assert said_of(("valley", make_run(record=record))) == []
