"""Indices of outages by the handbook."""

from __future__ import annotations

import numpy as np
import pytest

from twin.analysis.outages import indices


def test_indices_of_the_handbook():
    customers, minutes = np.array([500, 1200, 300]), np.array([120, 30, 240])
    found = indices(customers.sum(), (customers * minutes).sum(), 5000)
    assert found.saifi == pytest.approx(0.4)
    assert found.saidi_min == pytest.approx(33.6)
    assert found.caidi_min == pytest.approx(84.0)
    assert indices(0, 0.0, 5000).caidi_min is None
