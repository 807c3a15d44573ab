"""What a scenario changes in its grid: assets, taps, phases, switches, outages."""

from __future__ import annotations

from typing import Annotated, Literal

from pydantic import Field

from twin.scenario.words import Words

Element = Annotated[
    str | int, Field(json_schema_extra={"errorMessage": "a name, or an index"})
]
Rating = Annotated[
    Annotated[float, Field(gt=0, le=1_000_000)] | Literal["next"],
    Field(
        json_schema_extra={
            "errorMessage": "a rating in kVA above 0, or next: the next standard size"
        }
    ),
]


class Change(Words):
    """One change: an element by its name, and what is done to it."""

    transformer: Element | None = Field(
        default=None, description="A transformer, to be swapped or tapped"
    )
    line: Element | None = Field(
        default=None, description="A line, to be made stronger"
    )
    customer: Element | None = Field(
        default=None, description="A customer or load, to be moved to another phase"
    )
    load: Element | None = Field(default=None, description="The same as customer")
    switch: Element | None = Field(default=None, description="A switch")
    out: Element | None = Field(
        default=None, description="A line or transformer that is out of service"
    )
    rating_kva: Rating | None = Field(
        default=None,
        description="Rating of the transformer in its place, of the same uk and the "
        "same shares of losses; next: the next standard size of twin/data/upgrades",
    )
    tap: Annotated[int, Field(ge=-100, le=100)] | None = Field(
        default=None,
        description="Steps of its own tap changer; +1: a step more turns at the side "
        "that has the taps",
    )
    parallel: Annotated[int, Field(ge=2, le=10)] | None = Field(
        default=None, description="So many such lines side by side in place of the one"
    )
    like: Annotated[str, Field(min_length=1)] | None = Field(
        default=None,
        description="Type of the line (or transformer) in its place: a standard type "
        "of the network, a linecode of the circuit, or another line of it",
    )
    phase: Literal["a", "b", "c"] | None = Field(
        default=None, description="Phase that a one-phase customer is moved to"
    )
    closed: bool | None = Field(
        default=None, description="Whether the switch is closed"
    )
