"""Who can take part, on the page of cars: by a funnel and calls made by hand."""

from datetime import UTC, datetime

import polars as pl
import pytest

from dashboards import theme
from dashboards.fleet import layout, participation
from twin.analysis.case import Case
from twin.analysis.participation_figure import Drawn, funnel_figure, hours_figure

STAGES = (
    # stage, title, cars, kw, kw_p10, lost_kw, share, mark
    ("cars", "cars", 10.0, 70.0, 70.0, 0.0, None, "simulated"),
    ("charger", "<b>charger</b> fits", 4.0, 28.0, 28.0, 42.0, 0.4, "assumed"),
    ("enrolled", "enrolled", 3.0, 21.0, 21.0, 7.0, 0.75, "published"),
    ("follows", "follows", 2.0, 14.0, 9.0, 7.0, None, "simulated"),
)
UTC_TIMES = [datetime(2026, 1, 12, hour, tzinfo=UTC) for hour in (10, 17, 19, 20)]


def with_funnel(run, hours=(18, 19)):
    rows = [
        {
            "hour": hour,
            "days": 2,
            "stage": stage,
            "title": title,
            "cars": cars,
            "cars_p10": cars,
            "kw": kw + hour - 18,
            "kw_p10": low,
            "lost_kw": lost,
            "share": share,
            "mark": mark,
            "source": "somebody",
        }
        for hour in hours
        for stage, title, cars, kw, low, lost, share, mark in STAGES
    ]
    pl.DataFrame(rows).write_parquet(run.path / "funnel.parquet")
    case = Case(run)
    words = {"participation": {"call_hour": 18, "call_h": 2}}
    vars(case)["scenario"] = {**case.scenario, **words}
    return case


def with_calls(case, given_kw=5.0):
    announced, start, until, rebound = UTC_TIMES
    row = {
        "call": 0, "announced": announced, "start": start, "until": until,
        "enrolled": 3, "plugged": 2, "opted_out": 1, "can_give_kw": 7.0,
        "given_kwh": 10.0, "given_kw": given_kw, "charged_kwh": 1.0, "peak_kw": 40.0,
        "rebound_kw": 55.5, "rebound_time": rebound,
    }  # fmt: skip
    pl.DataFrame([row]).write_parquet(case.run.path / "calls.parquet")
    return case


def words(component):
    return str(component.to_plotly_json())


def test_the_card_says_who_is_left_and_where_most_is_lost(make_run):
    case = with_funnel(make_run())
    said = words(participation.card(case))
    assert "2 EVs, 3 take part, 9.0 kW dependable at 18:00, 2 h" in said
    assert "(median 14.0 kW); most is lost at: <b>charger</b> fits." in said
    assert "stages of a call at 18:00, 2 h" in said
    rows = participation.stage_rows(case)
    assert [row["cars"] for row in rows] == [10.0, 4.0, 3.0, 2.0]
    assert rows[1]["title"].endswith("(most lost)") and rows[1]["share"] == 40.0
    assert rows[0]["share"] is None and rows[1]["mark"] == "assumed"
    assert "id='cars-funnel'" in words(layout.body(case, {}))


def test_assumed_stages_are_marked_and_names_are_escaped(make_run):
    case = with_funnel(make_run())
    shown = [Drawn(case, theme.LIGHT.give)]
    median, low = funnel_figure(shown).data
    assert list(median.y)[:3] == [
        "cars",
        "&lt;b&gt;charger&lt;/b&gt; fits*",
        "enrolled",
    ]
    assert (list(median.x), list(low.x)) == ([70, 28, 21, 14], [70, 28, 21, 9])
    assert (median.name, low.name) == ("median", "10th percentile")
    dark = theme.recoloured(funnel_figure(shown), "dark")
    assert dark.data[0].marker.color == theme.DARK.give


def test_dependable_power_by_hour(make_run):
    shown = [Drawn(with_funnel(make_run()), theme.LIGHT.give)]
    dependable, median = hours_figure(shown).data
    assert (list(dependable.x), list(dependable.y)) == ([18, 19], [9.0, 9.0])
    assert (median.name, list(median.y)) == ("median", [14.0, 15.0])
    named = hours_figure([Drawn(shown[0].case, "#000000", "<i>a</i>")]).data
    assert named[0].name == "&lt;i&gt;a&lt;/i&gt;: dependable"


def test_without_participation_it_says_which_key_to_write(make_run):
    said = words(participation.card(Case(make_run())))
    assert "The scenario says nothing of participation" in said
    assert "--set participation.standard=fragmented" in said
    assert "cars-calls" not in said and "cars-funnel" not in said


def test_calls_stand_in_local_time(make_run):
    case = with_calls(Case(make_run()))
    row = participation.told_calls(case)[0]
    assert (row["call"], row["hours"]) == (1, 2.0)
    assert row["announced"] == case.local(UTC_TIMES[0])
    assert row["rebound_time"] == case.local(UTC_TIMES[3])
    assert (row["enrolled"], row["opted_out"], row["given_kw"]) == (3, 1, 5.0)
    assert row["rebound_kw"] == 55.5
    assert "cars-calls" in words(participation.card(case))


def test_a_call_that_never_began_gave_nothing_known(make_run):
    case = with_calls(Case(make_run()), float("nan"))
    assert participation.told_calls(case)[0]["given_kw"] is None


@pytest.mark.parametrize("asked", [True, False])
def test_a_run_before_its_end_is_not_told_to_ask(interrupted, asked):
    case = Case(interrupted)
    vars(case)["scenario"] = {"participation": {}} if asked else {}
    said = words(participation.card(case))
    assert ("is written when a run ends" in said) == asked
    assert ("participation.standard" in said) != asked
