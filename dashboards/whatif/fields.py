"""The keys of a JSON Schema as fields of a form: label, unit, range, control."""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from typing import Any, Literal

Kind = Literal[
    "choice", "switch", "whole", "exact", "number", "number_or_word", "text", "band",
    "mix", "locked",
]  # fmt: skip
Schema = Mapping[str, Any]
EXACT_BELOW, EXACT_ABOVE = 0.01, 2**53
NEVER = ("schema", "extends")


@dataclass(frozen=True)
class Field:
    """One key of the scenario that a form can show."""

    key: str
    kind: Kind
    label: str
    unit: str = ""
    about: str = ""
    hint: str = ""
    nullable: bool = False
    default: Any = None
    low: float | None = None
    high: float | None = None
    choices: tuple[Any, ...] = ()
    size: int = 0
    plain: bool = False

    @property
    def section(self) -> str:
        """The first word of its key; of a key that stands alone, nothing."""
        return self.key.partition(".")[0] if "." in self.key else ""


def fields(schema: Schema) -> tuple[Field, ...]:
    """Every key of a schema that holds a value, in the schema's order."""
    return tuple(_fields(schema, schema, ()))


def sections(schema: Schema) -> dict[str, str]:
    """The schema's sections with what they say about themselves."""
    return {
        key: str(said.get("description", ""))
        for key, said in schema.get("properties", {}).items()
        if _mapping_of(said, schema) is not None
    }


def word_of(value: Any) -> str:
    """A value as one word of a list to choose from."""
    if isinstance(value, bool):
        return "true" if value else "false"
    is_whole = isinstance(value, float) and value.is_integer() and abs(value) < 1e15
    return str(int(value)) if is_whole else str(value)


def _fields(part: Schema, root: Schema, path: tuple[str, ...]) -> Iterator[Field]:
    for name, told in part.get("properties", {}).items():
        here = (*path, name)
        inner = _mapping_of(told, root)
        if not path and name in NEVER:
            continue
        if inner is not None:
            yield from _fields(inner, root, here)
        else:
            yield _field(".".join(here), told, root)


def _mapping_of(told: Schema, root: Schema) -> Schema | None:
    """The alternative that has keys of its own, if any."""
    with_keys = [one for one in _members(told, root) if "properties" in one]
    return with_keys[0] if with_keys else None


def _members(told: Schema, root: Schema) -> list[Schema]:
    """The alternatives of a schema, references followed."""
    if "$ref" in told:
        return _members(root["$defs"][told["$ref"].rpartition("/")[2]], root)
    found = [one for part in told.get("anyOf", ()) for one in _members(part, root)]
    return found or [told]


def _field(key: str, told: Schema, root: Schema) -> Field:
    members = _members(told, root)
    real = [one for one in members if one.get("type") != "null"]
    nullable = len(real) < len(members)
    kind, choices = _kind(told, real, nullable)
    description = str(told.get("description", ""))
    label, about, unit = _about(
        description, any("examples" in one for one in real) or "examples" in told
    )
    default = told.get("default")
    lows = [_low(one) for one in real if _low(one) is not None]
    highs = [one["maximum"] for one in real if "maximum" in one]
    array = next((one for one in real if one.get("type") == "array"), {})
    return Field(
        key=key,
        kind=kind,
        label=label or key.rpartition(".")[2].replace("_", " "),
        unit=unit,
        about=about,
        hint=_hint(description, default, nullable),
        nullable=nullable,
        default=default,
        low=lows[0] if lows else array.get("items", {}).get("minimum"),
        high=highs[0] if highs else array.get("items", {}).get("maximum"),
        choices=choices,
        size=int(array.get("minItems", 0)),
        plain=kind == "mix" and any(_is_number(one) for one in real),
    )


def _kind(
    told: Schema, real: Sequence[Schema], nullable: bool
) -> tuple[Kind, tuple[Any, ...]]:
    """The control for a value, with the values that it may choose among."""
    types = {str(one.get("type")) for one in real}
    listed = _listed((told, *real))
    if any(one.get("format") == "path" for one in (told, *real)):
        return "locked", ()
    if listed:
        return "choice", listed
    if types == {"boolean"}:
        return ("choice", (True, False)) if nullable else ("switch", ())
    if types == {"array"} and _is_band(real[0]):
        return "band", ()
    if "object" in types:
        return ("mix" if any(map(_is_mix, real)) else "locked"), ()
    words = tuple(one["const"] for one in real if isinstance(one.get("const"), str))
    if words and any(map(_is_number, real)):
        return "number_or_word", words
    if types and types <= {"integer", "number"}:
        return _number_kind(real), ()
    if words:
        return "choice", words
    return ("text" if types == {"string"} else "locked"), ()


def _number_kind(real: Sequence[Schema]) -> Kind:
    """Numbers that a browser would round are typed as text."""
    high = max((one.get("maximum", 1.0) for one in real), default=1.0)
    if not EXACT_BELOW <= high <= EXACT_ABOVE:
        return "exact"
    return "whole" if all(one.get("type") == "integer" for one in real) else "number"


def _listed(parts: Sequence[Schema]) -> tuple[Any, ...]:
    for key in ("enum", "examples"):
        for one in parts:
            if one.get(key):
                return tuple(value for value in one[key] if value is not None)
    return ()


def _is_band(one: Schema) -> bool:
    least = one.get("minItems")
    return bool(least) and least == one.get("maxItems") and _is_number(one["items"])


def _is_mix(one: Schema) -> bool:
    return isinstance(one.get("additionalProperties"), Mapping)


def _is_number(one: Schema) -> bool:
    return one.get("type") in ("number", "integer")


def _low(one: Schema) -> float | None:
    low: float | None = one.get("minimum", one.get("exclusiveMinimum"))
    return low


def _about(description: str, closed: bool) -> tuple[str, str, str]:
    """A description as label, what else it says, and the unit at its end."""
    found = re.fullmatch(r"(.*?)\s*\[([^\[\]]+)\]", description)
    text, unit = (found[1], found[2]) if found else (description, "")
    parts = re.split(r"; |: (?=\S+ )|, (?!or )", text, maxsplit=1)
    label = parts[0].partition(", or ")[0] if closed else parts[0]
    rest = "" if closed or len(parts) < 2 else parts[1]
    rest = re.sub(r"(^|[;,] )default: .*$", "", rest)
    return label, rest, "" if unit == "-" else unit.replace("..", " to ")


def _hint(description: str, default: Any, nullable: bool) -> str:
    """What holds where nothing is said."""
    found = re.search(r"default: (.+?)( \[|$)", description)
    if nullable:
        return f"default: {found[1]}" if found else "not given"
    return "" if default in (None, {}) else f"default: {word_of(default)}"
