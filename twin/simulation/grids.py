"""The grid of a scenario: a feeder, and what stands behind it."""

from __future__ import annotations

from dataclasses import dataclass, replace
from pathlib import Path

import numpy as np

from twin.errors import InputError
from twin.grid.feeder import Feeder
from twin.grid.inspect import Health, health
from twin.grid.opendss_agreement import agreement_with_engine
from twin.grid.opendss_circuit import Circuit
from twin.grid.ppc import Network
from twin.scenario.spec import FeederSpec, Scenario


@dataclass(frozen=True)
class Grid:
    """A feeder and the network or circuit behind it, which runs may share.

    ``files`` are those that it was read from, where there are several.
    """

    feeder: Feeder
    net: Network | None = None
    circuit: Circuit | None = None
    files: tuple[Path, ...] = ()


def load_grid(scenario: Scenario) -> Grid:
    """The feeder that a scenario names."""
    return grid_of(scenario.feeder)


def grid_of(words: FeederSpec) -> Grid:
    """The feeder that these words name: from OpenDSS, or from pandapower."""
    if words.is_opendss:
        return _from_opendss(words)
    from twin.grid.pandapower import load_feeder

    feeder, net = load_feeder(words.source, words.arguments, words.source_voltage_pu)
    if not words.three_phase:
        return Grid(feeder, net)
    from twin.grid.pp_phases import to_three_phase
    from twin.grid.zero_sequence import ZeroSequence

    said = words.zero_sequence
    rule = ZeroSequence.of(said.model_dump()) if said else None
    return Grid(to_three_phase(net, feeder.name, words.source, rule), net)


def named(source: str, v_pu: float | None = None, root: Path | None = None) -> Grid:
    """The feeder of a source as scenarios name it, with files by their own path."""
    kind, colon, rest = source.partition(":")
    if kind == "opendss" and colon:
        source = f"{kind}:{Path(rest).absolute()}"
    return grid_of(FeederSpec(source=source, source_voltage_pu=v_pu, root=root))


def inspected(grid: Grid) -> Health:
    """A grid's health, beside the engine that it came from."""
    agreement = None
    if grid.circuit is not None:
        agreement = agreement_with_engine(grid.feeder, grid.circuit)
    return health(grid.feeder, grid.net, agreement)


def _from_opendss(words: FeederSpec) -> Grid:
    from twin.grid.opendss import to_feeder
    from twin.grid.opendss_process import converted

    master = Path(words.source.partition(":")[2])
    root = words.root or master.parent
    circuit = converted(master, root)
    constant_power = words.loads == "constant_power"
    feeder = to_feeder(circuit, words.source, constant_power)
    if words.source_voltage_pu is not None:
        feeder = held(feeder, words.source_voltage_pu)
    return Grid(feeder, None, circuit, _files(circuit, master, root))


def held(feeder: Feeder, v_pu: float) -> Feeder:
    """The feeder with every source at this voltage, its angle kept."""
    return replace(feeder, source_v=v_pu * feeder.source_v / np.abs(feeder.source_v))


MOST_FILES = 2_000


def _files(circuit: Circuit, master: Path, root: Path) -> tuple[Path, ...]:
    """The files that the conversion read; where it doesn't say, all below the root."""
    said = circuit.words.get("files")
    if said is not None:
        return tuple(sorted({Path(name) for name in said} - {master}))
    below = sorted(path for path in root.rglob("*") if path.is_file())
    if len(below) > MOST_FILES:
        raise InputError.of(
            f"{root} holds {len(below):,} files; at most {MOST_FILES:,} are read: "
            "name a smaller folder that holds the circuit",
            key="feeder.root",
        )
    return tuple(path for path in below if path != master)
