"""Rules of `feeder.changes`, on plain values of any shape."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from typing import Any

from twin.scenario.looking import Finding, at, text

DONE_TO = {
    "transformer": ("rating_kva", "tap", "like"),
    "line": ("parallel", "like"),
    "customer": ("phase",),
    "load": ("phase",),
    "switch": ("closed",),
    "out": (),
}
ACTIONS = tuple(dict.fromkeys(one for ways in DONE_TO.values() for one in ways))
ALLOWED = "; ".join(
    f"{subject} with {' or '.join(ways)}" if ways else f"{subject} alone"
    for subject, ways in DONE_TO.items()
)


def changes(data: Mapping[str, Any]) -> Iterator[Finding]:
    """What of the changes does not go together."""
    said = at(data, "feeder.changes")
    for k, one in enumerate(said if isinstance(said, list) else ()):
        if isinstance(one, Mapping):
            yield from _change(one, f"feeder.changes.{k}", data)


def _change(
    one: Mapping[str, Any], key: str, data: Mapping[str, Any]
) -> Iterator[Finding]:
    subjects = [name for name in DONE_TO if one.get(name) is not None]
    actions = [name for name in ACTIONS if one.get(name) is not None]
    if len(subjects) != 1:
        what = f"{' and '.join(subjects)} at once" if subjects else "names no element"
        yield key, f"{what}; allowed, one a change: {ALLOWED}"
        return
    subject, ways = subjects[0], DONE_TO[subjects[0]]
    wrong = [name for name in actions if name not in ways]
    if wrong:
        yield f"{key}.{wrong[0]}", f"not of a {_called(subject)}; allowed: {ALLOWED}"
    elif len(actions) > 1:
        yield key, f"{' and '.join(actions)} at once; say two changes"
    elif ways and not actions:
        yield key, f"says nothing of {subject}; allowed: {' or '.join(ways)}"
    elif one.get("tap") == 0:
        yield f"{key}.tap", "got 0; a step up (+1) or down (-1) is wanted"
    elif "phase" in actions and not _by_phase(data):
        yield (
            f"{key}.phase",
            "a balanced model has no phases; say feeder.model: three_phase",
        )


def _called(subject: str) -> str:
    return "element that is out" if subject == "out" else subject


def _by_phase(data: Mapping[str, Any]) -> bool:
    opendss = text(data, "feeder.source").startswith("opendss:")
    return opendss or at(data, "feeder.model") == "three_phase"
