"""A part of a study's page that is there if the study wrote its file.

A section is a module in ``dashboards/study/sections`` with a constant ``SECTION``;
nothing lists them.
"""

from __future__ import annotations

from collections.abc import Callable, Hashable, Sequence
from dataclasses import dataclass
from typing import TypeVar

import polars as pl
from dash import html
from dash.development.base_component import Component

from dashboards import parts
from dashboards.data import Library, StudyFound
from dashboards.study.recorded import StudyOpened
from twin.errors import TwinError

Made = TypeVar("Made")
Options = Sequence[tuple[str, str]]
BROKEN = (
    TwinError,
    OSError,
    ValueError,
    KeyError,
    TypeError,
    AttributeError,
    IndexError,
    pl.exceptions.PolarsError,
)


@dataclass(frozen=True)
class Asked:
    """What a section is about, and how it is to look.

    key    of the section: its parts' keys begin with it
    pick   what its control says; empty without one
    """

    library: Library
    study: StudyOpened
    key: str
    scheme: str
    pick: str

    def kept(self, what: Hashable, make: Callable[[], Made]) -> Made:
        """Made once, as long as the study and its runs stay as they are."""
        return self.library.keep((self.study.key, self.key, what), make)


def _nothing(_: StudyFound) -> Options:
    return ()


@dataclass(frozen=True)
class Section:
    """A part of the page.

    file      what the study must have written for it
    body      its cards, from what is asked
    options   of a control above it: value and words of each; the first is usual
    control   what that control chooses
    lead      a sentence or more for the study's answer, quick to have
    is_whole_answer  whether nothing can be said beside that lead: the study's runs
                     are parts of a sum, and no draws of one thing
    """

    key: str
    title: str
    order: int
    file: str
    body: Callable[[Asked], Sequence[Component]]
    options: Callable[[StudyFound], Options] = _nothing
    control: str = ""
    lead: Callable[[StudyFound], Sequence[str]] = lambda _: ()
    is_whole_answer: bool = False

    def is_in(self, study: StudyFound) -> bool:
        """Whether the study has it."""
        return (study.path / self.file).is_file()

    def layout(self, study: StudyFound, pick: object) -> Component:
        """Heading and control; the cards come by a callback."""
        options = self._options(study)
        values = [value for value, _ in options]
        control = parts.select(
            f"study-{self.key}_pick",
            options or [("", "")],
            parts.one_of(values, pick),
            self.control or self.title,
        )
        return html.Section(
            [
                html.Header(
                    [
                        html.H2(self.title),
                        html.Div(
                            [html.Span(f"{self.control}:", className="soft"), control],
                            className="button-row",
                            hidden=len(options) < 2,
                        ),
                    ],
                    className="card-head part-head",
                ),
                parts.waiting(f"study-{self.key}-body", f"Reading {self.file} …"),
            ],
            className="study-part",
            id=f"study-{self.key}",
        )

    def shown(self, asked: Asked) -> list[Component]:
        """Its cards, or what is wrong with what it reads."""
        try:
            return list(self.body(asked))
        except BROKEN as error:
            return [self._broken(asked.study.found, error)]

    def said(self, study: StudyFound) -> list[str]:
        """Its part of the answer; nothing where that cannot be read."""
        try:
            return list(self.lead(study)) if self.is_in(study) else []
        except BROKEN:
            return []

    def _options(self, study: StudyFound) -> Options:
        try:
            return list(self.options(study))
        except BROKEN:
            return ()

    def _broken(self, study: StudyFound, error: Exception) -> Component:
        kind = "" if isinstance(error, TwinError) else f"{type(error).__name__}: "
        words = str(error).replace(f"{study.path}/", "").replace(f"{study.path}: ", "")
        return parts.notice(
            f"{kind}{words}. The study, run again, writes it anew.",
            "error",
            f"{self.title} cannot be shown: {self.file}",
        )
