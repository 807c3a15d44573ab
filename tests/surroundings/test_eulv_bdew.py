from datetime import date

import numpy as np
import pytest

from twin.randomness import Purpose, uniform
from twin.surroundings.bdew import DayType, quarter_hours_kw
from twin.surroundings.eulv_bdew import EulvBdew, curve_table, normalised_shapes
from twin.surroundings.homes import Homes
from twin.timeline import Timeline

CASES = [(1, DayType.WORKDAY), (1, DayType.HOLIDAY), (7, DayType.SATURDAY)]


@pytest.mark.parametrize(("month", "kind"), CASES)
@pytest.mark.parametrize("step_min", [5, 15, 60])
def test_mean_of_all_curves_is_bdew_exactly(month, kind, step_min):
    curves = curve_table(month, kind, step_min).mean(axis=1)
    load = quarter_hours_kw(month, kind)
    load = np.repeat(load, 15).reshape(-1, step_min).mean(axis=1)
    if step_min >= 15:
        assert curves == pytest.approx(load, rel=1e-6)
    else:
        by_quarter = curves.reshape(96, -1).mean(axis=1)
        assert by_quarter == pytest.approx(quarter_hours_kw(month, kind), rel=1e-6)


def test_peaks_are_lowered_or_lifted_by_a_base_common_to_all_never_scaled_up():
    shapes = normalised_shapes()
    curves = curve_table(1, DayType.HOLIDAY, 1).reshape(1440, 13, 100)
    level = quarter_hours_kw(1, DayType.HOLIDAY).mean()
    for i, shift in enumerate(range(-90, 91, 15)):
        added = curves[:, i] / level - np.roll(shapes, shift, axis=0)
        lifted = added.max(axis=1) > 1e-9
        assert 0 < lifted.mean() < 1
        assert np.ptp(added[lifted], axis=1).max() < 1e-9
        assert (added[~lifted] <= 1e-9).all()
    assert curves.min() > 0


def test_a_week_of_many_homes_follows_bdew(make_homes):
    timeline = Timeline(date(2026, 1, 12), 7, 15, "Europe/Berlin")
    model = EulvBdew(make_homes(*[100] * 20), timeline, seed=4)
    for day in range(7):
        drawn = model.day_kw(day).mean(axis=1)
        mean = model.mean_kw(day).mean(axis=1)
        assert drawn.sum() == pytest.approx(mean.sum(), rel=0.01)
        # 2,000 homes of which each hour spreads by about 60 %: 1.3 %, 3.5 sigma
        hours = drawn.reshape(24, 4).mean(axis=1) / mean.reshape(24, 4).mean(axis=1)
        assert np.abs(hours - 1).max() < 0.05


def test_annual_energy_of_the_mean_is_each_home_s_own(make_homes):
    timeline = Timeline(date(2026, 1, 1), 365, 60, "Europe/Berlin")
    model = EulvBdew(make_homes(2, annual_kwh=4321.0), timeline, seed=1)
    total = sum(model.mean_kw(day).sum(axis=0) for day in range(365))
    # the hour lost in March and gained in October differ by a few watt-hours
    assert total == pytest.approx([4321.0, 4321.0], rel=1e-4)


def test_annual_energy_of_the_draws_is_right_on_average(make_homes):
    timeline = Timeline(date(2026, 1, 1), 365, 60, "Europe/Berlin")
    model = EulvBdew(make_homes(50), timeline, seed=1)
    total = sum(model.day_kw(day).sum(axis=0) for day in range(365))
    assert total.mean() == pytest.approx(3500, rel=0.005)
    # 365 independent days of a spread of 47 %: 2.5 % a year
    assert total.std() / total.mean() == pytest.approx(0.025, abs=0.01)


def test_no_two_homes_of_a_transformer_share_a_curve(make_homes):
    timeline = Timeline(date(2026, 1, 14), 1, 15, "Europe/Berlin")
    for n in (100, 250, 1400):
        kw = EulvBdew(make_homes(n, 3), timeline, seed=9).day_kw(0)[:, :n]
        shapes = kw / kw.sum(axis=0)
        assert len(np.unique(np.round(kw, 9), axis=1).T) == n
        if n <= 1300:
            assert len(np.unique(np.round(shapes, 12), axis=1).T) == n


