"""What a scenario says of the grid operator, who may hold cars back."""

from __future__ import annotations

from typing import Annotated, Any, Literal

from pydantic import ConfigDict, Field, model_validator

from twin.scenario.words import Words

Loading = Annotated[float, Field(gt=0, le=3)]
Kw = Annotated[float, Field(ge=0, le=1000)]

DEFAULTS: dict[str, dict[str, Any]] = {
    "dimming": {
        "least_kw": 4.2,
        "begin_loading": 1.0,
        "end_loading": 0.9,
        "least_min": 15.0,
        "measured": "branches",
        "control": "direct",
    },
    "envelopes": {
        "least_kw": 0.0,
        "margin_loading": 0.05,
        "margin_pu": 0.005,
        "allocation": "equal",
        "among": "unfinished",
    },
}


def _from_method(value: object) -> object:
    """``dimming`` is short for ``{method: dimming}``."""
    return {"method": value} if isinstance(value, str) else value


class Operator(Words):
    """How the grid operator holds cars back, whatever the policy asks of them."""

    method: Literal["dimming", "envelopes"] = Field(
        description="dimming: all cars behind what is measured overloaded are reduced "
        "to a least power (EnWG 14a); envelopes: import and export limits of each "
        "customer, computed for each interval"
    )
    least_kw: Kw | None = Field(
        default=None,
        description="What a car may always charge; default: 4.2 for dimming, 0 for "
        "envelopes [kW]",
    )
    begin_loading: Loading | None = Field(
        default=None,
        description="Dimming begins where a measured loading exceeds this; default: "
        "1.0 [share of the normal rating]",
    )
    end_loading: Loading | None = Field(
        default=None,
        description="and ends where it is below this; default: 0.9 [share]",
    )
    least_min: Annotated[float, Field(ge=0, le=1440)] | None = Field(
        default=None, description="Dimming lasts at least so long; default: 15 [min]"
    )
    measured: Literal["transformers", "branches"] | None = Field(
        default=None,
        description="What is measured: transformers, or all branches with a rating; "
        "default: branches",
    )
    control: Literal["direct", "ems"] | None = Field(
        default=None,
        description="Each car to the least power, or all of a home, by its energy "
        "manager, to a sum with the simultaneity factor; default: direct",
    )
    margin_loading: Annotated[float, Field(ge=0, le=0.9)] | None = Field(
        default=None,
        description="Share of each rating that envelopes keep free; default: 0.05 "
        "[share]",
    )
    margin_pu: Annotated[float, Field(ge=0, le=0.1)] | None = Field(
        default=None,
        description="Distance to voltage limits that envelopes keep; default: 0.005 "
        "[pu]",
    )
    allocation: Literal["equal", "proportional"] | None = Field(
        default=None,
        description="Room is shared equally among these customers, or in proportion "
        "to what their cars can take; default: equal",
    )
    among: Literal["connected", "unfinished"] | None = Field(
        default=None,
        description="Who gets a share of import: whoever has a car at the plug, or "
        "only one that is not at its target, as chargers tell; default: unfinished",
    )

    model_config = ConfigDict(
        json_schema_extra={"errorMessage": "a method, or a mapping with a method in it"}
    )
    _short = model_validator(mode="before")(_from_method)

    @property
    def settled(self) -> dict[str, Any]:
        """The method and its keys, defaults written out."""
        own = DEFAULTS[self.method]
        said = {key: getattr(self, key) for key in own}
        filled = {key: own[key] if v is None else v for key, v in said.items()}
        return {"method": self.method, **filled}
