"""Rules of who decides, on plain values of any shape."""

from __future__ import annotations

import math
from collections.abc import Iterator, Mapping
from typing import Any

from twin.scenario.looking import Finding, is_at, mapping, number, text
from twin.scenario.names import known


def policy(data: Mapping[str, Any]) -> Iterator[Finding]:
    """What is wrong with the policy."""
    for rule in (_parameters, _reserve, _window):
        yield from rule(data)


def _parameters(data: Mapping[str, Any]) -> Iterator[Finding]:
    name = text(data, "policy.name") or "uncontrolled"
    if mapping(data, "policy.parameters") and name in known("policies"):
        yield "policy.parameters", f"only for a class of your own, not for {name}"
    for key, value in mapping(data, "policy.parameters").items():
        if not _is_finite(value):
            yield f"policy.parameters.{key}", "holds .nan or .inf; numbers are finite"


def _is_finite(value: object) -> bool:
    if isinstance(value, Mapping):
        return all(map(_is_finite, value.values()))
    if isinstance(value, list):
        return all(map(_is_finite, value))
    return not isinstance(value, float) or math.isfinite(value)


def _reserve(data: Mapping[str, Any]) -> Iterator[Finding]:
    reserve = number(data, "policy.reserve_soc", 0.3)
    target = number(data, "fleet.target_soc", 0.9)
    if reserve <= 1.0 and not reserve < target:
        yield (
            "policy.reserve_soc" if is_at(data, "policy.reserve_soc") else "fleet",
            f"reserve_soc {reserve:g} must be below fleet.target_soc {target:g}",
        )


def _window(data: Mapping[str, Any]) -> Iterator[Finding]:
    window = mapping(data, "policy.window")
    if window and window.get("start") == window.get("end"):
        yield "policy.window", "start and end are the same; they must differ"
