"""Programmes that pay for less load in called hours, against a metered baseline."""

from __future__ import annotations

import json
from dataclasses import dataclass
from datetime import date
from pathlib import Path

from twin.errors import InputError, nearest
from twin.surroundings.tariff import Span, minutes_of

DATA = Path(__file__).parents[1] / "data" / "programmes"


@dataclass(frozen=True)
class Similar:
    """Of which earlier days a baseline is made.

    of     the last so many similar days
    best   of them, those with the highest use in the event's hours
    least  fewer earlier days than this make no baseline
    """

    of: int
    best: int
    least: int


@dataclass(frozen=True)
class Programme:
    """Pay per kWh of reduction; see data/programmes/SOURCE.md."""

    name: str
    title: str
    source: str
    effective: str
    usd_per_kwh: float
    span: Span
    before: Span
    months: tuple[int, ...]
    most_h_per_year: float
    similar: dict[str, Similar]
    adjustment: float
    notes: tuple[str, ...]
    file: Path

    @property
    def hours(self) -> float:
        """Length of a called day's hours."""
        return (self.span[1] - self.span[0]) / 60

    def refused(self, called: frozenset[date]) -> str:
        """Why days cannot be called; empty where they can."""
        outside = sorted(day for day in called if day.month not in self.months)
        if outside:
            months = ", ".join(map(str, self.months))
            return (
                f"{outside[0]} is in no month of {self.name}; allowed months: {months}"
            )
        for year in sorted({day.year for day in called}):
            days = sum(day.year == year for day in called)
            if days * self.hours > self.most_h_per_year:
                return (
                    f"{days} days of {self.hours:g} h in {year}; {self.name} calls at "
                    f"most {self.most_h_per_year:g} h a year"
                )
        return ""


def programme_names() -> tuple[str, ...]:
    """The programmes that a scenario may name."""
    return tuple(sorted(file.stem for file in DATA.glob("*.json")))


def programme(name: str) -> Programme:
    """Read a programme that ships with the twin."""
    if name not in programme_names():
        raise InputError.of(
            f"no programme '{name}'; allowed: {', '.join(programme_names())}"
            f"{nearest(name, programme_names())}",
            key="tariff.programme",
        )
    file = DATA / f"{name}.json"
    words = json.loads(file.read_text(encoding="utf-8"))
    return Programme(
        name=words["name"],
        title=words["title"],
        source=words["source"],
        effective=words["effective"],
        usd_per_kwh=float(words["usd_per_kwh"]),
        span=minutes_of(words["hours"]),
        before=minutes_of(words["adjustment_hours"]),
        months=tuple(words["months"]),
        most_h_per_year=float(words["most_h_per_year"]),
        similar={kind: Similar(**rule) for kind, rule in words["similar_days"].items()},
        adjustment=float(words["adjustment"]),
        notes=tuple(words["notes"]),
        file=file,
    )
