"""What a scenario says of prices."""

from __future__ import annotations

from typing import Annotated, Literal

from pydantic import Field, model_validator

from twin.scenario.words import NAMED, FilePath, IsoDate, Words, from_name

UsdPerKwh = Annotated[float, Field(ge=-100, le=100)]


class TariffSpec(Words):
    """What energy costs."""

    name: str = Field(
        default="flat", description="A registered tariff, or realtime with a file"
    )
    file: FilePath | None = Field(
        default=None,
        description="CSV of prices, with name: realtime; columns time, "
        "price_usd_per_kwh and, if wished, export_price_usd_per_kwh",
    )
    effective: IsoDate | Literal["by_date"] | None = Field(
        default=None,
        description="Version of the tariff by its date, or by_date: on each day the "
        "latest that holds; default: the version that has the plain name",
        json_schema_extra={"errorMessage": "by_date, or a date such as 2026-01-01"},
    )
    export: Literal["avoided_cost"] | UsdPerKwh | None = Field(
        default=None,
        description="What is paid for energy fed in: avoided_cost (by month, day type "
        "and hour) or a price; default: 0 [USD/kWh]",
        json_schema_extra={"errorMessage": "avoided_cost, or a number of USD/kWh"},
    )
    export_file: FilePath | None = Field(
        default=None,
        description="CSV of your own 576 export prices, with export: avoided_cost; "
        "columns month, day_type, hour, usd_per_kwh",
    )
    export_price_usd_per_kwh: UsdPerKwh | None = Field(
        default=None, description="The same as export with a number [USD/kWh]"
    )
    event_days: Annotated[list[IsoDate], Field(max_length=3660)] = Field(
        default_factory=list,
        description="Local dates on which the tariff's event adder, or the programme, "
        "is called",
    )
    programme: str | None = Field(
        default=None,
        description="A registered programme that pays for less load on event_days",
    )

    model_config = NAMED
    _short = model_validator(mode="before")(from_name)
