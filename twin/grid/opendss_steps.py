"""Steps of a run put to the OpenDSS engine: the same circuit, power and taps."""

from __future__ import annotations

import json
import time
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import Any

import numpy as np

from twin.arrays import Complexes, Floats, Ints
from twin.errors import InputError
from twin.grid.changes import Wanted
from twin.grid.controls import Regulation
from twin.grid.feeder import REFERENCE, Feeder
from twin.grid.opendss_circuit import Circuit
from twin.grid.opendss_nodes import base_voltages, behind
from twin.grid.opendss_process import ANSWER, AS_IT_IS, MOST_SECONDS, work
from twin.grid.opendss_solver import ASKED

CHILD = ("-m", "twin.grid.opendss_solver")
SAME = 1e-12


@dataclass(frozen=True)
class Step:
    """What one step asks at every terminal, consumption > 0. Arrays [n_terminal].

    load_*       at rated voltage; follows the terminal's law
    constant_*   whatever the voltage: cars, solar, plants, and what inverters give at
                 the voltages that were found
    scale        how taps and capacitors stand [n_conductor]; None where none move
    """

    load_kw: Floats
    load_kvar: Floats
    constant_kw: Floats
    constant_kvar: Floats
    scale: Floats | None = None


@dataclass(frozen=True)
class Solved:
    """The engine's answer to the first steps, as many as there was time for.

    v           per unit, NaN where it found no solution      [n_solved, n_own_node]
    tolerance   tightest at which it converged, NaN           [n_solved]
    """

    engine: str
    v: Complexes
    tolerance: Floats


