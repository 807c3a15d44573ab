"""How batteries stand after years, told from a year, or from weighted weeks of one."""

from __future__ import annotations

from collections.abc import Sequence

from twin.accounts.ageing import DAYS_PER_YEAR, Fade, follow
from twin.accounts.chemistries import Chemistry, Rates
from twin.errors import InputError

DAYS_OFF_A_YEAR = 1.5


def after_years(
    chemistry: Chemistry,
    start: Fade,
    days: Sequence[Rates],
    years: int,
    weights: Sequence[float] | None = None,
) -> Fade:
    """The loss after years that are all like the recorded one.

    days     what was recorded, a local day a chunk
    weights  how many days of a year each recorded day stands for, where less than a
             year was recorded: of representative weeks of every season. They add up to
             a year.

    One week repeated would be ten years of July, so less than a year without weights is
    refused. Of more than a year the first one is taken.
    """
    year = _a_year(days, weights)
    for _ in range(years):
        start = follow(chemistry, start, year)
    return start


def is_a_year(days: float) -> bool:
    """Whether so many recorded days hold every season."""
    return days >= DAYS_PER_YEAR - DAYS_OFF_A_YEAR


def _a_year(days: Sequence[Rates], weights: Sequence[float] | None) -> Sequence[Rates]:
    known = sum(day.days for day in days)
    if weights is None:
        if not is_a_year(known):
            raise InputError.of(
                f"{known:g} days tell nothing of years: a year is needed, or weights "
                "that say how many days of a year each recorded day stands for",
                key="weights",
            )
        return _first_year(days)
    if len(weights) != len(days):
        raise InputError.of(
            f"{len(weights)} weights for {len(days)} recorded days", key="weights"
        )
    total = sum(w * day.days for w, day in zip(weights, days, strict=True))
    if min(weights) < 0 or abs(total - DAYS_PER_YEAR) > DAYS_OFF_A_YEAR:
        raise InputError.of(
            f"weights add up to {total:g} days, the lowest is {min(weights):g}; "
            "needed: none below 0, and 365 days",
            key="weights",
        )
    return [day.times(w) for w, day in zip(weights, days, strict=True)]


def _first_year(days: Sequence[Rates]) -> Sequence[Rates]:
    found, known = [], 0.0
    for day in days:
        if known + day.days / 2 > DAYS_PER_YEAR:
            break
        found.append(day)
        known += day.days
    return found
