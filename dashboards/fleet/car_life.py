"""One car's life: what it did when, what its battery held, and why.

Trips and stays at the plug are recorded to the second and tell where a car is; what it
does at the plug is told by its intervals (``ev_steps``). The reasons of short
departures are inferred, see ``departures``.
"""

from __future__ import annotations

from bisect import bisect_left
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from datetime import datetime, timedelta
from functools import cached_property
from itertools import pairwise
from types import MappingProxyType
from typing import Any

import numpy as np
import polars as pl

from dashboards.fleet.courses import STILL_KW, local_times
from dashboards.fleet.departures import REASONS, STAY, because, in_words
from twin.analysis.case import Case
from twin.analysis.digest import Times
from twin.analysis.kept import kept
from twin.arrays import Floats, Ints
from twin.tables import PLACES, STATES

Row = Mapping[str, Any]
Rows = list[dict[str, Any]]
Spell = tuple[datetime, datetime, str, str]
Kind = pl.DataType | type[pl.DataType]
SHORTEST_STAY_MIN = 15
_COLUMNS = ("kw", "soc", "state", "place")
ROW_OF: Mapping[str, str] = MappingProxyType(
    {
        "driving": "driving",
        "work": "parked away",
        "other": "parked away",
        "home": "home, not plugged",
        "plugged": "at the plug",
        "idle": "at the plug",
        "charging": "at the plug",
        "giving": "at the plug",
    }
)


@dataclass(frozen=True)
class Life:
    """One car over the whole run; instants are local, as the feeder's clocks.

    spells  ``begin``, ``end``, ``doing`` (a key of ROW_OF) and ``note``
    course  ``time`` (start), ``kw`` and ``soc`` (at the end) of each interval, or None
    charge  ``time``, ``soc`` wherever the record knows it without ``ev_steps``
    stays   its sessions, with ``reason`` and ``because`` of short departures
    events  what happened, in order, with each one's reason
    """

    ev: int
    spells: pl.DataFrame
    course: pl.DataFrame | None
    charge: pl.DataFrame
    stays: pl.DataFrame
    events: pl.DataFrame

    @property
    def begin(self) -> datetime:
        """Where its record begins."""
        found: datetime = self.spells["begin"][0]
        return found

    @property
    def end(self) -> datetime:
        """Where its record ends."""
        found: datetime = self.spells["end"][-1]
        return found


def life_of(case: Case, ev: int, short: pl.DataFrame, is_first: bool = False) -> Life:
    """A car's life from its trips, its stays at the plug and its intervals.

    short     every short departure of the run
    is_first  whether it is the car that is shown unasked, and worth keeping
    """
    stays = _with_reasons(_mine(case, "sessions", ev, "plug_in"), short)
    trips = _mine(case, "trips", ev, "depart")
    course = _course(case, ev, is_first) if case.run.has("ev_steps") else None
    record = _Record(case, ev, trips.to_dicts(), stays.to_dicts(), course)
    return Life(
        ev,
        _local(case, record.spells()),
        None if course is None else _local(case, course),
        _local(case, record.charge()),
        _local(case, stays),
        _local(case, record.events()),
    )


@dataclass(frozen=True)
class Intervals:
    """One car's columns of ``ev_steps``; ``time`` without its zone, UTC. [n_step]"""

    time: Times
    kw: Floats
    soc: Floats
    state: Ints
    place: Ints


def _course(case: Case, ev: int, is_first: bool) -> pl.DataFrame:
    """A car's intervals; to read one car's costs as much as to read all."""

    def read() -> pl.DataFrame:
        return case.run.one("ev_steps", ev, *_COLUMNS)

    def made() -> Intervals:
        frame = read()
        return Intervals(*(frame[name].to_numpy() for name in ("time", *_COLUMNS)))

    if not is_first:
        return read()
    found = kept(case.run, "ev_steps", Intervals, (ev,), made)
    time = pl.Series("time", found.time).dt.cast_time_unit("us")
    columns = {name: getattr(found, name) for name in _COLUMNS}
    return pl.DataFrame({"time": time.dt.replace_time_zone("UTC"), **columns})


