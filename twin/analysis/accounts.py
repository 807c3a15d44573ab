"""Tables of money and wear that are made of a run's own, for whoever exports them."""

from __future__ import annotations

import polars as pl

from twin.analysis.beside import bill_by_home, wear_by_car
from twin.analysis.case import Case
from twin.analysis.ledger import books_of
from twin.analysis.transformer_life import table


def accounts_of(case: Case) -> dict[str, pl.DataFrame]:
    """Those of ``account_tables.ACCOUNT_TABLES`` that the run can tell, by name."""
    bills, books = case.bills, books_of(case)
    found = {"bill_by_home": bill_by_home(case), "wear_by_car": wear_by_car(case)}
    told = {name: frame for name, frame in found.items() if not frame.is_empty()}
    lives = {} if case.life is None else {"transformer_life": table(case)}
    first = lives | ({} if bills is None else {"bills": bills.frame})
    last = {} if books is None else {"ledger": books.frame}
    return {**first, **told, **last}
