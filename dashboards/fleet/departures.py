"""Departures that fell short, and why, as far as the record tells.

A departure is short when the stay at the plug has ended and lacks more than 1 % of the
battery's capacity. Its reason is inferred from the record: the first rule that holds.
Full power is the car's ``charge_kw``, of which 92 % reaches the cells.

1. ``too short``: from the plug-in to the declared departure (or the real one, if that
   came later) full power could not have stored what was missing at the plug-in.
2. ``left early``: it left before it had declared, and full power until then would have
   stored what it lacked.
3. ``too short`` as well: it drew at least 95 % of full power for as long as it stayed.
4. ``gave``: it gave the grid at least as much as it lacked.
5. Of the stay's intervals that end below target, from ``ev_steps``: those in which it
   drew nothing left more energy undrawn than those in which it drew less than full
   power: ``waited``, the policy had not let it charge yet. A car that nobody controls
   never waits.
6. ``no room``: else; the connection, the transformer or the battery took less.
7. ``not told``: without ``ev_steps`` the last two cannot be told apart.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from types import MappingProxyType
from typing import Any

import numpy as np
import polars as pl

from dashboards.fleet.courses import STILL_KW
from twin.analysis.case import Case
from twin.analysis.digest import chunks
from twin.analysis.kept import kept
from twin.analysis.metrics import SHORT_SHARE
from twin.arrays import Floats, Ints

EFFICIENCY = 0.92
NEARLY_ALL = 0.95
AT_TARGET = 0.002
REASONS: Mapping[str, str] = MappingProxyType(
    {
        "too short": "stay too short even at full power",
        "left early": "left earlier than declared",
        "gave": "gave power it did not get back",
        "waited": "policy waited",
        "no room": "no room for full power",
        "not told": "not told without ev_steps",
    }
)


def short_departures(case: Case) -> pl.DataFrame:
    """Every short departure with its ``reason``, the most missing energy first.

    Columns of ``sessions`` and of the car, and what the rules are made of:
    ``stay_h``, ``planned_h``, ``early_h``, ``need_kwh``, ``idle_h``, ``limited_kwh``.
    """
    short = ended_stays(case).filter("short").collect()
    if not short.height:
        return pl.DataFrame(schema=_SHORT)
    ordered = short.sort("shortfall_kwh", "ev", descending=[True, False])
    told = ordered.with_columns(_measured()).with_columns(reason=_first_rules())
    return _last_rules(case, told)


def ended_stays(case: Case) -> pl.LazyFrame:
    """Stays that ended with a departure, each with its car; ``short`` says if it was.

    Empty where the cars or their stays are not recorded.
    """
    if not (case.run.has("sessions") and case.run.has("evs")):
        return pl.LazyFrame(schema={**_SHORT, "short": pl.Boolean})
    car = case.evs.select("ev", "model", "capacity_kwh", "charge_kw")
    limit = SHORT_SHARE * pl.col("capacity_kwh")
    return (
        case.run.scan("sessions")
        .filter(pl.col("plug_out").is_not_null())
        .join(car.lazy(), on="ev", how="left")
        .with_columns(short=pl.col("shortfall_kwh") > limit)
    )


@dataclass(frozen=True)
class Departures:
    """How many ended stays, and how many of them short, by car and local hour.

    ev, hour, count, short                                                  [n_group]
    worst   the car of the departure that lacked most; none if none was short
    """

    ev: Ints
    hour: Ints
    count: Ints
    short: Ints
    worst: Ints

    @property
    def by_hour(self) -> Ints:
        """Departures in each hour of the day. [24]"""
        return np.bincount(self.hour, self.count, 24).astype(np.int64)

    def by_car(self) -> dict[int, tuple[int, int]]:
        """Departures of each car that has any, and how many of them were short."""
        frame = pl.DataFrame({"ev": self.ev, "count": self.count, "short": self.short})
        totals = frame.group_by("ev").sum()
        return {ev: (count, short) for ev, count, short in totals.iter_rows()}


def departures_of(case: Case) -> Departures:
    """The departures in numbers; those of a long run are kept beside its tables."""
    if not (case.run.has("sessions") and case.run.has("evs")):
        return _counted(case)
    asked = (case.zone.key, SHORT_SHARE)
    return kept(case.run, "sessions", Departures, asked, lambda: _counted(case))


def _counted(case: Case) -> Departures:
    hour = pl.col("plug_out").dt.convert_time_zone(case.zone.key).dt.hour()
    ended = (
        ended_stays(case)
        .select("ev", "shortfall_kwh", "short", hour=hour.cast(pl.Int32))
        .collect()
    )
    groups = (
        ended.group_by("ev", "hour")
        .agg(pl.len().alias("count"), pl.col("short").sum())
        .sort("ev", "hour")
    )
    lacked = ended.filter("short").sort("shortfall_kwh", "ev", descending=[True, False])
    columns = [groups[name] for name in ("ev", "hour", "count", "short")]
    return Departures(
        *(one.cast(pl.Int32).to_numpy() for one in (*columns, lacked["ev"].head(1)))
    )


def because(stay: Mapping[str, Any]) -> str:
    """The numbers behind a short departure's reason, in words."""
    full_kw, planned_h = float(stay["charge_kw"]), float(stay["planned_h"])
    idle = in_words(stay["idle_h"] or 0)
    words = {
        "too short": f"needed {stay['need_kwh']:.1f} kWh; {full_kw:.1f} kW for "
        f"{in_words(planned_h)} store {full_kw * planned_h * EFFICIENCY:.1f} kWh",
        "left early": f"left {in_words(stay['early_h'])} before it had declared",
        "gave": f"gave {stay['discharged_kwh']:.1f} kWh, lacked "
        f"{stay['shortfall_kwh']:.1f} kWh",
        "waited": f"drew nothing below target for {idle}",
        "no room": f"{stay['limited_kwh'] or 0:.1f} kWh less than full power while "
        f"charging, {idle} without power",
        "not told": "charged less than full power, or not at once",
    }
    return words[str(stay["reason"])]


