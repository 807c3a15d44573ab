"""A question of ``twin.analysis.questions`` as a section of a study's page."""

from __future__ import annotations

from collections.abc import Sequence

from dash.development.base_component import Component

from dashboards.data import StudyFound
from dashboards.study.of_report import cards
from dashboards.study.recorded import StudyOpened
from dashboards.study.section import Asked, Section
from twin.analysis.comparison import Comparison
from twin.analysis.questions import QUESTIONS, Answer
from twin.errors import InputError

NO_RUNS = "the study's runs are gone; run it again"


def of_question(
    key: str, title: str, order: int, file: str, leads: bool = False
) -> Section:
    """The section of a question: the report's words, tables and figures.

    leads  whether its first sentences stand in the study's answer
    """

    def body(asked: Asked) -> list[Component]:
        html = asked.kept("html", lambda: _html(key, asked.study))
        return cards(html, asked.key, asked.scheme)

    def lead(study: StudyFound) -> Sequence[str]:
        found = QUESTIONS[key](study.path, _no_runs)
        return () if found is None else found.lead()

    return Section(key, title, order, file, body, lead=lead if leads else _nothing)


def _html(key: str, study: StudyOpened) -> str:
    def runs() -> Comparison:
        return study.comparison or _no_runs()

    found: Answer | None = QUESTIONS[key](study.found.path, runs)
    return "" if found is None else found.html()


def _no_runs() -> Comparison:
    raise InputError.of(NO_RUNS)


def _nothing(_: StudyFound) -> Sequence[str]:
    return ()
