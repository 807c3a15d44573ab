"""A run's ledger: bills, wear, energy and peaks, each beside the run's reference."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import timedelta
from functools import cached_property
from typing import Any

import numpy as np
import polars as pl

from twin.accounts.attribution import END_OF_LIFE_SHARE
from twin.accounts.deferral import deferral_value_usd, levelised_usd_per_kw_year
from twin.accounts.head import head_kw
from twin.accounts.ledger import (
    AGGREGATOR,
    BATTERIES,
    EQUIPMENT,
    HOMES,
    MARKET,
    NANO,
    PUBLIC,
    UTILITY,
    Book,
    Ledger,
)
from twin.analysis.battery_wear import period_loss
from twin.analysis.bills import Bills
from twin.analysis.case import Case
from twin.analysis.kept import kept
from twin.analysis.meters import array_of
from twin.analysis.wear import Wear
from twin.arrays import Floats
from twin.scenario.ledger_words import LedgerSpec

DAYS_PER_YEAR = 365.0
WHOLE_YEAR_DAYS, LEAST_DAYS = 365.0, 28.0
CREDITS = ("export_credit_usd", "event_pay_usd")
METER, CARS, HEAD = "customer_steps", "ev_steps", "steps"
SCHEMA: Mapping[str, Any] = {
    "kind": pl.String,
    "payer": pl.String,
    "payee": pl.String,
    "customer": pl.Int64,
    "ev": pl.Int64,
    "first": pl.Datetime("us", "UTC"),
    "until": pl.Datetime("us", "UTC"),
    "unit": pl.String,
    "quantity": pl.Float64,
    "reference_quantity": pl.Float64,
    "usd": pl.Float64,
    "reference_usd": pl.Float64,
    "change_usd": pl.Float64,
    "source": pl.String,
}


@dataclass(frozen=True)
class Together:
    """What all cars take under the reference. [n_step]"""

    kw: Floats


@dataclass(frozen=True)
class Head:
    """At the feeder's head: the run, and the reference as estimated. [n_step, 2]"""

    kw: Floats
    losses_kw: Floats
    step_h: float

    @property
    def kwh(self) -> Floats:
        """Drawn over the run. [2]"""
        total: Floats = np.nansum(self.kw, axis=0) * self.step_h
        return total

    @property
    def losses_kwh(self) -> Floats:
        """Lost over the run. [2]"""
        total: Floats = np.nansum(self.losses_kw, axis=0) * self.step_h
        return total

    @property
    def peak_kw(self) -> Floats:
        """The highest powers. [2]"""
        highest: Floats = np.nanmax(self.kw, axis=0)
        return highest


@dataclass(frozen=True)
class Books:
    """A run's ledger with what it is made of.

    outlay_usd  what each home spent, added up apart from the ledger [n_customer, 2]
    """

    ledger: Ledger
    head: Head
    words: LedgerSpec
    days: float
    outlay_usd: Floats
    stored_kwh: float

    @property
    def residual_usd(self) -> float:
        """By how much the ledger misses that."""
        return self.ledger.residual_usd(self.outlay_usd)

    @property
    def is_scaled(self) -> bool:
        """Whether its days stand for no year: fewer than four weeks, or no whole ones.

        A whole year has its seasons, and a day over 52 weeks is nothing to it.
        """
        days = round(self.days, 6)
        return days < WHOLE_YEAR_DAYS and (days < LEAST_DAYS or days % 7 != 0)

    @property
    def avoided_kw(self) -> float:
        """Of the head's highest power, what the reference has more."""
        run, reference = self.head.peak_kw.tolist()
        return float(reference - run)

    @property
    def put_off_usd_per_kw_year(self) -> float:
        """What an upgrade put off by a year is worth, and capacity not stood by."""
        return upgrade_usd_per_kw_year(self.words) + self.words.capacity_usd_per_kw_year

    @property
    def resources_usd(self) -> float:
        """What the run used up beyond the reference, peaks apart.

        Energy and losses at the head, batteries, charging away; less what batteries
        hold more at the end, at the price of energy.
        """
        paid = 0.0
        for party in (MARKET, BATTERIES, PUBLIC):
            for kind, usd in self.ledger.by_kind_usd(party).items():
                paid += 0.0 if kind == "capacity" else float(usd[0] - usd[1])
        return paid - self.stored_kwh * self.words.energy_usd_per_kwh

    @property
    def resources_usd_per_kw_year(self) -> float | None:
        """That by the kW and year of peak that it avoids; None where it avoids none."""
        if self.avoided_kw <= 0.0:
            return None
        return self.resources_usd * DAYS_PER_YEAR / self.days / self.avoided_kw

    @cached_property
    def frame(self) -> pl.DataFrame:
        """A row a posting: who pays whom for what, and the intervals it is made of."""
        frames = [
            pl.DataFrame(
                {
                    "kind": one.kind,
                    "payer": one.payer,
                    "payee": one.payee,
                    "customer": one.customer,
                    "ev": one.ev,
                    "first": one.first,
                    "until": one.until,
                    "unit": one.unit,
                    "quantity": one.quantity[:, 0],
                    "reference_quantity": one.quantity[:, 1],
                    "usd": one.nano_usd[:, 0] / NANO,
                    "reference_usd": one.nano_usd[:, 1] / NANO,
                    "change_usd": (one.nano_usd[:, 0] - one.nano_usd[:, 1]) / NANO,
                    "source": one.source,
                },
                schema=SCHEMA,
            )
            for one in self.ledger.postings
        ]
        index = pl.col("customer", "ev")
        return pl.concat(frames).with_columns(
            pl.when(index >= 0).then(index).name.keep()
        )


