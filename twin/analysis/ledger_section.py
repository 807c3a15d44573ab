"""The report's part on the ledger: who gains, who loses, and what a kW costs."""

from __future__ import annotations

import numpy as np
import polars as pl

from twin.accounts.ledger import HOMES, PARTIES
from twin.analysis import page
from twin.analysis.bills import DAYS_PER_MONTH
from twin.analysis.case import Case
from twin.analysis.comparison import Comparison
from twin.analysis.ledger import Books, books_of, upgrade_usd_per_kw_year
from twin.analysis.ledger_figure import waterfall
from twin.arrays import Bools, Floats

GAP = (
    "The ledger needs what every meter and battery did by the interval "
    "(`output.level: all`), a reference beside the run (`reference`), and a run that "
    "came to its end with cars."
)
CENT = 0.01


def section(comparison: Comparison) -> str:
    """Every variant that has a reference: the balance, the figure, the rows."""
    found = [
        (case, books)
        for label in comparison.labels
        if (books := books_of(case := comparison.first(label))) is not None
    ]
    if not found:
        return page.paragraphs([f"Not shown. {GAP}"], "gap")
    parts = [_variant(n, case, books) for n, (case, books) in enumerate(found)]
    return "".join(parts) + page.bullets(_notes(*found[0]))


def _variant(number: int, case: Case, books: Books) -> str:
    title = f"{case.label}, seed {case.seed}, beside {case.reference} charging"
    caption = (
        f"{title}: what each has more (up) or less (down) than under the reference, "
        "USD a month."
    )
    return "".join(
        [
            page.figure(
                f"ledger-{number}", "Who gains and who loses", caption,
                waterfall(case, books), GAP,
            ),
            page.table(
                [title, "run, USD", "reference, USD", "change, USD",
                 "change, USD a month", "better off", "worse off"],
                _parties(case, books),
            ),
            page.table(["what it costs", "", ""], _rates(books), (0, 2)),
            page.details(
                f"{title}: by kind",
                page.table(_HEAD, _kinds(books), (0, 1, 2)),
            ),
        ]
    )  # fmt: skip


def _parties(case: Case, books: Books) -> list[list[object] | str]:
    """Net of what each got and paid; homes with and without a car apart."""
    a_month = DAYS_PER_MONTH / books.days
    by_home = books.ledger.by_home_usd()
    car = case.customers["evs"].to_numpy() > 0
    rows: list[list[object] | str] = []
    for name, chosen in (("with an EV", car), ("without one", ~car)):
        if chosen.any():
            rows.append(_homes(name, by_home, chosen, a_month))
    for party in PARTIES:
        if party != HOMES:
            balance = books.ledger.balance_usd(party)
            rows.append([party, *_amounts(balance, a_month), "", ""])
    return rows


def _homes(name: str, by_home: Floats, chosen: Bools, a_month: float) -> list[object]:
    mine = by_home[chosen]
    change = mine[:, 0] - mine[:, 1]
    better, worse = (int((side > CENT).sum()) for side in (change, -change))
    label = f"homes {name} ({int(chosen.sum())})"
    return [label, *_amounts(mine.sum(axis=0), a_month), str(better), str(worse)]


def _amounts(balance: Floats, a_month: float) -> list[object]:
    change = float(balance[0] - balance[1])
    return [
        *(f"{usd:,.2f}".replace("-", "−") for usd in balance.tolist()),
        _signed(change),
        _signed(change * a_month),
    ]


def _rates(books: Books) -> list[list[object] | str]:
    """V2G by the kW and year, beside what it replaces."""
    rate, words = books.resources_usd_per_kw_year, books.words
    run, reference = books.head.peak_kw.tolist()
    return [
        ["highest power at the head, kW", f"{run:,.1f}",
         f"{reference:,.1f} under the reference (estimated)"],
        ["what the run used up more, USD", _signed(books.resources_usd),
         "energy, losses, wear, charging away; less what batteries hold more at the "
         f"end ({_signed(books.stored_kwh, 0)} kWh)"],
        ["by the kW avoided, USD a year", "–" if rate is None else _signed(rate, 0),
         "no peak is avoided" if rate is None else
         f"of {books.avoided_kw:,.1f} kW; < 0: it costs less than the reference"],
        ["an upgrade put off, USD/kW and year",
         f"{upgrade_usd_per_kw_year(words):.2f}",
         f"{words.upgrade_usd_per_kw:g} USD/kW a year later"],
        ["capacity not needed, USD/kW and year",
         f"{words.capacity_usd_per_kw_year:.2f}", "as the scenario says"],
        ["residual of the ledger, USD", f"{books.residual_usd:.6f}",
         "against bills, wear and fees added up apart; below 0.005 it closes"],
    ]  # fmt: skip


_HEAD = [
    "what",
    "from",
    "to",
    "quantity",
    "reference",
    "unit",
    "run, USD",
    "reference, USD",
    "change, USD",
]


def _kinds(books: Books) -> list[list[object] | str]:
    sums = ("quantity", "reference_quantity", "usd", "reference_usd", "change_usd")
    frame = books.frame.group_by("kind", "payer", "payee", maintain_order=True).agg(
        pl.col("unit").first(), pl.col(sums).sum()
    )
    return [
        [
            row["kind"],
            row["payer"],
            row["payee"],
            f"{row['quantity']:,.1f}",
            f"{row['reference_quantity']:,.1f}",
            row["unit"],
            f"{row['usd']:,.2f}",
            f"{row['reference_usd']:,.2f}",
            _signed(row["change_usd"]),
        ]
        for row in frame.iter_rows(named=True)
    ]


def _notes(case: Case, books: Books) -> list[str]:
    words = books.words
    return [
        "Every amount has a payer and a payee, so that all balances add up to nothing. "
        "`twin export` writes each posting with its customer or car, the recorded "
        "columns and the time between which they were taken (`ledger.csv`).",
        f"Assumed by `ledger`: energy at the head {words.energy_usd_per_kwh:g} "
        f"USD/kWh, an aggregator that keeps {100 * words.aggregator_share:g} % of what "
        f"exports and events earn beyond the reference, {words.chemistry.upper()} "
        f"batteries at {words.pack_usd_per_kwh:g} USD/kWh.",
        "Power, losses and the peak under the reference are estimated without a second "
        "power flow; the run's highest power stands for the year's.",
        *(
            [
                f"Wear is that of {round(case.days, 1):g} days of one season, on "
                "batteries that aged in a mild year: it may be several times a year's "
                "mean. A year tells of years."
            ]
            if not np.isfinite(_later(case))
            else []
        ),
    ]


def _later(case: Case) -> float:
    assert case.wear is not None
    return float(case.wear.nmc_later.calendar.sum())


def _signed(value: float, digits: int = 2) -> str:
    return f"{value:+,.{digits}f}".replace("-", "−")
