"""What is wrong in plain words: what was got, what is allowed, the nearest name."""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping, Sequence
from typing import Any

from pydantic import BaseModel, ValidationError

from twin.errors import InputError, Problem, nearest
from twin.scenario.document import Node

LEAST_PERCENT = 5

Path = tuple[str | int, ...]
Schema = Mapping[str, Any]


def printable(error: InputError) -> InputError:
    """The same, each problem on one line that any terminal can show."""
    return InputError(
        [
            Problem(*(_one_line(text) for text in (p.where, p.key, p.message)))
            for p in dict.fromkeys(error.problems)
        ]
    )


def _one_line(text: str) -> str:
    return "".join(c if c.isprintable() else ascii(c)[1:-1] for c in text)


def problems_of(
    error: ValidationError, tree: Node, model: type[BaseModel]
) -> dict[Path, Problem]:
    """Every problem that pydantic found, by the path of its key."""
    schema = model.model_json_schema(by_alias=True)
    found: dict[Path, Problem] = {}
    for one in error.errors(include_url=False, include_context=False):
        path = _path(one["loc"], one["type"], tree, schema)
        kind = "key" if one["loc"][-1:] == ("[key]",) else one["type"]
        if path not in found:
            found[path] = _problem(path, kind, tree, schema)
    return {path: found[path] for path in found if not _holds_another(path, found)}


def _holds_another(path: Path, found: Mapping[Path, Problem]) -> bool:
    return any(other[: len(path)] == path != other for other in found)


def _path(loc: Sequence[str | int], kind: str, tree: Node, schema: Schema) -> Path:
    """The keys of a location, without the names of a union's members."""
    path: Path = ()
    node: Node | None = tree
    here: list[Schema] = [schema]
    for position, part in enumerate(loc):
        child = node.child(part) if node else None
        below = list(_below(here, part, schema, child is not None))
        last = position == len(loc) - 1
        if not below and not (last and kind == "extra_forbidden"):
            continue
        path, node, here = (*path, part), child, below
    return path


def _below(
    schemas: Sequence[Schema], part: str | int, root: Schema, exists: bool
) -> Iterator[Schema]:
    for schema in schemas:
        for member in _members(schema, root):
            if part in member.get("properties", {}):
                yield member["properties"][part]
            elif exists and isinstance(member.get("additionalProperties"), Mapping):
                yield member["additionalProperties"]
            elif exists and "patternProperties" in member:
                yield from member["patternProperties"].values()
            elif exists and isinstance(part, int) and "items" in member:
                yield member["items"]


def _members(schema: Schema, root: Schema) -> Iterator[Schema]:
    """The alternatives of a schema, references followed."""
    if "$ref" in schema:
        name = schema["$ref"].rpartition("/")[2]
        yield from _members(root["$defs"][name], root)
    elif "anyOf" in schema:
        for member in schema["anyOf"]:
            yield from _members(member, root)
    else:
        yield schema


def _problem(path: Path, kind: str, tree: Node, root: Schema) -> Problem:
    key = ".".join(str(part) for part in path)
    node, parent, here = _at(path, tree, root)
    if kind == "extra_forbidden":
        where = node.key_where if node else tree.where
        return Problem(where, key, _unknown(str(path[-1]), path[:-1], tree, root))
    if kind == "key" and node:
        message = f"got the key '{path[-1]}'; allowed: {_keys(path[:-1], tree, root)}"
        return Problem(node.key_where, key, message)
    if node is None and kind != "missing" and isinstance(parent.value, str):
        node = parent  # a name alone, short for a mapping with it
    allowed = allowed_by(here, root)
    if kind == "missing" or node is None:
        return Problem(parent.place, key, f"is missing; needed: {allowed}")
    hint = _hint(node, here, root) or _percent(node.value, here, root)
    return Problem(node.place, key, f"got {got(node)}; allowed: {allowed}{hint}")


def _at(path: Path, tree: Node, root: Schema) -> tuple[Node | None, Node, Schema]:
    node: Node | None = tree
    parent = tree
    here: list[Schema] = [root]
    for part in path:
        parent = node or parent
        node = node.child(part) if node else None
        here = list(_below(here, part, root, True))
    return node, parent, here[0] if here else {}


