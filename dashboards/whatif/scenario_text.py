"""A scenario's values as YAML that the strict reader reads back as they were."""

from __future__ import annotations

import json
import shlex
from collections.abc import Iterator, Mapping
from typing import Any

from twin.scenario.document import scalar

FLOW_WIDTH = 46


def yaml_of(data: Mapping[str, Any]) -> str:
    """A scenario file; what is nothing is left out."""
    return "\n".join(_lines(data, "")) + "\n"


def command(file: str, out: str, changes: Mapping[str, Any]) -> str:
    """The same run from a terminal."""
    words = ["twin", "run", file, "--out", out]
    for key, value in changes.items():
        words += ["--set", f"{key}={_flow(value)}"]
    return " ".join(shlex.quote(word) for word in words)


def _lines(data: Mapping[str, Any], indent: str) -> Iterator[str]:
    for key, value in data.items():
        if value is None:
            continue
        line = f"{indent}{_scalar(str(key))}: {_flow(value)}"
        if isinstance(value, Mapping) and value and len(line) > FLOW_WIDTH:
            yield f"{indent}{_scalar(str(key))}:"
            yield from _lines(value, f"{indent}  ")
        else:
            yield line


def _flow(value: Any) -> str:
    if isinstance(value, Mapping):
        pairs = [
            f"{_scalar(str(key))}: {_flow(part)}"
            for key, part in value.items()
            if part is not None
        ]
        return "{" + ", ".join(pairs) + "}"
    if isinstance(value, list | tuple):
        return "[" + ", ".join(map(_flow, value)) + "]"
    return _scalar(value)


def _scalar(value: Any) -> str:
    """A word stands bare where it can be nothing but a word."""
    if isinstance(value, str):
        bare = value.replace("_", "").replace("-", "").replace("/", "").isalnum()
        is_word = bare and value[0].isalpha() and value.isascii()
        return value if is_word and scalar(value) == value else _quoted(value)
    return json.dumps(value)


def _quoted(text: str) -> str:
    """In double quotes; whatever is not plain ASCII by its number."""
    return '"' + "".join(map(_character, text)) + '"'


def _character(one: str) -> str:
    if one in '"\\':
        return f"\\{one}"
    return one if " " <= one <= "~" else f"\\U{ord(one):08x}"