def books_of(case: Case) -> Books | None:
    """The run's ledger; None without a reference, bills or a course of charge."""
    if not case.run.is_complete or case.is_unsolved:
        return None
    mine, theirs = case.bills, case.reference_bills
    worn, other = case.wear, case.reference_wear
    if mine is None or theirs is None or worn is None or other is None:
        return None
    words = LedgerSpec.model_validate(case.scenario.get("ledger") or {})
    first = case.steps["time"][0]
    until = case.steps["time"][-1] + timedelta(hours=case.step_h)
    book = Book(case.n_customers, first, until)
    outlay = _post_bills(book, mine, theirs)
    outlay += _post_fees(book, case, mine, theirs, words.aggregator_share)
    outlay += _post_wear(book, case, (worn, other), words)
    outlay += _post_public(book, case)
    head = head_of(case)
    _post_utility(book, case, head, words)
    stored_kwh = float(
        (case.soc_kept_beyond_reference * case.evs["capacity_kwh"]).sum()
    )
    return Books(book.closed(), head, words, case.days, outlay, stored_kwh)


def upgrade_usd_per_kw_year(words: LedgerSpec) -> float:
    """What building a kW one year later is worth, at that year's end: I (r - g)."""
    year = deferral_value_usd(
        words.upgrade_usd_per_kw, 1.0, words.discount_rate, words.escalation
    )
    return levelised_usd_per_kw_year(year, 1.0, words.discount_rate, 1.0)


def head_of(case: Case) -> Head:
    """Power and losses at the head, solved and estimated."""
    steps = case.steps
    grid, losses = (
        steps[name].fill_null(np.nan).to_numpy() for name in ("grid_kw", "losses_kw")
    )
    drawn = (steps["ev_charge_kw"] - steps["ev_discharge_kw"]).to_numpy()
    kw, losses_kw = head_kw(grid, losses, _together(case).kw - drawn)
    return Head(
        np.stack([grid, kw], axis=1), np.stack([losses, losses_kw], axis=1), case.step_h
    )


def _together(case: Case) -> Together:
    def read() -> Together:
        kw = array_of(case.run, "shadow_steps", "kw", slice(0, case.steps.height))
        return Together(kw.sum(axis=1))

    return kept(case.run, "shadow_steps", Together, (), read)


def _post_bills(book: Book, mine: Bills, theirs: Bills) -> Floats:
    """Every component of every bill, month by month; their totals [n_customer, 2]."""
    keys = ["customer", "month"]
    both = mine.frame.join(theirs.frame, on=keys, how="inner", suffix="_reference")
    outlay = np.zeros((book.n_customer, 2))
    for (_,), rows in both.group_by("month", maintain_order=True):
        customer = rows["customer"].to_numpy().astype(np.int64)
        span = mine.spans[rows["month"][0]]
        np.add.at(outlay, customer, _pair(rows, "total_usd"))
        for name in mine.components:
            usd = _pair(rows, name)
            kind = name.removesuffix("_usd").replace("_", " ")
            if not usd.any():
                continue
            pays = (UTILITY, HOMES) if name in CREDITS else (HOMES, UTILITY)
            quantity, unit = _quantity(rows, name)
            book.post(
                kind,
                *pays,
                -usd if name in CREDITS else usd,
                quantity,
                unit,
                f"{METER}.net_kw by the tariff {mine.tariff}",
                customer,
                span=span,
            )
    return outlay


