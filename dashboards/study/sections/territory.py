"""A territory: many feeders summed, and what could be called of their cars."""

from __future__ import annotations

from dashboards.study.of_question import of_question
from twin.analysis.territory import TERRITORY_FILE

SECTION = of_question("territory", "Territory", 5, TERRITORY_FILE)
