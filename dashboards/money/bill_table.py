"""The table of bills: a home a row, a month of them all."""

from __future__ import annotations

from typing import Any

import numpy as np

from dashboards import columns, parts
from dashboards.money.pairs import by_home
from twin.analysis.bill_figures import component
from twin.analysis.case import Case

Row = dict[str, Any]
LEAST_USD = 0.005
_BEFORE = (
    columns.text("name", "Home", 110),
    columns.text("kind", "Kind", 86),
    columns.number("evs", "EVs", 0, 62),
    columns.number("total_usd", "Bill [USD a month]", 2, 120),
    columns.change(
        "change_usd",
        "Change [USD a month]",
        2,
        96,
        "Against the same home in the run that differences are taken to",
    ),
    columns.number("import_kwh", "Drawn [kWh a month]", 0, 90),
    columns.number("export_kwh", "Given [kWh a month]", 0, 90),
    columns.number(
        "price_usd_per_kwh",
        "Mean price [USD/kWh]",
        3,
        90,
        "What it paid for energy over what it drew",
    ),
)


def parts_of(case: Case) -> list[str]:
    """The components that are not nothing for everybody."""
    if case.bills is None:
        return []
    frame = case.bills.by_customer()
    return [
        name
        for name in case.bills.components
        if float(frame[name].abs().max() or 0.0) >= LEAST_USD  # type: ignore[arg-type]
    ]


def columns_of(case: Case) -> list[columns.Column]:
    """What every home has, then the bill's parts."""
    each = [
        columns.number(name, parts.capital(f"{component(name)} [USD]"), 2, 92)
        for name in parts_of(case)
    ]
    return [*_BEFORE, *each]


def bill_rows(case: Case, other: Case | None) -> list[Row]:
    """A row a customer, the dearest first."""
    if case.bills is None:
        return []
    before = np.full(case.customers.height, np.nan) if other is None else by_home(other)
    evs, of_bill = case.customers["evs"].to_list(), parts_of(case)
    frame = case.bills.by_customer().sort(
        "total_usd", "customer", descending=[True, False]
    )
    rows = []
    for row in frame.iter_rows(named=True):
        customer = int(row["customer"])
        energy = sum(row[name] for name in of_bill if name.startswith("energy"))
        drawn, change = row["import_kwh"], row["total_usd"] - before[customer]
        rows.append(
            {
                "customer": str(customer),
                "name": row["name"],
                "kind": row["kind"],
                "evs": evs[customer],
                "change_usd": round(float(change), 4) if np.isfinite(change) else None,
                "price_usd_per_kwh": round(energy / drawn, 4) if drawn > 0 else None,
                **{
                    name: round(float(row[name]), 4)
                    for name in ("total_usd", "import_kwh", "export_kwh", *of_bill)
                },
            }
        )
    return rows
