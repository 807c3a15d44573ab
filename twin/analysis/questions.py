"""What a study may be made to ask, and how each answer is told on a page or in text."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path

from twin.analysis import (
    alternatives_section,
    annual_section,
    hosting_section,
    hosting_text,
    territory_section,
    territory_text,
    tornado_section,
    tornado_words,
)
from twin.analysis.alternatives import Alternatives
from twin.analysis.alternatives_words import answer as alternatives_answer
from twin.analysis.comparison import Comparison
from twin.analysis.hosting import Hosting
from twin.analysis.territory import Territory

ONE_FEEDER = (
    "What follows, here and in every section but Territory, is about one feeder of it: "
    "the first copy of the first member ({name}, run {run_id})."
)


@dataclass(frozen=True)
class Answer:
    """What a study answers to one question.

    lead      sentences for the head of a page
    html      the section's body, with its figures
    text      the same for a terminal
    is_whole  whether the text says all that matters, so that no table of runs follows
    is_gap    whether it only says why there is no answer

    Lead, html and text are made when they are asked for.
    """

    key: str
    title: str
    lead: Callable[[], Sequence[str]]
    html: Callable[[], str]
    text: Callable[[], str]
    is_whole: bool = False
    is_gap: bool = False


Question = Callable[[Path, Callable[[], Comparison]], Answer | None]


def answers(folder: Path, runs: Callable[[], Comparison]) -> list[Answer]:
    """What a study's folder answers, in the order of a report.

    runs  its runs, opened only by an answer that needs them
    """
    found = (ask(folder, runs) for ask in QUESTIONS.values())
    return [one for one in found if one is not None]


def _hosting(folder: Path, runs: Callable[[], Comparison]) -> Answer | None:
    found = Hosting.open(folder)
    if found is None:
        return None
    return Answer(
        "hosting",
        "Hosting capacity",
        lambda: [hosting_text.headline(found)],
        lambda: hosting_section.hosting_section(found, runs()),
        lambda: hosting_text.text(found),
        is_whole=True,
    )


def _alternatives(folder: Path, _: Callable[[], Comparison]) -> Answer | None:
    found = Alternatives.open(folder)
    if found is None:
        return None
    return Answer(
        "alternatives",
        alternatives_section.TITLE,
        lambda: alternatives_answer(found),
        lambda: alternatives_section.section(found),
        lambda: alternatives_section.text(found),
    )


def _territory(folder: Path, runs: Callable[[], Comparison]) -> Answer | None:
    found = Territory.open(folder)
    if found is None:
        return None
    return Answer(
        "territory",
        "Territory",
        lambda: [territory_text.headline(found), _one_feeder(runs())],
        lambda: territory_section.territory_section(found),
        lambda: territory_text.text(found),
        is_whole=True,
    )


def _one_feeder(comparison: Comparison) -> str:
    run = comparison.cases[0].run
    return ONE_FEEDER.format(name=run.record.get("name"), run_id=run.run_id)


def _year(folder: Path, _: Callable[[], Comparison]) -> Answer:
    return Answer(
        "year",
        annual_section.TITLE,
        list,
        lambda: annual_section.section(folder),
        lambda: annual_section.text(folder),
        is_gap=annual_section.annual_of(folder) is None,
    )


def _depends(folder: Path, _: Callable[[], Comparison]) -> Answer | None:
    if not tornado_words.questions_of(folder):
        return None
    return Answer(
        "depends",
        tornado_section.TITLE,
        list,
        lambda: tornado_section.section(folder),
        lambda: tornado_words.text(folder),
    )


QUESTIONS: Mapping[str, Question] = {
    "hosting": _hosting,
    "alternatives": _alternatives,
    "territory": _territory,
    "year": _year,
    "depends": _depends,
}
