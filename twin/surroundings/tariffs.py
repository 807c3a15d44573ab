"""What a kWh costs and when: the tariffs that ship, on a run's calendar."""

from __future__ import annotations

from collections import Counter
from dataclasses import dataclass, replace
from datetime import date
from pathlib import Path

import numpy as np

from twin.arrays import Floats
from twin.errors import InputError, nearest
from twin.scenario.tariff_words import TariffSpec
from twin.surroundings.avoided_cost import (
    AvoidedCost,
    avoided_cost_of,
    shipped_avoided_cost,
)
from twin.surroundings.programmes import Programme, programme
from twin.surroundings.tariff import Tariff
from twin.surroundings.tariff_files import read_tariff
from twin.surroundings.wallclock import interval_means, local_minutes
from twin.timeline import Timeline

__all__ = [
    "Prices",
    "Tariff",
    "charged_by",
    "prices_of",
    "tariff",
    "tariff_names",
    "versions",
]

DATA = Path(__file__).parents[1] / "data" / "tariffs"


@dataclass(frozen=True)
class Prices:
    """A tariff on a run's calendar, with the price paid for what is fed in.

    versions   where given, the latest that is effective on a date holds on it
    avoided    where given, export prices by month, day type and hour
    called     dates on which the tariff's adder, or a programme's pay, applies
    """

    tariff: Tariff
    timeline: Timeline
    export_usd_per_kwh: float = 0.0
    versions: tuple[Tariff, ...] = ()
    avoided: AvoidedCost | None = None
    called: frozenset[date] = frozenset()
    programme: Programme | None = None

    @property
    def notes(self) -> tuple[str, ...]:
        """What a reader must know of the prices."""
        return (
            *(note for one in self.in_force for note in one.notes),
            *self._of_versions(),
            *(self.avoided.notes if self.avoided else ()),
            *(self.programme.notes if self.programme else ()),
            f"tariff: energy given back earns {self._export_words}",
        )

    @property
    def inputs(self) -> tuple[Path, ...]:
        """The files of tariff, export prices and programme."""
        more = [one.file for one in (self.avoided, self.programme) if one is not None]
        return (*(one.file for one in self.in_force), *more)

    def tariff_on(self, day: date) -> Tariff:
        """The version that holds on a date; before all of them, the first."""
        if not self.versions:
            return self.tariff
        begun = [one for one in self.versions if one.effective <= day.isoformat()]
        return begun[-1] if begun else self.versions[0]

    def price_usd_per_kwh(self, day: int) -> Floats:
        """Price of energy drawn in each interval of a local day [steps]."""
        today = self.timeline.date_of(day)
        by_minute = self.tariff_on(today).by_minute(today) + self.adder(today)
        return interval_means(by_minute, self.timeline, day)

    def adder(self, day: date) -> Floats:
        """What an event adds to each minute's price, USD per kWh [1440]."""
        events = self.tariff_on(day).charges.events
        if events is None or day not in self.called:
            return np.zeros(1440)
        return events.by_minute()

    def export_price_usd_per_kwh(self, day: int) -> Floats:
        """Price paid for energy given back in each interval of a local day [steps]."""
        if self.avoided is None:
            steps = len(local_minutes(self.timeline, day))
            return np.full(steps, self.export_usd_per_kwh)
        today = self.timeline.date_of(day)
        kind = self.tariff_on(today).day_type(today)
        by_minute = self.avoided.by_minute(today.month, kind)
        return interval_means(by_minute, self.timeline, day)

    def cheapest_window(self, day: int) -> tuple[int, int]:
        """Wall-clock minutes of a local day between which energy is cheapest."""
        today = self.timeline.date_of(day)
        return self.tariff_on(today).cheapest_window(today)

    @property
    def in_force(self) -> tuple[Tariff, ...]:
        """Every version that holds on a day of the run, the first first."""
        dates = (self.timeline.date_of(day) for day in range(self.timeline.days))
        held = {one.effective: one for one in map(self.tariff_on, dates)}
        return tuple(held.values())

    @property
    def _export_words(self) -> str:
        if self.avoided is not None:
            return "avoided cost by month, day type and hour"
        return "nothing" if not self.export_usd_per_kwh else "what the scenario says"

    def _of_versions(self) -> list[str]:
        if not self.versions:
            return []
        told = [
            f"tariff {one.name}: version of {one.effective}" for one in self.in_force
        ]
        first = self.versions[0].effective
        if self.timeline.start.isoformat() < first:
            told.append(
                f"tariff {self.tariff.name}: before {first} the prices of that date "
                "are taken, the first there are"
            )
        return told


