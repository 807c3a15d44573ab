"""Whether a run's cars and homes look like published ones, source by source."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import Any

import polars as pl

from twin.analysis.case import Case
from twin.results.record import Run

IN_RANGE, ODD, NONE = "in range", "odd: explanation needed", "nothing to compare"


@dataclass(frozen=True)
class Range:
    """What was published about a quantity, where."""

    low: float
    high: float
    region: str
    source: str


@dataclass(frozen=True)
class Quantity:
    """A quantity, how it is found in a run, and what explains an odd value."""

    title: str
    unit: str
    of: Callable[[Case], float | None]
    published: tuple[Range, ...]
    why: Callable[[Case], str]


def table(run: Run) -> pl.DataFrame:
    """Each quantity beside a published range of the run's region, else another's."""
    return table_of(Case(run))


def table_of(case: Case) -> pl.DataFrame:
    """The same of a case."""
    return pl.DataFrame(
        [_row(case, quantity) for quantity in QUANTITIES], schema=_SCHEMA, orient="row"
    )


def kwh_per_ev_day(case: Case) -> float | None:
    """Net energy drawn for driving: charged and bought, less given and stored."""
    evs = case.evs
    if not evs.height:
        return None
    stored = float(((evs["soc_end"] - evs["soc_start"]) * evs["capacity_kwh"]).sum())
    bought = evs["charged_kwh"] + evs["public_kwh"] - evs["discharged_kwh"]
    return (float(bought.sum()) - stored) / evs.height / case.days


def coincident_kw_per_ev(case: Case) -> float | None:
    """Highest mean charging power over the whole fleet."""
    highest = case.steps["ev_charge_kw"].max()
    if not case.evs.height or not isinstance(highest, int | float):
        return None
    return float(highest) / case.evs.height


def plug_ins_per_week(case: Case) -> float | None:
    """Stays at a plug that began after the run's start, per car and week."""
    if not (case.evs.height and case.run.has("sessions") and case.steps.height):
        return None
    began = pl.col("plug_in") > case.steps["time"][0]
    count = case.run.scan("sessions").filter(began).select(pl.len()).collect().item()
    return float(count) / case.evs.height / (case.days / 7)


def km_per_car_day(case: Case) -> float | None:
    """Distance driven, idle days included."""
    if not case.evs.height:
        return None
    return float(case.evs["km"].sum()) / case.evs.height / case.days


def one_way_efficiency(case: Case) -> float | None:
    """What charging loses, if giving loses as large a share.

    losses = charged (1 - e) + given (1/e - 1), solved for e. Losses on standby count.
    """
    charged, given, lost = (
        float(case.evs[name].sum())
        for name in ("charged_kwh", "discharged_kwh", "losses_kwh")
    )
    if charged <= 0:
        return None
    half = (charged - given - lost) / (2 * charged)
    return float(half + (half**2 + given / charged) ** 0.5)


def round_trip(case: Case) -> float | None:
    """From the socket to the battery and back; only where cars gave."""
    one_way = one_way_efficiency(case)
    if one_way is None or float(case.evs["discharged_kwh"].sum()) <= 0:
        return None
    return one_way**2


def load_factor(case: Case) -> float | None:
    """Mean over highest demand of all customers, without cars."""
    homes = case.steps["homes_kw"].drop_nulls()
    highest = homes.max()
    if not isinstance(highest, int | float) or highest <= 0:
        return None
    return float(homes.sum()) / len(homes) / float(highest)


def peak_kw_per_home(case: Case) -> float | None:
    """Highest demand of all customers together, per customer, without cars."""
    highest = case.steps["homes_kw"].max()
    if not case.customers.height or not isinstance(highest, int | float):
        return None
    return float(highest) / case.customers.height


def _row(case: Case, quantity: Quantity) -> tuple[Any, ...]:
    value = quantity.of(case)
    published = _nearest(quantity.published, _region(case))
    verdict, note = _verdict(case, quantity, published, value)
    return (
        quantity.title,
        quantity.unit,
        value,
        published.low,
        published.high,
        published.region,
        published.source,
        verdict,
        note,
    )


def _verdict(
    case: Case, quantity: Quantity, published: Range, value: float | None
) -> tuple[str, str]:
    if value is None:
        return NONE, ""
    if published.low <= value <= published.high:
        return IN_RANGE, ""
    region = _region(case)
    elsewhere = (
        "" if published.region == region else f"published for {published.region}"
    )
    notes = [elsewhere, quantity.why(case)]
    return ODD, "; ".join(note for note in notes if note)


