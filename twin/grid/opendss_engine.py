"""Asks the OpenDSS engine what a circuit is, and writes the answer as plain arrays.

Runs in a process of its own: ``python -m twin.grid.opendss_engine MASTER ROOT FOLDER
SECONDS``. The circuit is solved as its file says, controls and all; then all that
draws or pushes power is switched off, and what is left, with the taps and capacitors
as they came to rest, is the linear network that is handed on in ``answer.npz``:

    y_values, y_rows, y_pointers   system matrix by columns, S        [n_nonzero], [n+1]
    v_no_load                      voltages with nothing drawn, V     [n_node]
    own_v                          voltages of the file's solution, V [n_own_node]
    yprim                          matrices of all elements, S, one after the other
    source_currents                A into each conductor of each Vsource at no load
    shape_p, shape_q               multipliers of all load shapes, one after the other
    words                          JSON text of:

    name, frequency_hz             of the circuit
    nodes, own_nodes               "bus.node" in the order of v_no_load, of own_v
    unsettled                      its controls did not come to rest
    own_losses_kw, own_power_kw    P and Q of the file's solution, engine's own figures
    buses                          bus: [kV to neutral, x, y]
    elements                       Vsources and carriers: kind, name, buses, phases,
                                   conductors (of a terminal), nodes (of each conductor
                                   of each terminal), at and size in yprim, normal_a,
                                   emergency_a, open; of a Line length, units, switch;
                                   of a Transformer windings: kv, kva, delta, tap,
                                   tap_low, tap_high, taps
    loads                          kind of place as above, kw, kvar, pf, kv, delta,
                                   model, v_*_pu, cvr, zipv, class, customers, status,
                                   *_neutral_ohm, yearly, daily, duty (names of shapes)
    plants                         what else pushes or draws: kind, place, kw and kvar
                                   by conductor in the file's solution
    reg_controls, cap_controls     every property by its name in small letters
    capacitors                     name, states and kvar of the steps, kv, delta
    first                          taps of each transformer's windings, states of each
                                   capacitor's steps, before controls have acted
    shapes                         name: at, size, q_size (in shape_p and shape_q),
                                   interval_h, actual (kW in place of multipliers)
    controls_off                   the file itself lets no control act
    files, digest                  what was read; SHA-256 of all of it
    notes                          what is held as it is, ignored or not represented
    made                           what a scenario changed once it was compiled
"""

from __future__ import annotations

import json
import os
import resource
import sys
from collections import Counter
from collections.abc import Callable, Sequence
from contextlib import suppress
from dataclasses import replace
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray

from twin.errors import InputError, Problem
from twin.grid import opendss_elements as ask
from twin.grid.changes import Made, Wanted
from twin.grid.opendss_elements import complexes
from twin.grid.opendss_language import Command, Flattened, Vocabulary, flattened
from twin.grid.opendss_words import CLASSES

MOST_ITERATIONS, TOLERANCE = 1000, 1e-9
MOST_MEMORY_BYTES, MOST_FILE_BYTES = 4 << 30, 1 << 29
MOST_ROUNDS, UNSETTLED = 200, 485
WARNINGS, CONTROLS_OFF = (266,), -1
BY_CHANCE = ("VSConverter",)
PUSHING = (*ask.PC_KINDS, *ask.HELD_KINDS)
SILENT = (
    "EnergyMeter",
    "Monitor",
    "Sensor",
    "Vsource",
    "Load",
    *ask.PD_KINDS,
)


Answer = tuple[dict[str, Any], dict[str, NDArray[Any]]]
Work = Callable[[Any, Flattened, Path], Answer]


def main(master: str, root: str, folder: str, seconds: str) -> int:
    """Convert one circuit; what is wrong goes to ``problems.json``."""
    return guarded(
        lambda dss, script, _: circuit(dss, script), master, root, folder, seconds
    )


def guarded(work: Work, master: str, root: str, folder: str, seconds: str) -> int:
    """Compile one circuit and write what the work on it answers; the exit code.

    The engine's package would import pandas, which takes longer than most circuits.
    """
    modules: dict[str, Any] = sys.modules
    modules["pandas"] = None
    import opendssdirect as dss

    _limit(float(seconds))
    try:
        script = compiled(dss, Path(master), Path(root), Path(folder))
        words, arrays = work(dss, script, Path(folder))
    except InputError as error:
        return _told(error, Path(folder))
    except dss.DSSException as error:
        return _told(InputError([_problem(error, master)]), Path(folder))
    with (Path(folder) / "answer.npz").open("wb") as file:
        write: Any = np.savez
        write(file, **arrays, words=np.array(json.dumps(words)))
    return 0


def _told(error: InputError, folder: Path) -> int:
    told = [[one.where, one.key, one.message] for one in error.problems]
    (folder / "problems.json").write_text(json.dumps(told))
    return error.exit_code


