"""What a form shows, what was typed, and what is never taken from a browser."""

import pytest

from dashboards.whatif.fields import fields
from dashboards.whatif.form import LONGEST, asked, at, owner, shown, without
from twin.errors import InputError
from twin.scenario.read import scenario_of
from twin.scenario.schema import scenario_schema

FIELDS = fields(scenario_schema())
BY_KEY = {one.key: one for one in FIELDS}
START = {
    "schema": 1,
    "name": "small",
    "time": {"start": "2026-01-12", "days": 2},
    "feeder": {"source": "pandapower:create_kerber_dorfnetz"},
    "fleet": {"ev_share": 0.4},
    "policy": {"name": "valley"},
}


def typed(**changes):
    return asked(FIELDS, START, {k.replace("__", "."): v for k, v in changes.items()})


def told(said):
    return [(one.key, one.message) for one in said.problems]


def test_nothing_typed_is_the_starting_scenario():
    every = {one.key: shown(one, START) for one in FIELDS if one.kind != "locked"}
    assert asked(FIELDS, START, {}).data == START
    same = asked(FIELDS, START, every)
    assert same.data == START and not same.changes and not same.problems


def test_what_was_typed_becomes_a_value_of_its_kind():
    said = typed(
        time__days=7,
        time__step_min="30",
        seed="9223372036854775807",
        power_flow__tolerance_pu="1e-9",
        feeder__enforce_q_limits=False,
        customers__annual_kwh="network",
        customers__homes_per_load="12",
        customers__power_factor=0.97,
        limits__voltage_pu=[0.95, 1.05],
        policy__window__start="22:00",
        policy__window__end="06:00",
    )
    assert not said.problems
    assert said.data["time"] == {"start": "2026-01-12", "days": 7, "step_min": 30}
    assert said.data["seed"] == 2**63 - 1
    assert said.data["power_flow"] == {"tolerance_pu": 1e-9}
    assert said.data["feeder"]["enforce_q_limits"] is False
    assert said.data["customers"] == {
        "annual_kwh": "network",
        "homes_per_load": 12,
        "power_factor": 0.97,
    }
    assert said.data["limits"] == {"voltage_pu": [0.95, 1.05]}
    assert said.data["policy"]["window"] == {"start": "22:00", "end": "06:00"}
    scenario_of(said.data)


def test_the_starting_values_are_left_as_they_were():
    before = {key: dict(v) if isinstance(v, dict) else v for key, v in START.items()}
    typed(time__days=9, fleet__ev_count=3, policy__name="tou")
    assert before == START


def test_rows_are_a_mix_and_one_charger_is_a_number():
    rows = [["nissan_leaf", "0.25"], ["", ""], ["renault_5", 0.75]]
    said = typed(fleet__models=rows, fleet__charger_kw=[["7.4", ""]])
    assert said.data["fleet"]["models"] == {"nissan_leaf": 0.25, "renault_5": 0.75}
    assert said.data["fleet"]["charger_kw"] == 7.4
    mixed = typed(fleet__charger_kw=[["7.4", "0.5"], ["11", "0.5"]])
    assert mixed.data["fleet"]["charger_kw"] == {"7.4": 0.5, "11": 0.5}


def test_rows_without_a_name_or_twice_the_same_are_told():
    assert told(typed(fleet__models=[["", "0.5"]])) == [
        ("fleet.models", "one row has a value but no name")
    ]
    twice = [["nissan_leaf", "0.5"], ["nissan_leaf", "0.5"]]
    assert told(typed(fleet__models=twice))[0][1].endswith("given twice; keep one")


def test_an_emptied_field_says_nothing_of_it():
    start = {**START, "customers": {"pv_share": 0.2}}
    said = asked(FIELDS, start, {"customers.pv_share": "", "time.days": ""})
    assert "customers" not in said.data and "days" not in said.data["time"]
    with pytest.raises(InputError, match="is missing; needed: a whole number from 1"):
        scenario_of(said.data)


def test_a_number_of_cars_takes_the_place_of_a_share():
    said = typed(fleet__ev_count=30)
    assert said.data["fleet"] == {"ev_count": 30}
    assert said.gave_way == {"fleet.ev_share": "fleet.ev_count"}
    both = typed(fleet__ev_count=30, fleet__ev_share=0.5)
    assert both.data["fleet"] == {"ev_count": 30, "ev_share": 0.5}
    assert both.gave_way == {}


def test_a_wrong_value_is_left_to_the_rules_of_a_file():
    said = typed(fleet__ev_share="lots", time__days=2.5)
    assert not said.problems
    with pytest.raises(InputError) as error:
        scenario_of(said.data)
    found = {one.key: one.message for one in error.value.problems}
    assert found["fleet.ev_share"] == "got 'lots'; allowed: a number from 0 to 1"
    assert found["time.days"].startswith("got 2.5; allowed: a whole number")


