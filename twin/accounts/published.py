"""How far published battery models lie apart: six chemistries in nine cases."""

from __future__ import annotations

import re
from dataclasses import dataclass
from functools import lru_cache
from pathlib import Path

import numpy as np
import polars as pl

from twin.accounts.ageing import DAYS_PER_YEAR
from twin.arrays import Floats, Ints

FILE = Path(__file__).parents[1] / "data" / "ageing" / "published_fade.csv"
SCALES = np.array([0.4, 15.0, 0.2])
_RESTED = re.compile(r"calendar_soc(\d+)_T(\d+)")
_CYCLED = re.compile(r"daily_dod(\d+)_hi(\d+)_T(\d+)")


@dataclass(frozen=True, eq=False)
class Published:
    """Relative capacity by chemistry, case and year from 0.

    conditions  mean soc, degC and daily depth of each case                [n_case, 3]
    capacity                                         [n_chemistry, n_case, n_year + 1]
    """

    chemistries: tuple[str, ...]
    cases: tuple[str, ...]
    conditions: Floats
    capacity: Floats

    def nearest(self, soc: Floats, temperature_degc: Floats, depth: Floats) -> Ints:
        """The case whose conditions are the least different. [n_ev]"""
        asked = np.stack(np.broadcast_arrays(soc, temperature_degc, depth), axis=-1)
        apart = np.abs(asked[:, None, :] - self.conditions) / SCALES
        found: Ints = apart.sum(axis=-1).argmin(axis=1)
        return found

    def range(self, case: Ints, age_years: float, days: float) -> tuple[Floats, Floats]:
        """Lowest and highest loss of any chemistry in some days at an age. [n_ev]

        The loss of the year in which that age lies, in proportion to the days.
        """
        year = min(int(age_years), self.capacity.shape[2] - 2)
        lost = self.capacity[:, :, year] - self.capacity[:, :, year + 1]
        share = days / DAYS_PER_YEAR
        return share * lost.min(axis=0)[case], share * lost.max(axis=0)[case]


@lru_cache(maxsize=1)
def published() -> Published:
    """The curves that ship. Source: ``twin/data/ageing/SOURCE.md``."""
    rows = pl.read_csv(FILE).sort("model", "case", "year")
    models, cases = (rows[key].unique().sort().to_list() for key in ("model", "case"))
    capacity = rows["relative_capacity"].to_numpy()
    return Published(
        tuple(models),
        tuple(cases),
        np.array([_conditions(case) for case in cases]),
        capacity.reshape(len(models), len(cases), -1),
    )


def _conditions(case: str) -> tuple[float, float, float]:
    """Mean state of charge, temperature and daily depth of a case's name."""
    rested = _RESTED.fullmatch(case)
    if rested:
        soc, degc = map(float, rested.groups())
        return soc / 100, degc, 0.0
    cycled = _CYCLED.fullmatch(case)
    if cycled is None:
        raise ValueError(f"{FILE.name}: no case is called {case!r}")
    depth, high, degc = map(float, cycled.groups())
    return (high - depth / 2) / 100, degc, depth / 100
