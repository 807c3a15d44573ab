"""The keys that messages list as allowed, in their order."""

from __future__ import annotations

from twin.scenario.spec import Scenario
from twin.scenario.study import Study
from twin.scenario.words import Words


def keys_of(words: type[Words]) -> str:
    """As a message lists them."""
    fields = words.model_fields.items()
    return ", ".join(field.alias or name for name, field in fields)


OF_A_SCENARIO, OF_A_STUDY = keys_of(Scenario), keys_of(Study)
