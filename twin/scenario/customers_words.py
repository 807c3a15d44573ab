"""What a scenario says of the customers."""

from __future__ import annotations

from typing import Annotated, Literal

from pydantic import Field

from twin.scenario.words import FilePath, PositiveKw, Share, Words


class CustomersSpec(Words):
    """Who lives on the grid, and what they draw and produce."""

    profiles: str | None = Field(
        default=None,
        description="Load shapes: a data set, a .csv file, network (the grid's own "
        "loads and shapes) or network_constant (without shapes); default: by region",
    )
    annual_kwh: PositiveKw | Literal["network"] | None = Field(
        default=None,
        description="Mean yearly demand of a home, or network: scaled to the grid's "
        "own peak loads; default: by region [kWh]",
    )
    annual_kwh_spread: Share = Field(
        default=0.35,
        description="Spread of yearly demand over homes, lognormal: its standard "
        "deviation as a share of the mean [-]",
    )
    pv_share: Share = Field(default=0.0, description="Share of homes with PV [0..1]")
    pv_kw: PositiveKw = Field(
        default=5.0, description="Peak power of one home's PV [kWp]"
    )
    medical_share: Share = Field(
        default=0.0,
        description="Share of homes with a medical baseline (whose life or health "
        "depends on supply), told apart in outages [0..1]",
    )
    power_factor: Annotated[float, Field(ge=0.5, le=1)] | None = Field(
        default=None,
        description="Power factor of the homes; default: the grid's own [-]",
    )
    feeder_head: FilePath | None = Field(
        default=None,
        description="CSV of what was measured at the feeder's head, time,kw[,kvar]: "
        "loads are scaled by one factor an interval to meet it without EVs",
    )
    allocate_by: Literal["annual_kwh", "peak_kw"] | None = Field(
        default=None,
        description="With feeder_head: loads' energies in proportion to yearly kWh or "
        "to the grid's own kW; default: as the profiles have them",
    )
    file: FilePath | None = Field(
        default=None,
        description="CSV of known customers: node, yearly kWh, PV, EVs, chargers, "
        "medical baseline",
    )
    homes_per_load: Annotated[int, Field(ge=1, le=100_000)] | Literal["auto"] = Field(
        default=1,
        description="Homes behind one network load; auto: its peak kW / kw_per_home "
        "[homes]",
    )
    kw_per_home: PositiveKw = Field(
        default=2.0,
        description="Peak of one home among many, for homes_per_load: auto [kW]",
    )
    loads: str = Field(
        default="all",
        min_length=1,
        description="Which network loads are homes: all, lv (below 1 kV) or a glob on "
        "their names",
    )
    import_limit_kw: PositiveKw | None = Field(
        default=None,
        description="Most that a connection may draw; default: by region [kW]",
    )
    export_limit_kw: Annotated[float, Field(ge=0, le=1_000_000)] | None = Field(
        default=None,
        description="Most that a connection may feed in; default: its PV and what its "
        "cars with a permit can give [kW]",
    )
