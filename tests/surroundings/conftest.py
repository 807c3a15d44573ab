"""Small calendars and homes for the surroundings' tests."""

from datetime import date

import numpy as np
import pytest

from twin.surroundings.homes import Homes
from twin.timeline import Timeline


@pytest.fixture
def winter_week() -> Timeline:
    return Timeline(date(2026, 1, 12), 7, 15, "Europe/Berlin")


@pytest.fixture
def make_homes():
    """Homes of 3,500 kWh in groups: ``make_homes(3, 2)`` is 3 homes, then 2."""

    def make(*sizes: int, annual_kwh: float = 3500.0, names: tuple[str, ...] = ()):
        group = np.repeat(np.arange(len(sizes)), sizes)
        n = len(group)
        return Homes(
            np.full(n, annual_kwh),
            group,
            np.full(n, 0.97),
            np.full(n, 5.0),
            np.linspace(0.1, 1.0, n),
            names,
        )

    return make
