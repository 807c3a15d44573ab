"""Strict YAML 1.2: plain values that remember file, line and column.

No anchors, aliases, tags, merge keys, duplicate keys or second documents. Plain
scalars follow the core schema of YAML 1.2.2 (10.3): ``16:30`` and ``no`` are text,
``1e3`` is a number. Dates stay text.
"""

from __future__ import annotations

import os
import re
from collections.abc import Iterator
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from ruamel.yaml import YAML
from ruamel.yaml.error import MarkedYAMLError, YAMLError
from ruamel.yaml.reader import ReaderError

from twin.errors import InputError, Problem

MOST_BYTES = 1_000_000
DEEPEST = 20

Plain = str | int | float | bool | None


@dataclass(frozen=True)
class Node:
    """A value and where it stands."""

    value: dict[str, Node] | list[Node] | Plain
    where: str
    folder: Path
    key_where: str = ""
    partial: bool = field(default=False, compare=False)

    @property
    def place(self) -> str:
        """Where the reader looks: a mapping, list or nothing is found by its key."""
        by_key = self.value is None or isinstance(self.value, dict | list)
        return self.key_where if by_key and self.key_where else self.where

    def plain(self) -> Any:
        """The value without its positions."""
        if isinstance(self.value, dict):
            return {key: node.plain() for key, node in self.value.items()}
        if isinstance(self.value, list):
            return [node.plain() for node in self.value]
        return self.value

    def child(self, key: str | int) -> Node | None:
        """What stands under a key or at an index, if anything."""
        if isinstance(self.value, dict):
            return self.value.get(str(key))
        if isinstance(self.value, list) and isinstance(key, int):
            return self.value[key] if key < len(self.value) else None
        return None


def read_document(path: Path, problems: list[Problem]) -> Node:
    """The mapping in a YAML file; adds what is wrong but doesn't stop the reading."""
    node = parse(_text(path), str(path), path.parent, problems)
    if node.value is None:
        message = "is empty, a mapping of keys is needed"
        raise InputError([*problems, Problem(str(path), "", message)])
    if not isinstance(node.value, dict):
        message = "holds no mapping of 'key: value'"
        raise InputError([*problems, Problem(node.where, "", message)])
    return node


def parse(text: str, name: str, folder: Path, problems: list[Problem]) -> Node:
    """Any single YAML value; ``name`` stands before ``:line:column``."""
    builder = _Builder(name, folder, problems)
    try:
        return builder.document(iter(YAML(typ="safe", pure=True).parse(text)))
    except MarkedYAMLError as error:
        raise InputError([*problems, _syntax(error, name)]) from None
    except ReaderError as error:
        raise InputError([*problems, _character(error, text, name)]) from None
    except YAMLError:
        message = "is not YAML 1.2"
        raise InputError([*problems, Problem(name, "", message)]) from None


def _text(path: Path) -> str:
    where = str(path)
    if os.path.isdir(path):
        raise InputError.of("is a folder, a YAML file is needed", where=where)
    try:
        with path.open("rb") as file:
            raw = file.read(MOST_BYTES + 1)
    except FileNotFoundError:
        raise InputError.of("no such file", where=where) from None
    except (OSError, ValueError) as error:
        reason = getattr(error, "strerror", None) or str(error)
        message = f"cannot be read: {reason}"
        raise InputError.of(message, where=where) from None
    if len(raw) > MOST_BYTES:
        message = "is larger than 1 MB, which no scenario is"
        raise InputError.of(message, where=where)
    if b"\x00" in raw:
        message = "is a binary file, a YAML file in UTF-8 is needed"
        raise InputError.of(message, where=where)
    return _decoded(raw, where)


def _decoded(raw: bytes, where: str) -> str:
    try:
        return raw.decode("utf-8-sig")
    except UnicodeDecodeError as error:
        before = raw[: error.start]
        line = before.count(b"\n") + 1
        column = error.start - (before.rfind(b"\n") + 1) + 1
        message = (
            f"byte 0x{raw[error.start]:02x} is not UTF-8 text; "
            "save the file in the encoding UTF-8"
        )
        place = f"{where}:{line}:{column}"
        raise InputError.of(message, where=place) from None


