"""Alternatives side by side: what each costs, cures and leaves."""

from __future__ import annotations

from dashboards.study.of_question import of_question
from twin.analysis import alternatives_section
from twin.analysis.alternatives import RECORD

SECTION = of_question(
    "alternatives", alternatives_section.TITLE, 15, RECORD, leads=True
)
