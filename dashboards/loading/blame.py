"""Because of whom an element is loaded: base load, PV and cars behind it."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from typing import Any

import numpy as np
import polars as pl

from dashboards.loading.courses import Course
from dashboards.loading.loadings import Element, Row, number
from twin.analysis.case import Case
from twin.arrays import Bools, Floats, Ints

ROWS_AT_ONCE = 672
NOISE_KW = 0.01
WORTH_TELLING_KW = 0.05
CHARGE_EFFICIENCY = 0.9
PLUGGED = 2


@dataclass(frozen=True, eq=False)
class Members:
    """The customers and cars that an element feeds, by their rows."""

    customers: Ints
    evs: Ints


@dataclass(frozen=True, eq=False)
class Split:
    """The power through an element by cause, over some intervals. [n_row]

    others  what is measured less what is known: losses, and loads of nobody here
    """

    base_kw: Floats
    pv_kw: Floats
    charge_kw: Floats
    discharge_kw: Floats
    charging: Ints
    giving: Ints
    measured_kw: Floats

    @property
    def others_kw(self) -> Floats:
        """Losses and others."""
        known = self.base_kw - self.pv_kw + self.charge_kw - self.discharge_kw
        return self.measured_kw - known


def members_of(case: Case, element: Element) -> Members | None:
    """Who is behind an element; None where that cannot be told.

    Of a transformer, whoever it feeds directly. Of a line, or a transformer above
    others, whoever is downstream, if all that is there is fed through it alone.
    """
    if not case.run.has("customers"):
        return None
    if element.kind == "transformer":
        mine = _of(case.customers, "transformer", element.index)
        if len(mine):
            return Members(mine, _of(case.evs, "transformer", element.index))
    reached = downstream(case, element.branches)
    if reached is None:
        return None
    mine = np.flatnonzero(reached[case.customers["node"].to_numpy()])
    homes = case.evs["customer"].fill_null(-1).to_numpy()
    return Members(mine, np.flatnonzero(np.isin(homes, mine)))


def downstream(case: Case, branches: Ints) -> Bools | None:
    """Which nodes branches feed; None if another way leads there. [n_node]"""
    start, end = (case.branches[x].to_numpy() for x in ("from_node", "to_node"))
    reached = np.zeros(case.nodes.height, np.bool_)
    reached[end[branches]] = True
    count = 0
    while count != (count := int(reached.sum())):
        reached[end[reached[start]]] = True
    mine = np.zeros(len(start), np.bool_)
    mine[branches] = True
    another_way = reached[end] & ~reached[start] & ~mine
    return None if another_way.any() or reached[start[branches]].any() else reached


def split_of(
    case: Case, course: Course, members: Members, first: int, last: int
) -> Split | None:
    """The causes in the intervals from ``first`` to before ``last``.

    None where the customers' intervals are not kept.
    """
    if not case.run.has("customer_steps"):
        return None
    base, pv = (
        _summed(case, "customer_steps", name, members.customers, first, last)
        for name in ("served_kw", "pv_kw")
    )
    kw = _columns(case, "ev_steps", "kw", members.evs, first, last)
    return Split(
        base,
        pv,
        np.clip(kw, 0, None).sum(axis=1),
        np.clip(-kw, 0, None).sum(axis=1),
        (kw > NOISE_KW).sum(axis=1),
        (kw < -NOISE_KW).sum(axis=1),
        course.p_kw[first:last],
    )


def cars_at(case: Case, members: Members, row: int, measured_kw: float) -> list[Row]:
    """Every car that charges, gives or is plugged in an interval, who adds most first.

    ``wait_h``: how long it could wait and still be charged when it said to leave.
    """
    if not len(members.evs) or not case.run.has("ev_steps"):
        return []
    frame = case.run.scan("ev_steps").slice(row, 1).collect()
    begin = frame["time"][0]
    kw, soc, state = (frame[name][0].to_numpy() for name in ("kw", "soc", "state"))
    stays = _stays(case, begin)
    rows = []
    for ev in members.evs.tolist():
        if state[ev] != PLUGGED and abs(kw[ev]) <= NOISE_KW:
            continue
        car = case.evs.row(ev, named=True)
        stay = stays.get(ev, {})
        rows.append(
            {
                "ev": str(ev),
                "name": ev,
                "model": car["model"],
                "home": _name(case, car["customer"]),
                "kw": number(kw[ev]),
                "share": number(_share(kw[ev], measured_kw)),
                "soc": number(soc[ev], 100.0),
                "since": case.local(stay.get("plug_in")) or "",
                "leaves": case.local(stay.get("declared")) or "",
                "wait_h": number(_wait_h(case, car, stay, float(soc[ev]), begin)),
                "gives": bool(car["discharge_kw"] > 0),
            }
        )
    return sorted(rows, key=lambda one: -_towards(one["kw"], measured_kw))


def customers_at(
    case: Case, members: Members, row: int, measured_kw: float
) -> list[Row]:
    """Every customer in an interval, who adds most first."""
    if not len(members.customers) or not case.run.has("customer_steps"):
        return []
    frame = case.run.scan("customer_steps").slice(row, 1).collect()
    served, pv, net = (
        frame[name][0].to_numpy() for name in ("served_kw", "pv_kw", "net_kw")
    )
    rows = [
        {
            "customer": str(one),
            "name": _name(case, one),
            "kind": case.customers["kind"][one],
            "base_kw": number(served[one]),
            "pv_kw": number(pv[one]),
            "ev_kw": number(net[one] - served[one] + pv[one]),
            "net_kw": number(net[one]),
            "share": number(_share(net[one], measured_kw)),
        }
        for one in members.customers.tolist()
    ]
    return sorted(rows, key=lambda one: -_towards(one["net_kw"], measured_kw))


def why(split: Split, members: Members, row: int = 0) -> str:
    """Because of whom, at one instant, in a sentence."""
    cars = len(members.evs)
    took = [
        _part(split.base_kw[row], "base load"),
        _part(split.charge_kw[row], "EV charging", split.charging[row], cars),
        _part(max(0.0, _known(split.others_kw[row])), "losses and others"),
    ]
    gave = [
        _part(split.pv_kw[row], "PV"),
        _part(split.discharge_kw[row], "EV discharging", split.giving[row], cars),
        _part(max(0.0, -_known(split.others_kw[row])), "others"),
    ]
    through = float(split.measured_kw[row])
    parts, less = (gave, took) if through < 0 else (took, gave)
    said = _joined([one for one in parts if one]) or "nothing"
    taken_off = _joined([one for one in less if one])
    return (
        f"{_through(through)}: {said}{f', less {taken_off}' if taken_off else ''}."
        f"{'' if cars else ' No cars live behind it.'}"
    )


def movable(cars: list[Row], hours: float = 1.0) -> str:
    """How many of the cars that charge could wait, in a sentence."""
    charging = [one for one in cars if (one["kw"] or 0.0) > NOISE_KW]
    giving = [one for one in cars if (one["kw"] or 0.0) < -NOISE_KW]
    able = [one for one in charging if (one["wait_h"] or 0.0) >= hours]
    power = sum(one["kw"] for one in able)
    said = []
    if charging:
        said.append(
            f"Of {_cars(charging)} charging, {len(able)} could wait an hour or more "
            f"and still be charged when they said to leave: {power:,.0f} kW could move."
        )
    if giving:
        given_kw = -sum(one["kw"] for one in giving)
        said.append(f"{given_kw:,.0f} kW are given by {_cars(giving)}.")
    able_to_give = sum(1 for one in cars if one["gives"])
    said.append(
        f"Plugged in: {_cars(cars)}, {able_to_give} of which can give power back."
    )
    return " ".join(said)


def _cars(cars: list[Row]) -> str:
    return "1 car" if len(cars) == 1 else f"{len(cars)} cars"


def _part(kw: float, what: str, active: int = 0, cars: int = 0) -> str:
    if kw < WORTH_TELLING_KW:
        return ""
    number = f"{kw:,.0f}" if kw >= 10 else f"{kw:,.1f}"
    return f"{number} kW {what}" + (f" ({active} of {cars} cars)" if cars else "")


def _known(kw: float) -> float:
    return float(kw) if np.isfinite(kw) else 0.0


def _through(kw: float) -> str:
    if not np.isfinite(kw):
        return "What flowed through it then is not known; behind it were"
    if kw < 0:
        return f"Then {-kw:,.0f} kW flowed back towards the source"
    return f"Then {kw:,.0f} kW flowed through it"


def _joined(said: list[str]) -> str:
    return " and ".join(", ".join(said).rsplit(", ", 1))


def _of(frame: pl.DataFrame, column: str, index: int) -> Ints:
    return np.flatnonzero(frame[column].fill_null(-1).to_numpy() == index)


def _summed(
    case: Case, table: str, column: str, columns: Ints, first: int, last: int
) -> Floats:
    """A table's columns summed, a week of quarter hours at a time. [n_row]"""
    kw: Floats = _columns(case, table, column, columns, first, last).sum(axis=1)
    return kw


