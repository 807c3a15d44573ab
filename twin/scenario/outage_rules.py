"""Rules of events: when they are, what they cut off, what is restored when."""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping
from datetime import date, datetime, timedelta
from typing import Any

from twin.errors import nearest
from twin.scenario.looking import Finding, is_number
from twin.scenario.names import known

PREFIXES = ("transformer", "branch", "home")
SECTIONS = (
    "feeder, transformer:<name>, branch:<name> (all that it alone supplies) or "
    "home:<customer name>"
)
NEEDED = {
    "outage": ("start", "hours"),
    "stochastic": ("saifi",),
    "call": ("start", "hours"),
}
ONLY = {
    "start": ("outage", "call"),
    "hours": ("outage", "call"),
    "saifi": ("stochastic",),
    "caidi_h": ("stochastic",),
    "records": ("stochastic",),
    "notice_h": ("call",),
    "return_min": ("call",),
    "section": ("outage", "stochastic"),
    "forecast_h": ("outage", "stochastic"),
}


def outages(data: Mapping[str, Any]) -> Iterator[Finding]:
    """What is wrong with any event."""
    events = data.get("events")
    if not isinstance(events, list):
        return
    for number, event in enumerate(events):
        if isinstance(event, Mapping):
            for key, message in _event(event, data):
                yield f"events.{number}{key}", message
    yield from _calls_apart(events)


def _calls_apart(events: list[Any]) -> Iterator[Finding]:
    """Cars answer one call at a time."""
    earlier: list[tuple[datetime, datetime]] = []
    for number, event in enumerate(events):
        span = _called(event)
        if span is None:
            continue
        if any(span[0] < until and begins < span[1] for begins, until in earlier):
            yield f"events.{number}.start", "overlaps another call; one at a time"
        earlier.append(span)


def _called(event: object) -> tuple[datetime, datetime] | None:
    if not isinstance(event, Mapping) or event.get("kind") != "call":
        return None
    start, hours = event.get("start"), event.get("hours")
    if not isinstance(start, str) or not is_number(hours):
        return None
    try:
        begins = datetime.fromisoformat(start)
        return begins, begins + timedelta(hours=float(hours or 0))
    except (ValueError, OverflowError):
        return None


def _event(event: Mapping[str, Any], data: Mapping[str, Any]) -> Iterator[Finding]:
    kind = event.get("kind")
    if not isinstance(kind, str) or kind not in NEEDED:
        return
    for key in NEEDED[kind]:
        if event.get(key) is None:
            yield "", f"{kind} needs {key}"
    for key, kinds in ONLY.items():
        if kind not in kinds and event.get(key) is not None:
            yield f".{key}", f"only for kind: {' or '.join(kinds)}"
    if kind == "stochastic":
        yield from _lengths(event)
    yield from _section(event.get("section"), ".section")
    yield from _start(event.get("start"), data)
    yield from _restored(event, kind)


def _lengths(event: Mapping[str, Any]) -> Iterator[Finding]:
    """Either a mean length or records."""
    mean, records = event.get("caidi_h"), event.get("records")
    if mean is None and records is None:
        yield "", "stochastic needs caidi_h, or records"
    if mean is not None and records is not None:
        yield ".records", "not beside caidi_h: records have lengths of their own"
    if isinstance(records, str) and not records.lower().endswith(".csv"):
        yield from _registered(records)


def _registered(records: str) -> Iterator[Finding]:
    """Records that ship, by name."""
    names = known("outage_records")
    if records not in names:
        yield (
            ".records",
            f"unknown name '{records}'; allowed: {', '.join(names)} or a .csv file"
            f"{nearest(records, names)}",
        )


def _section(section: object, key: str) -> Iterator[Finding]:
    if not isinstance(section, str) or section == "feeder":
        return
    prefix, _, name = section.partition(":")
    if prefix not in PREFIXES or not name:
        hint = nearest(prefix, ("feeder", *PREFIXES))
        yield key, f"unknown section '{section}'; allowed: {SECTIONS}{hint}"


def _start(start: object, data: Mapping[str, Any]) -> Iterator[Finding]:
    """It must be in the calendar, and within the run."""
    if not isinstance(start, str) or not re.match(r"\d{4}-\d{2}-\d{2}[T ]", start):
        return
    try:
        begins = datetime.fromisoformat(start)
    except ValueError:
        yield ".start", f"'{start}' is not in the calendar"
        return
    time = data.get("time")
    first, days = (
        (time.get("start"), time.get("days")) if isinstance(time, Mapping) else (0, 0)
    )
    if not isinstance(days, int) or days < 1:
        return
    try:
        day = date.fromisoformat(str(first))
        last = day + timedelta(days=days - 1)
    except (ValueError, OverflowError):
        return
    if not day <= begins.date() <= last:
        yield ".start", f"got {start}; the run is from {day} to {last}"


def _restored(event: Mapping[str, Any], kind: str) -> Iterator[Finding]:
    parts, hours = event.get("restored"), event.get("hours")
    if not isinstance(parts, list) or not parts:
        return
    if kind != "outage":
        yield ".restored", "only for kind: outage"
    for number, part in enumerate(parts):
        if not isinstance(part, Mapping):
            continue
        key = f".restored.{number}"
        yield from _section(part.get("section"), f"{key}.section")
        back = part.get("hours")
        if not isinstance(back, int | float) or not isinstance(hours, int | float):
            continue
        if not back < hours:
            yield (
                f"{key}.hours",
                f"got {back:g}; must be below the outage's own {hours:g}",
            )
