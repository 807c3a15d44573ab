"""What a form begins as: packaged scenarios, and runs with what they can't say."""

import json

import pytest

from dashboards.data import Library
from dashboards.whatif.fields import fields
from dashboards.whatif.form import at
from dashboards.whatif.starts import file_of, start_of, starters
from twin.errors import InputError
from twin.scenario.read import scenario_of
from twin.scenario.schema import scenario_schema

FIELDS = fields(scenario_schema())
RUN = "0123456789abcdef"
FIRST = {
    "schema": 1,
    "name": "first",
    "time": {"start": "2026-01-12", "days": 2},
    "feeder": {"source": "pandapower:create_kerber_dorfnetz"},
    "fleet": {"ev_share": 0.4},
}


@pytest.fixture
def library(tmp_path):
    return Library(tmp_path)


def run_of(library, **sections):
    scenario = scenario_of(FIRST).resolved()
    for key, words in sections.items():
        scenario[key] = {**scenario[key], **words}
    folder = library.results / "first" / RUN
    folder.mkdir(parents=True)
    record = {"schema": 1, "status": "done", "run_id": RUN, "name": "first"}
    text = json.dumps({**record, "scenario": scenario, "outputs": {}})
    (folder / "run.json").write_text(text)
    return start_of(f"first/{RUN}", library, FIELDS)


def test_the_packaged_scenarios_can_be_begun_as(library):
    assert starters()[0] == "first" and "village" in starters()
    for key in starters():
        start = start_of(key, library, FIELDS)
        assert not start.lost and scenario_of(start.data).name == key


def test_nothing_named_is_the_first_one(library):
    assert start_of("", library, FIELDS).key == "first"


def test_a_run_of_a_circuit_that_ships_can_be_begun_as(library):
    start = run_of(library, feeder={"source": "opendss:ckt5", "model": "three_phase"})
    assert "feeder.source" not in start.lost
    assert at(start.data, "feeder.source") == "opendss:ckt5"


def test_what_a_packaged_scenario_extends_is_in_it(library):
    hurts = start_of("v2g_hurts", library, FIELDS)
    assert at(hurts.data, "feeder.source") == "pandapower:lv_schutterwald"
    assert at(hurts.data, "fleet.ev_share") == 0.8


@pytest.mark.parametrize(
    "asked",
    ["nope", "..", "first.yaml", "/etc/passwd", "../first", "a/b", f"nope/{RUN}", "x/"],
)
def test_no_other_name_begins_anything(library, asked):
    with pytest.raises(InputError):
        start_of(asked, library, FIELDS)


def test_a_run_begins_as_it_was_and_says_no_default_again(library):
    start = run_of(library)
    assert start.lost == {}
    assert scenario_of(start.data).resolved() == start.run.record["scenario"]
    assert start.data == {
        "schema": 1,
        "name": "first",
        "seed": 1,
        "time": FIRST["time"],
        "feeder": FIRST["feeder"],
        "fleet": FIRST["fleet"],
    }


def test_another_feeder_than_the_runs_brings_its_own_region(library):
    data = run_of(library).data
    data["feeder"] = {"source": "pandapower:case33bw"}
    assert scenario_of(data).timezone == "America/Los_Angeles"


@pytest.mark.parametrize(
    ("key", "value"),
    [
        ("feeder.source", "json:/etc/grid.json"),
        ("feeder.source", "opendss:x.dss"),
        ("customers.profiles", "mine.CSV"),
        ("customers.file", "homes.csv"),
        ("fleet.travel_file", "tripv2pub.csv"),
        ("policy.name", "os:system"),
    ],
)
def test_files_and_classes_of_a_record_are_not_started(library, key, value):
    section, name = key.split(".")
    start = run_of(library, **{section: {name: value}})
    assert at(start.data, key) is None
    assert [one.key for one in start.problems({})] == [key]
    assert value in start.problems({})[0].message
    assert start.problems({key: "something registered"}) == []


def test_a_record_without_a_scenario_is_told(library):
    run_of(library)
    file = library.results / "first" / RUN / "run.json"
    file.write_text(json.dumps(json.loads(file.read_text()) | {"scenario": 3}))
    with pytest.raises(InputError, match="holds no scenario"):
        start_of(f"first/{RUN}", library, FIELDS)


def test_a_class_in_a_packaged_scenario_is_not_started(library, tmp_path):
    folder = tmp_path / "scenarios"
    folder.mkdir()
    text = json.dumps(
        {**FIRST, "policy": {"name": "os:system", "parameters": {"a": 1}}}
    )
    (folder / "own.yaml").write_text(text)
    start = start_of("own", library, FIELDS, folder)
    assert list(start.lost) == ["policy.name"] and "policy" not in start.data


def test_files_of_a_packaged_scenario_stay_as_the_server_has_them(library, tmp_path):
    folder = tmp_path / "scenarios"
    folder.mkdir()
    (folder / "homes.csv").write_text("node\n")
    said = {**FIRST, "customers": {"file": "homes.csv"}}
    (folder / "own.yaml").write_text(json.dumps(said))
    start = start_of("own", library, FIELDS, folder)
    assert at(start.data, "customers.file") == str(folder / "homes.csv")
    assert file_of(start, folder) == str(folder / "own.yaml")
