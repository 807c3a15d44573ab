"""The report's section on requests: what was asked of cars, and what was not done."""

from __future__ import annotations

from collections.abc import Mapping

from twin.analysis import page
from twin.analysis.case import Case
from twin.analysis.comparison import Comparison
from twin.analysis.requests import answers

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
NOTE = (
    "Asked: of cars at a plug when an interval begins. Not followed: asked of cars "
    "that did not respond or had no link; these charge as they please. Given is less "
    "than asked and followed where a meter, the reserve or a departure cuts it. Cars "
    "whose driver has opted out are not asked to give."
)


def responses(comparison: Comparison) -> str:
    """A row a variant with stress, and the shares that were assumed."""
    known = [x for x in comparison.labels if answers(comparison.first(x))]
    if not known:
        return page.paragraphs([NONE], "gap")
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