def _problem(error: Exception, where: str) -> Problem:
    """What the engine says is wrong, in one line."""
    words = " ".join(str(error.args[-1]).split())
    return Problem(where, "OpenDSS", f"{words} (#{error.args[0]})")


def _limit(seconds: float) -> None:
    """Bound processor time, memory, what is written, and start no other process."""
    for kind, most in (
        (resource.RLIMIT_CPU, int(seconds) + 1),
        (resource.RLIMIT_AS, MOST_MEMORY_BYTES),
        (resource.RLIMIT_FSIZE, MOST_FILE_BYTES),
        (resource.RLIMIT_NPROC, 1),
        (resource.RLIMIT_CORE, 0),
    ):
        _, hard = resource.getrlimit(kind)
        own = most if hard == resource.RLIM_INFINITY else min(most, hard)
        resource.setrlimit(kind, (own, own))


def compiled(dss: Any, master: Path, root: Path, folder: Path) -> Flattened:
    """Give the engine the circuit's commands, one by one; its warnings are notes."""
    dss.Basic.AllowForms(False)
    dss.Basic.AllowEditor(False)
    dss.Basic.AllowChangeDir(False)
    script = flattened(master, root, folder, vocabulary(dss))
    warnings = []
    descriptor = os.open(folder / "reached", os.O_WRONLY | os.O_CREAT)
    try:
        for command in script.commands:
            os.pwrite(descriptor, f"{command.where}\n".encode(), 0)
            warnings += _said(dss, command)
    finally:
        os.close(descriptor)
    _refuse_all_but_one(dss, master)
    _refuse_answers_by_chance(dss, master)
    made = _changed(dss, folder)
    return replace(script, notes=[*script.notes, *warnings], made=made)


def _changed(dss: Any, folder: Path) -> tuple[Made, ...]:
    """Change the compiled circuit as the scenario says, where it says anything."""
    wanted = Wanted.of((folder / "changes.json").read_text())
    if not wanted.changes:
        return ()
    from twin.grid.opendss_changes import change

    return change(dss, wanted)


def _refuse_all_but_one(dss: Any, master: Path) -> None:
    """A circuit, one alone, whose elements have each a name of their own."""
    made = int(dss.Basic.NumCircuits())
    if made != 1:
        how_many = f"{made} circuits; one can be run" if made else "no circuit"
        raise InputError.of(f"makes {how_many}", "feeder.source", str(master))
    names = Counter(str(name).lower() for name in dss.Circuit.AllElementNames())
    twice = [name for name, times in names.items() if times > 1]
    if twice:
        raise InputError.of(
            f"several elements are called {', '.join(twice[:5])}: they cannot be told "
            "apart; give each a name of its own (set allowduplicates=no finds them)",
            "feeder.source",
            str(master),
        )


def _refuse_answers_by_chance(dss: Any, master: Path) -> None:
    """Kinds for which the engine reads memory it has not set: no two answers agree."""
    found = [f"{kind}.{name}" for kind in BY_CHANCE for name in ask.enabled(dss, kind)]
    if found:
        raise InputError.of(
            f"{', '.join(found[:5])} cannot be represented: the engine's own solution "
            "with such an element is not the same twice; describe what it draws as a "
            "load or what it feeds as a generator",
            "feeder.source",
            str(master),
        )


def _said(dss: Any, command: Command) -> list[str]:
    """Let the engine obey; a warning of its own is a note."""
    try:
        dss.Text.Command(command.text)
    except dss.DSSException as error:
        problem = _problem(error, command.where)
        if int(error.args[0]) in WARNINGS:
            return [f"{command.where}: {problem.message.rpartition(' (#')[0]}"]
        raise InputError([problem]) from None
    return []


def vocabulary(dss: Any) -> Vocabulary:
    """The engine's own commands, options and properties, in small letters."""
    dss.Text.Command("clear")
    dss.Text.Command("new circuit.words")
    properties = {}
    for kind in CLASSES:
        with suppress(dss.DSSException):
            dss.Text.Command(f"new {kind}.word")
        if str(dss.Element.Name()).lower().startswith(f"{kind}."):
            properties[kind] = [
                str(one).lower() for one in dss.Element.AllPropertyNames()
            ]
    dss.Text.Command("clear")
    executive = dss.Executive
    return Vocabulary(
        [executive.Command(k + 1).lower() for k in range(executive.NumCommands())],
        [executive.Option(k + 1).lower() for k in range(executive.NumOptions())],
        properties,
    )


