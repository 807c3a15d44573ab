"""What is said of alternatives: the answer, their figures, how money is counted."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import replace
from typing import Any

from twin.analysis.alternatives import Alternatives
from twin.analysis.measures import Measure

FIGURES = {
    one.key: one
    for one in (
        Measure("transformers_over_normal", "transf. over normal"),
        Measure("transformers_over_emergency", "transf. over emergency"),
        Measure("lines_over_normal", "lines over normal"),
        Measure("lines_over_emergency", "lines over emergency"),
        Measure("customers_beyond", "customers outside"),
        Measure("worst_loading", "highest load", "%", 0, 100),
        Measure("v_min_pu", "lowest", "pu", 3),
        Measure("peak_kw", "peak", "kW"),
        Measure("losses_kwh", "losses", "kWh"),
        Measure("departures_short_share", "departures short", "%", 0, 100),
        Measure("stored_change_kwh", "in batteries", "kWh"),
    )
}
JUDGED = ("transformers_over_normal", "lines_over_normal", "customers_beyond")
COUNTED = (*JUDGED, "transformers_over_emergency", "lines_over_emergency")
CALLED = {
    "transformers_over_normal": ("transformer", "beyond the normal rating"),
    "lines_over_normal": ("line", "beyond the normal rating"),
    "customers_beyond": ("customer", "outside the voltage band"),
}
SPREAD = ", with P10 to P90 where these differ"
COSTS = "; costs are those of the seed in the middle (of two the cheaper)"
Row = Mapping[str, Any]


def band(row: Row, key: str) -> tuple[str, str]:
    """The median over seeds, and P10 to P90 where they differ."""
    how = FIGURES[key]
    middle = row[f"{key}_p50"]
    between = key in COUNTED and middle is not None and middle % 1
    mid = replace(how, digits=1).written(middle) if between else how.written(middle)
    low, high = (how.written(row[f"{key}_{q}"]) for q in ("p10", "p90"))
    return mid, "" if low == high else f"{low} to {high}"


def usd(value: float) -> str:
    """Money in whole dollars."""
    return f"{value:,.0f}".replace("-", "−")


def is_clean(row: Row) -> bool:
    """Whether nothing is left beyond limits, by the P90 over seeds; unknown is not."""
    return all(row[f"{key}_p90"] == 0.0 for key in JUDGED)


def answer(found: Alternatives) -> list[str]:
    """What cures all that is broken at the least cost, and what the baseline breaks."""
    bases = [row for row in found.rows if row["baseline"]]
    others = [row for row in found.rows if not row["baseline"]]
    broken = [f"{row['variant']} ({row['words']}): {_broken(row)}." for row in bases]
    if bases and all(map(is_clean, bases)):
        return [_worse(others), *broken]
    return [_cheapest(found, others), *broken]


def effects(found: Alternatives) -> list[str]:
    """What each alternative costs, and leaves."""
    others = [row for row in found.rows if not row["baseline"]]
    return [f"{row['variant']}: {_effect(row)}." for row in others]


def _broken(row: Row) -> str:
    parts = []
    for key, (one, what) in CALLED.items():
        mid, spread = band(row, key)
        if row[f"{key}_p90"]:
            many = "" if mid == "1" and not spread else "s"
            parts.append(f"{mid}{f' ({spread})' * bool(spread)} {one}{many} {what}")
    if all(row[f"{key}_p90"] is None for key in CALLED):
        return "what it leaves beyond limits is not known"
    return ", ".join(parts) or "nothing beyond limits"


def _effect(row: Row) -> str:
    cost = f"NPV of its cost {usd(row['npv_usd'])} USD"
    return f"{cost}; leaves {_broken(row)}"


def _worse(others: Sequence[Row]) -> str:
    """Which variants break what the baseline does not."""
    names = [str(row["variant"]) for row in others if not is_clean(row)]
    if not names:
        return "No variant breaks a limit either."
    return f"Variants that break a limit: {', '.join(names)}."


def _cheapest(found: Alternatives, others: Sequence[Row]) -> str:
    """Of what leaves nothing beyond limits in (nine of ten) seeds, the cheapest."""
    clean = sorted(filter(is_clean, others), key=lambda row: float(row["npv_usd"]))
    if not clean:
        return "No alternative takes everything back within limits."
    first, *rest = clean
    said = (
        f"The cheapest that leaves nothing beyond limits: {first['variant']}, NPV of "
        f"its cost over {found.record['horizon_years']} years "
        f"{usd(first['npv_usd'])} USD"
    )
    then = ", ".join(f"{one['variant']} ({usd(one['npv_usd'])})" for one in rest)
    return f"{said}; then {then}." if rest else f"{said}; no other does."


def notes(found: Alternatives) -> list[str]:
    """How money is counted, whose prices these are, and what is not in them."""
    record = found.record
    years, rate = record["horizon_years"], 100 * record["discount_rate"]
    rise, seeds = 100 * record["escalation"], len(record["seeds"])
    said = [
        f"NPV of cost over {years} years at {rate:g} % a year: an investment counts by "
        "its even yearly payments within the horizon, I CRF(r, life) / CRF(r, "
        f"horizon), CRF = r (1 + r)^n / ((1 + r)^n - 1); yearly cost rises {rise:g} % "
        "a year and is paid at each year's end. Energy, losses, battery wear and what "
        "outages cost are not in it: a few days do not tell a year's.",
        f"Prices: {record['catalogue']}; every figure there is assumed, and each item "
        "names its mark. What a study says in alternatives.costs goes first.",
        f"Figures are medians over {seeds} seed{'s' * (seeds > 1)}"
        + SPREAD * (seeds > 1)
        + f", within the {_days(record['days'])} run{COSTS * (seeds > 1)}. Beyond a "
        "rating: ever, in any interval and phase. Outside the band: a customer ever "
        "beyond the limits by which voltages are judged. In batteries: what cars hold "
        "at the end beyond the beginning; who ends with less has put charging off, and "
        "not saved it.",
    ]
    return said + [
        f"{label}: its cost does not count what else sets it apart: {', '.join(keys)}."
        for label, one in record["variants"].items()
        if (keys := one["not_priced"])
    ]


def _days(count: float) -> str:
    return "day" if count == 1 else f"{count:g} days"
