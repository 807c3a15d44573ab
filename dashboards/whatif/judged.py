"""What was typed, judged by the rules of the form and of ``twin check``; started."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

from dashboards.whatif.fields import Field
from dashboards.whatif.form import Asked, asked, at, owner
from dashboards.whatif.jobs import Jobs
from dashboards.whatif.scenario_text import yaml_of
from dashboards.whatif.starts import Start
from dashboards.whatif.work import steps_of
from twin.errors import InputError, Problem
from twin.scenario.read import scenario_of
from twin.scenario.spec import Scenario


@dataclass(frozen=True)
class Judged:
    """What was typed, with all that is wrong with it; without faults, a scenario."""

    asked: Asked
    problems: tuple[Problem, ...]
    scenario: Scenario | None


def judge(every: Sequence[Field], start: Start, typed: object) -> Judged:
    """What was typed, by the rules of the form, then by those of ``twin check``."""
    said = asked(every, start.data, typed)
    found = [*said.problems, *start.problems(said.changes)]
    scenario = None
    try:
        scenario = scenario_of(said.data)
    except InputError as error:
        known = {problem.key for problem in found}
        found += [one for one in error.problems if one.key not in known]
    return Judged(said, tuple(found), None if found else scenario)


def difference(every: Sequence[Field], start: Start, said: Asked) -> list[str]:
    """What was changed, a line a key."""
    lines = []
    for one in every:
        if one.key in said.changes:
            was, now = at(start.data, one.key), said.changes[one.key]
            before, after = (one.default if v is None else v for v in (was, now))
            lines.append(f"{one.key}: {_said(before)} → {_said(after)}")
    return lines


def begin(
    every: Sequence[Field],
    start: Start,
    typed: object,
    jobs: Jobs,
    rival_of: str = "",
) -> str:
    """Start what was typed; the job's id. Everything is judged again.

    rival_of  the run that this one is to be held against, if that is what it is for
    """
    judged = judge(every, start, typed)
    if judged.scenario is None:
        raise InputError(judged.problems)
    said = judged.asked
    told = {
        "start": start.key,
        "changes": difference(every, start, said),
        "steps": steps_of(said.data),
        "timezone": judged.scenario.timezone,
        "policy": judged.scenario.policy.name,
        "rival_of": rival_of,
    }
    return jobs.start(judged.scenario.name, yaml_of(said.data), told)


def marks(every: Sequence[Field], judged: Judged) -> dict[str, Any]:
    """What the browser writes at the fields."""
    at_field: dict[str, list[str]] = {}
    for problem in judged.problems:
        key = owner(every, problem.key)
        inner = problem.key.removeprefix(key).lstrip(".")
        words = f"{inner}: {problem.message}" if inner else problem.message
        at_field.setdefault(key, []).append(words)
    return {
        "problems": {key: "\n".join(words) for key, words in at_field.items()},
        "gave_way": dict(judged.asked.gave_way),
    }


def _said(value: Any) -> str:
    if value is None:
        return "default"
    return ", ".join(map(str, value)) if isinstance(value, list) else str(value)
