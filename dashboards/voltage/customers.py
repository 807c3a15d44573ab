"""Voltages of a run by customer: extremes, hours beyond the limits, verdicts."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

import numpy as np
from dash.development.base_component import Component

from dashboards import parts
from dashboards.thinning import Times
from dashboards.voltage.profiles import (
    distance_km,
    limit_words,
    transformer_names,
)
from dashboards.voltage.sweeps import Sweep
from twin.analysis.case import Case
from twin.analysis.digest import Limits, Voltages
from twin.analysis.violations import violations_of
from twin.arrays import Floats

WEEKLY_SHARE = 0.05
_ROUND = "params.value == null ? '–' : d3.format('{}')(params.value)"


def _column(key: str, head: str, form: str = "", **more: Any) -> dict[str, Any]:
    number = {
        "type": "rightAligned",
        "filter": "agNumberColumnFilter",
        "valueFormatter": {"function": _ROUND.format(form)},
    }
    wide = {"minWidth": 92, "wrapHeaderText": True, "autoHeaderHeight": True}
    return {
        "field": key,
        "headerName": head,
        **wide,
        **(number if form else {}),
        **more,
    }


COLUMNS = (
    _column("name", "Customer", minWidth=130, pinned="left"),
    _column("verdict", "Verdict", minWidth=120),
    _column("low_pu", "Lowest [pu]", ".4f"),
    _column("low_at", "when (local time)", minWidth=152),
    _column("high_pu", "Highest [pu]", ".4f"),
    _column("high_at", "when (local time)", minWidth=152),
    _column("below_h", "Below limit [h]", ",.2f"),
    _column("above_h", "Above limit [h]", ",.2f"),
    _column("worst_week", "Worst week outside", ".1%"),
    _column("transformer", "Transformer", minWidth=120),
    _column("distance_km", "Distance [km]", ".3f", minWidth=108),
    _column("node", "Node"),
    _column("kind", "Kind"),
    _column("pv_kw", "PV [kW]", ".1f"),
    _column("evs", "EVs", ",d"),
)


def tiles(case: Case, kept: Voltages) -> list[Component]:
    """The run's extremes, and how many customers were beyond the limits how long."""
    low, high = extremes_of(case, kept)
    count = customer_hours(kept)
    hours = count["below_h"] + count["above_h"]
    some = case.customers.height > 0
    bad = "bad" if hours else ""
    lower = "≥ " if case.steps_failed else ""
    n = len(low)
    return [
        _extreme_tile(case, kept, low, -1),
        _extreme_tile(case, kept, high, 1),
        *(
            [
                parts.tile(
                    "Customers beyond limits",
                    f"{lower}{count['customers']:,.0f}",
                    f"of {n:,}",
                    _weekly(case, kept),
                    bad,
                ),
                parts.tile(
                    "Time beyond limits",
                    f"{lower}{hours:,.4g}",
                    "customer-hours",
                    f"{count['below_h']:,.4g} below, {count['above_h']:,.4g} above",
                    bad,
                ),
            ]
            if some
            else []
        ),
    ]


def before(case: Case, base: Case | None, label: str) -> list[Component]:
    """How much of the time beyond the limits a baseline has as well."""
    if base is None or not case.customers.height:
        return []
    found = violations_of(case, base)
    name = "There in the baseline" if base.n_ev else "There without EVs"
    if found["preexisting_h"] is None:
        why = "one of the runs kept no intervals"
        return [parts.tile(name, "–", "", why, about=f"in “{label}”")]
    caused, cured = found["caused_h"] or 0.0, found["cured_h"] or 0.0
    tile = parts.tile(
        name,
        f"{found['preexisting_h']:,.4g}",
        "customer-hours",
        f"{caused:,.4g} new, {cured:,.4g} cured",
        "bad" if caused > cured else "good" if cured > caused else "",
        f"beyond in “{label}” as well; new: beyond only here",
    )
    return [tile]


