"""Rules of what a scenario says of the grid operator, on plain values of any shape."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from typing import Any

from twin.scenario.looking import Finding, is_number, mapping
from twin.scenario.operator_words import DEFAULTS


def operator(data: Mapping[str, Any]) -> Iterator[Finding]:
    """What is wrong with the operator."""
    said = mapping(data, "operator")
    method = said.get("method")
    if method not in DEFAULTS:
        return
    own = DEFAULTS[method]
    others = {key for keys in DEFAULTS.values() for key in keys} - set(own)
    for key in said:
        if key in others and said[key] is not None:
            allowed = ", ".join(own)
            yield f"operator.{key}", f"is not of {method}; allowed: {allowed}"
    yield from _hysteresis(own | {k: v for k, v in said.items() if v is not None})


def _hysteresis(said: Mapping[str, Any]) -> Iterator[Finding]:
    begin, end = said.get("begin_loading"), said.get("end_loading")
    if not is_number(begin) or not is_number(end):
        return
    begin, end = float(begin or 0.0), float(end or 0.0)
    if end > begin:
        yield (
            "operator",
            f"end_loading {end:g} must not be above begin_loading {begin:g}",
        )
