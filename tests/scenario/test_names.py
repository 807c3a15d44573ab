"""The feeders that may be named are those that pandapower can build."""

import inspect

import pandapower.networks
import pytest

from twin.scenario.names import known, names

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
