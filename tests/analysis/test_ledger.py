"""The ledger of real runs: it closes, and each number is that of its intervals."""

from __future__ import annotations

import re
from dataclasses import replace
from html import unescape
from pathlib import Path

import numpy as np
import polars as pl
import pytest
from numpy.testing import assert_allclose

from tests.analysis.test_beside import lived
from twin.accounts.ledger import (
    AGGREGATOR,
    BATTERIES,
    EQUIPMENT,
    HOMES,
    MARKET,
    UTILITY,
)
from twin.analysis import kept, ledger_section
from twin.analysis import ledger as measuring
from twin.analysis.accounts import accounts_of
from twin.analysis.battery_wear import period_loss
from twin.analysis.bill_section import bills as bills_section
from twin.analysis.case import Case
from twin.analysis.compare import text
from twin.analysis.comparison import Comparison
from twin.analysis.ledger import Books, books_of, head_of, upgrade_usd_per_kw_year
from twin.analysis.ledger_figure import changes, waterfall
from twin.analysis.reference_words import reference_told
from twin.cli.results import export
from twin.scenario.ledger_words import LedgerSpec


@pytest.fixture(scope="module")
def sold(tmp_path_factory) -> Case:
    words = {"aggregator_share": 0.25, "chemistry": "lfp", "pack_usd_per_kwh": 100}
    return lived(tmp_path_factory.mktemp("sold"), "v2g_price", ledger=words)


@pytest.fixture(scope="module")
def free(tmp_path_factory) -> Case:
    return lived(tmp_path_factory.mktemp("free"), "uncontrolled")


@pytest.fixture(scope="module")
def books(sold: Case) -> Books:
    found = books_of(sold)
    assert found is not None
    return found


def test_it_closes(books: Books) -> None:
    assert books.residual_usd < 1e-6


def test_homes_pay_their_bills_wear_and_fees(sold: Case, books: Books) -> None:
    assert sold.bills is not None and sold.wear is not None
    bills = sold.bills.frame
    ledger, n = books.ledger, sold.n_customers
    paid = np.bincount(bills["customer"], bills["total_usd"], n)
    home = sold.evs["customer"].to_numpy()
    lost = period_loss(sold.wear, "lfp")[2] * sold.evs["capacity_kwh"].to_numpy()
    paid += np.bincount(home, lost * 100.0 / 0.2 + sold.evs["public_usd"], n)
    fees = -ledger.by_kind_usd(HOMES)["aggregator's share"]
    assert fees[0] > 0.0 == fees[1]
    assert_allclose(ledger.by_home_usd()[:, 0].sum(), -paid.sum() - fees[0])
    assert_allclose(ledger.balance_usd(AGGREGATOR), fees)
    wear = ledger.balance_usd(BATTERIES)
    assert wear[0] == pytest.approx(lost.sum() * 500.0)
    assert wear[1] != wear[0]


def test_the_aggregator_keeps_its_share_of_what_is_more(
    sold: Case, books: Books
) -> None:
    credit = books.ledger.by_kind_usd(HOMES)["export credit"]
    rows = books.frame.filter(kind="export credit").join(
        sold.customers.select("evs", customer=pl.col("customer").cast(pl.Int64)),
        on="customer",
    )
    more = rows.filter(pl.col("evs") > 0)["change_usd"].to_numpy()
    assert credit[0] > credit[1] and (more > 0).any()
    fee = books.ledger.balance_usd(AGGREGATOR)[0]
    assert fee == pytest.approx(0.25 * np.maximum(more, 0).sum())


def test_the_utility_stands_between_homes_and_market(sold: Case, books: Books) -> None:
    assert sold.bills is not None
    ledger = books.ledger
    bills = sold.bills.frame["total_usd"].sum()
    bought = ledger.balance_usd(MARKET)[0] + ledger.balance_usd(EQUIPMENT)[0]
    assert ledger.balance_usd(UTILITY)[0] == pytest.approx(bills - bought)
    steps = sold.steps
    kwh = steps["grid_kw"].sum() * sold.step_h
    peak = steps["grid_kw"].max()
    capacity = 60.0 * peak * sold.days / 365
    assert ledger.balance_usd(MARKET)[0] == pytest.approx(0.06 * kwh + capacity)
    assert ledger.balance_usd(EQUIPMENT)[0] == pytest.approx(
        15.0 * peak * sold.days / 365
    )


def test_the_head_is_near_that_of_a_paired_run(books: Books, free: Case) -> None:
    """Of 12 cars on a village feeder; energy is exact but for losses."""
    drawn = free.steps["grid_kw"].to_numpy()
    assert_allclose(books.head.kw[:, 1], drawn, atol=0.05 * drawn.max())
    assert books.head.peak_kw[1] == pytest.approx(drawn.max(), rel=5e-3)
    lost = free.steps["losses_kw"].sum() * free.step_h
    run, reference = books.head.losses_kwh
    assert abs(reference - lost) < 0.5 * abs(run - lost)
    delivered = (drawn.sum() * free.step_h) - lost
    assert books.head.kwh[1] - reference == pytest.approx(delivered, rel=1e-3)


def test_what_the_reference_takes_is_read_once(sold: Case, books, monkeypatch) -> None:
    monkeypatch.setattr(kept, "WORTH_KEEPING_BYTES", 0)
    first = head_of(Case(sold.run))
    monkeypatch.setattr(measuring, "array_of", lambda *_: pytest.fail("read again"))
    again = head_of(Case(sold.run))
    for one in (first, again):
        assert np.array_equal(one.kw, books.head.kw)
        assert np.array_equal(one.losses_kw, books.head.losses_kw)


