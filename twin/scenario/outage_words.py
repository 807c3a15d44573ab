"""What a scenario says of events, of homes with a backup, and of what comes after."""

from __future__ import annotations

from typing import Annotated, Literal

from pydantic import Field

from twin.scenario.words import Share, Words

LocalTime = Annotated[
    str,
    Field(
        pattern=r"^\d{4}-\d{2}-\d{2}[T ]([01]\d|2[0-3]):[0-5]\d(:[0-5]\d)?$",
        json_schema_extra={"errorMessage": "a local time such as 2026-01-14T18:07"},
    ),
]
Hours = Annotated[float, Field(gt=0, le=8760)]


class Restored(Words):
    """A part of an outage that has its supply back before the rest."""

    section: str = Field(min_length=1, description="As the outage's own")
    hours: Hours = Field(description="From the outage's start [h]")


class Event(Words):
    """An outage, outages drawn at random, or a call to cars."""

    kind: Literal["outage", "stochastic", "call"] = Field(
        description="outage: one at a given time; stochastic: drawn, from saifi and "
        "caidi_h or records; call: cars are to stop charging and give (policy "
        "emergency)"
    )
    section: str = Field(
        default="feeder",
        min_length=1,
        description="What is cut off: feeder, transformer:<name>, branch:<name> (all "
        "that it alone supplies) or home:<customer name>",
    )
    start: LocalTime | None = Field(
        default=None, description="When, local time [YYYY-MM-DDTHH:MM]"
    )
    hours: Hours | None = Field(default=None, description="How long [h]")
    restored: list[Restored] = Field(
        default_factory=list,
        max_length=1000,
        description="Parts that have their supply back before the rest",
    )
    forecast_h: Annotated[float, Field(ge=0, le=168)] = Field(
        default=0.0,
        description="How long before its start it is forecast; 0: nobody knew [h]",
    )
    notice_h: Annotated[float, Field(ge=0, le=168)] = Field(
        default=4.0, description="call: how long before its start it is announced [h]"
    )
    return_min: Annotated[float, Field(ge=0, le=1440)] = Field(
        default=60.0,
        description="call: cars return to charging at random within so long after it "
        "[min]",
    )
    saifi: Annotated[float, Field(gt=0, le=1000)] | None = Field(
        default=None, description="stochastic: mean interruptions a year [1/a]"
    )
    caidi_h: Hours | None = Field(
        default=None, description="stochastic: mean length of an interruption [h]"
    )
    records: Annotated[str, Field(min_length=1)] | None = Field(
        default=None,
        description="stochastic: in place of caidi_h, starts and lengths drawn from "
        "outages that happened; pge_2021: PG&E's of 2021, or a .csv file of your own "
        "(columns start, hours; each row as likely)",
    )


class Backup(Words):
    """Homes that their own car supplies in an outage (V2H)."""

    share: Share = Field(
        default=0.0,
        description="Share of the homes with a car that can give which have a transfer "
        "switch and a charger that forms a grid [0..1]",
    )
    panel: Literal["critical", "whole"] = Field(
        default="critical", description="What of the home the car supplies"
    )
    critical_share: Annotated[float, Field(gt=0, le=1)] = Field(
        default=0.4, description="Share of the load on the critical panel [0..1]"
    )
    transfer_s: Annotated[int, Field(ge=0, le=3600)] = Field(
        default=35, description="From the loss of supply to the car's [s]"
    )
    overload: Literal["shed", "trip"] = Field(
        default="shed",
        description="Above what the car can give: the rest is shed, or all goes dark "
        "until the load is less",
    )
    pv: bool = Field(
        default=False,
        description="Whether a home's PV is on the panel that its car supplies: it "
        "serves the load first, and what it leaves charges the car",
    )
    reserve_soc: Share = Field(
        default=0.2, description="State of charge at which the car stops [0..1]"
    )


class Restoration(Words):
    """What happens when the supply is back."""

    restart: Literal["immediate", "staggered"] = Field(
        default="immediate",
        description="Cars charge again at once, or each at a random time within "
        "stagger_min",
    )
    stagger_min: Annotated[float, Field(gt=0, le=1440)] = Field(
        default=120.0, description="restart: staggered: the longest wait [min]"
    )
    return_delay_s: Annotated[int, Field(ge=0, le=86_400)] = Field(
        default=300, description="Until PV and cars may feed in again [s]"
    )
    pickup: Annotated[float, Field(ge=1, le=10)] = Field(
        default=2.0,
        description="Load over what it would be, at once after a long outage [-]",
    )
    pickup_h: Annotated[float, Field(gt=0, le=24)] = Field(
        default=0.5,
        description="Time constant with which that is lost, and won while dark [h]",
    )