@dataclass(frozen=True)
class Engine:
    """The engine and the circuit that a feeder came from, its files below `root`."""

    circuit: Circuit
    feeder: Feeder
    master: Path
    root: Path
    moves: Regulation | None = None
    constant_power: bool = False
    wanted: Wanted = AS_IT_IS

    def solve(
        self,
        steps: Sequence[Step],
        always: int,
        until_s: float,
        most_seconds: float = MOST_SECONDS,
    ) -> Solved:
        """Solve the first steps `always`, others until `until_s` (time.monotonic()).

        The process is ended `most_seconds` after that, or after now.
        """
        most_seconds += max(0.0, until_s - time.monotonic())
        words, arrays = self._asked(steps)
        words |= {"always": always, "until_s": until_s}
        with TemporaryDirectory(prefix="twin-opendss-") as name:
            folder = Path(name)
            with (folder / ASKED).open("wb") as file:
                write: Any = np.savez
                write(file, **arrays, words=np.array(json.dumps(words)))
            work(CHILD, self.master, self.root, folder, most_seconds, self.wanted)
            with np.load(folder / ANSWER, allow_pickle=False) as file:
                found = {name: file[name] for name in file.files}
        told = json.loads(str(found["words"]))
        return Solved(
            engine=str(told["engine"]),
            v=self._in_order(told["nodes"], found["v"]),
            tolerance=found["tolerance"],
        )

    def _in_order(self, names: list[str], v: Complexes) -> Complexes:
        """Per unit, in the feeder's order of the circuit's own nodes."""
        at = {name.lower(): k for k, name in enumerate(names)}
        nodes = self.circuit.nodes
        order = [at[f"{bus}.{phase}"] for bus, phase in nodes]
        base = 1000.0 * self.feeder.nodes.v_base_kv[: len(nodes)]
        rows: Complexes = v.reshape(-1, len(names))[:, order] / base
        return rows

    def _asked(self, steps: Sequence[Step]) -> tuple[dict[str, Any], dict[str, Any]]:
        """The words and arrays that the solving process reads."""
        load, constant = self._power(steps)
        own, rows, split = self._own_loads(load)
        ports = [self._port(row, self._law(row)) for row in split.tolist()]
        places = self._places()
        used = np.flatnonzero([np.any(constant[:, :, at]) for at in places])
        ports += [self._port(int(places[k][0]), "") for k in used]
        power = {
            "own": np.array([load[:, :, at].sum(axis=2) for at in rows]),
            "port": np.array(
                [load[:, :, row] for row in split]
                + [constant[:, :, places[k]].sum(axis=2) for k in used]
            ),
        }
        words = {
            "digest": self.circuit.words["digest"],
            "constant_power": self.constant_power,
            "own": own,
            "ports": ports,
            "sources": self._sources(),
            "positions": [self._positions(step.scale) for step in steps],
        }
        arrays = {}
        for name, values in power.items():
            by_step = values.reshape(-1, len(steps), 2)
            arrays[f"{name}_kw"] = by_step[:, :, 0].T
            arrays[f"{name}_kvar"] = by_step[:, :, 1].T
        return words, arrays

    def _power(self, steps: Sequence[Step]) -> tuple[Floats, Floats]:
        """What follows a load's law, and all else [n_step, 2, n_terminal].

        What is no load of the file has no law, whatever was asked of it.
        """
        load = np.array([[step.load_kw, step.load_kvar] for step in steps])
        constant = np.array([[step.constant_kw, step.constant_kvar] for step in steps])
        follows = np.array(self.feeder.terminals.kind) == "load"
        return np.where(follows, load, 0.0), constant + np.where(follows, 0.0, load)

    def _own_loads(self, load: Floats) -> tuple[list[str], list[Ints], Ints]:
        """The file's loads that one number can ask in every step, with their terminals.

        load  kW and kvar asked [n_step, 2, n_terminal]
        Last, the terminals of all others: phases that draw unlike one another, or of
        which some are not supplied.
        """
        terminals = self.feeder.terminals
        is_load = np.array(terminals.kind) == "load"
        names, rows, split = [], [], []
        for index, words in enumerate(self.circuit.words["loads"]):
            mine = np.flatnonzero(is_load & (terminals.element == index))
            alike = np.ptp(load[:, :, mine], axis=2) if len(mine) else np.ones(1)
            whole = len(mine) == int(words["phases"])
            most = max(float(np.abs(load[:, :, mine]).max(initial=0.0)), 1.0)
            if whole and np.all(alike <= SAME * most):
                names.append(str(words["name"]))
                rows.append(mine)
            else:
                split.append(mine)
        return names, rows, np.concatenate([np.empty(0, dtype=np.int64), *split])

    def _places(self) -> list[Ints]:
        """Terminals between the same two nodes."""
        terminals = self.feeder.terminals
        found: dict[tuple[int, int], list[int]] = {}
        pairs = zip(terminals.node_a.tolist(), terminals.node_b.tolist(), strict=True)
        for row, pair in enumerate(pairs):
            found.setdefault(pair, []).append(row)
        return [np.array(rows, dtype=np.int64) for rows in found.values()]

    def _port(self, row: int, law: str) -> dict[str, Any]:
        terminals, nodes = self.feeder.terminals, self.feeder.nodes
        a, b = int(terminals.node_a[row]), int(terminals.node_b[row])
        kv = float(terminals.v_rated_pu[row] * nodes.v_base_kv[a])
        other = 0 if b == REFERENCE else int(nodes.phase[b])
        bus = nodes.bus[a]
        if other and nodes.bus[b] != bus:
            raise InputError.of(
                f"{terminals.name[row]} draws between the buses {bus} and "
                f"{nodes.bus[b]}, which no load of the engine does",
                key="feeder.source",
            )
        return {"bus": bus, "a": int(nodes.phase[a]), "b": other, "kv": kv, "law": law}

    def _law(self, row: int) -> str:
        """A load's law in the engine's words; empty for constant power."""
        if self.constant_power:
            return ""
        words = self.circuit.words["loads"][int(self.feeder.terminals.element[row])]
        law = (
            f"model={words['model']} vlowpu={words['v_lowest_pu']!r} "
            f"vminpu={words['v_low_pu']!r} vmaxpu={words['v_high_pu']!r} "
            f"cvrwatts={words['cvr'][0]!r} cvrvars={words['cvr'][1]!r}"
        )
        shares = " ".join(repr(one) for one in words["zipv"])
        return f"{law} zipv=({shares})" if shares else law

    def _sources(self) -> dict[str, float]:
        """By how much each source is held higher than in the file, where it is."""
        own = behind(self.circuit, base_voltages(self.circuit))
        file_v = np.abs(own.volts) / (1000.0 * own.base_kv)
        factor = np.abs(self.feeder.source_v) / file_v
        by_name = dict(zip(own.name, factor.tolist(), strict=True))
        return {name: one for name, one in by_name.items() if abs(one - 1.0) > SAME}

    def _positions(self, scale: Floats | None) -> list[list[Any]]:
        """Kind, name and position of everything that moves: taps, or steps closed."""
        if scale is None or self.moves is None:
            return []
        elements, found = self.moves.elements, []
        banks = {one["name"].lower(): one for one in self.circuit.words["capacitors"]}
        for e in np.flatnonzero(elements.movable).tolist():
            kind, _, name = elements.name[e].partition(".")
            mine = elements.conductors(e)
            values: list[Any]
            if kind == "transformer":
                taps = dict(zip(elements.terminal[mine], scale[mine], strict=True))
                values = [[int(k) + 1, 1.0 / float(one)] for k, one in taps.items()]
            else:
                values = _closed(banks[name], float(scale[mine[0]]) ** 2)
            found.append([kind, name, values])
        return found


def _closed(bank: dict[str, Any], share: float) -> list[int]:
    """1 for each closed step of a bank, whose first steps are this share of it."""
    kvar = np.array(bank["kvar"], dtype=float)
    return [int(one) for one in np.cumsum(kvar) <= (share + SAME) * kvar.sum()]
