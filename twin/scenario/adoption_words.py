"""What a scenario says of the years ahead: who owns what in which year."""

from __future__ import annotations

from typing import Annotated, Literal

from pydantic import AfterValidator, Field

from twin.scenario.words import FilePath, PositiveNumber, Share, Words, in_order

Year = Annotated[int, Field(ge=1990, le=2199)]
Factor = Annotated[float, Field(ge=0, le=1000)]
Usd = Annotated[float, Field(ge=0, le=1e9)]
Rate = Annotated[float, Field(ge=0, le=0.5)]


class Upgrades(Words):
    """How assets that exceed their limit are judged and priced; changes no run."""

    limit: Literal["normal", "emergency"] = Field(
        default="normal", description="Which rating an asset must not exceed"
    )
    over_h: Annotated[float, Field(ge=0, le=1000)] = Field(
        default=0.0,
        description="Hours above it, within the days of the run, that are let pass [h]",
    )
    transformer_usd: (
        Annotated[dict[PositiveNumber, Usd], AfterValidator(in_order)] | None
    ) = Field(
        default=None,
        description="Installed cost of a transformer by its rating in kVA, straight "
        "between two; default: twin/data/upgrades [USD]",
    )
    line_usd_per_km: Usd | None = Field(
        default=None,
        description="Of a stronger line; default: twin/data/upgrades [USD/km]",
    )
    line_least_usd: Usd | None = Field(
        default=None,
        description="Least cost of a work on a line; default: twin/data/upgrades [USD]",
    )
    regulator_usd: Usd | None = Field(
        default=None,
        description="Of a larger regulator; default: twin/data/upgrades [USD]",
    )
    switch_usd: Usd | None = Field(
        default=None,
        description="Of a larger switch; default: twin/data/upgrades [USD]",
    )
    discount_rate: Rate = Field(default=0.07, description="Of capital, yearly [-]")
    escalation: Rate = Field(
        default=0.02, description="Yearly rise of what building costs [-]"
    )


class Adoption(Words):
    """Households buy cars, PV and heat pumps year by year, up to control totals."""

    year: Year = Field(
        description="The year whose ownership is simulated; dates, weather and prices "
        "stay those of the scenario [year]"
    )
    totals: FilePath | None = Field(
        default=None,
        description="CSV of control totals, year,evs or year,ev_share, and any of "
        "load_factor, pv_kw, pv_share, heat_pumps, heat_pump_share; default: an "
        "illustrative course",
    )
    peer_effect: Factor = Field(
        default=12.7,
        description="How much likelier somebody buys all of whose neighbours own one, "
        "above one none of whose do: x times more [-]",
    )
    neighbours: Annotated[int, Field(ge=1, le=100)] = Field(
        default=8, description="Homes nearest to each that it looks at [homes]"
    )
    income_effect: Annotated[float, Field(ge=0, le=5)] = Field(
        default=1.0, description="Elasticity of buying to income [-]"
    )
    without_charger: Share = Field(
        default=0.2,
        description="Likelihood to buy of a home without a place to charge, as a share "
        "of one with [0..1]",
    )
    further_car: Share = Field(
        default=0.5,
        description="Likelihood to buy of a home that owns an EV already, as a share "
        "of one that does not [0..1]",
    )
    car_years: Annotated[float, Field(ge=2, le=40)] = Field(
        default=10.0,
        description="Mean time until a car is replaced, by another EV [years]",
    )
    standard_year: Year = Field(
        default=2030,
        description="From this year on, cars and chargers that are bought work with "
        "each other whatever their make [year]",
    )
    enrolment_per_year: Annotated[float, Field(ge=0, le=10)] = Field(
        default=0.1,
        description="Hazard with which homes with an EV join a programme, before "
        "their neighbours count [1/year]",
    )
    heat_pump_w_per_k: Annotated[float, Field(gt=0, le=2000)] = Field(
        default=150.0,
        description="Heat that a home with a heat pump loses, by kelvin below 16 degC "
        "[W/K]",
    )
    upgrades: Upgrades = Field(
        default_factory=Upgrades, description="When assets are too small, and the cost"
    )
