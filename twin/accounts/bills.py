"""A month's bill of every customer, from what went through the meter."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from functools import cached_property

import numpy as np

from twin.accounts.rates import Month, grouped_means
from twin.arrays import Floats

__all__ = ["Bill", "bill", "metered_kw"]


@dataclass(frozen=True)
class Bill:
    """One month of every customer; each column is [n_customer].

    kwh  energy drawn and given, and drawn by period
    kw   highest mean power by demand window
    usd  components, credits below zero; they sum to the total
    """

    month: Month
    kwh: Mapping[str, Floats]
    kw: Mapping[str, Floats]
    usd: Mapping[str, Floats]

    @cached_property
    def total_usd(self) -> Floats:
        """What is to be paid; below zero is paid out [n_customer]."""
        total: Floats = np.sum(list(self.usd.values()), axis=0)
        return total


def metered_kw(month: Month, net_kw: Floats) -> Floats:
    """Mean power of each metering interval [n, n_customer].

    Import and export within an interval are netted, and nowhere else.
    ``net_kw`` is of the month's steps, > 0 drawn [n_step, n_customer].
    """
    return grouped_means(net_kw.astype(np.float64), month.starts)


def bill(month: Month, metered: Floats, event_pay_usd: Floats | None = None) -> Bill:
    """The bill of a month's billed days.

    ::

        drawn  = max(net, 0) dt, given = max(-net, 0) dt     by metering interval
        energy = sum drawn x share of period x price of period
        adder  = sum drawn x adder
        credit = -min(drawn, allowance) x credit
        demand = price x max(drawn / dt) within its hours
        top-up = max(0, minimum - (energy + adder + credit + fixed + demand))
        total  = energy + adder + credit + fixed + demand + top-up
                 - given x export price - pay for events

    month     prices and charges
    metered   mean power by metering interval, kW, > 0 drawn [n, n_customer]
    """
    hours = month.hours[:, None]
    drawn, given = np.maximum(metered, 0.0) * hours, np.maximum(-metered, 0.0) * hours
    by_period = month.share.T @ drawn
    cost = (month.share * month.price).T @ drawn
    import_kwh = drawn.sum(axis=0)
    peaks = {
        one.name: np.max(metered[one.within], axis=0, initial=0.0)
        for one in month.demand
    }
    usd = {
        f"energy_{name}_usd": row for name, row in zip(month.periods, cost, strict=True)
    }
    usd["event_adder_usd"] = month.adder @ drawn
    credited = np.minimum(import_kwh, month.due.credited_kwh)
    usd["baseline_credit_usd"] = 0.0 - credited * month.due.credit_usd_per_kwh
    usd["fixed_usd"] = np.full(len(import_kwh), month.due.fixed_usd)
    for one in month.demand:
        usd[f"demand_{one.name}_usd"] = one.usd_per_kw * peaks[one.name]
    due: Floats = np.sum(list(usd.values()), axis=0)
    usd["minimum_usd"] = np.maximum(month.due.minimum_usd - due, 0.0)
    usd["export_credit_usd"] = 0.0 - month.export @ given
    pay = np.zeros(len(import_kwh)) if event_pay_usd is None else event_pay_usd
    usd["event_pay_usd"] = 0.0 - pay
    kwh = {"import_kwh": import_kwh, "export_kwh": given.sum(axis=0)}
    kwh |= {
        f"{name}_kwh": row for name, row in zip(month.periods, by_period, strict=True)
    }
    return Bill(month, kwh, {f"{name}_kw": peak for name, peak in peaks.items()}, usd)