def test_pure_function_of_seed_home_and_date(make_homes):
    long = Timeline(date(2026, 1, 5), 14, 15, "Europe/Berlin")
    short = Timeline(date(2026, 1, 12), 2, 15, "Europe/Berlin")
    homes = make_homes(7, 4)
    first, second = EulvBdew(homes, long, 5), EulvBdew(homes, short, 5)
    later = first.day_kw(8)
    first.day_kw(2)
    assert (first.day_kw(7) == second.day_kw(0)).all()
    assert (later == second.day_kw(1)).all()
    assert not np.allclose(first.day_kw(7), EulvBdew(homes, long, 6).day_kw(7))
    assert not np.allclose(first.day_kw(7), first.day_kw(8))


def test_homes_added_to_another_transformer_change_nothing(make_homes, winter_week):
    few = EulvBdew(make_homes(120, 4), winter_week, 2).day_kw(3)
    many = EulvBdew(make_homes(120, 9, 30), winter_week, 2).day_kw(3)
    assert (few[:, :124] == many[:, :124]).all()


@pytest.mark.parametrize(
    ("start", "hours"), [(date(2026, 3, 29), 23), (date(2026, 10, 25), 25)]
)
@pytest.mark.parametrize("step_min", [1, 15, 60])
def test_days_of_23_and_25_hours(make_homes, start, hours, step_min):
    timeline = Timeline(start, 1, step_min, "Europe/Berlin")
    model = EulvBdew(make_homes(3), timeline, 1)
    assert model.day_kw(0).shape == (hours * 60 // step_min, 3)
    assert model.mean_kw(0).shape == (hours * 60 // step_min, 3)


def test_the_missing_hour_is_the_one_from_two_to_three(make_homes):
    timeline = Timeline(date(2026, 3, 29), 1, 60, "Europe/Berlin")
    whole = Timeline(date(2026, 3, 29), 1, 60, "UTC")
    homes = make_homes(3)
    short = EulvBdew(homes, timeline, 1).day_kw(0)
    full = EulvBdew(homes, whole, 1).day_kw(0)
    assert (short == np.delete(full, 2, axis=0)).all()


def test_coarse_steps_are_means_of_fine_ones(make_homes):
    homes = make_homes(130)
    fine = EulvBdew(homes, Timeline(date(2026, 2, 3), 1, 5, "Europe/Berlin"), 1)
    coarse = EulvBdew(homes, Timeline(date(2026, 2, 3), 1, 60, "Europe/Berlin"), 1)
    means = fine.day_kw(0).reshape(24, 12, -1).mean(axis=1)
    assert coarse.day_kw(0) == pytest.approx(means, rel=1e-12)


def test_the_first_home_s_curve_by_hand():
    """A single home: its shape and shift from the keyed draws, taken step by step."""
    today = date(2026, 1, 12)
    timeline = Timeline(today, 1, 15, "Europe/Berlin")
    homes = Homes(np.array([3500.0]), np.array([7]), np.array([1.0]))
    keys = uniform(1, Purpose.HOME_SHAPE, 7, today.toordinal(), np.arange(100))
    shape = int(np.argsort(keys)[0])
    start = uniform(1, Purpose.HOME_SHIFT, 7, today.toordinal(), shape)
    shift = int(start * 13)
    table = curve_table(1, DayType.WORKDAY, 15)[:, 100 * shift + shape]
    drawn = EulvBdew(homes, timeline, 1).day_kw(0)[:, 0]
    assert drawn / drawn.mean() == pytest.approx(table / table.mean())


def test_notes_say_what_the_data_are():
    text = " ".join(EulvBdew.notes)
    assert "1,300" in text and "model" in text and "BDEW" in text
    assert all(path.is_file() for path in EulvBdew.inputs)
