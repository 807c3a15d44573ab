"""What a grid operator's holding back came to, as a run has summed it up."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from twin.analysis.case import Case


def answers(case: Case) -> Mapping[str, Any]:
    """What a run has summed up of it; empty where nobody holds back."""
    found: Mapping[str, Any] = case.run.record.get("operator") or {}
    return found


def operator_figures(case: Case) -> dict[str, float | int | None]:
    """Headline figures; unknown where no operator holds anything back."""
    said = answers(case)
    dims = said.get("method") == "dimming"
    return {
        "held_h": said.get("hours") if dims else None,
        "put_off_kwh": said.get("put_off_kwh"),
        "departures_held_short": said.get("departures_short"),
    }
