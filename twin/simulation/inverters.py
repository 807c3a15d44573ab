"""The inverters of bidirectional cars: what they are asked, and what they let through.

settled --asking--> flow --shares--> the cars' energy, cut to what went through
"""

from __future__ import annotations

from dataclasses import dataclass, field, replace
from typing import Any

import numpy as np

from twin.arrays import Floats, Ints
from twin.customers.spread import Spread
from twin.fleet.cutting import Held
from twin.fleet.fleet import Taken
from twin.grid.added_terminals import across_pu
from twin.grid.feeder import Feeder
from twin.grid.flow import Flow
from twin.grid.inverter_law import Asking, InverterLaw, inverter_law
from twin.grid.inverter_presets import PRESETS
from twin.grid.inverters import Inverters
from twin.scenario.fleet_words import Inverter
from twin.simulation.cars import Cars

LEAST_LEVEL, FULL_LEVEL = 0.05, 0.20
BY_CIRCLE = 1.0 - 1e-6


@dataclass
class Totals:
    """What the inverters came to over a run, kWh and kvarh."""

    giving_held_back_by_volt_watt: float = 0.0
    giving_held_back_by_vars: float = 0.0
    charging_held_back_by_vars: float = 0.0
    injected_kvarh: float = 0.0
    absorbed_kvarh: float = 0.0


@dataclass
class CarInverters:
    """The cars [n_inverter] whose inverters answer the voltage, in a run's step.

    rated_kw is a converter's larger power, give_kw the most it gives.
    """

    words: Inverter
    car: Ints
    rated_kw: Floats
    give_kw: Floats
    step_h: float
    totals: Totals = field(default_factory=Totals)

    @classmethod
    def of(cls, words: Inverter, cars: Cars, step_h: float) -> CarInverters | None:
        """Of a scenario; none where no inverter does more than unity."""
        car = inverter_cars(words, cars)
        if not len(car):
            return None
        rows = cars.traits[car]
        return cls(words, car, rows["rated_kw"], rows["give_kw"], step_h)

    def asking(self, taken: Taken, held: Held) -> tuple[Asking, Floats]:
        """What inverters are asked [n_inverter], and all other power of cars [n_ev].

        Means over the interval: what a car may do is for the part of it at the plug.
        """
        part = held.hours[self.car] / self.step_h
        kw = held.ac_kwh[self.car] / self.step_h
        kva = self.words.kva_per_kw * self.rated_kw * part
        fixed_kw = taken.net_kw
        fixed_kw[self.car] -= kw
        return Asking(
            kw, kva, kva * self._willing(kw, part), self.give_kw * part
        ), fixed_kw

    def let_through(self, flow: Flow, held: Held) -> Floats:
        """The share of its power that each car's inverter lets through [n_ev]."""
        share = np.ones(len(held.ac_kwh))
        if flow.converged:
            asked_kwh = held.ac_kwh[self.car]
            share[self.car] = np.divide(
                flow.inverter_kw * self.step_h,
                asked_kwh,
                out=np.ones(len(self.car)),
                where=asked_kwh != 0.0,
            ).clip(0.0, 1.0)
        return share

    def kvar(self, flow: Flow, n_ev: int) -> Floats:
        """Reactive power of every car, > 0 absorbed; NaN without a solution [n_ev]."""
        kvar = np.zeros(n_ev)
        kvar[self.car] = flow.inverter_kvar
        return kvar

    def count(self, asking: Asking, flow: Flow) -> None:
        """Add an interval to the run's totals."""
        if not flow.converged:
            return
        totals, kvar = self.totals, flow.inverter_kvar
        back_kwh = np.abs(asking.kw - flow.inverter_kw) * self.step_h
        circle = np.sqrt(np.maximum(asking.kva**2 - kvar**2, 0.0))
        by_vars = np.abs(flow.inverter_kw) >= BY_CIRCLE * circle
        giving = asking.kw < 0.0
        totals.giving_held_back_by_volt_watt += float(back_kwh[giving & ~by_vars].sum())
        totals.giving_held_back_by_vars += float(back_kwh[giving & by_vars].sum())
        totals.charging_held_back_by_vars += float(back_kwh[~giving].sum())
        totals.absorbed_kvarh += float(kvar[kvar > 0.0].sum()) * self.step_h
        totals.injected_kvarh -= float(kvar[kvar < 0.0].sum()) * self.step_h

    def summary(self) -> dict[str, Any]:
        """What ``run.json`` states."""
        totals = self.totals
        return {
            "mode": self.words.mode,
            "preset": self.words.preset,
            "cars": len(self.car),
            "rated_kva": float((self.words.kva_per_kw * self.rated_kw).sum()),
            "giving_held_back_kwh": {
                "by_volt_watt": totals.giving_held_back_by_volt_watt,
                "by_vars": totals.giving_held_back_by_vars,
            },
            "charging_held_back_kwh": totals.charging_held_back_by_vars,
            "injected_kvarh": totals.injected_kvarh,
            "absorbed_kvarh": totals.absorbed_kvarh,
        }

    def _willing(self, kw: Floats, part: Floats) -> Floats:
        """Share of volt-var's vars that is given at this power [n_inverter].

        None below 5 % of rated power, in proportion up to 20 %, all from there.
        Source: IEEE 1547-2018, 5.2.
        """
        if self.words.vars_while == "plugged":
            return np.ones(len(kw))
        rated = self.rated_kw * part
        level = np.divide(np.abs(kw), rated, out=np.zeros(len(kw)), where=rated > 0.0)
        share = np.where(level < LEAST_LEVEL, 0.0, np.minimum(level / FULL_LEVEL, 1.0))
        if self.words.vars_while == "giving":
            share = np.where(kw < 0.0, share, 0.0)
        return share


