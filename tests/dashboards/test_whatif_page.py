"""The what-if page: judged as ``twin check`` judges, started only when right."""

import json
import sys

import pytest
from plotly.utils import PlotlyJSONEncoder

from dashboards.data import Library
from dashboards.pages.whatif import same_command
from dashboards.whatif.fields import fields
from dashboards.whatif.form import shown
from dashboards.whatif.jobs import Jobs
from dashboards.whatif.judged import begin, difference, judge, marks
from dashboards.whatif.layout import COMMON, page
from dashboards.whatif.starts import start_of
from twin.errors import InputError
from twin.scenario.read import read
from twin.scenario.schema import scenario_schema

FIELDS = fields(scenario_schema())


@pytest.fixture
def library(tmp_path):
    return Library(tmp_path)


@pytest.fixture
def start(library):
    return start_of("first", library, FIELDS)


@pytest.fixture
def jobs(tmp_path):
    program = tmp_path / "nothing.py"
    program.write_text("")
    return Jobs(tmp_path, (sys.executable, "-S", "-E", str(program)))


def text_of(component):
    return json.dumps(component, cls=PlotlyJSONEncoder, ensure_ascii=False)


def told(judged):
    return {one.key: one.message for one in judged.problems}


def test_nothing_changed_is_right(start):
    judged = judge(FIELDS, start, {})
    assert judged.problems == () and judged.scenario.name == "first"


def test_problems_are_those_of_a_file_word_by_word(start, tmp_path):
    file = tmp_path / "x.yaml"
    wrong = {"time": {"start": "2026-02-30", "days": 0}, "fleet": {"ev_share": 2}}
    data = {**start.data, **wrong, "name": "Big"}
    file.write_text(json.dumps(data))
    with pytest.raises(InputError) as error:
        read(file)
    typed = {"time.start": "2026-02-30", "time.days": 0, "name": "Big"}
    typed |= {"fleet.ev_share": 2, "fleet.bidirectional_share": ""}
    assert told(judge(FIELDS, start, typed)) == {
        one.key: one.message for one in error.value.problems
    }


def test_what_is_refused_and_what_is_wrong_are_told_at_once(start):
    typed = {"policy.name": "os:system", "time.days": 9999, "customers.file": "x"}
    assert set(told(judge(FIELDS, start, typed))) == set(typed)


def test_marks_stand_at_fields_with_the_inner_key_in_words(start):
    typed = {"fleet.models": [["nissan_leef", "1"]], "fleet.ev_count": 3}
    judged = judge(FIELDS, start, typed)
    found = marks(FIELDS, judged)
    words = found["problems"]["fleet.models"]
    assert words.startswith("nissan_leef: unknown car model")
    assert found["gave_way"] == {"fleet.ev_share": "fleet.ev_count"}


def test_a_problem_of_a_section_stands_at_the_section(start):
    judged = judge(FIELDS, start, {"fleet.ev_share": ""})
    assert "neither is given" in marks(FIELDS, judged)["problems"]["fleet"]


def test_a_difference_is_told_by_key(start):
    typed = {"fleet.ev_share": 0.8, "policy.name": "valley", "time.timezone": ""}
    typed["policy.reserve_soc"] = 0.4
    assert difference(FIELDS, start, judge(FIELDS, start, typed).asked) == [
        "time.timezone: Europe/Berlin → default",
        "fleet.ev_share: 0.4 → 0.8",
        "policy.name: uncontrolled → valley",
        "policy.reserve_soc: 0.3 → 0.4",
    ]


def test_starting_writes_the_scenario_that_was_typed(start, jobs):
    typed = {"fleet.ev_share": 0.8, "name": "more_cars"}
    job_id = begin(FIELDS, start, typed, jobs)
    folder = jobs.root / job_id
    assert read(folder / "scenario.yaml") == judge(FIELDS, start, typed).scenario
    record = json.loads((folder / "job.json").read_text())
    assert record["scenario"] == "more_cars" and record["start"] == "first"
    assert record["changes"] == ["name: first → more_cars", "fleet.ev_share: 0.4 → 0.8"]
    assert record["steps"] == 192


@pytest.mark.parametrize(
    "typed",
    [
        {"fleet.ev_share": 2},
        {"policy.name": "os:system"},
        {"feeder.source": "json:/etc/passwd"},
        {"customers.file": "/etc/passwd"},
        {"extends": "/etc/passwd"},
        {"name": "../x"},
        None,
        [],
    ],
)
def test_nothing_wrong_is_started_whatever_a_browser_sends(start, jobs, typed):
    with pytest.raises(InputError):
        begin(FIELDS, start, typed, jobs)
    assert not jobs.root.exists()


def test_the_command_is_the_same_run(start):
    said = judge(FIELDS, start, {"fleet.ev_share": 0.8}).asked
    words = same_command(start, said, "results")
    assert words.endswith("first.yaml --out results --set fleet.ev_share=0.8")


def test_every_key_of_the_schema_has_one_place_on_the_page(start, jobs):
    text = text_of(page(start, FIELDS, jobs))
    for one in FIELDS:
        mark = f'"data-key": "{one.key}"'
        assert text.count(mark) == 1, one.key
    assert set(COMMON) <= {one.key for one in FIELDS}


def test_locked_values_are_shown_and_have_no_control(start, jobs):
    start.data["customers"] = {"file": "/srv/homes.csv"}
    text = text_of(page(start, FIELDS, jobs))
    assert '"/srv/homes.csv"' in text
    control = '{"type": "whatif-value", "key": "customers.file"'
    assert control not in text
    stores = page(start, FIELDS, jobs).children[0].data
    assert "customers.file" not in stores["shown"]


def test_the_page_shows_what_the_form_compares_with(start, jobs):
    stores = page(start, FIELDS, jobs).children[0].data
    assert stores["key"] == "first"
    for one in FIELDS:
        if one.kind != "locked":
            assert stores["shown"][one.key] == shown(one, start.data)
