"""Symmetrical components by hand: unbalance, neutral current, self and mutual."""

from __future__ import annotations

from types import SimpleNamespace

import numpy as np
import pytest
from scipy.sparse import csr_matrix

from tests.grid.held import keep
from tests.grid.references_pandapower import beside_unbalance
from twin.grid.sequence import (
    MISSING,
    TO_PHASES,
    TO_SEQUENCES,
    current_a,
    neutral_a,
    phase_matrix,
    sequences,
    unbalance,
)


def polar(size, degrees):
    return size * np.exp(1j * np.deg2rad(degrees))


THREE = np.array([[0, 1, 2]])


def test_a_published_unbalance():
    keep([beside_unbalance()])


def test_balanced_voltages_have_no_unbalance_wherever_they_point():
    v = polar(0.97, 33.0) * TO_PHASES[:, 1]
    assert unbalance(v, THREE)[0] == pytest.approx(0.0, abs=1e-15)


def test_a_turned_around_set_is_all_negative_sequence():
    parts = sequences(2.0 * TO_PHASES[:, 2])
    np.testing.assert_allclose(parts, [0.0, 0.0, 2.0], atol=1e-15)


def test_components_are_fortescues_inverse():
    np.testing.assert_allclose(TO_SEQUENCES @ TO_PHASES, np.eye(3), atol=1e-15)


def test_a_bus_without_three_phases_has_no_unbalance():
    v = np.array([polar(1.0, 0), polar(0.95, -120), polar(1.02, 120)])
    places = np.array([[0, 1, MISSING], [0, 1, 2], [MISSING] * 3])
    found = unbalance(v, places)
    assert np.isnan(found).tolist() == [True, False, True]


def test_unbalance_of_a_failed_flow_is_unknown():
    assert np.isnan(unbalance(np.full(3, complex(np.nan, np.nan)), THREE))[0]


def test_neutral_current_is_what_does_not_cancel():
    current = np.array([polar(100.0, 0), polar(60.0, -120), 0.0])
    by_hand = np.sqrt(100.0**2 + 60.0**2 - 100.0 * 60.0)
    assert neutral_a(current, THREE)[0] == pytest.approx(by_hand)
    assert neutral_a(10.0 * TO_PHASES[:, 1], THREE)[0] == pytest.approx(0.0, abs=1e-13)
    assert np.isnan(neutral_a(current, np.array([[0, MISSING, 2]])))[0]


def test_sequence_admittances_are_self_and_mutual_impedances():
    own, mutual = 0.3 + 0.2j, 0.1 + 0.05j
    z = mutual * np.ones((3, 3)) + (own - mutual) * np.eye(3)
    zero, other = 1.0 / (own + 2.0 * mutual), 1.0 / (own - mutual)
    y = phase_matrix(*(csr_matrix([[part]]) for part in (zero, other, other)))
    np.testing.assert_allclose(y.toarray() @ z, np.eye(3), atol=1e-14)


def test_a_phase_shift_turns_positive_and_negative_sequence_apart():
    shift = polar(1.0, 30.0)
    y = phase_matrix(
        *(csr_matrix([[part]]) for part in (0.0, shift, shift.conjugate()))
    ).toarray()
    np.testing.assert_allclose(
        y, np.array([[1, -1, 0], [0, 1, -1], [-1, 0, 1]]) / np.sqrt(3.0), atol=1e-15
    )


def test_where_there_is_no_voltage_no_current_is_known():
    branches = SimpleNamespace(near=np.array([0, 1]))
    feeder = SimpleNamespace(branches=branches, s_base_kva=2.0, i_base_a=np.full(2, 10))
    flow = SimpleNamespace(
        v=np.array([0.5, 0.0]), p_kw=np.array([1.0, 0.0]), q_kvar=np.zeros(2)
    )
    alive, dead = current_a(feeder, flow)
    assert alive == pytest.approx(10.0)
    assert np.isnan(dead)
