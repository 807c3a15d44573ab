"""What the outages page says in figures and words."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

import polars as pl
from dash import html
from dash.development.base_component import Component

from dashboards import parts
from dashboards.address import run_href
from dashboards.beside import at_of
from dashboards.outages.choice import ALL, Outages
from dashboards.outages.courses import HomeCourse
from dashboards.overview.answers import Answers, difference
from twin.analysis.case import Case
from twin.analysis.measures import MEASURES
from twin.analysis.outages import outage_answers

FELT = (
    "As the utility counts, a customer is out until its supply is back; as customers "
    "felt it, only while it was dark: on its own car it was not. IEEE 1366: outages "
    "longer than 5 min."
)


def told(case: Case, event: str) -> Answers:
    """The figures of an outage, or of all; with energy that was not served."""
    found = Outages.of(case)
    if found is None or (event != ALL and int(event) not in found.struck["event"]):
        return {}
    rows = found.of_event(event)
    answers = outage_answers(case, None if event == ALL else int(event))
    return {
        **answers,
        "unserved_kwh": float(rows["unserved_kwh"].sum() or 0.0),
        "demand_kwh": float(rows["demand_kwh"].sum() or 0.0),
        "capable": rows.filter("capable")["customer"].n_unique(),
    }


def in_short(case: Case, event: str, mine: Answers) -> str:
    """What happened, in a sentence or two."""
    out, lit = mine["homes_out"], mine[_lit_key(mine)]
    what = "The outages" if event == ALL else "The outage"
    kept = (
        f"{lit} of them stayed alight on their own car"
        if lit
        else "none of them stayed alight on its own car all the time"
    )
    if _is_critical(mine):
        kept += ", critical circuits only"
    served = mine["island_kwh"]
    share = 100 * served / mine["demand_kwh"] if mine["demand_kwh"] else 0.0
    return (
        f"{what} left {out:,} of {case.n_customers:,} customers without supply; "
        f"{kept}. {mine['unserved_kwh']:,.1f} kWh were not served; cars served "
        f"{served:,.1f} kWh, {share:.1f} % of what those homes would have used."
    )


def _is_critical(mine: Answers) -> bool:
    """Whether alight is said of homes' critical circuits only."""
    return mine["homes_critical_alight"] is not None


def _lit_key(mine: Answers) -> str:
    return "homes_critical_alight" if _is_critical(mine) else "homes_alight"


def tiles(case: Case, mine: Answers, base: Answers | None) -> list[Component]:
    """The figures in large, each with its difference to the baseline."""
    saidi, felt = mine["saidi_min"], mine["saidi_felt_min"]
    spared = f"{saidi - felt:,.1f} min fewer than the utility counts"
    caidi = _written("caidi_min", mine["caidi_min"])
    peak = (
        f"at {mine['restoration_peak_time']}" if mine["restoration_peak_time"] else ""
    )
    return [
        _tile("homes_out", mine, base, f"of {case.n_customers:,}"),
        _tile(
            "saidi_min",
            mine,
            base,
            f"SAIFI {_written('saifi', mine['saifi'])}, CAIDI {caidi} min",
            "SAIDI, the utility's",
        ),
        _tile("saidi_felt_min", mine, base, spared, "SAIDI, as felt"),
        _tile(
            _lit_key(mine),
            mine,
            base,
            f"{mine['capable']:,} have a car, charger and switch for it",
            "Critical circuits kept alight by own car"
            if _is_critical(mine)
            else "Kept alight whole by own car",
        ),
        _tile(
            "unserved_kwh",
            mine,
            base,
            f"of {mine['demand_kwh']:,.1f} kWh that would have been used",
            "Not served",
        ),
        _tile(
            "island_kwh", mine, base, "of homes without supply", "Served by own cars"
        ),
        _tile("restoration_peak_kw", mine, base, peak, "Peak within 6 h of return"),
    ]


def facts(outages: Outages, event: int) -> Component:
    """What was cut off: when, how much, forecast or not; and where it is on the map."""
    case = outages.case
    row = outages.struck.filter(pl.col("event") == event).row(0, named=True)
    mine = outages.of_event(str(event))
    back = case.local(row["until"]) or "beyond the run"
    last = case.local(mine["until"].max()) if not mine["until"].null_count() else None  # type: ignore[arg-type]
    ahead = _forecast(case, str(row["section"]))
    where = {
        "t": (case.local(row["start"]) or "").replace(" ", "T"),
        **_pick(case, row),
    }
    there = run_href(**at_of(case), page="feeder", query=where)
    return parts.facts(
        [
            ("Section", html.Code(row["section"])),
            ("Cut off", case.local(row["start"]) or "–"),
            ("Mended", back),
            ("The last home back", last or "not within the run"),
            ("Customers without supply", f"{mine['customer'].n_unique():,}"),
            ("Behind transformers", _transformers(case, mine)),
            ("Forecast", ahead),
            ("On the map", parts.link("The feeder at that instant", there)),
        ]
    )


