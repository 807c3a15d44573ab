"""Where a scenario's grid comes from: a feeder, and what stands behind it."""

from __future__ import annotations

from collections.abc import Mapping
from copy import deepcopy
from dataclasses import dataclass, replace
from functools import cached_property
from pathlib import Path
from typing import Any

import numpy as np

from twin.arrays import Ints
from twin.grid.changes import Made
from twin.grid.feeder import Feeder
from twin.grid.inspect import Health, health
from twin.grid.opendss_agreement import agreement_with_engine
from twin.grid.opendss_circuit import Circuit
from twin.grid.ppc import Network
from twin.grid.zones import Zones, zones_of
from twin.scenario.feeder_words import FeederSpec
from twin.scenario.names import circuit_file
from twin.scenario.spec import Scenario
from twin.simulation.changes import wanted_of
from twin.simulation.circuit_loads import CircuitLoads, circuit_loads


@dataclass(frozen=True)
class Grid:
    """A feeder and the network or circuit behind it, which runs may share.

    ``files`` are those that it was read from, where there are several; ``made`` is
    what the scenario changed in it, ``unswitched`` the feeder before that where
    customers may hang on another transformer by it.
    """

    feeder: Feeder
    net: Network | None = None
    circuit: Circuit | None = None
    files: tuple[Path, ...] = ()
    made: tuple[Made, ...] = ()
    unswitched: Feeder | None = None

    @cached_property
    def zones(self) -> Zones:
        """What hangs on which transformer."""
        return zones_of(self.feeder)

    @cached_property
    def group_of_node(self) -> Ints:
        """Which transformer each node hung on as the network came; -1: none. [n_node]

        By it homes' lives are drawn, so that switching changes nobody's.
        """
        if self.unswitched is None:
            return self.zones.of_node
        before = zones_of(self.unswitched).of_node.tolist()
        was = dict(zip(self.unswitched.nodes.bus, before, strict=True))
        return np.array([was.get(bus, -1) for bus in self.feeder.nodes.bus])

    @cached_property
    def loads(self) -> CircuitLoads | None:
        """What an OpenDSS circuit says of its loads."""
        return circuit_loads(self.circuit) if self.circuit is not None else None


def load_grid(scenario: Scenario) -> Grid:
    """The feeder that a scenario names."""
    return grid_of(scenario.feeder)


def grid_of(words: FeederSpec) -> Grid:
    """The feeder that these words name: from OpenDSS, or from pandapower."""
    if words.is_opendss:
        return _from_opendss(words)
    from twin.grid.pandapower import feeder_of, hold_sources, load_network
    from twin.grid.pp_changes import change

    net = load_network(words.source, words.arguments)
    if words.source_voltage_pu is not None:
        hold_sources(net, words.source_voltage_pu)
    wanted = wanted_of(words)
    unswitched = feeder_of(deepcopy(net), words.source) if wanted.switches else None
    made = change(net, wanted)
    feeder = feeder_of(net, words.source)
    if not words.three_phase:
        return Grid(feeder, net, made=made, unswitched=unswitched)
    from twin.grid.pp_phases import to_three_phase
    from twin.grid.zero_sequence import ZeroSequence

    said = words.zero_sequence
    rule = ZeroSequence.of(said.model_dump()) if said else None
    by_phase = to_three_phase(net, feeder.name, words.source, rule)
    return Grid(by_phase, net, made=made, unswitched=unswitched)


def named(
    source: str,
    v_pu: float | None = None,
    root: Path | None = None,
    arguments: Mapping[str, Any] | None = None,
) -> Grid:
    """The feeder of a source as scenarios name it, with files by their own path."""
    kind, colon, rest = source.partition(":")
    if kind == "opendss" and colon:
        source = f"{kind}:{circuit_file(rest) or Path(rest).absolute()}"
    words = FeederSpec(
        source=source,
        source_voltage_pu=v_pu,
        root=root,
        arguments=dict(arguments or {}),
    )
    return grid_of(words)


def load_feeder(
    source: str,
    arguments: Mapping[str, Any] | None = None,
    source_voltage_pu: float | None = None,
    root: Path | str | None = None,
) -> tuple[Feeder, Network]:
    """The feeder of a source, and the pandapower network behind it if there is one.

    `root` is the folder that the files of an ``opendss:`` source may come from.
    """
    folder = None if root is None else Path(root)
    grid = named(source, source_voltage_pu, folder, arguments)
    return grid.feeder, grid.net


def inspected(grid: Grid) -> Health:
    """A grid's health, beside the engine that it came from."""
    agreement = None
    if grid.circuit is not None:
        agreement = agreement_with_engine(grid.feeder, grid.circuit)
    found = health(grid.feeder, grid.net, agreement)
    return replace(found, changes=tuple(one.words for one in grid.made))


def _from_opendss(words: FeederSpec) -> Grid:
    from twin.grid.opendss import to_feeder
    from twin.grid.opendss_process import converted
    from twin.grid.opendss_supply import refuse_unsupplied, unsupplied

    master = Path(words.source.partition(":")[2])
    root = words.root or master.parent
    wanted = wanted_of(words)
    circuit = converted(master, root, wanted=wanted)
    if wanted.cuts and unsupplied(circuit):
        refuse_unsupplied(converted(master, root), circuit, wanted.cuts)
    constant_power = words.loads == "constant_power"
    feeder = to_feeder(circuit, words.source, constant_power)
    unswitched = None
    if wanted.switches:
        unswitched = to_feeder(converted(master, root), words.source, constant_power)
    if words.source_voltage_pu is not None:
        feeder = held(feeder, words.source_voltage_pu)
    made = tuple(Made(**one) for one in circuit.words["made"])
    files = _files(circuit, master)
    return Grid(feeder, None, circuit, files, made, unswitched)


def held(feeder: Feeder, v_pu: float) -> Feeder:
    """The feeder with every source at this voltage, its angle kept."""
    return replace(feeder, source_v=v_pu * feeder.source_v / np.abs(feeder.source_v))


def _files(circuit: Circuit, master: Path) -> tuple[Path, ...]:
    """The other files that the conversion read."""
    return tuple(sorted({Path(name) for name in circuit.words["files"]} - {master}))
