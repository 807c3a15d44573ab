"""Rules across a scenario's keys.

Rules read plain values of any shape, so that they speak even where other keys are
wrong.
"""

from __future__ import annotations

import math
import re
from collections.abc import Callable, Iterator, Mapping
from datetime import date
from itertools import pairwise
from typing import Any
from zoneinfo import ZoneInfo, available_timezones

from twin.errors import nearest
from twin.scenario.names import known, names
from twin.scenario.notes import notes
from twin.scenario.outage_rules import outages
from twin.scenario.regulation_rules import regulation

__all__ = ["findings", "notes"]

Finding = tuple[str, str]
Rule = Callable[[Mapping[str, Any]], Iterator[Finding]]

CLASS_PATH = re.compile(r"[A-Za-z_]\w*(\.[A-Za-z_]\w*)*:[A-Za-z_]\w*")
SOURCES = (
    "pandapower:<network function>, simbench:<code>, json:<pandapower file> or "
    "opendss:<master file>"
)
LEAST_RISE_PU, MOST_VARS = 0.005, 0.9
PREFIXES = ("pandapower", "simbench", "json", "opendss")


def findings(data: Mapping[str, Any]) -> Iterator[Finding]:
    """Every broken rule: the dotted key it stands at, and what is wrong."""
    for rule in RULES:
        yield from rule(data)


def _name(data: Mapping[str, Any]) -> Iterator[Finding]:
    if data.get("name") == "studies":
        yield "name", "'studies' is the folder of studies among the results"


def _start_and_days(data: Mapping[str, Any]) -> Iterator[Finding]:
    start = _text(data, "time.start")
    if re.fullmatch(r"\d{4}-\d{2}-\d{2}", start):
        try:
            date.fromisoformat(start)
        except ValueError:
            yield "time.start", f"'{start}' is not in the calendar"


def _timezone(data: Mapping[str, Any]) -> Iterator[Finding]:
    zone = _text(data, "time.timezone")
    if not zone:
        return
    try:
        ZoneInfo(zone)
    except (KeyError, ValueError, OSError):
        hint = nearest(zone, available_timezones())
        yield (
            "time.timezone",
            f"unknown time zone '{zone}'; allowed: IANA names such as "
            f"Europe/Berlin{hint}",
        )


def _feeder(data: Mapping[str, Any]) -> Iterator[Finding]:
    source = _text(data, "feeder.source")
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
    arguments = _mapping(data, "feeder.arguments")
    prefix, _, function = _text(data, "feeder.source").partition(":")
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
    source = _text(data, "feeder.source")
    opendss = source.startswith("opendss:")
    if opendss and _at(data, "feeder.model") == "balanced":
        yield (
            "feeder.model",
            "an opendss: feeder is always solved by phase; allowed: three_phase, "
            "which is its default",
        )
    for key in ("feeder.root", "feeder.loads"):
        if source and not opendss and _is_at(data, key):
            yield key, "only opendss: feeders take it"
    if opendss and _is_at(data, "regulation"):
        yield (
            "regulation",
            "only pandapower networks take it: an opendss: circuit brings its own "
            "RegControls and CapControls",
        )


def _three_phase(data: Mapping[str, Any]) -> Iterator[Finding]:
    source = _text(data, "feeder.source")
    opendss = source.startswith("opendss:")
    three_phase = opendss or _at(data, "feeder.model") == "three_phase"
    if _is_at(data, "feeder.zero_sequence") and (opendss or not three_phase):
        yield (
            "feeder.zero_sequence",
            "only for pandapower networks with feeder.model: three_phase"
            + ("; OpenDSS files give all sequences" if opendss else ""),
        )
    if three_phase and _at(data, "power_flow.solver") == "pandapower":
        yield (
            "power_flow.solver",
            "pandapower solves balanced feeders only; allowed here: fast",
        )


def _how_many_evs(data: Mapping[str, Any]) -> Iterator[Finding]:
    fleet = _mapping(data, "fleet")
    given = [key for key in ("ev_share", "ev_count") if fleet.get(key) is not None]
    if isinstance(data.get("fleet"), Mapping) and len(given) != 1:
        what = "both are given" if given else "neither is given"
        yield "fleet", f"{what}, needed: exactly one of ev_share and ev_count"


