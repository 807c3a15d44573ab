"""What a study asks: variants of a scenario, along axes, for several seeds."""

from __future__ import annotations

import itertools
import math
import os
from collections.abc import Iterator, Sequence
from dataclasses import replace
from pathlib import Path
from typing import Annotated, Any, Literal, NamedTuple

from pydantic import Field, PrivateAttr, ValidationError

from twin.errors import InputError, Problem, nearest
from twin.scenario.alternatives_words import (
    AlternativesSpec,
    alternatives_problems,
)
from twin.scenario.condition_words import Conditions, condition_problems
from twin.scenario.document import DEEPEST, Node, read_document
from twin.scenario.hosting_words import HostingSpec, hosting_problems
from twin.scenario.kinds import refuse_scenario, says_study
from twin.scenario.layers import load, merge, nested
from twin.scenario.read import absolute_paths, by_place, validated
from twin.scenario.seed_words import Seeds, listed, seed_problems
from twin.scenario.spec import Output, Scenario
from twin.scenario.territory_words import (
    Territory,
    member_bases,
    settings_of_members,
    territory_problems,
    time_problems,
    with_absolute_scenarios,
)
from twin.scenario.vary_words import (
    End,
    Ranges,
    count_problems,
    end_nodes,
    ends_of,
    vary_problems,
    vary_settings,
)
from twin.scenario.wording import printable, problems_of
from twin.scenario.words import NAME_WORDS, Name, Words

Settings = dict[str, Any]

MOST_POINTS = 100_000
MOST_CHECKED = 1_000
LEVELS = ("all", "summary")
OPTIONAL = ("baseline", "conditions", "hosting", "alternatives", "territory")
NOT_VARIED = {
    "seed": "say seeds instead",
    "schema": "the base says it",
    "extends": "the base says it",
}


class StudyRun(NamedTuple):
    """One run of a study: overrides of the base by dotted key."""

    variant: str
    seed: int
    overrides: Settings


class Budget(Words):
    """What a study may cost at most; it does not begin where more is expected."""

    runs: Annotated[int, Field(ge=1)] | None = Field(
        default=None, description="Runs that are not complete yet"
    )
    hours: Annotated[float, Field(gt=0)] | None = Field(
        default=None, description="Hours by the clock, as runs made before took"
    )
    disk_gb: Annotated[float, Field(gt=0)] | None = Field(
        default=None, description="Gigabytes of results, as runs made before needed"
    )


