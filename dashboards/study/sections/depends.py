"""What it depends on: either end of each range that the study states."""

from __future__ import annotations

from dashboards.study.of_question import of_question
from twin.analysis import tornado_section
from twin.analysis.tornado import TORNADO_FILE

SECTION = of_question("depends", tornado_section.TITLE, 40, TORNADO_FILE)
