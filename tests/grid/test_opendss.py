"""An OpenDSS circuit as a feeder solves as the engine itself does, node by node."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path

import numpy as np
import pytest

from tests.grid import references_opendss as references
from tests.grid.held import keep
from tests.grid.opendss_circuits import MASTERS, residual, solved, unpacked
from twin.grid.flow import Demand
from twin.grid.opendss import to_feeder
from twin.grid.opendss_circuit import Circuit
from twin.grid.powerflow import FixedPoint

pytestmark = pytest.mark.long

Convert = Callable[[str], Circuit]


@pytest.fixture(scope="session")
def folder(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return tmp_path_factory.mktemp("opendss")


@pytest.fixture(scope="session")
def convert(folder: Path) -> Convert:
    return lambda name: references.circuit_of(name, folder)


@pytest.mark.parametrize("name", MASTERS)
@pytest.mark.parametrize("constant_power", [False, True], ids=["as said", "constant"])
def test_every_node_is_the_engine_s(
    name: str, constant_power: bool, folder: Path
) -> None:
    keep(references.beside_engine(name, folder, constant_power))


@pytest.mark.parametrize("name", MASTERS)
def test_elements_sum_to_the_system_so_that_nothing_is_dropped(
    name: str, convert: Convert
) -> None:
    circuit = convert(name)
    assert residual(circuit) < 1e-12


def test_published_regulator_taps_give_the_published_voltages(folder: Path) -> None:
    keep([references.beside_published_taps(folder)])


def test_loads_of_constant_power_give_the_published_voltages(folder: Path) -> None:
    keep([references.beside_constant_power(folder)])


@pytest.mark.long
def test_a_day_of_minutes_is_the_engine_s_and_the_published_one(folder: Path) -> None:
    keep(references.beside_engine_day(folder))
    keep(references.beside_day(folder))


def test_what_epri_ships_is_as_far_from_us_as_from_the_engine(folder: Path) -> None:
    keep(references.beside_shipped(folder))


@pytest.mark.parametrize("case", references.SERVICES)
def test_a_centre_tapped_service_has_its_published_legs(
    case: str, folder: Path
) -> None:
    keep(references.beside_service(case, folder))


@pytest.mark.parametrize("name", ["ieee123", "ckt5", "ieee8500"])
def test_currents_and_loading_are_the_engine_s(
    name: str, convert: Convert, folder: Path
) -> None:
    """Each conductor's current at its near end, and the worse loading of both ends."""
    circuit = convert(name)
    feeder = to_feeder(circuit, name)
    flow = FixedPoint(feeder, 1e-11).solve(Demand.own(feeder))
    engine = solved(unpacked(name, folder)[0]).engine
    branches = feeder.branches
    lines = [k for k, kind in enumerate(branches.kind) if kind == "line"][::17]
    for row in lines:
        engine.Circuit.SetActiveElement(f"Line.{branches.name[row]}")
        currents = np.asarray(engine.CktElement.CurrentsMagAng()[::2])
        nodes = engine.CktElement.NodeOrder()
        half = len(nodes) // 2
        at = nodes[:half].index(branches.phase[row])
        near, far = currents[at], currents[half + at]
        if not branches.near_is_first[row]:
            near, far = far, near
        assert flow.i_a[row] == pytest.approx(near, rel=1e-4, abs=1e-3)
        rating = engine.CktElement.NormalAmps()
        assert flow.loading[row] == pytest.approx(
            max(near, far) / rating, rel=1e-4, abs=1e-6
        )


def test_a_centre_tapped_service_is_rated_by_its_primary(
    convert: Convert, folder: Path
) -> None:
    circuit = convert("ieee8500")
    feeder = to_feeder(circuit, "ieee8500")
    flow = FixedPoint(feeder, 1e-11).solve(Demand.own(feeder))
    engine = solved(unpacked("ieee8500", folder)[0]).engine
    services = [
        k
        for k, element in enumerate(circuit.elements)
        if len(element.get("windings", ())) == 3
    ]
    assert len(services) > 1000
    for element in services[::97]:
        words = circuit.elements[element]
        rows = np.flatnonzero(
            (feeder.branches.element == element)
            & (np.array(feeder.branches.kind) == "transformer")
        )
        engine.Circuit.SetActiveElement(f"Transformer.{words['name']}")
        amps = np.asarray(engine.CktElement.CurrentsMagAng()[::2])
        rated = [one["kva"] / one["kv"] for one in words["windings"]]
        worst = max(amps[0] / rated[0], amps[2] / rated[1], amps[5] / rated[2])
        assert np.nanmax(flow.loading[rows]) == pytest.approx(worst, rel=1e-4)
        t = feeder.branches.transformer[rows[0]]
        assert feeder.transformers.name[t] == words["name"]
        assert feeder.transformers.rating_kva[t] == words["windings"][0]["kva"]
        assert feeder.transformers.emergency_factor[t] == pytest.approx(1.5)


@pytest.mark.parametrize("name", references.PUBLISHED)
def test_published_voltages_are_met(name: str, folder: Path) -> None:
    """They were computed at the engine's usual tolerance of 1e-4."""
    keep([references.beside_published(name, folder)])