def inverter_cars(words: Inverter, cars: Cars) -> Ints:
    """Cars that can give, where their inverters do more than unity."""
    if words.mode == "unity":
        return np.empty(0, dtype=np.int64)
    return np.flatnonzero(cars.traits["give_kw"] > 0.0)


def with_inverters(
    feeder: Feeder, words: Inverter, cars: Cars, spread: Spread
) -> Feeder:
    """The feeder with the inverters of the cars that can give, at their plugs."""
    car = inverter_cars(words, cars)
    if not len(car):
        return feeder
    at = spread.of(car)
    terminals = feeder.terminals
    a, b = terminals.node_a[at.terminal], terminals.node_b[at.terminal]
    inverters = Inverters(
        first=np.append(at.first_row, len(at.owner)),
        terminal=at.terminal,
        nominal_pu=across_pu(feeder, a, b),
        law=law_of(words),
    )
    return replace(feeder, inverters=inverters)


def law_of(words: Inverter) -> InverterLaw:
    """The curves that a scenario names or gives."""
    preset = PRESETS[words.preset]
    if words.mode == "power_factor":
        tangent = np.sqrt(1.0 - words.power_factor**2) / words.power_factor
        absorbs = words.power_factor_vars == "absorb"
        return inverter_law(tangent=float(tangent if absorbs else -tangent))
    var = words.volt_var or preset.volt_var
    watt = words.volt_watt or preset.volt_watt
    return inverter_law(
        var if words.mode != "volt_watt" else (),
        watt if words.mode != "volt_var" else (),
    )


def inverter_notes(words: Inverter, cars: Cars) -> list[str]:
    """What a reader must know of the inverters that are at work."""
    n = len(inverter_cars(words, cars))
    if not n:
        return []
    what = {
        "power_factor": f"a power factor of {words.power_factor:g}, vars "
        f"{words.power_factor_vars}ed",
        "volt_var": f"volt-var ({_curve(words.volt_var, words.preset)})",
        "volt_watt": f"volt-watt ({_curve(words.volt_watt, words.preset)})",
        "volt_var_watt": f"volt-var ({_curve(words.volt_var, words.preset)}) and "
        f"volt-watt ({_curve(words.volt_watt, words.preset)})",
    }[words.mode]
    return [
        f"inverters: {n} cars that can give follow {what}, within the power flow; what "
        "they hold back stays in the battery"
    ]


def _curve(own: object, preset: str) -> str:
    return "a curve of the scenario" if own else PRESETS[preset].label
