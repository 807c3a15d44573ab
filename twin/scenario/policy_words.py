"""What a scenario says of who decides."""

from __future__ import annotations

from typing import Annotated, Any, Literal

from pydantic import Field, model_validator

from twin.scenario.words import NAMED, Clock, PositiveKw, Share, Words, from_name


class Window(Words):
    """Daily hours in which a timer charges; may pass midnight."""

    start: Clock = Field(description="Local time at which charging may start [HH:MM]")
    end: Clock = Field(description="Local time at which charging stops [HH:MM]")


class Policy(Words):
    """Who decides what the cars charge and give, and by which rules."""

    name: str = Field(
        default="uncontrolled",
        description="A registered policy, or package.module:Class",
    )
    reserve_soc: Share = Field(
        default=0.3, description="State of charge that giving never goes below [0..1]"
    )
    outlook: Literal["persistence", "day_ahead_error", "perfect"] = Field(
        default="persistence",
        description="Forecast that the policy sees; perfect is an upper bound",
    )
    outlook_error: Annotated[float, Field(ge=0, le=2)] = Field(
        default=0.1,
        description="Relative standard deviation of outlook: day_ahead_error [-]",
    )
    target_kw: PositiveKw | None = Field(
        default=None, description="Transformer load above which v2g_peak gives [kW]"
    )
    target_share: Annotated[float, Field(gt=0, le=2)] = Field(
        default=0.9,
        description="The same as a share of the highest base load of the next 24 h, "
        "where target_kw is not given [-]",
    )
    window: Window | None = Field(
        default=None,
        description="When tou charges; default: the tariff's cheapest hours",
    )
    random_start_min: Annotated[float, Field(ge=0, le=1440)] = Field(
        default=120.0, description="tou starts at random within so long [min]"
    )
    wear_usd_per_kwh: Annotated[float, Field(ge=0, le=100)] = Field(
        default=0.04,
        description="Price of battery wear that v2g_price counts [USD/kWh]",
    )
    parameters: dict[str, Any] = Field(
        default_factory=dict, description="Parameters of a policy class of your own"
    )

    model_config = NAMED
    _short = model_validator(mode="before")(from_name)
