"""Rules of the years ahead, on plain values of any shape."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from typing import Any

from twin.scenario.looking import Finding, at, is_at


def adoption(data: Mapping[str, Any]) -> Iterator[Finding]:
    """What control totals leave no room for."""
    if not is_at(data, "adoption"):
        return
    for key in ("fleet.ev_share", "fleet.ev_count"):
        said = at(data, key)
        if said is not None and said != 0:
            yield (
                key,
                "adoption says who owns a car; allowed beside it: nothing, or 0 for a "
                "run without cars",
            )
    if is_at(data, "customers.feeder_head"):
        yield (
            "customers.feeder_head",
            "what was measured says nothing of later years: without adoption only",
        )
