"""What is wrong with the tables that a scenario or a study names, all of it at once."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from itertools import islice, product
from pathlib import Path

from twin.errors import InputError, Problem
from twin.scenario.layers import Overrides
from twin.scenario.read import placed
from twin.scenario.spec import Scenario
from twin.scenario.study import Study
from twin.scenario.study_places import placed_in_study
from twin.simulation.user_files import MOST_RUNS, of_study, refuse_unreadable


def refuse_tables(scenario: Scenario, file: Path, overrides: Overrides = ()) -> None:
    """InputError with every problem of a scenario's tables, and of its years ahead."""
    totals = InputError(_problems_of_totals(scenario))
    _refuse(
        [
            *_problems_of_files([scenario], file, overrides),
            *placed(totals, file, overrides).problems,
        ]
    )


def refuse_tables_of_study(study: Study, file: Path) -> None:
    """The same of a study's first runs, each problem where the study says it."""
    once = study.model_copy(update={"seeds": list(study.draws[:1])})
    scenarios = list(of_study(once))
    _refuse(
        [*_problems_of_files(scenarios, file), *_problems_of_years(once, scenarios)]
    )


def _refuse(problems: Sequence[Problem]) -> None:
    if problems:
        raise InputError(list(dict.fromkeys(problems)))


def _problems_of_files(
    scenarios: Sequence[Scenario], file: Path, overrides: Overrides = ()
) -> tuple[Problem, ...]:
    try:
        refuse_unreadable(scenarios, file, overrides)
    except InputError as error:
        return error.problems
    return ()


def _problems_of_years(
    study: Study, scenarios: Sequence[Scenario]
) -> Iterator[Problem]:
    members = [""] if study.territory is None else list(study.territory.members)
    rows = product(islice(study.runs(), MOST_RUNS), members)
    for (run, member), scenario in zip(rows, scenarios, strict=True):
        found = InputError(_problems_of_totals(scenario))
        if found.problems:
            yield from placed_in_study(study, run, found, None, member).problems


def _problems_of_totals(scenario: Scenario) -> tuple[Problem, ...]:
    """What living up to the scenario's year would refuse of its control totals."""
    if scenario.adoption is None:
        return ()
    from twin.fleet.adoption import totals_asked

    try:
        totals_asked(scenario.adoption, scenario.region)
    except InputError as error:
        return error.problems
    return ()
