"""Heat pumps by hand, and loads that grow."""

from __future__ import annotations

from datetime import date

import numpy as np
import pytest

from twin.surroundings.growth import Grown, HeatPumps, cop
from twin.surroundings.homes import Homes
from twin.surroundings.network_loads import NetworkConstant
from twin.timeline import Timeline

WINTER = Timeline(date(2026, 1, 12), 1, 60, "Europe/Berlin")


class Steady:
    """Weather of one temperature."""

    def __init__(self, degc: float) -> None:
        self.degc = degc

    def temperature_degc(self, day: int) -> np.ndarray:
        return np.full(24, self.degc)


def test_efficiency_by_hand():
    """6.81 - 0.121 x 40 + 0.00063 x 1600 at 0 degC; lifts from 15 to 60 K."""
    found = cop(np.array([0.0, 7.0, -40.0, 35.0]))
    assert found == pytest.approx([2.978, 3.50307, 1.818, 5.13675])


def test_heat_by_hand():
    pumps = HeatPumps(Steady(0.0), np.array([150.0, 0.0]))  # type: ignore[arg-type]
    assert pumps.day_kw(0)[3] == pytest.approx([0.150 * 16.0 / 2.978, 0.0])
    warm = HeatPumps(Steady(16.5), np.array([150.0]))  # type: ignore[arg-type]
    assert not warm.day_kw(0).any()


def test_loads_grow_and_heat_is_added_once():
    homes = Homes(
        annual_kwh=np.full(2, 3_500.0),
        group=np.zeros(2, dtype=np.int64),
        power_factor=np.ones(2),
        peak_kw=np.ones(2),
        constant_kw=np.array([1.0, 2.0]),
        names=("a", "b"),
    )
    base = NetworkConstant(homes, WINTER)
    pumps = HeatPumps(Steady(0.0), np.array([0.0, 100.0]))  # type: ignore[arg-type]
    grown = Grown(base, 1.5, pumps)
    expected = [1.5, 3.0 + 1.6 / 2.978]
    assert grown.day_kw(0)[0] == pytest.approx(expected)
    assert grown.mean_kw(0)[0] == pytest.approx(expected)
    assert grown.name == base.name and grown.inputs == base.inputs
    assert any("heat pumps" in note for note in grown.notes)
    assert Grown(base, 1.0).notes == base.notes