def _extreme_tile(case: Case, kept: Voltages, values: Floats, sign: int) -> Component:
    """The lowest (-1) or highest (1) voltage of any customer."""
    limit = case.limits.low_pu if sign < 0 else case.limits.high_pu
    name = f"{'Lowest' if sign < 0 else 'Highest'} voltage"
    if np.isnan(values).all():
        return parts.tile(name, "–", "pu", "not known")
    index = int(np.nanargmax(sign * values))
    band = kept.band_pu[:, 0 if sign < 0 else 4]
    when = case.local(kept.time[int(np.nanargmax(sign * band))]) or ""
    room = sign * (limit - float(values[index]))
    side = "inside" if room >= 0 else "beyond"
    who = str(case.customers["name"][index]) if case.customers.height else "a node"
    return parts.tile(
        name,
        f"{values[index]:.4f}",
        "pu",
        f"{abs(room):.3f} pu {side} the limit {limit_words(limit)}",
        "bad" if room < 0 else "good",
        f"{who}, {when[:10] if kept.daily else when}",
    )


def _weekly(case: Case, kept: Voltages) -> str:
    """How many fail EN 50160's 95 % of a week."""
    if case.limits.standard != "en50160" or kept.worst_week is None:
        return ""
    failing = int((kept.worst_week > WEEKLY_SHARE).sum())
    return f"{failing:,} of them over 5 % of a week" if failing else ""


def table_caption(case: Case, kept: Voltages) -> str:
    """By which rule the verdicts are."""
    said = "Click a row (or press Space on it) to see its voltage over time below."
    limits = case.limits
    inner = f"{limit_words(limits.low_pu)} to {limit_words(limits.high_pu)} pu"
    outer = (
        f"{limit_words(limits.outer_low_pu)} to {limit_words(limits.outer_high_pu)} pu"
    )
    if limits.standard == "ansi_c84_1":
        return f"{said} ANSI C84.1: range A is {inner}, range B {outer}."
    if limits.standard != "en50160":
        return f"{said} The scenario's own limits: {inner}."
    weekly = "" if kept.worst_week is not None else " Weeks cannot be judged by days."
    return (
        f"{said} EN 50160: within {inner} for 95 % of each week, within {outer} "
        f"always; judged by means of {case.step_h * 60:.0f} min, not of 10.{weekly}"
    )


def extremes_of(case: Case, kept: Voltages) -> tuple[Floats, Floats]:
    """Lowest and highest voltage of each customer; of each node if there are none."""
    if not case.customers.height:
        return kept.node_min_pu, kept.node_max_pu
    nodes = case.terminals
    return (
        np.fmin.reduce(kept.node_min_pu[nodes], axis=1),
        np.fmax.reduce(kept.node_max_pu[nodes], axis=1),
    )


def worst_of(case: Case, kept: Voltages) -> int:
    """The customer that stands first in the table."""
    low, high = extremes_of(case, kept)
    weeks = np.zeros(len(low)) if kept.worst_week is None else kept.worst_week
    limits = case.limits
    over = np.nan_to_num(np.fmax(limits.low_pu - low, high - limits.high_pu), nan=-9.0)
    return int(np.lexsort((-over, -kept.below_h - kept.above_h, -weeks))[0])


@dataclass(frozen=True)
class CustomerExtremes:
    """Of each customer over the run, over its phases. [n_customer]"""

    low_pu: Floats
    high_pu: Floats
    low_at: Times
    high_at: Times


def customer_extremes(case: Case, kept: Voltages, sweep: Sweep) -> CustomerExtremes:
    """Lowest and highest voltage of every customer, and when."""
    nodes, rows = case.terminals, np.arange(len(case.terminals))
    lows, highs = kept.node_min_pu[nodes], kept.node_max_pu[nodes]
    least = np.where(np.isnan(lows), np.inf, lows).argmin(axis=1)
    most = np.where(np.isnan(highs), -np.inf, highs).argmax(axis=1)
    return CustomerExtremes(
        lows[rows, least],
        highs[rows, most],
        sweep.lowest_at[nodes[rows, least]],
        sweep.highest_at[nodes[rows, most]],
    )


