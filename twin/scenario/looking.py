"""Reading of plain values that may be of any shape."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping
from typing import Any

Finding = tuple[str, str]
Rule = Callable[[Mapping[str, Any]], Iterator[Finding]]


def at(data: object, key: str) -> Any:
    """What stands at a dotted key; None where nothing does."""
    for part in key.split("."):
        data = data.get(part) if isinstance(data, Mapping) else None
    return data


def is_at(data: object, key: str) -> bool:
    """Whether anything stands at a dotted key."""
    return at(data, key) is not None


def text(data: Mapping[str, Any], key: str) -> str:
    """The text at a dotted key; empty where there is none."""
    value = at(data, key)
    return value if isinstance(value, str) else ""


def mapping(data: Mapping[str, Any], key: str) -> Mapping[str, Any]:
    """The mapping at a dotted key; empty where there is none."""
    value = at(data, key)
    return value if isinstance(value, Mapping) else {}


def number(data: Mapping[str, Any], key: str, default: float) -> float:
    """The number at a dotted key, else a default."""
    value = at(data, key)
    return float(value) if is_number(value) else default


def is_number(value: object) -> bool:
    """Whether it is a number, and not a truth value."""
    return isinstance(value, int | float) and not isinstance(value, bool)