def circuit(dss: Any, script: Flattened) -> Answer:
    """Words by name, and arrays by name, of the circuit that the engine holds."""
    first = ask.positions(dss)
    controls_off = int(dss.Solution.ControlMode()) == CONTROLS_OFF
    own = own_solution(dss)
    loads, plants = ask.loads(dss), ask.plants(dss)
    notes = [*script.notes, *_notes(dss)]
    if own[0]["unsettled"]:
        notes.append(
            f"the file's controls do not come to rest in {MOST_ROUNDS} rounds: what "
            "is held stands where it was then"
        )
    shapes, shape_p, shape_q = ask.shapes(dss)
    switch_off(dss, ("Load", *PUSHING))
    dss.Solution.Solve()
    values, rows, pointers = dss.YMatrix.getYsparse(factor=False)
    elements, yprim, currents = ask.carriers(dss)
    words = {
        "name": str(dss.Circuit.Name()),
        "frequency_hz": float(dss.Solution.Frequency()),
        "nodes": [str(name) for name in dss.Circuit.YNodeOrder()],
        "buses": ask.buses(dss),
        "elements": elements,
        "loads": loads,
        "plants": plants,
        "reg_controls": ask.controls(dss, "RegControl"),
        "cap_controls": ask.controls(dss, "CapControl"),
        "capacitors": ask.capacitors(dss),
        "first": first,
        "controls_off": controls_off,
        "shapes": shapes,
        "files": [str(path) for path in script.files],
        "digest": script.digest,
        "notes": notes,
        "made": [one.plain() for one in script.made],
        **own[0],
    }
    arrays = {
        "y_values": complexes(values),
        "y_rows": np.asarray(rows, dtype=np.int64),
        "y_pointers": np.asarray(pointers, dtype=np.int64),
        "v_no_load": complexes(dss.YMatrix.getV())[1:],
        "own_v": own[1],
        "yprim": yprim,
        "source_currents": currents,
        "shape_p": shape_p,
        "shape_q": shape_q,
    }
    return words, arrays


def own_solution(dss: Any) -> tuple[dict[str, Any], NDArray[Any]]:
    """Let controls come to rest, then solve with them held; names and figures, V."""
    dss.Text.Command("set mode=snapshot number=1")
    if int(dss.Solution.ControlMode()) != CONTROLS_OFF:
        dss.Text.Command("set controlmode=static")
    dss.Text.Command(f"set maxiterations={MOST_ITERATIONS}")
    dss.Text.Command(f"set maxcontroliter={MOST_ROUNDS} tolerance={TOLERANCE}")
    rest = _come_to_rest(dss)
    dss.Text.Command("set controlmode=off")
    dss.Solution.Solve()
    volts = complexes(dss.YMatrix.getV())[1:]
    if not dss.Solution.Converged() or not np.all(np.isfinite(volts)):
        raise InputError.of(
            f"the engine's own solution does not converge in {MOST_ITERATIONS} "
            "iterations",
            key="feeder.source",
        )
    if not np.any(volts):
        raise InputError.of(
            "the engine's own solution has no voltage anywhere: something in the "
            "circuit stops it without a word",
            key="feeder.source",
        )
    words = {
        "unsettled": not rest,
        "own_nodes": [str(name) for name in dss.Circuit.YNodeOrder()],
        "own_losses_kw": _kilo(dss.Circuit.Losses(), 1e-3),
        "own_power_kw": _kilo(dss.Circuit.TotalPower(), -1.0),
    }
    return words, volts


def _come_to_rest(dss: Any) -> bool:
    """Solve with controls; whether they came to rest in so many rounds."""
    try:
        dss.Solution.Solve()
    except dss.DSSException as error:
        if int(error.args[0]) != UNSETTLED:
            raise
        return False
    return True


def switch_off(dss: Any, kinds: Sequence[str]) -> None:
    """Switch off all elements of these classes; sources and what is linear stay."""
    for kind in kinds:
        if dss.Circuit.SetActiveClass(kind) >= 0 and dss.ActiveClass.Count():
            dss.Text.Command(f"batchedit {kind}..* enabled=no")


def _notes(dss: Any) -> list[str]:
    """Enabled elements that nothing here stands for, and what is held as it is."""
    held: dict[str, list[str]] = {}
    for full in dss.Circuit.AllElementNames():
        kind, _, name = str(full).partition(".")
        dss.Circuit.SetActiveElement(str(full))
        if kind not in SILENT and dss.CktElement.Enabled():
            held.setdefault(kind, []).append(f"{kind}.{name}")
    return [f"{_fate(kind)}: {', '.join(found)}" for kind, found in held.items()]


def _fate(kind: str) -> str:
    if kind in ask.FOLLOWED_CONTROLS:
        return ask.HELD
    if kind in PUSHING:
        return "held at the power of the file's own solution"
    return "not represented, its effect held as in the file's own solution"


def _kilo(value: Any, scale: float) -> list[float]:
    first = complexes(value)[0]
    return [float(first.real) * scale, float(first.imag) * scale]


if __name__ == "__main__":
    sys.exit(main(*sys.argv[1:5]))