def _measured() -> list[pl.Expr]:
    planned = pl.max_horizontal("plug_out", "declared") - pl.col("plug_in")
    early = pl.col("declared").fill_null(pl.col("plug_out")) - pl.col("plug_out")
    need = (pl.col("soc_target") - pl.col("soc_in")) * pl.col("capacity_kwh")
    return [
        _in_hours(pl.col("plug_out") - pl.col("plug_in")).alias("stay_h"),
        _in_hours(planned).alias("planned_h"),
        _in_hours(early).clip(0).alias("early_h"),
        need.clip(0).alias("need_kwh"),
    ]


def _first_rules() -> pl.Expr:
    """Rules 1 to 4; null where ``ev_steps`` must tell."""

    def stored(hours: str) -> pl.Expr:
        return pl.col(hours) * pl.col("charge_kw") * EFFICIENCY

    at_most = pl.col("stay_h") * pl.col("charge_kw")
    lacks = pl.col("shortfall_kwh")
    return (
        pl.when(stored("planned_h") < pl.col("need_kwh"))
        .then(pl.lit("too short"))
        .when((pl.col("early_h") > 0) & (stored("early_h") >= lacks))
        .then(pl.lit("left early"))
        .when(pl.col("charged_kwh") >= NEARLY_ALL * at_most)
        .then(pl.lit("too short"))
        .when(pl.col("discharged_kwh") >= lacks)
        .then(pl.lit("gave"))
    )


def _last_rules(case: Case, short: pl.DataFrame) -> pl.DataFrame:
    """Rules 5 to 7."""
    left = undrawn(case, short)
    found = short.with_columns(
        idle_h=pl.Series(left.idle_h, dtype=pl.Float64).fill_nan(None),
        limited_kwh=pl.Series(left.limited_kwh, dtype=pl.Float64).fill_nan(None),
    )
    waits = pl.lit(case.policy != "uncontrolled")
    idle_kwh = pl.col("idle_h") * pl.col("charge_kw")
    rest = (
        pl.when(pl.col("idle_h").is_null())
        .then(pl.lit("not told"))
        .when(waits & (idle_kwh > pl.col("limited_kwh")))
        .then(pl.lit("waited"))
        .otherwise(pl.lit("no room"))
    )
    return found.with_columns(reason=pl.col("reason").fill_null(rest))


@dataclass(frozen=True)
class Undrawn:
    """Of stays whose reason is open, in their intervals that end below target.

    idle_h       hours without power; NaN: not asked, or not recorded      [n_stay]
    limited_kwh  kWh less than full power in the others; NaN likewise      [n_stay]
    """

    idle_h: Floats
    limited_kwh: Floats


