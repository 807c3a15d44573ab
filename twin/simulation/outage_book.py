"""Keeps account of every home's outages: how long, how much, alight or dark, why."""

from __future__ import annotations

from dataclasses import dataclass, field

import numpy as np
import polars as pl

from twin.arrays import Bools, Floats, Ints, Records, totals
from twin.customers.backup import WORDS, Why
from twin.customers.pickup import picked_up
from twin.customers.supply import NEVER_S, Supply
from twin.scenario.outage_words import Restoration
from twin.simulation.happenings import instants
from twin.simulation.violations import nothing
from twin.timeline import Timeline

OPEN_S = 2**62  # no instant
NOTICED_S = 1.0


@dataclass
class OutageBook:
    """The outages under way of homes [n], and rows of those that are over.

    since_s      when the present outage of a home began
    demand_kwh   asked in it so far; `island_kwh` served by its own car, `lit_s` for how
                 long, `sun_kwh` by its PV; `noted` what its cars had done before
    pv_kw        what its PV serves of it while it is alight; made_kwh: what its PV made
                 in its island, for the load and the car, since that was last asked
    dark_why     why it was last dark
    lit, spell_s whether it is alight, and since when it is so or dark
    back_s, extra  when its last outage ended, and by what its load was more then
    """

    names: tuple[str, ...]
    medical: Bools
    home: Ints
    capable: Bools
    restoration: Restoration
    timeline: Timeline
    until_s: int
    since_s: Ints
    demand_kwh: Floats
    island_kwh: Floats
    sun_kwh: Floats
    pv_kw: Floats
    made_kwh: Floats
    lit_s: Floats
    dark_why: Ints
    lit: Bools
    spell_s: Floats
    back_s: Ints
    extra: Floats
    noted: tuple[Floats, Floats, Floats]
    rows: list[dict[str, object]] = field(default_factory=list)
    told: list[dict[str, object]] = field(default_factory=list)

    @classmethod
    def of(
        cls,
        names: tuple[str, ...],
        medical: Bools,
        home: Ints,
        capable: Bools,
        restoration: Restoration,
        timeline: Timeline,
    ) -> OutageBook:
        """Nothing has happened yet."""
        n = len(names)
        whole, zero = np.zeros(n, dtype=np.int64), np.zeros(n)
        able = totals(home, capable.astype(np.float64), n) > 0.0
        return cls(
            names=names,
            medical=medical,
            home=home,
            capable=able,
            restoration=restoration,
            timeline=timeline,
            until_s=0,
            since_s=whole.copy(),
            demand_kwh=zero.copy(),
            island_kwh=zero.copy(),
            sun_kwh=zero.copy(),
            pv_kw=zero.copy(),
            made_kwh=zero.copy(),
            lit_s=zero.copy(),
            dark_why=whole.copy(),
            lit=np.zeros(n, dtype=np.bool_),
            spell_s=zero.copy(),
            back_s=np.full(n, NEVER_S),
            extra=zero.copy(),
            noted=(zero.copy(), zero.copy(), zero.copy()),
        )

    def why(self, why: Ints) -> None:
        """Note why homes are dark that are."""
        self.dark_why = np.where(why == Why.NOT, self.dark_why, why)

    def enter(
        self, now_s: int, load_kw: Floats, state: Records, supply: Supply
    ) -> None:
        """What happened since the last entry, at one load and under one supply."""
        before = supply.out_at(self.until_s)
        hours = (now_s - self.until_s) / 3600.0
        self.demand_kwh += np.where(before, load_kw * hours, 0.0)
        self._lights(now_s, before, state)
        self.until_s = now_s
        after = supply.out_at(now_s)
        self._end(before & ~after, now_s, supply)
        self._begin(after & ~before, now_s)

    def close(self, end_s: int, supply: Supply) -> None:
        """At the run's end, outages that go on are rows without an end."""
        going = np.flatnonzero(supply.out_at(end_s - 1) & (self.since_s < end_s))
        by = supply.by_at(end_s - 1)
        for n in going.tolist():
            self._spell(n, float(end_s), still=True)
            self._row(n, end_s, int(by[n]), still=True)

    def table(self) -> pl.DataFrame:
        """Rows of ``outages``."""
        frame = pl.DataFrame(self.rows, schema=SCHEMA)
        first = self.timeline.first_instant
        when = {
            name: instants(frame[name].fill_null(OPEN_S).to_numpy(), first)
            for name in ("start", "until")
        }
        timed = frame.with_columns(**when)
        return timed.sort("start", "customer", maintain_order=True)

    def events(self) -> pl.DataFrame:
        """Rows of ``events`` since the last time."""
        told, self.told = self.told, []
        if not told:
            return nothing()
        return pl.DataFrame(told, schema=nothing().schema)

    def _lights(self, now_s: int, out: Bools, state: Records) -> None:
        """Which homes went alight or dark since the last entry, and exactly when."""
        n = len(self.names)
        whole = (
            totals(self.home, state["island_kwh"], n),
            totals(self.home, state["island_s"], n),
            totals(self.home, state["island_in_kwh"], n),
        )
        gained = tuple(now - then for now, then in zip(whole, self.noted, strict=True))
        self.noted = whole
        self.island_kwh += gained[0]
        sun_kwh = self.pv_kw * gained[1] / 3600.0
        self.sun_kwh += sun_kwh
        self.made_kwh += sun_kwh + gained[2]
        self.lit_s += gained[1]
        from_s = np.full(n, float(self.until_s))
        forming = np.flatnonzero(state["forming"] == 1)
        starts = state["forms_from_s"][forming].astype(np.float64)
        np.maximum.at(from_s, self.home[forming], starts)
        until_s = from_s + gained[1]
        was_lit = self.lit.copy()
        rises = out & ~was_lit & (gained[1] > 0.0)
        for one in np.flatnonzero(rises).tolist():
            self._spell(one, float(from_s[one]))
        falls = out & (was_lit | rises) & (until_s < now_s - NOTICED_S)
        for one in np.flatnonzero(falls).tolist():
            self._spell(one, float(until_s[one]))
            if gained[1][one] > 0.0:
                self.dark_why[one] = Why.RESERVE

    def _begin(self, which: Bools, now_s: int) -> None:
        self.since_s[which], self.spell_s[which] = now_s, now_s
        for column in (self.demand_kwh, self.island_kwh, self.sun_kwh, self.lit_s):
            column[which] = 0.0
        self.lit[which] = False
        self.dark_why[which] = Why.NOT

    def _end(self, which: Bools, now_s: int, supply: Supply) -> None:
        by = supply.by_at(now_s - 1)
        for n in np.flatnonzero(which).tolist():
            self._spell(n, float(now_s))
            self._row(n, now_s, int(by[n]))
        words = self.restoration
        dark_h = np.maximum(now_s - self.since_s - self.lit_s, 0.0) / 3600.0
        extra = picked_up(dark_h, words.pickup, words.pickup_h)
        self.back_s[which] = now_s
        self.extra[which] = extra[which]

    def _spell(self, n: int, now_s: float, still: bool = False) -> None:
        """Tell of a home's spell of light or darkness that ends now."""
        began_s, lit = self.spell_s[n], bool(self.lit[n])
        self.spell_s[n], self.lit[n] = now_s, not lit
        if now_s - began_s < NOTICED_S:
            return
        why = WORDS[Why(int(self.dark_why[n]))] or "until its car had taken over"
        first = self.timeline.first_instant
        ends = instants(np.array([round(began_s), round(now_s)]), first)
        self.told.append(
            {
                "time": ends[0],
                "until": None if still else ends[1],
                "kind": "alight" if lit else "dark",
                "entity": f"customer {self.names[n]}",
                "value": (now_s - began_s) / 3600.0,
                "reason": "supplied by its own car" if lit else why,
            }
        )

    def _row(self, n: int, now_s: int, by: int, still: bool = False) -> None:
        demand, served = float(self.demand_kwh[n]), float(self.island_kwh[n])
        sun = float(self.sun_kwh[n])
        hours = (now_s - int(self.since_s[n])) / 3600.0
        self.rows.append(
            {
                "event": by,
                "customer": n,
                "start": int(self.since_s[n]),
                "until": None if still else now_s,
                "hours": hours,
                "alight_h": float(self.lit_s[n]) / 3600.0,
                "demand_kwh": demand,
                "served_by_car_kwh": served,
                "served_by_pv_kwh": sun,
                "unserved_kwh": demand - served - sun,
                "capable": bool(self.capable[n]),
                "medical": bool(self.medical[n]),
                "why_dark": WORDS[Why(int(self.dark_why[n]))],
            }
        )


SCHEMA = {
    "event": pl.Int64,
    "customer": pl.Int64,
    "start": pl.Int64,
    "until": pl.Int64,
    "hours": pl.Float64,
    "alight_h": pl.Float64,
    "demand_kwh": pl.Float64,
    "served_by_car_kwh": pl.Float64,
    "served_by_pv_kwh": pl.Float64,
    "unserved_kwh": pl.Float64,
    "capable": pl.Boolean,
    "medical": pl.Boolean,
    "why_dark": pl.String,
}