def _mixes(data: Mapping[str, Any]) -> Iterator[Finding]:
    for key in ("fleet.models", "fleet.charger_kw"):
        mix = _at(data, key)
        if not isinstance(mix, Mapping):
            continue
        shares = [s for s in mix.values() if _is_number(s) and 0 <= s <= 1]
        total = math.fsum(shares)
        if len(shares) == len(mix) and abs(total - 1) > 1e-6:
            yield key, f"the shares sum to {total:.10g}; they must sum to 1"


def _car_names(data: Mapping[str, Any]) -> Iterator[Finding]:
    for name in _mapping(data, "fleet.models"):
        if name not in known("vehicles"):
            hint = nearest(name, known("vehicles"))
            yield (
                f"fleet.models.{name}",
                f"unknown car model; `twin catalogue vehicles` lists them{hint}",
            )


def _registered_names(data: Mapping[str, Any]) -> Iterator[Finding]:
    yield from _registered(data, "fleet.travel", "travel", "")
    yield from _registered(data, "tariff.programme", "programmes", "")
    if _at(data, "tariff.name") != "realtime":
        extra = " or realtime, with tariff.file"
        yield from _registered(data, "tariff.name", "tariffs", extra)
    profiles = _text(data, "customers.profiles")
    if not profiles.lower().endswith(".csv"):
        extra = " or a .csv file"
        yield from _registered(data, "customers.profiles", "profiles", extra)
    if not CLASS_PATH.fullmatch(_text(data, "policy.name")):
        extra = " or package.module:Class"
        yield from _registered(data, "policy.name", "policies", extra)


def _registered(
    data: Mapping[str, Any], key: str, kind: str, extra: str
) -> Iterator[Finding]:
    word = _at(data, key)
    if isinstance(word, str) and word not in known(kind):
        hint = nearest(word, known(kind))
        allowed = ", ".join(known(kind)) + extra
        yield key, f"unknown name '{word}'; allowed: {allowed}{hint}"


def _parameters(data: Mapping[str, Any]) -> Iterator[Finding]:
    name = _text(data, "policy.name") or "uncontrolled"
    if _mapping(data, "policy.parameters") and name in known("policies"):
        yield "policy.parameters", f"only for a class of your own, not for {name}"
    for key, value in _mapping(data, "policy.parameters").items():
        if not _is_finite(value):
            yield f"policy.parameters.{key}", "holds .nan or .inf; numbers are finite"


def _is_finite(value: object) -> bool:
    if isinstance(value, Mapping):
        return all(map(_is_finite, value.values()))
    if isinstance(value, list):
        return all(map(_is_finite, value))
    return not isinstance(value, float) or math.isfinite(value)


def _reserve(data: Mapping[str, Any]) -> Iterator[Finding]:
    reserve = _number(data, "policy.reserve_soc", 0.3)
    target = _number(data, "fleet.target_soc", 0.9)
    if not reserve < target:
        yield (
            "policy.reserve_soc" if _is_at(data, "policy.reserve_soc") else "fleet",
            f"reserve_soc {reserve:g} must be below fleet.target_soc {target:g}",
        )


def _window(data: Mapping[str, Any]) -> Iterator[Finding]:
    window = _mapping(data, "policy.window")
    if window and window.get("start") == window.get("end"):
        yield "policy.window", "start and end are the same; they must differ"


def _allocate_by(data: Mapping[str, Any]) -> Iterator[Finding]:
    said = _is_at(data, "customers.allocate_by")
    if said and not _is_at(data, "customers.feeder_head"):
        yield "customers.allocate_by", "is only read with customers.feeder_head"


def _travel_file(data: Mapping[str, Any]) -> Iterator[Finding]:
    travel, file = _at(data, "fleet.travel"), _at(data, "fleet.travel_file")
    if travel == "nhts" and file is None:
        yield (
            "fleet.travel",
            "nhts needs fleet.travel_file, your own copy of tripv2pub.csv",
        )
    if travel != "nhts" and file is not None:
        yield "fleet.travel_file", "is only read with fleet.travel: nhts"


