"""Days that a study is judged by: the rule, by hand and on the shipped data."""

import json
from datetime import date, timedelta

import numpy as np
import polars as pl
import pytest

from tests.worlds import scenario
from twin.analysis import annual_section
from twin.analysis.study import Subject
from twin.errors import InputError
from twin.scenario.condition_words import Conditions
from twin.scenario.study import StudyRun, read_study
from twin.scenario.tariff_words import TariffSpec
from twin.simulation.build import load_grid
from twin.studies.asked import Asked
from twin.studies.conditions import (
    Demand,
    chosen_day,
    conditions_of,
    kept_conditions,
)
from twin.studies.runner import labelled_runs, run_study
from twin.studies.stretches import stretches_of, uneven

pytestmark = pytest.mark.long


def demand(years, highest, lowest=None):
    first = date(2026, 1, 1)
    days = (date(2026 + years, 1, 1) - first).days
    top, low = np.zeros(days), np.full(days, 5.0)
    for when, kw in highest.items():
        top[(date.fromisoformat(when) - first).days] = kw
    for when, kw in (lowest or {}).items():
        low[(date.fromisoformat(when) - first).days] = kw
    dates = tuple(first + timedelta(days=day) for day in range(days))
    return Demand(dates, np.zeros((days, 24)), top, low, np.zeros((days, 5)))


def when(found, of):
    return of.dates[found[0]].isoformat()


def test_peaks_are_the_highest_of_their_months():
    of = demand(1, {"2026-01-20": 9.0, "2026-07-04": 8.0, "2026-10-01": 12.0})
    assert when(chosen_day("annual_peak", of), of) == "2026-10-01"
    assert when(chosen_day("winter_peak", of), of) == "2026-01-20"
    assert when(chosen_day("summer_peak", of), of) == "2026-07-04"


def test_the_least_load_is_that_of_sunny_hours_in_the_first_year():
    of = demand(2, {}, {"2026-05-03": -4.0, "2027-05-02": -9.0})
    assert when(chosen_day("minimum_load", of), of) == "2026-05-03"


def test_a_peak_of_ten_years_is_the_highest_of_ten_and_of_two_the_fifth():
    peaks = {f"{2026 + year}-02-{1 + year:02}": 10.0 + year for year in range(10)}
    of = demand(10, peaks)
    found, rule = chosen_day("peak_1_in_10", of)
    assert of.dates[found] == date(2035, 2, 10)
    assert rule.startswith("number 1 of the 10 annual peaks of 2026 to 2035")
    assert when(chosen_day("peak_1_in_2", of), of) == "2031-02-06"


def test_of_twenty_years_a_peak_of_ten_is_the_second():
    peaks = {f"{2026 + year}-02-01": 10.0 + year for year in range(20)}
    of = demand(20, peaks)
    assert when(chosen_day("peak_1_in_10", of), of) == "2044-02-01"


def test_too_few_years_are_refused():
    with pytest.raises(InputError, match=r"peak_1_in_10 needs 10 years .* got 3"):
        chosen_day("peak_1_in_10", demand(3, {"2026-02-01": 1.0}))


def test_a_year_that_repeats_has_no_worse_year():
    peaks = {f"{2026 + year}-02-01": 10.0 for year in range(10)}
    with pytest.raises(InputError, match=r"repeat one year; allowed: annual_peak"):
        chosen_day("peak_1_in_2", demand(10, peaks))


def test_the_chosen_day_is_the_last_one_simulated():
    base = scenario(customers__pv_share=0.5, time__days=3)
    words = Conditions(use=["winter_peak", "minimum_load"], days=2)
    winter, least = conditions_of(words, base, load_grid(base))
    assert (winter.days, winter.chosen - winter.start) == (2, timedelta(days=1))
    assert winter.chosen.month in (12, 1, 2) and least.chosen.month in range(4, 10)
    assert winter.settings == {
        "time.start": str(winter.start),
        "time.days": 2,
        "time.lead_in_days": 3,
    }
    assert least.demand_kw < 0 < winter.demand_kw