@dataclass(frozen=True)
class _Record:
    """What the tables hold of one car, in UTC and in order."""

    case: Case
    ev: int
    trips: Rows
    stays: Rows
    course: pl.DataFrame | None

    def spells(self) -> pl.DataFrame:
        """Its whole time, cut wherever it does something else."""
        rows: list[Spell] = []
        for begin, end, place, trip in self._places:
            rows += self._parked(begin, end, place)
            if trip is not None:
                left = max(trip["depart"], self._start)
                rows.append((left, trip["arrive"], "driving", _trip_words(trip)))
        if self._departed < self._end:
            rows.append((self._departed, self._end, "driving", "not arrived yet"))
        kept = [row for row in rows if row[0] < row[1]]
        return pl.DataFrame(kept, schema=_SPELLS, orient="row")

    def charge(self) -> pl.DataFrame:
        """State of charge where trips and stays tell it, from start to end."""
        told = [
            (at, soc)
            for _, begin, end, row in self._happened
            for at, soc in ((begin, row["soc_in"]), (end, row["soc_out"]))
        ]
        first = (self._start, self._soc_start)
        last = (self._departed, told[-1][1] if told else self._soc_start)
        known = [one for one in (first, *told, last) if one[1] is not None]
        return pl.DataFrame(known, schema=_CHARGE, orient="row")

    def events(self) -> pl.DataFrame:
        """Trips, stays at the plug and at home without it; each with its reason."""
        rows = [
            (_trip_event if kind == "trip" else _stay_event)(begin, end, row)
            for kind, begin, end, row in self._happened
        ]
        frame = pl.DataFrame([*rows, *self._unplugged()], schema=_EVENTS, orient="row")
        return frame.sort("begin")

    @cached_property
    def _start(self) -> datetime:
        found: datetime = self.case.steps["time"][0]
        return found

    @cached_property
    def _end(self) -> datetime:
        last: datetime = self.case.steps["time"][-1]
        return last + timedelta(hours=self.case.step_h)

    @cached_property
    def _soc_start(self) -> float | None:
        known = self.ev < self.case.evs.height
        return float(self.case.evs["soc_start"][self.ev]) if known else None

    @cached_property
    def _places(self) -> list[tuple[datetime, datetime, str, Row | None]]:
        """Where it was parked from when to when, and the trip that ended it."""
        found: list[tuple[datetime, datetime, str, Row | None]] = []
        at, place = self._start, self._first_place()
        for trip in self.trips:
            found.append((at, trip["depart"], place, trip))
            at, place = trip["arrive"], place_of(trip["purpose"])
        return [*found, (at, self._departed, place, None)]

    @cached_property
    def _departed(self) -> datetime:
        """When a trip began that has not ended yet; the run's end if there is none."""
        if self.course is None:
            return self._end
        arrived = self.trips[-1]["arrive"] if self.trips else self._start
        last = self.course.filter(
            (pl.col("time") >= arrived) & (pl.col("state") == STATES.index("driving"))
        )
        if not last.height:
            return self._end
        begin: datetime = last["time"][0]
        left = [x["plug_out"] for x in self.stays if x["plug_out"] is not None]
        return next((x for x in left if x >= begin), begin)

    def _first_place(self) -> str:
        if self.course is not None and self.course.height:
            parked = self.course["state"][0] != STATES.index("driving")
            if parked:
                return PLACES[int(self.course["place"][0])]
        came_home = bool(self.trips) and self.trips[0]["purpose"] == "home"
        return "other" if came_home else "home"

    def _stays_in(self, begin: datetime, end: datetime) -> Rows:
        """Stays at the plug that began within a stay at one place."""
        plug_ins = self._plug_ins
        return self.stays[bisect_left(plug_ins, begin) : bisect_left(plug_ins, end)]

    @cached_property
    def _plug_ins(self) -> list[datetime]:
        return [max(stay["plug_in"], self._start) for stay in self.stays]

    def _parked(self, begin: datetime, end: datetime, place: str) -> list[Spell]:
        """A stay at one place, cut where it is at the plug."""
        rows, at = [], begin
        for stay in self._stays_in(begin, end):
            plug_in, plug_out = stay["plug_in"], min(stay["plug_out"] or end, end)
            rows.append((at, plug_in, place, _PARKED[place]))
            rows += self._plugged(max(plug_in, at), plug_out)
            at = plug_out
        return [*rows, (at, end, place, _PARKED[place])]

    def _plugged(self, begin: datetime, end: datetime) -> list[Spell]:
        """A stay at the plug, cut where it begins or ends to charge or give."""
        if self.course is None:
            return [(begin, end, "plugged", "at the plug; power not recorded")]
        step = timedelta(hours=self.case.step_h)
        first = (begin - self._start) // step
        kw = self._kw[first : -((self._start - end) // step)]
        sign = np.where(kw > STILL_KW, 1, np.where(kw < -STILL_KW, -1, 0))
        cuts = [0, *(np.flatnonzero(np.diff(sign)) + 1).tolist(), len(sign)]
        rows = []
        for low, high in pairwise(cuts if len(sign) else []):
            doing = _DOES[int(sign[low])]
            mean = f", mean {abs(float(kw[low:high].mean())):.1f} kW"
            since = max(begin, self._start + (first + low) * step)
            until = min(end, self._start + (first + high) * step)
            rows.append((since, until, doing, doing + mean * bool(sign[low])))
        return rows

    @cached_property
    def _kw(self) -> Any:
        assert self.course is not None
        return self.course["kw"].to_numpy()

    @cached_property
    def _happened(self) -> list[tuple[str, datetime, datetime, Row]]:
        """Trips and stays in order, with the state of charge before and after each."""
        soc = self._soc_start
        found: list[tuple[str, datetime, datetime, Row]] = []
        for kind, begin, row in self._ordered():
            if kind == "stay":
                soc = row["soc_out"]
                found.append((kind, begin, row["plug_out"] or self._end, row))
            else:
                before, soc = soc, self._after(soc, row)
                both = {**row, "soc_in": before, "soc_out": soc}
                found.append((kind, max(begin, self._start), row["arrive"], both))
        return found

    def _ordered(self) -> Iterator[tuple[str, datetime, Row]]:
        both = [
            *(("stay", row["plug_in"], row) for row in self.stays),
            *(("trip", row["depart"], row) for row in self.trips),
        ]
        return iter(sorted(both, key=lambda one: (one[1], one[0])))

    def _after(self, soc: float | None, trip: Row) -> float | None:
        if soc is None or self.ev >= self.case.evs.height:
            return None
        capacity_kwh = float(self.case.evs["capacity_kwh"][self.ev])
        used_kwh = float(trip["energy_kwh"] - trip["short_kwh"])
        return max(0.0, soc - used_kwh / capacity_kwh)

    def _unplugged(self) -> Iterator[tuple[Any, ...]]:
        """Stays at home at which it was not plugged in, and why not."""
        for begin, end, place, _ in self._places:
            if place != "home" or begin >= end or self._stays_in(begin, end):
                continue
            minutes = (end - begin).total_seconds() / 60
            why = "charge sufficed for the day ahead, as its driver saw it"
            if minutes < SHORTEST_STAY_MIN:
                why = f"home for {minutes:.0f} min; a plug-in needs {SHORTEST_STAY_MIN}"
            yield (begin, end, "home, not plugged", *(None,) * 5, why, False)


def place_of(purpose: str) -> str:
    """Where a trip of that purpose ends."""
    return purpose if purpose in ("home", "work") else "other"


def _mine(case: Case, table: str, ev: int, by: str) -> pl.DataFrame:
    if not case.run.has(table):
        return pl.DataFrame(schema=_TRIP if table == "trips" else STAY)
    return case.run.scan(table).filter(pl.col("ev") == ev).sort(by).collect()


def _with_reasons(stays: pl.DataFrame, short: pl.DataFrame) -> pl.DataFrame:
    if not short.height:
        nothing = pl.lit(None, dtype=pl.String)
        return stays.with_columns(reason=nothing, because=nothing)
    mine = short.join(stays.select("ev", "plug_in"), on=["ev", "plug_in"], how="semi")
    words = [because(row) for row in mine.iter_rows(named=True)]
    told = mine.select("plug_in", "plug_out", "reason").with_columns(
        because=pl.Series(words, dtype=pl.String)
    )
    return stays.join(told, on=["plug_in", "plug_out"], how="left")


def _trip_event(begin: datetime, end: datetime, row: Mapping[str, Any]) -> Any:
    why, short = "its charge sufficed", row["short_kwh"] > 0
    if short:
        had = row["energy_kwh"] - row["short_kwh"]
        why = (
            f"needed {row['energy_kwh']:.1f} kWh, held {had:.1f}: "
            f"{row['short_kwh']:.1f} kWh bought on the way"
        )
    return (
        begin,
        end,
        f"trip to {row['purpose']}",
        row["distance_km"],
        row["energy_kwh"],
        None,
        row["soc_in"],
        row["soc_out"],
        why,
        short,
    )


def _stay_event(begin: datetime, end: datetime, row: Mapping[str, Any]) -> Any:
    left, declared = row["plug_out"], row["declared"]
    if row["reason"]:
        why = f"{row['shortfall_kwh']:.1f} kWh short: {REASONS[row['reason']]}; "
        why += row["because"]
    elif left is None:
        why = "still plugged in at the end of the record"
    else:
        why = _departure_words(left, declared, row["soc_out"] >= row["soc_target"])
    given = row["discharged_kwh"]
    return (
        begin,
        end,
        "at the plug",
        None,
        row["charged_kwh"],
        given,
        row["soc_in"],
        row["soc_out"],
        why,
        bool(row["reason"]),
    )


def _departure_words(left: datetime, declared: datetime | None, full: bool) -> str:
    reached = "target reached" if full else "short by less than 1 % of the battery"
    if declared is None:
        return f"{reached}; no departure declared"
    off = (left - declared).total_seconds() / 3600
    if abs(off) < 1 / 60:
        return f"{reached}; left as declared"
    side = "later" if off > 0 else "earlier"
    return f"{reached}; left {in_words(abs(off))} {side} than declared"


def _trip_words(trip: Mapping[str, Any]) -> str:
    words = f"to {trip['purpose']}, {trip['distance_km']:.1f} km, "
    words += f"{trip['energy_kwh']:.1f} kWh"
    if trip["short_kwh"] > 0:
        words += f", {trip['short_kwh']:.1f} kWh bought on the way"
    return words


def _local(case: Case, frame: pl.DataFrame) -> pl.DataFrame:
    """The same with every instant as the feeder's clocks show it."""
    instants = [name for name, kind in frame.schema.items() if kind == pl.Datetime]
    return frame.with_columns(
        pl.Series(name, local_times(case, frame[name])) for name in instants
    )


_UTC = pl.Datetime("us", "UTC")
_SPELLS: dict[str, Kind] = {
    "begin": _UTC,
    "end": _UTC,
    "doing": pl.String,
    "note": pl.String,
}
_CHARGE: dict[str, Kind] = {"time": _UTC, "soc": pl.Float64}
_EVENTS: dict[str, Kind] = {
    "begin": _UTC,
    "end": _UTC,
    "what": pl.String,
    "km": pl.Float64,
    "kwh": pl.Float64,
    "given_kwh": pl.Float64,
    "soc_in": pl.Float64,
    "soc_out": pl.Float64,
    "why": pl.String,
    "short": pl.Boolean,
}
_PARKED = {
    "home": "at home, not plugged",
    "work": "parked at work",
    "other": "parked elsewhere",
}
_DOES = {0: "idle", 1: "charging", -1: "giving"}
_TRIP: dict[str, Kind] = {
    "ev": pl.Int32,
    "depart": _UTC,
    "arrive": _UTC,
    "distance_km": pl.Float64,
    "energy_kwh": pl.Float64,
    "purpose": pl.String,
    "short_kwh": pl.Float64,
}
