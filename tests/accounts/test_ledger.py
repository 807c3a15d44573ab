"""The ledger by hand and by law: who pays is matched by who gets, to the last digit."""

from __future__ import annotations

from datetime import UTC, datetime

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from hypothesis.extra.numpy import arrays
from numpy.testing import assert_allclose, assert_array_equal

from twin.accounts.ledger import (
    AGGREGATOR,
    BATTERIES,
    HOMES,
    MARKET,
    PARTIES,
    UTILITY,
    Book,
)

FIRST, UNTIL = (datetime(2026, month, 1, tzinfo=UTC) for month in (7, 8))


def book(n_customer: int = 2) -> Book:
    return Book(n_customer, FIRST, UNTIL)


def post(into: Book, kind: str, payer: str, payee: str, usd, customer=None) -> None:
    usd = np.array(usd, float)
    who = None if customer is None else np.array(customer)
    into.post(kind, payer, payee, usd, 2 * usd, "kWh", "steps.x", who)


def test_two_homes_by_hand() -> None:
    """Home 1 gives: its bill falls from 50 to 42.50, of which it hands on 0.75."""
    made = book()
    post(made, "energy", HOMES, UTILITY, [(30, 30), (45, 50)], [0, 1])
    post(made, "export credit", UTILITY, HOMES, [(0, 0), (2.5, 0)], [0, 1])
    post(made, "fee", HOMES, AGGREGATOR, [(0.75, 0)], [1])
    post(made, "wear", HOMES, BATTERIES, [(4, 3)], [1])
    post(made, "supply", UTILITY, MARKET, [(20, 22)])
    ledger = made.closed()
    assert_allclose(ledger.by_home_usd(), [(-30, -30), (-47.25, -53)])
    assert_allclose(ledger.balance_usd(HOMES), [-77.25, -83])
    assert_allclose(ledger.balance_usd(UTILITY), [30 + 45 - 2.5 - 20, 58])
    assert_allclose(ledger.balance_usd(AGGREGATOR), [0.75, 0])
    assert_allclose(ledger.balance_usd(MARKET), [20, 22])
    by_kind = ledger.by_kind_usd(UTILITY)
    assert list(by_kind) == ["energy", "export credit", "supply"]
    assert_allclose(by_kind["export credit"], [-2.5, 0])
    assert_allclose(ledger.by_kind_usd(HOMES)["export credit"], [2.5, 0])
    outlay = np.array([(30, 30), (45 - 2.5 + 0.75 + 4, 53)])
    assert ledger.residual_usd(outlay) == 0.0
    outlay[1, 1] += 0.02
    assert ledger.residual_usd(outlay) == pytest.approx(0.02)


def test_what_misses_at_two_homes_does_not_cancel() -> None:
    made = book()
    post(made, "energy", HOMES, UTILITY, [(10, 10), (10, 10)], [0, 1])
    outlay = np.array([(10.01, 10), (9.99, 10)])
    assert made.closed().residual_usd(outlay) == pytest.approx(0.02)


def test_several_postings_of_one_home_add_up() -> None:
    made = book()
    post(made, "energy", HOMES, UTILITY, [(1, 2), (3, 4), (5, 6)], [1, 0, 1])
    assert_array_equal(made.closed().by_home_usd(), [(-3, -4), (-6, -8)])


@pytest.mark.parametrize(
    ("payer", "payee", "customer", "told"),
    [
        (HOMES, "bank", [0], "no payment from homes to bank"),
        (UTILITY, UTILITY, None, "no payment from utility to utility"),
        (HOMES, UTILITY, None, "energy: a home's account needs its customer"),
        (UTILITY, MARKET, [0], "energy: a home's account needs its customer"),
    ],
)
def test_a_payment_needs_two_accounts(payer, payee, customer, told) -> None:
    with pytest.raises(ValueError, match=told):
        post(book(), "energy", payer, payee, [(1.0, 1.0)], customer)


@given(arrays(float, (40, 2), elements=st.floats(-1e5, 1e5)), st.randoms())
def test_all_balances_together_are_nothing(usd, chance) -> None:
    made = book(7)
    for row in usd:
        payer, payee = chance.sample(PARTIES, 2)
        who = [chance.randrange(7)] if HOMES in (payer, payee) else None
        post(made, "any", payer, payee, [row], who)
    ledger = made.closed()
    nano = [np.rint(ledger.balance_usd(party) * 1e9) for party in PARTIES]
    assert_allclose(sum(nano), 0.0, atol=1.0)
    homes = ledger.by_home_usd().sum(axis=0)
    assert_allclose(homes, ledger.balance_usd(HOMES), atol=1e-7)


def test_a_thousand_homes_over_a_month_close_to_the_cent() -> None:
    """Hourly prices of a thousand meters, added up twice: by posting, and apart."""
    rng, n = np.random.default_rng(5), 1000
    made, outlay = book(n), np.zeros((n, 2))
    for _ in range(60):
        usd = rng.lognormal(0.0, 2.0, (n, 2)) / 7.0
        made.post("energy", HOMES, UTILITY, usd, usd, "kWh", "x", np.arange(n))
        outlay += usd
    assert 0.0 < made.closed().residual_usd(outlay) < 0.005
