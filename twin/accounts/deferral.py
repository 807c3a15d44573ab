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


def levelised_usd_per_kw_year(
    present_value_usd: float, kw: float, discount_rate: float, years: float
) -> float:
    """A present value as an even yearly sum a kW.

    Dividing by kW and years would mix discounted money with money that is not.
    """
    return present_value_usd * capital_recovery_factor(discount_rate, years) / kw