def test_weeks_begin_on_mondays_and_weigh_a_year():
    base = scenario()
    words = Conditions(use=["representative_weeks"], weeks=3)
    weeks = conditions_of(words, base, load_grid(base))
    assert [one.name for one in weeks] == ["week_1", "week_2", "week_3"]
    assert all(one.start.weekday() == 0 and one.days == 7 for one in weeks)
    assert sum(one.weight for one in weeks) == pytest.approx(365.25 / 7)
    assert all(one.lead_in_days == 7 for one in weeks)


def test_weeks_meet_the_sums_of_the_year():
    """Of 51 weeks eight, weighed: energy, PV, surplus, losses and cold of 2026."""
    base = scenario(customers__pv_share=0.5, time__step_min=60)
    grid = load_grid(base)
    words = Conditions(use=["representative_weeks"], weeks=8)
    weeks, of = conditions_of(words, base, grid), Demand.of(base, grid, 1)
    found = np.zeros(5)
    for one in weeks:
        first = (one.start - of.dates[0]).days
        found += one.weight * of.sums[first : first + 7].sum(axis=0)
    assert found == pytest.approx(of.sums.sum(axis=0) * 365.25 / 365, rel=0.03)


def test_lead_in_days_are_as_said():
    words = Conditions(use=["annual_peak", "representative_weeks"], lead_in_days=0)
    base = scenario(time__step_min=60)
    found = conditions_of(words, base, load_grid(base))
    assert {one.lead_in_days for one in found} == {0}


def test_cars_do_not_change_the_choice():
    words = Conditions(use=["annual_peak"])
    few, many = scenario(), scenario(fleet__ev_share=1.0)
    grid = load_grid(few)
    assert conditions_of(words, few, grid) == conditions_of(words, many, grid)


def test_the_choice_is_kept_and_read_again(tmp_path, monkeypatch):
    base, words = scenario(), Conditions(use=["annual_peak", "representative_weeks"])
    first = kept_conditions(words, base, load_grid(base), "0" * 16, tmp_path)
    monkeypatch.setattr("twin.studies.conditions.conditions_of", None)
    assert kept_conditions(words, base, load_grid(base), "0" * 16, tmp_path) == first


def test_a_place_that_cannot_be_written_keeps_no_choice(tmp_path):
    base, words = scenario(), Conditions(use=["annual_peak"])
    (tmp_path / "file").write_text("")
    keep = tmp_path / "file" / "below"
    found = kept_conditions(words, base, load_grid(base), "0" * 16, keep)
    assert [one.name for one in found] == ["annual_peak"]


STUDY = """\
schema: 1
name: judged
base: base.yaml
variants: {none: {fleet.ev_share: 0}, some: {}}
conditions: {use: [winter_peak, minimum_load]}
seeds: [1]
baseline: none
"""
BASE = """\
schema: 1
name: base
time: {start: 2026-01-12, days: 7, step_min: 60}
feeder: {source: "pandapower:create_kerber_landnetz_freileitung_1"}
customers: {pv_share: 0.5}
fleet: {ev_share: 0.5}
"""


def written(folder, study=STUDY):
    (folder / "base.yaml").write_text(BASE)
    (folder / "judged.yaml").write_text(study)
    return folder / "judged.yaml"


