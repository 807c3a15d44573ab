"""What the cars page says of its charts, and levels that they mark."""

from __future__ import annotations

from collections.abc import Mapping

import polars as pl

from dashboards.fleet.departures import REASONS
from twin.analysis.case import Case

DOING = (
    "What each car does at the end of an interval; a car that charged or gave within "
    "it counts as that. Local time. Drag to zoom, double-click for all."
)


DOING_OF_TOTALS = (
    "Counted from the totals: this run does not tell charging from waiting, nor "
    "where cars are parked. Local time. Drag to zoom, double-click for all."
)


FAN = "Over cars, at the end of each interval. Local time."


NO_SOC = (
    "The state of charge of every car is kept with output.level: all.<br>"
    "Run it again with --set output.level=all."
)


def marks_of(case: Case) -> dict[str, float]:
    """Levels of charge that the scenario names: what drivers want, what V2G leaves."""
    fleet, policy = case.scenario.get("fleet"), case.scenario.get("policy")
    found = {}
    if isinstance(fleet, Mapping) and fleet.get("target_soc"):
        found["target"] = float(fleet["target_soc"])
    if case.is_v2g and isinstance(policy, Mapping) and policy.get("reserve_soc"):
        found["reserve"] = float(policy["reserve_soc"])
    return found


def reason_words(short: pl.DataFrame) -> str:
    """How often each reason, in one line."""
    counts = dict(short["reason"].value_counts().iter_rows())
    told = [f"{REASONS[key]}: {counts[key]:,}" for key in REASONS if key in counts]
    shown = f"The {min(short.height, 200)} that lacked most of {short.height:,}. "
    return (
        f"{shown}Reason inferred from the record: {'; '.join(told)}."
        if told
        else "No departure fell short of its target."
    )


def no_departures(case: Case) -> str:
    if not case.run.is_complete:
        return "Departures are known when a run has reached its end: run it again."
    return "No car departed from a plug in this run."
