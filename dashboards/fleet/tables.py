"""Tables and tiles of the cars page: rows as they are shown, with their columns."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from datetime import datetime
from typing import Any

import polars as pl
from dash.development.base_component import Component

from dashboards import parts
from dashboards.fleet.car_life import Life
from dashboards.fleet.courses import local_times
from dashboards.fleet.departures import REASONS, because, departures_of
from twin.analysis.case import Case

Column = Mapping[str, Any]
Row = dict[str, Any]
MOST_ROWS = 200
MOST_EVENTS = 500


def _text(field: str, name: str, width: int) -> Column:
    return {**_plain(field, name, width), "tooltipField": field}


def _number(field: str, name: str, width: int, digits: int) -> Column:
    shown = f"params.value == null ? '–' : d3.format(',.{digits}f')(params.value)"
    return {
        **_plain(field, name, width),
        "type": "rightAligned",
        "filter": "agNumberColumnFilter",
        "suppressHeaderFilterButton": True,
        "valueFormatter": {"function": shown},
    }


def _plain(field: str, name: str, width: int) -> dict[str, Any]:
    wrapped = {"wrapHeaderText": True, "autoHeaderHeight": True}
    return {
        "field": field,
        "headerName": name,
        "width": width,
        "minWidth": width,
        **wrapped,
    }


WORST: Sequence[Column] = (
    _number("ev", "Car", 66, 0),
    _number("shortfall_kwh", "Missing [kWh]", 84, 1),
    _text("reason", "Reason (inferred)", 255),
    _text("because", "Because", 375),
    _text("plug_in", "Plugged in", 142),
    _text("plug_out", "Departed", 142),
    _text("declared", "Declared", 142),
    _number("soc_in", "SOC in [%]", 72, 0),
    _number("soc_out", "SOC out [%]", 78, 0),
    _number("soc_target", "Target [%]", 78, 0),
    _number("charged_kwh", "Charged [kWh]", 88, 1),
    _number("discharged_kwh", "Gave [kWh]", 76, 1),
    _text("model", "Model", 150),
    _text("customer", "Customer", 120),
)
EVENTS: Sequence[Column] = (
    _text("begin", "From", 142),
    _text("end", "To", 142),
    _text("what", "What", 175),
    _number("km", "Distance [km]", 88, 1),
    _number("kwh", "Energy [kWh]", 84, 1),
    _number("given_kwh", "Gave [kWh]", 76, 1),
    _number("soc_in", "SOC before [%]", 84, 0),
    _number("soc_out", "SOC after [%]", 78, 0),
    {**_text("why", "Reason", 420), "flex": 1},
)
CARS: Sequence[Column] = (
    _number("ev", "Car", 66, 0),
    _text("model", "Model", 150),
    _text("customer", "Customer", 110),
    _text("transformer", "Transformer", 125),
    _number("capacity_kwh", "Battery [kWh]", 80, 1),
    _number("charge_kw", "Charger [kW]", 82, 1),
    _text("gives", "Can give", 150),
    _number("soc_start", "SOC start [%]", 80, 0),
    _number("soc_end", "SOC end [%]", 78, 0),
    _number("charged_kwh", "Charged [kWh]", 88, 1),
    _number("discharged_kwh", "Gave [kWh]", 76, 1),
    _number("km", "Distance [km]", 88, 0),
    _number("full_cycles", "Full cycles", 72, 2),
    _number("public_kwh", "On the way [kWh]", 84, 1),
    _number("departures", "Depar- tures", 76, 0),
    _number("short", "Short", 64, 0),
)


def tiles_of(case: Case) -> list[Component]:
    """The fleet in a few figures; what is written at a run's end may be missing."""
    return [*_size(case), *_energy(case), *_shortness(case), *_wear(case)]


def worst_rows(case: Case, short: pl.DataFrame) -> list[Row]:
    """The short departures that lacked most."""
    top = short.head(MOST_ROWS)
    homes = _names(case.customers, "customer")
    left = local_times(case, top["plug_out"])
    times = {
        name: _clock(local_times(case, top[name]).tolist())
        for name in ("plug_in", "plug_out", "declared")
    }
    return [
        {
            "key": str(row),
            "left": str(left[row]),
            "ev": stay["ev"],
            "model": stay["model"],
            "customer": homes.get(stay["customer"], "–"),
            **{name: words[row] for name, words in times.items()},
            **{key: 100 * stay[key] for key in ("soc_in", "soc_out", "soc_target")},
            **{key: stay[key] for key in _KWH},
            "reason": REASONS[stay["reason"]],
            "because": because(stay),
        }
        for row, stay in enumerate(top.iter_rows(named=True))
    ]


def event_rows(life: Life, first: datetime, last: datetime) -> list[Row]:
    """What happened to a car in a time, in order; the first so many."""
    seen = life.events.filter((pl.col("end") > first) & (pl.col("begin") < last))
    rows = seen.head(MOST_EVENTS).to_dicts()
    return [
        {
            **row,
            "key": str(number),
            "begin": _clock([row["begin"]])[0],
            "end": _clock([row["end"]])[0],
            "soc_in": _percent(row["soc_in"]),
            "soc_out": _percent(row["soc_out"]),
        }
        for number, row in enumerate(rows)
    ]


