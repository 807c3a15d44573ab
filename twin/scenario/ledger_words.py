"""What a scenario says of the money that bills don't show; changes no run."""

from __future__ import annotations

from typing import Annotated, Literal

from pydantic import Field

from twin.scenario.words import Share, Words

Usd = Annotated[float, Field(ge=0, le=100_000)]
Rate = Annotated[float, Field(ge=0, le=0.5)]


class LedgerSpec(Words):
    """Prices of the ledger: of energy, peaks, upgrades and batteries."""

    aggregator_share: Share = Field(
        default=0.2,
        description="What an aggregator keeps of what a home earns by exports and "
        "events beyond the reference [0..1]",
    )
    energy_usd_per_kwh: Annotated[float, Field(ge=-10, le=10)] = Field(
        default=0.06,
        description="What the utility pays for energy at the feeder's head [USD/kWh]",
    )
    capacity_usd_per_kw_year: Usd = Field(
        default=60.0,
        description="What it pays for generation that stands by, by the head's highest "
        "power [USD/kW and year]",
    )
    upgrade_usd_per_kw: Usd = Field(
        default=300.0,
        description="What a kW more of lines and transformers costs to build [USD/kW]",
    )
    discount_rate: Rate = Field(default=0.07, description="Of capital, yearly [-]")
    escalation: Rate = Field(
        default=0.02, description="Yearly rise of what building costs [-]"
    )
    chemistry: Literal["nmc", "lfp"] = Field(
        default="nmc", description="Batteries whose wear is priced"
    )
    pack_usd_per_kwh: Usd = Field(
        default=130.0, description="Price of a new battery [USD/kWh]"
    )