class Study(Words):
    """A question asked of several variants of one scenario."""

    schema_: Literal[1] = Field(alias="schema", description="Version of this format")
    name: Name = Field(description="Name of the study and of its results' folder")
    base: Annotated[Path, Field(strict=False)] = Field(
        description="Scenario that every run starts from, relative to this file"
    )
    variants: Annotated[dict[Name, Settings], Field(min_length=1)] = Field(
        default={"base": {}},
        description="Name of a variant: its settings by dotted key",
        json_schema_extra={
            "keyMessage": NAME_WORDS,
            "errorMessage": "a mapping of at least one name to its settings, as "
            "quiet: {fleet.ev_share: 0}; without this key the base is run as it is",
        },
    )
    axes: dict[str, Annotated[list[Any], Field(min_length=1)]] | list[Settings] = Field(
        default_factory=dict,
        description="Values by dotted key; with combine: list, a list of settings",
    )
    combine: Literal["product", "zip", "list"] = Field(
        default="product",
        description="Axes as every combination, in step, or as listed",
    )
    vary: Ranges = Field(
        default_factory=dict,
        description="What is uncertain, by a name of its own: [low, high] by dotted "
        "key; each variant is run at either end of each, one at a time, too",
    )
    seeds: Seeds = Field(
        default=[1],
        description="A list, or first and count; default: the base's",
    )
    baseline: str | None = Field(
        default=None, description="Variant that the others are compared with"
    )
    output: Output = Field(
        default=Output(level="summary"),
        description="What its runs record; default: the base's, else the summary",
    )
    conditions: Conditions | None = Field(
        default=None,
        description="Days chosen from load and weather, a further axis; default: the "
        "base's own days",
    )
    budget: Budget = Field(
        default=Budget(), description="What it may cost at most; default: no limit"
    )
    hosting: HostingSpec | None = Field(
        default=None, description="How many cars the grid hosts, by these runs"
    )
    alternatives: AlternativesSpec | None = Field(
        default=None,
        description="What its variants cost and cure, side by side with the baseline",
    )
    territory: Territory | None = Field(
        default=None,
        description="Many feeders, each run under every variant, and summed",
    )
    _file: Path | None = PrivateAttr(default=None)

    @property
    def file(self) -> Path | None:
        """What it was read from; None: it was made otherwise."""
        return self._file

    def points(self) -> list[Settings]:
        """The settings of each point of the axes, in order; at least one."""
        return points(self.axes, self.combine)

    def runs(self) -> list[StudyRun]:
        """Every run: point by point, in it variant by variant, in it seed by seed.

        A variant's own settings have the last word over the axes'.
        """
        return [run for _, runs in self.runs_by_point() for run in runs]

    @property
    def n_run(self) -> int:
        """Runs that it asks for, of every feeder; conditions are not."""
        feeders = 1 if self.territory is None else self.territory.n_feeder
        seeds, stands = len(self.draws), 1 + len(self.ends)
        return len(self.points()) * len(self.variants) * seeds * feeders * stands

    def starts(self) -> list[tuple[Path, Settings]]:
        """What runs start from: the base, or each member's scenario and settings."""
        if self.territory is None:
            return [(self.base, {})]
        members = self.territory.members.values()
        return [(one.scenario or self.base, one.settings) for one in members]

    def settings(self, run: StudyRun) -> Settings:
        """All that a run changes in the base: what it records, overrides, its seed."""
        recorded = {"output.level": self.output.level}
        return {**recorded, **run.overrides, "seed": run.seed}

    @property
    def draws(self) -> Sequence[int]:
        """Every seed."""
        return listed(self.seeds)

    @property
    def ends(self) -> list[End]:
        """Both ends of each range that is varied, in order."""
        return ends_of(self.vary)

    def runs_by_point(
        self, end: End | None = None
    ) -> list[tuple[Settings, list[StudyRun]]]:
        """The same, with the point of the axes that each group stands at.

        end  of a range at which they are; None: as they are
        """
        moved = {} if end is None else end.settings
        return [
            (
                point,
                [
                    StudyRun(variant, seed, _on_top({**point, **moved}, own))
                    for variant, own in self.variants.items()
                    for seed in self.draws
                ],
            )
            for point in self.points()
        ]


def _on_top(below: Settings, own: Settings) -> Settings:
    """A variant's own settings last, so that they have the last word."""
    return {key: value for key, value in below.items() if key not in own} | own


def points(axes: Any, combine: str) -> list[Settings]:
    """All settings that the axes give, combined."""
    if isinstance(axes, list):
        return axes or [{}]
    if combine == "zip" and axes:
        rows = list(zip(*axes.values(), strict=True))
    else:
        rows = list(itertools.product(*axes.values()))
    return [dict(zip(axes, row, strict=True)) for row in rows]


def is_study(path: Path) -> bool:
    """Whether a file is a study rather than a scenario; neither where unreadable."""
    try:
        return says_study(read_document(path, []))
    except InputError:
        return False


def read_study(path: Path) -> Study:
    """The study in a file, each of its scenarios checked; or every problem."""
    try:
        return _read_study(path)
    except InputError as error:
        raise printable(error) from None


def _read_study(path: Path) -> Study:
    problems: list[Problem] = []
    read = read_document(path, problems)
    refuse_scenario(read, path)
    tree = _absolute(read)
    base = _base(tree, problems)
    plain = _plain(tree, base)
    broken: dict[tuple[str | int, ...], Problem] = {
        tuple(p.key.split(".")): p
        for p in (
            *_broken_rules(tree, plain),
            *hosting_problems(tree, plain, base),
            *alternatives_problems(tree, plain),
        )
    }
    study = None
    by_type: dict[tuple[str | int, ...], Problem] = {}
    try:
        study = Study.model_validate(plain)
    except ValidationError as error:
        by_type = problems_of(error, tree, Study)
    found = {**by_type, **broken}
    if study is not None and base is not None and ("axes",) not in found:
        problems += dict.fromkeys(_problems_of_runs(tree, base, study))
    problems += found.values()
    if study is None or problems:
        raise InputError(sorted(problems, key=by_place))
    study._file = path
    return study


