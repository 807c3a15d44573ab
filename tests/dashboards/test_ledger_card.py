"""The card of the ledger: who gains and who loses, by a ledger made by hand."""

import json
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from types import SimpleNamespace

import numpy as np
import polars as pl
import pytest

from dashboards import theme
from dashboards.app import make
from dashboards.money.cards import ledger as card
from tests.dashboards.test_voltage_page import _plain
from twin.accounts.ledger import BATTERIES, HOMES, MARKET, UTILITY, Book
from twin.analysis.bills import DAYS_PER_MONTH
from twin.analysis.ledger import Books, Head
from twin.analysis.ledger_figure import waterfall
from twin.analysis.ledger_rows import assumptions, party_rows, rate_rows
from twin.scenario.ledger_words import LedgerSpec

DAYS = 2.0
MONTH = DAYS_PER_MONTH / DAYS
FIRST = datetime(2026, 7, 29, tzinfo=UTC)


@pytest.fixture
def case():
    """Homes 0 and 1 have a car, home 2 has none; two days run."""
    evs = {"customer": [0, 1, 2], "evs": [1, 1, 0]}
    wear = SimpleNamespace(nmc_later=SimpleNamespace(calendar=np.array([np.nan])))
    return SimpleNamespace(
        customers=pl.DataFrame(evs), reference="uncontrolled", days=DAYS, wear=wear
    )


@pytest.fixture
def books():
    """Home 0 pays 4 USD less, home 1 pays 1 more; wear of 0.50 more; energy 2 less."""
    book = Book(3, FIRST, FIRST + timedelta(days=DAYS))
    homes = np.arange(3)
    bills = np.array([[6.0, 10.0], [11.0, 10.0], [3.0, 3.0]])
    book.post("energy", HOMES, UTILITY, bills, bills, "kWh", "meters", homes)
    worn = np.array([[0.75, 0.25]])
    first = np.array([0])
    book.post("wear", HOMES, BATTERIES, worn, worn, "%", "soc", first, first)
    bought = np.array([[8.0, 10.0]])
    book.post("energy at the head", UTILITY, MARKET, bought, bought, "kWh", "head")
    head = Head(np.array([[90.0, 100.0]]), np.zeros((1, 2)), 0.25)
    outlay = bills.copy()
    outlay[0] += worn[0]
    return Books(book.closed(), head, LedgerSpec(), DAYS, outlay, -50.0)


def test_homes_with_and_without_a_car_are_told_apart(case, books):
    rows = {row["name"]: row for row in card.told_rows(party_rows(case, books))}
    with_car = rows["homes with an EV (2)"]
    assert with_car["usd"] == pytest.approx(-17.75 * MONTH, abs=1e-4)
    assert with_car["reference_usd"] == pytest.approx(-20.25 * MONTH, abs=1e-4)
    assert with_car["change_usd"] == pytest.approx(2.5 * MONTH, abs=1e-4)
    assert (with_car["better"], with_car["worse"]) == (1, 1)
    without = rows["homes without one (1)"]
    assert (without["change_usd"], without["better"], without["worse"]) == (0.0, 0, 0)
    assert rows["utility"]["change_usd"] == pytest.approx(-1.0 * MONTH, abs=1e-4)
    assert rows["utility"]["better"] is None
    assert rows["batteries"]["change_usd"] == pytest.approx(0.5 * MONTH, abs=1e-4)
    assert sum(row["change_usd"] for row in rows.values()) == pytest.approx(0, abs=1e-3)


def test_the_sentence_says_homes_each_and_together(case, books):
    assert card.sentence(case, party_rows(case, books)) == (
        "More (+) or less (−) than under uncontrolled charging, USD a month: homes "
        "with an EV (2) +38.05 (+19.02 each), homes without one (1) +0.00 (+0.00 "
        "each), utility −15.22."
    )


