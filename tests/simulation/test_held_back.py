"""The book of what was held back, by cars whose hours can be counted by hand."""

from __future__ import annotations

import numpy as np
import pytest

from twin.fleet.fleet import Taken
from twin.simulation.held_back import HeldBack


class Car:
    """One 50 kWh car at its plug, of efficiency 1, target 1."""

    def __init__(self, soc: float) -> None:
        self.traits = {
            "capacity_kwh": np.array([50.0]),
            "efficiency": np.array([1.0]),
            "target_soc": np.array([1.0]),
        }
        self.state = {"soc": np.array([soc]), "plug_in_s": np.array([100])}
        self.plugged = np.array([True])


def lived(car, book, intervals):
    """Each interval (asked, allowed, taken, whether it stays)."""
    for asked, allowed, took, stays in intervals:
        book.begin(car, np.array([asked]), np.array([allowed]))
        if not stays:
            car.plugged = np.array([False])
        none = np.zeros(1)
        took = Taken(np.array([took]), none, none, none, none)
        book.write(took, car)


def test_what_is_put_off_is_the_most_that_it_lags():
    """20 kWh missing: undimmed 10 + 10; dimmed 4 + 4, then 10 + 2."""
    book = HeldBack.of(1, 1.0)
    lived(
        Car(0.6),
        book,
        [(10, 4, 4, True), (10, 4, 4, True), (10, 10, 10, True), (10, 10, 2, True)],
    )
    rows = book.columns([1, 1, 0, 0])
    assert rows["behind_kwh"].tolist() == [6.0, 12.0, 2.0, 0.0]
    assert rows["cut_kw"].tolist() == [6.0, 6.0, 0.0, 0.0]
    assert book.summary()["put_off_kwh"] == 12.0
    assert book.summary()["departures_short"] == 0
    assert book.summary()["cut_car_h"] == 2.0
    assert not book.follows.any()


def test_who_leaves_behind_is_short_by_that():
    book = HeldBack.of(1, 1.0)
    lived(Car(0.6), book, [(10, 4, 4, True), (10, 4, 2, False)])
    found = book.summary()
    assert found["departures_short"] == 1
    assert found["short_kwh"] == pytest.approx(6.0)
    assert found["put_off_kwh"] == pytest.approx(6.0)


def test_a_short_lag_of_a_percent_is_no_short_departure():
    book = HeldBack.of(1, 1.0)
    lived(Car(0.6), book, [(10, 9.6, 9.6, True), (10, 10, 5, False)])
    assert book.summary()["departures_short"] == 0


def test_who_needs_less_than_it_is_left_is_not_put_off():
    """2 kWh missing: an hour at 4 kW fills it as well as one at 10."""
    book = HeldBack.of(1, 1.0)
    lived(Car(0.96), book, [(10, 4, 2, True), (0, 0, 0, True)])
    assert book.summary()["put_off_kwh"] == pytest.approx(0.0)


def test_giving_that_is_cut_is_told_apart():
    book = HeldBack.of(1, 0.25)
    lived(Car(0.9), book, [(-10, -4, 0, True)])
    found = book.columns([1])
    assert found["cut_give_kw"].tolist() == [6.0]
    assert found["cut_evs"].tolist() == [0]
    assert book.summary()["cut_give_kwh"] == 1.5
    assert book.summary()["put_off_kwh"] == 0.0
