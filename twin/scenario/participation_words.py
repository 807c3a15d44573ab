"""What a scenario says of who can take part in giving at all."""

from __future__ import annotations

from typing import Annotated, Literal

from pydantic import Field

from twin.scenario.words import Share, Words


class Participation(Words):
    """The way from a car to a car that gives; what is not said here is data."""

    carmakers: dict[str, Share] = Field(
        default_factory=dict,
        max_length=100,
        description="By make, the share of its cars whose maker is committed to the "
        "standard; default: twin/data/participation [0..1]",
    )
    carmaker_share: Share | None = Field(
        default=None,
        description="The same for all makes, in place of carmakers and data [0..1]",
    )
    vehicle_share: Share | None = Field(
        default=None,
        description="Share of the cars that are able to give; default: those that the "
        "catalogue knows to be [0..1]",
    )
    charger_share: Share | None = Field(
        default=None,
        description="Share of homes with a bidirectional charger; default: data [0..1]",
    )
    standard: Literal["fragmented", "unified"] = Field(
        default="fragmented",
        description="fragmented: a car works with chargers of its own brand only; "
        "unified: any car with any charger",
    )
    matched_share: Share | None = Field(
        default=None,
        description="standard: fragmented: share of chargers bought for the car that "
        "stands there, others are of a drawn brand; default: data [0..1]",
    )
    permit_share: Share | None = Field(
        default=None,
        description="Share of homes with permit and interconnection; default: data "
        "[0..1]",
    )
    enrolled_share: Share | None = Field(
        default=None,
        description="Share of cars that are enrolled; default: data [0..1]",
    )
    call_h: Annotated[float, Field(gt=0, le=24)] = Field(
        default=2.0, description="Length of the call that must be served [h]"
    )
    call_hour: Annotated[int, Field(ge=0, le=23)] = Field(
        default=18, description="Local hour at which the call of headlines begins [h]"
    )
