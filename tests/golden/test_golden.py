"""One run is as it was; README.md beside this file says how to change it."""

from __future__ import annotations

import json
from typing import Any

import pytest
from numpy.testing import assert_allclose

from tests.golden.golden import FILE, SERIES, figures

TOLERANCE = {"v_min_pu": 1e-6, "plugged": 0.0}


@pytest.fixture(scope="module")
def now() -> dict[str, Any]:
    return figures()


@pytest.fixture(scope="module")
def then() -> dict[str, Any]:
    known: dict[str, Any] = json.loads(FILE.read_text())
    return known


@pytest.mark.parametrize("name", SERIES)
def test_every_interval_is_as_it_was(name: str, now: dict, then: dict) -> None:
    tolerance = TOLERANCE.get(name, 1e-4)
    assert_allclose(now["steps"][name], then["steps"][name], rtol=0, atol=tolerance)


def test_every_car_ends_as_it_did(now: dict, then: dict) -> None:
    assert list(now["cars"]) == list(then["cars"])
    for name, values in then["cars"].items():
        assert_allclose(now["cars"][name], values, rtol=0, atol=1e-4, err_msg=name)


def test_as_many_stays_and_trips(now: dict, then: dict) -> None:
    assert (now["stays"], now["trips"]) == (then["stays"], then["trips"])


def test_the_golden_run_shows_something(then: dict) -> None:
    assert len(then["steps"]["grid_kw"]) == 192
    assert max(then["steps"]["give_kw"]) > 5.0
    assert max(then["steps"]["charge_kw"]) > 20.0
    assert sum(then["cars"]["discharged_kwh"]) > 10.0
