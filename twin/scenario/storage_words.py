"""What a scenario says of stationary batteries that the grid operator owns."""

from __future__ import annotations

from typing import Annotated, Literal

from pydantic import Field

from twin.scenario.words import Name, PositiveKw, Share, Words


class Battery(Words):
    """One battery, at a transformer's low-voltage busbar or at a bus."""

    name: Name = Field(description="Its name, of which there is one")
    transformer: str | None = Field(
        default=None,
        min_length=1,
        description="The transformer at whose low-voltage busbar it is; this or bus",
    )
    bus: Annotated[int, Field(ge=0)] | Annotated[str, Field(min_length=1)] | None = (
        Field(
            default=None,
            description="The bus at which it is, by name or a pandapower index; this "
            "or transformer",
        )
    )
    phases: (
        Annotated[list[Literal[1, 2, 3]], Field(min_length=1, max_length=3)] | None
    ) = Field(
        default=None,
        description="Phases that it is on, in equal parts, where the feeder is solved "
        "by phase; default: all that the bus has there",
    )
    kw: PositiveKw = Field(description="Most that it draws or gives, AC side [kW]")
    kwh: PositiveKw = Field(description="What it stores when it is full [kWh]")
    round_trip_efficiency: Annotated[float, Field(ge=0.3, le=1)] = Field(
        default=0.85,
        description="AC energy given over AC energy drawn, standby left out; the "
        "losses are shared equally, each way its square root [0..1]",
    )
    standby_kw: Annotated[float, Field(ge=0, le=100_000)] = Field(
        default=0.0, description="Drawn from its store all the time [kW]"
    )
    soc_window: Annotated[list[Share], Field(min_length=2, max_length=2)] = Field(
        default=[0.0, 1.0],
        description="Lowest and highest state of charge that it uses [0..1]",
    )
    initial_soc: Share | None = Field(
        default=None,
        description="State of charge at the start; default: the middle of the window "
        "[0..1]",
    )
    duty: Literal["peak_shaving"] = Field(
        default="peak_shaving",
        description="Give what passes the transformer, or the bus's supply, above a "
        "target; fill up in the valleys below it",
    )
    target_kw: Annotated[float, Field(ge=-1_000_000, le=1_000_000)] | None = Field(
        default=None,
        description="The target; default: the lowest that it can hold by the forecast "
        "of the next 24 hours [kW]",
    )
    target_loading: Annotated[float, Field(gt=0, le=5)] | None = Field(
        default=None,
        description="The target as a share of the transformer's rating, in place of "
        "target_kw",
    )