@pytest.mark.parametrize(
    "key",
    [
        "extends",
        "schema",
        "feeder.root",
        "customers.file",
        "fleet.travel_file",
        "policy.parameters",
        "events",
        "policy",
        "policy.class",
        "__proto__",
        "",
    ],
)
def test_locked_and_unknown_keys_are_refused(key):
    said = asked(FIELDS, START, {key: "x"})
    assert told(said) == [(key, "can be set in a scenario's file only")]
    assert said.data == START


@pytest.mark.parametrize(
    ("key", "raw"),
    [
        ("policy.name", "os:system"),
        ("policy.name", "my.module:Policy"),
        ("policy.name", "/etc/passwd"),
        ("policy.name", ["valley"]),
        ("policy.name", {"name": "valley"}),
        ("feeder.source", "json:/etc/passwd"),
        ("feeder.source", "opendss:master.dss"),
        ("feeder.source", "simbench:1-LV-rural1--0-sw"),
        ("feeder.source", "pandapower:../x"),
        ("customers.profiles", "mine.csv"),
        ("tariff.name", "http://evil.example/"),
        ("fleet.travel", "../../trips"),
    ],
)
def test_only_registered_names_are_taken(key, raw):
    said = asked(FIELDS, START, {key: raw})
    assert len(said.problems) == 1 and said.problems[0].key == key
    assert "allowed here: " in said.problems[0].message
    assert said.data == START


def test_a_starting_value_that_a_server_holds_may_be_chosen_again():
    start = {**START, "feeder": {"source": "json:/srv/grid.json"}}
    other = {"feeder.source": "pandapower:create_kerber_dorfnetz"}
    assert asked(FIELDS, start, {"feeder.source": "json:/srv/grid.json"}).data == start
    assert asked(FIELDS, start, other).data["feeder"] == START["feeder"]


@pytest.mark.parametrize(
    "raw",
    ["/etc/passwd", "~/x", "C:\\x", "a/../b", "file://x", "//host/share", " /x"],
)
@pytest.mark.parametrize("key", ["customers.loads", "time.timezone", "name"])
def test_no_text_names_a_place(key, raw):
    said = asked(FIELDS, START, {key: raw})
    assert "cannot be given here" in said.problems[0].message
    assert said.data == START


def test_no_row_names_a_place():
    said = asked(FIELDS, START, {"feeder.arguments": [["std_type", "/etc/passwd"]]})
    assert said.problems and said.data == START


def test_a_time_zone_has_its_slash():
    said = typed(time__timezone="America/Argentina/Ushuaia")
    assert not said.problems and scenario_of(said.data).timezone.endswith("Ushuaia")


@pytest.mark.parametrize(
    ("key", "raw"),
    [
        ("name", "x" * (LONGEST + 1)),
        ("fleet.ev_share", {"a": 1}),
        ("fleet.ev_share", [[1]]),
        ("limits.voltage_pu", [{}, 1]),
        ("fleet.models", "nissan_leaf"),
        ("fleet.models", [["a"]]),
        ("fleet.models", [["a", 1]] * 1000),
    ],
)
def test_what_no_control_sends_is_told_at_its_field(key, raw):
    said = asked(FIELDS, START, {key: raw})
    assert [one.key for one in said.problems] == [key]
    assert said.data == START


@pytest.mark.parametrize("sent", [None, [], "x", 3, {str(n): 1 for n in range(1000)}])
def test_what_is_no_form_is_refused(sent):
    with pytest.raises(InputError, match="not a form"):
        asked(FIELDS, START, sent)


def test_a_problem_belongs_to_the_field_above_it():
    assert owner(FIELDS, "fleet.models.nissan") == "fleet.models"
    assert owner(FIELDS, "limits.voltage_pu.1") == "limits.voltage_pu"
    assert owner(FIELDS, "fleet") == "fleet"
    assert owner(FIELDS, "fleet.modelsx") == "fleet.modelsx"


def test_what_is_shown_of_values_and_of_none():
    assert shown(BY_KEY["limits.voltage_pu"], START) == ["", ""]
    assert shown(BY_KEY["time.step_min"], START) == "15"
    assert shown(BY_KEY["customers.profiles"], START) is None
    assert shown(BY_KEY["fleet.export_permit"], START) is True
    assert shown(BY_KEY["fleet.ev_count"], START) == ""
    assert shown(BY_KEY["fleet.charger_kw"], {"fleet": {"charger_kw": 11.0}}) == [
        ["11", ""]
    ]


def test_taking_a_key_out_takes_out_what_it_leaves_empty():
    assert without({"a": {"b": {"c": 1}}, "d": 2}, "a.b.c") == {"d": 2}
    assert without({"a": {"b": 1, "c": 2}}, "a.b") == {"a": {"c": 2}}
    assert without({"a": 1}, "x.y") == {"a": 1}
    assert at({"a": 1}, "a.b") is None
