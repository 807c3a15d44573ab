"""First what it comes to: the bills and what changed them, wear, what was paid away."""

from __future__ import annotations

from collections.abc import Sequence

import dash_mantine_components as dmc
from dash import Input, Output, html
from dash.development.base_component import Component

from dashboards import parts
from dashboards.beside import At
from dashboards.data import Library
from dashboards.desk import Desk, Query
from dashboards.money import pairs
from dashboards.money.pairs import WITH_CAR, WITHOUT, change_usd, group
from dashboards.money.prices import doubts
from twin.accounts.chemistries import CHEMISTRIES
from twin.analysis.battery_section import cost_of
from twin.analysis.case import Case

ORDER = 10


def card(desk: Desk, case: Case, query: Query) -> Component:
    """The tiles, filled when bills have been read."""
    said = doubts(case)
    waiting = [dmc.Skeleton(height=104, radius="md") for _ in range(5)]
    return html.Div(
        [
            *([parts.notice(said, "warning", "Not verified")] if said else []),
            html.Section(
                html.P("Reading what went through every meter …", id="money-short"),
                className="card answer",
                **parts.attributes(aria_live="polite"),
            ),
            html.Div(waiting, id="money-tiles", className="tiles"),
        ]
    )


def register(desk: Desk) -> None:
    """What fills them."""

    @desk.callback(
        Output("money-short", "children"),
        Output("money-tiles", "children"),
        Input("at", "data"),
        Input("money-against", "value"),
    )
    def tell(at: At, asked: str | None) -> tuple[str, list[Component]]:
        case = desk.case(at)
        other, label = pairs.home_case(desk.library, at, asked)
        tiles = [
            *bill_tiles(case, other, label),
            *_away(case),
            *wear_tiles(desk.library, at, asked),
        ]
        return sentence(case, other, label), tiles


def sentence(case: Case, other: Case | None, label: str) -> str:
    """What homes pay, and what is different."""
    if case.bills is None:
        return (
            "No bills: they need what went through each meter (output.level: all) and "
            "a run that came to its end."
        )
    said = []
    for who, words in ((WITH_CAR, "with an EV"), (WITHOUT, "without one")):
        chosen = group(case, who, None)
        if not chosen.any():
            continue
        usd = case.bills.per_month(chosen)["total_usd"]
        change = change_usd(case, other, chosen)
        moved = "" if change is None else f" ({_signed(change, 2)} against “{label}”)"
        said.append(f"a home {words} pays {usd:,.2f} USD a month{moved}")
    by = f", by tariff {case.bills.tariff}." if said else ""
    return parts.capital(", ".join(said)) + by


def bill_tiles(case: Case, other: Case | None, label: str) -> list[Component]:
    """The mean home's bill with and without an EV; pay for events if any."""
    if case.bills is None:
        return []
    made = []
    for who, words in ((WITH_CAR, "with an EV"), (WITHOUT, "without one")):
        chosen = group(case, who, None)
        if not chosen.any():
            continue
        means = case.bills.per_month(chosen)
        change = change_usd(case, other, chosen)
        said, mood = _difference(change, "USD a month", 2)
        same = f"the same homes against {label}; " if change is not None else ""
        made.append(
            parts.tile(
                f"Bill per home {words}",
                f"{means['total_usd']:,.2f}",
                "USD/month",
                said,
                mood,
                f"{same}{int(chosen.sum()):,} homes, {case.bills.days} days billed",
            )
        )
    paid = -case.bills.per_month(group(case, WITH_CAR, None)).get("event_pay_usd", 0.0)
    if paid > 0:
        about = "per home with an EV, in its bill"
        made.append(
            parts.tile("Pay for events", f"{paid:,.2f}", "USD/month", about=about)
        )
    return made


def wear_tiles(library: Library, at: At, asked: str | None) -> list[Component]:
    """What charging so took off the batteries, of each chemistry that they may have."""
    case = library.case(at["scenario"], at["run_id"])
    other, label = pairs.wear_case(library, at, asked)
    if other is None or other.wear is None:
        return []
    costs = [cost_of([(case, other.wear)], name) for name in CHEMISTRIES]
    low, high = sorted(one.usd for one in costs)
    each = [one.usd_per_kwh for one in costs if one.usd_per_kwh is not None]
    per_kwh = (
        f"{_signed(min(each), 3)} to {_signed(max(each), 3)} USD per kWh given"
        if each
        else "nothing was given back"
    )
    words = "NMC" if costs[0].usd == low else "LFP"
    about = f"{per_kwh}; against {label}, the lower if {words}"
    value = f"{_signed(low, 2)} to {_signed(high, 2)}"
    return [parts.tile("Battery wear per car", value, "USD", about=about)]


def _away(case: Case) -> list[Component]:
    """What cars bought away from home, beside the bills."""
    if not case.evs.height:
        return []
    month = pairs.a_month(case) / case.evs.height
    usd, kwh = (float(case.evs[name].sum()) for name in ("public_usd", "public_kwh"))
    about = f"{kwh * month:,.1f} kWh a month"
    about += f" at {usd / kwh:.2f} USD/kWh" if kwh > 0 else ""
    return [
        parts.tile(
            "Bought away from home, per EV",
            f"{usd * month:,.2f}",
            "USD/month",
            about=f"{about}; no part of the bill",
        )
    ]


def _difference(change: float | None, unit: str, digits: int) -> Sequence[str]:
    if change is None:
        return "", ""
    if round(change, digits) == 0:
        return "no difference", ""
    better = change < 0
    words = "less" if better else "more"
    return f"{_signed(change, digits)} {unit}, {words}", "good" if better else "bad"


def _signed(value: float, digits: int) -> str:
    return f"{value:+,.{digits}f}".replace("-", "−")
