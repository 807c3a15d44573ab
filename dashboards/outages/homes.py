"""The table of homes: what an outage was to each of them."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from dashboards import columns
from dashboards.outages.choice import Outages
from twin.analysis.case import Case

Row = dict[str, Any]
COLUMNS = (
    columns.text("name", "Home", 110),
    columns.text("outage", "Outage", 190),
    columns.number("hours", "Without supply [h]", 2),
    columns.number(
        "alight_h", "Alight on its car [h]", 2, 100, "Supplied by its own car (V2H)"
    ),
    columns.number("dark_h", "Dark [h]", 2, 130, "Without supply, and not on its car"),
    columns.number("demand_kwh", "Would have used [kWh]", 2, 92),
    columns.number("served_by_car_kwh", "Served by its car [kWh]", 2, 96),
    columns.number(
        "served_by_pv_kwh", "Served by its PV [kWh]", 2, 96, "In its island"
    ),
    columns.number("unserved_kwh", "Not served [kWh]", 2, 130),
    columns.text(
        "capable",
        "Backup",
        104,
        "Whether it has a car, a charger and a switch that can supply it",
    ),
    columns.text("medical", "Medical", 96, "A home with a medical baseline"),
    columns.number(
        "relapses",
        "Trips",
        0,
        70,
        "How often it went from alight to dark again before supply was back: "
        "an overload, the reserve, or the car leaving",
    ),
    columns.text("why_dark", "Why dark, the last time", 210),
)


def home_rows(outages: Outages, event: str) -> list[Row]:
    """A row a home and outage, the least served first."""
    names = dict(outages.case.customers.select("customer", "name").iter_rows())
    ranked = outages.of_event(event).sort(
        "unserved_kwh", "customer", descending=[True, False]
    )
    return [_row(outages.case, names, row) for row in ranked.iter_rows(named=True)]


def shown(sort: str, outages: Outages) -> list[columns.Column]:
    """The columns with their bars, in the order that is asked for."""
    most = {
        key: float(outages.rows[key].to_numpy().max(initial=0.0))
        for key in ("dark_h", "unserved_kwh")
    }
    drawn = [
        columns.barred(one, most[one["field"]]) if one["field"] in most else one
        for one in COLUMNS
    ]
    return columns.ordered(drawn, sort)


def row_key(row: Mapping[str, Any]) -> str:
    """What names a row of the table."""
    return f"{row['event']}-{row['customer']}"


def _row(case: Case, names: Mapping[int, str], row: Mapping[str, Any]) -> Row:
    back = case.local(row["until"])
    began = case.local(row["start"]) or ""
    numbers = (
        "hours",
        "alight_h",
        "dark_h",
        "demand_kwh",
        "served_by_car_kwh",
        "served_by_pv_kwh",
        "unserved_kwh",
    )
    return {
        "key": row_key(row),
        "event": str(row["event"]),
        "customer": str(row["customer"]),
        "name": names.get(row["customer"], "–"),
        "outage": f"{began[5:]} to {back[5:] if back else 'beyond the run'}",
        **{key: round(float(row[key]), 4) for key in numbers},
        "relapses": int(row["relapses"]),
        "capable": "yes" if row["capable"] else "no",
        "medical": "yes" if row["medical"] else "no",
        "why_dark": row["why_dark"] or "–",
    }
