"""What a scenario says of the cars and their inverters."""

from __future__ import annotations

from typing import Annotated, Literal

from pydantic import AfterValidator, Field

from twin.scenario.words import (
    FilePath,
    PositiveKw,
    PositiveNumber,
    Share,
    Words,
    in_order,
)

Point = Annotated[list[float], Field(min_length=2, max_length=2)]
Curve = Annotated[list[Point], Field(min_length=2, max_length=10)]


class Inverter(Words):
    """What the inverters of cars that can give do by themselves."""

    mode: Literal["unity", "power_factor", "volt_var", "volt_watt", "volt_var_watt"] = (
        Field(
            default="unity",
            description="Nothing, a fixed power factor, vars by voltage, less giving "
            "by voltage, or both",
        )
    )
    preset: Literal["ieee1547_a", "ieee1547_b", "rule21_phase1"] = Field(
        default="ieee1547_b", description="Whose curves, where none are given"
    )
    power_factor: Annotated[float, Field(ge=0.5, le=1)] = Field(
        default=0.95, description="Of mode: power_factor [-]"
    )
    power_factor_vars: Literal["absorb", "inject"] = Field(
        default="absorb", description="Which way the vars of mode: power_factor go"
    )
    kva_per_kw: Annotated[float, Field(ge=1, le=2)] = Field(
        default=1.0, description="Apparent power rating per rated kW [kVA/kW]"
    )
    vars_while: Literal["at_power", "giving", "plugged"] = Field(
        default="at_power",
        description="When volt-var acts: while charging or giving, in full from 20 % "
        "of rated power and not below 5 %; only while giving; or whenever plugged in",
    )
    volt_var: Curve | None = Field(
        default=None,
        description="Curve of your own: points of voltage [pu] and vars per rated "
        "kVA, > 0 injected [-]",
    )
    volt_watt: Curve | None = Field(
        default=None,
        description="Curve of your own: points of voltage [pu] and the most given per "
        "rated kW [-]",
    )


class Fleet(Words):
    """The cars: how many, which, how they charge and travel."""

    ev_share: Share | None = Field(
        default=None, description="Share of homes with an EV; or ev_count [0..1]"
    )
    ev_count: Annotated[int, Field(ge=0, le=1_000_000)] | None = Field(
        default=None, description="Number of EVs, in place of ev_share [cars]"
    )
    bidirectional_share: Share = Field(
        default=0.0, description="Share of the EVs that can give power back [0..1]"
    )
    models: Annotated[dict[str, Share], AfterValidator(in_order)] | None = Field(
        default=None,
        description="Car models with their shares, which sum to 1; default: the "
        "region's mix",
    )
    charger_kw: (
        PositiveKw
        | Annotated[dict[PositiveNumber, Share], AfterValidator(in_order)]
        | None
    ) = Field(
        default=None,
        description="Charger power at home, or powers with their shares, which sum "
        "to 1; default: the region's distribution [kW]",
        json_schema_extra={"keyMessage": "a number above 0 [kW]"},
    )
    travel: str | None = Field(
        default=None,
        description="Data set that trips are drawn from; default: by region",
    )
    travel_file: FilePath | None = Field(
        default=None, description="Your own NHTS tripv2pub.csv, with travel: nhts"
    )
    plug_in: Literal["always", "when_needed"] = Field(
        default="always", description="When drivers plug in at home"
    )
    target_soc: Annotated[float, Field(ge=0.3, le=1)] = Field(
        default=0.9, description="State of charge wanted at departure [0..1]"
    )
    initial_soc: Share | None = Field(
        default=None,
        description="State of charge at the start; default: as lived in [0..1]",
    )
    departure_error_min: Annotated[float, Field(ge=0, le=1440)] = Field(
        default=30.0,
        description="Standard deviation of the declared departure's error [min]",
    )
    export_permit: bool = Field(
        default=True, description="Bidirectional cars may feed into the grid"
    )
    export_limit_phase_kw: Annotated[float, Field(ge=0, le=1_000_000)] | None = Field(
        default=None,
        description="Most that cars may make a connection feed in on one of its "
        "phases; default: no limit of its own [kW]",
    )
    inverter: Inverter = Field(
        default_factory=Inverter,
        description="What inverters of bidirectional cars do at their voltage",
    )