def _unknown(word: str, inside: Path, tree: Node, root: Schema) -> str:
    _, _, schema = _at(inside, tree, root)
    keys = [
        key for member in _members(schema, root) for key in member.get("properties", {})
    ]
    hint = nearest(word, keys)
    if "." in word:
        first, _, rest = word.partition(".")
        hint = f"; a file nests keys, as {first}: {{{rest}: ...}}"
    return f"unknown key; allowed: {', '.join(keys)}{hint}"


def _keys(inside: Path, tree: Node, root: Schema) -> str:
    _, _, schema = _at(inside, tree, root)
    return str(schema.get("keyMessage", "other names"))


def _hint(node: Node, schema: Schema, root: Schema) -> str:
    words = [
        str(word)
        for member in _members(schema, root)
        for word in (*member.get("enum", ()), member.get("const", ""))
    ]
    return nearest(node.value, words) if isinstance(node.value, str) else ""


def _percent(value: object, schema: Schema, root: Schema) -> str:
    """A hint where a share looks like a percentage, else nothing."""
    if isinstance(value, bool) or not isinstance(value, int | float):
        return ""
    share = any(
        member.get("type") == "number"
        and member.get("maximum") == 1
        and 0 in (member.get("minimum"), member.get("exclusiveMinimum"))
        for member in _members(schema, root)
    )
    if not share or not LEAST_PERCENT <= value <= 100:
        return ""
    return f"; a share: {value:g} % is {value / 100:g}"


def got(node: Node) -> str:
    """A value as the user would recognise it."""
    value = node.value
    if isinstance(value, dict):
        return "a mapping" if value else "an empty mapping"
    if isinstance(value, list):
        return f"a list of {len(value)}" if value else "an empty list"
    if value is None:
        return "nothing"
    if isinstance(value, bool):
        return "true" if value else "false"
    text = f"'{value}'" if isinstance(value, str) else repr(value)
    return text if len(text) <= 80 else f"{text[:76]}...'"


def allowed_by(schema: Schema, root: Schema) -> str:
    """What a schema allows, in words."""
    if "errorMessage" in schema:
        return str(schema["errorMessage"])
    members = [m for m in _members(schema, root) if m.get("type") != "null"]
    phrases = [_phrase(member, root) for member in members]
    phrases += _quoted_consts(members)
    unit = _unit(schema)
    phrases = [p + unit if _is_number(p) else p for p in phrases if p]
    return " or ".join(dict.fromkeys(phrases))


def _quoted_consts(members: Sequence[Schema]) -> list[str]:
    return [f"{m['const']}" for m in members if "const" in m]


def _phrase(schema: Schema, root: Schema) -> str:
    if "errorMessage" in schema:
        return str(schema["errorMessage"])
    if "const" in schema:
        return ""
    if "enum" in schema:
        return "one of " + ", ".join(str(word) for word in schema["enum"])
    kind = schema.get("type")
    if kind == "object" and "properties" in schema:
        return "a mapping with the keys " + ", ".join(schema["properties"])
    if kind == "object":
        return "a mapping" + _of(schema.get("additionalProperties"), root)
    if kind == "array":
        return f"a list{_length(schema)}" + _of(schema.get("items"), root)
    if schema.get("format") == "path":
        return "a path"
    return _KINDS.get(str(kind), "any value") + _range(schema)


def _length(schema: Schema) -> str:
    least = schema.get("minItems")
    if least is None:
        return ""
    return f" of {least}" if least == schema.get("maxItems") else f" of {least} or more"


_KINDS = {
    "integer": "a whole number",
    "number": "a number",
    "string": "text",
    "boolean": "true or false",
}


def _of(schema: object, root: Schema) -> str:
    if not isinstance(schema, Mapping) or not schema:
        return ""
    return f", each {allowed_by(schema, root)}"


def _range(schema: Schema) -> str:
    low, high = schema.get("minimum"), schema.get("maximum")
    if "exclusiveMinimum" in schema:
        upto = f" and at most {_number(high)}" if high is not None else ""
        return f" above {_number(schema['exclusiveMinimum'])}{upto}"
    if low is not None and high is not None:
        return f" from {_number(low)} to {_number(high)}"
    return f" of at least {_number(low)}" if low is not None else ""


def _number(value: float) -> str:
    return str(value) if isinstance(value, int) else f"{value:.15g}"


def _is_number(phrase: str) -> bool:
    return " number " in phrase and not phrase.startswith("a mapping")


def _unit(schema: Schema) -> str:
    unit = re.search(r"\[([A-Za-z/]+)\]$", str(schema.get("description", "")))
    return f" [{unit[1]}]" if unit else ""
