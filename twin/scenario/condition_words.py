"""Words for the days that a study is judged by."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from typing import Annotated, Literal, get_args

from pydantic import Field

from twin.errors import Problem
from twin.scenario.document import Node
from twin.scenario.words import Words

ConditionName = Literal[
    "annual_peak",
    "peak_1_in_2",
    "peak_1_in_10",
    "winter_peak",
    "summer_peak",
    "minimum_load",
    "representative_weeks",
]
CONDITIONS: tuple[str, ...] = get_args(ConditionName)
WEEKS: ConditionName = "representative_weeks"
BEFORE_WEEKS, BEFORE_DAYS = 7, 3
CHOSEN_KEYS = ("time", "time.start", "time.days", "time.lead_in_days")


class Conditions(Words):
    """Days chosen from the base scenario's load and weather, an axis of the study."""

    use: Annotated[list[ConditionName], Field(min_length=1)] = Field(
        description="Which: peaks, a sunny day of least load, weeks that stand for a "
        "year; each becomes a point of the study's axes"
    )
    days: Annotated[int, Field(ge=1, le=14)] = Field(
        default=1, description="Simulated days, the chosen one the last [days]"
    )
    years: Annotated[int, Field(ge=1, le=30)] = Field(
        default=10,
        description="Calendar years of load and weather that are searched, from the "
        "base's own on [years]",
    )
    weeks: Annotated[int, Field(ge=1, le=26)] = Field(
        default=4, description="Number of representative weeks"
    )
    lead_in_days: Annotated[int, Field(ge=0, le=31)] | None = Field(
        default=None,
        description="Days that are simulated before each of them and not recorded, so "
        "that batteries begin as lived; default: 7 before weeks, 3 before days [days]",
    )

    def led_in_by(self, name: ConditionName) -> int:
        """Lead-in days before a condition of that name."""
        if self.lead_in_days is not None:
            return self.lead_in_days
        return BEFORE_WEEKS if name == WEEKS else BEFORE_DAYS


def condition_problems(
    tree: Node, settings: Mapping[str, Mapping[str, Node]]
) -> Iterator[Problem]:
    """Conditions named twice, or days said beside days that are chosen.

    settings  every place of a study that sets scenario keys, by its name
    """
    node = tree.child("conditions")
    if node is None:
        return
    names = node.child("use")
    said = names.value if names is not None and isinstance(names.value, list) else []
    values = [one.value for one in said]
    for index, one in enumerate(said):
        if one.value in values[:index]:
            message = f"'{one.value}' is there already; keep one"
            yield Problem(one.place, f"conditions.use.{index}", message)
    for place, keys in settings.items():
        for key in set(keys) & set(CHOSEN_KEYS):
            message = "conditions choose the days; leave it out, or them"
            yield Problem(keys[key].key_where, f"{place}.{key}", message)
