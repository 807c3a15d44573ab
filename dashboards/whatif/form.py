"""What a form shows of a scenario, and the scenario that was typed into it."""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from dashboards.whatif.fields import Field, word_of
from twin.errors import InputError, Problem
from twin.scenario.document import scalar
from twin.scenario.layers import GIVES_WAY

Data = dict[str, Any]

LONGEST, MOST_ROWS, MOST_KEYS = 200, 60, 300
PLACES = re.compile(r"^\s*[/\\~]|\\|://|\.\.|^[A-Za-z]:[/\\]")


@dataclass(frozen=True)
class Asked:
    """What was typed, on the values that it began with.

    changes   new values by key
    gave_way  keys whose starting value another key replaces, with that key
    problems  what was refused before any rule of the scenario was asked
    """

    data: Data
    changes: Mapping[str, Any]
    gave_way: Mapping[str, str]
    problems: tuple[Problem, ...]


def shown(field: Field, data: Mapping[str, Any]) -> Any:
    """What a control shows of a scenario's value, as a browser holds it."""
    value = at(data, field.key)
    value = field.default if value is None else value
    if field.kind == "switch":
        return bool(value)
    if field.kind == "mix":
        return _rows(value)
    if field.kind == "band":
        held = value if isinstance(value, list) else []
        return [*held, *[""] * field.size][: max(field.size, len(held))]
    if field.kind == "choice":
        return None if value is None else word_of(value)
    if field.kind in ("whole", "number"):
        return "" if value is None else value
    return "" if value is None else word_of(value)


def asked(every: Sequence[Field], start: Mapping[str, Any], typed: object) -> Asked:
    """A scenario out of its starting values and what a browser says was typed.

    Nothing of ``typed`` is believed: unknown and locked keys, names that are not
    registered, places in the file system or the network are refused.
    """
    by_key = {field.key: field for field in every}
    changes: Data = {}
    problems: list[Problem] = []
    for key, raw in _entries(typed):
        try:
            field = by_key.get(key)
            if field is None or field.kind == "locked":
                raise _refused(key, "can be set in a scenario's file only")
            if raw != shown(field, start):
                changes[key] = said(field, raw, start)
        except InputError as error:
            problems += error.problems
    data, gave_way = _put(start, changes)
    return Asked(data, changes, gave_way, tuple(problems))


def said(field: Field, raw: object, start: Mapping[str, Any]) -> Any:
    """The value that was typed; what can't be one is left to the scenario's rules."""
    if field.kind == "choice":
        return _chosen(field, raw, start)
    if field.kind == "mix":
        return _mix(field, raw)
    if field.kind == "band":
        parts = raw if isinstance(raw, list) else [raw]
        values = [_plain(field.key, part) for part in parts[:MOST_ROWS]]
        return None if all(value is None for value in values) else values
    if field.kind == "text":
        return _text(field.key, raw)
    return _plain(field.key, raw)


def owner(every: Sequence[Field], key: str) -> str:
    """The field at which a problem of a key is shown; else the key itself."""
    above = [
        field.key
        for field in every
        if key == field.key or key.startswith(f"{field.key}.")
    ]
    return max(above, key=len, default=key)


def at(data: object, key: str) -> Any:
    """The value at a dotted key, or nothing."""
    for part in key.split("."):
        data = data.get(part) if isinstance(data, Mapping) else None
    return data


def without(data: Mapping[str, Any], key: str) -> Data:
    """The same values without a dotted key, and without what is then empty."""
    first, _, rest = key.partition(".")
    inner = data.get(first)
    left = without(inner, rest) if rest and isinstance(inner, Mapping) else {}
    changed = {name: left if name == first else data[name] for name in data}
    return changed if left else {n: v for n, v in changed.items() if n != first}


def _put(start: Mapping[str, Any], changes: Data) -> tuple[Data, dict[str, str]]:
    """Changes on the starting values, as ``--set`` puts them on a file's."""
    data: Data = dict(start)
    gave_way = {}
    for key, value in changes.items():
        other = GIVES_WAY.get(key)
        if value is not None and other and other not in changes:
            if at(data, other) not in (None, {}):
                gave_way[other] = key
            data = without(data, other)
    for key, value in changes.items():
        data = without(data, key) if value is None else _with(data, key, value)
    return data, gave_way


def _with(data: Mapping[str, Any], key: str, value: Any) -> Data:
    first, _, rest = key.partition(".")
    inner = data.get(first)
    held = inner if isinstance(inner, Mapping) else {}
    return {**data, first: _with(held, rest, value) if rest else value}


def _entries(typed: object) -> Iterator[tuple[str, object]]:
    if not isinstance(typed, Mapping) or len(typed) > MOST_KEYS:
        raise InputError.of("what the browser sent is not a form")
    for key, raw in typed.items():
        yield str(key)[:LONGEST], raw


def _chosen(field: Field, raw: object, start: Mapping[str, Any]) -> Any:
    if raw is None or raw == "":
        return None
    held = at(start, field.key)
    for value in (*field.choices, *([] if held is None else [held])):
        if raw == word_of(value):
            return value
    words = ", ".join(word_of(value) for value in field.choices)
    raise _refused(field.key, f"got '{_short(raw)}'; allowed here: {words}")


def _mix(field: Field, raw: object) -> Any:
    rows = raw if isinstance(raw, list) else [raw]
    if len(rows) > MOST_ROWS:
        raise _refused(field.key, f"has more than {MOST_ROWS} rows")
    pairs = [_pair(field.key, row) for row in rows]
    pairs = [(name, value) for name, value in pairs if name or value is not None]
    if not pairs:
        return None if field.nullable else {}
    if field.plain and len(pairs) == 1 and pairs[0][1] is None:
        return scalar(pairs[0][0])
    names = [name for name, _ in pairs]
    if "" in names:
        raise _refused(field.key, "one row has a value but no name")
    twice = [name for name in names if names.count(name) > 1]
    if twice:
        raise _refused(field.key, f"'{twice[0]}' is given twice; keep one")
    return dict(pairs)


def _pair(key: str, row: object) -> tuple[str, Any]:
    if not isinstance(row, list) or len(row) != 2:
        raise _refused(key, "is not rows of a name and a value")
    return str(_text(key, row[0]) or ""), _plain(key, row[1])


def _plain(key: str, raw: object) -> Any:
    """A number, a truth or a word; a text is read as a file would be."""
    if isinstance(raw, bool | int | float) or raw is None:
        return raw
    text = _text(key, raw)
    return None if text is None else scalar(text)


def _text(key: str, raw: object) -> str | None:
    if raw is None or raw == "":
        return None
    if not isinstance(raw, str | int | float):
        raise _refused(key, "got something that no field holds")
    text = str(raw).strip()
    if len(text) > LONGEST:
        raise _refused(key, f"got {len(text)} characters; allowed: {LONGEST}")
    if PLACES.search(text):
        raise _refused(
            key,
            f"got '{text}'; a place in a file system or network cannot be given here",
        )
    return text or None


def _refused(key: str, message: str) -> InputError:
    return InputError.of(message, key=key)


def _short(raw: object) -> str:
    text = str(raw)
    return text if len(text) <= 60 else f"{text[:57]}..."


def _rows(value: Any) -> list[list[str]]:
    if isinstance(value, Mapping):
        return [[str(name), word_of(part)] for name, part in value.items()]
    return [] if value is None else [[word_of(value), ""]]