def undrawn(case: Case, stays: pl.DataFrame) -> Undrawn:
    """One pass over ``ev_steps``; that of a long run is kept beside its tables."""
    if not stays.height or not case.run.has("ev_steps"):
        unknown = np.full(stays.height, np.nan)
        return Undrawn(unknown, unknown.copy())
    asked = np.flatnonzero(stays["reason"].is_null().to_numpy())
    pairs = _pairs(case, stays, asked)
    question = (*vars(pairs).values(), asked, stays.height, case.step_h)
    return kept(
        case.run,
        "ev_steps",
        Undrawn,
        question,
        lambda: _pass_over(case, pairs, asked, stays.height),
    )


def _pass_over(case: Case, pairs: _Pairs, asked: Any, n_stay: int) -> Undrawn:
    hours, less_kwh = np.full(n_stay, np.nan), np.full(n_stay, np.nan)
    hours[asked] = less_kwh[asked] = 0.0
    first = 0
    for time, (kw, soc) in chunks(case.run, "ev_steps", "kw", "soc"):
        here = slice(*np.searchsorted(pairs.row, (first, first + len(time))))
        row, stay = pairs.row[here] - first, pairs.stay[here]
        at = row, pairs.ev[here]
        drawn = np.maximum(kw[at], 0.0) * case.step_h
        below = soc[at] < pairs.target[here] - AT_TARGET
        idle = drawn <= STILL_KW * case.step_h
        less = np.maximum(pairs.full_kw[here] * pairs.h[here] - drawn, 0.0)
        hours += np.bincount(stay, pairs.h[here] * (below & idle), n_stay)
        less_kwh += np.bincount(stay, less * (below & ~idle), n_stay)
        first += len(time)
    return Undrawn(hours, less_kwh)


@dataclass(frozen=True)
class _Pairs:
    """Stays with the intervals that they touch, by interval; ``h`` is the overlap."""

    row: Any
    stay: Any
    ev: Any
    h: Any
    full_kw: Any
    target: Any


def _pairs(case: Case, stays: pl.DataFrame, asked: Any) -> _Pairs:
    start = case.steps["time"][0]
    begin, end = (
        (stays[name] - start).dt.total_seconds().to_numpy()[asked] / 3600 / case.step_h
        for name in ("plug_in", "plug_out")
    )
    first = np.floor(np.maximum(begin, 0)).astype(np.int64)
    count = np.maximum(np.ceil(end).astype(np.int64) - first, 0)
    which = np.repeat(np.arange(len(asked)), count)
    row = np.arange(count.sum()) - np.repeat(np.cumsum(count) - count, count)
    row += first[which]
    overlap = np.minimum(end[which], row + 1) - np.maximum(begin[which], row)
    order = np.argsort(row, kind="stable")
    stay = asked[which][order]
    columns = ("ev", "charge_kw", "soc_target")
    ev, full_kw, target = (stays[name].to_numpy()[stay] for name in columns)
    return _Pairs(row[order], stay, ev, overlap[order] * case.step_h, full_kw, target)


def in_words(hours: float) -> str:
    """``0:42 h``."""
    minutes = round(hours * 60)
    return f"{minutes // 60}:{minutes % 60:02d} h"


def _in_hours(span: pl.Expr) -> pl.Expr:
    return span.dt.total_seconds() / 3600


_UTC = pl.Datetime("us", "UTC")
STAY: dict[str, pl.DataType | type[pl.DataType]] = {
    "ev": pl.Int32,
    "customer": pl.Int32,
    "plug_in": _UTC,
    "plug_out": _UTC,
    "declared": _UTC,
    "soc_in": pl.Float64,
    "soc_out": pl.Float64,
    "soc_target": pl.Float64,
    "charged_kwh": pl.Float64,
    "discharged_kwh": pl.Float64,
    "shortfall_kwh": pl.Float64,
}
_MEASURED = ("stay_h", "planned_h", "early_h", "need_kwh", "idle_h", "limited_kwh")
_SHORT: dict[str, pl.DataType | type[pl.DataType]] = {
    **STAY,
    "model": pl.String,
    "capacity_kwh": pl.Float64,
    "charge_kw": pl.Float64,
    "short": pl.Boolean,
    "reason": pl.String,
    **dict.fromkeys(_MEASURED, pl.Float64),
}
