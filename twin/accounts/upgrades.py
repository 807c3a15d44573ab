"""What planners can do costs: dated data, or a user's own."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, fields
from pathlib import Path
from typing import Any

import numpy as np

from twin.arrays import Floats
from twin.errors import Problem
from twin.scenario.document import read_document

FOLDER = Path(__file__).parents[1] / "data" / "upgrades"
FILES = {"US": "us.yaml", "DE": "eu.yaml"}
SAID = "assumed in the scenario"
SAID_IN_STUDY = "said in the study"
PRICES = ("line_usd_per_km", "line_least_usd", "regulator_usd", "switch_usd")
UNITS = ("usd", "years", "share")


@dataclass(frozen=True)
class Upgrades:
    """Installed costs.

    kva, transformer_usd   cost by rating, straight between two   [n_known]
    sizes_kva              standard ratings                       [n_size]
    marks                  by key: how sure a cost is, and whose word
    """

    date: str
    kva: Floats
    transformer_usd: Floats
    sizes_kva: Floats
    line_usd_per_km: float
    line_least_usd: float
    regulator_usd: float
    switch_usd: float
    marks: Mapping[str, str]

    def next_kva(self, rating_kva: float, load_kva: float) -> float:
        """The smallest standard rating above the old one that carries a load.

        Beyond the largest: several of these, side by side.
        """
        fits = self.sizes_kva[
            (self.sizes_kva > rating_kva) & (self.sizes_kva >= load_kva)
        ]
        if len(fits):
            return float(fits[0])
        largest = float(self.sizes_kva[-1])
        return largest * float(np.ceil(max(load_kva, rating_kva * 1.001) / largest))

    def of_transformer(self, kva: float) -> float:
        """Cost of a transformer; beyond the ratings known in proportion [USD]."""
        low, high = float(self.kva[0]), float(self.kva[-1])
        cost = float(np.interp(kva, self.kva, self.transformer_usd))
        if kva < low:
            return cost * kva / low
        return cost * kva / high if kva > high else cost

    def of_line(self, length_km: float) -> float:
        """Cost of a stronger line [USD]."""
        return max(self.line_least_usd, self.line_usd_per_km * length_km)


def upgrades(region: str, said: Mapping[str, Any], said_by: str = SAID) -> Upgrades:
    """The region's costs, with what a scenario or a study says in their place."""
    problems: list[Problem] = []
    words: dict[str, Any] = read_document(FOLDER / FILES[region], problems).plain()
    own = said.get("transformer_usd")
    by_kva = own or words["transformer_usd"]["by_kva"]
    table = sorted((float(kva), float(usd)) for kva, usd in by_kva.items())
    prices = {
        key: float(words[key]["usd"]) if said.get(key) is None else float(said[key])
        for key in PRICES
    }
    marks = {
        key: said_by
        if said.get(key)
        else f"{words[key]['mark']}: {words[key]['source']}"
        for key in ("transformer_usd", *PRICES)
    }
    return Upgrades(
        date=words["date"],
        kva=np.array([kva for kva, _ in table]),
        transformer_usd=np.array([usd for _, usd in table]),
        sizes_kva=np.sort(np.array(words["sizes_kva"], dtype=np.float64)),
        marks=marks,
        **prices,
    )


@dataclass(frozen=True)
class Measures:
    """Costs and lives of what else a planner can do: taps, batteries, programmes.

    *_usd once, *_per_year and storage_yearly_share (of what it cost) every year.
    marks: by key, how sure a cost is, and whose word
    """

    tap_usd: float
    phase_usd: float
    storage_usd_per_kwh: float
    storage_usd_per_kw: float
    storage_yearly_share: float
    platform_usd: float
    platform_usd_per_year: float
    managed_usd_per_car: float
    managed_usd_per_car_year: float
    v2g_usd_per_car: float
    v2g_usd_per_car_year: float
    asset_life_years: float
    storage_life_years: float
    car_life_years: float
    marks: Mapping[str, str]


def measures(region: str, said: Mapping[str, Any]) -> Measures:
    """The region's costs, with what a study says in their place."""
    words: dict[str, Any] = read_document(FOLDER / FILES[region], []).plain()
    keys = [one.name for one in fields(Measures) if one.name != "marks"]
    values = {
        key: _value(words[key]) if said.get(key) is None else float(said[key])
        for key in keys
    }
    marks = {
        key: f"{words[key]['mark']}: {words[key]['source']}"
        if said.get(key) is None
        else SAID_IN_STUDY
        for key in keys
    }
    return Measures(**values, marks=marks)


def _value(entry: Mapping[str, Any]) -> float:
    return float(next(entry[unit] for unit in UNITS if unit in entry))
