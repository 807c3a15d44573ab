"""What it is worth to build something later."""

from __future__ import annotations


def deferral_value_usd(
    cost_usd: float, years: float, discount_rate: float, escalation: float = 0.0
) -> float:
    """Present value of building some years later.

    I (1 - ((1 + g) / (1 + r))^n); g is the yearly rise of its cost.
    """
    kept: float = ((1.0 + escalation) / (1.0 + discount_rate)) ** years
    return cost_usd * (1.0 - kept)


def capital_recovery_factor(discount_rate: float, years: float) -> float:
    """The even yearly payment for 1 today: r (1 + r)^n / ((1 + r)^n - 1)."""
    if discount_rate == 0:
        return 1.0 / years
    grown: float = (1.0 + discount_rate) ** years
    return discount_rate * grown / (grown - 1.0)


def yearly_present_usd(
    yearly_usd: float, years: float, discount_rate: float, escalation: float = 0.0
) -> float:
    """Present value of a sum paid at the end of each year, in today's prices.

    y sum_(t=1)^n ((1 + g) / (1 + r))^t; g is its yearly rise.
    """
    kept = (1.0 + escalation) / (1.0 + discount_rate)
    if kept == 1.0:
        return yearly_usd * years
    return float(yearly_usd * kept * (1.0 - kept**years) / (1.0 - kept))


def within_horizon_usd(
    investment_usd: float, life_years: float, horizon_years: float, discount_rate: float
) -> float:
    """Present value of an investment's even yearly payments within a horizon.

    I CRF(r, life) / CRF(r, horizon): what outlives the horizon keeps its worth, what
    does not is bought again at the same price.
    """
    payment = investment_usd * capital_recovery_factor(discount_rate, life_years)
    return payment / capital_recovery_factor(discount_rate, horizon_years)


def levelised_usd_per_kw_year(
    present_value_usd: float, kw: float, discount_rate: float, years: float
) -> float:
    """A present value as an even yearly sum a kW.

    Dividing by kW and years would mix discounted money with money that is not.
    """
    return present_value_usd * capital_recovery_factor(discount_rate, years) / kw
