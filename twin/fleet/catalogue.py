"""The catalogue: real cars, who of them can give power back where, and chargers."""

from __future__ import annotations

import csv
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from pathlib import Path
from types import MappingProxyType
from typing import Literal

from twin.errors import InputError, nearest

Mode = Literal["none", "v2l", "v2h", "v2g"]
Route = Literal["ac", "dc"]

DATA = Path(__file__).parents[1] / "data"
VEHICLES = DATA / "vehicles" / "vehicles.csv"
BIDIRECTIONAL = DATA / "vehicles" / "bidirectional.csv"
MIXES = DATA / "vehicles" / "mixes.csv"
CHARGERS = DATA / "chargers" / "chargers.csv"

REGIONS = ("EU", "US", "JP")
_ALIASES = {"DE": "EU"}


@dataclass(frozen=True)
class Vehicle:
    """A model as sold in one market.

    capacity_kwh is usable; consumption_kwh_per_km is taken from the battery at 21 degC;
    confidence: V published, M from memory, A assumed (see SOURCE.md).
    """

    name: str
    make: str
    model: str
    year: int
    market: str
    capacity_kwh: float
    capacity_basis: str
    ac_kw: float
    ac_phases: int
    consumption_kwh_per_km: float
    consumption_basis: str
    discharge_kw: float
    bidirectional: Mode
    path: Route | None
    needs: str
    source: str
    source_date: str
    confidence: str


@dataclass(frozen=True)
class Giving:
    """What a model can give in a region, through which path, with what."""

    mode: Mode
    discharge_kw: float
    path: Route | None
    needs: str
    source: str
    source_date: str
    confidence: str


@dataclass(frozen=True)
class Charger:
    """A home charger and its share of a region's homes with an electric car."""

    kw: float
    phases: int
    share: float
    basis: str


ONLY: Mapping[Mode, str] = MappingProxyType(
    {
        "none": "gives nothing",
        "v2l": "has an outlet only, V2L",
        "v2h": "feeds its own home only, V2H",
        "v2g": "gives, V2G",
    }
)
NOTHING = Giving("none", 0.0, None, "", "", "", "")


def vehicles() -> dict[str, Vehicle]:
    """Every model by its name in a scenario."""
    giving = givings()
    cars = (_vehicle(row, giving) for row in _rows(VEHICLES))
    return {car.name: car for car in cars}


def vehicle(name: str) -> Vehicle:
    """The named model."""
    known = vehicles()
    if name not in known:
        raise InputError.of(
            f"unknown vehicle '{name}'{nearest(name, known)}; "
            "'twin catalogue vehicles' lists all",
            key="fleet.models",
        )
    return known[name]


def givings() -> dict[tuple[str, str], Giving]:
    """What is documented about giving power, by (model, region)."""
    return {(row["name"], row["region"]): _giving(row) for row in _rows(BIDIRECTIONAL)}


def gives(
    car: Vehicle, region: str, charger_kw: float = float("inf"), export: bool = True
) -> tuple[float, bool]:
    """Power in kW that ``car`` gives in ``region``, and whether that is hypothetical.

    A documented model gives its documented power; any other is assumed to give what
    its on-board charger takes. Where only the home may be fed (``export`` false), V2H
    is enough; to export it must be V2G.
    """
    mode, kw = _documented(car, region_of(region))
    if mode == "v2g" or (mode == "v2h" and not export):
        return min(charger_kw, kw), False
    return min(charger_kw, car.ac_kw), True


def undocumented_because(car: Vehicle, region: str) -> str:
    """Why a model that gives in a region does so only hypothetically, in words."""
    market, known = region_of(region), givings()
    here = known.get((car.name, market), NOTHING)
    if here is NOTHING:
        said = f"nothing is documented of giving in {market}"
    else:
        dated = ", ".join(part for part in (here.source, here.source_date) if part)
        said = f"in {market} it {ONLY[here.mode]} ({dated})"
    elsewhere = [
        f"{gift.mode.upper()} in {where}"
        for (name, where), gift in known.items()
        if name == car.name and where != market and gift.mode in ("v2h", "v2g")
    ]
    kin = [
        name
        for (name, where), gift in known.items()
        if where == market and gift.mode == "v2g" and name.startswith(f"{car.name}_")
    ]
    said += f"; documented: {', '.join(elsewhere)}" if elsewhere else ""
    return said + (f"; of its kind gives there: {', '.join(kin)}" if kin else "")


def _documented(car: Vehicle, market: str) -> tuple[Mode, float]:
    if market == car.market:
        return car.bidirectional, car.discharge_kw
    abroad = givings().get((car.name, market), NOTHING)
    return abroad.mode, abroad.discharge_kw


def charging_kw(car: Vehicle, charger_kw: float, charger_phases: int) -> float:
    """Power in kW that car and charger share, phase by phase."""
    phases = min(car.ac_phases, charger_phases)
    per_phase = min(car.ac_kw / car.ac_phases, charger_kw / charger_phases)
    return per_phase * phases


def default_mix(region: str) -> dict[str, float]:
    """Shares of models where a scenario names none (assumed, see SOURCE.md)."""
    here = region_of(region)
    return {r["name"]: float(r["share"]) for r in _rows(MIXES) if r["region"] == here}


def chargers(region: str) -> tuple[Charger, ...]:
    """Home chargers of a region with their shares."""
    here = region_of(region)
    return tuple(
        Charger(float(row["kw"]), int(row["phases"]), float(row["share"]), row["basis"])
        for row in _rows(CHARGERS)
        if row["region"] == here
    )


def region_of(region: str) -> str:
    """The market that a region belongs to: Germany buys the European models."""
    market = _ALIASES.get(region, region)
    if market not in REGIONS:
        allowed = (*REGIONS, *_ALIASES)
        raise InputError.of(
            f"unknown region '{region}'; allowed: {', '.join(allowed)}"
            + nearest(region, allowed),
            key="region",
        )
    return market


def _vehicle(row: dict[str, str], giving: dict[tuple[str, str], Giving]) -> Vehicle:
    gift = giving.get((row["name"], row["market"]), NOTHING)
    return Vehicle(
        name=row["name"],
        make=row["make"],
        model=row["model"],
        year=int(row["year"]),
        market=row["market"],
        capacity_kwh=float(row["capacity_kwh"]),
        capacity_basis=row["capacity_basis"],
        ac_kw=float(row["ac_kw"]),
        ac_phases=int(row["ac_phases"]),
        consumption_kwh_per_km=float(row["consumption_kwh_per_km"]),
        consumption_basis=row["consumption_basis"],
        discharge_kw=gift.discharge_kw,
        bidirectional=gift.mode,
        path=gift.path,
        needs=gift.needs,
        source=row["source"],
        source_date=row["source_date"],
        confidence=row["confidence"],
    )


def _giving(row: dict[str, str]) -> Giving:
    return Giving(
        mode=_mode(row["mode"]),
        discharge_kw=float(row["discharge_kw"]),
        path=_path(row["path"]),
        needs=row["needs"],
        source=row["source"],
        source_date=row["source_date"],
        confidence=row["confidence"],
    )


def _mode(word: str) -> Mode:
    modes: dict[str, Mode] = {m: m for m in ("none", "v2l", "v2h", "v2g")}
    return modes[word]


def _path(word: str) -> Route | None:
    paths: dict[str, Route | None] = {"ac": "ac", "dc": "dc", "": None}
    return paths[word]


def _rows(file: Path) -> Iterator[dict[str, str]]:
    with file.open(encoding="utf-8", newline="") as lines:
        yield from csv.DictReader(lines)
