"""The run that money is held against, paired home by home and car by car."""

from __future__ import annotations

from contextlib import suppress
from dataclasses import dataclass, field
from functools import cached_property

import numpy as np

from dashboards import beside
from dashboards.beside import At
from dashboards.data import Library
from twin.analysis.battery_section import same_cars
from twin.analysis.bills import DAYS_PER_MONTH, Bills
from twin.analysis.case import Case
from twin.analysis.wear import Wear
from twin.arrays import Bools, Floats
from twin.errors import TwinError

WITH_CAR, WITHOUT, ONE = "ev", "none", "one"


@dataclass(frozen=True, eq=False)
class Reference(Case):
    """A run with the bills and the wear of the reference charging recorded beside it.

    base  the run itself, which keeps what was read
    """

    base: Case = field(kw_only=True)

    @cached_property
    def bills(self) -> Bills | None:
        """Bills on the same loads, cars charged as the reference."""
        return self.base.reference_bills

    @cached_property
    def wear(self) -> Wear | None:
        """How the same batteries fade so."""
        return self.base.reference_wear


def home_case(library: Library, at: At, asked: str | None) -> tuple[Case | None, str]:
    """The run whose bills these are held against, the same homes; and its name.

    A run that is alone is held against its own reference.
    """
    case = library.case(at["scenario"], at["run_id"])
    if case.bills is None:
        return None, ""
    if not beside.rivals(library, at):
        known = case.reference_bills is not None
        return own_reference(case) if known else (None, "")
    other = beside.other(library, at, asked)
    if other is None or other.bills is None or not same_homes(case, other):
        return None, ""
    return other, beside.label(library, at, asked)


def wear_case(library: Library, at: At, asked: str | None) -> tuple[Case | None, str]:
    """The run with the same cars whose wear this is held against, and its name.

    As asked, where that has the same cars on the same trips; else the one that charges
    as its drivers please, as reports do; else the run's own reference.
    """
    case = library.case(at["scenario"], at["run_id"])
    chosen = beside.chosen(library, at, asked)
    found = beside.rivals(library, at)
    wanted = [one for one in found if beside.key_of(one) == chosen]
    for one in (*wanted, *(x for x in found if x not in wanted)):
        with suppress(TwinError):
            other = library.case(one.scenario, one.run_id)
            is_free = other.policy == "uncontrolled" and case.policy != "uncontrolled"
            if (one in wanted or is_free) and same_cars(case, other):
                return other, one.label
    if not case.run.is_complete or case.wear is None or case.reference_wear is None:
        return None, ""
    return own_reference(case)


def own_reference(case: Case) -> tuple[Case, str]:
    """The run's own reference, and what it is called."""
    other = Reference(case.run, case.label, case.billed_by, base=case)
    return other, f"the reference ({case.reference})"


def same_homes(case: Case, other: Case) -> bool:
    """Whether both runs have the same customers, in the same order."""
    return case.customers["name"].to_list() == other.customers["name"].to_list()


def group(case: Case, who: str, home: int | None) -> Bools:
    """Which customers are meant: homes with a car, without, or one. [n_customer]"""
    if who == ONE and home is not None:
        one: Bools = np.arange(case.customers.height) == home
        return one
    kind = (case.customers["kind"] == "home").to_numpy()
    has_car = case.customers["evs"].to_numpy() > 0
    chosen: Bools = kind & (has_car == (who != WITHOUT))
    return chosen


def change_usd(case: Case, other: Case | None, chosen: Bools) -> float | None:
    """By what the mean bill of some homes differs from the same homes', USD a month."""
    if other is None or case.bills is None or other.bills is None or not chosen.any():
        return None
    mine, theirs = (
        one.per_month(chosen)["total_usd"] for one in (case.bills, other.bills)
    )
    return mine - theirs


def by_home(case: Case) -> Floats:
    """Each customer's total; NaN where it has none. USD a month [n_customer]"""
    totals = np.full(case.customers.height, np.nan)
    if case.bills is not None:
        frame = case.bills.by_customer()
        totals[frame["customer"].to_numpy()] = frame["total_usd"].to_numpy()
    return totals


def a_month(case: Case) -> float:
    """By what a run's sum is scaled to a month of 30.4 days."""
    return DAYS_PER_MONTH / case.days if case.days else 0.0


def row_of(asked: object, count: int) -> int | None:
    """A row as a browser says it; none where there is no such row."""
    if isinstance(asked, str) and asked.isascii() and asked.isdigit():
        row = int(asked[:9])
        return row if row < count else None
    return None
