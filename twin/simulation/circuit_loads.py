"""What an OpenDSS circuit says of its loads: class, allocated energy, own shapes."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

import numpy as np

from twin.arrays import Bools, Floats, Ints
from twin.grid.opendss_circuit import Circuit
from twin.surroundings.network_loads import NetworkShapes

DAYS, HOURS = 365, 8760
YEAR = 2018
RESIDENTIAL = 1
CONSTANT = 0


@dataclass(frozen=True)
class CircuitLoads:
    """Loads of a circuit [n_load], and the shapes that they follow [n_step, n_shape].

    ``column`` 0 of the shapes is constant; ``actual`` shapes are kW and not multiples
    of the load's own kW, ``kw``. ``notes`` tell of shapes that are not followed.
    """

    business: Bools
    kw: Floats
    column: Ints
    actual: Bools
    step_min: int
    shapes: Floats
    notes: tuple[str, ...]

    def annual_kwh(self, load: Ints, kw: Floats) -> Floats:
        """Yearly energy where a load's kW follow its shape; NaN where it has none."""
        mean = self.shapes.mean(axis=0)[self.column[load]]
        energy: Floats = HOURS * mean * self._scale(load, kw)
        return np.where(self.column[load] == CONSTANT, np.nan, energy)

    def shapes_of(self, load: Ints, kw: Floats) -> NetworkShapes:
        """A year of these loads, each at its share ``kw`` of its load's own."""
        scale = self._scale(load, kw)
        return NetworkShapes(YEAR, self.step_min, self.shapes, self.column[load], scale)

    def _scale(self, load: Ints, kw: Floats) -> Floats:
        own = self.kw[load]
        part = np.divide(kw, own, out=np.zeros_like(kw), where=own != 0.0)
        return np.where(self.actual[load], part, kw)


def circuit_loads(circuit: Circuit) -> CircuitLoads:
    """Yearly shapes, else daily ones repeated, else constant."""
    loads, known = circuit.words["loads"], circuit.words["shapes"]
    named = [_shape_name(load, known) for load in loads]
    used = sorted({name for name in named if name})
    good = {name: known[name] for name in used if _minutes(known[name])}
    step_min = min((_minutes(shape) for shape in good.values()), default=60)
    good = {n: s for n, s in good.items() if _minutes(s) % step_min == 0}
    columns = [np.ones(DAYS * 1440 // step_min)]
    columns += [_year(circuit, shape, step_min) for shape in good.values()]
    place = {name: k + 1 for k, name in enumerate(good)}
    actual = [bool(known.get(name, {}).get("actual")) for name in named]
    return CircuitLoads(
        business=np.array([load["class"] != RESIDENTIAL for load in loads], dtype=bool),
        kw=np.array([load["kw"] for load in loads], dtype=float),
        column=np.array([place.get(name, CONSTANT) for name in named], dtype=np.int64),
        actual=np.array(actual, dtype=bool),
        step_min=step_min,
        shapes=np.column_stack(columns),
        notes=_notes(loads, [name for name in used if name not in place]),
    )


def _shape_name(load: dict[str, Any], known: dict[str, Any]) -> str:
    """The shape that a load follows through a year; '' for none."""
    if load["status"] == "f":
        return ""
    for kind in ("yearly", "daily"):
        name = str(load[kind]).lower()
        if name in known and known[name]["size"] > 0:
            return name
    return ""


def _minutes(shape: dict[str, Any]) -> int:
    """Length of a shape's interval; 0 where a day is no whole number of them."""
    minutes = round(60.0 * shape["interval_h"], 6)
    whole = minutes >= 1.0 and minutes == int(minutes) and 1440 % int(minutes) == 0
    return int(minutes) if whole else 0


def _year(circuit: Circuit, shape: dict[str, Any], step_min: int) -> Floats:
    """A year of multiples, repeated where the shape is shorter [n_step]."""
    values = circuit.arrays["shape_p"][shape["at"] : shape["at"] + shape["size"]]
    own = np.resize(values, DAYS * 1440 // _minutes(shape))
    return np.repeat(own, _minutes(shape) // step_min)


def _notes(loads: list[dict[str, Any]], refused: list[str]) -> tuple[str, ...]:
    """Whose shapes are followed, and whose are not."""
    notes = []
    if refused:
        named = ", ".join(refused)
        notes.append(
            f"load shapes whose intervals divide no day, not followed: {named}"
        )
    if any(load["yearly"] or load["daily"] for load in loads):
        notes.append(
            f"load shapes of the circuit say no year: {YEAR} is taken; reactive power "
            "follows each load's active power"
        )
    return tuple(notes)
