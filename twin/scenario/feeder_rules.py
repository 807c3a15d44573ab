"""Rules of the grid and how it is solved, on plain values of any shape."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from typing import Any

from twin.errors import nearest
from twin.scenario.looking import Finding, at, is_at, is_number, mapping, text
from twin.scenario.names import names

SOURCES = (
    "pandapower:<network function>, simbench:<code>, json:<pandapower file> or "
    "opendss:<master file>"
)
PREFIXES = ("pandapower", "simbench", "json", "opendss")


def feeder(data: Mapping[str, Any]) -> Iterator[Finding]:
    """What is wrong with the grid, its limits and its solver."""
    for rule in (_feeder, _feeder_arguments, _opendss_only, _three_phase, _limits):
        yield from rule(data)


def _feeder(data: Mapping[str, Any]) -> Iterator[Finding]:
    source = text(data, "feeder.source")
    prefix, colon, rest = source.partition(":")
    if not source:
        return
    if prefix not in PREFIXES or not colon:
        yield (
            "feeder.source",
            f"unknown source '{source}'; allowed: {SOURCES}{_meant(source)}",
        )
    elif not rest:
        yield "feeder.source", f"nothing after '{prefix}:'; allowed: {SOURCES}"
    elif prefix == "pandapower" and rest not in _feeders():
        yield (
            "feeder.source",
            f"unknown pandapower network '{rest}'; `twin catalogue feeders` lists "
            f"them{nearest(rest, _feeders())}",
        )


def _feeder_arguments(data: Mapping[str, Any]) -> Iterator[Finding]:
    arguments = mapping(data, "feeder.arguments")
    prefix, _, function = text(data, "feeder.source").partition(":")
    if arguments and prefix in ("simbench", "json", "opendss"):
        yield "feeder.arguments", "only pandapower: network functions take arguments"
    if prefix != "pandapower" or function not in _feeders():
        return
    takes = _feeders()[function]["arguments"]
    for name in arguments:
        if name not in takes:
            listed = ", ".join(takes) or "none"
            yield (
                f"feeder.arguments.{name}",
                f"unknown argument of {function}; allowed: {listed}"
                f"{nearest(name, takes)}",
            )


def _meant(source: str) -> str:
    """A hint at the prefix that is missing, or wrong."""
    prefix, colon, rest = source.partition(":")
    if source in _feeders():
        return f"; did you mean 'pandapower:{source}'?"
    if source.lower().endswith(".dss"):
        return f"; did you mean 'opendss:{rest if colon else source}'?"
    return nearest(prefix.lower(), PREFIXES) if colon else ""


def _opendss_only(data: Mapping[str, Any]) -> Iterator[Finding]:
    """What OpenDSS feeders take and others don't, and the other way round."""
    source = text(data, "feeder.source")
    opendss = source.startswith("opendss:")
    if opendss and at(data, "feeder.model") == "balanced":
        yield (
            "feeder.model",
            "an opendss: feeder is always solved by phase; allowed: three_phase, "
            "which is its default",
        )
    for key in ("feeder.root", "feeder.loads"):
        if source and not opendss and is_at(data, key):
            yield key, "only opendss: feeders take it"
    if opendss and is_at(data, "regulation"):
        yield (
            "regulation",
            "only pandapower networks take it: an opendss: circuit brings its own "
            "RegControls and CapControls",
        )


def _three_phase(data: Mapping[str, Any]) -> Iterator[Finding]:
    source = text(data, "feeder.source")
    opendss = source.startswith("opendss:")
    three_phase = opendss or at(data, "feeder.model") == "three_phase"
    if is_at(data, "feeder.zero_sequence") and (opendss or not three_phase):
        yield (
            "feeder.zero_sequence",
            "only for pandapower networks with feeder.model: three_phase"
            + ("; OpenDSS files give all sequences" if opendss else ""),
        )
    if three_phase and at(data, "power_flow.solver") == "pandapower":
        yield (
            "power_flow.solver",
            "pandapower solves balanced feeders only; allowed here: fast",
        )


def _limits(data: Mapping[str, Any]) -> Iterator[Finding]:
    limits = data.get("limits")
    if not isinstance(limits, Mapping):
        return
    given = [k for k in ("standard", "voltage_pu") if limits.get(k) is not None]
    by_region = not given and limits.get("rapid_change_pu") is not None
    if len(given) != 1 and not by_region:
        what = "both are given" if given else "neither is given"
        yield "limits", f"{what}, needed: exactly one of standard and voltage_pu"
    band = limits.get("voltage_pu")
    if isinstance(band, list) and len(band) == 2 and all(map(is_number, band)):
        low, high = band
        if not low < high:
            yield "limits.voltage_pu", f"the lower {low:g} must be below {high:g}"


def _feeders() -> Mapping[str, Any]:
    feeders: Mapping[str, Any] = names()["feeders"]
    return feeders
