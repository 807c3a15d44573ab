"""Rules across the keys of `regulation`, on plain values of any shape."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from typing import Any

from twin.scenario.looking import Finding

LEVELS = ("on", "off")


def regulation(data: Mapping[str, Any]) -> Iterator[Finding]:
    """What of it does not go together."""
    said = data.get("regulation")
    if not isinstance(said, Mapping):
        return
    rules = said.get("capacitors")
    for k, rule in enumerate(rules if isinstance(rules, list) else ()):
        if isinstance(rule, Mapping):
            yield from _capacitor(rule, f"regulation.capacitors.{k}")
    solver = data.get("power_flow")
    engine = solver.get("solver") if isinstance(solver, Mapping) else None
    if engine == "pandapower" and (rules or said.get("transformers")):
        yield (
            "power_flow.solver",
            "pandapower's own engine does not follow regulation; allowed here: fast",
        )


def _capacitor(rule: Mapping[str, Any], key: str) -> Iterator[Finding]:
    by = rule.get("by")
    if by == "time":
        yield from _by_clock(rule, key)
    elif by in ("voltage", "kvar"):
        yield from _by_number(rule, key, by)
    if by != "kvar" and rule.get("at") is not None:
        yield f"{key}.at", "is only read with by: kvar"


def _by_clock(rule: Mapping[str, Any], key: str) -> Iterator[Finding]:
    for name in LEVELS:
        if _is_number(rule.get(name)):
            yield (
                f"{key}.{name}",
                f'got {rule[name]:g}; by: time needs a time of day such as "06:30"',
            )
    if isinstance(rule.get("on"), str) and rule.get("on") == rule.get("off"):
        yield f"{key}.off", "on and off are the same; they must differ"


def _by_number(rule: Mapping[str, Any], key: str, by: str) -> Iterator[Finding]:
    numbers = []
    for name in LEVELS:
        value = rule.get(name)
        if isinstance(value, str):
            yield f"{key}.{name}", f"got '{value}'; by: {by} needs a number"
        elif isinstance(value, int | float) and not isinstance(value, bool):
            numbers.append(float(value))
    if len(numbers) < len(LEVELS):
        return
    on, off = numbers
    if by == "kvar" and not off < on:
        yield f"{key}.off", f"{off:g} kvar must be below on, {on:g} kvar"
    if by == "voltage" and not on < off:
        yield f"{key}.off", f"{off:g} pu must be above on, {on:g} pu"
    if by == "voltage" and not (on >= 0.5 and off <= 1.5):
        yield f"{key}.on", "by: voltage needs voltages from 0.5 to 1.5 pu"


def _is_number(value: object) -> bool:
    return isinstance(value, int | float) and not isinstance(value, bool)