def car_rows(case: Case) -> list[Row]:
    """Every car with its totals."""
    homes = _names(case.customers, "customer")
    stations = _names(case.transformers, "transformer")
    stays = departures_of(case).by_car()
    return [
        {
            "key": str(car["ev"]),
            **{key: car[key] for key in _OF_CAR},
            "customer": homes.get(car["customer"], "–"),
            "transformer": stations.get(car["transformer"], "–"),
            "gives": gives(car),
            "soc_start": _percent(car["soc_start"]),
            "soc_end": _percent(car["soc_end"]),
            "departures": stays.get(car["ev"], (0, 0))[0],
            "short": stays.get(car["ev"], (0, 0))[1],
        }
        for car in case.evs.iter_rows(named=True)
    ]


def gives(car: Mapping[str, Any]) -> str:
    """Whether a car can give power back, and whether only by assumption."""
    if car["discharge_kw"] <= 0:
        return "no"
    said = " (hypothetical)" if car["hypothetical"] else ""
    return f"{car['discharge_kw']:.1f} kW{said}"


def _size(case: Case) -> list[Component]:
    counts = case.run.record.get("counts") or {}
    known = case.run.has("evs")
    able = int((case.evs["discharge_kw"] > 0).sum()) if known else None
    able = counts.get("bidirectional") if able is None else able
    said = int(case.evs["hypothetical"].sum()) if known else counts.get("hypothetical")
    about = f"{said:,} of them hypothetical: not so in the catalogue" if said else ""
    return [
        parts.tile("Cars", f"{case.n_ev:,}", about=f"at {_of_homes(case)}"),
        parts.tile(
            "Able to give power", "–" if able is None else f"{able:,}", about=about
        ),
    ]


def _energy(case: Case) -> list[Component]:
    per = max(1e-9, case.n_ev * case.days)
    km = 0.0
    if case.run.has("trips"):
        found = case.run.scan("trips").select(pl.col("distance_km").sum()).collect()
        km = float(found.item() or 0.0)
    charged, given = (
        float(case.steps[name].sum() or 0.0) * case.step_h
        for name in ("ev_charge_kw", "ev_discharge_kw")
    )
    rows = (
        ("Driven", km, "km"),
        ("Charged at home", charged, "kWh"),
        ("Given to the grid", given, "kWh"),
    )
    return [
        parts.tile(
            name,
            f"{total / per:,.1f}",
            unit,
            about=f"per car and day; {total:,.0f} {unit} in all",
        )
        for name, total, unit in rows
    ]


def _shortness(case: Case) -> list[Component]:
    ended = departures_of(case)
    share, about = "–", "known when a run has ended"
    if len(ended.count):
        count, of = int(ended.short.sum()), int(ended.count.sum())
        share = f"{100 * count / of:.1f}"
        about = f"of target: {count:,} of {of:,}"
    bought, trips = 0.0, 0
    if case.run.has("trips"):
        short = case.run.scan("trips").filter(pl.col("short_kwh") > 0)
        found = short.select(pl.col("short_kwh").sum(), n=pl.len()).collect()
        bought, trips = float(found["short_kwh"][0] or 0), int(found["n"][0])
    return [
        parts.tile("Departures short", share, "%", about=about),
        parts.tile(
            "Bought on the way", f"{bought:,.0f}", "kWh", about=f"on {trips:,} trips"
        ),
    ]


def _wear(case: Case) -> list[Component]:
    if not case.evs.height:
        about = "known when a run has ended"
        return [parts.tile("Battery cycles", "–", about=about)]
    cycles, usd = case.evs["full_cycles"], float(case.evs["wear_usd"].sum())
    most = float(cycles.max() or 0)  # type: ignore[arg-type]
    about = f"full ones per car, most {most:,.1f}; wear of giving {usd:,.0f} USD"
    mean = float(cycles.mean() or 0)  # type: ignore[arg-type]
    return [parts.tile("Battery cycles", f"{mean:,.1f}", "", about=about)]


def _of_homes(case: Case) -> str:
    if not case.evs.height:
        return f"{case.n_customers:,} customers"
    homes = case.evs["customer"].n_unique()
    return f"{homes:,} of {case.n_customers:,} customers"


def _names(frame: pl.DataFrame, key: str) -> dict[Any, str]:
    return dict(zip(frame[key].to_list(), frame["name"].to_list(), strict=True))


def _clock(instants: Sequence[datetime | None]) -> list[str]:
    return ["–" if at is None else f"{at:%Y-%m-%d %H:%M}" for at in instants]


def _percent(share: float | None) -> float | None:
    return None if share is None else 100 * share


_KWH = ("charged_kwh", "discharged_kwh", "shortfall_kwh")
_OF_CAR = (
    "ev",
    "model",
    "capacity_kwh",
    "charge_kw",
    "charged_kwh",
    "discharged_kwh",
    "km",
    "full_cycles",
    "public_kwh",
)
