"""What is known or assumed of who can take part in giving, as dated data."""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np

from twin.arrays import Bools, Floats
from twin.errors import Problem
from twin.fleet.catalogue import DATA, region_of
from twin.scenario.document import read_document

FOLDER = DATA / "participation"
OTHERS = "others"


@dataclass(frozen=True)
class Known:
    """A share with how sure it is: published, reported, recalled or assumed."""

    share: float
    mark: str
    source: str
    source_date: str


@dataclass(frozen=True)
class Brand:
    """A make of bidirectional chargers, the cars it works with, its share of all."""

    name: str
    makes: tuple[str, ...]
    share: float


@dataclass(frozen=True)
class Stages:
    """A region's shares by stage, as of a date."""

    date: str
    carmakers: dict[str, Known]
    charger: Known
    matched: Known
    permit: Known
    enrolled: Known
    brands: tuple[Brand, ...]
    brands_known: Known
    file: Path

    def carmaker(self, make: str) -> Known:
        """What is known of a make, else of all others."""
        return self.carmakers.get(make, self.carmakers[OTHERS])


def stages(region: str) -> Stages:
    """The data of a region."""
    file = FOLDER / f"{region_of(region).lower()}.yaml"
    problems: list[Problem] = []
    words: dict[str, Any] = read_document(file, problems).plain()
    return Stages(
        date=words["date"],
        carmakers={make: _known(row) for make, row in words["carmakers"].items()},
        charger=_known(words["charger_share"]),
        matched=_known(words["matched_share"]),
        permit=_known(words["permit_share"]),
        enrolled=_known(words["enrolled_share"]),
        brands=tuple(
            Brand(row["name"], tuple(row["makes"]), float(row["share"]))
            for row in words["charger_brands"]
        ),
        brands_known=_known({"share": 1.0, **words["brands"]}),
        file=file,
    )


def brand_fits(brands: tuple[Brand, ...], draw: Floats, makes: list[str]) -> Bools:
    """Whether the charger that a home has drawn works with its car [n_ev]."""
    bounds = np.cumsum([brand.share for brand in brands])
    which = np.searchsorted(bounds[:-1], draw * bounds[-1], side="right")
    fits = [make in brands[k].makes for make, k in zip(makes, which, strict=True)]
    return np.array(fits, dtype=np.bool_)


def _known(row: dict[str, Any]) -> Known:
    return Known(float(row["share"]), row["mark"], row["source"], row["source_date"])
