"""An OpenDSS circuit as a feeder solves as the engine itself does, node by node."""

from __future__ import annotations

from collections.abc import Callable
from functools import cache
from pathlib import Path

import numpy as np
import pytest

from tests.grid.opendss_circuits import (
    CONSTANT_POWER,
    MASTERS,
    behind_impedance,
    difference,
    sizes,
    solved,
    unpacked,
)
from twin.grid.flow import Demand
from twin.grid.opendss import to_feeder
from twin.grid.opendss_circuit import Circuit
from twin.grid.opendss_process import converted
from twin.grid.powerflow import FixedPoint

Convert = Callable[[str], Circuit]


@pytest.fixture(scope="session")
def folder(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return tmp_path_factory.mktemp("opendss")


@pytest.fixture(scope="session")
def convert(folder: Path) -> Convert:
    @cache
    def once(name: str) -> Circuit:
        return converted(*unpacked(name, folder))

    return once


@pytest.mark.parametrize("name", MASTERS)
@pytest.mark.parametrize("constant_power", [False, True], ids=["as said", "constant"])
def test_every_node_is_the_engine_s(
    name: str, constant_power: bool, convert: Convert, folder: Path
) -> None:
    circuit = convert(name)
    feeder = to_feeder(circuit, name, constant_power)
    flow = FixedPoint(feeder, 1e-11).solve(Demand.own(feeder))
    more = (CONSTANT_POWER,) if constant_power else ()
    answer = solved(unpacked(name, folder)[0], *more)
    assert flow.converged
    assert set(answer.v) == set(circuit.nodes)
    assert difference(circuit, feeder, flow, answer.v) < 1e-7
    after, lost = behind_impedance(feeder, flow)
    assert after.real == pytest.approx(answer.power.real, rel=1e-6)
    assert after.imag == pytest.approx(answer.power.imag, rel=1e-6)
    assert flow.losses_kw - lost == pytest.approx(answer.losses_kw, rel=1e-5)


@pytest.mark.parametrize(
    ("name", "published", "most"),
    [
        ("ieee13", "ieee13", 5e-5),
        ("ieee123", "ieee123", 5e-5),
        ("european_lv", "eulv_snapshot", 2e-5),
        ("ckt5", "epri_ckt5", 5e-5),
        ("ieee8500", "ieee8500_unbal", 3e-4),
    ],
)
def test_published_voltages_are_met(
    name: str, published: str, most: float, convert: Convert
) -> None:
    """They were computed at the engine's usual tolerance of 1e-4."""
    circuit = convert(name)
    feeder = to_feeder(circuit, name)
    flow = FixedPoint(feeder, 1e-11).solve(Demand.own(feeder))
    ours, theirs = sizes(circuit, feeder, flow, published)
    assert np.max(np.abs(ours - theirs)) < most
