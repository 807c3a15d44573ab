"""One tree out of several: a file, what it extends, and overrides."""

from __future__ import annotations

import json
import os
from collections.abc import Mapping, Sequence
from dataclasses import replace
from pathlib import Path

from twin.errors import InputError, Problem
from twin.scenario.document import DEEPEST, Node, parse, read_document

Overrides = Sequence[str] | Mapping[str, object]

REPLACED_WHOLLY = (
    "fleet.models",
    "fleet.charger_kw",
    "feeder.arguments",
    "policy.parameters",
    "policy.window",
    "limits",
)
SHORT_FOR_NAME = ("policy", "tariff")
GIVES_WAY = {
    "fleet.ev_share": "fleet.ev_count",
    "fleet.ev_count": "fleet.ev_share",
    "fleet.travel": "fleet.travel_file",
    "tariff.name": "tariff.file",
    "tariff.export": "tariff.export_price_usd_per_kwh",
    "tariff.export_price_usd_per_kwh": "tariff.export",
    "limits.standard": "limits.voltage_pu",
    "limits.voltage_pu": "limits.standard",
    "feeder.source": "feeder.arguments",
    "policy.name": "policy.parameters",
}
"""Where a later layer says the first, an earlier layer's second is forgotten."""

MOST_PARENTS = 20


def load(path: Path, problems: list[Problem], files: list[Path]) -> Node:
    """A file on top of the files that it extends; notes each file read."""
    return _load(path, problems, files, (os.path.realpath(path),))


def _load(
    path: Path, problems: list[Problem], files: list[Path], chain: tuple[str, ...]
) -> Node:
    tree = read_document(path, problems)
    files.append(path)
    items = dict(tree.value) if isinstance(tree.value, dict) else {}
    extends = items.pop("extends", None)
    tree = replace(tree, value=items)
    if extends is None:
        return _spelled_out(tree)
    parent = _parent(extends, chain, problems)
    below = _load(parent, problems, files, (*chain, os.path.realpath(parent)))
    return merge(below, _spelled_out(tree))


def _parent(extends: Node, chain: tuple[str, ...], problems: list[Problem]) -> Path:
    if not isinstance(extends.value, str):
        message = "must be the path of a scenario file, relative to this file"
        raise InputError([*problems, Problem(extends.where, "extends", message)])
    parent = Path(os.path.normpath(extends.folder / extends.value))
    message = ""
    if not os.path.exists(parent):
        message = f"no such file '{parent}'"
    elif os.path.realpath(parent) in chain:
        message = f"'{extends.value}' extends this file in turn, a circle"
    elif len(chain) > MOST_PARENTS:
        message = f"more than {MOST_PARENTS} files extend one another"
    if message:
        raise InputError([*problems, Problem(extends.where, "extends", message)])
    return parent


def override(tree: Node, overrides: Overrides, problems: list[Problem]) -> Node:
    """The tree with ``key.path=value`` settings on top, one after another."""
    for text in settings(overrides):
        layer = _setting(text, problems)
        if layer is not None:
            tree = merge(tree, layer)
    return tree


def settings(overrides: Overrides) -> list[str]:
    """Overrides as ``key.path=value`` texts, whose values are YAML."""
    if isinstance(overrides, Mapping):
        return [f"{key}={json.dumps(value)}" for key, value in overrides.items()]
    return list(overrides)


def _setting(text: str, problems: list[Problem]) -> Node | None:
    where = f"--set {text}"
    key, equals, value = text.partition("=")
    keys = key.strip().split(".")
    if not equals or not all(keys) or len(keys) > DEEPEST:
        message = "must be key.path=value, such as fleet.ev_share=0.4"
        problems.append(Problem(where, "", message))
        return None
    if keys[0] == "extends":
        message = "cannot be set here; say it in the file"
        problems.append(Problem(where, "extends", message))
        return None
    try:
        node = parse(value, where, Path.cwd(), problems)
    except InputError as error:
        problems[:] = error.problems
        return None
    return nested(keys, _all_at(node, where))


def nested(keys: Sequence[str], leaf: Node) -> Node:
    """``leaf`` under dotted keys, to be merged entry by entry."""
    for depth in range(len(keys) - 1, -1, -1):
        if ".".join(keys[: depth + 1]) in SHORT_FOR_NAME:
            leaf = _long_form(leaf)
        leaf = replace(leaf, key_where=leaf.where)
        leaf = Node({keys[depth]: leaf}, leaf.where, leaf.folder, partial=True)
    return leaf


def _all_at(node: Node, where: str) -> Node:
    value = node.value
    if isinstance(value, dict):
        value = {key: _all_at(child, where) for key, child in value.items()}
    elif isinstance(value, list):
        value = [_all_at(child, where) for child in value]
    return Node(value, where, node.folder, where, node.partial)


def merge(below: Node, above: Node, path: str = "") -> Node:
    """``above`` on ``below``: mappings key by key, all else replaced."""
    if not (isinstance(below.value, dict) and isinstance(above.value, dict)):
        return above
    if path in REPLACED_WHOLLY and not above.partial:
        return above
    items = dict(below.value)
    for key, node in above.value.items():
        _give_way(f"{path}.{key}", node, items)
    for key, node in above.value.items():
        here = f"{path}.{key}" if path else key
        items[key] = merge(items[key], node, here) if key in items else node
    return replace(above, value=items, partial=False)


def _give_way(here: str, node: Node, items: dict[str, Node]) -> None:
    old = items.get(here.rpartition(".")[2])
    changed = old is None or old.value != node.value
    if here in GIVES_WAY and node.value is not None and changed:
        items.pop(GIVES_WAY[here].rpartition(".")[2], None)


def _spelled_out(tree: Node) -> Node:
    items = dict(tree.value) if isinstance(tree.value, dict) else {}
    for key in SHORT_FOR_NAME:
        if key in items:
            items[key] = _long_form(items[key])
    return replace(tree, value=items)


def _long_form(node: Node) -> Node:
    if not isinstance(node.value, str):
        return node
    return replace(node, value={"name": replace(node, key_where=node.where)})
