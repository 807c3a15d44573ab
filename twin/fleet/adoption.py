"""What households start from and what lies ahead, as dated data."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np

from twin.arrays import Floats, Ints
from twin.errors import Problem
from twin.fleet.catalogue import DATA, region_of
from twin.fleet.participation import Known
from twin.scenario.adoption_words import Adoption
from twin.scenario.document import read_document
from twin.surroundings.control_totals import Totals, read_totals

FOLDER = DATA / "adoption"


@dataclass(frozen=True)
class Course:
    """A share by year, straight between years, with how sure it is."""

    years: tuple[int, ...]
    shares: tuple[float, ...]
    mark: str
    source: str

    def at(self, year: Ints) -> Floats:
        """The share in each of these years."""
        found: Floats = np.interp(year, self.years, self.shares)
        return found

    def in_year(self, year: int) -> float:
        """The share in a year."""
        return float(np.interp(year, self.years, self.shares))

    def known(self, year: int, date: str) -> Known:
        """The share in a year, marked."""
        return Known(self.in_year(year), self.mark, self.source, date)


@dataclass(frozen=True)
class Ahead:
    """A region's households and years ahead, as of a date.

    cars_per_home    shares of homes with 0, 1, 2, 3 cars
    charger_access   share with a place to charge where 1, 2 to 4, more share a load
    """

    date: str
    illustrative: Course
    cars_per_home: tuple[float, ...]
    charger_access: tuple[float, ...]
    income_spread: float
    income_place_share: float
    income_kwh_share: float
    committed: Course
    able: Course
    charger: Course
    permit: Course
    marks: Mapping[str, str]
    file: Path


def ahead(region: str) -> Ahead:
    """The data of a region."""
    file = FOLDER / f"{region_of(region).lower()}.yaml"
    problems: list[Problem] = []
    words: dict[str, Any] = read_document(file, problems).plain()
    totals = words["illustrative"]
    return Ahead(
        date=words["date"],
        illustrative=_course(totals, totals["ev_share"]),
        cars_per_home=tuple(map(float, words["cars_per_home"]["shares"])),
        charger_access=tuple(map(float, words["charger_access"]["shares"])),
        income_spread=float(words["income_spread"]["value"]),
        income_place_share=float(words["income_place_share"]["value"]),
        income_kwh_share=float(words["income_kwh_share"]["value"]),
        committed=_course(words["committed_of_others"]),
        able=_course(words["able_of_others"]),
        charger=_course(words["charger_share"]),
        permit=_course(words["permit_share"]),
        marks={key: row["mark"] for key, row in words.items() if isinstance(row, dict)},
        file=file,
    )


def totals_asked(words: Adoption, region: str) -> Totals:
    """The user's control totals, else those that ship; InputError short of the year."""
    totals = (
        _illustrative(region) if words.totals is None else read_totals(words.totals)
    )
    totals.refuse_beyond(words.year)
    return totals


def _illustrative(region: str) -> Totals:
    course = ahead(region).illustrative
    return Totals(
        course.years, {"ev_share": course.shares}, True, f"{course.source}, assumed"
    )


def _course(row: dict[str, Any], shares: dict[Any, float] | None = None) -> Course:
    by_year = {int(year): float(x) for year, x in (shares or row["years"]).items()}
    years = tuple(sorted(by_year))
    return Course(
        years, tuple(by_year[year] for year in years), row["mark"], row["source"]
    )
