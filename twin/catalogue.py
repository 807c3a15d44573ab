"""What can be named in a scenario, in words."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping
from types import MappingProxyType

from twin.agents.policies import POLICIES, PolicyWords
from twin.fleet.catalogue import givings, vehicles
from twin.scenario.names import names
from twin.surroundings.programmes import programme, programme_names
from twin.surroundings.tariffs import Tariff, tariff_names, versions

DATA = MappingProxyType(
    {
        "eulv_bdew": "loads: European LV day shapes on the German standard profile",
        "fontana": "loads: Californian homes that pass quality gates",
        "network": "loads: the network's own, with its own shapes",
        "network_constant": "loads: the network's own, constant",
        "mid": "trips: chains drawn from the German travel survey's tables",
        "switchbox": "trips: 178 chains modelled on NHTS 2022, Maryland",
        "evipro": "trips: home stays of NREL's EVI-Pro, California",
        "nhts": "trips: your own NHTS tripv2pub.csv (fleet.travel_file)",
        "pge_2021": "outages: starts and lengths of PG&E's in 2021 (events, records)",
    }
)


GIVES = MappingProxyType({"v2g": "V2G", "v2h": "V2H only"})


def lines(kind: str) -> list[str]:
    """One line a name of a kind, its meaning beside it."""
    return list(_LINES[kind]())


def _feeders() -> Iterator[str]:
    for name, about in names()["feeders"].items():
        yield f"pandapower:{name:40s} {about['about']}"
    for name, about in names()["circuits"].items():
        yield f"opendss:{name:43s} {about['about']}"
    yield "json:<pandapower file>, simbench:<code>, opendss:<master file>"


def _vehicles() -> Iterator[str]:
    for name, car in vehicles().items():
        gives = GIVES.get(car.bidirectional, "gives nothing")
        about = givings().get((name, car.market))
        if about is not None and about.mode in GIVES:
            dated = f", {about.source_date}" if about.source_date else ""
            gives += f" {about.discharge_kw:g} kW over {about.path}{dated}"
        yield (
            f"{name:26s} {car.make} {car.model} {car.year} ({car.market}): "
            f"{car.capacity_kwh:g} kWh, {car.ac_kw:g} kW, {gives}"
        )
    yield (
        "a model that gives nothing in a region gives hypothetically where "
        "fleet.bidirectional_share makes it; the run's notes say why it could not"
    )


def _tariffs() -> Iterator[str]:
    for name in tariff_names():
        plain, *later = versions(name)
        yield f"{name:26s} {plain.title}; {_dated(plain)}"
        for one in later:
            yield f"{f'  effective: {one.effective}':26s} {_dated(one)}"
    yield f"{'realtime':26s} your own prices by the hour or finer (tariff.file)"
    for name in programme_names():
        paying = programme(name)
        yield f"  programme: {name:13s} {paying.title}; from {paying.effective}"


def _dated(held: Tariff) -> str:
    """From when a tariff holds, and how sure its parts are."""
    return f"from {held.effective}; {', '.join(held.marks)}"


def _policies() -> Iterator[str]:
    for name, made in POLICIES.items():
        about = (type(made(PolicyWords())).__doc__ or "").splitlines()[0]
        yield f"{name:26s} {about}"
    yield "package.module:Class       your own, with decide(seen) -> kW [n_ev]"


def _data() -> Iterator[str]:
    for name, about in DATA.items():
        yield f"{name:26s} {about}"
    yield "<file>.csv                 loads: your own, one column a customer"
    yield "<file>.csv                 outages: your own, columns start and hours"


_LINES: Mapping[str, Callable[[], Iterator[str]]] = MappingProxyType(
    {
        "feeders": _feeders,
        "vehicles": _vehicles,
        "tariffs": _tariffs,
        "policies": _policies,
        "data": _data,
    }
)
KINDS = tuple(_LINES)
