"""The keys of a schema as fields: the twin's own, and one that is made up."""

import pytest

from dashboards.whatif.fields import fields, sections, word_of
from twin.scenario.schema import scenario_schema

MADE_UP = {
    "$defs": {
        "Inner": {
            "properties": {
                "weight_kg": {"type": "number", "minimum": 0, "maximum": 90},
                "secret": {"anyOf": [{"type": "string", "format": "path"}]},
            }
        }
    },
    "properties": {
        "schema": {"const": 1},
        "extends": {"type": "string"},
        "new_key": {"$ref": "#/$defs/Inner", "description": "A new thing; default: no"},
        "mood": {"enum": ["calm", None], "default": None},
        "maybe": {"anyOf": [{"type": "boolean"}, {"type": "null"}]},
        "blob": {"additionalProperties": True, "type": "object"},
        "anything": {},
        "names": {"type": "array", "items": {"type": "string"}},
        "huge": {"type": "integer", "maximum": 2**63 - 1},
    },
}


def by_key(schema):
    return {one.key: one for one in fields(schema)}


def test_a_new_key_of_a_schema_appears_by_itself():
    found = by_key(MADE_UP)
    assert found["new_key.weight_kg"].kind == "number"
    assert found["new_key.weight_kg"].label == "weight kg"
    assert (found["new_key.weight_kg"].low, found["new_key.weight_kg"].high) == (0, 90)
    assert found["mood"].kind == "choice" and found["mood"].choices == ("calm",)
    assert sections(MADE_UP) == {"new_key": "A new thing; default: no"}


def test_what_no_browser_may_say_is_locked_or_left_out():
    found = by_key(MADE_UP)
    assert "schema" not in found and "extends" not in found
    assert found["new_key.secret"].kind == "locked"
    assert {found[key].kind for key in ("blob", "anything", "names")} == {"locked"}


def test_a_switch_that_may_be_nothing_has_three_answers():
    assert by_key(MADE_UP)["maybe"].choices == (True, False)


def test_numbers_that_a_browser_would_round_are_typed_as_text():
    assert by_key(MADE_UP)["huge"].kind == "exact"


@pytest.mark.parametrize(
    ("key", "kind"),
    [
        ("name", "text"),
        ("seed", "exact"),
        ("time.start", "text"),
        ("time.days", "whole"),
        ("time.step_min", "choice"),
        ("feeder.source", "choice"),
        ("feeder.arguments", "mix"),
        ("feeder.root", "locked"),
        ("feeder.enforce_q_limits", "switch"),
        ("customers.profiles", "choice"),
        ("customers.annual_kwh", "number_or_word"),
        ("customers.homes_per_load", "number_or_word"),
        ("customers.file", "locked"),
        ("fleet.ev_share", "number"),
        ("fleet.models", "mix"),
        ("fleet.charger_kw", "mix"),
        ("fleet.travel_file", "locked"),
        ("policy.name", "choice"),
        ("policy.window.start", "text"),
        ("policy.parameters", "locked"),
        ("tariff.name", "choice"),
        ("limits.voltage_pu", "band"),
        ("power_flow.tolerance_pu", "exact"),
        ("events", "locked"),
    ],
)
def test_every_kind_of_key_has_its_control(key, kind):
    assert by_key(scenario_schema())[key].kind == kind


def test_every_path_of_the_schema_is_locked():
    def paths(part, path=()):
        for name, told in part.get("properties", {}).items():
            if "'path'" in str(told):
                yield ".".join((*path, name))

    parts = scenario_schema()["$defs"]
    found = {key for part in parts.values() for key in paths(part)}
    files = {"root", "file", "travel_file", "export_file", "feeder_head", "totals"}
    assert found == files
    kinds = {one.key.rpartition(".")[2]: one.kind for one in fields(scenario_schema())}
    assert {kinds[name] for name in found} == {"locked"}


def test_label_reason_unit_and_placeholder_come_from_the_description():
    found = by_key(scenario_schema())
    annual = found["customers.annual_kwh"]
    assert annual.label == "Mean yearly demand of a home, or network"
    assert annual.about == "scaled to the grid's own peak loads"
    assert (annual.unit, annual.hint) == ("kWh", "default: by region")
    assert found["fleet.ev_share"].unit == "0 to 1"
    assert found["policy.name"].label == "A registered policy"
    assert "Class" not in found["policy.name"].about
    assert found["policy.reserve_soc"].hint == "default: 0.3"


def test_a_charger_may_be_one_number_and_a_mix_of_cars_may_not():
    found = by_key(scenario_schema())
    assert found["fleet.charger_kw"].plain and not found["fleet.models"].plain


@pytest.mark.parametrize(
    ("value", "word"),
    [(True, "true"), (False, "false"), (15, "15"), (3500.0, "3500"), (1e-8, "1e-08")],
)
def test_a_value_as_a_word(value, word):
    assert word_of(value) == word
