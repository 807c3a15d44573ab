"""Efficiencies from power and charge, on numbers made by hand."""

from __future__ import annotations

import numpy as np
import pytest

from twin.accounts.round_trip import nothing_yet, plus

KW = np.array([[8.0, 4.0], [-6.0, 4.0], [-3.0, 0.0], [2.0, 4.0]])
GAIN_KWH = np.array([[3.6, 1.8], [-3.2, 1.8], [-1.6, 0.0], [0.5, 1.0]])


def measured(whole=True):
    return plus(nothing_yet(2), KW, GAIN_KWH, np.full(KW.shape, whole), 0.5)


def test_in_and_out_are_kept_apart_by_car() -> None:
    found = measured()
    assert found.charged_kwh.tolist() == [5.0, 6.0]
    assert found.stored_kwh == pytest.approx([4.1, 4.6])
    assert found.given_kwh.tolist() == [4.5, 0.0]
    assert found.withdrawn_kwh == pytest.approx([4.8, 0.0])
    assert found.into == pytest.approx(8.7 / 11)
    assert found.out_of == pytest.approx(4.5 / 4.8)


def test_the_round_trip_is_the_givers_own() -> None:
    """Car 0 puts back 4.8 kWh at its own 0.82; car 1 does not count."""
    assert measured().round_trip == pytest.approx(4.5 / (4.8 / 0.82))


def test_a_giver_that_never_charged_is_filled_as_the_fleet_is() -> None:
    kw = np.array([[-6.0, 4.0]])
    gain = np.array([[-3.2, 1.8]])
    found = plus(nothing_yet(2), kw, gain, np.ones((1, 2), bool), 0.5)
    assert found.round_trip == pytest.approx(3.0 / (3.2 / 0.9))


def test_only_whole_intervals_count() -> None:
    found = measured(False)
    assert (found.into, found.out_of, found.round_trip) == (None, None, None)


def test_without_giving_or_charging_there_is_no_round_trip() -> None:
    whole = np.ones((1, 2), bool)
    charged = plus(nothing_yet(2), KW[:1], GAIN_KWH[:1], whole, 0.5)
    assert charged.round_trip is None and charged.into is not None
    given = plus(nothing_yet(2), KW[2:3], GAIN_KWH[2:3], whole, 0.5)
    assert given.round_trip is None and given.out_of is not None
