"""The worth of building later."""

import pytest

from twin.accounts.deferral import (
    capital_recovery_factor,
    deferral_value_usd,
    levelised_usd_per_kw_year,
    within_horizon_usd,
    yearly_present_usd,
)


def test_three_years_of_a_dear_upgrade() -> None:
    """Case NPV."""
    assert deferral_value_usd(150_000, 3, 0.07, 0.02) == pytest.approx(
        20_060.72, abs=5e-3
    )


def test_no_interest_and_no_rise_is_no_value() -> None:
    assert deferral_value_usd(150_000, 3, 0.0) == 0
    assert deferral_value_usd(150_000, 0, 0.07) == 0


def test_an_even_payment_over_forty_years() -> None:
    """Case NPV: the capital recovery factor."""
    assert capital_recovery_factor(0.07, 40) == pytest.approx(0.075009, abs=5e-7)


def test_without_interest_it_is_an_even_share() -> None:
    assert capital_recovery_factor(0.0, 8) == 0.125
    assert capital_recovery_factor(1e-9, 8) == pytest.approx(0.125, rel=1e-6)


def test_the_payments_are_worth_the_sum() -> None:
    """Three payments at 7 % for 20,060.72 USD and 50 kW."""
    yearly = levelised_usd_per_kw_year(20_060.72, 50, 0.07, 3)
    assert sum(50 * yearly / 1.07**n for n in (1, 2, 3)) == pytest.approx(20_060.72)


def test_a_yearly_sum_over_three_years() -> None:
    """100 a year at 7 %, rising 2 %: 100 (q + q^2 + q^3), q = 1.02 / 1.07."""
    q = 1.02 / 1.07
    assert yearly_present_usd(100, 3, 0.07, 0.02) == pytest.approx(
        100 * (q + q**2 + q**3)
    )
    assert yearly_present_usd(100, 3, 0.02, 0.02) == 300.0
    assert yearly_present_usd(1, 40, 0.07) == pytest.approx(1 / 0.0750091389)


def test_an_investment_counts_within_the_horizon_by_its_yearly_payments() -> None:
    """Of 1,000 USD for 40 years at 7 %: 75.009 a year, twenty times, discounted."""
    paid = sum(75.0091389 / 1.07**year for year in range(1, 21))
    assert within_horizon_usd(1000, 40, 20, 0.07) == pytest.approx(paid, rel=1e-6)
    assert within_horizon_usd(1000, 20, 20, 0.07) == pytest.approx(1000.0)
    assert within_horizon_usd(1000, 10, 20, 0.0) == pytest.approx(2000.0)
