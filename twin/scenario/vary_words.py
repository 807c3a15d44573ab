"""Words for what is uncertain: ranges, of which a study runs either end, one by one."""

from __future__ import annotations

import math
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from typing import Annotated, Any

from pydantic import Field

from twin.errors import Problem
from twin.scenario.document import Node
from twin.scenario.layers import SHORT_FOR_NAME
from twin.scenario.seed_words import count_of
from twin.scenario.words import NAME_WORDS, Name

Settings = dict[str, Any]
LOW, HIGH = "low", "high"
SIDES = (LOW, HIGH)

Bounds = Annotated[
    list[Any],
    Field(
        min_length=2,
        max_length=2,
        json_schema_extra={"errorMessage": "a list of the low end and the high end"},
    ),
]
Ranges = Annotated[
    dict[Name, Annotated[dict[str, Bounds], Field(min_length=1)]],
    Field(json_schema_extra={"keyMessage": NAME_WORDS}),
]


@dataclass(frozen=True)
class End:
    """One end of a range: which range, which end, and what the scenario says there."""

    varied: str
    end: str
    settings: Settings

    @property
    def words(self) -> str:
        """Its values, as they are told: ``1.04``, or ``4500, always``."""
        return ", ".join(str(value) for value in self.settings.values())


def ends_of(ranges: Mapping[str, Mapping[str, list[Any]]]) -> list[End]:
    """Both ends of each range, in order; keys of one range move together."""
    return [
        End(name, side, {key: bounds[at] for key, bounds in keys.items()})
        for name, keys in ranges.items()
        for at, side in enumerate(SIDES)
    ]


def end_nodes(tree: Node) -> list[dict[str, Node]]:
    """The same as places in a file; what is no pair is left out."""
    pairs = [
        {
            key: node.value
            for key, node in _items(keys).items()
            if isinstance(node.value, list) and len(node.value) == len(SIDES)
        }
        for keys in _items(tree.child("vary")).values()
    ]
    return [
        {key: bounds[at] for key, bounds in pair.items()}
        for pair in pairs
        for at in range(len(SIDES))
    ]


def vary_settings(tree: Node) -> Iterator[tuple[str, dict[str, Node]]]:
    """Every range's keys, by the range's place in the file."""
    for name, node in _items(tree.child("vary")).items():
        yield f"vary.{name}", _items(node)


def vary_problems(tree: Node, plain: Settings) -> Iterator[Problem]:
    """Ranges without a span, and those that others overrule."""
    axes, variants = _axes(plain), _variants(plain)
    for place, keys in vary_settings(tree):
        for key, node in keys.items():
            reason = _reason(key, node, axes, variants)
            if reason:
                yield Problem(node.key_where, f"{place}.{key}", reason)


def count_problems(tree: Node, plain: Settings, most: int) -> Iterator[Problem]:
    """More runs than any study may have, by ranges and seeds."""
    node = tree.child("vary") or tree.child("seeds")
    axes, variants = plain.get("axes", {}), plain.get("variants", {"base": {}})
    if node is None or not isinstance(variants, dict):
        return
    factors = {
        "points": _point_count(axes, plain.get("combine", "product")),
        "variants": max(1, len(variants)),
        "seeds": count_of(plain.get("seeds")),
        "ends and as it is": 1 + len(SIDES) * len(_items(tree.child("vary"))),
    }
    n_runs = math.prod(factors.values())
    if n_runs > most:
        of = ", ".join(f"{count} {name}" for name, count in factors.items())
        key = "vary" if tree.child("vary") else "seeds"
        message = f"{n_runs} runs ({of}); allowed: at most {most}"
        yield Problem(node.key_where, key, message)


def _point_count(axes: Any, combine: object) -> int:
    if isinstance(axes, list):
        return max(1, len(axes))
    if not isinstance(axes, dict):
        return 1
    lengths = [len(values) for values in axes.values() if isinstance(values, list)]
    return max(lengths, default=1) if combine == "zip" else math.prod(lengths)


def _reason(
    key: str, node: Node, axes: set[str], variants: list[set[str]]
) -> str | None:
    bounds = node.value
    if isinstance(bounds, list) and len(bounds) == len(SIDES):
        low, high = (one.plain() for one in bounds)
        if low == high:
            return f"both ends are {low}; a range needs two that differ"
        if _is_number(low) and _is_number(high) and low > high:
            return f"{low} is above {high}; the low end comes first"
    if _is_said(key, axes):
        return "is an axis of this study already; keep one of the two"
    if variants and all(_is_said(key, own) for own in variants):
        return (
            "every variant sets it, and a variant's own settings have the last word; "
            "leave it out of them, or here"
        )
    return None


def _is_number(value: object) -> bool:
    return isinstance(value, int | float) and not isinstance(value, bool)


def _is_said(key: str, said: set[str]) -> bool:
    """Whether the key, what it holds or what holds it is among these."""
    return any(
        key == one or key.startswith(f"{one}.") or one.startswith(f"{key}.")
        for one in said
    )


def _axes(plain: Settings) -> set[str]:
    axes = plain.get("axes", {})
    rows = axes if isinstance(axes, list) else [axes]
    return {str(key) for row in rows if isinstance(row, dict) for key in row}


def _variants(plain: Settings) -> list[set[str]]:
    """The keys that each variant sets, nested ones dotted."""
    variants = plain.get("variants", {})
    own = variants.values() if isinstance(variants, dict) else ()
    return [set(_leaves(row)) for row in own if isinstance(row, dict)]


def _leaves(settings: Settings, path: str = "") -> Iterator[str]:
    for key, value in settings.items():
        here = f"{path}{key}"
        if isinstance(value, dict):
            yield from _leaves(value, f"{here}.")
        elif here in SHORT_FOR_NAME:
            yield f"{here}.name"
        else:
            yield here


def _items(node: Node | None) -> dict[str, Node]:
    return node.value if node is not None and isinstance(node.value, dict) else {}
