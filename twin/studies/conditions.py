"""Chooses the days that a study is judged by, from the base's own load and weather."""

from __future__ import annotations

import hashlib
import json
from collections.abc import Mapping, Sequence
from contextlib import suppress
from dataclasses import asdict, dataclass, replace
from datetime import date, timedelta
from pathlib import Path
from typing import Any

import numpy as np

from twin.arrays import Floats, Ints
from twin.errors import InputError
from twin.fleet.consumption import temperature_factor
from twin.results.durable import write_json
from twin.scenario.condition_words import WEEKS, Conditions
from twin.scenario.spec import Scenario
from twin.simulation.build import Grid, plan, surroundings_of
from twin.studies.weeks import DAYS_PER_WEEK, representative

PEAK_YEARS = {"peak_1_in_2": 2, "peak_1_in_10": 10}
WINTER, SUMMER = (12, 1, 2), (6, 7, 8)
SUNNY_HOURS = (10, 16)
DAYS_OF_A_YEAR = 365.25


@dataclass(frozen=True)
class Condition:
    """Days to simulate, and why.

    demand_kw  the highest (least load: the lowest) demand without cars, less PV
    weight     how many such stretches a year has; None: it stands for no year
    lead_in_days  simulated before them and not recorded
    """

    name: str
    start: date
    days: int
    demand_kw: float
    rule: str
    weight: float | None = None
    lead_in_days: int = 0

    @property
    def chosen(self) -> date:
        """The day that was chosen: the last one simulated."""
        return self.start + timedelta(days=self.days - 1)

    @property
    def record(self) -> dict[str, Any]:
        """As a study's record says it."""
        return {**asdict(self), "start": self.start.isoformat()}

    @classmethod
    def restored(cls, record: Mapping[str, Any]) -> Condition:
        """From such a record."""
        return cls(**{**record, "start": date.fromisoformat(record["start"])})

    @property
    def settings(self) -> dict[str, object]:
        """The scenario's settings for it, by dotted key."""
        return {
            "time.start": self.start.isoformat(),
            "time.days": self.days,
            "time.lead_in_days": self.lead_in_days,
        }


@dataclass(frozen=True, eq=False)
class Demand:
    """What customers draw less what their PV makes, day by day over whole years.

    dates      of each local day                                          [n_day]
    hourly_kw  mean of each hour of the day, all customers together   [n_day, 24]
    highest_kw, lowest_sunny_kw
               of each day's intervals; the second of those from 10 to 16 o'clock
    sums       that weeks of a year are to meet: kWh drawn, made by PV, made beyond
               what all draw; of the square of the demand, as losses go; mean share by
               which the day's air lengthens or shortens what a km takes [n_day, 5]
    """

    dates: tuple[date, ...]
    hourly_kw: Floats
    highest_kw: Floats
    lowest_sunny_kw: Floats
    sums: Floats

    @classmethod
    def of(cls, scenario: Scenario, grid: Grid, years: int) -> Demand:
        """Of so many calendar years from the scenario's own on, without any car."""
        first = date(scenario.time.start.year, 1, 1)
        days = (date(first.year + years, 1, 1) - first).days
        given = surroundings_of(plan(_without_cars(scenario, first, days), grid))
        step_h = scenario.time.step_min / 60
        hourly, highest, lowest, sums = [], [], [], []
        for day in range(days):
            made_kw = given.sun.day_kw(day).sum(axis=1)
            drawn_kw = given.loads.day_kw(day).sum(axis=1)
            kw = drawn_kw - made_kw
            powers = drawn_kw, made_kw, np.maximum(-kw, 0.0), kw**2
            per_km = temperature_factor(given.hourly_temperature_degc(day)).mean()
            sums.append([*(step_h * one.sum() for one in powers), per_km])
            hour = np.arange(len(kw)) * 24 // len(kw)
            hourly.append(_by_hour(kw))
            sunny = (hour >= SUNNY_HOURS[0]) & (hour < SUNNY_HOURS[1])
            highest.append(kw.max())
            lowest.append(kw[sunny].min())
        dates = tuple(first + timedelta(days=day) for day in range(days))
        columns = (np.array(one) for one in (hourly, highest, lowest, sums))
        return cls(dates, *columns)

    def in_months(self, months: Sequence[int]) -> Ints:
        """Days of the first year that lie in these months. [n]"""
        year = self.dates[0].year
        return np.array(
            [
                day
                for day, when in enumerate(self.dates)
                if when.year == year and when.month in months
            ]
        )

    def years(self) -> list[Ints]:
        """The days of each calendar year."""
        year = np.array([when.year for when in self.dates])
        return [np.flatnonzero(year == one) for one in np.unique(year)]


def kept_conditions(
    words: Conditions, scenario: Scenario, grid: Grid, run_id: str, keep: Path | None
) -> list[Condition]:
    """The same as ``conditions_of``; ten years are searched once, not at each resume.

    run_id  the scenario's: the choice is as good as long as that is the same
    keep    folder in which it is kept; None: it is not
    """
    if keep is None:
        return conditions_of(words, scenario, grid)
    asked = hashlib.sha256(f"{run_id} {words.model_dump_json()}".encode())
    path = keep / f".conditions-{asked.hexdigest()[:16]}.json"
    with suppress(OSError, ValueError, KeyError, TypeError):
        kept = json.loads(path.read_text(encoding="utf-8"))
        return [Condition.restored(row) for row in kept["conditions"]]
    found = conditions_of(words, scenario, grid)
    with suppress(OSError):
        keep.mkdir(parents=True, exist_ok=True)
        write_json(path, {"conditions": [one.record for one in found]})
    return found


