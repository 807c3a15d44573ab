"""The report's section on requests: what was asked of cars, and what was not done."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from twin.analysis import page
from twin.analysis.calls import call_rows
from twin.analysis.case import Case
from twin.analysis.comparison import Comparison
from twin.analysis.requests import answers
from twin.analysis.unasked import unasked

NONE = (
    "The scenario has no stress: every car does what it is asked, in every interval, "
    "over a link that never fails. What is shown is the most that can be had."
)
HEAD = (
    "",
    "giving asked [kWh]",
    "of it not followed [kWh]",
    "given [kWh]",
    "charged unasked [kWh]",
    "opted out [car-h]",
    "no response [car-h]",
    "no link [car-h]",
)
CALLS = (
    "",
    "call (local time)",
    "enrolled cars, able to give or not",
    "of these at a plug",
    "of these opted out",
    "can give [kW]",
    "given, mean [kW]",
    "given [kWh]",
    "charged all the same [kWh]",
    "peak in it [kW]",
    "peak within 6 h after [kW]",
)
CALL_NOTE = (
    "Given and charged are of all cars. What a call spares beside giving, charging "
    "that was put off, is told by a variant that answers no call, such as valley."
)
NOTE = (
    "Asked: of cars at a plug when an interval begins. Not followed: asked of cars "
    "that did not respond or had no link; these charge as they please. Given is less "
    "than asked and followed where a meter, the reserve or a departure cuts it. Cars "
    "whose driver has opted out are not asked to give."
)


def responses(comparison: Comparison) -> str:
    """Calls, then a row a variant with stress, and the shares that were assumed."""
    return _calls(comparison) + _followed(comparison)


def _calls(comparison: Comparison) -> str:
    """A row a call and variant; nothing where nobody is called."""
    rows: list[list[object] | str] = []
    for label in comparison.labels:
        case = comparison.first(label)
        found = call_rows(case)
        if found is not None:
            rows += [_call(case, row) for row in found.iter_rows(named=True)]
    if not rows:
        return ""
    return page.table(list(CALLS), rows, (0, 1)) + page.paragraphs([CALL_NOTE], "note")


def _call(case: Case, row: Mapping[str, Any]) -> list[object]:
    span = f"{case.local(row['start'])} to {case.local(row['until'])}"
    counts = [row[key] for key in ("enrolled", "plugged", "opted_out")]
    numbers = (row[key] for key in _CALL_KW)
    said = ["–" if value is None else f"{value:.1f}" for value in numbers]
    return [case.label, span, *counts, *said]


_CALL_KW = (
    "can_give_kw",
    "given_kw",
    "given_kwh",
    "charged_kwh",
    "peak_kw",
    "rebound_kw",
)


def _followed(comparison: Comparison) -> str:
    known = [x for x in comparison.labels if answers(comparison.first(x))]
    if not known:
        return page.paragraphs([unasked(comparison, "stress", NONE)], "gap")
    rows = [_row(comparison.first(label)) for label in known]
    assumed = [_assumed(comparison.first(label)) for label in known]
    return page.table(list(HEAD), rows) + page.paragraphs(
        [NOTE, *dict.fromkeys(assumed)], "note"
    )


def _row(case: Case) -> list[object]:
    said = answers(case)
    given_kwh = float(case.steps["ev_discharge_kw"].sum() or 0.0) * case.step_h
    keys = (
        "unasked_charge_kwh",
        "opted_out_car_h",
        "no_response_car_h",
        "no_link_car_h",
    )
    return [
        case.label,
        f"{said['asked_give_kwh']:.1f}",
        f"{said['not_followed_give_kwh']:.1f}",
        f"{given_kwh:.1f}",
        *(f"{said[key]:.1f}" for key in keys),
    ]


def _assumed(case: Case) -> str:
    """Every share of the scenario, said to be an assumption."""
    words = case.scenario.get("stress") or {}
    policy = case.scenario.get("policy") or {}
    shares = [
        f"{100 * float(words.get(key, 0.0)):g} % {meaning}"
        for key, meaning in (
            ("non_response_share", "of requests not followed"),
            ("opt_out_share", "of drivers opted out each day"),
            ("communication_loss_share", "of the time without link"),
        )
    ]
    outlook = (
        policy.get("outlook", "persistence") if isinstance(policy, Mapping) else ""
    )
    off = f" with an error of {100 * float(policy.get('outlook_error', 0.0)):g} %"
    return (
        f"Assumed, not measured here: {', '.join(shares)}; forecast: {outlook}"
        f"{off if outlook == 'day_ahead_error' else ''}."
    )
