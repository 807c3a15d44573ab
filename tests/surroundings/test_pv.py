from datetime import date

import numpy as np
import pytest

from twin.surroundings.pv import Pv, pv_kw_per_kwp
from twin.surroundings.sun import Sun
from twin.surroundings.weather import weather
from twin.timeline import Timeline


class HotNoon:
    """The sun overhead with 1,000 W/m2 at 30 degC."""

    timeline = Timeline(date(2026, 6, 21), 1, 60, "UTC")
    name, notes, inputs = "hot noon", (), ()

    def temperature_degc(self, day: int):
        return np.array([30.0])

    def irradiance_wm2(self, day: int):
        return np.array([1000.0])

    def sun(self, day: int):
        return Sun(np.zeros(1), np.zeros(1), np.ones(1), np.array([171]))


def test_output_by_hand():
    """Clearness 1000 / 1323.8 = 0.7554: diffuse 0.1755 by Erbs; tilt 30 degrees."""
    above = 1367 * (1 + 0.033 * np.cos(2 * np.pi * 172 / 365))
    k = 1000 / above
    share = 0.9511 - 0.1604 * k + 4.388 * k**2 - 16.638 * k**3 + 12.336 * k**4
    cos = np.cos(np.radians(30))
    plane = 1000 * ((1 - share) * cos + share * (1 + cos) / 2 + 0.2 * (1 - cos) / 2)
    cell = 30 + 25 * plane / 800
    expected = plane / 1000 * 0.86 * 0.96 * (1 - 0.0037 * (cell - 25))
    assert pv_kw_per_kwp(HotNoon(), 0) == pytest.approx([expected], rel=1e-9)
    assert 0.5 < expected < 0.75


@pytest.mark.parametrize(
    ("region", "zone", "low", "high"),
    [
        ("US", "America/Los_Angeles", 1500, 1750),
        ("DE", "Europe/Berlin", 900, 1100),
    ],
)
def test_yearly_yield_is_what_such_roofs_give(region, zone, low, high):
    sky = weather(region, Timeline(date(2026, 1, 1), 365, 60, zone))
    yield_kwh = sum(pv_kw_per_kwp(sky, day).sum() for day in range(365))
    assert low < yield_kwh < high
    east = sum(pv_kw_per_kwp(sky, day, 90.0).sum() for day in range(365))
    assert 0.8 < east / yield_kwh < 0.95


def test_roofs_scale_and_none_gives_nothing():
    sky = weather("DE", Timeline(date(2026, 6, 1), 1, 15, "Europe/Berlin"))
    kw = Pv(sky, np.array([0.0, 5.0, 10.0]), seed=1).day_kw(0)
    assert kw.shape == (96, 3)
    assert (kw[:, 0] == 0).all() and kw.min() >= 0
    assert kw[:, 1].max() > 1.0
    assert (Pv(sky, np.zeros(3), seed=1).day_kw(0) == np.zeros((96, 3))).all()


def test_a_roof_s_direction_is_the_home_s_own():
    sky = weather("DE", Timeline(date(2026, 6, 1), 1, 60, "Europe/Berlin"))
    few, many = Pv(sky, np.ones(50), 1), Pv(sky, np.ones(5000), 1)
    assert (few.plane == many.plane[:50]).all()
    shares = np.bincount(many.plane) / 5000
    assert shares == pytest.approx([0.08, 0.12, 0.18, 0.24, 0.18, 0.12, 0.08], abs=0.02)
