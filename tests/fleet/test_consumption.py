"""Consumption by temperature."""

import numpy as np
import pytest

from twin.fleet.consumption import temperature_factor, trip_energy_kwh


def test_the_table_is_met_and_interpolated():
    degrees = [-30, -20, -5, 0, 5, 20, 21, 25, 32.5, 40, 50]
    factors = [1.80, 1.80, 1.435, 1.32, 1.22, 1.0, 1.0, 1.0, 1.08, 1.22, 1.22]
    np.testing.assert_allclose(temperature_factor(degrees), factors, rtol=1e-12)


def test_a_winter_commute_by_hand():
    energy = trip_energy_kwh([20.0, 0.0], [0.17, 0.17], -10.0)
    assert energy == pytest.approx([20 * 0.17 * 1.55, 0.0])
