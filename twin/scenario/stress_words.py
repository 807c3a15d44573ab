"""What a scenario says of a day that is not perfect: who is asked and does not act."""

from __future__ import annotations

from typing import Annotated

from pydantic import Field

from twin.scenario.words import Share, Words


class Stress(Words):
    """Cars that are asked and do not act; with it, see policy.outlook_error."""

    non_response_share: Share = Field(
        default=0.0,
        description="Share of cars that do not follow what is asked of them, drawn for "
        "each car and interval; they charge uncontrolled [0..1]",
    )
    opt_out_share: Share = Field(
        default=0.0,
        description="Share of drivers who opt out of giving and of emergency calls, "
        "drawn for each car and local day [0..1]",
    )
    communication_loss_share: Annotated[float, Field(ge=0, le=0.95)] = Field(
        default=0.0,
        description="Share of the time in which a car's link is down; it charges "
        "uncontrolled then [0..1]",
    )
    communication_loss_h: Annotated[float, Field(gt=0, le=48)] = Field(
        default=4.0, description="Mean length of one loss of a car's link [h]"
    )
