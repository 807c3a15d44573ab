"""Rules of stationary batteries, on plain values of any shape."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from typing import Any

from twin.scenario.looking import Finding, at, is_number, text


def storage(data: Mapping[str, Any]) -> Iterator[Finding]:
    """What is wrong with any battery."""
    batteries = data.get("storage")
    if not isinstance(batteries, list):
        return
    by_phase = text(data, "feeder.source").startswith("opendss:")
    by_phase |= at(data, "feeder.model") == "three_phase"
    names: set[object] = set()
    for number, one in enumerate(batteries):
        if not isinstance(one, Mapping):
            continue
        for key, message in _battery(one, by_phase):
            yield f"storage.{number}{key}", message
        name = one.get("name")
        if isinstance(name, str) and name in names:
            yield f"storage.{number}.name", f"'{name}' is there twice"
        names.add(name if isinstance(name, str) else None)


def _battery(one: Mapping[str, Any], by_phase: bool) -> Iterator[Finding]:
    places = [key for key in ("transformer", "bus") if one.get(key) is not None]
    if len(places) != 1:
        what = "both are given" if places else "neither is given"
        yield "", f"{what}, needed: exactly one of transformer and bus"
    if one.get("target_kw") is not None and one.get("target_loading") is not None:
        yield ".target_loading", "not beside target_kw: one target"
    phases = one.get("phases")
    if phases is not None and not by_phase:
        yield ".phases", "only where feeder.model is three_phase"
    if isinstance(phases, list) and len(set(map(str, phases))) < len(phases):
        yield ".phases", f"got {phases}; each phase once"
    yield from _window(one)


def _window(one: Mapping[str, Any]) -> Iterator[Finding]:
    window, initial = one.get("soc_window", [0.0, 1.0]), one.get("initial_soc")
    if not isinstance(window, list) or len(window) != 2:
        return
    if not all(map(is_number, window)):
        return
    low, high = window
    if not low < high:
        yield ".soc_window", f"the lower {low:g} must be below {high:g}"
    elif is_number(initial) and not low <= float(initial or 0) <= high:
        yield ".initial_soc", f"got {initial:g}; its window is {low:g} to {high:g}"
