"""What the OpenDSS engine's own controls do with a circuit, step by step."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path
from typing import Any

import numpy as np

from twin.arrays import Floats, Ints
from twin.grid.controls import Mode, Regulated, Regulation
from twin.grid.feeder import Feeder
from twin.grid.flow import Demand
from twin.grid.opendss import to_feeder
from twin.grid.opendss_process import converted
from twin.grid.opendss_regulation import regulation
from twin.grid.taps import Tapped

TOLERANCE = 1e-10


class Case:
    """A circuit twice: in the engine, and as a feeder with what moves in it."""

    def __init__(self, master: Path, root: Path) -> None:
        self.master, self.circuit = master, converted(master, root)
        self.feeder: Feeder = to_feeder(self.circuit, str(master))
        self.moves: Regulation = regulation(self.circuit, self.feeder)
        loads, terminals = self.circuit.words["loads"], self.feeder.terminals
        self._follows = np.array(
            [
                kind == "load" and loads[element]["status"] == "v"
                for kind, element in zip(terminals.kind, terminals.element, strict=True)
            ]
        )

    def demand(self, times: float) -> Demand:
        """Own demand, loads that follow shapes times a multiplier."""
        own = Demand.own(self.feeder)
        scale = np.where(self._follows, times, 1.0)
        return own._replace(
            load_kw=own.load_kw * scale, load_kvar=own.load_kvar * scale
        )

    def regulated(self, step_s: float, mode: Mode) -> Regulated:
        """Solved here, as the file leaves taps and steps."""
        flow = Tapped(self.feeder, self.moves.elements, TOLERANCE)
        return Regulated(
            flow, self.moves.regulators, self.moves.capacitors, step_s, mode
        )

    def engine(self) -> Any:
        """The engine with the circuit, taps as the file's lines leave them."""
        import opendssdirect as dss

        dss.Basic.AllowChangeDir(False)
        for words in (
            "clear",
            f'compile "{self.master}"',
            f"set maxiterations=1000 maxcontroliter=200 tolerance={TOLERANCE}",
        ):
            dss.Text.Command(words)
        for one in self.moves.regulators:
            dss.RegControls.Name(one.name)
            dss.RegControls.TapNumber(one.number(one.tap))
        return dss

    def engine_day(
        self, times: Sequence[float], control: str, step_s: int = 60
    ) -> Ints:
        """Positions after every step [n_step, n_device] of a daily run."""
        dss = self.engine()
        mult = " ".join(repr(float(one)) for one in times)
        for words in (
            f"new loadshape.day npts={len(times)} sinterval={step_s} mult=[{mult}]",
            "batchedit load..* daily=day",
            f"set mode=daily stepsize={step_s}s number=1",
            f"set controlmode={control}",
        ):
            dss.Text.Command(words)
        rows = []
        for _ in times:
            dss.Solution.Solve()
            rows.append(self.engine_positions(dss))
        return np.array(rows)

    def engine_positions(self, dss: Any) -> list[int]:
        """Taps of regulators, then steps closed of capacitors."""
        found = []
        for one in self.moves.regulators:
            dss.RegControls.Name(one.name)
            found.append(int(dss.RegControls.TapNumber()))
        for bank in self.moves.capacitors:
            dss.CapControls.Name(bank.name)
            dss.Capacitors.Name(dss.CapControls.Capacitor())
            found.append(int(sum(dss.Capacitors.States())))
        return found

    def own_day(self, times: Sequence[float], run: Regulated) -> Ints:
        """The same, solved here."""
        rows = []
        for one in times:
            assert run.solve(self.demand(one)).converged
            rows.append(positions(run))
        return np.array(rows)


def positions(run: Regulated) -> list[int]:
    """Taps of regulators, then steps closed of capacitors."""
    regulators = run.regulators
    taps = zip(regulators.regulators, regulators.state.tap, strict=True)
    return [one.number(tap) for one, tap in taps] + [
        int(one) for one in run.capacitors.state.closed
    ]


def a_day(steps: int = 1440, seed: int = 3) -> Floats:
    """Multipliers of a day: a morning, an evening, and noise."""
    draw = np.random.default_rng(seed)
    share = np.arange(steps) / steps
    day = 0.55 + 0.35 * np.sin(2.0 * np.pi * (share - 0.4))
    day += 0.12 * np.sin(4.0 * np.pi * share) + 0.02 * draw.normal(size=steps)
    day += 0.12 * np.cumsum(draw.normal(size=steps)) / np.sqrt(steps)
    return np.clip(day, 0.15, 1.2)