def home_words(case: Case, row: Mapping[str, Any], course: HomeCourse | None) -> str:
    """What the outage was to one home."""
    name = case.customers["name"][int(row["customer"])]
    back = case.local(row["until"]) or "beyond the run"
    said = [
        f"{name} was without supply from {case.local(row['start'])} to {back}: "
        f"{row['hours']:.2f} h, of which {row['alight_h']:.2f} h on its own car and "
        f"{row['dark_h']:.2f} h dark. Of {row['demand_kwh']:.2f} kWh that it would "
        f"have used its car served {row['served_by_car_kwh']:.2f} kWh."
    ]
    panel = case.scenario.get("backup") or {}
    if row["alight_h"] and panel.get("panel") == "critical":
        said.append(
            "A car supplies the critical panel only, "
            f"{100 * panel['critical_share']:g} % of the load (backup.panel)."
        )
    if row["why_dark"]:
        said.append(f"Why dark, the last time: {row['why_dark']}.")
    elif row["alight_h"]:
        said.append("It was dark only until its car had taken over.")
    said += _cars(case, int(row["customer"]))
    if course is not None and course.lit:
        said.append("Shaded: green while alight on its car, grey while dark.")
    return " ".join(said)


def rebound_words(case: Case, mine: Answers, has_pickup: bool) -> str:
    """What the figure of the return shows, and by which rules cars and homes act."""
    words = case.scenario.get("restoration") or {}
    said = []
    if words:
        restart = (
            "all at once"
            if words.get("restart") == "immediate"
            else f"each within {words.get('stagger_min'):g} min"
        )
        said.append(
            f"Cars charge again {restart} (restoration.restart); homes draw up to "
            f"{words['pickup']:g} times their load at first, less by e every "
            f"{60 * float(words['pickup_h']):g} min (restoration.pickup)."
        )
    if not has_pickup:
        said.append("How much of it is pick-up is only kept with output.level: all.")
    whole = case.steps.filter("converged")["grid_kw"].max()
    peak = mine.get("restoration_peak_kw")
    if isinstance(whole, float) and peak is not None:
        said.append(
            "It is the highest peak of the run."
            if peak >= whole - 1e-9
            else f"The highest peak of the run is {whole:,.1f} kW."
        )
    return " ".join(said)


def _tile(
    key: str, mine: Answers, base: Answers | None, about: str, name: str = ""
) -> Component:
    measure = MEASURES[key]
    change, mood = difference(measure, mine, base or None)
    return parts.tile(
        name or measure.title,
        measure.written(mine.get(key)),
        measure.unit,
        change,
        mood,
        about,
    )


def _forecast(case: Case, section: str) -> str:
    for one in case.scenario.get("events") or ():
        if one.get("section") == section and one.get("forecast_h"):
            return f"{one['forecast_h']:g} h ahead"
    return "no: nobody knew"


def _transformers(case: Case, rows: pl.DataFrame) -> str:
    of = case.customers.select(pl.col("customer").cast(pl.Int64), "transformer").join(
        rows.select(pl.col("customer").cast(pl.Int64)).unique(), on="customer"
    )
    names = case.transformers["name"].to_list()
    found = sorted({names[one] for one in of["transformer"].drop_nulls()})
    if not found:
        return "none"
    more = f" and {len(found) - 4} more" if len(found) > 4 else ""
    return ", ".join(map(str, found[:4])) + more


def _pick(case: Case, row: Mapping[str, Any]) -> dict[str, str]:
    kind, _, name = str(row["section"]).partition(":")
    names = case.transformers["name"].to_list()
    if kind == "transformer" and name in names:
        return {"pick": f"transformer:{names.index(name)}"}
    return {}


def _cars(case: Case, customer: int) -> list[str]:
    cars = case.evs.filter(pl.col("customer") == customer)
    said = []
    for car in cars.iter_rows(named=True):
        gives = (
            f"can give {car['discharge_kw']:g} kW"
            + (
                " (hypothetical: the catalogue says it cannot)"
                if car["hypothetical"]
                else ""
            )
            if car["discharge_kw"] > 0
            else "cannot give"
        )
        said.append(
            f"Car {car['ev']}: {car['model']}, {car['capacity_kwh']:.0f} kWh, {gives}."
        )
    return said


def _written(key: str, value: object) -> str:
    return MEASURES[key].written(value)  # type: ignore[arg-type]
