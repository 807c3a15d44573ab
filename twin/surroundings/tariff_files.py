"""Reads a tariff's dated file, and refuses one that leaves anything open."""

from __future__ import annotations

import json
from collections.abc import Iterator, Mapping
from datetime import date
from itertools import pairwise
from pathlib import Path
from typing import Annotated, Literal

from pydantic import BaseModel, ConfigDict, Field, ValidationError

from twin.errors import InputError, Problem
from twin.surroundings.tariff import (
    HOLIDAYS,
    Baseline,
    Charges,
    Demand,
    EventAdder,
    Periods,
    Span,
    Tariff,
    minutes_of,
)

CLOCK = r"([01]\d|2[0-3]):[0-5]\d"
SpanWords = Annotated[str, Field(pattern=rf"^{CLOCK}-({CLOCK}|24:00)$")]
DayType = Literal["weekday", "weekend"]
PeriodWords = dict[DayType, dict[SpanWords, str]]
Positive = Annotated[float, Field(ge=0, le=1_000_000)]
MARKS: Mapping[str, str] = {
    "published": "published",
    "reported": "reported at second hand",
    "recalled": "unverified, from general knowledge",
    "assumed": "assumed",
}
Finding = tuple[str, str]


class _Words(BaseModel):
    model_config = ConfigDict(frozen=True, extra="forbid", allow_inf_nan=False)


class MarkWords(_Words):
    """How sure a part of the file is, and of what that follows."""

    mark: Literal["published", "reported", "recalled", "assumed"]
    how: str


class MonthsWords(_Words):
    """Other hours in certain months."""

    months: list[Annotated[int, Field(ge=1, le=12)]]
    periods: PeriodWords


class BaselineWords(_Words):
    """An allowance below which a kWh is credited."""

    kwh_per_day: dict[str, Positive]
    credited_share: Positive = 1.0
    credit_usd_per_kwh: Positive


class DemandWords(_Words):
    """A charge for the highest power within hours."""

    name: Annotated[str, Field(pattern=r"^[a-z][a-z_]*$")]
    hours: dict[DayType, list[SpanWords]]
    usd_per_kw: dict[str, Positive]


class EventWords(_Words):
    """An adder on called days."""

    hours: SpanWords
    usd_per_kwh: Positive
    most_per_year: Annotated[int, Field(ge=1, le=366)]


class TariffWords(_Words):
    """A tariff's file, word by word."""

    name: str
    title: str
    source: Annotated[str, Field(min_length=10)]
    effective: date
    verified: Annotated[dict[str, MarkWords], Field(min_length=1)]
    metering_min: Literal[15, 30, 60]
    fixed_usd_per_month: Positive = 0.0
    fixed_usd_per_day: Positive = 0.0
    minimum_usd_per_month: Positive = 0.0
    minimum_usd_per_day: Positive = 0.0
    holidays: str
    seasons: dict[str, list[int]]
    periods: PeriodWords
    periods_in_months: list[MonthsWords] = []
    prices_usd_per_kwh: dict[str, dict[str, Annotated[float, Field(ge=-10, le=100)]]]
    baseline: BaselineWords | None = None
    demand: list[DemandWords] = []
    events: EventWords | None = None
    notes: list[str] = []


def read_tariff(file: Path) -> Tariff:
    """The tariff in a file; all that is wrong with it is told at once."""
    try:
        words = TariffWords.model_validate(json.loads(file.read_text(encoding="utf-8")))
    except ValidationError as error:
        problems = [
            Problem(str(file), ".".join(map(str, one["loc"])), one["msg"])
            for one in error.errors()
        ]
        raise InputError(problems) from None
    except (OSError, ValueError) as error:
        raise InputError.of(f"not a tariff: {error}", where=str(file)) from error
    found = [Problem(str(file), key, message) for key, message in _findings(words)]
    if found:
        raise InputError(found)
    return _tariff(words, file)


def _findings(words: TariffWords) -> Iterator[Finding]:
    """What the file leaves open, or says twice."""
    months = sorted(m for ms in words.seasons.values() for m in ms)
    if months != list(range(1, 13)):
        yield "seasons", f"hold the months {months}; each of 1 to 12 once is needed"
    if words.holidays not in HOLIDAYS:
        yield "holidays", f"'{words.holidays}'; allowed: {', '.join(HOLIDAYS)}"
    yield from _hours(words)
    yield from _seasonal(words)


