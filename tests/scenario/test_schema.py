"""The schemas that editors use are those of the code."""

from pathlib import Path

from twin.scenario.schema import scenario_schema, texts

SCENARIOS = Path(__file__).parents[2] / "scenarios"


def test_the_schemas_are_fresh():
    for name, text in texts().items():
        assert (SCENARIOS / name).read_text() == text, (
            f"{name} is stale: python -m twin.scenario.schema scenarios"
        )


def test_short_forms_and_extends_are_known_to_editors():
    schema = scenario_schema()
    assert schema["properties"]["extends"]["type"] == "string"
    assert schema["properties"]["policy"]["anyOf"][0]["type"] == "string"
    assert {"required": ["extends"]} in schema["anyOf"]
    needed = schema["anyOf"][1]["required"]
    assert needed == ["schema", "name", "time", "feeder", "fleet"]
    assert "required" not in schema["$defs"]["Time"]