def customer_rows(case: Case, kept: Voltages, sweep: Sweep) -> list[dict[str, Any]]:
    """A row a customer for the table, the worst first."""
    told = customer_extremes(case, kept, sweep)
    judged = verdicts(case.limits, kept, told)
    names = (*transformer_names(case), None)
    bus, phase = case.nodes["bus"].to_list(), case.nodes["phase"].to_list()
    distance = distance_km(case)
    known = kept.worst_week
    rows = [
        {
            "customer": str(index),
            "name": one["name"],
            "node": _node_name(bus[one["node"]], phase[one["node"]]),
            "transformer": names[
                -1 if one["transformer"] is None else one["transformer"]
            ],
            "distance_km": _number(distance[one["node"]]),
            "kind": one["kind"],
            "pv_kw": _number(one["pv_kw"]),
            "evs": one["evs"],
            "low_pu": _number(told.low_pu[index]),
            "low_at": _when(case, told.low_at[index], sweep.daily),
            "high_pu": _number(told.high_pu[index]),
            "high_at": _when(case, told.high_at[index], sweep.daily),
            "below_h": float(kept.below_h[index]),
            "above_h": float(kept.above_h[index]),
            "worst_week": None if known is None else float(known[index]),
            "verdict": judged[index],
        }
        for index, one in enumerate(case.customers.iter_rows(named=True))
    ]
    return sorted(rows, key=lambda row: _badness(case.limits, row), reverse=True)


def verdicts(limits: Limits, kept: Voltages, told: CustomerExtremes) -> list[str]:
    """What the standard says of each customer, in words."""
    outside = (kept.below_h > 0) | (kept.above_h > 0)
    beyond = (told.low_pu < limits.outer_low_pu) | (told.high_pu > limits.outer_high_pu)
    weeks = np.zeros(len(outside)) if kept.worst_week is None else kept.worst_week
    good, fair, bad = _verdict_words(limits)
    if limits.standard == "en50160":
        beyond = beyond | (weeks > WEEKLY_SHARE)
        fair = fair if kept.worst_week is not None else "outside at times"
    unknown = np.isnan(told.low_pu)
    words = np.select([unknown, beyond, outside], ["not known", bad, fair], good)
    return [str(word) for word in words]


def _verdict_words(limits: Limits) -> tuple[str, str, str]:
    if limits.standard == "ansi_c84_1":
        return "range A", "range B at times", "beyond range B"
    if limits.standard == "en50160":
        return "within", "outside, under 5 %", "fails"
    return "within", "outside", "outside"


def customer_hours(kept: Voltages) -> Mapping[str, float]:
    """Customers beyond the limits, and for how many hours together."""
    outside = (kept.below_h > 0) | (kept.above_h > 0)
    return {
        "customers": float(outside.sum()),
        "below_h": float(kept.below_h.sum()),
        "above_h": float(kept.above_h.sum()),
    }


def _badness(limits: Limits, row: Mapping[str, Any]) -> tuple[float, float, float]:
    low, high = row["low_pu"], row["high_pu"]
    over = [
        *([] if low is None else [limits.low_pu - low]),
        *([] if high is None else [high - limits.high_pu]),
    ]
    hours = row["below_h"] + row["above_h"]
    return row["worst_week"] or 0.0, hours, max(over, default=-np.inf)


def _node_name(bus: str, phase: int) -> str:
    return f"{bus}.{phase}" if phase else bus


def _when(case: Case, time: np.datetime64, daily: bool) -> str | None:
    words = case.local(time)
    return words[:10] if daily and words else words


def _number(value: float | None) -> float | None:
    return None if value is None or not np.isfinite(value) else float(value)