def conditions_of(words: Conditions, scenario: Scenario, grid: Grid) -> list[Condition]:
    """Every condition asked for, in the order of the words.

    InputError where the data cannot tell one: a year that repeats has no worse year.
    """
    _refuse_measured(scenario)
    searched = words.years if set(words.use) & set(PEAK_YEARS) else 1
    demand = Demand.of(scenario, grid, searched)
    found: list[Condition] = []
    for name in words.use:
        if name == WEEKS:
            these = _weeks(demand, words.weeks)
        else:
            these = [_day(name, demand, words.days)]
        before = words.led_in_by(name)
        found += [replace(one, lead_in_days=before) for one in these]
    return found


def _day(name: str, demand: Demand, days: int) -> Condition:
    chosen, rule = chosen_day(name, demand)
    values = demand.lowest_sunny_kw if name == "minimum_load" else demand.highest_kw
    start = demand.dates[chosen] - timedelta(days=days - 1)
    return Condition(name, start, days, float(values[chosen]), rule)


def chosen_day(name: str, demand: Demand) -> tuple[int, str]:
    """The index of a day, and the rule by which it was found."""
    if name in PEAK_YEARS:
        return _exceeded_once_in(PEAK_YEARS[name], name, demand)
    year = demand.dates[0].year
    if name == "minimum_load":
        mine = demand.years()[0]
        lowest = int(mine[np.argmin(demand.lowest_sunny_kw[mine])])
        return lowest, f"lowest demand between 10 and 16 o'clock of {year}, less PV"
    named: dict[str, tuple[tuple[int, ...], str]] = {
        "annual_peak": (tuple(range(1, 13)), f"highest demand of {year}"),
        "winter_peak": (WINTER, f"highest demand of {year}'s December to February"),
        "summer_peak": (SUMMER, f"highest demand of {year}'s June to August"),
    }
    months, rule = named[name]
    mine = demand.in_months(months)
    return int(mine[np.argmax(demand.highest_kw[mine])]), f"{rule}, less PV"


def _exceeded_once_in(years: int, name: str, demand: Demand) -> tuple[int, str]:
    """The day of the annual peak that is reached or exceeded once in so many years.

    Of n annual peaks in falling order that is the (n / years)th.
    """
    tops = [int(mine[np.argmax(demand.highest_kw[mine])]) for mine in demand.years()]
    peaks = demand.highest_kw[tops]
    if len(tops) < years:
        raise InputError.of(
            f"{name} needs {years} years to choose from, got {len(tops)}",
            key="conditions.years",
        )
    if np.ptp(peaks) <= 1e-9 * max(1.0, float(peaks.max())):
        raise InputError.of(
            f"{name} cannot be told: load and weather of this scenario repeat one "
            "year; allowed: annual_peak, winter_peak, summer_peak, minimum_load, "
            "representative_weeks",
            key="conditions.use",
        )
    rank = max(1, len(tops) // years)
    chosen = tops[int(np.argsort(-peaks, kind="stable")[rank - 1])]
    span = f"{demand.dates[0].year} to {demand.dates[-1].year}"
    return chosen, (
        f"number {rank} of the {len(tops)} annual peaks of {span} in falling order, "
        "demand less PV"
    )


def _weeks(demand: Demand, count: int) -> list[Condition]:
    """Weeks from Monday on that stand for the first year, each with its weight."""
    year = demand.dates[0].year
    mondays = [
        int(day)
        for day in demand.years()[0][: 1 - DAYS_PER_WEEK]
        if demand.dates[day].weekday() == 0
    ]
    weekly = np.stack(
        [demand.hourly_kw[day : day + DAYS_PER_WEEK].ravel() for day in mondays]
    )
    sums = np.stack([demand.sums[day : day + DAYS_PER_WEEK].sum(0) for day in mondays])
    target = DAYS_PER_WEEK * demand.sums[demand.years()[0]].mean(axis=0)
    chosen = representative(weekly, count, sums, target)
    found = []
    for number, (week, share) in enumerate(chosen, start=1):
        first = mondays[week]
        found.append(
            Condition(
                f"week_{number}",
                demand.dates[first],
                DAYS_PER_WEEK,
                float(demand.highest_kw[first : first + DAYS_PER_WEEK].max()),
                f"stands for {100 * share:.0f} % of {year}'s weeks that are alike in "
                "hourly demand less PV; of these the one by which the year's sums of "
                "demand, PV, surplus, losses and cold are met",
                share * DAYS_OF_A_YEAR / DAYS_PER_WEEK,
            )
        )
    return found


def _without_cars(scenario: Scenario, first: date, days: int) -> Scenario:
    """The same customers over other days, and nothing that happens to them."""
    fleet = scenario.fleet.model_copy(update={"ev_share": 0.0, "ev_count": None})
    time = scenario.time.model_copy(update={"start": first, "days": days})
    return scenario.model_copy(update={"fleet": fleet, "time": time, "events": []})


def _refuse_measured(scenario: Scenario) -> None:
    if scenario.customers.feeder_head is not None:
        raise InputError.of(
            "days cannot be chosen from a feeder head that is measured on its own days "
            "only; say time.start, or leave customers.feeder_head out",
            key="conditions",
        )


def _by_hour(kw: Floats) -> Floats:
    """Mean of each hour, a day of 23 or 25 hours stretched to 24. [24]"""
    first = np.arange(24) * len(kw) // 24
    many = np.maximum(np.diff(first, append=len(kw)), 1)
    mean: Floats = np.add.reduceat(kw, first) / many
    return mean
