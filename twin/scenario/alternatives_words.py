"""What a study says of its alternatives: over how many years, and at what cost."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Annotated, Any

from pydantic import AfterValidator, Field

from twin.errors import Problem, nearest
from twin.scenario.document import Node
from twin.scenario.words import NAME_WORDS, Name, PositiveNumber, Words, in_order

Usd = Annotated[float, Field(ge=0, le=1e9)]
Years = Annotated[float, Field(gt=0, le=100)]
Rate = Annotated[float, Field(ge=0, le=0.5)]
NO_BASELINE = "alternatives are weighed against a baseline; say baseline: <variant>"


class AlternativeCosts(Words):
    """Costs in place of those of twin/data/upgrades; what is not said stays theirs."""

    transformer_usd: (
        Annotated[dict[PositiveNumber, Usd], AfterValidator(in_order)] | None
    ) = Field(
        default=None,
        description="Installed cost of a transformer by its rating in kVA, straight "
        "between two [USD]",
    )
    line_usd_per_km: Usd | None = Field(
        default=None, description="Of a stronger or further line [USD/km]"
    )
    line_least_usd: Usd | None = Field(
        default=None, description="Least cost of a work on a line [USD]"
    )
    tap_usd: Usd | None = Field(
        default=None, description="To set an off-load tap changer by hand [USD]"
    )
    phase_usd: Usd | None = Field(
        default=None, description="To move a customer to another phase [USD]"
    )
    storage_usd_per_kwh: Usd | None = Field(
        default=None, description="Of a stationary battery [USD/kWh]"
    )
    storage_usd_per_kw: Usd | None = Field(
        default=None, description="Of its inverter and connection [USD/kW]"
    )
    storage_yearly_share: Annotated[float, Field(ge=0, le=1)] | None = Field(
        default=None, description="Its upkeep a year, of what it cost [0..1]"
    )
    platform_usd: Usd | None = Field(
        default=None, description="To set up a programme of managed charging [USD]"
    )
    platform_usd_per_year: Usd | None = Field(
        default=None, description="To run it [USD/year]"
    )
    managed_usd_per_car: Usd | None = Field(
        default=None, description="To enrol a car that is charged by it [USD]"
    )
    managed_usd_per_car_year: Usd | None = Field(
        default=None, description="What such a car is paid, and costs [USD/year]"
    )
    v2g_usd_per_car: Usd | None = Field(
        default=None, description="To enrol a car that gives, with its charger [USD]"
    )
    v2g_usd_per_car_year: Usd | None = Field(
        default=None, description="What such a car is paid, and costs [USD/year]"
    )
    asset_life_years: Years | None = Field(
        default=None, description="Life of transformers, lines, taps, phases [years]"
    )
    storage_life_years: Years | None = Field(
        default=None, description="Life of a stationary battery [years]"
    )
    car_life_years: Years | None = Field(
        default=None, description="Life of chargers, enrolments, the platform [years]"
    )


class Extra(Words):
    """What a variant costs beside what its settings say."""

    investment_usd: Annotated[float, Field(ge=-1e9, le=1e9)] = Field(
        default=0.0, description="Once [USD]"
    )
    yearly_usd: Annotated[float, Field(ge=-1e9, le=1e9)] = Field(
        default=0.0, description="Every year; below 0: what it saves [USD/year]"
    )
    life_years: Years | None = Field(
        default=None, description="Life of the investment; default: of assets [years]"
    )
    words: Annotated[str, Field(min_length=1, max_length=200)] | None = Field(
        default=None, description="What the variant is, in place of the derived words"
    )


class AlternativesSpec(Words):
    """What a planner could do instead, side by side with what it costs."""

    horizon_years: Annotated[int, Field(ge=1, le=60)] = Field(
        default=20, description="Years over which costs are counted [years]"
    )
    discount_rate: Rate = Field(default=0.07, description="Of capital, yearly [-]")
    escalation: Rate = Field(
        default=0.02, description="Yearly rise of yearly costs [-]"
    )
    costs: AlternativeCosts = Field(
        default_factory=AlternativeCosts,
        description="Costs in place of those of twin/data/upgrades",
    )
    variants: dict[Name, Extra] = Field(
        default_factory=dict,
        description="By variant, what it costs beside what its settings say",
        json_schema_extra={"keyMessage": NAME_WORDS},
    )


def alternatives_problems(tree: Node, plain: dict[str, Any]) -> Iterator[Problem]:
    """What is wrong between a study's alternatives and its variants."""
    node, said = tree.child("alternatives"), plain.get("alternatives")
    if node is None or not isinstance(said, dict):
        return
    if plain.get("baseline") is None:
        yield Problem(node.place, "alternatives", NO_BASELINE)
    variants = plain.get("variants", {"base": {}})
    priced, rows = said.get("variants"), node.child("variants") or node
    for name in priced if isinstance(priced, dict) else ():
        if isinstance(variants, dict) and name not in variants:
            where = (rows.child(name) or rows).key_where
            yield Problem(
                where,
                f"alternatives.variants.{name}",
                f"unknown variant; allowed: {', '.join(variants)}"
                f"{nearest(str(name), variants)}",
            )
