"""What regulates voltage in a pandapower network: tap changers, switched capacitors."""

from __future__ import annotations

from typing import Annotated, Literal

from pydantic import Field

from twin.scenario.words import Clock, PositiveKw, Words

Setpoint = Annotated[float, Field(ge=0.8, le=1.2)]
Band = Annotated[float, Field(gt=0, le=0.2)]
Delay = Annotated[float, Field(ge=0, le=3600)]
Drop = Annotated[float, Field(ge=-1, le=1)]
Element = Annotated[
    str | int, Field(json_schema_extra={"errorMessage": "a name, an index or a glob"})
]
Level = Annotated[
    float | Clock,
    Field(
        json_schema_extra={
            "errorMessage": 'a number (pu or kvar) or a time of day such as "06:30"'
        }
    ),
]


class LineDrop(Words):
    """A model of the line beyond, whose far end is held in place of the terminals."""

    r_pu: Drop = Field(
        default=0.0, description="Drop of voltage by active current, at rated_a [pu]"
    )
    x_pu: Drop = Field(
        default=0.0, description="Drop of voltage by reactive current, at rated_a [pu]"
    )
    rated_a: PositiveKw | None = Field(
        default=None,
        description="Current of these drops; default: the transformer's rated [A]",
    )


class ReversePower(Words):
    """What a tap changer does while power flows out of the side that is not held."""

    mode: Literal["hold", "neutral"] = Field(
        default="hold",
        description="Hold the same side by settings of its own, or go to neutral",
    )
    setpoint_pu: Setpoint | None = Field(
        default=None, description="Voltage to hold; default: as forward [pu]"
    )
    band_pu: Band | None = Field(
        default=None, description="Whole width of its band; default: as forward [pu]"
    )
    line_drop: LineDrop | None = Field(
        default=None, description="The line beyond; default: none in reverse"
    )
    delay_s: Delay = Field(
        default=60.0, description="How long power must flow back before [s]"
    )
    threshold_kw: Annotated[float, Field(ge=0, le=1_000_000)] | None = Field(
        default=None,
        description="Power that counts as reverse; default: a twentieth of the "
        "transformer's rating [kW]",
    )


class TapChanger(Words):
    """What the on-load tap changers of one or several transformers hold."""

    transformer: Element = Field(
        description="Its name or index, a glob on names, or all that have tap data"
    )
    setpoint_pu: Setpoint = Field(description="Voltage to hold [pu]")
    side: Literal["lv", "hv"] = Field(
        default="lv", description="Side whose voltage is held"
    )
    band_pu: Band | None = Field(
        default=None,
        description="Whole width of the band; default: twice the step of a tap [pu]",
    )
    delay_s: Delay = Field(
        default=60.0, description="How long it waits outside its band [s]"
    )
    phase: Literal[1, 2, 3, "lowest", "highest"] = Field(
        default=1, description="Phase that is read where feeder.model is three_phase"
    )
    line_drop: LineDrop | None = Field(
        default=None, description="The line beyond; default: none"
    )
    reverse: ReversePower | None = Field(
        default=None,
        description="What it does in reverse power; default: the same as ever",
    )


class SwitchedCapacitor(Words):
    """By what one or several shunts of the network are switched."""

    capacitor: Element = Field(
        description="Name or index of a shunt, a glob on names, or all"
    )
    by: Literal["voltage", "kvar", "time"] = Field(description="What it goes by")
    on: Level = Field(
        description="Closes below this voltage (pu), above this flow (kvar), or at "
        "this time of day"
    )
    off: Level = Field(
        description="Opens above this voltage (pu), below this flow (kvar), or at "
        "this time of day"
    )
    at: Element | None = Field(
        default=None,
        description="Branch whose reactive flow away from the source is read, by "
        "name; default: the nearest transformer upstream",
    )
    phase: Literal[1, 2, 3, "lowest", "highest"] = Field(
        default=1, description="Phase that is read where feeder.model is three_phase"
    )
    delay_s: Delay = Field(default=60.0, description="How long it waits [s]")
    dead_time_s: Delay = Field(
        default=300.0, description="How long it stays open once opened [s]"
    )


class RegulationSpec(Words):
    """What moves in a pandapower network; of two rules for one device, the later."""

    transformers: list[TapChanger] = Field(
        default_factory=list, description="On-load tap changers"
    )
    capacitors: list[SwitchedCapacitor] = Field(
        default_factory=list, description="Switched capacitors"
    )

    def __bool__(self) -> bool:
        """Whether anything is said."""
        return bool(self.transformers or self.capacitors)