def _quantity(rows: pl.DataFrame, name: str) -> tuple[Floats, str]:
    """What a component charges for, where one column says it."""
    word = name.removesuffix("_usd")
    meant = {
        "export_credit": "export_kwh",
        "event_adder": "import_kwh",
        "baseline_credit": "import_kwh",
        "fixed": "days",
    }.get(word, f"{word.removeprefix('energy_').removeprefix('demand_')}")
    for column in (meant, f"{meant}_kwh", f"{meant}_kw"):
        if column in rows.columns:
            unit = column.rpartition("_")[2]
            return _pair(rows, column), {"kwh": "kWh", "kw": "kW"}.get(unit, unit)
    return np.zeros((rows.height, 2)), ""


def _post_fees(
    book: Book, case: Case, mine: Bills, theirs: Bills, share: float
) -> Floats:
    """What the aggregator keeps of a home's earnings beyond the reference's."""
    earned = np.zeros((book.n_customer, 2))
    for column, bills in enumerate((mine, theirs)):
        usd = -bills.frame.select(pl.sum_horizontal(CREDITS)).to_series().to_numpy()
        np.add.at(earned[:, column], bills.frame["customer"].to_numpy(), usd)
    fees = np.zeros_like(earned)
    with_car = case.customers["evs"].to_numpy() > 0
    more = np.maximum(earned[:, 0] - earned[:, 1], 0.0)
    fees[:, 0] = share * np.where(with_car, more, 0.0)
    at = np.flatnonzero(with_car)
    book.post(
        "aggregator's share",
        HOMES,
        AGGREGATOR,
        fees[at],
        np.stack([more, np.zeros_like(more)], axis=1)[at],
        "USD",
        "export credit and event pay beyond the reference's",
        at,
    )
    return fees


def _post_wear(
    book: Book, case: Case, wear: tuple[Wear, Wear], words: LedgerSpec
) -> Floats:
    """What each car's battery lost, by time and by cycles, at a pack's price."""
    home = case.evs["customer"].to_numpy().astype(np.int64)
    worth = case.evs["capacity_kwh"].to_numpy() * words.pack_usd_per_kwh
    worth /= 1.0 - END_OF_LIFE_SHARE
    lost = [period_loss(one, words.chemistry) for one in wear]
    calendar = np.stack([one[0] for one in lost], axis=1)
    together = np.stack([one[2] for one in lost], axis=1)
    outlay = np.zeros((book.n_customer, 2))
    np.add.at(outlay, home, worth[:, None] * together)
    parts = {"wear by time": calendar, "wear by cycles": together - calendar}
    for kind, share in parts.items():
        book.post(
            kind,
            HOMES,
            BATTERIES,
            worth[:, None] * share,
            100.0 * share,
            "% of capacity",
            f"{CARS}.soc, shadow_steps.soc, {HEAD}.temperature_degc if "
            f"{words.chemistry.upper()}",
            home,
            np.arange(len(home)),
        )
    return outlay


def _post_public(book: Book, case: Case) -> Floats:
    """Charging away from home."""
    home = case.evs["customer"].to_numpy().astype(np.int64)
    other = case.run.static("shadow_evs")
    usd, kwh = (
        np.stack([case.evs[key].to_numpy(), other[key].to_numpy()], axis=1)
        for key in ("public_usd", "public_kwh")
    )
    outlay = np.zeros((book.n_customer, 2))
    np.add.at(outlay, home, usd)
    book.post(
        "charging away",
        HOMES,
        PUBLIC,
        usd,
        kwh,
        "kWh",
        "trips.short_kwh",
        home,
        np.arange(len(home)),
    )
    return outlay


def _post_utility(book: Book, case: Case, head: Head, words: LedgerSpec) -> None:
    """What the utility buys at the head, and what its highest power costs."""
    year = case.days / DAYS_PER_YEAR
    delivered = head.kwh - head.losses_kwh
    price = words.energy_usd_per_kwh
    rows = (
        ("energy", MARKET, price, delivered, "kWh", "grid_kw, steps.losses_kw"),
        ("losses", MARKET, price, head.losses_kwh, "kWh", "losses_kw"),
        ("capacity", MARKET, year * words.capacity_usd_per_kw_year, head.peak_kw,
         "kW", "grid_kw"),
        ("upgrades", EQUIPMENT, year * upgrade_usd_per_kw_year(words), head.peak_kw,
         "kW", "grid_kw"),
    )  # fmt: skip
    for kind, payee, usd_per, quantity, unit, column in rows:
        source = f"{HEAD}.{column}; the reference: shadow_steps.kw, losses estimated"
        amount = (usd_per * quantity)[None, :]
        book.post(kind, UTILITY, payee, amount, quantity[None, :], unit, source)


def _pair(rows: pl.DataFrame, name: str) -> Floats:
    """A column of the run beside that of the reference. [n, 2]"""
    both: Floats = rows.select(name, f"{name}_reference").to_numpy().astype(np.float64)
    return both
