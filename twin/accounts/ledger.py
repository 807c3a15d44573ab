"""A double-entry ledger: who pays whom, in the run and under reference charging."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import datetime

import numpy as np

from twin.arrays import Floats, Ints

NANO = 1_000_000_000
NOBODY = -1
HOMES, UTILITY, AGGREGATOR = "homes", "utility", "aggregator"
MARKET, EQUIPMENT, BATTERIES, PUBLIC = (
    "energy market",
    "grid equipment",
    "batteries",
    "public chargers",
)
PARTIES = (HOMES, UTILITY, AGGREGATOR, MARKET, EQUIPMENT, BATTERIES, PUBLIC)


@dataclass(frozen=True)
class Posting:
    """One kind of payment between two parties; below 0 it flows the other way. [n]

    ::

        payer --- usd ---> payee        homes each have an account of their own

    customer   whose account, where a party is the homes; else none
    ev         of which car; -1: of none in particular
    quantity   what is paid for, in ``unit``
    source     which recorded columns it is made of, between ``first`` and ``until``
    Two columns each: the run, and the reference.
    """

    kind: str
    payer: str
    payee: str
    nano_usd: Ints
    quantity: Floats
    unit: str
    source: str
    first: datetime
    until: datetime
    customer: Ints
    ev: Ints


@dataclass(frozen=True)
class Ledger:
    """All postings over a time. Amounts are whole billionths of a dollar.

    So sums are the same in any order, and what one party pays is to the last digit
    what others get. Rounding to a billionth is all that can be lost against the
    amounts that were posted.
    """

    n_customer: int
    postings: tuple[Posting, ...]

    def balance_usd(self, party: str) -> Floats:
        """What a party got less what it paid: the run, the reference. [2]"""
        got = sum((p.nano_usd.sum(axis=0) for p in self.postings if p.payee == party),
                  np.zeros(2, np.int64))  # fmt: skip
        paid = sum((p.nano_usd.sum(axis=0) for p in self.postings if p.payer == party),
                   np.zeros(2, np.int64))  # fmt: skip
        return np.asarray(got - paid) / NANO

    def by_home_usd(self) -> Floats:
        """The same of each customer's account. [n_customer, 2]"""
        nano = np.zeros((self.n_customer, 2), np.int64)
        for one in self.postings:
            for party, sign in ((one.payee, 1), (one.payer, -1)):
                if party == HOMES:
                    np.add.at(nano, one.customer, sign * one.nano_usd)
        return nano / NANO

    def by_kind_usd(self, party: str) -> Mapping[str, Floats]:
        """What a party got less what it paid, by kind: the run, the reference. [2]"""
        found: dict[str, Floats] = {}
        for one in self.postings:
            for side, sign in ((one.payee, 1), (one.payer, -1)):
                if side == party:
                    usd = sign * one.nano_usd.sum(axis=0) / NANO
                    found[one.kind] = found.get(one.kind, np.zeros(2)) + usd
        return found

    def residual_usd(self, outlay_usd: Floats) -> float:
        """By how much it misses what homes are known to have spent, told apart.

        The sum over homes of |balance + outlay|, and of all balances together.

        outlay_usd  bills, wear, fees and charging away, added up elsewhere
                                                                    [n_customer, 2]
        """
        missed = np.abs(self.by_home_usd() + outlay_usd).sum(axis=0)
        together = sum(self.balance_usd(party) for party in PARTIES)
        return float((missed + np.abs(together)).max())


@dataclass
class Book:
    """Where postings are made, all over one time."""

    n_customer: int
    first: datetime
    until: datetime
    postings: list[Posting] = field(default_factory=list)

    def post(
        self,
        kind: str,
        payer: str,
        payee: str,
        usd: Floats,
        quantity: Floats,
        unit: str,
        source: str,
        customer: Ints | None = None,
        ev: Ints | None = None,
        span: tuple[datetime, datetime] | None = None,
    ) -> None:
        """Enter amounts and what they are for: the run, the reference. [n, 2]"""
        if payer not in PARTIES or payee not in PARTIES or payer == payee:
            raise ValueError(f"no payment from {payer} to {payee}")
        if (customer is None) == (HOMES in (payer, payee)):
            raise ValueError(f"{kind}: a home's account needs its customer")
        nobody = np.full(len(usd), NOBODY)
        first, until = span or (self.first, self.until)
        nano = np.rint(np.asarray(usd, np.float64) * NANO).astype(np.int64)
        self.postings.append(
            Posting(
                kind,
                payer,
                payee,
                nano,
                quantity,
                unit,
                source,
                first,
                until,
                nobody if customer is None else customer,
                nobody if ev is None else ev,
            )
        )

    def closed(self) -> Ledger:
        """As it stands."""
        return Ledger(self.n_customer, tuple(self.postings))