def _hours(words: TariffWords) -> Iterator[Finding]:
    if set(words.periods) != {"weekday", "weekend"}:
        yield "periods", "weekday and weekend are needed"
    every = [("periods", words.periods)]
    every += [("periods_in_months", one.periods) for one in words.periods_in_months]
    known = {name for one in words.prices_usd_per_kwh.values() for name in one}
    for key, periods in every:
        for kind, spans in periods.items():
            yield from _whole_day(f"{key}.{kind}", list(spans), words.metering_min)
            for name in spans.values():
                if name not in known:
                    yield f"{key}.{kind}", f"period '{name}' has no price"
    for demand in words.demand:
        if set(demand.hours) != {"weekday", "weekend"}:
            yield f"demand.{demand.name}", "hours of weekday and weekend are needed"
        for listed in demand.hours.values():
            yield from _whole_intervals(
                f"demand.{demand.name}", listed, words.metering_min
            )
    if words.events is not None:
        yield from _whole_intervals("events", [words.events.hours], words.metering_min)


def _whole_day(key: str, spans: list[str], metering_min: int) -> Iterator[Finding]:
    edges = sorted(minutes_of(span) for span in spans)
    whole = bool(edges) and edges[0][0] == 0 and edges[-1][1] == 1440
    if not whole or any(a[1] != b[0] for a, b in pairwise(edges)):
        yield key, "the hours must cover 00:00 to 24:00 once, without a gap"
    yield from _whole_intervals(key, spans, metering_min)


def _whole_intervals(
    key: str, spans: list[str], metering_min: int
) -> Iterator[Finding]:
    edges = [minutes_of(span) for span in spans]
    if any(minute % metering_min for span in edges for minute in span):
        yield key, f"hours begin and end at whole intervals of {metering_min} min"
    if any(start >= end for start, end in edges):
        yield key, "hours end after they begin; those past midnight are two"


def _seasonal(words: TariffWords) -> Iterator[Finding]:
    """Whatever depends on the season must say it for each."""
    by_season: list[tuple[str, Mapping[str, object]]] = [
        ("prices_usd_per_kwh", words.prices_usd_per_kwh)
    ]
    if words.baseline is not None:
        by_season.append(("baseline.kwh_per_day", words.baseline.kwh_per_day))
    by_season += [(f"demand.{d.name}", d.usd_per_kw) for d in words.demand]
    for key, values in by_season:
        if set(values) != set(words.seasons):
            got, need = ", ".join(values), ", ".join(words.seasons)
            yield key, f"has the seasons {got}; needed: {need}"
    periods = [set(prices) for prices in words.prices_usd_per_kwh.values()]
    if any(one != periods[0] for one in periods):
        yield "prices_usd_per_kwh", "every season must price the same periods"


def _tariff(words: TariffWords, file: Path) -> Tariff:
    months = {m: season for season, ms in words.seasons.items() for m in ms}
    marks = _marks(words)
    return Tariff(
        name=words.name,
        title=words.title,
        source=words.source,
        effective=words.effective.isoformat(),
        metering_min=words.metering_min,
        charges=_charges(words),
        holidays=words.holidays,
        season_of_month=tuple(months[m] for m in range(1, 13)),
        periods=_periods(words.periods),
        prices=words.prices_usd_per_kwh,
        notes=(*words.notes, *marks),
        file=file,
        marks=tuple(dict.fromkeys(one.mark for one in words.verified.values())),
        verified=tuple(
            (part, one.mark, one.how) for part, one in words.verified.items()
        ),
        periods_in_month={
            month: _periods(one.periods)
            for one in words.periods_in_months
            for month in one.months
        },
    )


def _marks(words: TariffWords) -> list[str]:
    """A line for each part that no publication was held against."""
    return [
        f"tariff {words.name}: {part} {MARKS[one.mark]}: {one.how}"
        for part, one in words.verified.items()
        if one.mark != "published"
    ]


def _charges(words: TariffWords) -> Charges:
    return Charges(
        fixed_usd_per_month=words.fixed_usd_per_month,
        fixed_usd_per_day=words.fixed_usd_per_day,
        minimum_usd_per_month=words.minimum_usd_per_month,
        minimum_usd_per_day=words.minimum_usd_per_day,
        baseline=None if words.baseline is None else _baseline(words.baseline),
        demand=tuple(map(_demand, words.demand)),
        events=None if words.events is None else _adder(words.events),
    )


def _baseline(words: BaselineWords) -> Baseline:
    return Baseline(words.kwh_per_day, words.credited_share, words.credit_usd_per_kwh)


def _demand(words: DemandWords) -> Demand:
    spans: dict[str, tuple[Span, ...]] = {
        kind: tuple(map(minutes_of, said)) for kind, said in words.hours.items()
    }
    return Demand(words.name, spans, words.usd_per_kw)


def _adder(words: EventWords) -> EventAdder:
    return EventAdder(minutes_of(words.hours), words.usd_per_kwh, words.most_per_year)


def _periods(words: PeriodWords) -> Periods:
    return {
        kind: tuple((*minutes_of(span), name) for span, name in spans.items())
        for kind, spans in words.items()
    }
