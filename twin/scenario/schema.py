"""JSON Schemas of scenario and study files, for editors.

``python -m twin.scenario.schema scenarios`` writes them.
"""

from __future__ import annotations

import json
import sys
from pathlib import Path
from typing import Any

from twin.scenario.names import known
from twin.scenario.operator_words import DEFAULTS as OPERATORS
from twin.scenario.spec import Scenario
from twin.scenario.study import Study

DIALECT = "https://json-schema.org/draft/2020-12/schema"

WHOLE = ("Window", "TapChanger", "SwitchedCapacitor")

Schema = dict[str, Any]


def main(folder: Path) -> None:
    """Write ``schema.json`` and ``study.schema.json`` into a folder."""
    for name, text in texts().items():
        (folder / name).write_text(text, encoding="utf-8")


def texts() -> dict[str, str]:
    """The files' contents by their names."""
    schemas = {
        "schema.json": scenario_schema(),
        "study.schema.json": study_schema(),
    }
    return {
        name: json.dumps(schema, indent=2, ensure_ascii=False) + "\n"
        for name, schema in schemas.items()
    }


def scenario_schema() -> Schema:
    """A scenario file: the model, its short forms, and ``extends``."""
    schema = Scenario.model_json_schema(by_alias=True)
    needed = {name: part.pop("required", []) for name, part in _parts(schema)}
    _allow_names(schema)
    schema["properties"]["extends"] = {
        "type": "string",
        "description": "Scenario file that this one builds on, relative to this file",
    }
    schema["anyOf"] = [
        {"required": ["extends"]},
        {
            "required": schema.pop("required"),
            "properties": {
                "time": {"required": needed["Time"]},
                "feeder": {"required": needed["FeederSpec"]},
            },
        },
    ]
    return {"$schema": DIALECT, **schema}


def study_schema() -> Schema:
    """A study file."""
    return {"$schema": DIALECT, **Study.model_json_schema(by_alias=True)}


def _parts(schema: Schema) -> list[tuple[str, Schema]]:
    return [(k, v) for k, v in schema["$defs"].items() if k not in WHOLE]


def _allow_names(schema: Schema) -> None:
    """Offer the registered names; a policy or tariff may be a bare name."""
    parts = schema["$defs"]
    pandapower = [f"pandapower:{name}" for name in known("feeders")]
    parts["FeederSpec"]["properties"]["source"]["examples"] = pandapower
    parts["Policy"]["properties"]["name"]["examples"] = list(known("policies"))
    parts["TariffSpec"]["properties"]["name"]["enum"] = [
        *known("tariffs"),
        "realtime",
    ]
    programme = parts["TariffSpec"]["properties"]["programme"]
    programme["enum"] = [*known("programmes"), None]
    parts["CustomersSpec"]["properties"]["profiles"]["examples"] = list(
        known("profiles")
    )
    parts["Event"]["properties"]["records"]["examples"] = list(known("outage_records"))
    travel = parts["Fleet"]["properties"]["travel"]
    travel["enum"] = [*known("travel"), None]
    for key, kind in (("policy", "policies"), ("tariff", "tariffs")):
        long = schema["properties"][key]
        short = {"type": "string", "examples": list(known(kind))}
        about = long.pop("description")
        schema["properties"][key] = {"anyOf": [short, long], "description": about}
    short = {"type": "string", "enum": list(OPERATORS)}
    schema["properties"]["operator"]["anyOf"].insert(0, short)


if __name__ == "__main__":
    main(Path(sys.argv[1] if len(sys.argv) > 1 else "scenarios"))
