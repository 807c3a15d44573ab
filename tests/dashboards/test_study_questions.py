"""A study's questions on its page: the report's words and figures, or what is wrong."""

import json

from tests.analysis.test_annual import FOUR, TWO
from tests.analysis.test_hosting import hosts  # noqa: F401
from tests.analysis.test_tornado import ENDS, TWO_SEEDS
from tests.dashboards.test_study_page import text
from tests.dashboards.test_study_sections import (
    BY_KEY,
    asked,
    folder_of,
    hosted,  # noqa: F401
    shown,
)
from twin.analysis.annual import ANNUAL_FILE, annual
from twin.analysis.questions import QUESTIONS, answers
from twin.analysis.tornado import TORNADO_FILE, tornado


def test_every_question_has_a_section_of_the_page():
    assert set(QUESTIONS) <= set(BY_KEY)


def test_what_a_study_depends_on_is_drawn_where_it_was_asked(hosted):  # noqa: F811
    folder = folder_of(hosted)
    assert not BY_KEY["depends"].is_in(asked(hosted, "depends").study.found)
    tornado(TWO_SEEDS, [], ENDS).write_parquet(folder / TORNADO_FILE)
    cards = shown(hosted, "depends")
    assert "v2g \\u2212 base" in text(cards)
    assert "middle 95 % of single draws" in text(cards)


def test_figures_of_a_year_are_a_table(hosted):  # noqa: F811
    folder = folder_of(hosted)
    annual(TWO, [], FOUR).write_parquet(folder / ANNUAL_FILE)
    record = json.loads((folder / "study.json").read_text())
    (folder / "study.json").write_text(json.dumps(record | {"annual": {"notes": []}}))
    assert "Network losses [kWh/year]" in text(shown(hosted, "year"))


def test_a_file_that_cannot_be_read_is_a_notice(hosted):  # noqa: F811
    (folder_of(hosted) / "territory.json").write_text("{")
    assert "Territory cannot be shown" in text(shown(hosted, "territory"))


def test_a_report_answers_in_the_order_of_the_questions(hosted):  # noqa: F811
    folder = folder_of(hosted)
    tornado(TWO_SEEDS, [], ENDS).write_parquet(folder / TORNADO_FILE)
    runs = asked(hosted, "depends").study.comparison
    found = answers(folder, lambda: runs)
    assert [one.key for one in found] == ["hosting", "year", "depends"]
    assert [one.is_gap for one in found] == [False, True, False]
    assert found[0].is_whole and found[0].lead()
    assert "What it depends on" in found[2].text()
