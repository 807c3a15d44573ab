"""Reads a scenario: YAML, what it extends, overrides, every rule; or tells all."""

from __future__ import annotations

import hashlib
import os
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any

from pydantic import ValidationError

from twin.errors import InputError, Problem
from twin.scenario.check import findings
from twin.scenario.document import Node
from twin.scenario.kinds import refuse_study
from twin.scenario.layers import Overrides, load, override
from twin.scenario.names import circuit_file, known
from twin.scenario.spec import Scenario
from twin.scenario.wording import printable, problems_of


@dataclass(frozen=True)
class Source:
    """A file that a scenario is made of or names."""

    key: str
    path: Path
    sha256: str


def read(path: Path | str, overrides: Overrides = ()) -> Scenario:
    """The scenario in a file, or an InputError with every problem."""
    problems: list[Problem] = []
    try:
        tree = load(Path(path), problems, [])
        refuse_study(tree, Path(path))
        tree = override(tree, overrides, problems)
        return _whole(tree, problems)
    except InputError as error:
        raise printable(error) from None


def sources(path: Path, scenario: Scenario) -> list[Source]:
    """The file, those it extends, and the data files it names, with checksums."""
    files: list[Path] = []
    load(path, [], files)
    named = [("scenario", files[0]), *(("extends", file) for file in files[1:])]
    named += scenario.files().items()
    return [Source(key, file, _sha256(file)) for key, file in named]


def scenario_of(data: Mapping[str, Any]) -> Scenario:
    """The scenario that plain values say, by the same rules as a file's."""
    try:
        return _whole(_node(data, Path.cwd()), [])
    except InputError as error:
        raise printable(error) from None


def _whole(tree: Node, problems: list[Problem]) -> Scenario:
    scenario, found = validated(tree)
    if scenario is None or problems or found:
        raise InputError(sorted([*problems, *found], key=by_place))
    return scenario


def validated(tree: Node) -> tuple[Scenario | None, list[Problem]]:
    """The scenario, and all that is wrong with it; one problem a key."""
    tree, missing = absolute_paths(tree)
    plain = tree.plain()
    by_rule: dict[tuple[str | int, ...], Problem] = {
        _parts(problem.key): problem for problem in missing
    }
    for key, message in findings(plain):
        where = key_place(tree, key)
        by_rule.setdefault(_parts(key), Problem(where, key, message))
    scenario, by_type = None, {}
    try:
        scenario = Scenario.model_validate(plain)
    except ValidationError as error:
        by_type = problems_of(error, tree, Scenario)
    return scenario, sorted({**by_type, **by_rule}.values(), key=by_place)


def by_place(problem: Problem) -> tuple[str, int, int]:
    """A sorting key: file, line, column."""
    name, _, rest = problem.where.rpartition(":")
    name, _, line = name.rpartition(":")
    if line.isdigit() and rest.isdigit():
        return name, int(line), int(rest)
    return problem.where, 0, 0


def key_place(tree: Node, key: str) -> str:
    """Where a key stands: the value's place, else that of what would hold it."""
    node = tree
    for part in _parts(key):
        child = node.child(part)
        if child is None:
            break
        node = child
    return node.place


def _parts(key: str) -> tuple[str | int, ...]:
    """The parts of a dotted key; places in a list are numbers."""
    return tuple(int(part) if part.isdigit() else part for part in key.split("."))


def placed(
    error: InputError, path: Path | str, overrides: Overrides = ()
) -> InputError:
    """What was found wrong later, at the keys of the file that say it."""
    tree = override(load(Path(path), [], []), overrides, [])
    return printable(
        InputError(
            [
                replace(one, where=key_place(tree, one.key))
                if one.key and not one.where
                else one
                for one in error.problems
            ]
        )
    )


def absolute_paths(tree: Node) -> tuple[Node, list[Problem]]:
    """Files by absolute path, seen from the file that names them; must exist.

    An OpenDSS circuit that ships is named without a path.
    """
    problems: list[Problem] = []
    for key, prefix in _path_keys(tree):
        node = _find(tree, key)
        if node is None or not isinstance(node.value, str):
            continue
        if not node.value.startswith(prefix) or node.value == prefix:
            continue
        if key.endswith(OR_A_NAME) and not node.value.lower().endswith(".csv"):
            continue
        said = node.value.removeprefix(prefix)
        shipped = circuit_file(said) if prefix == "opendss:" else None
        path = shipped or Path(os.path.abspath(node.folder / said))
        problem = _absent(path, key == "feeder.root")
        if problem and prefix == "opendss:" and not path.suffix:
            problem += f"; circuits that ship: {', '.join(known('circuits'))}"
        if problem:
            problems.append(Problem(node.where, key, problem))
        tree = _replaced(tree, key.split("."), f"{prefix}{path}")
    return tree, problems


def _path_keys(tree: Node) -> Iterator[tuple[str, str]]:
    """Every key that may hold a path, and what stands before the path."""
    yield from _PATH_KEYS
    events = tree.child("events")
    if events is not None and isinstance(events.value, list):
        yield from ((f"events.{n}.records", "") for n in range(len(events.value)))


OR_A_NAME = ("customers.profiles", ".records")
_PATH_KEYS = (
    ("feeder.source", "json:"),
    ("feeder.source", "opendss:"),
    ("feeder.root", ""),
    ("customers.profiles", ""),
    ("customers.feeder_head", ""),
    ("customers.file", ""),
    ("fleet.travel_file", ""),
    ("adoption.totals", ""),
    ("tariff.file", ""),
    ("tariff.export_file", ""),
)


def _absent(path: Path, folder: bool) -> str:
    if folder:
        return "" if os.path.isdir(path) else f"no such folder '{path}'"
    if os.path.isdir(path):
        return f"'{path}' is a folder, a file is needed"
    return "" if os.path.exists(path) else f"no such file '{path}'"


def _find(tree: Node, key: str) -> Node | None:
    node: Node | None = tree
    for part in _parts(key):
        node = node.child(part) if node else None
    return node


def _replaced(node: Node, keys: list[str], value: str) -> Node:
    if not keys:
        return replace(node, value=value)
    if isinstance(node.value, list):
        place = int(keys[0])
        child = _replaced(node.value[place], keys[1:], value)
        return replace(
            node, value=[*node.value[:place], child, *node.value[place + 1 :]]
        )
    items = dict(node.value) if isinstance(node.value, dict) else {}
    items[keys[0]] = _replaced(items[keys[0]], keys[1:], value)
    return replace(node, value=items)


def _node(value: Any, folder: Path) -> Node:
    if isinstance(value, Mapping):
        items = {str(key): _node(child, folder) for key, child in value.items()}
        return Node(items, "", folder)
    if isinstance(value, list | tuple):
        return Node([_node(child, folder) for child in value], "", folder)
    return Node(value, "", folder)


def _sha256(path: Path) -> str:
    with path.open("rb") as file:
        return hashlib.file_digest(file, "sha256").hexdigest()