def test_a_row_leads_to_its_intervals(sold: Case, books: Books) -> None:
    """A home's export credit from what its meter shows between the row's instants.

    The tariff nets by the hour, four steps of the run.
    """
    row = books.frame.filter(kind="export credit").sort("usd").row(-1, named=True)
    assert (row["payer"], row["payee"], row["unit"]) == (UTILITY, HOMES, "kWh")
    assert row["source"].startswith("customer_steps.net_kw by the tariff")
    within = sold.run.scan("customer_steps").filter(
        pl.col("time") >= row["first"], pl.col("time") < row["until"]
    )
    net = within.select(pl.col("net_kw").arr.get(row["customer"])).collect()
    hourly = net["net_kw"].to_numpy().astype(float).reshape(-1, 4).mean(axis=1)
    given_kwh = -np.minimum(hourly, 0.0).sum()
    assert row["quantity"] == pytest.approx(given_kwh, rel=1e-5)
    assert row["usd"] == pytest.approx(0.6 * given_kwh, rel=1e-5)
    assert row["change_usd"] == row["usd"] - row["reference_usd"]
    whole = books.frame.filter(kind="energy").row(0, named=True)
    assert whole["customer"] is None and whole["ev"] is None
    worn = books.frame.filter(kind="wear by time")
    assert worn["ev"].to_list() == list(range(sold.n_ev))


def test_resources_by_the_kw_and_year(books: Books) -> None:
    ledger = books.ledger
    market = ledger.by_kind_usd(MARKET)
    used = sum(float(market[kind] @ (1, -1)) for kind in ("energy", "losses"))
    used += float(ledger.balance_usd(BATTERIES) @ (1, -1))
    used += float(ledger.balance_usd("public chargers") @ (1, -1))
    used -= 0.06 * books.stored_kwh
    assert books.resources_usd == pytest.approx(used)
    rate = books.resources_usd_per_kw_year
    if books.avoided_kw > 0:
        assert rate == pytest.approx(used * 365 / 2 / books.avoided_kw)
    else:
        assert rate is None
    assert books.put_off_usd_per_kw_year == pytest.approx(75.0)


def test_a_year_put_off_is_interest_less_rise() -> None:
    words = LedgerSpec(upgrade_usd_per_kw=400, discount_rate=0.06, escalation=0.01)
    assert upgrade_usd_per_kw_year(words) == pytest.approx(400 * 0.05)
    plain = LedgerSpec(discount_rate=0.0, escalation=0.0)
    assert upgrade_usd_per_kw_year(plain) == 0.0


def test_the_figure_adds_up_to_the_balance(sold: Case, books: Books) -> None:
    a_month = 365.25 / 12 / 2
    usd = changes(books, UTILITY)["usd"].sum()
    balance = books.ledger.balance_usd(UTILITY)
    assert usd == pytest.approx((balance[0] - balance[1]) * a_month)
    figure = waterfall(sold, books)
    assert figure is not None
    for bars in figure.data:
        assert bars.y[-1] == pytest.approx(sum(bars.y[:-1]))


def test_the_report_names_who_gains(sold: Case) -> None:
    told = words(ledger_section.section(Comparison.of([("sold", sold.run)])))
    assert "sold, seed 1, beside uncontrolled charging" in told
    assert "homes with an EV (" in told and "residual of the ledger, USD 0.0000" in told
    assert "LFP batteries at 100 USD/kWh" in told
    assert "several times a year's mean" in told
    assert (
        "Changes of bills and wear are told beside the same cars charged as their "
        "drivers please (reference: uncontrolled, which is also the default): what "
        "charging later gains is in it, and reference: valley holds it against clever "
        "one-way charging instead." in told
    )


def test_every_table_of_gains_says_its_reference(sold: Case) -> None:
    """On the screen, wide or compact, and beside the bills of the report."""
    said = "told beside the same cars charged as their drivers please"
    for width in (100, 400):
        assert said in " ".join(text([("sold", sold.run)], None, width).split())
    comparison = Comparison.of([("sold", sold.run)])
    assert said in words(bills_section(comparison))
    clever = replace(sold, run=replace(sold.run, record=_under(sold, "valley")))
    (told,) = reference_told(Comparison.of([("sold", clever.run)]))
    assert "(reference: valley): what giving adds, and reference: uncontrolled" in told
    none = Comparison.of([("sold", replace(sold.run, record=_under(sold, "none")))])
    assert reference_told(none) == []


def _under(case: Case, reference: str) -> dict[str, object]:
    said = {**case.scenario, "reference": reference}
    return {**case.run.record, "scenario": said}


def test_without_a_reference_it_says_what_lacks(free: Case) -> None:
    assert books_of(free) is None
    told = words(ledger_section.section(Comparison.of([("free", free.run)])))
    assert told.startswith("Not shown. The ledger needs")
    assert list(accounts_of(free)) == ["transformer_life", "bills", "wear_by_car"]


def test_an_export_holds_it(sold: Case, tmp_path: Path, capsys) -> None:
    export(sold.run.path, "csv", tmp_path)
    assert "ledger.csv" in capsys.readouterr().out
    rows = pl.read_csv(tmp_path / "ledger.csv")
    assert {"payer", "payee", "usd", "reference_usd", "source"} <= set(rows.columns)
    for name in ("bills", "bill_by_home", "wear_by_car", "shadow_steps"):
        assert (tmp_path / f"{name}.csv").is_file()


def words(html: str) -> str:
    return " ".join(unescape(re.sub(r"<[^>]+>", " ", html)).split())
