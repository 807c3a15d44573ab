"""The names that a scenario may use are those that the rooms know."""

from __future__ import annotations

import pytest

from tests.worlds import scenario, world
from twin.agents.policies import POLICIES
from twin.fleet.catalogue import region_of, vehicles
from twin.fleet.travel_sources import NAMES as TRAVEL
from twin.grid.pandapower import load_feeder
from twin.scenario.names import ONE_WAY, TWO_WAY, known, names, region_default
from twin.surroundings.outage_records import DATA as OUTAGES
from twin.surroundings.profiles import NAMES as PROFILES
from twin.surroundings.programmes import programme_names
from twin.surroundings.tariffs import tariff_names


@pytest.mark.parametrize(
    "kind, registered",
    [
        ("vehicles", vehicles()),
        ("tariffs", tariff_names()),
        ("programmes", programme_names()),
        ("policies", POLICIES),
        ("profiles", PROFILES),
        ("travel", TRAVEL),
        ("outage_records", [file.stem for file in OUTAGES.glob("*.csv")]),
    ],
)
def test_named_is_what_is_registered(kind: str, registered: object) -> None:
    assert sorted(known(kind)) == sorted(registered)


def test_policies_give_power_as_they_say() -> None:
    assert {*ONE_WAY, *TWO_WAY} == set(POLICIES)


@pytest.mark.parametrize("region", ["DE", "US"])
def test_what_a_region_takes_by_default_exists(region: str) -> None:
    assert region_default(region, "profiles") in PROFILES
    assert region_default(region, "travel") in TRAVEL
    assert region_of(region)


@pytest.mark.parametrize(
    "name", ["create_kerber_dorfnetz", "simple_four_bus_system", "case14"]
)
def test_a_named_feeder_loads(name: str) -> None:
    assert name in known("feeders")
    feeder, _ = load_feeder(f"pandapower:{name}")
    assert feeder.n_node > 1


def test_every_named_feeder_is_a_network_function() -> None:
    from pandapower import networks

    missing = [name for name in known("feeders") if not hasattr(networks, name)]
    assert missing == []
    assert all(
        words["region"] in names()["regions"] for words in names()["feeders"].values()
    )


@pytest.mark.parametrize("name", tariff_names())
def test_every_tariff_prices_a_world(name: str) -> None:
    born = world(scenario(tariff__name=name))
    assert (born.observe(0, None, None).price_usd_per_kwh > 0.0).all()
