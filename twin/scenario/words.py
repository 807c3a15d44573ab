"""The words' common grammar: frozen, strict, closed; kinds of values with ranges."""

from __future__ import annotations

import json
import re
from datetime import date
from pathlib import Path
from typing import Annotated, Any

from pydantic import AfterValidator, BaseModel, BeforeValidator, ConfigDict, Field


class Words(BaseModel):
    """Base of every section: frozen, strict, closed, hashable."""

    model_config = ConfigDict(
        frozen=True,
        strict=True,
        extra="forbid",
        allow_inf_nan=False,
        populate_by_name=True,
    )

    def __hash__(self) -> int:
        """Of the content, whatever the order of its mappings."""
        content = self.model_dump(mode="json")
        return hash(json.dumps(content, sort_keys=True))


def _iso_date(value: object) -> object:
    if isinstance(value, str) and re.fullmatch(r"\d{4}-\d{2}-\d{2}", value):
        return date.fromisoformat(value)
    return value


def _in_range(day: date) -> date:
    if not 1970 <= day.year <= 2199:
        raise ValueError(day)
    return day


def in_order(mix: dict[Any, float] | Any) -> Any:
    """One order for one mix, so that what is drawn of it doesn't depend on layout."""
    return dict(sorted(mix.items())) if isinstance(mix, dict) else mix


NAMED = ConfigDict(
    json_schema_extra={"errorMessage": "a name, or a mapping with a name in it"}
)


def from_name(value: object) -> object:
    """``valley`` is short for ``{name: valley}``."""
    return {"name": value} if isinstance(value, str) else value


NAME_WORDS = "1 to 64 of the characters a-z 0-9 _ -, the first a letter or digit"

Share = Annotated[float, Field(ge=0, le=1)]
PositiveKw = Annotated[float, Field(gt=0, le=1_000_000)]
PositiveNumber = Annotated[float, Field(gt=0, le=1_000_000, strict=False)]
Clock = Annotated[
    str,
    Field(
        pattern=r"^(([01][0-9]|2[0-3]):[0-5][0-9]|24:00)$",
        json_schema_extra={"errorMessage": 'a time of day such as "16:30"'},
    ),
]
Name = Annotated[
    str,
    Field(
        pattern=r"^[a-z0-9][a-z0-9_-]{0,63}$",
        json_schema_extra={"errorMessage": NAME_WORDS},
    ),
]
IsoDate = Annotated[
    date,
    BeforeValidator(_iso_date),
    AfterValidator(_in_range),
    Field(
        json_schema_extra={
            "errorMessage": "a date such as 2026-01-12, from 1970-01-01 to 2199-12-31"
        },
    ),
]
FilePath = Annotated[Path, Field(strict=False)]
