"""The feeders that may be named are those that pandapower can build."""

import inspect

import pandapower.networks
import pytest

from twin.errors import InputError
from twin.scenario.names import circuit_file, known, names
from twin.scenario.read import scenario_of

NETWORK_FILES = (
    "power_system_test_cases",
    "cigre_networks",
    "dickert_lv_networks",
    "synthetic_voltage_control_lv_networks",
    "kerber_networks",
    "kerber_extreme_networks",
    "create_examples",
    "simple_pandapower_test_networks",
    "ieee_european_lv_asymmetric",
    "lv_schutterwald",
    "mv_oberrhein",
)
NOT_A_NETWORK = {"sorted_from_json", "create_dickert_lv_feeders"}
NOT_ONE_PLAIN_NETWORK = {"separation_by_sub", "trafo_type_data", "kwargs"}


def builders():
    return {
        name: function
        for name, function in inspect.getmembers(pandapower.networks)
        if inspect.isfunction(function)
        and function.__module__.rpartition(".")[2] in NETWORK_FILES
        and name not in NOT_A_NETWORK
    }


def test_every_network_function_is_listed_and_no_other():
    assert set(known("feeders")) == set(builders())


@pytest.mark.parametrize("name", known("feeders"))
def test_arguments_are_the_functions_own(name):
    parameters = set(inspect.signature(builders()[name]).parameters)
    listed = names()["feeders"][name]["arguments"]
    assert set(listed) == parameters - NOT_ONE_PLAIN_NETWORK


def test_every_feeder_has_a_region_and_a_line_about_it():
    for feeder in names()["feeders"].values():
        assert feeder["region"] in names()["regions"]
        assert feeder["about"]


def test_a_regions_defaults_are_registered():
    for region in names()["regions"].values():
        assert region["profiles"] in known("profiles")
        assert region["travel"] in known("travel")


SCENARIO = {
    "schema": 1,
    "name": "shipped",
    "time": {"start": "2026-07-27", "days": 1, "step_min": 15},
    "fleet": {"ev_share": 0.4},
}


@pytest.mark.parametrize("name", known("circuits"))
def test_a_circuit_that_ships_is_named_without_a_path(name, tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)
    scenario = scenario_of({**SCENARIO, "feeder": {"source": f"opendss:{name}"}})
    master = circuit_file(name)
    assert master is not None and master.is_file()
    assert scenario.files()["feeder.source"] == master
    assert scenario.resolved()["feeder"]["source"] == f"opendss:{name}"
    assert scenario.region == names()["circuits"][name]["region"]
    assert (master.parent / "LICENSE").is_file()
    assert (master.parent / "SOURCE.md").is_file()


def test_a_circuit_that_does_not_ship_is_told_with_those_that_do():
    with pytest.raises(InputError) as told:
        scenario_of({**SCENARIO, "feeder": {"source": "opendss:ckt6"}})
    said = "no such file '.*ckt6'; circuits that ship: ckt5"
    assert told.match(said)
