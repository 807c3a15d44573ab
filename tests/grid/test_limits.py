"""Standards, to the letter."""

from __future__ import annotations

import numpy as np
import pytest

from twin.errors import InputError
from twin.grid.limits import (
    EMERGENCY,
    custom_limits,
    default_limits,
    emergency_factor,
    limits_by_name,
)


@pytest.mark.parametrize(
    ("name", "inner", "outer"),
    [
        ("en50160", (0.90, 1.10), (0.85, 1.10)),
        ("ansi_c84_1", (114 / 120, 126 / 120), (110 / 120, 127 / 120)),
    ],
)
def test_the_ranges(name, inner, outer):
    limits = limits_by_name(name)
    assert (limits.low_pu, limits.high_pu) == pytest.approx(inner)
    assert (limits.outer_low_pu, limits.outer_high_pu) == pytest.approx(outer)


def test_beyond_is_outside_not_on_the_edge_and_never_nan():
    limits = limits_by_name("en50160")
    v = np.array([0.84, 0.86, 0.90, 1.0, 1.10, 1.101, np.nan])
    assert limits.beyond(v).tolist() == [True, True, *[False] * 3, True, False]
    assert limits.far_beyond(v).tolist() == [True, *[False] * 4, True, False]


def test_a_scenarios_own():
    limits = custom_limits([0.95, 1.04])
    assert limits.beyond(np.array([0.949, 0.95, 1.04, 1.041])).tolist() == [
        True, False, False, True,
    ]  # fmt: skip


@pytest.mark.parametrize("wrong", [[1.1, 0.9], [0.9], [0.0, 1.0], [0.9, 2.0], []])
def test_limits_that_are_none(wrong):
    with pytest.raises(InputError, match="two voltages, lowest first"):
        custom_limits(wrong)


def test_an_unknown_standard_gets_the_nearest():
    with pytest.raises(InputError, match="did you mean 'en50160'"):
        limits_by_name("en5016")


def test_the_region_decides_where_nobody_does():
    assert default_limits("us").name == "ansi_c84_1"
    assert default_limits("eu").name == "en50160"


def test_emergency_ratings_say_where_they_are_from():
    assert emergency_factor("transformer") == emergency_factor("transformer3w") == 1.2
    assert emergency_factor("line") == 1.1
    assert emergency_factor("switch") == 1.0
    assert EMERGENCY["transformer"].hours == 2.0
    assert all("assumed" in rule.source for rule in EMERGENCY.values())