def _base(tree: Node, problems: list[Problem]) -> Node | None:
    node = tree.child("base")
    if node is None or not isinstance(node.value, str):
        return None
    path = Path(os.path.normpath(node.folder / node.value))
    if not os.path.isfile(path):
        problems.append(Problem(node.where, "base", f"no such file '{path}'"))
        return None
    try:
        found = load(path, problems, [])
    except InputError as error:
        problems += [p for p in error.problems if p not in problems]
        return None
    if says_study(found):
        problems.append(Problem(node.where, "base", f"'{path}' is a study itself"))
        return None
    return found


def _plain(tree: Node, base: Node | None) -> Settings:
    plain: Settings = tree.plain()
    if isinstance(plain.get("base"), str):
        plain["base"] = os.path.abspath(tree.folder / plain["base"])
    seed = base.plain().get("seed") if base else None
    if "seeds" not in plain and isinstance(seed, int):
        plain["seeds"] = [seed]
    output = base.child("output") if base else None
    level = output.child("level") if output else None
    with_absolute_scenarios(plain, tree)
    if "output" not in plain and level is not None and level.value in LEVELS:
        plain["output"] = {"level": level.value}
    return plain


def _absolute(tree: Node) -> Node:
    """Settings that name files, by absolute path, seen from this file."""
    items = dict(tree.value) if isinstance(tree.value, dict) else {}
    for section in ("variants", "axes", "vary"):
        if section in items:
            items[section] = _absolute_settings(items[section], ())
    if "territory" in items:
        items["territory"] = _absolute_members(items["territory"])
    return replace(tree, value=items)


def _absolute_members(node: Node) -> Node:
    """A territory whose members' settings name files by absolute path."""
    parts = _items(node)
    members = {
        name: replace(
            member,
            value=_items(member)
            | {
                key: _absolute_settings(child, ())
                for key, child in _items(member).items()
                if key == "settings"
            },
        )
        if isinstance(member.value, dict)
        else member
        for name, member in _items(parts.get("members")).items()
    }
    if not members:
        return node
    held = replace(parts["members"], value=members)
    return replace(node, value=parts | {"members": held})


def _absolute_settings(node: Node, key: tuple[str, ...]) -> Node:
    if isinstance(node.value, list):
        return replace(node, value=[_absolute_settings(n, key) for n in node.value])
    if isinstance(node.value, dict):
        return replace(
            node,
            value={
                name: _absolute_settings(child, tuple(name.split(".")))
                for name, child in node.value.items()
            },
        )
    if len(key) < 2 or not isinstance(node.value, str):
        return node
    layer, _ = absolute_paths(nested(key, node))
    leaf: Node | None = layer
    for name in key:
        leaf = leaf.child(name) if leaf else None
    return leaf or node


def _broken_rules(tree: Node, plain: Settings) -> Iterator[Problem]:
    yield from _nothing_said(tree)
    yield from _baseline(tree, plain)
    yield from _axes(tree, plain)
    yield from _not_varied(tree)
    yield from condition_problems(tree, dict(_all_settings(tree)))
    yield from seed_problems(tree, plain.get("seeds"))
    yield from vary_problems(tree, plain)
    yield from count_problems(tree, plain, MOST_POINTS)
    yield from territory_problems(tree)


def _nothing_said(tree: Node) -> Iterator[Problem]:
    """Keys that may be left out but hold nothing: an indent is missing, mostly."""
    for key in OPTIONAL:
        node = tree.child(key)
        if node is not None and node.value is None:
            message = "got nothing; say what it holds, further in, or leave it out"
            yield Problem(node.place, key, message)


