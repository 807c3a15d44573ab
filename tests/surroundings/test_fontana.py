from datetime import date

import numpy as np
import pytest

from twin.surroundings.fontana import Fontana, all_hours, recorded_homes
from twin.surroundings.quality import faults
from twin.timeline import Timeline

LA = "America/Los_Angeles"


@pytest.fixture
def summer_week():
    return Timeline(date(2026, 7, 13), 7, 15, LA)


def test_gates_reject_the_known_bad_homes_and_keep_ten():
    bad = {name for name, kwh in all_hours().items() if faults(kwh)}
    assert {"home_12", "home_15", "home_7"} <= bad
    assert "home_14" in bad  # net of PV: near zero at midday only
    assert len(recorded_homes()[0]) == 10


def test_recorded_days_follow_the_wall_clock():
    """Home 12 is a bare PV system: its noon moves an hour when the clocks change."""
    sun = all_hours()["home_12"]
    noon = (sun * (np.arange(24) + 0.5)).sum(axis=1) / sun.sum(axis=1)
    before, after = noon[90:97].mean(), noon[98:105].mean()  # 6 November 2016 is 97
    assert before - after == pytest.approx(1.0, abs=0.35)


def test_energy_of_the_mean_is_each_home_s_own(make_homes):
    timeline = Timeline(date(2026, 1, 1), 365, 60, LA)
    model = Fontana(make_homes(25, annual_kwh=6500.0), timeline, seed=1)
    total = sum(model.mean_kw(day).sum(axis=0) for day in range(365))
    assert total == pytest.approx(np.full(25, 6500.0), rel=1e-3)


def test_energy_of_the_draws_is_right_on_average(make_homes):
    timeline = Timeline(date(2026, 1, 1), 365, 60, LA)
    model = Fontana(make_homes(30, annual_kwh=6500.0), timeline, seed=1)
    total = sum(model.day_kw(day).sum(axis=0) for day in range(365))
    assert total.mean() == pytest.approx(6500, rel=0.01)


def test_no_two_homes_of_a_transformer_share_a_curve(make_homes, summer_week):
    for day, n in ((1, 250), (5, 110), (5, 400)):
        kw = Fontana(make_homes(n, 5), summer_week, 3).day_kw(day)[:, :n]
        assert len(np.unique(np.round(kw, 9), axis=1).T) == n


def test_no_two_homes_of_a_transformer_share_a_recorded_day(make_homes):
    hourly = Timeline(date(2026, 7, 13), 7, 60, LA)
    for day, n in ((1, 250), (5, 110), (5, 350)):  # 350: days recur, hours moved
        kw = Fontana(make_homes(n), hourly, 3).day_kw(day)
        shapes = np.round(kw / kw.sum(axis=0), 9)
        assert len(np.unique(shapes, axis=1).T) == n


def test_first_customers_get_recorded_days_untouched(make_homes):
    model = Fontana(make_homes(110), Timeline(date(2026, 7, 18), 1, 60, LA), 3)
    drawn = model.day_kw(0)
    days = recorded_homes()[1].transpose(1, 0, 2).reshape(24, -1)
    recorded = {tuple(np.round(d / d.sum(), 9)) for d in days.T if d.sum() > 0}
    assert all(tuple(np.round(d / d.sum(), 9)) in recorded for d in drawn.T)


def test_the_mean_day_is_the_draws_mean_hour_by_hour(make_homes):
    timeline = Timeline(date(2026, 7, 14), 3, 60, LA)
    model = Fontana(make_homes(*[100] * 12), timeline, 3)
    drawn = np.mean([model.day_kw(day).mean(axis=1) for day in range(3)], axis=0)
    mean = np.mean([model.mean_kw(day).mean(axis=1) for day in range(3)], axis=0)
    assert drawn == pytest.approx(mean, rel=0.04)


def test_hours_keep_their_energy_at_any_step(make_homes):
    homes = make_homes(60, annual_kwh=6500.0)
    hourly = Fontana(homes, Timeline(date(2026, 7, 13), 1, 60, LA), 2).day_kw(0)
    for step_min in (1, 5, 15, 30):
        timeline = Timeline(date(2026, 7, 13), 1, step_min, LA)
        fine = Fontana(homes, timeline, 2).day_kw(0)
        means = fine.reshape(24, 60 // step_min, -1).mean(axis=1)
        assert means == pytest.approx(hourly, rel=1e-9)
        assert fine.min() > 0
    assert fine.std() > hourly.std()


def test_pure_function_of_seed_home_and_date(make_homes, summer_week):
    later = Timeline(date(2026, 7, 15), 2, 15, LA)
    homes = make_homes(12, 30)
    ours, theirs = Fontana(homes, summer_week, 5), Fontana(homes, later, 5)
    assert (ours.day_kw(2) == theirs.day_kw(0)).all()
    more = Fontana(make_homes(12, 30, 40), summer_week, 5)
    assert (ours.day_kw(2) == more.day_kw(2)[:, :42]).all()
    assert not np.allclose(ours.day_kw(2), Fontana(homes, summer_week, 6).day_kw(2))


@pytest.mark.parametrize(
    ("start", "hours"), [(date(2026, 3, 8), 23), (date(2026, 11, 1), 25)]
)
def test_days_of_23_and_25_hours(make_homes, start, hours):
    model = Fontana(make_homes(3), Timeline(start, 1, 15, LA), 1)
    assert model.day_kw(0).shape == (hours * 4, 3)
    assert model.mean_kw(0).shape == (hours * 4, 3)


def test_drawn_days_are_near_in_the_season_and_of_the_same_type(make_homes):
    model = Fontana(make_homes(1), Timeline(date(2024, 2, 28), 3, 60, LA), 1)
    for day, weekend in ((1, False), (3, True)):
        today = model.timeline.date_of(day)
        pool = model._pool(today)
        rows = np.flatnonzero(pool.any(axis=1))
        dates = [date.fromordinal(date(2016, 8, 1).toordinal() + int(r)) for r in rows]
        assert min(dates) >= date(2017, 2, 7) and max(dates) <= date(2017, 3, 23)
        holiday = date(2017, 2, 20)  # Presidents' Day
        assert all((d.weekday() >= 5 or d == holiday) == weekend for d in dates), today


def test_notes_count_the_homes(make_homes, summer_week):
    notes = " ".join(Fontana(make_homes(1), summer_week, 1).notes)
    assert "10 of 17 recorded homes" in notes and "290 or 120 distinct" in notes
    assert all(path.is_file() for path in Fontana.inputs)
