"""What an inverter does at a voltage, at the points that the standards give."""

from __future__ import annotations

import numpy as np
import pytest
from numpy.testing import assert_allclose

from twin.grid.inverter_law import Asking, answer, answers, inverter_law
from twin.grid.inverter_presets import PRESETS

GENERATION_ONLY = [[1.06, 1.0], [1.10, 0.2]]


def injected(preset: str, voltages: list[float]) -> np.ndarray:
    """Vars per kVA that are given at no power, > 0 injected."""
    law = inverter_law(PRESETS[preset].volt_var)
    return np.array([-answer(v, 0.0, 1.0, 1.0, 1.0, law)[1] for v in voltages])


def given(curve: object, voltages: list[float]) -> np.ndarray:
    """What is given of 1 kW."""
    law = inverter_law((), curve)
    return np.array([-answer(v, -1.0, 1.0, 1.0, 1.0, law)[0] for v in voltages])


def test_volt_var_of_category_b() -> None:
    """Case 1547."""
    found = injected("ieee1547_b", [0.90, 0.92, 0.95, 1.00, 1.05, 1.08, 1.2])
    assert_allclose(found, [0.44, 0.44, 0.22, 0.0, -0.22, -0.44, -0.44], atol=1e-12)


def test_volt_var_of_category_a_has_no_dead_band() -> None:
    found = injected("ieee1547_a", [0.85, 0.90, 0.98, 1.00, 1.04, 1.10])
    assert_allclose(found, [0.25, 0.25, 0.05, 0.0, -0.10, -0.25], atol=1e-12)


def test_volt_var_of_rule_21_before_2023() -> None:
    found = injected("rule21_phase1", [0.92, 0.9435, 0.967, 1.033, 1.0515, 1.07])
    assert_allclose(found, [0.30, 0.15, 0.0, 0.0, -0.15, -0.30], atol=1e-12)


def test_volt_watt_of_generation_only() -> None:
    """Case 1547."""
    found = given(GENERATION_ONLY, [1.05, 1.06, 1.07, 1.08, 1.10, 1.2])
    assert_allclose(found, [1.0, 1.0, 0.8, 0.6, 0.2, 0.2], atol=1e-12)


@pytest.mark.parametrize("preset", sorted(PRESETS))
def test_volt_watt_of_what_can_absorb_ends_at_nothing(preset: str) -> None:
    found = given(PRESETS[preset].volt_watt, [1.06, 1.07, 1.08, 1.10, 1.2])
    assert_allclose(found, [1.0, 0.75, 0.5, 0.0, 0.0], atol=1e-12)


def test_volt_watt_leaves_charging_alone() -> None:
    law = inverter_law((), GENERATION_ONLY)
    assert answer(1.2, 1.0, 1.0, 1.0, 1.0, law) == (1.0, 0.0, 0.0, 0.0)


@pytest.mark.parametrize("kw", [-10.0, 10.0])
@pytest.mark.parametrize("v, kvar", [(0.9, -4.4), (1.1, 4.4)])
def test_vars_come_first_and_power_makes_room(kw: float, v: float, kvar: float) -> None:
    law = inverter_law(PRESETS["ieee1547_b"].volt_var)
    p, q, *_ = answer(v, kw, 10.0, 10.0, 10.0, law)
    assert_allclose(q, kvar)
    assert_allclose(p, np.sign(kw) * 8.97997772825746)
    assert answer(v, 0.8 * kw, 10.0, 10.0, 10.0, law)[0] == 0.8 * kw


def test_the_stricter_of_circle_and_volt_watt_holds() -> None:
    law = inverter_law(PRESETS["ieee1547_b"].volt_var, PRESETS["ieee1547_b"].volt_watt)
    p, q, *_ = answer(1.062, -10.0, 10.0, 10.0, 10.0, law)
    assert_allclose(q, 10.0 * 0.44 * 0.042 / 0.06)
    assert_allclose(p, -9.5)
    p, q, *_ = answer(1.061, -10.0, 10.0, 10.0, 10.0, law)
    assert_allclose(p, -np.sqrt(100.0 - q * q))
    assert -p < 9.75


@pytest.mark.parametrize("kw", [-5.0, 5.0])
def test_a_power_factor_holds_both_ways(kw: float) -> None:
    tangent = np.sqrt(1.0 - 0.95**2) / 0.95
    p, q, *_ = answer(1.0, kw, 10.0, 10.0, 10.0, inverter_law(tangent=tangent))
    assert p == kw
    assert_allclose(q, 1.6434205, rtol=1e-7)
    p, q, *_ = answer(1.0, -12.0, 10.0, 10.0, 10.0, inverter_law(tangent=-tangent))
    assert_allclose([p, q], [-9.5, -3.122498999199199])


@pytest.mark.parametrize("v", [0.935, 0.99, 1.03, 1.055, 1.065, 1.079, 1.09, 1.12])
@pytest.mark.parametrize("kw", [-10.0, -3.0, 9.9])
def test_derivatives_are_those_of_the_answer(v: float, kw: float) -> None:
    law = inverter_law(PRESETS["ieee1547_b"].volt_var, GENERATION_ONLY)
    asking = Asking(*(np.full(2, x) for x in (kw, 10.0, 9.0, 8.0)))
    h = 1e-6
    low, high = answers(np.array([v - h, v + h]), asking, law)[:2].T
    at = answers(np.array([v, v]), asking, law)[2:, 0]
    assert_allclose(at, (high - low) / (2 * h), rtol=1e-6, atol=1e-8)
