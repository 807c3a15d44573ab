"""Reads how a run wore its cars' batteries: one pass over their states of charge."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from itertools import pairwise
from zoneinfo import ZoneInfo

import numpy as np
import polars as pl

from twin.accounts.ageing import Fade, advance, aged, daily_cycle, fresh
from twin.accounts.chemistries import LFP, NMC, Chemistry, Rates
from twin.accounts.horizon import after_years, is_a_year
from twin.accounts.rainflow import (
    Depths,
    by_depth,
    follow,
    halves,
    none_cycled,
    nothing_yet,
    plus,
)
from twin.accounts.stress import H_PER_DAY, Stress, battery_degc
from twin.analysis.digest import Times, chunks
from twin.arrays import Floats, Ints
from twin.results.record import Run

AGE_YEARS = 3.0
USUAL_HIGH_SOC, USUAL_LOW_SOC = 0.75, 0.65
USUAL_DEGC = 15.0
LATER_YEARS = 10


@dataclass(frozen=True)
class Wear:
    """What the run's days did to each battery. [n_ev]

    soc, depth       mean state of charge; mean of the days' depths
    full_cycles      equivalent full cycles
    cycled           by depth, as rainflow counts them; together as many full cycles
    degc             mean temperature of the batteries
    nmc, lfp         loss at the run's end if it is of that chemistry; all begin alike
    nmc_later, ...   a new one's after ten such years; NaN if less than a year was run
    """

    soc: Floats
    depth: Floats
    full_cycles: Floats
    cycled: Depths
    degc: Floats
    nmc: Fade
    lfp: Fade
    nmc_later: Fade
    lfp_later: Fade


def start_of(chemistry: Chemistry, n_ev: int) -> Fade:
    """What every battery has lost before the run: three years of usual use."""
    high, low = (np.full(n_ev, soc) for soc in (USUAL_HIGH_SOC, USUAL_LOW_SOC))
    return aged(chemistry, daily_cycle(high, low, USUAL_DEGC), AGE_YEARS)


def wear_of(
    run: Run,
    soc_start: Floats | None,
    outdoor_degc: Floats,
    step_h: float,
    zone: str,
    table: str = "ev_steps",
) -> Wear:
    """One pass over states of charge, a chunk a local day.

    soc_start     at the run's start; None: what it was after the first interval
    outdoor_degc  of each interval                                            [n_step]
    table         whose: the run's cars, or the same under reference charging
    """
    degc = battery_degc(outdoor_degc, step_h)
    count: _Count | None = None
    for first, soc in _days(run, table, soc_start, ZoneInfo(zone)):
        if count is None:
            count = _Count(
                soc.shape[1], is_a_year(len(outdoor_degc) * step_h / H_PER_DAY)
            )
        warmth = degc[first : first + len(soc), None]
        count.add(Stress(soc, warmth, step_h))
    return (count or _Count(0, False)).result()


class _Count:
    """What has been counted so far; whole days' rates are kept for a year only."""

    def __init__(self, n_ev: int, keep: bool) -> None:
        self.keep, self.days = keep, 0.0
        self.soc, self.depth, self.cycles, self.degc = (np.zeros(n_ev) for _ in "1234")
        self.residue, self.cycled = nothing_yet(n_ev), none_cycled(n_ev)
        self.fade = {c.name: start_of(c, n_ev) for c in (NMC, LFP)}
        self.rates: dict[str, list[Rates]] = {c.name: [] for c in (NMC, LFP)}

    def add(self, day: Stress) -> None:
        """Count a chunk."""
        self.days += day.days
        self.soc += day.days * day.mean_soc
        self.depth += day.days * day.depth
        self.cycles += day.full_cycles
        closed, self.residue = follow(self.residue, day.soc)
        self.cycled = plus(self.cycled, by_depth(closed, len(self.soc)))
        self.degc += day.days * day.temperature_degc.mean()
        for chemistry in (NMC, LFP):
            name, rates = chemistry.name, chemistry.rates(day)
            self.fade[name] = advance(chemistry, self.fade[name], rates)
            if self.keep:
                self.rates[name].append(rates)

    def result(self) -> Wear:
        """Means over time, and losses."""
        days = max(self.days, 1e-9)
        left = by_depth(halves(self.residue), len(self.soc))
        return Wear(
            self.soc / days,
            self.depth / days,
            self.cycles,
            plus(self.cycled, left),
            self.degc / days,
            self.fade["nmc"],
            self.fade["lfp"],
            self._later(NMC),
            self._later(LFP),
        )

    def _later(self, chemistry: Chemistry) -> Fade:
        n_ev = len(self.soc)
        if not self.keep:
            return Fade(*(np.full(n_ev, np.nan) for _ in range(3)))
        days = self.rates[chemistry.name]
        return after_years(chemistry, fresh(n_ev), days, LATER_YEARS)


def _days(
    run: Run, table: str, soc_start: Floats | None, zone: ZoneInfo
) -> Iterator[tuple[int, Floats]]:
    """The row of each local day's start, and its course from one end to the other."""
    first, before = 0, soc_start
    held: list[Floats] = []
    held_day = -1
    for time, (soc,) in chunks(run, table, "soc"):
        days = _local_day(time, zone)
        cuts = [0, *(np.flatnonzero(np.diff(days)) + 1).tolist(), len(days)]
        for start, end in pairwise(cuts):
            if held and days[start] != held_day:
                yield first, _whole(before, held)
                first, before = first + sum(map(len, held)), held[-1][-1]
                held = []
            held_day = int(days[start])
            held.append(soc[start:end].astype(np.float64))
    if held:
        yield first, _whole(before, held)


def _whole(before: Floats | None, held: list[Floats]) -> Floats:
    start = held[0][0] if before is None else before
    return np.concatenate([start[None, :], *held])


def _local_day(time: Times, zone: ZoneInfo) -> Ints:
    """A number for each instant's local date."""
    local = pl.Series(time).dt.replace_time_zone("UTC").dt.convert_time_zone(zone.key)
    day: Ints = local.dt.date().cast(pl.Int32).to_numpy().astype(np.int64)
    return day
