"""Words for a territory: many feeders as one study, so many copies of each."""

from __future__ import annotations

import os
from collections.abc import Iterator
from pathlib import Path
from typing import Annotated, Any

from pydantic import Field

from twin.errors import Problem, nearest
from twin.scenario.document import Node
from twin.scenario.layers import load, merge, nested
from twin.scenario.spec import Scenario
from twin.scenario.words import NAME_WORDS, Name, Words

Settings = dict[str, Any]

MOST_COPIES = 100_000
ONE_TIME = ("start", "days", "step_min", "timezone")
NOT_OF_A_TERRITORY = {
    "hosting": "is about one feeder",
    "alternatives": "is about one feeder",
    "vary": "is not told of sums",
    "conditions": "has days of one feeder each, which are no sum's",
}


class Member(Words):
    """A feeder of a territory, and how many such there are."""

    copies: Annotated[int, Field(ge=1, le=MOST_COPIES)] = Field(
        default=1,
        description="How many feeders like this; each has owners, trips and loads of "
        "its own",
    )
    scenario: Annotated[Path, Field(strict=False)] | None = Field(
        default=None,
        description="Its scenario, relative to this file; default: the study's base",
    )
    settings: Settings = Field(
        default_factory=dict,
        description="What is otherwise here, by dotted key; variants and axes have "
        "the last word",
    )


class Territory(Words):
    """Many feeders, summed as one territory."""

    members: Annotated[dict[Name, Member], Field(min_length=1)] = Field(
        description="Name of a kind of feeder: its scenario and how many there are",
        json_schema_extra={
            "keyMessage": NAME_WORDS,
            "errorMessage": "a mapping of at least one name to what it is, as "
            "village: {copies: 20, scenario: village.yaml}",
        },
    )

    @property
    def n_feeder(self) -> int:
        """Feeders of all members."""
        return sum(member.copies for member in self.members.values())


def member_bases(
    tree: Node, base: Node, problems: list[Problem]
) -> dict[str, tuple[Node, Node]]:
    """The member's node and its scenario with its settings; what is wrong is noted."""
    found: dict[str, tuple[Node, Node]] = {}
    for name, node in _members(tree).items():
        scenario = _scenario(node, base, name, problems)
        if scenario is None:
            continue
        settings = node.child("settings")
        rows = settings.value if settings is not None else {}
        for key, leaf in rows.items() if isinstance(rows, dict) else ():
            scenario = merge(scenario, nested(key.split("."), leaf))
        found[name] = node, scenario
    return found


def territory_problems(tree: Node) -> Iterator[Problem]:
    """A territory beside what cannot be asked of a sum of feeders."""
    node = tree.child("territory")
    if node is None:
        return
    for key, reason in NOT_OF_A_TERRITORY.items():
        other = tree.child(key)
        if other is not None:
            message = f"{reason}; leave it out, or the territory"
            yield Problem(other.key_where, key, message)


def settings_of_members(tree: Node) -> Iterator[tuple[str, dict[str, Node]]]:
    """Every place of a territory that sets scenario keys, by its name."""
    for name, node in _members(tree).items():
        settings = node.child("settings")
        if settings is not None and isinstance(settings.value, dict):
            yield f"territory.members.{name}.settings", settings.value


def time_problems(
    name: str, node: Node, mine: Scenario, first: Scenario
) -> Iterator[Problem]:
    """Members live in one stretch of time, or they cannot be summed."""
    for key in ONE_TIME:
        here, there = _time(mine, key), _time(first, key)
        if here != there:
            yield Problem(
                node.key_where,
                f"territory.members.{name}",
                f"has time.{key} {here}, the first member {there}; members are summed "
                f"at every instant: say settings: {{time.{key}: ...}}",
            )


def with_absolute_scenarios(plain: Settings, tree: Node) -> None:
    """Members' scenarios by absolute path, in place."""
    members = plain.get("territory")
    members = members.get("members") if isinstance(members, dict) else None
    for name, node in _members(tree).items():
        said = node.child("scenario")
        if isinstance(members, dict) and said and isinstance(said.value, str):
            members[name]["scenario"] = os.path.abspath(node.folder / said.value)


def _time(scenario: Scenario, key: str) -> object:
    return scenario.timezone if key == "timezone" else getattr(scenario.time, key)


def _members(tree: Node) -> dict[str, Node]:
    territory = tree.child("territory")
    members = territory.child("members") if territory is not None else None
    if members is None or not isinstance(members.value, dict):
        return {}
    return dict(members.value)


def _scenario(
    node: Node, base: Node, name: str, problems: list[Problem]
) -> Node | None:
    said = node.child("scenario")
    if said is None:
        return base
    if not isinstance(said.value, str):
        return None
    path = Path(os.path.normpath(said.folder / said.value))
    if not os.path.isfile(path):
        key = f"territory.members.{name}.scenario"
        hint = nearest(
            path.name, sorted(one.name for one in path.parent.glob("*.yaml"))
        )
        problems.append(Problem(said.where, key, f"no such file '{path}'{hint}"))
        return None
    return load(path, problems, [])
