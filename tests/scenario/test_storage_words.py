"""What is wrong with a battery is told where it stands."""

from __future__ import annotations

from typing import Any

import pytest

from twin.scenario.check import findings
from twin.scenario.storage_rules import storage

GOOD: dict[str, Any] = {"name": "b1", "transformer": "T1", "kw": 10, "kwh": 20}


def told(*batteries: Any, **data: Any) -> list[tuple[str, str]]:
    return list(storage({"storage": list(batteries), **data}))


def test_a_good_battery_is_not_spoken_of() -> None:
    assert told(GOOD, {**GOOD, "name": "b2", "target_kw": 3.0}) == []


@pytest.mark.parametrize(
    ("changes", "key", "message"),
    [
        (
            {"transformer": None},
            "storage.0",
            "neither is given, needed: exactly one of transformer and bus",
        ),
        (
            {"bus": 3},
            "storage.0",
            "both are given, needed: exactly one of transformer and bus",
        ),
        (
            {"target_kw": 1.0, "target_loading": 0.8},
            "storage.0.target_loading",
            "not beside target_kw: one target",
        ),
        (
            {"phases": [1]},
            "storage.0.phases",
            "only where feeder.model is three_phase",
        ),
        (
            {"soc_window": [0.9, 0.1]},
            "storage.0.soc_window",
            "the lower 0.9 must be below 0.1",
        ),
        (
            {"soc_window": [0.2, 0.8], "initial_soc": 0.1},
            "storage.0.initial_soc",
            "got 0.1; its window is 0.2 to 0.8",
        ),
    ],
)
def test_what_is_wrong_is_told(changes: dict[str, Any], key: str, message: str) -> None:
    assert told({**GOOD, **changes}) == [(key, message)]


def test_names_and_phases_are_there_once() -> None:
    assert told(GOOD, GOOD) == [("storage.1.name", "'b1' is there twice")]
    twice = told({**GOOD, "phases": [1, 1]}, feeder={"model": "three_phase"})
    assert twice == [("storage.0.phases", "got [1, 1]; each phase once")]


@pytest.mark.parametrize("said", [7, [7], [{"name": 3, "soc_window": "x"}], [None]])
def test_any_shape_is_looked_at(said: Any) -> None:
    assert all(key.startswith("storage.") for key, _ in storage({"storage": said}))
    list(findings({"storage": said}))
