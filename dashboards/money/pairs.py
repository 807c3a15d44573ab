"""The run that money is held against, paired home by home and car by car."""

from __future__ import annotations

from contextlib import suppress

import numpy as np

from dashboards import beside
from dashboards.beside import At
from dashboards.data import Library
from twin.analysis.battery_section import same_cars
from twin.analysis.bills import DAYS_PER_MONTH
from twin.analysis.case import Case
from twin.arrays import Bools, Floats
from twin.errors import TwinError

WITH_CAR, WITHOUT, ONE = "ev", "none", "one"


def home_case(library: Library, at: At, asked: str | None) -> Case | None:
    """The run whose bills these are held against: the same homes, also billed."""
    case = library.case(at["scenario"], at["run_id"])
    other = beside.other(library, at, asked)
    if case.bills is None or other is None or other.bills is None:
        return None
    return other if same_homes(case, other) else None


def wear_case(library: Library, at: At, asked: str | None) -> tuple[Case | None, str]:
    """The run with the same cars whose wear this is held against, and its name.

    As asked, where that has the same cars on the same trips; else the one that charges
    as its drivers please, as reports do.
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
    return None, ""


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
