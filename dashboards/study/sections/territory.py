"""A territory: many feeders summed, and what could be called of their cars."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace

from dashboards.data import StudyFound
from dashboards.study.of_question import of_question
from twin.analysis.territory import TERRITORY_FILE, Territory
from twin.analysis.territory_text import changes, headline


def _lead(study: StudyFound) -> Sequence[str]:
    """The sums, and what V2G changes of them."""
    territory = Territory.open(study.path)
    return [] if territory is None else [headline(territory), *changes(territory)]


SECTION = replace(
    of_question("territory", "Territory", 5, TERRITORY_FILE),
    lead=_lead,
    is_whole_answer=True,
)