class _Builder:
    """Builds nodes from the parser's events; an alias is never followed."""

    def __init__(self, name: str, folder: Path, problems: list[Problem]) -> None:
        self.name, self.folder, self.problems = name, folder, problems

    def document(self, events: Iterator[Any]) -> Node:
        root: Node | None = None
        for event in events:
            kind = type(event).__name__
            if kind == "DocumentStartEvent":
                if root is not None:
                    self.refuse(event, "a second document; one file is one document")
                    break
                if event.version not in (None, (1, 2)):
                    self.refuse(event, "only YAML 1.2 is read")
            elif kind not in ("StreamStartEvent", "StreamEndEvent", "DocumentEndEvent"):
                root = self.value(event, events, ())
        return root or Node(None, self.name, self.folder)

    def value(self, event: Any, events: Iterator[Any], path: tuple[str, ...]) -> Node:
        kind = type(event).__name__
        where = self.place(event)
        if kind == "AliasEvent":
            self.refuse(event, f"alias '*{event.anchor}' is not allowed, write it out")
            return Node(None, where, self.folder)
        self.refuse_decoration(event)
        if kind == "ScalarEvent":
            quoted = event.style is not None
            value = event.value if quoted else scalar(event.value)
            return Node(value, where, self.folder)
        if len(path) >= DEEPEST:
            message = f"nested deeper than {DEEPEST} levels"
            raise InputError([*self.problems, Problem(where, "", message)])
        if kind == "SequenceStartEvent":
            return Node(self.sequence(events, path), where, self.folder)
        return Node(self.mapping(events, path), where, self.folder)

    def sequence(self, events: Iterator[Any], path: tuple[str, ...]) -> list[Node]:
        items: list[Node] = []
        for event in events:
            if type(event).__name__ == "SequenceEndEvent":
                break
            items.append(self.value(event, events, (*path, str(len(items)))))
        return items

    def mapping(self, events: Iterator[Any], path: tuple[str, ...]) -> dict[str, Node]:
        items: dict[str, Node] = {}
        for event in events:
            if type(event).__name__ == "MappingEndEvent":
                break
            key = self.key(event, events, path)
            node = self.value(next(events), events, (*path, str(key)))
            where = self.place(event)
            if key is not None and key in items:
                first = items[key].key_where
                message = f"given twice, first at {first}; keep one"
                self.problems.append(Problem(where, ".".join((*path, key)), message))
            elif key is not None:
                items[key] = Node(node.value, node.where, node.folder, where)
        return items

    def key(
        self, event: Any, events: Iterator[Any], path: tuple[str, ...]
    ) -> str | None:
        if type(event).__name__ != "ScalarEvent":
            self.value(event, events, (*path, "?"))
            self.refuse(event, "a key must be a single word")
            return None
        self.refuse_decoration(event)
        if event.value == "<<" and event.style is None:
            self.refuse(event, "merge key '<<' is not allowed; use extends")
            return None
        return str(event.value)

    def refuse_decoration(self, event: Any) -> None:
        if getattr(event, "anchor", None):
            self.refuse(event, f"anchor '&{event.anchor}' is not allowed")
        if getattr(event, "tag", None):
            self.refuse(event, f"tag '{event.tag}' is not allowed")

    def refuse(self, event: Any, message: str) -> None:
        self.problems.append(Problem(self.place(event), "", message))

    def place(self, event: Any) -> str:
        mark = event.start_mark
        return f"{self.name}:{mark.line + 1}:{mark.column + 1}"


_NULL = ("", "~", "null", "Null", "NULL")
_TRUE, _FALSE = ("true", "True", "TRUE"), ("false", "False", "FALSE")
_INT = re.compile(r"[-+]?[0-9]+")
_OTHER_BASE = re.compile(r"0o[0-7]+|0x[0-9a-fA-F]+")
_FLOAT = re.compile(r"[-+]?(\.[0-9]+|[0-9]+(\.[0-9]*)?)([eE][-+]?[0-9]+)?")
_INFINITE = re.compile(r"[-+]?\.(inf|Inf|INF)|\.(nan|NaN|NAN)")
_MOST_DIGITS = 40


def scalar(word: str) -> Plain:
    """A plain (unquoted) scalar by the core schema of YAML 1.2."""
    if word in _NULL:
        return None
    if word in _TRUE or word in _FALSE:
        return word in _TRUE
    if len(word) > _MOST_DIGITS:
        return word
    if _INT.fullmatch(word):
        return int(word)
    if _OTHER_BASE.fullmatch(word):
        return int(word, 0)
    if _FLOAT.fullmatch(word):
        return float(word)
    if _INFINITE.fullmatch(word):
        return float(word.replace(".", ""))
    return word


_PLAIN_WORDS = (
    ("character '\\t'", "a tab; indent with spaces"),
    (
        "mapping values are not allowed",
        "a ':' too many: are the keys of one mapping indented alike? "
        "Text that holds ': ' needs quotes",
    ),
    ("unexpected end of stream", "the text ends within quotes, the closing one lacks"),
    ("unknown escape", "a backslash in double quotes; use single quotes"),
    ("could not find expected ':'", "a key without ':'"),
    ("found '<stream end>'", "the text ends within brackets, a closing one lacks"),
    ("but got '<stream end>'", "the text ends within brackets, a closing one lacks"),
    ("expected ',' or", "a ',' or a closing bracket is needed here"),
    ("expected <block end>", "not indented like what it belongs to"),
    ("cannot start any token", "text that starts with this character needs quotes"),
    ("directive", "this %-line is not understood, remove it"),
)


def _syntax(error: MarkedYAMLError, name: str) -> Problem:
    problem = str(error.problem or error.context or "cannot be read")
    for words, plain in _PLAIN_WORDS:
        if words in problem:
            problem = plain
            break
    mark = error.problem_mark or error.context_mark
    where = f"{name}:{mark.line + 1}:{mark.column + 1}" if mark else name
    return Problem(where, "", problem)


def _character(error: ReaderError, text: str, name: str) -> Problem:
    before = text[: error.position]
    line = before.count("\n") + 1
    column = error.position - (before.rfind("\n") + 1) + 1
    code = ord(text[error.position])
    message = f"control character 0x{code:02x}; a YAML file in UTF-8 is needed"
    return Problem(f"{name}:{line}:{column}", "", message)
