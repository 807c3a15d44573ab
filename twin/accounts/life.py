"""What a course of hot-spot temperatures took of transformers' lives."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from twin.accounts.thermal import Course
from twin.arrays import Floats, Ints

NORMAL_LIFE_H = 180_000.0
HOURS_PER_DAY = 24.0
NORMAL_DEGC, BUBBLES_DEGC = 110.0, 140.0


@dataclass(frozen=True)
class Life:
    """Sums over known steps. [n_transformer]

    aged_h        hours of normal ageing that the insulation went through
    known_h       hours whose loading is known
    unknown_h     hours without one: steps without a solution, no rating
    hot_spot_degc the hottest; NaN if never known
    hottest_step  when, counted from the first step; -1 if never known
    above_110_h   hours above what normal life allows
    above_140_h   hours in which gas bubbles may form in the oil
    """

    aged_h: Floats
    known_h: Floats
    unknown_h: Floats
    hot_spot_degc: Floats
    hottest_step: Ints
    above_110_h: Floats
    above_140_h: Floats

    @property
    def rate(self) -> Floats:
        """F_EQA = sum(F dt) / sum(dt): 1 ages normally; NaN if never known."""
        return np.divide(
            self.aged_h,
            self.known_h,
            out=np.full_like(self.aged_h, np.nan),
            where=self.known_h > 0,
        )

    @property
    def aged_h_per_day(self) -> Floats:
        """Hours of normal ageing a day; NaN if never known."""
        return HOURS_PER_DAY * self.rate

    @property
    def life_used(self) -> Floats:
        """Share of a normal life, 180,000 hours at the reference temperature."""
        return self.aged_h / NORMAL_LIFE_H


def none_yet(n_transformer: int) -> Life:
    """Before the first step."""
    zero = np.zeros(n_transformer)
    return Life(
        zero,
        zero,
        zero,
        np.full(n_transformer, np.nan),
        np.full(n_transformer, -1, np.int64),
        zero,
        zero,
    )


def plus(life: Life, course: Course, step_h: float, first_step: int = 0) -> Life:
    """The same after a further course, whose first step has a number.

    Ageing is taken at each step's end.
    """
    if not len(course.hot_spot_degc):
        return life
    known = np.isfinite(course.hot_spot_degc)
    hot = np.where(known, course.hot_spot_degc, -np.inf)
    row = hot.argmax(axis=0)
    hottest = hot.max(axis=0)
    hotter = hottest > np.nan_to_num(life.hot_spot_degc, nan=-np.inf)
    return Life(
        life.aged_h + np.nansum(course.ageing, axis=0) * step_h,
        life.known_h + known.sum(axis=0) * step_h,
        life.unknown_h + (~known).sum(axis=0) * step_h,
        np.where(hotter, hottest, life.hot_spot_degc),
        np.where(hotter, first_step + row, life.hottest_step),
        life.above_110_h + (hot > NORMAL_DEGC).sum(axis=0) * step_h,
        life.above_140_h + (hot > BUBBLES_DEGC).sum(axis=0) * step_h,
    )
