"""What giving costs a battery, by the paired counterfactual."""

from __future__ import annotations

import numpy as np
import pytest

from tests.accounts.batteries import DRIVE, GIVE, by_slope, day, repeated
from twin.accounts.ageing import Fade, fresh
from twin.accounts.attribution import Attribution, attribute, usd_per_kwh_given
from twin.accounts.chemistries import LFP, NMC

ONE, TEN = 365, 3650


def giving(chemistry, days) -> Attribution:
    fades = (repeated(chemistry, day(knots, 25), days) for knots in (GIVE, DRIVE))
    return attribute(*fades)


@pytest.mark.parametrize(
    "chemistry, days, total, calendar, cycling",
    [
        (NMC, ONE, -0.00154, -0.00410, 0.00256),
        (NMC, TEN, 0.005644, -0.00932, 0.01496),
        (LFP, ONE, 0.00292, None, None),
        (LFP, TEN, 0.02188, None, None),
    ],
)
def test_giving_spares_at_first_and_costs_later(
    chemistry, days, total, calendar, cycling
) -> None:
    """Case ATT."""
    found = giving(chemistry, days)
    assert found.total[0] == pytest.approx(total, abs=1e-5)
    assert found.calendar[0] + found.cycling[0] == pytest.approx(found.total[0])
    if calendar is not None:
        assert found.calendar[0] == pytest.approx(calendar, abs=1e-5)
        assert found.cycling[0] == pytest.approx(cycling, abs=1e-5)


def test_the_same_by_the_packages_own_steps() -> None:
    """Case ATT, stepped by slope."""
    lost = {
        (knots, days): sum(by_slope(NMC, day(knots, 25), days))
        for knots in (DRIVE, GIVE)
        for days in (ONE, TEN)
    }
    assert lost[GIVE, ONE] - lost[DRIVE, ONE] == pytest.approx(-0.00154, abs=1e-6)
    assert lost[GIVE, TEN] - lost[DRIVE, TEN] == pytest.approx(0.005644, abs=1e-6)


def test_usd_per_kwh_given() -> None:
    """Case ATT: 75 kWh at 130 USD until 0.8: 0.021877 is 1,066.5 USD of 82,125
    kWh given."""
    lost = Fade(np.array([0.0]), np.array([0.021877]), np.zeros(1))
    usd = attribute(lost, fresh(1)).usd(np.array([75.0]))
    assert usd[0] == pytest.approx(1066.50375)
    given = np.array([0.30 * 75 * 3650])
    assert usd_per_kwh_given(usd, given) == pytest.approx(0.0130, abs=5e-5)


def test_price_and_end_of_life_are_yours() -> None:
    lost = attribute(Fade(np.array([0.01]), np.zeros(1), np.zeros(1)), fresh(1))
    assert lost.usd(np.array([50.0]), 100.0, 0.7)[0] == pytest.approx(0.01 * 5000 / 0.3)


def test_nothing_given_has_no_price() -> None:
    assert usd_per_kwh_given(np.array([3.0]), np.array([0.0])) is None


def test_the_same_charging_costs_nothing() -> None:
    fade = repeated(NMC, day(DRIVE, 25), 9)
    found = attribute(fade, fade)
    assert (found.calendar, found.cycling, found.total) == (0, 0, 0)
