"""Which car is looked at, and which part of its life."""

from __future__ import annotations

from datetime import datetime, timedelta

import numpy as np
import polars as pl

from dashboards.fleet.car_life import Life
from dashboards.fleet.courses import Courses
from dashboards.fleet.departures import departures_of
from dashboards.thinning import instant, window
from twin.analysis.case import Case
from twin.errors import InputError

Span = tuple[datetime, datetime]
WEEK = timedelta(days=7)
SHORTEST = timedelta(hours=1)
SPANS = {"day": timedelta(days=1), "week": WEEK}


def zoomed(relayout: object, courses: Courses) -> tuple[str, str]:
    """What a chart has zoomed to, as an address says it; nothing for all of it."""
    low, high = window(relayout, courses.time)
    if (low, high) == (0, len(courses.time)):
        return "", ""
    return _minute(courses.time[low]), _minute(courses.time[high - 1])


def span_of(life: Life, first: object, last: object) -> Span:
    """The time to show: what is asked for, else the week of the worst departure."""
    begin, end = (_clock(words) for words in (first, last))
    if begin is None or end is None:
        return _usual(life)
    since, until = min(begin, end), max(begin, end)
    since = min(max(since, life.begin), life.end - SHORTEST)
    return since, max(min(until, life.end), since + SHORTEST)


def moved(life: Life, span: Span, how: str) -> Span:
    """Another time to show: earlier, later, one-day, one-week, or whole."""
    first, last = span
    if how == "whole":
        return life.begin, life.end
    length = SPANS.get(how.removeprefix("one-"), last - first)
    shift = {"earlier": -length / 2, "later": length / 2}.get(how, timedelta(0))
    return _within(life, first + shift, length)


def car_of(case: Case, asked: object) -> int:
    """A car's number as a browser says it; anything else is an InputError."""
    if isinstance(asked, str | int) and str(asked).isdecimal():
        ev = int(str(asked)[:9])
        if ev < case.n_ev:
            return ev
    raise InputError.of(
        f"there is no car '{str(asked)[:20]}': this run has 0 to {case.n_ev - 1}"
    )


def next_short(short: pl.DataFrame, ev: int) -> int:
    """The next of the cars that fell short, the most missing energy first."""
    totals = short.group_by("ev").agg(pl.col("shortfall_kwh").sum())
    order = totals.sort("shortfall_kwh", "ev", descending=[True, False])["ev"].to_list()
    if not order:
        return ev
    return int(order[(order.index(ev) + 1) % len(order)] if ev in order else order[0])


def most_discharged(case: Case) -> int:
    """The car that gave most energy; the first one if none did, or none is known."""
    if not case.evs.height:
        return 0
    return int(case.evs["discharged_kwh"].arg_max() or 0)


def worst_car(case: Case) -> int:
    """The car of the departure that lacked most."""
    worst = departures_of(case).worst
    return int(worst[0]) if len(worst) else most_discharged(case)


def car_names(case: Case) -> list[tuple[str, str]]:
    """Every car with the words by which it is searched."""
    if not case.evs.height:
        return [(str(ev), f"Car {ev}") for ev in range(case.n_ev)]
    names = dict(zip(case.customers["customer"], case.customers["name"], strict=True))
    rows = case.evs.select("ev", "model", "customer").iter_rows()
    return [
        (str(ev), f"Car {ev} · {model} · customer {names.get(home, home)}")
        for ev, model, home in rows
    ]


def car_words(case: Case, life: Life) -> str:
    """What the car is, and how exact its course is."""
    exact = "Trips and plug-ins are to the second, power and charge by interval"
    if life.course is None:
        exact = "Charge is known where a trip or a stay at the plug begins or ends"
    exact += "; reasons are inferred from the record."
    if life.ev >= case.evs.height:
        return f"What car this is, is written when a run ends. {exact}"
    car = case.evs.row(life.ev, named=True)
    gives = "cannot give power back"
    if car["discharge_kw"] > 0:
        said = ", hypothetical" if car["hypothetical"] else ""
        gives = f"can give {car['discharge_kw']:.1f} kW{said}"
    return (
        f"Car {life.ev}, {car['model']}: {car['capacity_kwh']:.1f} kWh, charges with "
        f"up to {car['charge_kw']:.1f} kW, {gives}. {exact}"
    )


def _usual(life: Life) -> Span:
    worst = life.stays.filter(pl.col("reason").is_not_null())
    if not worst.height:
        return _within(life, life.begin, WEEK)
    left = worst.sort("shortfall_kwh")["plug_out"][-1]
    midnight = left.replace(hour=0, minute=0, second=0, microsecond=0)
    return _within(life, midnight - timedelta(days=3), WEEK)


def _within(life: Life, first: datetime, length: timedelta) -> Span:
    length = min(length, life.end - life.begin)
    first = min(max(first, life.begin), life.end - length)
    return first, first + length


def week_around(instant_words: object) -> tuple[str, str]:
    """The week around a departure."""
    left = instant(instant_words)
    if left is None:
        return "", ""
    first = left.astype("datetime64[D]") - np.timedelta64(3, "D")
    return _minute(first), _minute(first + np.timedelta64(7, "D"))


def in_address(span: Span) -> tuple[str, str]:
    return f"{span[0]:%Y-%m-%dT%H:%M}", f"{span[1]:%Y-%m-%dT%H:%M}"


def _minute(time: np.datetime64) -> str:
    return str(time.astype("datetime64[m]"))


def _clock(words: object) -> datetime | None:
    """A local instant as an address says it; None if it is none, or out of time."""
    found = instant(words)
    when = None if found is None else found.item()
    return when if isinstance(when, datetime) else None
