"""Reads a user's own tables as a run will, save what only the feeder can tell.

Each reader is imported when a scenario names such a file, so that checking one that
names none waits for nothing.
"""

from __future__ import annotations

import json
from collections.abc import Callable, Iterable, Iterator, Mapping
from itertools import islice
from pathlib import Path
from types import MappingProxyType
from typing import TYPE_CHECKING

from twin.errors import InputError, Problem
from twin.scenario.layers import Overrides
from twin.scenario.read import placed, read
from twin.scenario.spec import Scenario
from twin.scenario.study import Study

if TYPE_CHECKING:
    from twin.timeline import Timeline

MOST_RUNS = 200

Reader = Callable[[Path, Scenario, str], object]


def refuse_unreadable(
    scenarios: Iterable[Scenario], file: Path, overrides: Overrides = ()
) -> None:
    """InputError with every problem of the tables that the scenarios name.

    file, overrides   where the scenarios were read from, for problems without a place
    """
    seen: set[object] = set()
    problems: list[Problem] = []
    for scenario in scenarios:
        same = (*scenario.files().items(), scenario.time, scenario.timezone)
        problems += [] if same in seen else problems_of_files(scenario)
        seen.add(same)
    if problems:
        raise placed(InputError(problems), file, overrides)


def of_study(study: Study) -> Iterator[Scenario]:
    """The scenarios of a study's first runs."""
    for one in islice(study.runs(), MOST_RUNS):
        for file, settings in study.starts():
            said = {**settings, **one.overrides}
            words = [f"{key}={json.dumps(value)}" for key, value in said.items()]
            yield read(file, words)


def problems_of_files(scenario: Scenario) -> list[Problem]:
    """What is wrong with the tables that a scenario names, all of them at once."""
    problems: list[Problem] = []
    for key, path in scenario.files().items():
        reader = _READERS.get(".records" if key.endswith(".records") else key)
        if reader is None:
            continue
        try:
            reader(path, scenario, key)
        except InputError as error:
            problems += error.problems
    return list(dict.fromkeys(problems))


def _calendar(scenario: Scenario) -> Timeline:
    from twin.timeline import Timeline

    time = scenario.time
    days = Timeline(time.start, time.days, time.step_min, scenario.timezone)
    return days.led_in(time.lead_in_days)


def _customers(path: Path, scenario: Scenario, key: str) -> object:
    from twin.customers.roster import Roster

    return Roster.read(path)


def _profiles(path: Path, scenario: Scenario, key: str) -> object:
    """The series or typical days, for whatever customers there will be."""
    import numpy as np

    from twin.surroundings.csv_profiles import csv_profile
    from twin.surroundings.homes import Homes

    nobody = Homes(np.zeros(0), np.zeros(0, dtype=np.int64), np.zeros(0))
    return csv_profile(path, nobody, _calendar(scenario))


def _head(path: Path, scenario: Scenario, key: str) -> object:
    from twin.surroundings.csv_head import feeder_head

    return feeder_head(path, _calendar(scenario))


def _trips(path: Path, scenario: Scenario, key: str) -> object:
    from twin.fleet.travel_nhts import NhtsTravel

    return NhtsTravel(scenario.seed, path)


def _prices(path: Path, scenario: Scenario, key: str) -> object:
    from twin.surroundings.realtime import Realtime

    return Realtime(path, _calendar(scenario))


def _export_prices(path: Path, scenario: Scenario, key: str) -> object:
    from twin.surroundings.avoided_cost import avoided_cost_of

    return avoided_cost_of(path)


def _records(path: Path, scenario: Scenario, key: str) -> object:
    from twin.surroundings.outage_records import outage_records

    return outage_records(str(path), key)


_READERS: Mapping[str, Reader] = MappingProxyType(
    {
        "customers.file": _customers,
        "customers.profiles": _profiles,
        "customers.feeder_head": _head,
        "fleet.travel_file": _trips,
        "tariff.file": _prices,
        "tariff.export_file": _export_prices,
        ".records": _records,
    }
)
