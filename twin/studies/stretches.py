"""What each run of a study stands for: weeks of a year, a whole year, or neither."""

from __future__ import annotations

from collections.abc import Sequence

from twin.analysis.annual import DAYS_PER_YEAR, Stretch
from twin.scenario.spec import Scenario
from twin.scenario.tariff_words import TariffSpec
from twin.studies.asked import Asked
from twin.surroundings.tariffs import tariff

REALTIME = "realtime"
NEARLY_DAYS = 1.0


def stretches_of(asked: Sequence[Asked]) -> list[Stretch | None]:
    """Of each row; None where neither chosen weeks nor whole years are simulated."""
    return [
        None if one.scenario is None else _stretch(one, one.scenario) for one in asked
    ]


def _stretch(one: Asked, scenario: Scenario) -> Stretch | None:
    days = float(scenario.time.days)
    weight = one.condition.weight if one.condition else _of_whole_years(days)
    if weight is None:
        return None
    return Stretch(weight, days, not uneven(scenario.tariff))


def _of_whole_years(days: float) -> float | None:
    """One over the years, where it is whole ones: part of a year is no year."""
    years = round(days / DAYS_PER_YEAR)
    is_whole = years >= 1 and abs(days - years * DAYS_PER_YEAR) <= NEARLY_DAYS
    return 1.0 / years if is_whole else None


def uneven(words: TariffSpec) -> str:
    """What of a tariff does not add up over weeks; empty: nothing."""
    if words.name == REALTIME:
        return ""
    charges = tariff(words.name).charges
    minimum = charges.minimum_usd_per_month or charges.minimum_usd_per_day
    found = {
        "a demand charge": bool(charges.demand),
        "a minimum": bool(minimum),
        "an allowance": charges.baseline is not None,
    }
    return ", ".join(name for name, is_there in found.items() if is_there)


def annual_notes(asked: Sequence[Asked], done: Sequence[Asked]) -> list[str]:
    """What of a year is not told, and why: bills, and seeds that lack a week."""
    tariffs = {
        one.scenario.tariff.name: one.scenario.tariff for one in done if one.scenario
    }
    said = [
        f"Bills of a year are not told: {name} has {what}, which does not add up."
        for name, words in tariffs.items()
        if (what := uneven(words))
    ]
    there = {id(one) for one in done}
    lacking = dict.fromkeys(
        f"{one.run.variant} seed {one.run.seed}"
        for one in asked
        if id(one) not in there and one.end is None
    )
    if lacking:
        said.append(f"Left out, as runs of them failed: {', '.join(lacking)}.")
    return said
