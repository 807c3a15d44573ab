"""What was asked of cars and not done, as a run has summed it up."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from twin.analysis.case import Case


def answers(case: Case) -> Mapping[str, Any]:
    """What a run has summed up of its requests; empty without stress."""
    found: Mapping[str, Any] = case.run.record.get("stress") or {}
    return found


def response_figures(case: Case) -> dict[str, float | None]:
    """Headline figures of requests; unknown where everybody does as asked."""
    said = answers(case)
    keys = ("asked_give_kwh", "not_followed_give_kwh", "unasked_charge_kwh")
    return {key: said.get(key) for key in keys}
