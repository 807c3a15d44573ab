"""What is held against published figures: quantities of cars and homes, and ranges."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass

import polars as pl

from twin.accounts.diversity import Diversity
from twin.analysis.case import Case

NEEDS_ALL = "not told: needs every interval, output.level: all"
FEW, AT_ONCE = 5, 1.05
STOPPED = "not told: the run was stopped before its end"


@dataclass(frozen=True)
class Range:
    """What was published about a quantity, where."""

    low: float
    high: float
    region: str
    source: str


def _nothing(case: Case) -> str:
    return ""


@dataclass(frozen=True)
class Quantity:
    """A quantity, how it is found in a run, and what explains an odd value.

    published  empty where no range is known
    about      what is said of any value, or of a missing one
    """

    title: str
    unit: str
    of: Callable[[Case], float | None]
    published: tuple[Range, ...]
    why: Callable[[Case], str]
    about: Callable[[Case], str] = _nothing


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


def charging_efficiency(case: Case) -> float | None:
    """What of the AC energy reached the cells.

    Where nobody gave, 1 - losses / charged: every loss is one of charging. Else by
    interval; where intervals are not known, of the cars that never gave.
    """
    still = case.evs.filter(pl.col("discharged_kwh") <= 0)
    if case.throughput is not None and still.height < case.evs.height:
        return case.throughput.into
    charged, lost = (float(still[name].sum()) for name in ("charged_kwh", "losses_kwh"))
    return 1.0 - lost / charged if charged > 0 else None


def round_trip(case: Case) -> float | None:
    """From the socket to the cells and back to it, of what cars gave."""
    return None if case.throughput is None else case.throughput.round_trip


def diversity_of_homes(case: Case) -> float | None:
    """Sum of homes' own peaks over their highest together, without cars."""
    found = case.homes_diversity
    return None if found is None else found.factor


def diversity_of_charging(case: Case) -> float | None:
    """Sum of cars' own highest charging powers over their highest together."""
    found = case.charging_diversity
    return None if found is None else found.factor


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


def _measured(case: Case) -> str:
    """How much of what was given the round trip was measured on."""
    given_kwh = float(case.evs["discharged_kwh"].sum())
    if given_kwh <= 0:
        return "no car gave" if case.evs.height else ""
    if case.throughput is None:
        return _untold(case)
    measured_kwh = case.throughput.given_kwh
    return (
        f"measured on {100 * measured_kwh.sum() / given_kwh:.0f} % of what "
        f"{int((measured_kwh > 0).sum())} cars gave"
    )


def _untold(case: Case) -> str:
    return NEEDS_ALL if case.run.is_complete else STOPPED


def _together(found: Diversity | None, what: str, case: Case) -> str:
    """The reciprocal, of how many, at which interval."""
    if found is None:
        return _untold(case)
    if found.coincidence is None:
        return ""
    return (
        f"coincidence factor {100 * found.coincidence:.0f} % of {len(found.peak_kw)} "
        f"{what}, means of {60 * case.step_h:g} min"
    )


def _homes(case: Case) -> str:
    found = case.homes_diversity
    told = _together(found, "homes", case)
    if (
        found is None
        or len(found.peak_kw) < FEW
        or (found.factor or AT_ONCE) >= AT_ONCE
    ):
        return told
    return f"{told}; they peak at once, as loads of one shape do (customers.profiles)"


def _charging(case: Case) -> str:
    return _together(case.charging_diversity, "EVs", case) if case.n_ev else ""


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
        lambda case: _percent(charging_efficiency(case)),
        (Range(84.0, 95.0, "any", "EVI-Pro/OCHRE: 90 %; 0.5-11.5 kW: 84-95 %"),),
        _nothing,
    ),
    Quantity(
        "Round trip, socket to socket",
        "%",
        lambda case: _percent(round_trip(case)),
        (Range(79.1, 87.8, "any", "Schram et al. 2020: measured, mean 87.0 %"),),
        _nothing,
        _measured,
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
    Quantity(
        "Diversity factor of the homes, without EVs",
        "",
        diversity_of_homes,
        (),
        _nothing,
        _homes,
    ),
    Quantity(
        "Diversity factor of EV charging",
        "",
        diversity_of_charging,
        (),
        _nothing,
        _charging,
    ),
)


def _percent(share: float | None) -> float | None:
    return None if share is None else 100 * share