def _baseline(tree: Node, plain: Settings) -> Iterator[Problem]:
    variants, baseline = plain.get("variants", {"base": {}}), plain.get("baseline")
    if isinstance(baseline, str) and baseline not in variants:
        node = tree.child("baseline") or tree
        names = ", ".join(variants)
        hint = nearest(baseline, variants)
        message = f"unknown variant '{baseline}'; allowed: {names}{hint}"
        yield Problem(node.where, "baseline", message)


def _axes(tree: Node, plain: Settings) -> Iterator[Problem]:
    axes, combine = plain.get("axes", {}), plain.get("combine", "product")
    where = (tree.child("axes") or tree).key_where
    if isinstance(axes, list) and combine != "list":
        message = f"a list of settings needs combine: list, not {combine}"
        yield Problem(where, "axes", message)
    if not isinstance(axes, dict) or not all(
        isinstance(v, list) for v in axes.values()
    ):
        return
    lengths = [len(values) for values in axes.values()]
    if combine == "list" and axes:
        message = "combine: list needs a list of settings, one a point"
        yield Problem(where, "axes", message)
    if combine == "zip" and len(set(lengths)) > 1:
        listed = ", ".join(f"{key} {len(values)}" for key, values in axes.items())
        message = f"combine: zip needs axes of one length, got {listed}"
        yield Problem(where, "axes", message)
    if combine == "product" and math.prod(lengths) > MOST_POINTS:
        message = f"{math.prod(lengths)} points; allowed: at most {MOST_POINTS}"
        yield Problem(where, "axes", message)


def _not_varied(tree: Node) -> Iterator[Problem]:
    for section, settings in _all_settings(tree):
        for key, node in settings.items():
            reason = NOT_VARIED.get(key.strip())
            if len(key.split(".")) > DEEPEST:
                reason = "it is nested too deeply"
            if reason:
                message = f"cannot be varied here, {reason}"
                yield Problem(node.key_where, f"{section}.{key}", message)


def _all_settings(tree: Node) -> Iterator[tuple[str, dict[str, Node]]]:
    variants, axes = tree.child("variants"), tree.child("axes")
    for name, node in _items(variants).items():
        yield f"variants.{name}", _items(node)
    yield from settings_of_members(tree)
    yield "axes", _items(axes)
    if axes is not None and isinstance(axes.value, list):
        for index, node in enumerate(axes.value):
            yield f"axes.{index}", _items(node)
    yield from vary_settings(tree)


def _items(node: Node | None) -> dict[str, Node]:
    return node.value if node is not None and isinstance(node.value, dict) else {}


def _problems_of_runs(tree: Node, base: Node, study: Study) -> Iterator[Problem]:
    """What is wrong with the scenarios, told where the study says it."""
    axes = tree.child("axes")
    rows: Any = axes.value if axes is not None else {}
    if isinstance(rows, dict):
        rows = {key: node.value for key, node in rows.items()}
    else:
        rows = [_items(node) for node in rows]
    variants = _items(tree.child("variants")) or {"base": replace(tree, value={})}
    problems: list[Problem] = []
    members = member_bases(tree, base, problems) or {"": (tree, base)}
    yield from problems
    stands = list(itertools.islice(points(rows, study.combine), MOST_CHECKED))
    for point in stands:
        for variant in variants.values():
            yield from _found(members, point, _items(variant))
    told = set()
    for end in end_nodes(tree):
        for variant in variants.values():
            for problem in _found(members, stands[0], end, _items(variant)):
                if (problem.key, problem.message) not in told:
                    told.add((problem.key, problem.message))
                    yield problem


def _found(
    members: dict[str, tuple[Node, Node]], *layers: dict[str, Node]
) -> Iterator[Problem]:
    """What is wrong with each member under these settings, one layer on the other."""
    first: Scenario | None = None
    for name, (node, scenario) in members.items():
        for layer in layers:
            for key, leaf in layer.items():
                scenario = merge(scenario, nested(key.split("."), leaf))
        read, found = validated(scenario)
        yield from found
        first = first or read
        if read is not None and first is not None:
            yield from time_problems(name, node, read, first)
