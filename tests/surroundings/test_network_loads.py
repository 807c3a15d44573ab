from datetime import date

import numpy as np
import pytest

from twin.errors import InputError
from twin.surroundings.network_loads import NetworkShapes
from twin.surroundings.profiles import profile
from twin.timeline import Timeline

ZONE = "Europe/Berlin"


@pytest.fixture
def shapes():
    """2016 by the quarter hour: day + hour / 100, the second home twice that."""
    day, quarter = np.divmod(np.arange(366 * 96), 96)
    one = day + quarter // 4 / 100
    return NetworkShapes(2016, 15, np.stack([one, 2 * one], axis=1))


def test_constant_loads_are_the_network_s_own(make_homes, winter_week):
    model = profile("network_constant", make_homes(3), winter_week, 1)
    assert model.day_kw(2)[50].tolist() == pytest.approx([0.1, 0.55, 1.0])
    assert (model.mean_kw(0) == model.day_kw(0)).all()


def test_a_network_without_shapes_says_what_to_use(make_homes, winter_week):
    with pytest.raises(InputError, match="use network_constant"):
        profile("network", make_homes(2), winter_week, 1)


def test_dates_take_the_nearest_same_weekday(make_homes, shapes):
    """Monday 12 January 2026 is day 12; the nearest Monday of 2016 is the 11th."""
    timeline = Timeline(date(2026, 1, 12), 1, 15, ZONE)
    kw = profile("network", make_homes(2), timeline, 1, shapes).day_kw(0)
    assert kw[:6, 0].tolist() == pytest.approx([10.0] * 4 + [10.01] * 2)
    assert kw[0].tolist() == [10.0, 20.0]


def test_series_stay_in_standard_time(make_homes, shapes):
    timeline = Timeline(date(2026, 7, 6), 1, 60, ZONE)
    kw = profile("network", make_homes(2), timeline, 1, shapes).day_kw(0)[:, 0]
    assert (kw[1:3] - np.floor(kw[1:3])).tolist() == pytest.approx([0.0, 0.01])


def test_coarse_steps_are_means_and_fine_ones_hold(make_homes, shapes):
    homes = make_homes(2)
    at = date(2026, 1, 12)
    hourly = profile("network", homes, Timeline(at, 1, 60, ZONE), 1, shapes).day_kw(0)
    fine = profile("network", homes, Timeline(at, 1, 5, ZONE), 1, shapes).day_kw(0)
    assert hourly[5, 0] == pytest.approx(10.05)
    assert fine[60:72, 0] == pytest.approx(np.full(12, 10.05))


def test_mean_is_of_near_days_of_the_type(make_homes, shapes):
    timeline = Timeline(date(2026, 7, 6), 1, 60, ZONE)
    mean = profile("network", make_homes(2), timeline, 1, shapes).mean_kw(0)
    days = [d for d in range(165, 209) if (d + 4) % 7 not in (5, 6)]
    near = [d for d in days if abs(d + 1 - 187) <= 21]
    assert mean[1, 0] == pytest.approx(np.mean(near))