def prices_of(words: TariffSpec, timeline: Timeline) -> Prices:
    """The prices that a scenario asks for."""
    export = words.export_price_usd_per_kwh or 0.0
    avoided = None
    if words.export == "avoided_cost":
        file = words.export_file
        avoided = avoided_cost_of(file) if file else shipped_avoided_cost()
    elif words.export is not None:
        export = float(words.export)
    charged = charged_by(words, timeline)
    return replace(charged, export_usd_per_kwh=export, avoided=avoided)


def charged_by(words: TariffSpec, timeline: Timeline) -> Prices:
    """The same without what is paid for energy given back."""
    chosen = _chosen(words, timeline)
    held = versions(words.name) if words.effective == "by_date" else ()
    paying = None if words.programme is None else programme(words.programme)
    called = frozenset(words.event_days)
    _check_called(called, held or (chosen,), paying)
    return Prices(chosen, timeline, 0.0, held, None, called, paying)


def _chosen(words: TariffSpec, timeline: Timeline) -> Tariff:
    if isinstance(words.effective, date):
        return tariff(words.name, words.effective)
    if words.effective == "by_date":
        held = versions(words.name)
        return Prices(held[0], timeline, versions=held).tariff_on(timeline.start)
    return tariff(words.name)


def _check_called(
    called: frozenset[date], tariffs: tuple[Tariff, ...], paying: Programme | None
) -> None:
    """Event days need somebody who calls them, and not too often."""
    adders = [one for one in tariffs if one.charges.events is not None]
    fault = ""
    if called and not adders and paying is None:
        fault = (
            f"tariff {tariffs[0].name} has no events; allowed: a tariff that has, such "
            "as sdge_ev_tou_5_p, or tariff.programme"
        )
    elif adders and adders[0].charges.events is not None:
        most = adders[0].charges.events.most_per_year
        for year, days in sorted(Counter(day.year for day in called).items()):
            if days > most:
                fault = f"{days} days in {year}; {adders[0].name} calls at most {most}"
    if not fault and paying is not None:
        fault = paying.refused(called)
    if fault:
        raise InputError.of(fault, key="tariff.event_days")


def tariff_names() -> tuple[str, ...]:
    """The tariffs that a scenario may name."""
    stems = (file.stem for file in DATA.glob("*.json"))
    return tuple(sorted(stem for stem in stems if "@" not in stem))


def versions(name: str) -> tuple[Tariff, ...]:
    """All versions of a tariff that ship, by their effective date."""
    first = tariff(name)
    rest = [read_tariff(file) for file in sorted(DATA.glob(f"{name}@*.json"))]
    return tuple(sorted([first, *rest], key=lambda one: one.effective))


def tariff(name: str, effective: date | None = None) -> Tariff:
    """Read a tariff that ships with the twin, or its version of a date."""
    if name not in tariff_names():
        raise InputError.of(
            f"no tariff '{name}'; allowed: {', '.join(tariff_names())}"
            f"{nearest(name, tariff_names())}",
            key="tariff",
        )
    if effective is None:
        return read_tariff(DATA / f"{name}.json")
    held = {one.effective: one for one in versions(name)}
    if effective.isoformat() not in held:
        raise InputError.of(
            f"no version of {name} of {effective}; allowed: by_date, {', '.join(held)}",
            key="tariff.effective",
        )
    return held[effective.isoformat()]