def _columns(
    case: Case, table: str, column: str, columns: Ints, first: int, last: int
) -> Floats:
    """Some columns of an array column; zeros where there is no such table."""
    if not len(columns) or not case.run.has(table):
        return np.zeros((last - first, len(columns)))
    scan = case.run.scan(table).select(column)
    parts = [
        scan.slice(at, min(ROWS_AT_ONCE, last - at))
        .collect()[column]
        .to_numpy()[:, columns]
        for at in range(first, last, ROWS_AT_ONCE)
    ]
    summed: Floats = np.concatenate(parts).astype(np.float64)
    return summed


def _stays(case: Case, begin: datetime) -> dict[int, Row]:
    """The stay at a plug of each car in the interval that begins then."""
    if not case.run.has("sessions"):
        return {}
    end = begin + timedelta(hours=case.step_h)
    frame = (
        case.run.scan("sessions")
        .filter(
            (pl.col("plug_in") < end)
            & (pl.col("plug_out").is_null() | (pl.col("plug_out") > begin))
        )
        .sort("plug_in")
        .collect()
    )
    return {row["ev"]: row for row in frame.iter_rows(named=True)}


def _wait_h(
    case: Case, car: Row, stay: Row, soc: float, begin: datetime
) -> float | None:
    declared = stay.get("declared")
    if declared is None or not car["charge_kw"]:
        return None
    left_h: float = (
        declared.astimezone(UTC) - begin
    ).total_seconds() / 3600 - case.step_h
    missing_kwh = max(0.0, stay["soc_target"] - soc) * car["capacity_kwh"]
    return left_h - float(missing_kwh / (car["charge_kw"] * CHARGE_EFFICIENCY))


def _towards(kw: float | None, measured_kw: float) -> float:
    """How much a part adds to what flows, whichever way that is."""
    return (kw or 0.0) * (-1.0 if measured_kw < 0 else 1.0)


def _share(kw: Any, measured_kw: float) -> float | None:
    return None if not measured_kw else 100.0 * float(kw) / measured_kw


def _name(case: Case, customer: int | None) -> str:
    if customer is None or not 0 <= customer < case.customers.height:
        return "–"
    return str(case.customers["name"][customer])
