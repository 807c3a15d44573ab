"""Rules across a scenario's keys.

Rules read plain values of any shape, so that they speak even where other keys are
wrong.
"""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping
from datetime import date
from typing import Any
from zoneinfo import ZoneInfo, available_timezones

from twin.errors import nearest
from twin.scenario.adoption_rules import adoption
from twin.scenario.change_rules import changes
from twin.scenario.feeder_rules import feeder
from twin.scenario.fleet_rules import fleet
from twin.scenario.looking import Finding, Rule, at, is_at, text
from twin.scenario.names import known
from twin.scenario.notes import notes
from twin.scenario.operator_rules import operator
from twin.scenario.outage_rules import outages
from twin.scenario.policy_rules import policy
from twin.scenario.regulation_rules import regulation
from twin.scenario.storage_rules import storage
from twin.scenario.tariff_rules import tariff

__all__ = ["findings", "notes"]

CLASS_PATH = re.compile(r"[A-Za-z_]\w*(\.[A-Za-z_]\w*)*:[A-Za-z_]\w*")


def findings(data: Mapping[str, Any]) -> Iterator[Finding]:
    """Every broken rule: the dotted key it stands at, and what is wrong."""
    for rule in RULES:
        yield from rule(data)


def _name(data: Mapping[str, Any]) -> Iterator[Finding]:
    if data.get("name") == "studies":
        yield "name", "'studies' is the folder of studies among the results"


def _start_and_days(data: Mapping[str, Any]) -> Iterator[Finding]:
    start = text(data, "time.start")
    if re.fullmatch(r"\d{4}-\d{2}-\d{2}", start):
        try:
            date.fromisoformat(start)
        except ValueError:
            yield "time.start", f"'{start}' is not in the calendar"


def _timezone(data: Mapping[str, Any]) -> Iterator[Finding]:
    zone = text(data, "time.timezone")
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


def _registered_names(data: Mapping[str, Any]) -> Iterator[Finding]:
    yield from _registered(data, "fleet.travel", "travel", "")
    yield from _registered(data, "tariff.programme", "programmes", "")
    if at(data, "tariff.name") != "realtime":
        extra = " or realtime, with tariff.file"
        yield from _registered(data, "tariff.name", "tariffs", extra)
    profiles = text(data, "customers.profiles")
    if not profiles.lower().endswith(".csv"):
        extra = " or a .csv file"
        yield from _registered(data, "customers.profiles", "profiles", extra)
    if not CLASS_PATH.fullmatch(text(data, "policy.name")):
        extra = " or package.module:Class"
        yield from _registered(data, "policy.name", "policies", extra)


def _registered(
    data: Mapping[str, Any], key: str, kind: str, extra: str
) -> Iterator[Finding]:
    word = at(data, key)
    if isinstance(word, str) and word not in known(kind):
        hint = nearest(word, known(kind))
        allowed = ", ".join(known(kind)) + extra
        yield key, f"unknown name '{word}'; allowed: {allowed}{hint}"


def _allocate_by(data: Mapping[str, Any]) -> Iterator[Finding]:
    said = is_at(data, "customers.allocate_by")
    if said and not is_at(data, "customers.feeder_head"):
        yield "customers.allocate_by", "is only read with customers.feeder_head"


RULES: tuple[Rule, ...] = (
    _name,
    _start_and_days,
    _timezone,
    feeder,
    changes,
    regulation,
    fleet,
    _registered_names,
    policy,
    operator,
    _allocate_by,
    tariff,
    outages,
    adoption,
    storage,
)