def _nearest(published: tuple[Range, ...], region: str) -> Range:
    return next((one for one in published if one.region == region), published[0])


def _region(case: Case) -> str:
    feeder = case.run.record.get("feeder")
    said = feeder.get("region") if isinstance(feeder, Mapping) else None
    by_standard = "us" if case.limits.standard == "ansi_c84_1" else "eu"
    return {"eu": "DE", "us": "US"}.get(str(said or by_standard).lower(), str(said))


def _weather(case: Case) -> str:
    mean = case.steps["temperature_degc"].mean()
    if not isinstance(mean, int | float):
        return ""
    return f"mean temperature {mean:.0f} °C, published over a year"


def _plugging(case: Case) -> str:
    fleet = case.scenario.get("fleet") or {}
    if fleet.get("plug_in", "always") == "always":
        return "the scenario lets drivers plug in whenever they come home"
    return ""


def _managed(case: Case) -> str:
    if case.policy != "uncontrolled":
        return f"published for unmanaged charging, here policy {case.policy}"
    fleet = case.scenario.get("fleet") or {}
    return _charger(fleet.get("charger_kw")) or _plugging(case)


def _charger(charger: object) -> str:
    return f"chargers of {charger:g} kW" if isinstance(charger, int | float) else ""


def _short(case: Case) -> str:
    return f"{case.days:.0f} days, published over a year" if case.days < 300 else ""


def _nothing(case: Case) -> str:
    return ""


_SAGEWELL = "Sagewell managed-charging data, unmanaged homes"
_CLNR = "Customer-Led Network Revolution, ADMD report L217 (2015)"
_H25 = "BDEW standard profile H25 (2025)"
_KBA = "KBA, Verkehr in Kilometern 2024: all cars, other than petrol and diesel"

QUANTITIES = (
    Quantity(
        "Energy for driving per EV and day",
        "kWh",
        kwh_per_ev_day,
        (Range(6.6, 8.2, "US", f"{_SAGEWELL}: 200-250 kWh a month at home"),),
        _weather,
    ),
    Quantity(
        "Distance per car and day",
        "km",
        km_per_car_day,
        (
            Range(33.7, 43.6, "DE", f"{_KBA} (12 309 and 15 906 km a year)"),
            Range(37.0, 47.0, "US", "NHTS 2017: 26 vehicle miles per driver, ±12 %"),
        ),
        _short,
    ),
    Quantity(
        "Highest charging power per EV, whole fleet",
        "kW",
        coincident_kw_per_ev,
        (Range(1.0, 1.2, "US", f"{_SAGEWELL}: coincident peak"),),
        _managed,
    ),
    Quantity(
        "Plug-ins per EV and week",
        "",
        plug_ins_per_week,
        (
            Range(
                2.0, 3.0, "UK", "Gonzalez Venegas, Petit, Perez 2021 (Electric Nation)"
            ),
            Range(2.8, 3.0, "US", f"{_SAGEWELL}: 12-13 sessions a month"),
        ),
        _plugging,
    ),
    Quantity(
        "Charging efficiency, socket to battery",
        "%",
        lambda case: _percent(one_way_efficiency(case)),
        (Range(84.0, 95.0, "any", "EVI-Pro/OCHRE: 90 %; 0.5-11.5 kW: 84-95 %"),),
        _nothing,
    ),
    Quantity(
        "Round trip, socket to socket",
        "%",
        lambda case: _percent(round_trip(case)),
        (Range(79.1, 87.8, "any", "Schram et al. 2020: measured, mean 87.0 %"),),
        _nothing,
    ),
    Quantity(
        "Load factor of the homes",
        "%",
        lambda case: _percent(load_factor(case)),
        (Range(50.0, 63.0, "DE", f"{_H25}: a year 50 %, single weeks 57-63 %"),),
        _short,
    ),
    Quantity(
        "After-diversity peak per home, without EVs",
        "kW",
        peak_kw_per_home,
        (
            Range(
                0.7, 2.0, "DE", f"{_H25}: 0.23 kW per 1 000 kWh a year, at 3 000 kWh"
            ),
            Range(1.5, 2.0, "UK", f"{_CLNR}: measured 1.5, design value 2.0"),
        ),
        _nothing,
    ),
)

_SCHEMA: dict[str, Any] = {
    "quantity": pl.String,
    "unit": pl.String,
    "value": pl.Float64,
    "low": pl.Float64,
    "high": pl.Float64,
    "region": pl.String,
    "source": pl.String,
    "verdict": pl.String,
    "note": pl.String,
}


def _percent(share: float | None) -> float | None:
    return None if share is None else 100 * share
