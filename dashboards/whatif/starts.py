"""What a form may begin as: a packaged scenario, or a run that lies in the results."""

from __future__ import annotations

import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from dashboards.address import named
from dashboards.data import Library
from dashboards.whatif.fields import Field
from dashboards.whatif.form import Data, at, without
from twin.errors import InputError, Problem, nearest
from twin.results.record import Run
from twin.scenario.layers import load
from twin.scenario.names import NAMES_FILE, circuit_of, known, region_default, region_of
from twin.scenario.read import absolute_paths

STARTER = re.compile(r"[a-z0-9][a-z0-9_-]{0,63}")
DEFAULT = "first"
FILES = (
    "customers.file",
    "fleet.travel_file",
    "feeder.root",
    "tariff.file",
    "tariff.export_file",
)


@dataclass(frozen=True)
class Start:
    """The values that a form begins with.

    key   as an address says it: ``first``, or ``village/0123456789abcdef``
    lost  keys whose value a browser can't start again, with the reason
    """

    key: str
    data: Data
    run: Run | None = None
    lost: Mapping[str, str] = field(default_factory=dict)

    def problems(self, changes: Mapping[str, Any]) -> list[Problem]:
        """What can't be started, unless something else was chosen in its place."""
        return [
            Problem("", key, why)
            for key, why in self.lost.items()
            if key not in changes
        ]


def starters(folder: Path | None = None) -> tuple[str, ...]:
    """The names of the packaged scenarios, the first one first."""
    found = {path.stem for path in (folder or _folder()).glob("*.yaml")}
    names = sorted(name for name in found if STARTER.fullmatch(name))
    return tuple(sorted(names, key=lambda name: name != DEFAULT))


def start_of(
    asked: str, library: Library, fields: Sequence[Field], folder: Path | None = None
) -> Start:
    """The starting point that an address names; nothing names the default one."""
    key = asked or DEFAULT
    if "/" in key:
        return _of_run(key, library, fields)
    allowed = starters(folder)
    if key not in allowed:
        raise InputError.of(
            f"no packaged scenario is called '{key}'; there are {', '.join(allowed)}"
            f"{nearest(key, allowed)}"
        )
    problems: list[Problem] = []
    tree, _ = absolute_paths(load((folder or _folder()) / f"{key}.yaml", problems, []))
    data, lost = _without_classes(tree.plain())
    return Start(key, data, None, lost)


def file_of(start: Start, folder: Path | None = None) -> str:
    """The file of a packaged scenario, as a terminal would name it."""
    path = (folder or _folder()) / f"{start.key}.yaml"
    here = Path.cwd()
    return str(path.relative_to(here) if path.is_relative_to(here) else path)


def _folder() -> Path:
    data = NAMES_FILE.parent
    checked_out = data.parents[1] / "scenarios"
    return checked_out if checked_out.is_dir() else data / "starter"


def _of_run(key: str, library: Library, fields: Sequence[Field]) -> Start:
    pairs = named(key)
    if len(pairs) != 1:
        raise InputError.of(f"'{key}' is not one run")
    run = Run.open(library.folder(*pairs[0]))
    told = run.record.get("scenario")
    if not isinstance(told, dict):
        raise InputError.of("its run.json holds no scenario", where=key)
    name = str(run.record.get("name") or pairs[0][0])
    data, lost = _without_files({"schema": 1, "name": name, **told})
    data, classes = _without_classes(_without_defaults(data, fields))
    return Start(key, data, run, {**lost, **classes})


def _without_files(data: Data) -> tuple[Data, dict[str, str]]:
    """A record names files without their folder, and may come from anywhere."""
    held = {key: at(data, key) for key in FILES}
    source, profiles = at(data, "feeder.source"), at(data, "customers.profiles")
    registered = str(source).partition(":")[0] in ("pandapower", "simbench")
    if not registered and circuit_of(str(source)) is None:
        held["feeder.source"] = source
    if str(profiles).lower().endswith(".csv"):
        held["customers.profiles"] = profiles
    lost = {}
    for key, value in held.items():
        if value is not None:
            data = without(data, key)
            lost[key] = (
                f"this run read its own file '{value}', whose folder is not on record; "
                "start it from a terminal with its scenario's file"
            )
    return data, lost


def _without_classes(data: Data) -> tuple[Data, dict[str, str]]:
    name = at(data, "policy.name")
    if name is None or name in known("policies"):
        return data, {}
    words = f"'{name}' is no registered policy; only a terminal can start it"
    left = without(without(data, "policy.name"), "policy.parameters")
    return left, {"policy.name": words}


def _without_defaults(data: Data, fields: Sequence[Field]) -> Data:
    """What a record wrote out although it would hold anyway is not said again."""
    for one in fields:
        value = at(data, one.key)
        if value in (None, {}, []) or (value == one.default and one.key != "seed"):
            data = without(data, one.key)
    source = at(data, "feeder.source")
    region = region_of(source)
    for key, word in (
        ("time.timezone", "timezone"),
        ("customers.profiles", "profiles"),
        ("fleet.travel", "travel"),
        ("limits.standard", "standard"),
    ):
        if at(data, key) == region_default(region, word):
            data = without(data, key)
    return data
