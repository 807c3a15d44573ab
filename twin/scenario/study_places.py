"""Where a study says what one of its runs has: in a variant, on an axis, or below."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import replace
from pathlib import Path

from twin.errors import InputError, Problem
from twin.scenario.document import Node, read_document
from twin.scenario.layers import nested
from twin.scenario.read import key_place, placed
from twin.scenario.study import Study, StudyRun
from twin.scenario.vary_words import SIDES, End
from twin.scenario.wording import printable


def placed_in_study(
    study: Study,
    run: StudyRun,
    error: InputError,
    end: End | None = None,
    member: str = "",
) -> InputError:
    """What was found wrong with a run later, where it is said; with its whole key.

    end, member  the end of a range that the run is at; its feeder of a territory
    """
    if study.file is None:
        return error
    layers = list(_layers(read_document(study.file, []), run, end, member))
    return printable(
        InputError(
            [
                one if one.where else _placed(one, layers, _start(study, member))
                for one in error.problems
            ]
        )
    )


def placed_at_keys(study: Study, error: InputError) -> InputError:
    """What was found wrong with keys of the study itself, where they stand."""
    if study.file is None:
        return error
    tree = read_document(study.file, [])
    rows = [replace(one, where=key_place(tree, one.key)) for one in error.problems]
    return printable(InputError(rows))


def _placed(
    one: Problem, layers: Sequence[tuple[str, dict[str, Node]]], start: Path
) -> Problem:
    for section, settings in layers:
        for key, node in settings.items():
            if one.key == key or one.key.startswith(f"{key}."):
                where = key_place(nested(key.split("."), node), one.key)
                return replace(one, where=where, key=f"{section}.{one.key}")
    return placed(InputError([one]), start).problems[0]


def _layers(
    tree: Node, run: StudyRun, end: End | None, member: str
) -> Iterator[tuple[str, dict[str, Node]]]:
    """A run's settings, those that have the last word first, and where they are."""
    yield f"variants.{run.variant}", _items(tree, "variants", run.variant)
    if end is not None:
        bounds = _items(tree, "vary", end.varied)
        side = SIDES.index(end.end)
        yield (
            f"vary.{end.varied}",
            {key: _at(node, side) for key, node in bounds.items()},
        )
    axes = tree.child("axes")
    if axes is not None and isinstance(axes.value, list):
        for k, point in enumerate(axes.value):
            rows = point.value if isinstance(point.value, dict) else {}
            if all(run.overrides.get(key) == one.plain() for key, one in rows.items()):
                yield f"axes.{k}", rows
    else:
        values = _items(tree, "axes")
        yield "axes", {key: _said(node, run, key) for key, node in values.items()}
    if member:
        found = _items(tree, "territory", "members", member, "settings")
        yield f"territory.members.{member}.settings", found


def _said(node: Node, run: StudyRun, key: str) -> Node:
    """Of an axis' values the one that the run has."""
    rows = node.value if isinstance(node.value, list) else []
    return next((one for one in rows if one.plain() == run.overrides.get(key)), node)


def _at(node: Node, place: int) -> Node:
    return node.child(place) or node


def _items(tree: Node, *path: str) -> dict[str, Node]:
    node: Node | None = tree
    for key in path:
        node = node.child(key) if node else None
    return node.value if node is not None and isinstance(node.value, dict) else {}


def _start(study: Study, member: str) -> Path:
    """The scenario that a run starts from."""
    if study.territory is None or not member:
        return study.base
    return study.territory.members[member].scenario or study.base