def _prices(data: Mapping[str, Any]) -> Iterator[Finding]:
    """What of a tariff's keys goes together."""
    realtime = _at(data, "tariff.name") == "realtime"
    if realtime and not _is_at(data, "tariff.file"):
        yield "tariff.name", "realtime needs tariff.file, a CSV of your own prices"
    if realtime and _at(data, "tariff.export") == "avoided_cost":
        yield (
            "tariff.export",
            "avoided_cost is not for realtime; allowed: a price, or a column "
            "export_price_usd_per_kwh of its file",
        )
    if (
        realtime
        and _at(data, "policy.name") == "tou"
        and not _is_at(data, "policy.window")
    ):
        yield (
            "policy.window",
            "needed by tou with tariff realtime: no hours are the cheapest every day",
        )
    for key in ("effective", "event_days", "programme") if realtime else ("file",):
        if _at(data, f"tariff.{key}"):
            only = "a tariff that ships" if realtime else "name: realtime"
            yield f"tariff.{key}", f"is only read with {only}"
    if _is_at(data, "tariff.export") and _is_at(
        data, "tariff.export_price_usd_per_kwh"
    ):
        yield (
            "tariff.export",
            "both export and export_price_usd_per_kwh are given; needed: one of them",
        )
    if _is_at(data, "tariff.export_file") and (
        _at(data, "tariff.export") != "avoided_cost"
    ):
        yield "tariff.export_file", "is only read with export: avoided_cost"


def _called_days(data: Mapping[str, Any]) -> Iterator[Finding]:
    days = _at(data, "tariff.event_days")
    if not isinstance(days, list):
        return
    twice = sorted({str(day) for day in days if days.count(day) > 1})
    if twice:
        yield "tariff.event_days", f"{twice[0]} comes twice"
    if _is_at(data, "tariff.programme") and not days:
        yield "tariff.event_days", "is empty; a programme pays on called days only"


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
    if isinstance(band, list) and len(band) == 2 and all(map(_is_number, band)):
        low, high = band
        if not low < high:
            yield "limits.voltage_pu", f"the lower {low:g} must be below {high:g}"


def _inverter(data: Mapping[str, Any]) -> Iterator[Finding]:
    """Curves that rise, or are as good as upright, have no one answer."""
    for key, low, high in (("volt_var", -MOST_VARS, MOST_VARS), ("volt_watt", 0, 1)):
        curve = _at(data, f"fleet.inverter.{key}")
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
    by_phase = _at(data, "feeder.model") == "three_phase"
    opendss = _text(data, "feeder.source").startswith("opendss:")
    if _is_at(data, key) and not by_phase and not opendss:
        yield (
            key,
            "only where phases are: feeder.model: three_phase or an opendss: feeder; "
            "else customers.export_limit_kw",
        )


def _is_point(point: object) -> bool:
    return isinstance(point, list) and len(point) == 2 and all(map(_is_number, point))


RULES: tuple[Rule, ...] = (
    _name,
    _start_and_days,
    _timezone,
    _feeder,
    _feeder_arguments,
    _opendss_only,
    _three_phase,
    regulation,
    _how_many_evs,
    _mixes,
    _car_names,
    _registered_names,
    _parameters,
    _reserve,
    _window,
    _allocate_by,
    _travel_file,
    _prices,
    _called_days,
    outages,
    _limits,
    _inverter,
    _phase_limit,
)


def _feeders() -> Mapping[str, Any]:
    feeders: Mapping[str, Any] = names()["feeders"]
    return feeders


def _at(data: object, key: str) -> Any:
    for part in key.split("."):
        data = data.get(part) if isinstance(data, Mapping) else None
    return data


def _is_at(data: object, key: str) -> bool:
    return _at(data, key) is not None


def _text(data: Mapping[str, Any], key: str) -> str:
    value = _at(data, key)
    return value if isinstance(value, str) else ""


def _mapping(data: Mapping[str, Any], key: str) -> Mapping[str, Any]:
    value = _at(data, key)
    return value if isinstance(value, Mapping) else {}


def _number(data: Mapping[str, Any], key: str, default: float) -> float:
    value = _at(data, key)
    return float(value) if _is_number(value) else default


def _is_number(value: object) -> bool:
    return isinstance(value, int | float) and not isinstance(value, bool)