def test_a_study_runs_on_the_chosen_days_and_says_which(tmp_path):
    study = read_study(written(tmp_path))
    folder = run_study(study, tmp_path / "results", lambda _: None)
    record = json.loads((folder / "study.json").read_text())
    assert [one["name"] for one in record["conditions"]] == study.conditions.use
    labels = [one["label"] for one in record["runs"]]
    assert labels[0] == "none, condition winter_peak"
    assert labels[-1] == "some, condition minimum_load"
    frame = pl.read_parquet(folder / "study.parquet")
    assert frame["condition"].to_list() == 2 * ["winter_peak"] + 2 * ["minimum_load"]
    assert frame["weight"].null_count() == 4
    starts = [
        dict(run.record["scenario"])["time"]["start"]
        for _, run in labelled_runs(folder)
    ]
    assert starts[0] == record["conditions"][0]["start"] != starts[-1]
    led_in = [
        dict(run.record["scenario"])["time"]["lead_in_days"]
        for _, run in labelled_runs(folder)
    ]
    assert set(led_in) == {3}


@pytest.mark.parametrize(
    ("words", "said"),
    [
        ("conditions: {use: [winter]}", "conditions.use.0: got 'winter'"),
        (
            "conditions: {use: [winter_peak, winter_peak]}",
            "conditions.use.1: 'winter_peak' is there already; keep one",
        ),
        (
            "conditions: {use: [winter_peak]}\naxes: {time.days: [1, 2]}",
            "axes.time.days: conditions choose the days; leave it out, or them",
        ),
        (
            "conditions: {use: [winter_peak]}\naxes: {time.lead_in_days: [1, 2]}",
            "axes.time.lead_in_days: conditions choose the days; leave it out, or them",
        ),
        (
            "conditions: {use: [winter_peak], lead_in_days: 40}",
            "conditions.lead_in_days: got 40",
        ),
    ],
)
def test_words_that_make_no_sense_are_told(tmp_path, words, said):
    text = STUDY.replace("conditions: {use: [winter_peak, minimum_load]}", words)
    with pytest.raises(InputError) as told:
        read_study(written(tmp_path, text))
    assert said in str(told.value)


WEEKS = STUDY.replace(
    "{use: [winter_peak, minimum_load]}", "{use: [representative_weeks], weeks: 2}"
)


def test_weeks_make_a_year_and_the_rest_is_told_of_the_fullest(tmp_path):
    study = read_study(written(tmp_path, WEEKS))
    folder = run_study(study, tmp_path / "results", lambda _: None)
    frame = pl.read_parquet(folder / "study.parquet")
    assert frame["weight"].unique().sum() == pytest.approx(365.25 / 7)
    by_hand = frame.filter(variant="some").select(
        (pl.col("weight") * pl.col("homes_kwh")).sum()
    )
    found = pl.read_parquet(folder / "annual.parquet").filter(
        pl.col("against").is_null(), variant="some", key="homes_kwh"
    )
    assert found["mean"].item() == pytest.approx(by_hand.item())
    assert "condition" not in found.columns
    conditions = json.loads((folder / "study.json").read_text())["conditions"]
    fullest = max(conditions, key=lambda one: one["demand_kw"])["name"]
    assert Subject.open(folder).comparison.labels == (
        f"none, condition {fullest}",
        f"some, condition {fullest}",
    )
    words = annual_section.text(folder)
    assert f"All else is told of {fullest} alone, the fullest of the 2 weeks" in words


def test_a_tariff_that_is_not_linear_makes_no_bill_of_a_year():
    assert uneven(TariffSpec(name="flat")) == ""
    assert uneven(TariffSpec(name="sdge_tou_dr1")) == "a minimum, an allowance"
    with pytest.raises(InputError, match="fla"):
        uneven(TariffSpec(name="fla"))


@pytest.mark.parametrize(
    ("days", "weight"),
    [(1, None), (7, None), (364, None), (365, 1), (366, 1), (500, None), (730, 0.5)],
)
def test_only_whole_years_stand_for_a_year(days, weight):
    base = scenario()
    time = base.time.model_copy(update={"days": days})
    run = StudyRun("a", 1, {})
    asked = Asked(run, {}, scenario=base.model_copy(update={"time": time}))
    (found,) = stretches_of([asked])
    assert (found.weight if found else None) == weight
