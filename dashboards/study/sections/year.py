"""A year: sums of weeks that stand for it."""

from __future__ import annotations

from dashboards.study.of_question import of_question
from twin.analysis import annual_section
from twin.analysis.annual import ANNUAL_FILE

SECTION = of_question("year", annual_section.TITLE, 30, ANNUAL_FILE)