def test_a_kw_is_told_beside_what_it_replaces(books):
    rows = {row.name: row for row in rate_rows(books)}
    used_up = -2.0 + 0.5 + 50 * LedgerSpec().energy_usd_per_kwh
    assert rows["what the run used up more, USD"].value == "+1.50"
    by_kw = used_up * 365 / DAYS / 10
    scaled = rate_rows(books)[-1]
    assert scaled.name == "not a yearly figure: by the kW avoided, USD a year"
    assert scaled.value == f"{by_kw:+.0f}"
    assert scaled.about == (
        "of 10.0 kW; < 0: it costs less than the reference; scaled from 2 days; "
        "batteries ended emptier by 50 kWh than under the reference: not a yearly "
        "figure"
    )
    assert rows["residual of the ledger, USD"].value == "0.000000"
    seen = json.dumps(card.rates(rate_rows(books)).to_plotly_json(), default=_plain)
    assert "An upgrade put off, USD/kW and year" in seen


@pytest.mark.parametrize(
    ("days", "scaled"),
    [(2, True), (7, True), (28, False), (31, True), (35, False), (365, False)],
)
def test_only_whole_weeks_of_a_month_or_more_stand_for_a_year(books, days, scaled):
    """A yearly figure of fewer days is the last row and says what it is."""
    told = rate_rows(replace(books, days=float(days), stored_kwh=0.0))
    place = 5 if scaled else 2
    assert told[place].name.endswith("by the kW avoided, USD a year")
    assert told[place].name.startswith("not a yearly figure") == scaled
    said = f"scaled from {days} days: not a yearly figure"
    assert (said in told[place].about) == scaled
    assert len(told) == 6


def test_what_it_rests_on_is_told_without_marks(case, books):
    told = card.notes(assumptions(case, books))
    seen = json.dumps(told.to_plotly_json(), default=_plain)
    assert "Assumed by ledger: energy at the head" in seen and "`" not in seen
    assert "2 days of one season" in seen
    assert "A month is 2 days in proportion." in seen
    assert "Every row spans the whole run" in seen
    assert "differs from the ledger by stays cut off at the run's ends" in seen
    assert "than under the reference (−50 kWh) is in no" in seen.replace("\\u2212", "−")


def test_the_waterfall_is_drawn_in_light_and_dark(case, books):
    light = theme.recoloured(waterfall(case, books), "light")
    homes, utility = light.data
    assert list(homes.x) == ["energy", "wear", "together"]
    assert list(homes.y) == pytest.approx(
        [1.5 * MONTH, -0.25 * MONTH, 1.25 * MONTH], abs=1e-6
    )
    assert utility.y[-1] == pytest.approx(-1.0 * MONTH)
    dark = theme.recoloured(waterfall(case, books), "dark")
    assert dark.layout.font.color == theme.DARK.ink
    assert dark.data[0].increasing.marker.color == theme.DARK.give
    assert dark.layout.shapes[0].line.color == theme.DARK.ink


SHOWN = {"id": "money-shown", "property": "data", "value": True}


def answer(app, at, output, *inputs):
    """What a callback of the page answers a browser."""
    places = [one.rpartition(".") for one in output.strip(".").split("...")]
    outputs = [{"id": key, "property": name} for key, _, name in places]
    body = {
        "output": output,
        "outputs": outputs,
        "inputs": [{"id": "at", "property": "data", "value": at}, *inputs, SHOWN],
        "changedPropIds": ["at.data"],
    }
    got = app.server.test_client().post("/_dash-update-component", json=body)
    assert got.status_code == 200, got.text
    return got.get_json()["response"]


def test_a_run_without_a_ledger_is_answered_in_words(make_run):
    run = make_run()
    app = make(run.path.parents[1])
    at = {"scenario": run.path.parent.name, "run_id": run.run_id, "page": "money"}
    table, figure = (
        next(one for one in app.callback_map if key in one)
        for key in ("money-gains-short", "money-gains.figure")
    )
    told = answer(app, at, table)
    assert told["money-gains-short"]["children"].startswith("The ledger needs")
    assert told["money-ledger-place"]["hidden"] is True
    scheme = {"id": "scheme", "property": "data", "value": "dark"}
    drawn = answer(app, at, figure, scheme)["money-gains"]["figure"]
    assert "No ledger" in drawn["layout"]["annotations"][0]["text"]


def test_a_run_without_a_reference_says_what_lacks():
    assert card._shown(card.GAP).startswith("The ledger needs what every meter")
    assert "(output.level: all)" in card._shown(card.GAP)
