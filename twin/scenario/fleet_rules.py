"""Rules of the cars and their inverters, on plain values of any shape."""

from __future__ import annotations

import math
from collections.abc import Iterator, Mapping
from itertools import pairwise
from typing import Any

from twin.errors import nearest
from twin.scenario.looking import Finding, Rule, at, is_at, is_number, mapping, text
from twin.scenario.names import known

LEAST_RISE_PU, MOST_VARS = 0.005, 0.9


def fleet(data: Mapping[str, Any]) -> Iterator[Finding]:
    """What is wrong with the cars."""
    for rule in RULES:
        yield from rule(data)


def _how_many_evs(data: Mapping[str, Any]) -> Iterator[Finding]:
    fleet = mapping(data, "fleet")
    given = [key for key in ("ev_share", "ev_count") if fleet.get(key) is not None]
    least = 0 if is_at(data, "adoption") else 1
    if isinstance(data.get("fleet"), Mapping) and not least <= len(given) <= 1:
        what = "both are given" if given else "neither is given"
        yield "fleet", f"{what}, needed: exactly one of ev_share and ev_count"


def _mixes(data: Mapping[str, Any]) -> Iterator[Finding]:
    for key in ("fleet.models", "fleet.charger_kw"):
        mix = at(data, key)
        if not isinstance(mix, Mapping):
            continue
        shares = [s for s in mix.values() if is_number(s) and 0 <= s <= 1]
        total = math.fsum(shares)
        if len(shares) == len(mix) and abs(total - 1) > 1e-6:
            yield key, f"the shares sum to {total:.10g}; they must sum to 1"


def _car_names(data: Mapping[str, Any]) -> Iterator[Finding]:
    for name in mapping(data, "fleet.models"):
        if name not in known("vehicles"):
            hint = nearest(name, known("vehicles"))
            yield (
                f"fleet.models.{name}",
                f"unknown car model; `twin catalogue vehicles` lists them{hint}",
            )


def _travel_file(data: Mapping[str, Any]) -> Iterator[Finding]:
    travel, file = at(data, "fleet.travel"), at(data, "fleet.travel_file")
    if travel == "nhts" and file is None:
        yield (
            "fleet.travel",
            "nhts needs fleet.travel_file, your own copy of tripv2pub.csv",
        )
    if travel != "nhts" and file is not None:
        yield "fleet.travel_file", "is only read with fleet.travel: nhts"


def _inverter(data: Mapping[str, Any]) -> Iterator[Finding]:
    """Curves that rise, or are as good as upright, have no one answer."""
    for key, low, high in (("volt_var", -MOST_VARS, MOST_VARS), ("volt_watt", 0, 1)):
        curve = at(data, f"fleet.inverter.{key}")
        if not isinstance(curve, list) or not all(map(_is_point, curve)):
            continue
        place, pairs = f"fleet.inverter.{key}", list(pairwise(curve))
        outside = [share for _, share in curve if not low <= share <= high]
        if outside:
            yield place, f"got a share of {outside[0]:g}; allowed: {low:g} to {high:g}"
        close = [b[0] for a, b in pairs if not b[0] - a[0] >= LEAST_RISE_PU]
        if close:
            yield (
                place,
                f"voltages must rise by {LEAST_RISE_PU:g} at least from point to "
                f"point; {close[0]:g} does not",
            )
        if any(b[1] > a[1] for a, b in pairs):
            yield place, "shares must not rise with the voltage"


def _phase_limit(data: Mapping[str, Any]) -> Iterator[Finding]:
    key = "fleet.export_limit_phase_kw"
    by_phase = at(data, "feeder.model") == "three_phase"
    opendss = text(data, "feeder.source").startswith("opendss:")
    if is_at(data, key) and not by_phase and not opendss:
        yield (
            key,
            "only where phases are: feeder.model: three_phase or an opendss: feeder; "
            "else customers.export_limit_kw",
        )


def _is_point(point: object) -> bool:
    return isinstance(point, list) and len(point) == 2 and all(map(is_number, point))


RULES: tuple[Rule, ...] = (
    _how_many_evs,
    _mixes,
    _car_names,
    _travel_file,
    _inverter,
    _phase_limit,
)
