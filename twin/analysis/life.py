"""Reads how warm a run's transformers got and how they aged: one pass, by loads."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np

from twin.accounts.life import HOURS_PER_DAY, Life, none_yet, plus
from twin.accounts.ratings import Thermal
from twin.accounts.thermal import Course, Warmth, follow, steady
from twin.analysis.digest import chunks
from twin.arrays import Floats, Ints
from twin.results.record import Run


def life_of(
    run: Run,
    thermal: Thermal,
    groups: Sequence[Ints],
    outdoor_degc: Floats,
    step_h: float,
) -> Life:
    """One pass over ``flows``.

    groups        the branches of each transformer's phases; its fullest phase counts
    outdoor_degc  of each interval                                            [n_step]

    It starts from rest at the root mean square of the first day's loadings, in that
    day's mean air.
    """
    day = max(1, round(HOURS_PER_DAY / step_h))
    life, first, state = none_yet(len(groups)), 0, None
    for _, (loading,) in chunks(run, "flows", "loading"):
        loads = fullest(loading, groups)
        air = outdoor_degc[first : first + len(loads)]
        if state is None:
            state = _at_rest(thermal, loads[:day], float(air[:day].mean()))
        course, state = follow(thermal, state, loads, air, step_h)
        life = plus(life, course, step_h, first)
        first += len(loads)
    return life


def course_of(
    thermal: Thermal, loads: Floats, outdoor_degc: Floats, step_h: float
) -> Course:
    """The course of temperatures and ageing, from the same start as ``life_of``.

    loads         of each transformer's fullest phase         [n_step, n_transformer]
    outdoor_degc  of each interval                                            [n_step]
    """
    day = max(1, round(HOURS_PER_DAY / step_h))
    start = _at_rest(thermal, loads[:day], float(outdoor_degc[:day].mean()))
    return follow(thermal, start, loads, outdoor_degc, step_h)[0]


def fullest(loading: Floats, groups: Sequence[Ints]) -> Floats:
    """Loading of each transformer's fullest phase; NaN if none is known.

    loading                                                          [n_step, n_branch]
    """
    found = np.full((len(loading), len(groups)), np.nan)
    for index, group in enumerate(groups):
        if len(group):
            found[:, index] = np.fmax.reduce(loading[:, group], axis=1)
    return found


def _at_rest(thermal: Thermal, loads: Floats, air_degc: float) -> Warmth:
    known = np.isfinite(loads)
    square = np.where(known, loads, 0.0) ** 2
    mean = square.sum(axis=0) / np.maximum(known.sum(axis=0), 1)
    return steady(thermal, np.sqrt(mean), air_degc)
