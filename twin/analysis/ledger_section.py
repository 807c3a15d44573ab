"""The report's part on the ledger: who gains, who loses, and what a kW costs."""

from __future__ import annotations

import polars as pl

from twin.analysis import page
from twin.analysis.case import Case
from twin.analysis.comparison import Comparison
from twin.analysis.ledger import Books, books_of
from twin.analysis.ledger_figure import waterfall
from twin.analysis.ledger_rows import (
    GAP,
    PartyRow,
    assumptions,
    party_rows,
    rate_rows,
    signed,
)
from twin.analysis.reference_words import reference_told


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
    told = [*_notes(*found[0]), *reference_told(comparison)]
    return "".join(parts) + page.bullets(told)


def _variant(number: int, case: Case, books: Books) -> str:
    title = f"{case.label}, seed {case.called_seed}, beside {case.reference} charging"
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
                [_party(row) for row in party_rows(case, books)],
            ),
            page.table(
                ["what it costs", "", ""],
                [[row.name, row.value, row.about] for row in rate_rows(books)],
                (0, 2),
            ),
            page.details(
                f"{title}: by kind",
                page.table(_HEAD, _kinds(books), (0, 1, 2)),
            ),
        ]
    )  # fmt: skip


def _party(row: PartyRow) -> list[object]:
    """Net of what it got and paid."""
    return [
        row.name,
        *(f"{usd:,.2f}".replace("-", "−") for usd in (row.usd, row.reference_usd)),
        signed(row.change_usd),
        signed(row.change_usd_per_month),
        *("" if homes is None else str(homes) for homes in (row.better, row.worse)),
    ]


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
            signed(row["change_usd"]),
        ]
        for row in frame.iter_rows(named=True)
    ]


def _notes(case: Case, books: Books) -> list[str]:
    return [
        "Every amount has a payer and a payee, so that all balances add up to nothing. "
        "`twin export` writes each posting with its customer or car, the recorded "
        "columns and the time between which they were taken (`ledger.csv`).",
        *assumptions(case, books),
    ]
